"""Saved plans on a real disk."""

import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.plan import PlanState
from linara_agent.errors import PlanProblem
from linara_agent.plans.store import PlanStore
from tests.host.ground import make_plan
from tests.plans.saved_plans import CONTENT, DIGEST, saved


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


def test_what_could_not_be_read_again_is_not_saved(
    store: PlanStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes are the limit of both; a plan above it is told, with its size."""
    size = len(saved(store).to_json())
    for module in ("store", "saved"):
        monkeypatch.setattr(f"linara_agent.plans.{module}.LARGEST_PLAN", size)
    assert store.load(saved(store, "plan-0002").id).id == "plan-0002"
    with pytest.raises(PlanProblem, match="with its 1 change") as raised:
        saved(store, "plan-0003", intent="a longer plan")
    assert "several steps" in raised.value.remedy
    assert {one.id for one in store.list()} == {"plan-0001", "plan-0002"}


def test_the_saved_form_is_canonical_json(store: PlanStore) -> None:
    """plan.json is one object; integers above 2**53 stand in it as strings."""
    plan = saved(store)
    text = (store.blobs(plan).parent / "plan.json").read_bytes()
    fields = json.loads(text)
    change = fields["preview"]["changes"][0]
    assert change["after"]["mtime_ns"] == str(2**60 + 1)
    assert set(change["path"]) == {"b64"}
