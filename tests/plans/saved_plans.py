"""Plans to save: one new file each, whose content is its one blob."""

from dataclasses import replace
from hashlib import sha256

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.plan import Plan
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


def saved(store: PlanStore, id: str = "plan-0001", **fields: object) -> Plan:
    plan = make_plan((created("/x/\udcff\n y"),), id=id)
    plan = replace(plan, **fields).sealed()  # type: ignore[arg-type]  # any field
    blobs = store.new(id)
    (blobs / DIGEST).write_bytes(CONTENT)
    store.save(plan)
    return plan
