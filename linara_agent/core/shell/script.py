"""The tree that both readers are lowered to.

Spans are half-open and count code points of the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple


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
class Misleading:
    """A part that was read, and that a person may take for something else."""

    span: Span
    reason: str


Kind = Literal[
    # statements
    "invocation",
    "list",
    "pipeline",
    "not",
    "background",
    "redirected",
    "subshell",
    "group",
    "if",
    "for",
    "select",
    "while",
    "until",
    "case",
    "clause",
    "function",
    "time",
    "coproc",
    "arithmetic",
    "test",
    "let",
    "comment",
    "opaque",
    # what an invocation is made of
    "word",
    "assignment",
    "array",
    "element",
    "redirection",
    "here-document",
    # parts of words
    "literal",
    "single-quoted",
    "ansi-c-quoted",
    "double-quoted",
    "translated",
    "parameter",
    "length",
    "indirection",
    "names",
    "command-substitution",
    "process-substitution",
    "arithmetic-expansion",
    "extended-glob",
    # parts of arithmetic and of tests
    "binary",
    "unary",
    "postfix",
    "parentheses",
]
# What stands below these runs in a shell of its own while a word is expanded.
_WORDS = frozenset(("assignment", "redirection", "word", "arithmetic", "test", "let"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A piece of the script: a construct, a word, or a part of a word.

    `role` is what it is to the node above where that has several of a kind
    (`condition`, `then`); `operator` and `text` what it says besides its children.
    `invocation` is an index into `Script.invocations`. A comment stands before the
    statement that it belongs to.
    """

    kind: Kind
    span: Span
    role: str = ""
    operator: str = ""
    text: str = ""
    children: tuple["Node", ...] = ()
    invocation: int | None = None

    def walk(self) -> Iterator["Node"]:
        """This node and every one below it, in the order of the text."""
        yield self
        for child in self.children:
            yield from child.walk()

    def steps(self) -> Iterator["Node"]:
        """The statements at and below this one, without those inside words."""
        yield self
        for child in self.children:
            if child.kind not in _WORDS:
                yield from child.steps()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A text as read.

    `functions` are the names that mean a function of its own in every call.
    """

    text: str
    nodes: tuple[Node, ...]
    invocations: tuple[Invocation, ...]
    opaque: tuple[Opaque, ...]
    misleading: tuple[Misleading, ...] = ()
    functions: tuple[str, ...] = ()

    @property
    def doubts(self) -> tuple[Opaque | Misleading, ...]:
        """All that must not pass without a person's review."""
        return (*self.opaque, *self.misleading)
