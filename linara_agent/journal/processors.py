"""What structlog does to a record on its way to a line: each step one processor."""

import math
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, cast

from structlog.typing import Processor

from linara_agent.core.chain import Draft, draft
from linara_agent.core.record import Json
from linara_agent.core.redact import may_hold, redact_value
from linara_agent.core.wire import encode_integer, encode_text
from linara_agent.ports import Clock

Entry = MutableMapping[str, Any]
"""structlog's event: `event`, `run`, `fields` and `durable`, later `time`, `line`."""


def stamping(clock: Clock) -> Processor:
    """Add the time, in UTC to the microsecond."""

    def stamp(_logger: object, _method: str, entry: Entry) -> Entry:
        moment = datetime.fromtimestamp(clock.now(), UTC)
        entry["time"] = moment.isoformat(timespec="microseconds")[:26] + "Z"
        return entry

    return stamp


def simplify(_logger: object, _method: str, entry: Entry) -> Entry:
    """Leave only what every JSON reader reads back exactly."""
    entry["fields"] = plain(entry["fields"])
    return entry


def render(_logger: object, _method: str, entry: Entry) -> Entry:
    """Make the line but for its place in the chain, known once the file is locked."""
    entry["line"] = draft(
        time=entry["time"],
        run=entry["run"],
        event=entry["event"],
        fields=entry["fields"],
    )
    return entry


def redacting(known: tuple[str, ...]) -> Processor:
    """Render once more without secrets, if the line may hold any.

    Most lines hold none, and one look at the whole line is the cheapest way to tell.
    """

    def redact(logger: object, method: str, entry: Entry) -> Entry:
        line: Draft = entry["line"]
        if may_hold(line.head + line.body, known=known):
            whole = {"run": entry["run"], "fields": entry["fields"]}
            entry.update(cast("dict[str, Any]", redact_value(whole, known=known)))
            render(logger, method, entry)
        return entry

    return redact


def hand_over(
    _logger: object, _method: str, entry: Entry
) -> tuple[tuple[Draft], dict[str, bool]]:
    """Give the appender what it takes."""
    return (entry["line"],), {"durable": entry["durable"]}


def plain(value: Json) -> Json:
    """The same value as core/wire.py has it: big integers as text, no odd floats."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.isascii() else _text(value)
    if isinstance(value, int):
        return encode_integer(int(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    # Tuples and dicts first: asking an abstract class takes ten times as long.
    if isinstance(value, dict | Mapping):
        return {_name(name): plain(item) for name, item in value.items()}
    return [plain(item) for item in value]


def _text(value: str) -> str | dict[str, str]:
    try:
        return encode_text(value)
    except UnicodeEncodeError:
        # A lone surrogate that stands for no byte: a model's JSON can say `\ud800`.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _name(name: str) -> str:
    if name.isascii():
        return name
    return name.encode("utf-8", "backslashreplace").decode()
