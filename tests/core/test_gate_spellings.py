"""Quoting, the spelling of options and paths, and order change no verdict."""

import shlex

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linara_agent.core.policy.verdict import Verdict
from tests.core.gates import assess
from tests.core.spellings import (
    OPERANDS,
    PATH_ROLES,
    argv,
    commands,
    quoted,
    respelled_path,
    spelled,
)
from tests.core.wrappings import DENIED, OTHERS

PATIENT = settings(suppress_health_check=[HealthCheck.too_slow])
SEEDS = tuple(one for one in (*DENIED, *OTHERS) if argv(one) is not None)


def said(verdict: Verdict) -> tuple[object, ...]:
    """The decision, the rules behind it, and what is done to what."""
    return (
        verdict.decision,
        {one.rule for one in verdict.findings},
        {(e.kind, e.target, e.form, e.cls, e.certainty) for e in verdict.effects},
    )


@PATIENT
@given(data=st.data(), command=st.sampled_from(SEEDS))
def test_quoting_changes_no_verdict(data: st.DataObject, command: str) -> None:
    """Single, double, escaped, encoded or in pieces: it is the same word."""
    words = argv(command) or ()
    text = " ".join(data.draw(quoted(word)) for word in words)
    assert said(assess(text)) == said(assess(shlex.join(words))), text


@PATIENT
@given(data=st.data(), command=commands())
def test_the_spelling_of_options_changes_no_verdict(data, command) -> None:
    """Short, long, abbreviated, clustered, attached, before or behind the operands."""
    text = shlex.join(data.draw(spelled(command)))
    plain = shlex.join(command.plain())
    assert said(assess(text)) == said(assess(plain)), (text, plain)


@PATIENT
@given(data=st.data(), command=commands())
def test_the_spelling_of_paths_changes_no_verdict(data, command) -> None:
    """Redundant slashes, dots and names that are left again mean the same path."""
    if any(one.role not in PATH_ROLES for one in command.program.operand):
        return
    words = command.plain()
    other = [data.draw(respelled_path(w)) if w in OPERANDS else w for w in words]
    text, plain = shlex.join(other), shlex.join(words)
    assert said(assess(text)) == said(assess(plain)), (text, plain)
