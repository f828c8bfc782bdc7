"""The exit codes: documented in the README, decided nowhere else."""

from enum import IntEnum

from linara_agent import errors
from linara_agent.cli.interruption import heard


class ExitCode(IntEnum):
    """If several hold, the first in `PRECEDENCE` wins."""

    DONE = 0
    COMMAND_FAILED = 1
    USAGE = 2
    BUG = 3
    NEEDS_REVIEW = 10
    DENIED = 11
    DECLINED = 12
    STALE = 13
    DIFFERS = 14
    APPLY_FAILED = 15
    NO_PROPOSAL = 20
    NO_SANDBOX = 21
    NO_JOURNAL = 22
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "done",
    ExitCode.COMMAND_FAILED: "the command itself failed, and nothing is left to review",
    ExitCode.USAGE: "usage or settings; unknown or already applied plan;"
    " output that cannot be written",
    ExitCode.BUG: "a bug in linara-agent",
    ExitCode.NEEDS_REVIEW: "needs review, or unanswered: a plan was saved,"
    " the host is untouched",
    ExitCode.DENIED: "denied by policy",
    ExitCode.DECLINED: "declined at review",
    ExitCode.STALE: "stale plan: the host changed since the preview",
    ExitCode.DIFFERS: "the host's result differs from the preview",
    ExitCode.APPLY_FAILED: "apply failed: rolled back, or `recover` needed",
    ExitCode.NO_PROPOSAL: "no proposal: model unavailable, no recipe fits",
    ExitCode.NO_SANDBOX: "sandbox unavailable",
    ExitCode.NO_JOURNAL: "journal not writable or broken",
    ExitCode.INTERRUPTED: "interrupted",
}

PRECEDENCE = (
    ExitCode.INTERRUPTED,
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.NO_JOURNAL,
    ExitCode.NO_SANDBOX,
    ExitCode.NO_PROPOSAL,
    ExitCode.DENIED,
    ExitCode.APPLY_FAILED,
    ExitCode.STALE,
    ExitCode.DIFFERS,
    ExitCode.DECLINED,
    ExitCode.NEEDS_REVIEW,
    ExitCode.COMMAND_FAILED,
    ExitCode.DONE,
)

_OF_ERRORS: tuple[tuple[type[BaseException], ExitCode], ...] = (
    (KeyboardInterrupt, ExitCode.INTERRUPTED),
    (errors.JournalUnavailable, ExitCode.NO_JOURNAL),
    (errors.SandboxUnavailable, ExitCode.NO_SANDBOX),
    (errors.ProposalUnavailable, ExitCode.NO_PROPOSAL),
    (errors.ApplyFailed, ExitCode.APPLY_FAILED),
    (errors.StalePlan, ExitCode.STALE),
    (errors.UsageProblem, ExitCode.USAGE),
)


def code_of(error: BaseException) -> ExitCode:
    """The exit code of what stopped a run; anything foreign is a bug of ours.

    Unless we were asked to end: then that is what the foreign error is about.
    """
    for kind, code in _OF_ERRORS:
        if isinstance(error, kind):
            return code
    return ExitCode.INTERRUPTED if heard() else ExitCode.BUG
