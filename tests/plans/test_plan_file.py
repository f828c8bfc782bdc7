"""Plans that travel as files, honest and hostile."""

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.plan import Plan, PlanState
from linara_agent.errors import PlanProblem
from linara_agent.plans.store import PlanStore
from tests.host.ground import make_plan
from tests.plans.saved_plans import CONTENT, DIGEST, created, saved


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
