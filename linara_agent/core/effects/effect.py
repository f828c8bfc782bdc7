"""What an invocation does to the world."""

from dataclasses import dataclass
from enum import StrEnum

from linara_agent.core.wire import Path


class EffectKind(StrEnum):
    READ = "read"
    OBSERVE = "observe"
    CREATE = "create"
    MODIFY = "modify"
    DELETE = "delete"
    METADATA = "metadata"
    EXECUTE = "execute"
    NETWORK = "network"
    PROCESS = "process"
    SYSTEM = "system"
    ENVIRONMENT = "environment"
    FLOW = "flow"
    UNKNOWN = "unknown"


class Form(StrEnum):
    """How exactly the target is known."""

    EXACT = "exact"
    GLOB = "glob"
    UNDER = "under"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    CERTAIN = "certain"
    POSSIBLE = "possible"


class PathClass(StrEnum):
    """What kind of place a path is; policies speak of these."""

    WORKSPACE = "workspace"
    TEMP = "temp"
    HOME = "home"
    SECRETS = "secrets"
    STARTUP = "startup"
    AUTORUN = "autorun"
    SYSTEM = "system"
    DEVICE = "device"
    PROC = "proc"
    OTHER_USER = "other_user"
    OWN = "own"
    INCIDENTAL = "incidental"
    OUTSIDE = "outside"


AT_WORST = "at worst: "
"""Begins the note of an effect that a program has only if the worst holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One thing an invocation does.

    `target` is an absolute path, a host, or a program, by kind; None if nothing
    can be said of it. `cls` is set for paths only. `invocation` is an index into
    `Script.invocations`, None for what was measured in the twin; `command` one into
    the commands that a reading found.
    """

    kind: EffectKind
    target: Path | None = None
    form: Form = Form.EXACT
    cls: PathClass | None = None
    certainty: Certainty = Certainty.CERTAIN
    program: str | None = None
    invocation: int | None = None
    span: tuple[int, int] | None = None
    note: str | None = None
    command: int | None = None

    @property
    def unread(self) -> bool:
        """Nobody can tell what it comes to: it is unknown, or runs unread code."""
        runs = self.kind is EffectKind.EXECUTE and self.form is Form.UNKNOWN
        return runs or self.kind is EffectKind.UNKNOWN
