"""The tree that both readers are lowered to.

Spans are half-open and count code points of the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Known:
    """The word is exactly this text."""

    text: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """The word is a glob; what it expands to depends on the files there are."""

    text: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The word cannot be known without running something.

    `prefix` is the text that it begins with for certain.
    """

    reason: str
    prefix: str = ""


Value = Known | Pattern | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as it stands in the text, and what it is worth.

    `variables` are the names it expands; `substitutions` the indices (into
    `Script.invocations`) of the commands whose output it takes; `quoted` tells
    that it cannot split into several words.
    """

    span: Span
    source: str
    value: Value
    quoted: bool = False
    variables: tuple[str, ...] = ()
    substitutions: tuple[int, ...] = ()

    @property
    def known(self) -> str | None:
        return self.value.text if isinstance(self.value, Known) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    span: Span
    name: str
    value: Word | None
    appended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirection:
    """`operator` as bash writes it; `body` is a here-document's or here-string's."""

    span: Span
    operator: str
    descriptor: str | None
    target: Word | None
    body: Word | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One simple command. `program` is None when it only assigns or redirects.

    `piped_from` and `piped_to` are indices into `Script.invocations` of the
    neighbours in a pipeline (for a group, of everything in it). `conditional`
    means that it need not run: a branch, a loop, the right side of `&&`. `scope`
    names the subshells it stands in, outermost first: a `cd` there ends with them.
    `function` is the name of the function in whose body it stands.
    """

    program: Word | None
    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...]
    redirections: tuple[Redirection, ...]
    span: Span
    piped_from: tuple[int, ...] = ()
    piped_to: tuple[int, ...] = ()
    conditional: bool = False
    scope: tuple[int, ...] = ()
    function: str | None = None

    @property
    def called(self) -> tuple[Word, ...]:
        """Program and words without `command` and `builtin` before them."""
        words = (self.program, *self.words) if self.program is not None else ()
        while words and words[0].known in ("command", "builtin"):
            words = words[1:]
            while words and (words[0].known or "").startswith("-"):
                words = words[1:]
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class Opaque:
    """A part that could not be read for certain, and why."""

    span: Span
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A construct: `kind` is bash's own word for it (`list`, `pipeline`, `for`, …)."""

    kind: str
    span: Span
    children: tuple["Node", ...] = ()
    invocation: int | None = None

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text as read.

    `functions` are the names that mean a function of its own in every call.
    """

    text: str
    nodes: tuple[Node, ...]
    invocations: tuple[Invocation, ...]
    opaque: tuple[Opaque, ...]
    functions: tuple[str, ...] = ()
