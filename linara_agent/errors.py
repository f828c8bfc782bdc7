"""Everything that can stop linara-agent, as one tree.

    LinaraError
    ├── UsageProblem          the call, a setting or a file of ours is wrong
    │   ├── SettingsProblem
    │   ├── PolicyProblem     a policy or catalogue file cannot be used
    │   └── PlanProblem       no such plan, or it cannot be applied any more
    ├── ProposalUnavailable   no model answered and no recipe fits
    ├── SandboxUnavailable    no preview can be made
    ├── JournalUnavailable    the journal cannot be written or does not verify
    ├── StalePlan             the host is no longer what the preview saw
    └── ApplyFailed           the host could not be changed as reviewed

An answer of "no" (a denied command, a declined review) is a value, never one
of these. Exit codes are given by the command line alone.
"""


class LinaraError(Exception):
    """Says what happened, what was not done because of it, and what to do next."""

    def __init__(self, what: str, *, not_done: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.not_done = not_done
        self.remedy = remedy


class UsageProblem(LinaraError):
    """The call cannot be carried out as it was written."""


class SettingsProblem(UsageProblem):
    """A setting, from whichever source, is missing or wrong."""


class PolicyProblem(UsageProblem):
    """A policy or catalogue file cannot be used; nothing runs without it."""


class PlanProblem(UsageProblem):
    """A plan is unknown, ambiguous, damaged, or already carried out."""


class ProposalUnavailable(LinaraError):
    """Neither a model nor a recipe could turn the intent into a command."""


class SandboxUnavailable(LinaraError):
    """The preview cannot be made, so nothing runs."""


class JournalUnavailable(LinaraError):
    """The journal cannot be written or is broken, so nothing runs."""


class StalePlan(LinaraError):
    """A path is no longer in the state that the preview saw."""


class ApplyFailed(LinaraError):
    """The reviewed changes could not be carried out in full."""
