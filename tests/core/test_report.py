"""Values as JSON."""

import json

from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
    PathClass,
)
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.report import (
    change_json,
    deleted_below,
    effect_json,
    finding_json,
    preview_json,
    verdict_json,
)
from tests.core.gates import assess
from tests.core.previews import change, state

EFFECT = Effect(
    kind=EffectKind.DELETE,
    target="/w/x",
    form=Form.UNDER,
    cls=PathClass.WORKSPACE,
    certainty=Certainty.POSSIBLE,
    program="rm",
    invocation=0,
    span=(0, 4),
    note="n",
    command=0,
)
FINDING = Finding(
    rule="r",
    decision=Decision.DENY,
    reason="no",
    where="p.toml:3",
    span=(0, 2),
    effect=0,
)


def test_an_effect() -> None:
    """An effect has the keys that the README lists."""
    assert effect_json(EFFECT) == {
        "kind": "delete",
        "target": "/w/x",
        "form": "under",
        "class": "workspace",
        "certainty": "possible",
        "program": "rm",
        "invocation": 0,
        "span": [0, 4],
        "note": "n",
    }


def test_a_verdict() -> None:
    """Decisions are words, spans are lists."""
    verdict = Verdict(findings=(FINDING,), effects=(EFFECT,))
    assert verdict_json(verdict) == {
        "decision": "deny",
        "findings": [finding_json(FINDING)],
        "effects": [effect_json(EFFECT)],
    }
    assert finding_json(FINDING)["span"] == [0, 2]
    assert finding_json(FINDING)["decision"] == "deny"


def test_any_verdict_is_json() -> None:
    """A path that is no UTF-8 can be written all the same."""
    for command in ("rm -rf ~", "ls", "cat $'\\xff'", "(("):
        json.dumps(verdict_json(assess(command)), allow_nan=False).encode()


def test_a_change_of_undecodable_bytes() -> None:
    """What is not UTF-8 becomes base64, and big integers become strings."""
    one = Change(
        path="/w/\udcff",
        kind=ChangeKind.MODIFIED,
        before=state(size=2**60),
        after=state(size=3),
    )
    found = change_json(one, below=None)
    assert found["path"] == {"b64": "L3cv/w=="}
    assert (found["size"], found["was_size"]) == (3, str(2**60))
    assert (found["mode"], found["kind"], found["type"]) == ("0644", "modified", "file")


def test_deleted_trees_are_counted() -> None:
    """A deleted directory counts all entries below it, an empty one none."""
    gone = ChangeKind.DELETED
    directory = FileType.DIRECTORY
    changes = (
        change("/a/b/c", gone),
        change("/a/b/d", gone),
        change("/a/b", gone, type=directory),
        change("/a/e", gone, type=directory),
        change("/a", gone, type=directory),
        change("/abc", gone),
    )
    assert deleted_below(changes) == {"/a/b": 2, "/a/e": 0, "/a": 4}


def test_a_preview() -> None:
    """Output that is no text is base64; times are rounded to milliseconds."""
    outcome = Outcome(
        exit=None,
        signal=9,
        stdout=b"\xff",
        stderr=b"no",
        duration_s=1.23456,
        limits=("time",),
        leftovers=2,
    )
    seen = Preview(
        digest="d",
        view="twin",
        outcome=outcome,
        changes=(change("/w/x"),),
        findings=(FINDING,),
        network_tried=True,
        notes=("n",),
    )
    found = preview_json(seen)
    assert found["changes"] == [change_json(change("/w/x"), below=None)]
    del found["changes"]
    assert found == {
        "exit": None,
        "signal": 9,
        "stdout": {"b64": "/w=="},
        "stderr": "no",
        "truncated": False,
        "duration_s": 1.235,
        "limits": ["time"],
        "leftovers": 2,
        "network_tried": True,
        "network_open": False,
        "connections": [],
        "findings": [finding_json(FINDING)],
        "notes": ["n"],
        "not_shown": [],
        "runtime": None,
        "steps": [],
        "traced": None,
    }
