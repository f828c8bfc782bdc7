"""Signs that a script needed what no twin can give."""

import pytest

from linara_agent.core.decision import Decision
from linara_agent.docker_sandbox.unpreviewable import RULE, findings


@pytest.mark.parametrize(
    "said",
    [
        "touch: cannot touch '/foo': Read-only file system",
        "mkdir: cannot create directory \u2018/foo bar\u2019: Read-only file system",
        "bash: line 1: /foo: Read-only file system",
        "bash: line 1: /etc/hostname: Read-only file system",
        "rm: cannot remove '/etc/hostname': Device or resource busy",
        "noise\nrm: cannot remove '/srv': Device or resource busy\nnoise",
        "sudo: effective uid is not 0, is sudo on a file system with the 'nosuid' op",
        'sudo: The "no new privileges" flag is set, which prevents sudo from running',
        "mknod: x: Operation not permitted",
    ],
)
def test_signs_are_recognised(said: str) -> None:
    """Each wall of the twin has its words, and asks for a review."""
    found = findings(said.encode(), uid=1000)
    assert [(item.rule, item.decision) for item in found] == [(RULE, Decision.REVIEW)]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "touch: cannot touch '/mnt/cd/foo': Read-only file system",
        "rm: cannot remove '/tmp/x': Operation not permitted",
        "cat: /foo: No such file or directory",
        "a / b: Read-only file system",
    ],
)
def test_ordinary_failures_are_no_signs(said: str) -> None:
    """What fails on the host in the same way is no fault of the twin."""
    assert findings(said.encode(), uid=1000) == ()


def test_a_refusal_means_more_to_root() -> None:
    """What root may not do in the twin, root may do on the host."""
    said = b"date: cannot set date: Operation not permitted"
    assert len(findings(said, uid=0)) == 1
    assert findings(said, uid=1000) == ()
    assert findings(b"cat: x: Permission denied", uid=0) == ()
