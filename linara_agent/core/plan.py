"""A saved proposal with its verdict and preview, bound by one digest."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from hashlib import sha256
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Proposal
from linara_agent.core.sandbox_plan import SandboxPlan

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA = 1
_NOT_SEALED = {"state", "digest"}


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
        fields = _adapter().dump_python(self, mode="json", exclude=_NOT_SEALED)
        return sha256(_canonical(fields)).hexdigest()

    def to_json(self) -> bytes:
        return _canonical(_adapter().dump_python(self, mode="json")) + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> "Plan":
        """Read a plan back; raises ValueError if it is not one, or was altered."""
        plan = _adapter().validate_json(text)
        if plan.computed_digest() != plan.digest:
            raise ValueError("the plan's digest does not match what it says")
        return plan


def _canonical(fields: dict[str, Any]) -> bytes:
    """The RFC 8785 form of a plan's fields.

    Changes may be very many and hold no fractions; json's own encoder writes the same
    of them, in a tenth of the time.
    """
    import rfc8785  # noqa: PLC0415 — no preview waits for its import

    preview = dict(fields["preview"])
    changes = _CHANGES.encode(preview.pop("changes")).encode()
    members = {key: rfc8785.dumps(value) for key, value in preview.items()}
    whole = _object({**members, "changes": changes})
    rest = {key: value for key, value in fields.items() if key != "preview"}
    members = {key: rfc8785.dumps(value) for key, value in rest.items()}
    return _object({**members, "preview": whole})


_CHANGES = JSONEncoder(
    sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":")
)


def _object(members: dict[str, bytes]) -> bytes:
    """In the order of their names, which are those of fields."""
    names = sorted(members)
    return b"{%s}" % b",".join(b'"%s":%s' % (n.encode(), members[n]) for n in names)


def get_ready() -> None:
    """Make what the first digest takes, at a moment when nobody waits for it."""
    import rfc8785  # noqa: F401, PLC0415 — to have it imported

    _adapter()


@cache
def _adapter() -> "TypeAdapter[Plan]":
    """Made at the first use: it takes as long as the engine takes for a container."""
    from pydantic import TypeAdapter  # noqa: PLC0415 — see above

    return TypeAdapter(Plan)
