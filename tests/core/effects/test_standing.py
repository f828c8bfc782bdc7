"""Where `cd` leads."""

import pytest

from tests.core.gates import targets

HERE, SUB = "/home/u/project/x", "/home/u/project/sub/x"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cat x", {HERE}),
        ("cd sub && cat x", {SUB}),
        ("cd sub; cat x", {HERE, SUB}),
        ("cd sub || exit 1; cat x", {SUB}),
        ("cd sub || { echo no; exit 1; }; cat x", {SUB}),
        ("cd sub || true; cat x", {HERE, SUB}),
        ("set -e; cd sub; cat x", {SUB}),
        ("set -euo pipefail; cd sub; cat x", {SUB}),
        ("set -e; set +e; cd sub; cat x", {HERE, SUB}),
        ("true && cd sub && cat x", {SUB}),
        ("cd sub && true; cat x", {HERE, SUB}),
        ("(cd sub && true); cat x", {HERE}),
        ("cd sub | true; cat x", {HERE}),
        ("cd sub & cat x", {HERE}),
        ("cd /etc && cat x", {"/etc/x"}),
        ("cd && cat x", {"/home/u/x"}),
        ("cd -- sub && cat x", {SUB}),
        ("cd -P sub && cat x", {SUB}),
        ("cd '' && cat x", {HERE}),
        ("command cd sub && cat x", {SUB}),
        ("eval 'cd sub'; cat x", {HERE, SUB}),
        ("sh -c 'cd sub'; cat x", {HERE}),
        ("env cd sub && cat x", {HERE, SUB}),
        ("pushd sub && cat x", {SUB}),
        ("pushd sub && popd && cat x", {None}),
        ("cd - && cat x", {None}),
        ("cd $y && cat x", {None}),
        ("cd s* && cat x", {None}),
        ("for i in 1 2; do cat x; cd sub; done", {None}),
        ("for i in 1 2; do cat x; cd /etc; done", {HERE, "/etc/x"}),
        ("f() { cat x; }; cd /etc; f", {HERE, "/etc/x"}),
        ("git -C sub log -- x && cat x", {HERE, SUB}),
        ("trap 'cat x' EXIT; cd sub", {None}),
    ],
)
def test_reads(command: str, expected: set[str | None]) -> None:
    """The file is looked for in each directory that the command may stand in."""
    assert targets(command, "read") == expected


def test_many_directories_are_none() -> None:
    """After many doubtful moves the directory is unknown."""
    moves = "; ".join(f"cd /d{i}" for i in range(9))
    assert targets(f"{moves}; cat x", "read") == {None}
