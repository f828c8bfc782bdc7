"""What commands print for certain, and what comes in on a command's input.

Only `echo`, `printf`, and `cat` and `tee` of what is known are certain, and only
where nothing can keep them from running or take their output elsewhere.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from linara_agent.core.effects.commands import STANDARD_DIRECTORIES
from linara_agent.core.effects.echo import echoed, formatted
from linara_agent.core.effects.replaced import EVERY, replaced
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import (
    Invocation,
    Known,
    Node,
    Redirection,
    Script,
    Span,
    Word,
)

_OF_INPUT = frozenset(("<", "<<", "<<-", "<<<", "<&", "<>"))
_HERE = frozenset(("<<", "<<-", "<<<"))
STANDARD_INPUT = frozenset(
    ("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0", "/proc/thread-self/fd/0")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A text on the standard input; `what` names it, `where` is its place."""

    text: str
    what: str
    where: Word


def inputs(invocation: Invocation) -> tuple[Redirection, ...]:
    """The redirections of its standard input; the last one counts."""
    return tuple(one for one in invocation.redirections if _is_of_input(one))


def _is_of_input(one: Redirection) -> bool:
    if one.descriptor is None:
        return one.operator in _OF_INPUT
    return one.descriptor.isdigit() and int(one.descriptor) == 0


def incoming(call: Call) -> Incoming | None:
    """The text that comes in on the call's standard input, if it is certain."""
    own = inputs(call.invocation)
    if not own:
        return _piped(call)
    last = own[-1]
    text = _body(last)
    if last.body is not None and text is not None:
        kind = "here-string" if last.operator == "<<<" else "here-document"
        return Incoming(text=text, what=f"the {kind}", where=last.body)
    if last.operator == "<<<" and last.body is not None:
        return _from_substitution(call, last.body, "the here-string")
    if last.operator == "<" and last.target is not None:
        return _from_substitution(call, last.target, "the text from <( )")
    return None


def _body(one: Redirection) -> str | None:
    """A here-document, or a here-string, which bash ends with a newline."""
    text = one.body.known if one.body is not None else None
    return text + "\n" if text is not None and one.operator == "<<<" else text


def _from_substitution(call: Call, word: Word, what: str) -> Incoming | None:
    text = substituted(call, word)
    return None if text is None else Incoming(text=text, what=what, where=word)


def substituted(call: Call, word: Word) -> str | None:
    """The output of the one substitution that the word is: `<(…)`, `$(…)`, `"$(…)"`."""
    start, end = word.span
    if word.source.startswith('"'):
        start, end = start + 1, end - 1
    for node in _walk(call.resolution.script):
        if node.span != (start, end):
            continue
        if node.kind == "process-substitution" and node.operator == "<(":
            return _sequence(call, node.children, None)
        # Unquoted it is split into words.
        if node.kind == "command-substitution" and word.quoted:
            text = _sequence(call, node.children, None)
            return None if text is None else text.rstrip("\n")
    return None


def _walk(script: Script) -> Iterator[Node]:
    for root in script.nodes:
        yield from root.walk()


def _piped(call: Call) -> Incoming | None:
    """What the stages of the pipeline before it print."""
    if not call.invocation.piped_from:
        return None
    for node in _walk(call.resolution.script):
        if node.kind != "pipeline":
            continue
        stages = _stages(node)
        places = [i for i, one in enumerate(stages) if _alone(one) == call.index]
        if places and places[0] > 0:
            before = stages[: places[0]]
            text = _stream(call, node, before)
            if text is None:
                return None
            span = Span(before[0].span.start, before[-1].span.end)
            source = call.resolution.script.text[span.start : span.end]
            where = Word(span=span, source=source, value=Known(text))
            what = f"the text piped into {call.program.name}"
            return Incoming(text=text, what=what, where=where)
    return None


def _stages(node: Node) -> tuple[Node, ...]:
    if node.kind != "pipeline":
        return (node,)
    return tuple(one for child in node.children for one in _stages(child))


