"""Questions about past runs."""

from itertools import islice
from pathlib import Path

import pytest

from linara_agent.core.record import Event
from linara_agent.errors import UsageProblem
from linara_agent.journal.query import RunSummary, find_run, records, runs
from linara_agent.journal.read import Entry, Unreadable
from tests.journal.conftest import Write

ONE, TWO, THREE = "aaaaaa1111", "aaaaaa2222", "cccccc3333"


@pytest.fixture
def three_runs(write: Write) -> None:
    write(Event.RUN_STARTED, ONE, intent="clean temp files")
    write(Event.PROPOSE_AFTER, ONE, text="find /tmp -delete", origin="recipe")
    write(Event.RUN_STARTED, TWO, command="df -h")
    write(Event.JUDGED, ONE, decision="allow")
    write(Event.JUDGED, TWO, decision="allow")
    write(Event.FINAL, ONE, decision="review")
    write(Event.RUN_ENDED, TWO, ended="answered", exit=0)
    write(Event.RUN_ENDED, ONE, ended="declined", exit=12)
    write(Event.RUN_STARTED, THREE, command="rm -rf /")
    write(Event.JUDGED, THREE, decision="deny")


def test_no_journal_has_no_runs(state: Path) -> None:
    """Before the first run the list is empty."""
    assert list(runs(state)) == []


@pytest.mark.usefixtures("three_runs")
def test_runs_are_listed_newest_first(state: Path) -> None:
    """A run says what was asked, what was decided and how it ended, if it did."""
    three, two, one = runs(state)
    assert one == RunSummary(
        run=ONE,
        time="2026-11-22T15:04:05.123456Z",
        intent="clean temp files",
        command="find /tmp -delete",
        decision="review",
        ended="declined",
        exit=12,
        last="run ended",
        records=5,
    )
    assert isinstance(two, RunSummary)
    assert (two.command, two.intent, two.exit, two.ended) == (
        *("df -h", None, 0, "answered"),
    )
    assert isinstance(three, RunSummary)
    assert (three.decision, three.ended, three.exit, three.last) == (
        *("deny", None, None, "judged"),
    )


def answer(write: Write, *decisions: str | None, run: str = ONE) -> None:
    """One answer of a model, with as many texts; None stands for one not judged."""
    for rank, decision in enumerate(decisions, 1):
        text, digest = f"touch {rank}", f"d{rank}"
        if rank == 1:
            write(Event.PROPOSE_AFTER, run, text=text, digest=digest)
        else:
            write(Event.PROPOSE_AFTER, run, text=text, digest=digest, rank=rank)
        if decision is not None:
            write(Event.JUDGED, run, decision="allow")
            write(Event.FINAL, run, decision=decision)


def summary(state: Path) -> tuple[str | None, str | None]:
    (one,) = runs(state)
    assert isinstance(one, RunSummary)
    return one.command, one.decision


def test_of_several_the_chosen_one_counts(write: Write, state: Path) -> None:
    """Whatever was judged after it, and however strictly."""
    write(Event.RUN_STARTED, ONE, intent="x")
    answer(write, "deny", "review", "allow")
    write(Event.CHOSEN, ONE, digest="d2")
    assert summary(state) == ("touch 2", "review")


def test_of_several_without_a_choice_the_strictest_counts(
    write: Write, state: Path
) -> None:
    """The first of them, if two are judged alike; one not judged yet says nothing."""
    write(Event.RUN_STARTED, ONE, intent="x")
    answer(write, "allow", "review", "review", None)
    assert summary(state) == ("touch 2", "review")


def test_the_last_answer_counts(write: Write, state: Path) -> None:
    """What was asked for again is not judged by what was before it."""
    write(Event.RUN_STARTED, ONE, intent="x")
    answer(write, "deny")
    write(Event.PROPOSE_AFTER, ONE, failed="no answer")
    answer(write, "review", "allow")
    write(Event.CHOSEN, ONE, digest="d2")
    write(Event.PROPOSE_AFTER, ONE, text="touch y", digest="e", origin="person")
    write(Event.JUDGED, ONE, decision="allow")
    assert summary(state) == ("touch y", "allow")


