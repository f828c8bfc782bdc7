"""What is printed back does in bash what the script did."""

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, assume, given, settings

from linara_agent.core.shell.printing.script import to_bash
from tests.core.shell.answers import reading
from tests.core.shell.generated import SCRIPTS
from tests.core.shell.generated_texts import constructs
from tests.core.shell.oracle import Ran

pytestmark = pytest.mark.docker
MANY = max(150, settings().max_examples // 4)
RELAXED = (HealthCheck.too_slow, HealthCheck.filter_too_much)


def counted(ran: tuple[Ran, ...] | None) -> Counter[Ran]:
    """How often each ran; which pipe a `<( )` got is chance."""
    return Counter(
        Ran(one.name, tuple(re.sub(r"/dev/fd/\d+", "/dev/fd/", w) for w in one.words))
        for one in ran or ()
    )


@settings(max_examples=MANY, suppress_health_check=RELAXED)
@given(SCRIPTS)
def test_the_printed_script_runs_the_same_commands(bash, script):
    """The same markers run, as often, with the same words."""
    read = reading(script)
    assume(not read.opaque)
    ran = bash.run(script)
    assume(ran is not None)
    assert counted(bash.run(to_bash(read.nodes))) == counted(ran)


def test_the_printed_constructs_run_the_same_commands(bash):
    """The rare constructs too, as far as they are read in full."""
    read = [one for one in map(reading, constructs()) if not one.opaque]
    assert len(read) > 10
    for one in read:
        ran, printed = bash.run(one.text), bash.run(to_bash(one.nodes))
        assert counted(printed) == counted(ran), one.text
