"""The second verdict: what the preview did."""

from dataclasses import replace

import pytest

from linara_agent.core.change import Change, ChangeKind
from linara_agent.core.decision import Decision
from linara_agent.core.measure import final_verdict, measured_effects
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview, Unshown
from linara_agent.core.traced import Executed, Traced
from tests.core.gates import PLACE, gate
from tests.core.previews import change, outcome, preview, state

W = "/home/u/project"


def final(command: str, seen: Preview, *, policy: str = "automation") -> Verdict:
    """The verdict of the command after that preview."""
    house = gate(policy)
    script, verdict = house.assess(command, PLACE)
    return final_verdict(verdict, script, seen, house, PLACE)


def rules(verdict: Verdict) -> set[str]:
    return {finding.rule for finding in verdict.findings}


def test_measured_effects() -> None:
    """Each change that matters is one effect, incidental ones are none."""
    seen = preview(
        change(f"{W}/a"),
        change("/etc/b", ChangeKind.MODIFIED),
        change("/tmp/c", ChangeKind.DELETED),
        change("/home/u/d", ChangeKind.METADATA),
        change(f"{W}/e", ChangeKind.TYPE),
        change("/home/u/.cache/f", incidental=True),
    )
    found = [(str(e.kind), e.target, str(e.cls)) for e in measured_effects(seen, PLACE)]
    assert found == [
        ("create", f"{W}/a", "workspace"),
        ("modify", "/etc/b", "system"),
        ("delete", "/tmp/c", "temp"),
        ("metadata", "/home/u/d", "home"),
        ("modify", f"{W}/e", "workspace"),
    ]


def test_what_was_foretold_stays_allowed() -> None:
    """A change that the reading predicted, within the limits, is as the policy says."""
    verdict = final("touch x", preview(change(f"{W}/x")))
    assert verdict.decision is Decision.ALLOW
    assert "surprise" not in rules(verdict)
    reasons = [f.reason for f in verdict.findings if "[measured: 1 change]" in f.reason]
    assert len(reasons) == 1


@pytest.mark.parametrize(
    ("command", "done"),
    [
        ("touch x", change(f"{W}/y")),
        ("touch x", change(f"{W}/x", ChangeKind.DELETED)),
        ("rm x", change(f"{W}/x", ChangeKind.MODIFIED)),
        ("ls", change(f"{W}/x")),
        ("rm -r sub", change(f"{W}/submarine", ChangeKind.DELETED)),
        ("rm ./*.o", change(f"{W}/a.c", ChangeKind.DELETED)),
        ("chmod +x a", change(f"{W}/b", ChangeKind.METADATA)),
    ],
)
def test_a_surprise_is_never_allowed(command: str, done: Change) -> None:
    """What the reading did not predict is a finding of its own."""
    verdict = final(command, preview(done))
    assert "surprise" in rules(verdict)
    assert verdict.decision >= Decision.REVIEW


@pytest.mark.parametrize(
    ("command", "done"),
    [
        ("cp a sub", change(f"{W}/sub/a")),
        ("mkdir -p a/b/c", change(f"{W}/a")),
        ("rm -r sub", change(f"{W}/sub/x/y", ChangeKind.DELETED)),
        ("rm *.o", change(f"{W}/a.o", ChangeKind.DELETED)),
        ("rm -r s*", change(f"{W}/sub/x", ChangeKind.DELETED)),
        ("mv a b", change(f"{W}/a", ChangeKind.DELETED)),
        ("chmod +x a", change(f"{W}/a", ChangeKind.METADATA)),
        ("touch x", change(f"{W}/x", ChangeKind.METADATA)),
        ("find . -name '*.o' -delete", change(f"{W}/s/a.o", ChangeKind.DELETED)),
        ("sed -i.bak s/a/b/ f", change(f"{W}/f.bak")),
    ],
)
def test_what_counts_as_foretold(command: str, done: Change) -> None:
    """Below a written directory, above a made one, within a glob."""
    assert "surprise" not in rules(final(command, preview(done)))


def traced(*paths: str, complete: bool = True) -> Preview:
    """A preview in which strace saw these programs."""
    programs = tuple(Executed(path=path, arguments=()) for path in paths)
    return replace(
        preview(), traced=Traced(programs=programs, connections=(), complete=complete)
    )


def test_a_program_that_was_not_foretold_is_never_allowed() -> None:
    """Where strace was asked, what it saw is held against the reading."""
    seen = traced("/usr/bin/ls", "/opt/odd", "/opt/odd", "./other")
    verdict = final("ls | sort", seen)
    found = [f.reason for f in verdict.findings if f.rule == "program-surprise"]
    assert found == [
        "it executed /opt/odd and 1 more, which reading it did not foretell"
    ]
    assert verdict.decision is Decision.REVIEW


def test_a_trace_that_was_cut_is_never_allowed() -> None:
    """What it does not hold may be anything."""
    assert (
        final("ls", traced("/usr/bin/ls", complete=False)).decision is Decision.REVIEW
    )


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("ls | sort", ("/usr/bin/ls", "/bin/sort")),
        ("find . -exec grep x {} +", ("/usr/bin/find", "/usr/bin/grep")),
        ("zgrep x a.gz", ("/usr/bin/zgrep", "/usr/bin/gzip", "/usr/bin/grep")),
        ("make", ("/usr/bin/make", "/usr/bin/cc")),
    ],
)
def test_which_programs_are_foretold(command: str, paths: tuple[str, ...]) -> None:
    """Those that are named, what they start by themselves, and all of unread code."""
    assert "program-surprise" not in rules(final(command, traced(*paths)))


