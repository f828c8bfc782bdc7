"""What the reading of a change set found, gathered until it is said in findings."""

from enum import StrEnum

from linara_agent.core.change import Change
from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding

_NAMED = 3


class Rule(StrEnum):
    """Why changes need a person's eye; the names of our own checks."""

    TOO_MANY = "too-many-changes"
    UNREADABLE = "unreadable"
    MASKED = "masked"
    MASKED_READ = "masked-read"
    UNSETTLED = "changed-during-preview"
    HARD_LINKS = "hard-links"
    UNMADE = "special-file"


_REASONS = {
    Rule.TOO_MANY: (
        "there are more changes than the limit of {limit}; they are not all listed"
        " and cannot be applied"
    ),
    Rule.UNREADABLE: "cannot be read in full, so these changes cannot be applied",
    Rule.MASKED: (
        "a place hidden from the preview was written to or moved; that cannot be"
        " applied"
    ),
    Rule.MASKED_READ: "a place hidden from the preview was read and looked empty",
    Rule.UNSETTLED: "changed on this machine while the preview ran",
    Rule.HARD_LINKS: (
        "several names share one file, and not all of them can be found; that cannot"
        " be applied"
    ),
    Rule.UNMADE: "a socket or device cannot be carried over from the preview",
}


class Remarks:
    """The changes so far, and for each rule the paths it was found at.

    `full` once a change had to be left out; `copied` are the bytes of files that the
    overlay copied because the script opened them for writing.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.changes: list[Change] = []
        self.full = False
        self.copied = 0
        self._paths: dict[Rule, list[str]] = {}

    @property
    def complete(self) -> bool:
        """All changes are listed with all that is needed to make them."""
        return not self._paths.keys() & {Rule.TOO_MANY, Rule.UNREADABLE}

    @property
    def crowded(self) -> bool:
        """More than the limit: what is listed is a sample."""
        return Rule.TOO_MANY in self._paths

    def change(self, change: Change) -> None:
        """Add a change, unless there are too many."""
        if len(self.changes) >= self.limit:
            self.full = True
            self.note(Rule.TOO_MANY)
        else:
            self.changes.append(change)

    def note(self, rule: Rule, path: str | None = None) -> None:
        paths = self._paths.setdefault(rule, [])
        if path is not None:
            paths.append(path)

    def findings(self) -> tuple[Finding, ...]:
        """One finding for each rule, every one at least `review`."""
        return tuple(
            Finding(rule=rule, decision=Decision.REVIEW, reason=self._reason(rule))
            for rule in Rule
            if rule in self._paths
        )

    def _reason(self, rule: Rule) -> str:
        reason = _REASONS[rule].format(limit=self.limit)
        paths = sorted(set(self._paths[rule]))
        if not paths:
            return reason
        named = ", ".join(map(_shown, paths[:_NAMED]))
        more = len(paths) - _NAMED
        return f"{named}{f' and {more} more' if more > 0 else ''}: {reason}"


def _shown(path: str) -> str:
    """The path as valid text; what is not UTF-8 is escaped."""
    return path.encode(errors="backslashreplace").decode()
