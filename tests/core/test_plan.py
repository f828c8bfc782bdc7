"""A plan's digest and its JSON."""

import json
from dataclasses import fields, replace

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.change import Change, ChangeKind, FileType, PathState
from linara_agent.core.effects.effect import Effect, EffectKind
from linara_agent.core.plan import Plan, PlanState
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.preview import Outcome, Preview
from tests.host.ground import make_plan

# What a path on Linux can be, as `os.fsdecode` gives it.
PATHS = st.binary(min_size=1, max_size=30).map(
    lambda raw: "/" + raw.replace(b"\0", b"").decode(errors="surrogateescape")
)
SIZES = st.integers(min_value=0, max_value=2**63 - 1)
STATES = st.builds(
    PathState,
    type=st.sampled_from(FileType),
    size=SIZES,
    mode=st.integers(0, 0o7777),
    uid=st.integers(0, 2**32 - 2),
    gid=st.integers(0, 2**32 - 2),
    mtime_ns=st.integers(-(2**62), 2**63 - 1),
    ctime_ns=st.none() | SIZES,
    inode=st.none() | st.integers(0, 2**64 - 1),
    link=st.none() | PATHS,
    sha256=st.none() | st.just("0" * 64),
    xattrs=st.just(()) | st.just((("user.x", "/w=="),)),
)
CHANGES = st.builds(
    Change,
    path=PATHS,
    kind=st.sampled_from(ChangeKind),
    before=st.none() | STATES,
    after=st.none() | STATES,
    diff=st.none() | st.text(st.characters(codec="utf-8"), max_size=20),
    incidental=st.booleans(),
    masked=st.booleans(),
    unsettled=st.booleans(),
)


@given(changes=st.lists(CHANGES, max_size=3), out=st.binary(max_size=20))
def test_a_plan_survives_json(changes: list[Change], out: bytes) -> None:
    """Any path, number and output comes back exactly, and the digest still fits."""
    plan = make_plan(tuple(changes))
    outcome = Outcome(exit=None, signal=9, stdout=out, stderr=b"\xff")
    plan = replace(plan, preview=replace(plan.preview, outcome=outcome)).sealed()
    assert Plan.from_json(plan.to_json()) == plan


@given(changes=st.lists(CHANGES, max_size=3), seconds=st.floats(0, 1e15))
def test_the_json_of_a_plan_is_canonical(changes: list[Change], seconds: float) -> None:
    """RFC 8785 to the byte, also where a faster encoder wrote a part of it."""
    plan = make_plan(tuple(changes))
    outcome = replace(plan.preview.outcome, duration_s=seconds)
    text = replace(plan, preview=replace(plan.preview, outcome=outcome)).to_json()
    assert rfc8785.dumps(json.loads(text)) + b"\n" == text


def test_what_is_judged_holds_no_fraction() -> None:
    """Only of such is the faster encoder's text canonical."""
    kinds = [one.type for each in (Change, PathState) for one in fields(each)]
    assert kinds
    assert not [kind for kind in kinds if "float" in str(kind)]


@given(changes=st.lists(CHANGES, max_size=2))
def test_every_json_reader_sees_the_exact_numbers(changes: list[Change]) -> None:
    """No integer in the JSON is above 2**53."""

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, int):
            assert abs(value) <= 2**53

    walk(json.loads(make_plan(tuple(changes)).to_json()))


def variations(plan: Plan) -> dict[str, Plan]:
    """The plan with each field but state and digest changed."""
    other = make_plan(text="other")
    effect = Effect(kind=EffectKind.READ, target="/x")
    verdict = Verdict(findings=plan.verdict.findings, effects=(effect,))
    return {
        "id": replace(plan, id="plan-0009"),
        "created": replace(plan, created=2.0),
        "intent": replace(plan, intent="something"),
        "proposal": replace(plan, proposal=other.proposal),
        "sandbox": replace(plan, sandbox=replace(plan.sandbox, umask=0)),
        "policy": replace(plan, policy="strict"),
        "verdict": replace(plan, verdict=verdict),
        "preview": replace(plan, preview=other.preview),
        "schema": replace(plan, schema=2),
    }


def test_the_digest_covers_every_field_but_the_state() -> None:
    """Changing any field changes the digest; changing the state does not."""
    plan = make_plan()
    changed = variations(plan)
    assert set(changed) | {"state", "digest"} == {each.name for each in fields(Plan)}
    for name, other in changed.items():
        assert other.computed_digest() != plan.digest, name
    for state in PlanState:
        assert replace(plan, state=state).computed_digest() == plan.digest


@pytest.mark.parametrize("name", ["intent", "created", "policy"])
def test_an_altered_plan_is_no_plan(name: str) -> None:
    """A field that was changed in the JSON is noticed when it is read."""
    plan = make_plan()
    text = variations(plan)[name].to_json()
    with pytest.raises(ValueError, match="digest does not match"):
        Plan.from_json(text)


def test_effective_changes_leave_the_incidental_out() -> None:
    """What matters to a person is every change but caches and logs."""
    state = PathState(type=FileType.FIFO, size=0, mode=0, uid=0, gid=0, mtime_ns=0)
    main = Change(path="/a", kind=ChangeKind.CREATED, before=None, after=state)
    cache = replace(main, path="/b", incidental=True)
    outcome = Outcome(exit=0, signal=None, stdout=b"", stderr=b"")
    preview = Preview(digest="", view="twin", outcome=outcome, changes=(main, cache))
    assert preview.effective == (main,)