def test_several_surprises_are_one_finding() -> None:
    """The first path is named, the others are counted."""
    seen = preview(change(f"{W}/a"), change(f"{W}/b"), change(f"{W}/c"))
    found = [f for f in final("ls", seen).findings if f.rule == "surprise"]
    assert [f.reason for f in found] == [
        f"reading it did not foretell the change of {W}/a and 2 more"
    ]


def test_what_could_not_be_read_foretells_everything() -> None:
    """A script that runs unknown code is a review already; its changes no surprise."""
    verdict = final("make", preview(change(f"{W}/x")))
    assert "surprise" not in rules(verdict)
    assert verdict.decision is Decision.REVIEW


def test_measured_changes_are_judged() -> None:
    """Unknown code that wrote a system file is denied after its preview."""
    verdict = final("./build", preview(change("/etc/passwd", ChangeKind.MODIFIED)))
    assert "system-accounts" in rules(verdict)
    assert verdict.decision is Decision.DENY


def test_findings_on_changes_are_counted_by_rule() -> None:
    """A thousand changes of one kind are one finding."""
    seen = preview(*(change(f"{W}/{i}") for i in range(900)))
    found = [f for f in final("cp -r a .", seen).findings if "[measured" in f.reason]
    assert len(found) == 1
    assert found[0].reason.endswith("[measured: 900 changes]")
    assert (found[0].effect, found[0].span) == (None, None)


def test_more_files_than_the_limit() -> None:
    """One path over the limit is a review; at the limit it is none."""
    limit = gate("automation").policy.limits.changed_files
    paths = [change(f"{W}/d/{i}") for i in range(limit + 1)]
    assert "limit-files" in rules(final("cp -r a d", preview(*paths)))
    assert "limit-files" not in rules(final("cp -r a d", preview(*paths[:-1])))


def test_more_bytes_than_the_limit() -> None:
    """Written bytes are added up; deleted ones do not count."""
    limit = gate("automation").policy.limits.bytes
    half = limit // 2 + 1
    big = [change(f"{W}/d/a", size=half), change(f"{W}/d/b", size=half)]
    assert "limit-bytes" in rules(final("cp -r a d", preview(*big)))
    gone = [change(f"{W}/d/{i}", ChangeKind.DELETED, size=half) for i in "ab"]
    assert "limit-bytes" not in rules(final("rm -r d", preview(*gone)))


def test_findings_of_the_preview_count() -> None:
    """What the sandbox found is part of the final verdict."""
    masked = Finding(rule="masked", decision=Decision.REVIEW, reason="hidden")
    verdict = final("ls", preview(findings=(masked,)))
    assert masked in verdict.findings
    assert verdict.decision is Decision.REVIEW


def test_it_can_only_become_stricter() -> None:
    """Whatever was measured, no finding of the reading is lost."""
    read = gate().assess("rm x", PLACE)[1]
    after = final("rm x", preview(), policy="default")
    assert set(read.findings) <= set(after.findings)


def test_what_was_cut_short_is_a_review() -> None:
    """A run that met a limit or a signal, or left processes, was not seen whole."""
    limited = preview(ended=outcome(exit=None, signal=9, limits=("time",)))
    killed = preview(ended=outcome(exit=None, signal=11))
    running = preview(ended=replace(outcome(), leftovers=2))
    assert "unfinished" in rules(final("ls", limited))
    assert "unfinished" in rules(final("ls", killed))
    assert "left-running" in rules(final("ls", running))
    assert not rules(final("ls", preview())) & {"unfinished", "left-running"}


def test_the_network_is_a_surprise_too() -> None:
    """A script that tried the network without a word of it is a review."""
    tried = preview(network_tried=True)
    assert "network-tried" in rules(final("ls", tried))
    assert "network-tried" not in rules(final("curl http://e", tried))


@pytest.mark.parametrize(
    ("before", "after", "strange"),
    [
        (0o644, 0o4755, True),
        (0o644, 0o2755, True),
        (0o644, 0o666, True),
        (0o644, 0o755, False),
        (0o4755, 0o4755, False),
    ],
)
def test_strange_modes(before: int, after: int, *, strange: bool) -> None:
    """A new set-id bit, or a file that all may write, is a finding."""
    done = Change(
        path=f"{W}/x",
        kind=ChangeKind.METADATA,
        before=state(mode=before),
        after=state(mode=after),
    )
    assert ("strange-mode" in rules(final("chmod x x", preview(done)))) is strange


def test_what_could_not_be_shown_is_not_what_it_found() -> None:
    """A place that the script names and the twin lacks is never `allow`."""
    seen = replace(preview(), unshown=(Unshown(path="/mnt/nas"), Unshown(path="/x")))
    found = final("ls /mnt/nas", seen, policy="default")
    assert found.decision is Decision.REVIEW
    assert "not-shown" in rules(found)
    assert final("ls /mnt", seen, policy="default").decision is Decision.ALLOW
