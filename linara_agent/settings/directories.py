"""Where linara-agent keeps its own things, after the XDG base directories."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

APPLICATION = "linara-agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """`state` holds journal and plans, `config` settings and policies."""

    state: Path
    config: Path

    @classmethod
    def of(cls, environment: Mapping[str, str], home: str) -> "Directories":
        """A value that is not absolute is ignored, as the specification says."""

        def base(name: str, below: str) -> Path:
            given = environment.get(name, "")
            root = Path(given) if given.startswith("/") else Path(home) / below
            return root / APPLICATION

        return cls(
            state=base("XDG_STATE_HOME", ".local/state"),
            config=base("XDG_CONFIG_HOME", ".config"),
        )
