"""`linara-agent config show` and `config path`."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import click
from pydantic import BaseModel, SecretStr
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.lazy import LazyGroup
from linara_agent.core.record import Json
from linara_agent.core.redact import redact
from linara_agent.core.visible import visible
from linara_agent.settings.config_file import MODEL_TABLE
from linara_agent.settings.layers import Configured
from linara_agent.settings.model import MODEL_VARIABLES
from linara_agent.settings.origin import Layer, Origin
from linara_agent.settings.run import RUN_VARIABLES
from linara_agent.wiring.model import exposed_key
from linara_agent.wiring.person import person
from linara_agent.wiring.settings import configured_all, sources

S = TypeVar("S", bound=BaseModel)

_COMMANDS = {
    "show": ("config", "Show every setting, its value, and where that comes from."),
    "path": ("config", "Print where the configuration file lies."),
}


@click.group("config", cls=LazyGroup, table=_COMMANDS)
def config_command() -> None:
    """See the settings in force, and where each comes from.

    A flag wins over the environment, that over .env in the working directory, that
    over the configuration file, that over the default.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """`value` is what may be shown; a key is only said to be set."""

    name: str
    value: Json
    variable: str
    origin: Origin


@click.command("show")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show_command(as_json: bool) -> None:
    """Show every setting, its value, and where that comes from.

    A key is never shown, only that there is one.

    \b
    Examples:
      linara-agent config show
      linara-agent config show --json
    """
    who = person()
    run, model = configured_all(who)
    console.notices(exposed_key(model))
    rows = (
        *_rows(run, RUN_VARIABLES, ""),
        *_rows(model, MODEL_VARIABLES, f"{MODEL_TABLE}."),
    )
    if as_json:
        listed: list[Json] = [_json(row) for row in rows]
        path = str(sources(who).config)
        found: Json = {"schema": 1, "file": path, "settings": listed}
        console.result(json.dumps(found, ensure_ascii=False))
        return
    console.show(*_screen(rows))


@click.command("path")
def path_command() -> None:
    """Print where the configuration file lies, whether it is there or not.

    \b
    Examples:
      linara-agent config path
      $EDITOR "$(linara-agent config path)"
    """
    console.result(str(sources(person()).config))


def _rows(
    found: Configured[S], variables: dict[str, str], prefix: str
) -> Iterator[_Row]:
    for name, origin in found.origins.items():
        yield _Row(
            name=prefix + name,
            value=_shown(getattr(found.settings, name)),
            variable=variables[name],
            origin=origin,
        )


def _shown(value: object) -> Json:
    """Without any secret, also one that stands in the wrong place."""
    if isinstance(value, SecretStr):
        return "set"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, tuple):
        return [_shown(one) for one in value]
    return redact(f"{value:f}" if isinstance(value, Decimal) else str(value))


def _json(row: _Row) -> dict[str, Json]:
    return {
        "name": row.name,
        "value": row.value,
        "variable": row.variable,
        "origin": {
            "layer": str(row.origin.layer),
            "where": redact(row.origin.where) or None,
        },
    }


def _screen(rows: Iterable[_Row]) -> Iterator[RenderableType]:
    rows = tuple(rows)
    widest = max(len(row.name) for row in rows)
    for row in rows:
        plain = row.origin.layer is Layer.DEFAULT
        yield Text.assemble(
            (f"{row.name:{widest}}", "dim" if plain else "bold"),
            f"  {_in_words(row.value):20}",
            (f"  {visible(redact(str(row.origin)), keep='')}", "dim"),
        )


def _in_words(value: Json) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(map(str, value)) or None
    return "-" if value is None else visible(str(value), keep="")
