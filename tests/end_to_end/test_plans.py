"""A saved plan: made without touching the host, carried out once, as it was seen."""

import fcntl
import os
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Left
from tests.end_to_end.program import Program, tree

pytestmark = pytest.mark.docker

COMMAND = "mkdir -p a/b && echo hi > a/b/c.txt"
KEYS = {
    "schema": int,
    "run": str,
    "plan": str,
    "decision": str,
    "findings": list,
    "effects": list,
    "preview": dict,
    "view": str,
    "next": str,
}
"""Of `run --json`, as scripts are promised them."""

PREVIEW = {"exit", "signal", "stdout", "stderr", "truncated", "duration_s"} | {
    "changes",
    "findings",
}
CHANGE = {"path", "kind", "size", "was_size", "mode", "owner", "link", "files", "diff"}


def test_a_plan_is_made_and_carried_out_exactly(
    linara: Program, work: Path, left: Left
):
    """The host is untouched until `apply`, then it is what the preview showed, once."""
    shown = linara("run", "--no-input", "--json", COMMAND)
    said = shown.json

    assert (shown.code, tree(work)) == (10, {})
    assert {name: type(said.get(name)) for name in KEYS} == KEYS
    assert set(said["preview"]) >= PREVIEW
    assert all(set(change) >= CHANGE for change in said["preview"]["changes"])
    assert (said["decision"], said["view"], said["next"]) == (
        "review",
        "twin",
        "apply",
    )
    changes = [
        (os.path.relpath(change["path"], work), change["kind"], change["size"])
        for change in said["preview"]["changes"]
    ]
    assert changes == [
        ("a", "created", 0),
        ("a/b", "created", 0),
        ("a/b/c.txt", "created", 3),
    ]
    assert "+hi" in said["preview"]["changes"][2]["diff"]

    applied = linara("apply", said["plan"])
    assert (applied.code, applied.out) == (0, b""), applied.said
    assert tree(work) == {"a": None, "a/b": None, "a/b/c.txt": "hi\n"}
    assert (work / "a/b/c.txt").stat().st_mode & 0o7777 == 0o644

    (work / "a/b/c.txt").unlink()
    again = linara("apply", said["plan"])
    assert (again.code, again.out) == (2, b"")
    assert "applied already" in again.said
    assert linara("rerun", said["plan"]).code == 2
    assert tree(work) == {"a": None, "a/b": None}
    assert left() == []


def test_a_plan_whose_paths_changed_is_stale(linara: Program, work: Path):
    """One path that is not as it was seen stops the whole apply and is named."""
    (work / "first").write_text("one\n")
    (work / "second").write_text("two\n")
    plan = linara("run", "--no-input", "echo 1 >> first; echo 2 >> second").plan
    (work / "second").write_text("two, by someone else\n")
    before = tree(work)

    done = linara("apply", plan)

    assert done.code == 13
    assert str(work / "second") in done.said
    assert str(work / "first") not in done.said
    assert "content" in done.said or "size" in done.said or "bytes" in done.said
    assert tree(work) == before
    assert linara("plan", "list", "--json").json == []
    states = {one["state"] for one in linara("plan", "list", "--all", "--json").json}
    assert states == {"stale"}


def test_a_path_that_appeared_makes_a_plan_stale(linara: Program, work: Path):
    """A file that is now where the plan would make one is not overwritten."""
    plan = linara("run", "--no-input", "echo mine > new").plan
    (work / "new").write_text("theirs\n")

    done = linara("apply", plan)

    assert (done.code, (work / "new").read_text()) == (13, "theirs\n")
    assert str(work / "new") in done.said


def test_a_plan_is_named_by_a_unique_beginning_of_its_id(linara: Program, work: Path):
    """Six characters will do if they fit one plan; what is unclear does nothing."""
    plan = linara("run", "--no-input", "touch x").plan
    copies = work.parent / "home/.local/state/linara-agent/plans"
    twin = plan[:6] + "-other"
    (copies / twin).mkdir()
    (copies / twin / "plan.json").write_bytes(b"{}")

    unknown = linara("apply", "0123456789ab")
    short = linara("apply", plan[:5])
    unclear = linara("apply", plan[:6])
    (copies / twin / "plan.json").unlink()
    (copies / twin).rmdir()

    assert (unknown.code, short.code, unclear.code) == (2, 2, 2)
    assert "0123456789ab" in unknown.said
    assert plan in short.said
    assert plan in unclear.said
    assert twin in unclear.said
    assert not (work / "x").exists()
    assert linara("apply", plan[:6]).code == 0
    assert (work / "x").exists()


