"""The actions of find, and where what it finds lies."""

import pytest

from tests.core.gates import assess, decision, targets

HERE = "/home/u/project"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("find . -delete", {HERE}),
        ("find . -type f -delete", {HERE}),
        ("find . -name '*' -delete", {HERE}),
        ("find . -name '*.o' -delete", {f"{HERE}/**"}),
        ("find a b -name '*.o' -delete", {f"{HERE}/a/**", f"{HERE}/b/**"}),
        ("find -name '*.o' -delete", {f"{HERE}/**"}),
        ("find . -name x -o -delete", {HERE}),
        ("find . ! -name x -delete", {HERE}),
        ("find . -delete -name x", {HERE}),
        ("find . -name x -exec rm {} +", {f"{HERE}/**"}),
        ("find . -exec rm -r {} \\;", {HERE}),
        ("find . -name x | xargs rm", {f"{HERE}/**"}),
        ("find . -name x | grep -v y | xargs rm", {f"{HERE}/**"}),
        ("find . -name x | sed s/x/y/ | xargs rm", {None}),
        ("find . -name x -printf %f | xargs rm", {None}),
        ("find . -exec echo /etc {} \\; | xargs rm", {None}),
        ("find . | head -c 1 | xargs rm", {None}),
        ("rm $(find . -name x)", {f"{HERE}/**", None}),
    ],
)
def test_deletes(command: str, expected: set[str | None]) -> None:
    """A test means entries below the starting points, none the whole tree."""
    assert targets(command, "delete") == expected


@pytest.mark.parametrize(
    "command",
    [
        "find . -newermt 2024-01-01",
        "find . -name *.c",
        "find -L . -type f",
        "find -O3 .",
        "find -D tree . -print",
        "find . \\( -name a -o -name b \\) -print0",
        "find / -name x",
        "find ~ -size +1M -ls",
    ],
)
def test_looking_is_allowed(command: str) -> None:
    """Names and sizes are looked at, contents are not."""
    assert decision(command) == "allow"


@pytest.mark.parametrize(
    ("command", "note"),
    [
        ("find . -frobnicate", "find has no known test -frobnicate"),
        ("find . -name *", "it may expand to an action of find"),
        ("find . -name $x", "it may expand to an action of find"),
        ('find "$x"', "it may expand to an action of find"),
    ],
)
def test_what_may_be_an_action_is_reviewed(command: str, note: str) -> None:
    """What may turn out to be an action is told, and never allowed."""
    assert note in {effect.note for effect in assess(command).effects}
    assert decision(command) != "allow"


@pytest.mark.parametrize(
    "command",
    ["find $x -name a", 'find . -newer "$f" $y', "find . -name $x", "find . *"],
)
def test_a_word_that_may_be_an_action_may_do_all_that_actions_do(command: str) -> None:
    """It may delete, write and run, whatever that is."""
    found = {one.kind for one in assess(command).effects if one.target is None}
    assert found >= {"delete", "modify", "execute"}


def test_a_starting_point_that_is_not_known_lists_nothing() -> None:
    """What find prints then lies nowhere in particular."""
    assert None in targets("find $x -name a | xargs cat", "read")


def test_a_word_where_a_test_should_stand_stops_it() -> None:
    """GNU find ends with an error before it does anything for such a word."""
    assert decision("find . -name a print") == "allow"
    assert targets("find . -name a b -delete", "delete") == {f"{HERE}/**"}


def test_files_it_writes() -> None:
    """-fprint and its like write the file that they name."""
    found = targets("find . -fprint a -fprintf b %p -fls c", "modify")
    assert found == {f"{HERE}/a", f"{HERE}/b", f"{HERE}/c"}


def test_a_starting_point_may_be_an_option_for_bsd() -> None:
    """`-f PATH` counts as one; elsewhere it is refused, and does no harm."""
    assert targets("find -f /srv -name x", "read") == {"/srv"}
    assert targets("find -f /srv /opt/x -delete", "delete") == {"/srv", "/opt/x"}
    assert targets("find . -f -delete", "delete") == {"/home/u/project"}
    assert decision("find . type -f -mtime 2") == "allow"
