"""Is a script about what its preview could not show?"""

import pytest

from linara_agent.core.unshown import below, named
from tests.core.gates import PLACE, gate

PLACES = ("/swap.img", "/mnt/nas", "/home/u/project/drive")


@pytest.mark.parametrize(
    ("command", "names", "passes"),
    [
        ("cat /swap.img", PLACES[:1], ()),
        ("ls /mnt/nas", PLACES[1:2], ()),
        ("cp a.txt /mnt/nas/deep/", PLACES[1:2], ()),
        ("wc -l /mnt/*/notes", PLACES[1:2], ()),
        ("wc -l /s*", PLACES[:1], ()),
        ("ls /mnt/*", PLACES[1:2], ()),
        ("cat drive/x", PLACES[2:], ()),
        ("ls /", (), PLACES[:1]),
        ("ls", (), PLACES[2:]),
        ("find / -name x", (), PLACES),
        ("du -s /mnt", (), PLACES[1:2]),
        ("grep -r x /mnt/nasty", (), ()),
        ("cat /mnt/nas.txt", (), ()),
        ("ls /home", (), ()),
    ],
)
def test_a_place_is_named_or_passed(
    command: str, names: tuple[str, ...], passes: tuple[str, ...]
) -> None:
    """By its own name, by one in it, or by a directory that holds it."""
    _, verdict = gate("default").assess(command, PLACE)
    assert named(verdict.effects, PLACES) == names
    assert below(verdict.effects, PLACES) == passes
