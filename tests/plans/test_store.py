"""Saved plans on a real disk."""

import json
import os
import stat
import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.plan import Plan, PlanState
from linara_agent.errors import PlanProblem
from linara_agent.plans.store import PlanStore
from tests.host.ground import make_plan

CONTENT = b"new content\n"
DIGEST = sha256(CONTENT).hexdigest()


def created(path: str, content: bytes = CONTENT) -> Change:
    after = PathState(
        type=FileType.FILE,
        size=len(content),
        mode=0o644,
        uid=0,
        gid=0,
        mtime_ns=2**60 + 1,
        sha256=sha256(content).hexdigest(),
    )
    return Change(path=path, kind=ChangeKind.CREATED, before=None, after=after)


@pytest.fixture
def store(tmp_path: Path) -> PlanStore:
    return PlanStore(tmp_path / "state" / "plans")


def saved(store: PlanStore, id: str = "plan-0001", **fields: object) -> Plan:
    plan = make_plan((created("/x/\udcff\n y"),), id=id)
    plan = replace(plan, **fields).sealed()  # type: ignore[arg-type]  # any field
    blobs = store.new(id)
    (blobs / DIGEST).write_bytes(CONTENT)
    store.save(plan)
    return plan


def test_a_saved_plan_comes_back_whole(store: PlanStore) -> None:
    """A plan with a path that is not UTF-8 is the same after saving and loading."""
    plan = saved(store)
    assert store.load(plan.id) == plan
    assert store.load("plan-0") == plan
    assert (store.blobs(plan) / DIGEST).read_bytes() == CONTENT


def test_nobody_else_can_read_a_plan(store: PlanStore, tmp_path: Path) -> None:
    """Directories are 0700 and files 0600."""
    plan = saved(store)
    store.mark(plan, PlanState.APPROVED)
    for path in (tmp_path / "state" / "plans").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert stat.S_IMODE((tmp_path / "state" / "plans").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("reference", "word"),
    [
        ("plan-00", "fits 2 plans"),
        ("plan", "too short"),
        ("plan-0003", "no plan"),
        ("plan-0001x", "no plan"),
        ("", "too short"),
    ],
)
def test_an_unclear_reference_names_near_ids(
    store: PlanStore, reference: str, word: str
) -> None:
    """Ambiguous, short and unknown references are refused, with ids that are near."""
    saved(store, "plan-0001")
    saved(store, "plan-0002")
    with pytest.raises(PlanProblem) as caught:
        store.load(reference)
    assert word in caught.value.what
    assert "plan-0001" in caught.value.remedy


def test_an_unknown_reference_without_any_plan(store: PlanStore) -> None:
    """With no plan at all the answer is still a PlanProblem."""
    with pytest.raises(PlanProblem, match="no plan"):
        store.load("something")


@pytest.mark.parametrize(
    "id", ["../../etc", "a/b", "short", "", ".hidden-plan", "x" * 65]
)
def test_an_id_that_is_no_file_name_is_refused(store: PlanStore, id: str) -> None:
    """An id can neither leave the store nor be hidden in it."""
    with pytest.raises(PlanProblem, match="cannot be the id"):
        store.new(id)
    with pytest.raises(PlanProblem, match="cannot be the id"):
        store.discard(id)


def test_a_plan_is_made_once(store: PlanStore) -> None:
    """Two plans cannot have the same id."""
    store.new("plan-0001")
    with pytest.raises(PlanProblem):
        store.new("plan-0001")


def test_a_plan_in_the_making_is_not_listed(store: PlanStore) -> None:
    """Only saved plans are listed, newest first; a damaged one is left out."""
    store.new("making-1")
    old = saved(store, "plan-0001", created=1.0)
    new = saved(store, "plan-0002", created=2.0)
    saved(store, "plan-0003", created=3.0)
    (store.blobs(old).parent.parent / "plan-0003" / "plan.json").write_text("{")
    assert list(store.list()) == [new, old]


def alter(directory: Path, old: str, new: str) -> None:
    path = directory / "plan.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def empty(directory: Path) -> None:
    (directory / "plan.json").write_bytes(b"")


def no_json(directory: Path) -> None:
    (directory / "plan.json").write_bytes(b"\xff\x00{[")


def deep(directory: Path) -> None:
    (directory / "plan.json").write_bytes(b"[" * 100_000)


def other_digest(directory: Path) -> None:
    alter(directory, '"umask":18', '"umask":19')


def unknown_decision(directory: Path) -> None:
    alter(directory, '"decision":"review"', '"decision":"perhaps"')


def bad_base64(directory: Path) -> None:
    alter(directory, '"b64":"', '"b64":"!')


def no_state(directory: Path) -> None:
    (directory / "state").unlink()


def other_state(directory: Path) -> None:
    (directory / "state").write_bytes(b"\xffwell\n")


def no_blob(directory: Path) -> None:
    (directory / "blobs" / DIGEST).unlink()


