"""Previews that are started together; `at_once` is the larger run."""

import pytest

from tests.docker_sandbox.at_once import at_once

pytestmark = pytest.mark.docker

MOST_FOR_ONE = 150 << 20


def test_eight_at_once_do_not_disturb_each_other() -> None:
    """Each has its own answer, none is lost, and nothing is left."""
    found = at_once(8)
    assert found.problems == []
    assert len(found.took_s) == 8
    assert 0 < found.memory.clients < 8 * MOST_FOR_ONE
