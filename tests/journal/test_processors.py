"""The steps from a record to a line."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.record import Json
from linara_agent.journal.processors import plain, redacting, render, stamping

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(st.characters(codec=None), max_size=4), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(VALUES)
def test_every_value_can_be_written_and_read_back(value: Json) -> None:
    """Whatever a record says, strict JSON holds it, and reading gives it back."""
    simple = plain(value)
    text = json.dumps(simple, allow_nan=False)
    text.encode("ascii")
    assert json.loads(text) == simple
    assert plain(simple) == simple


def test_the_time_is_written_to_the_microsecond() -> None:
    """Whole seconds have their six zeros too."""

    class Whole:
        def now(self) -> float:
            return 1_795_359_845.0

    entry = stamping(Whole())(None, "append", {})
    assert entry == {"time": "2026-11-22T15:04:05.000000Z"}


def test_a_secret_in_the_runs_name_goes_too() -> None:
    """The envelope is looked into as well."""
    entry: dict[str, Any] = {
        "time": "t",
        "event": "read",
        "run": "password=hunter2",
        "fields": {"a": 1},
    }
    redacting(())(None, "append", render(None, "append", entry))
    assert "hunter2" not in entry["line"].head
