"""Two stores, of this machine and of another."""

from pathlib import Path

import pytest

from linara_agent.plans.store import PlanStore


@pytest.fixture
def store(tmp_path: Path) -> PlanStore:
    return PlanStore(tmp_path / "state" / "plans")


@pytest.fixture
def elsewhere(tmp_path: Path) -> PlanStore:
    return PlanStore(tmp_path / "other" / "plans")
