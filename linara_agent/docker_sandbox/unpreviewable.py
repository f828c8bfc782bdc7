"""What a script needed and no twin can give.

A twin has no capabilities beyond those of files, no other user's rights, no devices,
and a read-only `/` itself. Nothing tells us for certain that a script ran into one of
these walls; what programs say on their standard error is the only sign, and a script
may hide it. So a finding here is a hint to the person, and its absence is none.
"""

import re

from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding

RULE = "cannot-be-previewed"
_ROOT_ENTRY = re.compile(
    # \x98 ends the opening quotation mark of GNU programs in UTF-8
    rb"(?:^|[\s'\"\x98])/(?:etc/hostname[^/\s]*|[^/\s][^/\n]*): "
    rb"(?:Read-only file system|Device or resource busy)",
    re.MULTILINE,
)
_SET_USER_ID = re.compile(
    rb"effective uid is not 0|no new privileges|must be suid|must be setuid"
    rb"|is sudo on a file system with the 'nosuid' option"
    rb"|cannot set (?:groups|user id)|su: cannot set|setuid: Operation not permitted"
)
_DEVICE = re.compile(rb"mknod[^\n]*: Operation not permitted")
_REFUSED = re.compile(rb": Operation not permitted")


def findings(stderr: bytes, *, uid: int) -> tuple[Finding, ...]:
    """At most one finding for each kind of wall."""
    signs = (
        (
            _ROOT_ENTRY,
            "it changes an entry directly in /, or the host's name, which it cannot",
        ),
        (_SET_USER_ID, "it needs the rights of another user (sudo, su, setuid)"),
        (_DEVICE, "it makes a device, which needs a right that the twin does not have"),
    )
    reasons = [reason for pattern, reason in signs if pattern.search(stderr)]
    if not reasons and uid == 0 and _REFUSED.search(stderr):
        reasons = ["it needs a right of root that the twin does not have"]
    return tuple(
        Finding(
            rule=RULE,
            decision=Decision.REVIEW,
            reason=f"The preview may not show all: {reason}.",
        )
        for reason in reasons
    )
