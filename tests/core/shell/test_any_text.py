"""Whatever the text, it is read, and what is not understood is opaque."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linara_agent.core.shell.script import Script, Span
from tests.core.shell.answers import foreseen, reading
from tests.core.shell.generated_texts import (
    BYTES,
    CHARACTERS,
    DAMAGED,
    DAMAGED_MARKED,
    TOKENS,
)
from tests.core.shell.oracle import Oracle

RELAXED = (HealthCheck.too_slow,)


def spans(script: Script) -> list[Span]:
    found = [one.span for one in script.opaque]
    for invocation in script.invocations:
        words = (invocation.program, *invocation.words)
        found += [invocation.span, *(word.span for word in words if word is not None)]
    return found


@settings(suppress_health_check=RELAXED)
@given(st.one_of(BYTES, CHARACTERS, TOKENS, DAMAGED))
def test_every_text_is_read(text):
    """There is no exception; every span lies in the text; nothing is no answer."""
    script = reading(text)
    assert script.text == text
    assert script.invocations or script.opaque or script.nodes or _is_empty(text)
    assert all(0 <= one.start <= one.end <= len(text) for one in spans(script))


def _is_empty(text: str) -> bool:
    """Nothing but comments and blanks."""
    lines = map(str.strip, text.replace("\\\n", "").split("\n"))
    return all(not line or line.startswith("#") for line in lines)


@pytest.mark.docker
@settings(suppress_health_check=RELAXED)
@given(DAMAGED_MARKED)
def test_no_damage_hides_a_command(bash: Oracle, text):
    """What bash still runs of a damaged script was read, or is opaque."""
    script = reading(text)
    ran = bash.run(text) or ()
    assert [one for one in ran if not foreseen(one, script)] == []
