"""Previews whose client or engine is interrupted; `chaos` is the longer run."""

import pytest

from tests.docker_sandbox.chaos import Blow, chaos
from tests.docker_sandbox.second_engine import SecondEngine

pytestmark = pytest.mark.docker


@pytest.mark.skipif(not SecondEngine.possible(), reason="starts an engine")
def test_whatever_is_interrupted_the_host_stays_and_nothing_is_left() -> None:
    """Two rounds of each kind, at moments that are the same each time."""
    found = chaos(rounds=2 * len(Blow), seed=1)
    assert found.problems == []
    assert sum(found.ends.values()) == 2 * len(Blow)
