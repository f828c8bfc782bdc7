"""What programs need that no preview gives, read from the text."""

import pytest

from linara_agent.core.effects.wants import wants, whole_sudo
from linara_agent.core.need import Sudo
from tests.core.gates import PLACE, gate


def wanted(text: str) -> list[str]:
    of = gate()
    script = of.read(text, PLACE)
    found = wants(script, of.resolve(script, PLACE), of.catalogue)
    return [f"{one.program} {one.need}" for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("vim x", ["vim terminal"]),
        ("vi x", ["vi terminal"]),
        ("vim --version", []),
        ("top", ["top terminal"]),
        ("top -b -n 1", []),
        ("top -bn1", []),
        ("top --batch", []),
        ("watch date", ["watch terminal"]),
        ("ssh-keygen -t ed25519 -f k", ["ssh-keygen terminal"]),
        ("ssh-keygen -t ed25519 -f k -N ''", []),
        ("ssh-keygen -lf k", []),
        ("crontab -e", ["crontab terminal"]),
        ("crontab -l", []),
        ("nice vim x | cat", ["vim terminal"]),
        ("sudo vim x", ["sudo root", "vim terminal"]),
        ("su -c m1", ["su root"]),
        ("ping -c 1 h", ["ping network"]),
        ("ls; sleep 30; cat f", []),
    ],
)
def test_programs(text: str, expected: list[str]):
    """A need is known of the program, unless one of its options does without."""
    assert wanted(text) == expected


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("read x", True),
        ("read -p 'name? ' x; echo $x", True),
        ("builtin read x", True),
        ("echo a | read x", False),
        ("read x < f", False),
        ("read x <<< a", False),
        ("while read x; do echo $x; done < f", False),
        ("ls | while read x; do echo $x; done", False),
        ("while read x; do echo $x; done", True),
        ("read -u 3 x", False),
    ],
)
def test_the_shells_own_read(text: str, *, asks: bool):
    """It asks a person where its input is neither a pipe nor a file."""
    assert ("read terminal" in wanted(text)) is asks


WHOLE = [
    ("sudo touch x", Sudo(words=0)),
    ("sudo -u root touch x", Sudo(words=2)),
    ("sudo -uroot touch x", Sudo(words=1)),
    ("sudo --user=root touch x", Sudo(words=1)),
    ("sudo -n -H touch x", Sudo(words=2)),
    ("sudo -nE touch x", Sudo(words=1, keeps=True)),
    ("sudo -- touch x", Sudo(words=1)),
    ("sudo A=b touch x", Sudo(words=0)),
    ("sudo touch *.x", Sudo(words=0, wildcards=True)),
    ("sudo touch $HOME/x", Sudo(words=0)),
    ("sudo sh -c 'touch x > y'", Sudo(words=0)),
]
NOT_WHOLE = [
    "touch x", "sudo touch x; touch y", "sudo touch x && m1", "sudo cat x > y",
    "sudo cat x | m1", "m1 | sudo tee x", "A=b sudo touch x", "sudo -u daemon touch x",
    "sudo -u $U touch x", "sudo -i", "sudo -s touch x", "sudo -e x", "sudo", "sudo -l",
    "sudo $C x", "sudo touch $(m1)", "sudo touch `m1`", "sudo -g daemon touch x",
    "sudo -D /tmp touch x", "sudo touch x &", "! sudo touch x", "(sudo touch x)",
    "/usr/bin/sudo touch x", "nice sudo touch x", "sudo -b touch x",
    "sudo --preserve-env=A touch x", "sudo() { m1; }; sudo touch x", "sudo -Z touch x",
    "time sudo touch x", "doas touch x", "sudo touch x <<< a", "sudo diff <(m1) x",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), WHOLE)
def test_a_whole_command_behind_sudo(text: str, expected: Sudo):
    """It is one where nothing of the text runs, or is opened, as the caller."""
    of = gate()
    assert whole_sudo(of.read(text, PLACE), of.catalogue) == expected


@pytest.mark.parametrize("text", NOT_WHOLE)
def test_no_whole_command_behind_sudo(text: str):
    """Anything else keeps sudo what it is: a program that no preview can run."""
    of = gate()
    assert whole_sudo(of.read(text, PLACE), of.catalogue) is None
