"""What `unzip` reads and writes."""

import pytest

from tests.core.gates import targets

HERE = "/home/u/project"


@pytest.mark.parametrize(
    ("command", "written"),
    [
        ("unzip a.zip", {HERE}),
        ("unzip -o a.zip b.txt -d out", {f"{HERE}/out"}),
        ("unzip -l a.zip", set()),
        ("unzip -p a.zip b", set()),
        ("unzip", set()),
    ],
)
def test_it_writes_where_it_unpacks(command: str, written: set[str]) -> None:
    """The working directory, or the one after -d; looking into it writes nothing."""
    assert targets(command, "modify") == written
    assert targets(command, "delete") == set()
    assert targets(command, "unknown") == set()
