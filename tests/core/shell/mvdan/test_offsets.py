"""Bytes and code points."""

from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.mvdan.offsets import Offsets


@given(st.text(), st.text(), st.text())
def test_a_span_in_bytes_becomes_one_in_code_points(before, inside, after):
    """The source of a node is what its bytes cut out, whatever stands around it."""
    text = before + inside + after
    first = len(before.encode(errors="ignore"))
    node = {
        "Pos": {"Offset": first},
        "End": {"Offset": first + len(inside.encode(errors="ignore"))},
    }
    assert Offsets(text).source(node) == inside


def test_a_missing_offset_is_the_beginning():
    """The parser leaves out an offset of zero."""
    assert Offsets("ab").span({"Pos": {}, "End": {"Offset": 1}}) == (0, 1)