def other_blob(directory: Path) -> None:
    (directory / "blobs" / DIGEST).write_bytes(b"other")


def linked_blob(directory: Path) -> None:
    no_blob(directory)
    (directory / "elsewhere").write_bytes(CONTENT)
    (directory / "blobs" / DIGEST).symlink_to(directory / "elsewhere")


def fifo_blob(directory: Path) -> None:
    no_blob(directory)
    os.mkfifo(directory / "blobs" / DIGEST)


def linked_plan(directory: Path) -> None:
    (directory / "plan.json").rename(directory / "real")
    (directory / "plan.json").symlink_to("real")


DAMAGES = [
    empty,
    no_json,
    deep,
    other_digest,
    unknown_decision,
    bad_base64,
    no_state,
    other_state,
    no_blob,
    other_blob,
    linked_blob,
    fifo_blob,
    linked_plan,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_plan_is_refused(
    store: PlanStore, damage: Callable[[Path], None]
) -> None:
    """Whatever was done to the files of a plan, loading says that it is damaged."""
    plan = saved(store)
    damage(store.blobs(plan).parent)
    with pytest.raises(PlanProblem, match="damaged"):
        store.load(plan.id)


def test_a_plan_of_another_schema_is_refused(store: PlanStore) -> None:
    """A plan made by a later version is named as such."""
    plan = saved(store, schema=99)
    with pytest.raises(PlanProblem, match="another version"):
        store.load(plan.id)


def test_marks_are_kept(store: PlanStore) -> None:
    """A state that was marked is there in the next process; the digest stays."""
    plan = saved(store)
    store.mark(plan, PlanState.APPROVED)
    store.mark(plan, PlanState.STALE)
    assert store.load(plan.id) == replace(plan, state=PlanState.STALE)
    store.mark(plan, PlanState.APPLIED)
    assert store.load(plan.id).state is PlanState.APPLIED


@pytest.mark.parametrize(
    "final", [PlanState.APPLIED, PlanState.DECLINED, PlanState.EXPIRED]
)
def test_a_final_state_stays(store: PlanStore, final: PlanState) -> None:
    """An applied, declined or expired plan cannot be marked again, not even so."""
    plan = saved(store)
    store.mark(plan, final)
    for state in PlanState:
        with pytest.raises(PlanProblem, match=f"is {final} already"):
            store.mark(plan, state)
    assert store.load(plan.id).state is final


def test_only_one_of_many_marks_it_applied(store: PlanStore) -> None:
    """Of eight threads that mark a plan applied at once, seven are refused."""
    plan = saved(store)
    refused: list[PlanProblem] = []

    def mark() -> None:
        try:
            store.mark(plan, PlanState.APPLIED)
        except PlanProblem as problem:
            refused.append(problem)

    threads = [threading.Thread(target=mark) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7


def test_a_held_plan_cannot_be_held_again(store: PlanStore) -> None:
    """While one process carries a plan out, another is refused; then it is free."""
    plan = saved(store)
    with store.hold(plan) as held:
        assert held == plan
        with pytest.raises(PlanProblem, match="another process"), store.hold(plan):
            pytest.fail("held twice")
        store.mark(plan, PlanState.APPLIED)
    with store.hold(plan) as held:
        assert held.state is PlanState.APPLIED


def test_discarding(store: PlanStore) -> None:
    """A discarded plan is gone; one with files of an undo is kept."""
    plan = saved(store)
    store.discard(plan.id)
    assert list(store.list()) == []
    store.discard(plan.id)
    other = saved(store, "plan-0002")
    undo = store.blobs(other).parent / "undo"
    undo.mkdir()
    (undo / "0").write_text("the old file")
    with pytest.raises(PlanProblem, match="keeps the files"):
        store.discard(other.id)
    assert store.load(other.id) == other


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A file in the place of the store is a PlanProblem, not a traceback."""
    (tmp_path / "plans").write_text("a file")
    store = PlanStore(tmp_path / "plans")
    with pytest.raises(PlanProblem, match="cannot be written"):
        store.new("plan-0001")
    with pytest.raises(PlanProblem, match="cannot be written"):
        store.save(make_plan())


@pytest.fixture
def elsewhere(tmp_path: Path) -> PlanStore:
    return PlanStore(tmp_path / "other" / "plans")


def test_a_plan_file_travels(
    store: PlanStore, elsewhere: PlanStore, tmp_path: Path
) -> None:
    """An exported plan loads in another store, and then by its id too."""
    plan = saved(store)
    store.mark(plan, PlanState.APPROVED)
    store.export(plan, tmp_path / "plan.zip")
    assert elsewhere.load(str(tmp_path / "plan.zip")) == plan
    assert elsewhere.load(plan.id) == plan
    elsewhere.mark(plan, PlanState.APPLIED)
    again = elsewhere.load(str(tmp_path / "plan.zip"))
    assert again.state is PlanState.APPLIED


def test_a_plan_directory_travels(store: PlanStore, elsewhere: PlanStore) -> None:
    """The path of a plan's directory is a reference too."""
    plan = saved(store)
    store.mark(plan, PlanState.DECLINED)
    loaded = elsewhere.load(str(store.blobs(plan).parent))
    assert loaded == replace(plan, state=PlanState.DECLINED)


def test_the_same_id_with_another_plan_is_refused(
    store: PlanStore, elsewhere: PlanStore
) -> None:
    """A plan file never replaces a plan of the store."""
    mine = saved(elsewhere)
    other = saved(store, created=7.0)
    with pytest.raises(PlanProblem, match="id of another plan"):
        elsewhere.load(str(store.blobs(other).parent))
    assert elsewhere.load(mine.id) == mine


def test_an_export_never_overwrites(store: PlanStore, tmp_path: Path) -> None:
    """A file that is there already stays as it is."""
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(PlanProblem, match="exists already"):
        store.export(saved(store), tmp_path / "precious")
    assert (tmp_path / "precious").read_text() == "mine"


def members(plan: Plan) -> dict[str, bytes]:
    return {
        "plan.json": plan.to_json(),
        "state": b"open\n",
        f"blobs/{DIGEST}": CONTENT,
    }


@pytest.mark.parametrize(
    ("extra", "word"),
    [
        ({"../../evil": b"x"}, "no part of a plan"),
        ({"/etc/evil": b"x"}, "no part of a plan"),
        ({"blobs/../../evil": b"x"}, "no part of a plan"),
        ({f"blobs/{'z' * 64}": b"x"}, "no part of a plan"),
        ({"undo/0": b"x"}, "no part of a plan"),
        ({"plan.json": None}, "plan.json is missing"),
        ({"state": None}, "state is missing"),
        ({f"blobs/{DIGEST}": None}, "is missing"),
        ({f"blobs/{DIGEST}": b"other"}, "not what was saved"),
        ({"plan.json": b"{}"}, "damaged"),
        ({"state": b"well"}, "state"),
    ],
)
def test_a_hostile_plan_file_is_refused(
    elsewhere: PlanStore,
    tmp_path: Path,
    extra: dict[str, bytes | None],
    word: str,
) -> None:
    """Foreign members, missing ones and altered ones are refused; nothing is kept."""
    contents: dict[str, bytes | None] = {
        **members(make_plan((created("/x"),))),
        **extra,
    }
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        for name, content in contents.items():
            if content is not None:
                archive.writestr(name, content)
    with pytest.raises(PlanProblem) as caught:
        elsewhere.load(str(tmp_path / "bad.zip"))
    assert word in caught.value.what
    assert list(elsewhere.list()) == []
    assert not (tmp_path / "evil").exists()
    assert not list((tmp_path / "other").rglob("*evil*"))


def test_a_zip_bomb_is_not_unpacked(elsewhere: PlanStore, tmp_path: Path) -> None:
    """What says that it unpacks to more than the cap is refused before unpacking."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members(make_plan((created("/x"),))).items():
            archive.writestr(name, content)
        for member in archive.infolist():
            member.file_size = 1 << 40
    with pytest.raises(PlanProblem, match="unpacks to more"):
        elsewhere.load(str(path))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not really", b"text\n"])
def test_what_is_no_zip_is_refused(
    elsewhere: PlanStore, tmp_path: Path, content: bytes
) -> None:
    """A file that is no plan file is a PlanProblem."""
    (tmp_path / "some.zip").write_bytes(content)
    with pytest.raises(PlanProblem, match="not a plan file"):
        elsewhere.load(str(tmp_path / "some.zip"))


def test_a_cut_off_zip_is_refused(
    store: PlanStore, elsewhere: PlanStore, tmp_path: Path
) -> None:
    """A plan file with bytes missing or changed anywhere never loads as a plan."""
    path = tmp_path / "plan.zip"
    store.export(saved(store), path)
    whole = path.read_bytes()
    for cut in range(1, len(whole), 97):
        path.write_bytes(whole[:cut])
        with pytest.raises(PlanProblem):
            elsewhere.load(str(path))


def test_a_path_that_is_no_file_is_refused(
    elsewhere: PlanStore, tmp_path: Path
) -> None:
    """A missing file, a FIFO and an empty directory are refused without waiting."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").mkdir()
    for name in ("missing", "fifo", "empty"):
        with pytest.raises(PlanProblem):
            elsewhere.load(str(tmp_path / name))


def test_the_saved_form_is_canonical_json(store: PlanStore) -> None:
    """plan.json is one object; integers above 2**53 stand in it as strings."""
    plan = saved(store)
    text = (store.blobs(plan).parent / "plan.json").read_bytes()
    fields = json.loads(text)
    change = fields["preview"]["changes"][0]
    assert change["after"]["mtime_ns"] == str(2**60 + 1)
    assert set(change["path"]) == {"b64"}
