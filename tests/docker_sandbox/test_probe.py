"""What `doctor` says of the sandbox."""

from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.probe import probe
from linara_agent.docker_sandbox.sandbox import Premises
from tests.docker_sandbox.conftest import PlanFor


@pytest.mark.docker
def test_all_is_well_where_the_main_path_works(
    premises: Premises, plan_for: PlanFor
) -> None:
    """Each precondition is tried for real, and none has a remedy."""
    checks = list(probe(premises, plan_for("").caller, run="doctor"))
    assert [(check.name, check.ok, check.remedy) for check in checks] == [
        ("scratch space", True, None),
        ("engine", True, None),
        ("image", True, None),
        ("overlay", True, None),
    ]


def test_a_missing_engine_is_one_bad_line(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """What needs an engine is left out, and the remedy is exact."""
    nowhere = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    checks = list(
        probe(replace(premises, environment=nowhere), plan_for("").caller, run="d")
    )
    assert [(check.name, check.ok) for check in checks] == [
        ("scratch space", True),
        ("engine", False),
    ]
    assert checks[1].remedy


def test_a_missing_scratch_is_one_bad_line(
    premises: Premises, plan_for: PlanFor
) -> None:
    """Where nothing can be kept, the reason and the remedy are told."""
    checks = probe(
        replace(premises, places=("/proc/x/y",)), plan_for("").caller, run="d"
    )
    first = next(iter(checks))
    assert (first.name, first.ok) == ("scratch space", False)
    assert "XDG_CACHE_HOME" in (first.remedy or "")
