"""What the journal costs: ratios against the least that any journal must do.

`python tests/benchmarks/bench_journal.py [DIRECTORY]` measures on that directory's
disk (default: the temporary directory's).
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from linara_agent.core.chain import Intact, Tail, digest, draft, seal
from linara_agent.core.record import Event, Json, Record
from linara_agent.journal.place import journal_path
from linara_agent.journal.query import find_run, records
from linara_agent.journal.verify import verify
from linara_agent.journal.write import JournalFile

APPENDS = 600
RECORDS = 1_000_000
FIELDS: dict[str, Json] = {
    "digest": "3f786850e387550fdab836ed7e6dc881" * 2,
    "text": "find /tmp -type f -mtime +7 -delete",
    "decision": "review",
    "findings": [
        {
            "rule": "delete-outside",
            "decision": "review",
            "reason": "deletes files outside the workspace",
            "where": "default.toml:42",
            "span": [0, 30],
        }
    ],
    "effects": [{"kind": "delete", "target": "/tmp", "form": "under"}],
}


class SystemClock:
    def now(self) -> float:
        return time.time()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def bench_append(place: Path) -> None:
    """Ours and the bare write in turn, so that both meet the same disk."""
    journal = JournalFile(place, clock=SystemClock())
    lazy = Record(run="0123456789abcdef", event=Event.JUDGED, fields=FIELDS)
    durable = Record(run=lazy.run, event=lazy.event, fields=FIELDS, durable=True)
    journal.write(durable)
    line = journal_path(place).read_bytes()
    bare = os.open(place / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def least() -> None:
        os.write(bare, line)
        os.fsync(bare)

    ours, theirs = [], []
    for _ in range(APPENDS):
        theirs.append(seconds(least))
        ours.append(seconds(lambda: journal.write(durable)))
    idle = [seconds(lambda: journal.write(lazy)) for _ in range(APPENDS)]
    os.close(bare)
    journal.close()
    ratio = median(ours) / median(theirs)
    say(
        f"append with fsync / write + fsync of {len(line)} bytes: {ratio:.2f} "
        f"({median(ours) * 1e6:.0f} us / {median(theirs) * 1e6:.0f} us; goal 1.5)"
    )
    say(f"append without fsync: {median(idle) * 1e6:.0f} us")


def bench_verify(place: Path) -> None:
    path = journal_path(place)
    path.parent.mkdir(parents=True, mode=0o700)
    tail = Tail()
    with path.open("wb") as file:
        for number in range(RECORDS):
            what = draft(
                time="2026-11-22T15:04:05.123456Z",
                run=f"{number // 12:016x}",
                event="judged",
                fields=FIELDS,
            )
            line = seal(what, after=tail)
            tail = Tail(seq=number + 1, above=digest(line[:-1]))
            file.write(line)
    took = seconds(lambda: check(verify(place)))
    say(f"verify of {RECORDS:,} records: {took:.1f} s (goal 15)")
    run = f"{RECORDS // 24:016x}"
    took = seconds(lambda: find_run(place, run))
    say(f"find a run among them: {took:.2f} s")
    took = seconds(lambda: list(records(place, run)))
    say(f"read its records: {took:.2f} s")


def check(found: object) -> None:
    if not isinstance(found, Intact) or found.count != RECORDS:
        raise SystemExit(f"the journal does not verify: {found}")


def main() -> None:
    where = sys.argv[1] if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=where) as place:
        bench_append(Path(place) / "append")
        bench_verify(Path(place) / "verify")


if __name__ == "__main__":
    main()
