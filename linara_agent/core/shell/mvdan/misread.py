r"""Where mvdan/sh reads otherwise than bash; found by running generated scripts.

`coproc m2 x=a` runs `m2`, to mvdan/sh it assigns. A here-document with a plain
delimiter ends where its lines, continued ones joined, make the delimiter: `\⏎EOF`
does for bash, not for mvdan/sh. In `declare -A a=([k]=<(cmd))` bash runs no `cmd`, but
the substitutions in its text, quoted or not. In `(a 'b'#c; d` and a line break, `#` is
a part of the word; to mvdan/sh a comment begins.
"""

import re
from collections.abc import Iterator

from linara_agent.core.shell.guards.lexical import is_quoted_delimiter
from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.mvdan.tree import Tree, each
from linara_agent.core.shell.script import Opaque, Span

_COMPOUND = frozenset(
    (
        "ArithmCmd",
        "Block",
        "CaseClause",
        "ForClause",
        "IfClause",
        "Subshell",
        "TestClause",
        "WhileClause",
    )
)
_COMMANDS = ("CmdSubst", "ProcSubst")
_JOINED = re.compile(r"(?:\\\n)+\Z")
_BLANK = re.compile(r"(?<!\\)(?:\\\\)*(\\?)[ \t]\Z")
_CONTINUED = re.compile(r"\\\n")


def misread(file: Tree, text: str, offsets: Offsets) -> Iterator[Opaque]:
    """The parts that bash reads by another rule."""
    for tree in each(file):
        if tree.get("Type") == "CoprocClause" and not _is_told(tree):
            start = offsets.span(tree).start
            end = max(offsets.span(one).end for one in each(tree) if "End" in one)
            reason = "what runs as a coprocess cannot be told"
            yield Opaque(span=Span(start, end), reason=reason)
        elif tree.get("Array"):
            for pipe in _keyed_pipes(tree["Array"]):
                reason = "a process substitution may be plain text in an array"
                yield Opaque(span=offsets.span(pipe), reason=reason)
        elif tree.get("Hdoc"):
            body = _body(tree["Hdoc"], text, offsets)
            if _ends_before(tree, text, body):
                reason = "a continued line in it may end the here-document"
                yield Opaque(span=body, reason=reason)
        elif "Hash" in tree and not _begins_a_word(text[: offsets.span(tree).start]):
            # Where the word begins, and what follows, is all in question.
            whole = Span(0, len(text))
            yield Opaque(span=whole, reason="a # in it may be a part of a word")


def _begins_a_word(before: str) -> bool:
    """Only there `#` begins a comment (bash's manual, "Comments")."""
    joined = _JOINED.sub("", before)
    blank = _BLANK.search(joined)
    return not joined or joined[-1] in "\n;&|(" or (blank is not None and not blank[1])


def _keyed_pipes(array: Tree) -> Iterator[Tree]:
    """The process substitutions in an array that may have text as its keys."""
    for tree in each(array, stop=_COMMANDS):
        if tree.get("Type") == "ProcSubst":
            yield tree


def _is_told(coprocess: Tree) -> bool:
    """A compound command, or a simple one without what may be a name or assignment."""
    command = (coprocess.get("Stmt") or {}).get("Cmd") or {}
    if command.get("Type") in _COMPOUND:
        return True
    words = command.get("Args") or ()
    parts = words[0].get("Parts") or () if words else ()
    assigns = any("=" in str(part.get("Value", "")) for part in parts)
    return (
        command.get("Type") == "CallExpr"
        and bool(words)
        and not (coprocess.get("Name") or command.get("Assigns") or assigns)
    )


def _ends_before(redirection: Tree, text: str, span: Span) -> bool:
    """One of the lines, continued ones joined, is the delimiter or may be."""
    if is_quoted_delimiter(redirection["Word"]):
        return False
    body = text[slice(*span)]
    if not _CONTINUED.search(body):
        return False
    delimiter = "".join(part.get("Value", "") for part in redirection["Word"]["Parts"])
    # What follows the last newline is, if anything, the delimiter itself.
    lines = _CONTINUED.sub("", body).split("\n")[:-1]
    return any(line.lstrip("\t") == delimiter for line in lines)


def _body(document: Tree, text: str, offsets: Offsets) -> Span:
    """The parser leaves a continued line out where the document begins with one."""
    start, end = offsets.span(document)
    while text[:start].endswith(("\\\n", "\t")):
        start -= 2 if text[start - 1] == "\n" else 1
    return Span(start, end)
