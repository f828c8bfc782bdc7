"""Run bashlex under a deadline that really stops it."""

from importlib import import_module
from threading import Thread
from typing import Any

from linara_agent.core.shell.reading import (
    BashlexNode,
    BashlexTree,
    Failure,
    NotParsed,
)
from linara_agent.parsers.deadline import DeadlinePassed, within

LARGEST = 10_000
"""Characters: bashlex is linear but slow, 0.3 s at this size."""


def parse(text: str, *, seconds: float) -> BashlexTree | NotParsed:
    """Parse as bash; the tree's offsets count characters.

    bashlex raises AttributeError, IndexError, TypeError, AssertionError and
    RecursionError besides its documented errors, so every Exception is an answer.
    """
    if len(text) > LARGEST:
        return NotParsed(Failure.TOO_LARGE, f"{len(text)} characters")
    import bashlex  # noqa: PLC0415 — building its tables costs 0.2 s

    try:
        roots = within(seconds, lambda: bashlex.parse(text), module="bashlex")
        return BashlexTree(tuple(_plain(root) for root in roots))
    except DeadlinePassed:
        return NotParsed(Failure.DEADLINE, f"{seconds:g} s")
    except NotImplementedError as error:
        return NotParsed(Failure.UNSUPPORTED, str(error))
    except bashlex.errors.ParsingError as error:
        return NotParsed(Failure.SYNTAX, str(error))
    except Exception as error:  # noqa: BLE001 — see the docstring
        return NotParsed(Failure.CRASHED, f"{type(error).__name__}: {error}")


def load() -> Thread:
    """Build the tables in a thread, while something else is waited for."""
    thread = Thread(target=lambda: import_module("bashlex"), daemon=True)
    thread.start()
    return thread


def _plain(node: Any) -> BashlexNode:  # noqa: ANN401 — bashlex has no types
    below: list[Any] = list(getattr(node, "parts", None) or ())
    below += getattr(node, "list", None) or ()
    for name in ("command", "output", "heredoc"):
        one = getattr(node, name, None)
        if hasattr(one, "kind"):
            below.append(one)
    start, end = node.pos
    children = tuple(_plain(child) for child in below)
    return BashlexNode(node.kind, start, end, children)
