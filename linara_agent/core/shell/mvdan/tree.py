"""Walk the tree of mvdan/sh, as JSON gives it: dicts, lists, and plain values."""

from collections.abc import Iterator, Mapping
from typing import Any

Tree = Mapping[str, Any]


def each(value: object, *, stop: tuple[str, ...] = ()) -> Iterator[Tree]:
    """Every node below, itself included, in the order of the text.

    Nothing is given from below a node whose type is in `stop`.
    """
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            if is_position(found):
                continue
            yield found
            if found.get("Type") not in stop:
                waiting += reversed(found.values())
        elif isinstance(found, list):
            waiting += reversed(found)


def is_position(tree: Tree) -> bool:
    """`{"Offset": 3, "Line": 1, "Col": 4}`: half of all that a tree holds."""
    return "Col" in tree
