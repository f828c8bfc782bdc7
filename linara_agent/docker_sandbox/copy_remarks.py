"""What must be said of a preview in a copy, so that nobody takes it for the machine."""

from collections.abc import Iterator

from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding
from linara_agent.core.preview import Outcome
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox.copy_config import Beside, Grounds
from linara_agent.docker_sandbox.copy_in import Cargo
from linara_agent.docker_sandbox.incidental import is_incidental

_NAMED = 3
_READ_ONLY = b"Read-only file system"
CANNOT = "cannot-be-previewed"
"""A finding of this rule keeps changes from being applied."""


def findings(
    outcome: Outcome, beside: Beside, plan: SandboxPlan
) -> tuple[Finding, ...]:
    """Every one at least `review`."""
    return tuple(_findings(outcome, beside, plan))


def _findings(outcome: Outcome, beside: Beside, plan: SandboxPlan) -> Iterator[Finding]:
    yield _review(
        "view-copy",
        "it ran in a copy of the workspace with other programs than this machine's, "
        "so its output is not the answer",
    )
    if plan.network:
        yield _review("network-shut", "a copy has no network, --network or not")
    home = plan.caller.home
    written = [path for path in beside.paths if not is_incidental(path, home=home)]
    if written or beside.more:
        named = ", ".join(map(_shown, written[:_NAMED]))
        rest = len(written[_NAMED:]) + beside.more
        more = f" and {rest} more" if rest else ""
        reason = "written beside the workspace, where a copy shows and keeps nothing"
        yield _review(CANNOT, f"{named}{more}: {reason}")
    if _READ_ONLY in outcome.stderr:
        yield _review(
            CANNOT,
            "it tried to write outside of the workspace, which a copy does not let it",
        )


def _review(rule: str, reason: str) -> Finding:
    return Finding(rule=rule, decision=Decision.REVIEW, reason=reason)


def notes(grounds: Grounds, cargo: Cargo, why: str) -> tuple[str, ...]:
    """What was shown, why, and what was not."""
    left = cargo.left_behind
    return (
        f"Previewed in a copy of {_shown(grounds.workspace)} ({why}).",
        (
            "Not shown: paths outside of it, /etc, and this machine's own programs, "
            "versions and names of users; the home and /tmp were empty."
        ),
        *([f"Sockets and devices left out of the copy: {len(left)}."] if left else []),
    )


def _shown(path: str) -> str:
    return path.encode(errors="backslashreplace").decode()