def test_an_answer_that_stands_keeps_its_verdict(write: Write, state: Path) -> None:
    """A further asking failed; the text that there was is judged after that."""
    write(Event.RUN_STARTED, ONE, intent="x")
    write(Event.PROPOSE_AFTER, ONE, text="touch x", digest="d")
    write(Event.JUDGED, ONE, decision="allow")
    write(Event.PROPOSE_AFTER, ONE, failed="no answer")
    write(Event.FINAL, ONE, decision="review")
    assert summary(state) == ("touch x", "review")


def test_a_run_of_a_saved_plan_has_the_verdict_on_it(write: Write, state: Path) -> None:
    """Nothing is proposed in it."""
    write(Event.RUN_STARTED, ONE, command="touch x")
    write(Event.FINAL, ONE, decision="review")
    assert summary(state) == ("touch x", "review")


@pytest.mark.usefixtures("three_runs")
def test_listing_reads_no_further_than_asked(state: Path, path: Path) -> None:
    """The newest run is known without the lines before it."""
    whole = path.read_bytes()
    path.write_bytes(b"x" * 100 + b"\n" + whole)
    assert [
        run.run for run in islice(runs(state), 1) if isinstance(run, RunSummary)
    ] == [THREE]


@pytest.mark.usefixtures("three_runs")
def test_broken_lines_are_told_in_a_list(state: Path, path: Path) -> None:
    """A run whose beginning is lost is listed after all others, the damage named."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[0] = b"damage\n"
    path.write_bytes(b"".join(lines))
    found = list(runs(state))
    assert Unreadable(offset=0, size=6) in found
    last = found[-1]
    assert isinstance(last, RunSummary)
    assert (last.run, last.intent, last.records) == (ONE, None, 4)


@pytest.mark.usefixtures("three_runs")
def test_a_run_is_found_by_a_beginning_of_its_id(state: Path) -> None:
    """Six characters or more are enough, if only one run begins so."""
    assert find_run(state, THREE) == THREE
    assert find_run(state, "cccccc") == THREE
    assert find_run(state, "aaaaaa2") == TWO


@pytest.mark.usefixtures("three_runs")
@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("aaaaaa", "2 runs begin with 'aaaaaa': aaaaaa1111, aaaaaa2222"),
        ("dddddd", "no run 'dddddd'"),
        ("ccccc", "too short"),
        ("", "too short"),
        ('\udcff"\n', "too short"),
        ('\udcff"\n----', "no run"),
    ],
)
def test_what_is_no_run_is_a_clear_problem(
    state: Path, reference: str, says: str
) -> None:
    """An unknown, ambiguous or too short id is said to be so."""
    with pytest.raises(UsageProblem) as caught:
        find_run(state, reference)
    assert says in caught.value.what
    assert caught.value.remedy


def test_a_whole_id_may_be_short_or_another_ones_beginning(
    write: Write, state: Path
) -> None:
    """The exact id always wins."""
    write(Event.RUN_STARTED, "abcdefgh")
    write(Event.RUN_STARTED, "abcdef")
    write(Event.RUN_STARTED, "ab")
    assert [find_run(state, run) for run in ("abcdef", "ab")] == ["abcdef", "ab"]


@pytest.mark.usefixtures("three_runs")
def test_all_records_of_a_run_come_in_order(state: Path) -> None:
    """Records of other runs between them are left out."""
    found = list(records(state, ONE))
    assert [entry.event for entry in found if isinstance(entry, Entry)] == [
        *("run started", "propose after", "judged", "final verdict", "run ended")
    ]
    assert len(found) == 5


@pytest.mark.usefixtures("three_runs")
def test_broken_lines_are_told_between_records(state: Path, path: Path) -> None:
    """A line that cannot be read may have been the run's."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3][:40] + b"\n"
    path.write_bytes(b"".join(lines))
    found = list(records(state, TWO))
    assert [type(entry) for entry in found] == [Entry, Unreadable, Entry, Entry]
