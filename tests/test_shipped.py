from pathlib import Path

import pytest

from linara_agent.errors import SettingsProblem
from linara_agent.shipped import Name, shipped

ROOT = Path(__file__).resolve().parent.parent
NAMES: tuple[Name, ...] = ("policies", "sandbox")


@pytest.mark.parametrize("name", NAMES)
def test_a_checkout_uses_the_directory_at_its_top(name: Name):
    """In a checkout the data is read where it is edited."""
    assert shipped(name) == ROOT / name


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_uses_its_own_data(tmp_path: Path, name: Name):
    """An installed package reads its own copy, whatever lies next to it."""
    package = tmp_path / "site-packages" / "linara_agent"
    (package / "_data" / name).mkdir(parents=True)
    (tmp_path / "site-packages" / name).mkdir()

    assert shipped(name, package=package) == package / "_data" / name


def test_a_stranger_next_to_an_installed_package_is_not_ours(tmp_path: Path):
    """A directory of that name without our pyproject.toml beside it is not used."""
    package = tmp_path / "linara_agent"
    package.mkdir()
    (tmp_path / "policies").mkdir()

    with pytest.raises(SettingsProblem, match="policies") as caught:
        shipped("policies", package=package)
    assert caught.value.not_done == "Nothing was judged and nothing ran."
    assert "pip install" in caught.value.remedy
