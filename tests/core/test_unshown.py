"""Is a script about what its preview could not show?"""

import pytest

from linara_agent.core.preview import Unshown
from linara_agent.core.unshown import below, concerning, named
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
    places = tuple(Unshown(path=place) for place in PLACES)
    assert tuple(one.path for one in named(verdict.effects, places)) == names
    assert tuple(one.path for one in below(verdict.effects, places)) == passes
    said = tuple(one.path for one in concerning(verdict.effects, places))
    assert set(said) == {*names, *passes}


def test_who_does_not_know_what_a_script_is_about_names_all() -> None:
    """What is not read may be about any of them."""
    places = tuple(Unshown(path=place) for place in PLACES)
    for command in ("cat $unknown", "bash ./script", "nosuchprogram /tmp"):
        _, verdict = gate("default").assess(command, PLACE)
        assert concerning(verdict.effects, places) == places
