"""`linara-agent policy …`: what decides, why, and whether it is sound."""

import importlib
from typing import TYPE_CHECKING, Any, TypeVar

import click

_Method = TypeVar("_Method")

if TYPE_CHECKING:
    from typing_extensions import override
else:
    # A mark for the type checker alone; importing it would slow every start.
    def override(method: _Method) -> _Method:
        return method


_COMMANDS = {
    "list": ("policy_show", "List the policies there are, with their layers."),
    "show": ("policy_show", "Show the rules in force, overrides first."),
    "why": ("policy_why", "Show why a command is judged as it is."),
    "test": ("policy_test", "Check the examples of every rule."),
    "lint": ("policy_test", "Find rules that cannot speak, or speak too widely."),
    "add": ("policy_add", "Propose the narrowest rule for a command."),
    "trust": ("policy_show", "Let a project's policy file count."),
    "schema": ("policy_show", "Print the JSON Schema of a policy file."),
    "commands": ("policy_commands", "Show what is known of a program."),
}


class _LazyGroup(click.Group):
    """Imports a subcommand's module only when it is called."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"linara_agent.cli.{_COMMANDS[cmd_name][0]}")
        command: Any = getattr(module, f"{cmd_name}_command")
        return command if isinstance(command, click.Command) else None

    @override
    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in _COMMANDS.items()])


@click.group("policy", cls=_LazyGroup)
def policy_command() -> None:
    """See what decides, why, and whether it is sound."""
