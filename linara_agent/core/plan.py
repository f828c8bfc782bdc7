"""A saved proposal with its verdict and preview, bound by one digest."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from json import JSONEncoder
from typing import TYPE_CHECKING

from linara_agent.core.change import Change
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Proposal
from linara_agent.core.sandbox_plan import SandboxPlan

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1


class PlanState(StrEnum):
    """`expired` and `stale` are set when they are found out."""

    OPEN = "open"
    APPROVED = "approved"
    APPLIED = "applied"
    DECLINED = "declined"
    EXPIRED = "expired"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a later `apply` or `rerun` needs; `state` alone may change.

    `created` is in seconds since the epoch; `policy` the base that judged it and
    the digests of its files; `digest` covers every other field but `state`.
    """

    id: str
    created: float
    intent: str | None
    proposal: Proposal
    sandbox: SandboxPlan
    policy: str
    verdict: Verdict
    preview: Preview
    state: PlanState = PlanState.OPEN
    digest: str = ""
    schema: int = SCHEMA

    def sealed(self) -> "Plan":
        """The same plan with the digest of what it says."""
        return replace(self, digest=self.computed_digest())

    def computed_digest(self) -> str:
        """SHA-256 (hex) of the RFC 8785 form of all fields but state and digest."""
        digest = sha256()
        for piece in _canonical(self, but=("state", "digest")):
            digest.update(piece)
        return digest.hexdigest()

    def to_json(self) -> bytes:
        return b"".join((*_canonical(self), b"\n"))

    @classmethod
    def from_json(cls, text: bytes) -> "Plan":
        """Read a plan back; raises ValueError if it is not one, or was altered."""
        plan = _adapter().validate_json(text)
        if plan.computed_digest() != plan.digest:
            raise ValueError("the plan's digest does not match what it says")
        return plan


def _canonical(plan: Plan, *, but: tuple[str, ...] = ()) -> Iterator[bytes]:
    """The RFC 8785 form in pieces; the names of fields are in its order as they are.

    Changes may be very many and hold no fractions: json's own encoder writes the same
    of them in a tenth of the time, some at a time to save memory.
    """
    import rfc8785  # noqa: PLC0415 — no preview waits for its import

    fields = _adapter().dump_python(plan, mode="json", exclude=_CHANGES)
    preview = fields.pop("preview")
    kept = {name: value for name, value in fields.items() if name not in but}
    members = {name: (rfc8785.dumps(value),) for name, value in kept.items()}
    parts = {name: (rfc8785.dumps(value),) for name, value in preview.items()}
    whole = _object({**parts, "changes": _list(plan.preview.changes)})
    yield from _object({**members, "preview": whole})


def _object(members: Mapping[str, Iterable[bytes]]) -> Iterator[bytes]:
    before = b"{"
    for name in sorted(members):
        yield b'%s"%s":' % (before, name.encode())
        yield from members[name]
        before = b","
    yield b"}"


def _list(changes: tuple[Change, ...]) -> Iterator[bytes]:
    yield b"["
    for start in range(0, len(changes), _AT_ONCE):
        some = changes[start : start + _AT_ONCE]
        text = _ENCODER.encode(_adapter_of_changes().dump_python(some, mode="json"))
        yield (b"," if start else b"") + text[1:-1].encode()
    yield b"]"


_ENCODER = JSONEncoder(
    sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
)
_CHANGES = {"preview": {"changes"}}
_AT_ONCE = 5000


def get_ready() -> None:
    """Make what the first digest takes, at a moment when nobody waits for it."""
    import rfc8785  # noqa: F401, PLC0415 — to have it imported

    _adapter()
    _adapter_of_changes()


@cache
def _adapter() -> "TypeAdapter[Plan]":
    """Made at the first use: it takes as long as the engine takes for a container."""
    from pydantic import TypeAdapter  # noqa: PLC0415 — see above

    return TypeAdapter(Plan)


@cache
def _adapter_of_changes() -> "TypeAdapter[tuple[Change, ...]]":
    from pydantic import TypeAdapter  # noqa: PLC0415 — see above

    return TypeAdapter(tuple[Change, ...])
