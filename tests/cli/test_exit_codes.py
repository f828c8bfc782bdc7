"""The exit codes, and which of them wins."""

import pytest

from linara_agent.cli.exit_codes import PRECEDENCE, ExitCode, code_of
from linara_agent.cli.passage import exit_of
from linara_agent.core.decision import Decision
from linara_agent.core.passage import Ending, Passage
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.proposal import Origin, Proposal

ALLOW = Verdict(
    findings=(Finding(rule="x", decision=Decision.ALLOW, reason="y"),), effects=()
)


def passage(
    ending: Ending, *, status: int | None = 0, differences: tuple[str, ...] = ()
) -> Passage:
    signal = 9 if status is None else None
    outcome = Outcome(exit=status, signal=signal, stdout=b"", stderr=b"")
    return Passage(
        run="r",
        proposal=Proposal(text="ls", origin=Origin.PERSON),
        verdict=ALLOW,
        ending=ending,
        preview=Preview(digest="d", view="twin", outcome=outcome, changes=()),
        outcome=outcome if ending is Ending.RERUN else None,
        differences=differences,
    )


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (passage(Ending.DENIED), 11),
        (passage(Ending.SAVED, status=1), 10),
        (passage(Ending.DECLINED), 12),
        (passage(Ending.APPLIED, status=1), 0),
        (passage(Ending.ANSWERED), 0),
        (passage(Ending.ANSWERED, status=2), 1),
        (passage(Ending.ANSWERED, status=None), 1),
        (passage(Ending.RERUN), 0),
        (passage(Ending.RERUN, status=2), 1),
        (passage(Ending.RERUN, status=2, differences=("x",)), 14),
    ],
)
def test_every_end_has_its_code(ended: Passage, code: int):
    """What a command ended with is never taken for a code of ours."""
    assert exit_of(ended) == code


def test_the_order_names_every_code_once():
    """No code is without a rank."""
    assert sorted(PRECEDENCE) == sorted(ExitCode)


def test_every_code_has_a_meaning():
    """The README's table is made of these."""
    meanings = [code.meaning for code in ExitCode]
    assert len(set(meanings)) == len(meanings)
    assert all(meanings)


def test_a_foreign_error_is_a_bug():
    """Only our own errors have codes of their own."""
    assert code_of(RuntimeError()) is ExitCode.BUG
    assert code_of(KeyboardInterrupt()) is ExitCode.INTERRUPTED
