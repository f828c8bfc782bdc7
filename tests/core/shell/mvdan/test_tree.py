"""Walking what JSON gives."""

from linara_agent.core.shell.mvdan.tree import each, is_position

POSITION = {"Offset": 1, "Line": 1, "Col": 2}
TREE = {
    "Type": "A",
    "Pos": POSITION,
    "Parts": [{"Type": "B", "Inner": {"Type": "C"}}, {"Type": "D"}],
}


def test_every_node_is_given_in_order():
    """A node comes before what is in it; positions are no nodes."""
    assert [tree["Type"] for tree in each(TREE)] == ["A", "B", "C", "D"]
    assert is_position(POSITION)


def test_nothing_is_given_below_a_stop():
    """The node of a stopped type itself is given."""
    assert [tree["Type"] for tree in each(TREE, stop=("B",))] == ["A", "B", "D"]


def test_depth_is_no_limit():
    """A tree deeper than the interpreter's stack is walked."""
    deep: dict[str, object] = {"Type": "leaf"}
    for _ in range(10_000):
        deep = {"Type": "node", "X": deep}
    assert sum(1 for _ in each(deep)) == 10_001
