"""Groups whose subcommands load when they are called."""

import importlib
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

import click

from linara_agent.cli.console import console

_Method = TypeVar("_Method")

if TYPE_CHECKING:
    from typing_extensions import override
else:
    # A mark for the type checker alone; importing it would slow every start.
    def override(method: _Method) -> _Method:
        return method


def seems_json(words: Sequence[str]) -> bool:
    """Whether a call asks for JSON, by its words alone.

    It stands until the command's own options are read, and where they cannot be.
    """
    return "--json" in takewhile(lambda word: word != "--", words)


def _expect_json(_ctx: click.Context, _param: click.Parameter, value: bool) -> bool:
    console.as_json = value
    return value


def _note_json(command: click.Command) -> None:
    """Let `--json` be known before any other value is looked at."""
    for param in command.params:
        if param.name == "as_json":
            param.callback, param.is_eager = _expect_json, True
    if isinstance(command, click.Group) and not isinstance(command, LazyGroup):
        for inner in command.commands.values():
            _note_json(inner)


class LazyGroup(click.Group):
    """`table` has, for each subcommand, its module below `cli` and its line of help.

    The module defines it as `NAME_command`.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 — click's own, passed on
        table: Mapping[str, tuple[str, str]],
        **settings: Any,  # noqa: ANN401 — click's own, passed on
    ) -> None:
        super().__init__(*arguments, **settings)
        self._table = table

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self._table)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in self._table:
            return None
        module = importlib.import_module(f"linara_agent.cli.{self._table[cmd_name][0]}")
        command: Any = getattr(module, f"{cmd_name}_command")
        if not isinstance(command, click.Command):
            return None
        _note_json(command)
        return command

    @override
    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """The list of `--help`, without importing a single command."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, help) for name, (_, help) in self._table.items()]
            )
