"""A person at a terminal: what they see, which key does what, and breaking off."""

from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program, tree
from tests.end_to_end.terminal import BRACKETED_PASTE, Terminal, terminal

pytestmark = pytest.mark.docker

QUESTION = "decline"
CLEAR_LINE = "\x15"


def plans(linara: Program) -> dict[str, str]:
    """The command and the state of every plan."""
    rows: list[dict[str, Any]] = linara("plan", "list", "--all", "--json").json
    return {row["command"]: row["state"] for row in rows}


def events(linara: Program) -> list[str]:
    """What the journal says of the last run."""
    run = linara("audit", "list", "-n", "1", "--json").json["run"]
    lines = linara("audit", "show", run, "--json").text.splitlines()
    return [line.split('"event": "')[1].split('"')[0] for line in lines]


def test_a_person_approves_or_declines(linara: Program, work: Path, left: Left):
    """`d` changes nothing and exits 12; `a` changes what was shown."""
    with terminal(linara, "run", "echo kept > no") as screen:
        shown = screen.wait_for(QUESTION)
        screen.press("d")
        assert screen.end() == 12, screen.text
    for words in ("echo kept > no", "review", "change-workspace", str(work / "no")):
        assert words in shown.replace("\n", ""), shown
    assert tree(work) == {}

    with terminal(linara, "run", "echo kept > yes") as screen:
        screen.wait_for(QUESTION)
        assert tree(work) == {}
        screen.press("a")
        assert screen.end() == 0, screen.text
    assert tree(work) == {"yes": "kept\n"}
    assert plans(linara) == {
        "echo kept > no": "declined",
        "echo kept > yes": "applied",
    }
    assert left() == []


def test_a_letter_with_enter_counts_and_a_word_does_not(linara: Program, work: Path):
    """`a` and Enter in one go is `a`; a paste that begins with it answers nothing."""
    with terminal(linara, "run", "echo kept > yes") as screen:
        screen.wait_for(QUESTION)
        screen.press("apply\r")
        screen.wait_for(QUESTION)
        assert tree(work) == {}
        screen.press("a\r")
        assert screen.end() == 0, screen.text
    assert tree(work) == {"yes": "kept\n"}


def test_more_is_shown_on_request(linara: Program, work: Path):
    """`m` shows every line that the first screen left out, and asks again."""
    command = "seq 1000 1099; for i in $(seq 60); do touch file-$i; done"
    with terminal(linara, "run", command) as screen:
        first = screen.wait_for(QUESTION)
        screen.press("m")
        more = screen.wait_for(QUESTION)
        screen.press("d")
        assert screen.end() == 12

    assert "1000" in first
    assert "1098" not in first
    assert "file-60" not in first
    assert [n for n in range(1000, 1100) if str(n) not in more] == []
    assert [n for n in range(1, 61) if f"/file-{n} " not in more + " "] == []
    assert tree(work) == {}


def test_an_edited_command_goes_the_whole_way_again(linara: Program, work: Path):
    """What was written instead is judged, previewed and reviewed itself."""
    with terminal(linara, "run", "touch wrong") as screen:
        screen.wait_for(QUESTION)
        edit(screen, "touch right")
        second = screen.wait_for(QUESTION)
        screen.press("a")
        assert screen.end() == 0, screen.text

    assert f"{work}/right" in second.replace("\n", "")
    assert tree(work) == {"right": ""}
    assert plans(linara) == {"touch wrong": "declined", "touch right": "applied"}


def test_an_edited_command_can_be_denied(linara: Program, work: Path):
    """Editing is no way around the policy."""
    with terminal(linara, "run", "touch x") as screen:
        screen.wait_for(QUESTION)
        edit(screen, "rm -rf ~")
        assert screen.end() == 11, screen.text

    assert "delete-everything" in screen.text
    assert tree(work) == {}
    assert events(linara).count("judged") == 2