def test_plans_are_listed_and_shown(linara: Program, work: Path):
    """What was saved can be looked at: the command, the verdict, each change."""
    plan = linara("run", "--no-input", COMMAND).plan

    listed = linara("plan", "list")
    shown = linara("plan", "show", plan[:8])
    data = linara("plan", "show", "--json", plan).json

    assert (listed.code, shown.code) == (0, 0)
    assert plan in listed.text
    assert "mkdir -p a/b" in listed.text
    for words in (COMMAND, "review", "change-workspace", "+hi", "a/b/c.txt", plan):
        assert words in shown.text
    assert (data["id"], data["proposal"]["text"]) == (plan, COMMAND)
    assert linara("plan", "show", "0123456789ab").code == 2
    assert tree(work) == {}


def test_a_rerun_runs_the_text_on_the_host(linara: Program, work: Path):
    """Output and exit code are the command's own, and the plan is used up."""
    plan = linara("run", "--no-input", "echo out; echo err >&2; touch x").plan

    done = linara("rerun", plan)

    assert (done.code, done.out) == (0, b"out\n")
    assert b"err\n" in done.err
    assert (work / "x").exists()
    assert linara("rerun", plan).code == 2


def test_a_rerun_that_fails_as_previewed_exits_with_one(linara: Program, work: Path):
    """The failure was foreseen, so it is the command's, not a difference."""
    plan = linara("run", "--no-input", "touch x; exit 7").plan

    assert linara("rerun", plan).code == 1
    assert (work / "x").exists()


def test_a_rerun_that_differs_from_its_preview_is_told(linara: Program, work: Path):
    """What the host did otherwise than the twin is named, with an exit code of its own.

    The file that decides is read only, so no guard of the plan speaks of it.
    """
    (work / "count").write_text("1\n")
    plan = linara("run", "--no-input", 'head -c "$(cat count)" /dev/zero > x').plan
    (work / "count").write_text("5\n")

    done = linara("rerun", plan)

    assert done.code == 14
    assert "x has 5 bytes, in the preview 1" in " ".join(done.said.split())
    assert (work / "x").stat().st_size == 5


def test_a_rerun_as_json_says_what_differs(linara: Program, work: Path):
    """The differences are in the one object on stdout."""
    (work / "flag").touch()
    plan = linara("run", "--no-input", "test -e flag && touch x").plan
    (work / "flag").unlink()

    done = linara("rerun", "--json", plan)

    assert (done.code, done.json["exit"]) == (14, 14)
    assert len(done.json["differences"]) == 2
    assert any("/x was not made" in one for one in done.json["differences"])


def test_a_plan_made_elsewhere_cannot_be_altered(linara: Program, work: Path):
    """A plan whose text was edited on disk is refused and nothing runs."""
    plan = linara("run", "--no-input", "touch x").plan
    home = work.parent / "home"
    file = home / ".local/state/linara-agent/plans" / plan / "plan.json"
    file.write_bytes(file.read_bytes().replace(b"touch x", b"touch y"))

    codes = [linara(way, plan).code for way in ("apply", "rerun")]

    assert codes == [2, 2]
    assert tree(work) == {}


def test_what_cannot_be_copied_is_only_rerun(linara: Program):
    """A plan without changes has nothing to apply, and says which way is left."""
    plan = linara("run", "--no-input", "df -h").plan

    done = linara("apply", plan)

    assert done.code == 2
    assert f"rerun {plan}" in done.said
    assert linara("rerun", plan).code == 0


def test_a_script_file_runs_with_its_arguments(linara: Program, work: Path):
    """`script FILE ARGS` previews and reruns the file itself, `$0` included."""
    script = work / "make.sh"
    script.write_text('echo "$0" "$2"; mkdir "$1"\n')

    shown = linara("script", "--json", "make.sh", "new dir", "-v").json

    assert shown["preview"]["stdout"] == f"{script} -v\n"
    changes = [change["path"] for change in shown["preview"]["changes"]]
    assert changes == [str(work / "new dir")]
    script.write_text("touch swapped\n")
    swapped = linara("rerun", shown["plan"])
    assert swapped.code == 13
    assert str(script) in swapped.said
    assert not (work / "swapped").exists()


def test_a_plan_is_carried_out_by_one_process_at_a_time(linara: Program, work: Path):
    """While another process holds the plan nothing is done a second time."""
    plan = linara("run", "--no-input", "touch x").plan
    state = work.parent / "home/.local/state/linara-agent"
    with (state / "plans" / plan / "held").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        codes = [linara(way, plan).code for way in ("apply", "rerun")]
        assert (codes, tree(work)) == ([2, 2], {})

    assert linara("apply", plan).code == 0
    assert tree(work) == {"x": ""}
