"""A saved proposal with its verdict and preview, bound by one digest."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

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
        fields = _adapter().dump_python(self, mode="python")
        fields = {k: v for k, v in fields.items() if k not in ("state", "digest")}
        return sha256(_canonical(fields)).hexdigest()

    def to_json(self) -> bytes:
        return _canonical(_adapter().dump_python(self, mode="python")) + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Plan":
        """Read a plan back; raises ValueError if it is not one, or was altered."""
        plan = _adapter().validate_json(text)
        if plan.computed_digest() != plan.digest:
            raise ValueError("the plan's digest does not match what it says")
        return plan


def _plain(value: Any) -> Any:  # noqa: ANN401 — any JSON value, made plain
    """Enums and tuples as JSON has them (pydantic's python mode keeps them)."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value


def _canonical(value: Any) -> bytes:  # noqa: ANN401 — any JSON value
    """The RFC 8785 form."""
    import rfc8785  # noqa: PLC0415 — no preview waits for its import

    return rfc8785.dumps(_plain(value))


def get_ready() -> None:
    """Make what the first digest takes, at a moment when nobody waits for it."""
    import rfc8785  # noqa: F401, PLC0415 — to have it imported

    _adapter()


@cache
def _adapter() -> "TypeAdapter[Plan]":
    """Made at the first use: it takes as long as the engine takes for a container."""
    from pydantic import TypeAdapter  # noqa: PLC0415 — see above

    return TypeAdapter(Plan)