def edit(screen: Terminal, text: str) -> None:
    screen.press("e")
    screen.wait_for_bytes(BRACKETED_PASTE)
    screen.press(CLEAR_LINE + text + "\r")


def test_the_end_of_input_leaves_the_plan(linara: Program, work: Path):
    """Ctrl-D is no answer: the plan stays open, exit 10, and can be applied later."""
    with terminal(linara, "run", "touch x") as screen:
        screen.wait_for(QUESTION)
        screen.press("\x04")
        assert screen.end() == 10, screen.text
    assert plans(linara) == {"touch x": "open"}
    (plan,) = (row["id"] for row in linara("plan", "list", "--json").json)
    assert plan in screen.text
    assert tree(work) == {}

    assert linara("apply", plan).code == 0
    assert tree(work) == {"x": ""}


def test_a_person_can_break_off_at_the_question(
    linara: Program, work: Path, left: Left
):
    """Ctrl-C exits 130, changes nothing, leaves nothing and is in the journal."""
    with terminal(linara, "run", "touch x") as screen:
        screen.wait_for(QUESTION)
        screen.press("\x03")
        assert screen.end() == 130, screen.text

    assert "Traceback" not in screen.text
    assert tree(work) == {}
    assert left() == []
    assert events(linara)[-2:] == ["failed", "run ended"]


def test_keys_that_mean_nothing_do_nothing(linara: Program):
    """A key that is not offered asks again; `apply` is not offered without changes."""
    with terminal(linara, "run", "df -h") as screen:
        screen.wait_for(QUESTION)
        for key in ("a", "x", " ", "é", "\x1b[A"):
            screen.press(key)
            screen.wait_for(QUESTION)
        screen.press("d")
        assert screen.end() == 12, screen.text


def test_nothing_hides_on_the_screen(linara: Program):
    """Control, bidirectional and odd blank characters are spelt out, nothing is cut."""
    hidden = "\u202e\u2066\u00a0\u200b\x1b[2K\x07"
    tail = "the-very-end-of-it"
    command = f"echo '{hidden}' {'x' * 900} '{'y ' * 300}' > {tail}"
    with terminal(linara, "run", command, columns=72) as screen:
        screen.wait_for(QUESTION)
        raw = bytes(screen.screen)
        screen.press("d")
        assert screen.end() == 12, screen.text

    for char in "\u202e\u2066\u00a0\u200b\x07":
        assert char.encode() not in raw
        assert f"U+{ord(char):04X}" in screen.text or char == "\x07"
    assert b"\x1b[2K'" not in raw
    assert "ESC" in screen.text
    assert "BEL" in screen.text
    letters = "".join(screen.text.replace("↪", "").split())
    assert "x" * 900 in letters
    assert "y" * 300 in letters
    assert tail in letters


def test_output_of_a_command_cannot_paint_the_screen(linara: Program):
    """Escape sequences that a preview prints are shown, not obeyed."""
    command = r"printf '\033[2Jgone\033]0;title\007\xff\n'; touch x"
    with terminal(linara, "run", command) as screen:
        screen.wait_for(QUESTION)
        screen.press("d")
        assert screen.end() == 12
    assert b"\x1b[2Jgone" not in screen.screen
    assert b"\x1b]0;title" not in screen.screen
    assert "gone" in screen.text

    with terminal(linara, "run", r"printf '\033[2Janswer\n'") as screen:
        assert screen.end() == 0
    assert b"\x1b[2Janswer" not in screen.screen
    assert "answer" in screen.text


def test_no_color_means_no_colour(linara: Program):
    """NO_COLOR takes the colours off the screen; without it there are some."""
    colour = b"\x1b[3"
    command = "echo $((1 + 1))"
    with terminal(linara, "check", command) as screen:
        screen.end()
    with terminal(linara.with_(NO_COLOR="1"), "check", command) as plain:
        plain.end()

    assert colour in screen.screen.replace(b"\x1b[1;", b"\x1b[")
    assert colour not in plain.screen.replace(b"\x1b[1;", b"\x1b[")
