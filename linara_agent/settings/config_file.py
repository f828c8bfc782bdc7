"""The person's configuration file, `config.toml`: its values, each with its line."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path

from linara_agent.settings.origin import Given, Layer, Origin
from linara_agent.settings.own_file import UnusableFile, own_bytes

CONFIG_FILE = "config.toml"
MODEL_TABLE = "model"
TABLES = (MODEL_TABLE,)

_HEADER = re.compile(r"\s*\[+\s*([\w.\"'-]+)\s*\]")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_NO_KEYS = (
    "a key does not belong into this file;"
    " `linara-agent key set` puts it into the keyring"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """What the file says; `problem` is why it cannot be read, as `file:line: …`."""

    path: Path
    text: str = ""
    data: Mapping[str, object] = field(default_factory=dict)
    problem: str | None = None

    def outermost(
        self, names: tuple[str, ...]
    ) -> tuple[dict[str, Given], tuple[str, ...]]:
        """The settings outside of tables, and what is wrong there."""
        found = {name: value for name, value in self.data.items() if name not in TABLES}
        wrong = (
            f"{self._at(None, name)}: {name}: it must be a table"
            for name in TABLES
            if not isinstance(self.data.get(name, {}), dict)
        )
        given, problems = self._understood(found, names, None)
        return given, (*problems, *wrong)

    def table(
        self, name: str, names: tuple[str, ...]
    ) -> tuple[dict[str, Given], tuple[str, ...]]:
        """The settings of a table, and what is wrong with it."""
        found = self.data.get(name, {})
        return self._understood(found if isinstance(found, dict) else {}, names, name)

    def _understood(
        self, found: Mapping[str, object], names: tuple[str, ...], table: str | None
    ) -> tuple[dict[str, Given], tuple[str, ...]]:
        given = {
            key: Given(
                value=value,
                origin=Origin(layer=Layer.FILE, where=self._at(table, key)),
            )
            for key, value in found.items()
        }
        prefix = "" if table is None else f"{table}."
        unknown = (
            f"{one.origin}: {prefix}{key}: "
            + (
                _NO_KEYS
                if key in ("key", "api_key")
                else no_such(key, (*names, *(TABLES if table is None else ())))
            )
            for key, one in given.items()
            if key not in names
        )
        problem = () if self.problem is None else (self.problem,)
        return given, (*problem, *unknown)

    def _at(self, table: str | None, key: str) -> str:
        return f"{self.path}:{_line(self.text, table, key)}"


def config_file(path: Path, owners: set[int]) -> ConfigFile:
    """Read it; without the file nothing is said. Never raises."""
    text = ""
    try:
        raw = own_bytes(path, owners)
        text = "" if raw is None else raw.decode("utf-8")
        data = tomllib.loads(text, parse_float=Decimal)
    except UnusableFile as error:
        return ConfigFile(path=path, problem=f"{path}:1: {error}")
    except UnicodeDecodeError:
        return ConfigFile(path=path, problem=f"{path}:1: it is not written in UTF-8")
    except tomllib.TOMLDecodeError as error:
        return ConfigFile(path=path, problem=_malformed(path, str(error), text))
    except RecursionError:
        return ConfigFile(path=path, problem=f"{path}:1: it is nested too deeply")
    return ConfigFile(path=path, text=text, data=data)


def _malformed(path: Path, message: str, text: str) -> str:
    found = _AT_LINE.search(message)
    last = max(1, len(text.splitlines()))
    line = int(found[1]) if found is not None and found[1] else last
    return f"{path}:{line}: {_AT_LINE.sub('', message)}"


def no_such(name: str, names: tuple[str, ...]) -> str:
    """`there is no such setting`, with the name that may have been meant."""
    meant = get_close_matches(name, names, n=1)
    return "there is no such setting" + (f" (is {meant[0]} meant?)" if meant else "")


def _line(text: str, table: str | None, key: str) -> int:
    """The line on which a key of a table stands, else that of the table, else 1."""
    pattern = re.compile(rf"\s*(?:\"{re.escape(key)}\"|{re.escape(key)})\s*[.=]")
    headed = re.compile(rf"\s*\[+\s*{re.escape(key)}\b")
    inside, start = table is None, 1
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header is not None:
            if table is None and headed.match(line):
                return number
            inside = header[1] == table
            start = number if inside else start
        elif inside and pattern.match(line):
            return number
    return start
