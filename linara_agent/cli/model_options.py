"""The options about the model, which every command that asks one takes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

_Method = TypeVar("_Method")

if TYPE_CHECKING:
    from typing_extensions import override
else:
    # A mark for the type checker alone; importing it would slow every start.
    def override(method: _Method) -> _Method:
        return method


@dataclass(frozen=True, slots=True)
class ModelFlags:
    """The settings of the model that the command line gives, by their names."""

    given: Mapping[str, object]


class ModelOption(click.Option):
    """Stands in a part of its own in `--help`; not given, it leaves the setting."""


class ModelCommand(click.Command):
    """A command whose `--help` keeps the options about the model apart."""

    @override
    def format_options(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        parts: dict[bool, list[tuple[str, str]]] = {False: [], True: []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                parts[isinstance(param, ModelOption)].append(record)
        with formatter.section("Options"):
            formatter.write_dl(parts[False])
        if parts[True]:
            title = "The model (defaults: `linara-agent config show`)"
            with formatter.section(title):
                formatter.write_dl(parts[True])


def _option(*names: str, **settings: Any) -> Callable[..., Any]:  # noqa: ANN401 — click's own, passed on
    return click.option(*names, cls=ModelOption, **settings)


_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")

_OPTIONS = (
    _option("--model", metavar="ID", help="Which one: `linara-agent models`."),
    _option(
        "--fallback", "fallbacks", multiple=True, metavar="ID",
        help="Asked when the model cannot answer; up to three times.",
    ),
    _option("--base-url", metavar="URL", help="Another server, such as Ollama's."),
    _option("--temperature", type=float, metavar="0-2", help="How varied it answers."),
    _option("--max-tokens", type=int, metavar="N", help="Longest answer and thinking."),
    _option("--seed", type=int, metavar="N", help="The same answer again, if it can."),
    _option("--effort", type=click.Choice(_EFFORTS), help="How hard it thinks."),
    _option(
        "--data-collection", type=click.Choice(["allow", "deny"]),
        help="deny: only providers that do not keep prompts.",
    ),
    _option(
        "--zdr/--no-zdr", default=None, help="Only providers that store nothing."
    ),
    _option(
        "--context", type=click.Choice(["none", "cwd", "tree"]),
        help="What it is told of the place: nothing, the directory's path, or the names"
        " in it as well.",
    ),
    _option(
        "--max-cost", metavar="USD", help="Ask nothing that could cost more, this run."
    ),
    _option(
        "--cache/--no-cache", default=None,
        help="Take the answer to the same request of the last five minutes.",
    ),
    _option(
        "--stream/--no-stream", default=None, help="The answer in pieces, or whole."
    ),
)  # fmt: skip

_NAMES = (
    "model", "fallbacks", "base_url", "temperature", "max_tokens", "seed", "effort",
    "data_collection", "zdr", "stream", "context", "max_cost", "cache",
)  # fmt: skip


def model_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options, and hands the command what was given as `model`.

    Use it with `cls=ModelCommand`.
    """

    @wraps(function)
    def collected(**values: Any) -> Any:  # noqa: ANN401 — whatever the command takes
        given = dict(_given({name: values.pop(name) for name in _NAMES}))
        return function(**values, model=ModelFlags(given))

    command: Callable[..., Any] = collected
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def _given(values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        if value is not None and value != ():
            yield name, value