def _stream(call: Call, pipeline: Node, stages: tuple[Node, ...]) -> str | None:
    """What comes out of the last of these stages; `|&` carries messages as well."""
    if any(n.kind == "pipeline" and n.operator != "|" for n in _spine(pipeline)):
        return None
    text: str | None = None
    for stage in stages:
        text = _printed(call, stage, text)
        if text is None:
            return None
    return text


def _spine(node: Node) -> Iterator[Node]:
    if node.kind == "pipeline":
        yield node
        for child in node.children:
            yield from _spine(child)


def _alone(node: Node) -> int | None:
    """The one invocation that the node is, or that the group holds."""
    while node.kind in ("group", "subshell", "not"):
        inside = [one for one in node.children if one.kind != "comment"]
        if len(inside) != 1:
            return None
        node = inside[0]
    return node.invocation if node.kind == "invocation" else None


def _printed(call: Call, node: Node, given: str | None) -> str | None:
    """The output of a statement that gets `given` (None: unknown) as its input."""
    match node.kind:
        case "comment":
            return ""
        case "invocation" if node.invocation is not None:
            return _by_command(call, node.invocation, given)
        case "group" | "subshell" | "not":
            return _sequence(call, node.children, given)
        case "pipeline":
            return _stream(call, node, _stages(node))
        case _:
            return None


def _sequence(call: Call, nodes: tuple[Node, ...], given: str | None) -> str | None:
    """The outputs of several statements, joined; the first may take all the input."""
    found = ""
    statements = [node for node in nodes if node.kind != "comment"]
    for node in statements:
        text = _printed(call, node, given if len(statements) == 1 else None)
        if text is None:
            return None
        found += text
    return found


def _by_command(call: Call, index: int, given: str | None) -> str | None:
    resolution = call.resolution
    invocation = resolution.script.invocations[index]
    texts = _called(call, invocation)
    if not texts or invocation.assignments:
        return None
    path, *words = texts
    name = posixpath.basename(path)
    # A program in a directory need not have what the builtin has.
    bash = resolution.bash and path == name
    match name:
        case "echo" if not invocation.redirections:
            return echoed(words, bash=bash)
        case "printf" if not invocation.redirections:
            return formatted(words, bash=bash)
        case "cat" if not set(words) - {"-", "-u"} and words.count("-") <= 1:
            return _fed(invocation, given)
        case "tee" if _only_files(words):
            return _fed(invocation, given)
        case _:
            return None


def _called(call: Call, invocation: Invocation) -> list[str]:
    """Program and words, all known, the program surely the one of that name."""
    program = invocation.program
    words = [] if program is None else [program, *invocation.words]
    texts = [word.known for word in words if word.known is not None]
    if not texts or len(texts) < len(words):
        return []
    names = _names(call)
    while texts[0] in ("command", "builtin") and texts[0] not in names:
        texts = texts[1:]
        if not texts or texts[0].startswith("-"):
            return []
    directory, name = posixpath.split(texts[0])
    if (directory and directory not in STANDARD_DIRECTORIES) or EVERY in names:
        return []
    return [] if name in names else texts


def _names(call: Call) -> frozenset[str]:
    """Those that may mean something else than the program."""
    resolution = call.resolution
    # What the call itself brings comes after it; in a loop that is before it, too.
    but = None if call.invocation.conditional else call.index
    own = replaced(resolution.script, but=but)
    return resolution.replaced | own | resolution.aliases.keys()


def _fed(invocation: Invocation, given: str | None) -> str | None:
    """The input of a program that copies it."""
    if not invocation.redirections:
        return given
    if len(invocation.redirections) > 1 or not inputs(invocation):
        return None
    only = invocation.redirections[0]
    return _body(only) if only.operator in _HERE else None


def _only_files(words: list[str]) -> bool:
    """Nothing among the words makes `tee` write to its own output once more."""
    names = [word for word in words if word not in ("-a", "-i", "-p", "/dev/null")]
    return not any(name.startswith(("-", "/dev/", "/proc/")) for name in names)
