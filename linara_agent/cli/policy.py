"""`linara-agent policy …`: what decides, why, and whether it is sound."""

import click

from linara_agent.cli.lazy import LazyGroup

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


@click.group("policy", cls=LazyGroup, table=_COMMANDS)
def policy_command() -> None:
    """See what decides, why, and whether it is sound."""
