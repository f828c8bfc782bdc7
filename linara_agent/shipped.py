"""Where the data that comes with the program lies: policies, and the sandbox's files.

In an installed wheel it is `linara_agent/_data/NAME`; in a checkout, from which an
editable install runs too, it is `NAME` at the top of the repository. Only a
directory beside our own pyproject.toml counts as the latter: an installed package
must never read policies from whatever lies next to it in site-packages.
"""

from pathlib import Path
from typing import Literal

from linara_agent.errors import SettingsProblem

Name = Literal["policies", "sandbox"]


def shipped(name: Name, *, package: Path = Path(__file__).parent) -> Path:
    """Return the directory; raises SettingsProblem where the installation lacks it."""
    in_wheel = package / "_data" / name
    if in_wheel.is_dir():
        return in_wheel
    checkout = package.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise SettingsProblem(
        f"The directory {name!r}, which comes with linara-agent, is not at {in_wheel}.",
        not_done="Nothing was judged and nothing ran.",
        remedy="Install linara-agent again: pip install --force-reinstall linara-agent",
    )
