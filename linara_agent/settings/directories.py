"""Where linara-agent keeps its own things, after the XDG base directories."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

APPLICATION = "linara-agent"
SYSTEM = Path("/etc") / APPLICATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Directories:
    """`state` holds journal, plans and what is trusted, `config` settings and the
    person's policy, `cache` what can be made again, `system` the policy of whoever
    runs the machine: no variable leads elsewhere, or anyone could leave it out.
    """

    state: Path
    config: Path
    cache: Path
    system: Path = SYSTEM

    @property
    def own(self) -> tuple[str, ...]:
        """Places that no command may change."""
        return tuple(map(str, (self.state, self.config, self.cache, self.system)))

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
            cache=base("XDG_CACHE_HOME", ".cache"),
        )
