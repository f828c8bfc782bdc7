"""Lower words, assignments and redirections, with the commands inside them."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from linara_agent.core.shell.guards.lexical import is_quoted_delimiter
from linara_agent.core.shell.guards.subscripts import REASON, quoted_subscripts
from linara_agent.core.shell.mvdan.nodes import Inside
from linara_agent.core.shell.mvdan.offsets import Offsets
from linara_agent.core.shell.mvdan.tree import Tree, each
from linara_agent.core.shell.script import (
    Assignment,
    Invocation,
    Node,
    Opaque,
    Redirection,
    Span,
    Unknown,
    Word,
)
from linara_agent.core.shell.values.constants import (
    Constants,
    is_risky,
    touched_by_expansion,
)
from linara_agent.core.shell.values.words import (
    Meaning,
    Part,
    Surroundings,
    is_single,
    meanings,
    value_of,
    variables_in,
)

_COMMANDS = ("CmdSubst", "ProcSubst")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where in the script the lowering stands."""

    conditional: bool = False
    scope: tuple[int, ...] = ()
    function: str | None = None
    depth: int = 0


@dataclass(slots=True, kw_only=True)
class Lowering:
    """The result, filled while walking.

    `statement` lowers a single one. `functions` are those
    defined where it cannot be skipped, with their places. `substituted` are the
    invocations that stand in a substitution; `plain` the spans without any; `blots`
    those that are judged on their own, with the letter that may stand for them;
    `unknown_to_bashlex` what it misreads (`{fd}>f`), with what is shown to it instead.
    """

    text: str
    offsets: Offsets
    known: Surroundings
    statement: Callable[["Lowering", Tree, Context], Node]
    inside: Inside
    invocations: list[Invocation] = field(default_factory=list)
    opaque: list[Opaque] = field(default_factory=list)
    functions: list[tuple[str, int]] = field(default_factory=list)
    constants: Constants = field(default_factory=Constants)
    substituted: set[int] = field(default_factory=set)
    plain: list[Span] = field(default_factory=list)
    blots: list[tuple[Span, str]] = field(default_factory=list)
    unknown_to_bashlex: list[tuple[Span, str]] = field(default_factory=list)
    scopes: int = 0

    def subshell(self, context: Context) -> Context:
        self.scopes += 1
        return replace(context, scope=(*context.scope, self.scopes))

    def statements(self, trees: Iterable[Tree], context: Context) -> tuple[Node, ...]:
        """The nodes of some statements in a row, each after its comments."""
        return tuple(
            node
            for tree in trees
            for node in (
                *self.inside.comments(tree),
                self.statement(self, tree, context),
            )
        )

    def unreadable(self, tree: Tree, reason: str) -> Node:
        span = self.offsets.span(tree)
        self.opaque.append(Opaque(span=span, reason=reason))
        return Node(kind="opaque", span=span)


def lower_assignment(lowering: Lowering, tree: Tree, context: Context) -> Assignment:
    value = tree.get("Value")
    word: Word | None = None
    if value is not None:
        word = lower_word(lowering, value, context, braces=False)[0]
    lower_substitutions(lowering, tree.get("Array"), context)
    lower_substitutions(lowering, tree.get("Index"), context)
    name = str((tree.get("Name") or {}).get("Value", "?"))
    if tree.get("Array") or tree.get("Index"):
        lowering.constants.touch((name,))
    for inner in ("Array", "Index"):
        if tree.get(inner):
            lowering.blots.append((lowering.offsets.span(tree[inner]), "x"))
    return Assignment(
        span=lowering.offsets.span(tree),
        name=name,
        value=word,
        appended=bool(tree.get("Append")),
    )


def lower_word(
    lowering: Lowering, tree: Tree, context: Context, *, braces: bool
) -> tuple[Word, ...]:
    parts: list[Part] = tree.get("Parts") or []
    _blot(lowering, parts)
    if lowering.offsets.source(tree) == "}":
        # Where no group is open it is a word like any other.
        lowering.unknown_to_bashlex.append((lowering.offsets.span(tree), "x"))
    before = len(lowering.invocations)
    lower_substitutions(lowering, parts, context)
    inner = tuple(range(before, len(lowering.invocations)))
    lowering.constants.risky = lowering.constants.risky or is_risky(parts)
    return tuple(
        Word(
            span=lowering.offsets.span(tree),
            source=lowering.offsets.source(tree),
            value=one.value,
            quoted=one.single,
            variables=variables_in(parts),
            substitutions=inner,
        )
        for one in _meanings(lowering, parts, braces=braces)
    )


def _meanings(
    lowering: Lowering, parts: list[Part], *, braces: bool
) -> tuple[Meaning, ...]:
    if braces:
        return meanings(parts, lowering.known)
    return (Meaning(value_of(parts, lowering.known), single=is_single(parts)),)


def lower_target(lowering: Lowering, tree: Tree, context: Context) -> Word:
    """What a redirection names: braces and globs expand, to one word or an error."""
    found = lower_word(lowering, tree, context, braces=True)
    if len(found) == 1:
        return found[0]
    whole = lower_word(lowering, tree, context, braces=False)[0]
    return replace(whole, value=Unknown("not one word"), quoted=False)


_OPAQUE_TO_BASHLEX = ("CmdSubst", "ProcSubst", "ArithmExp", "ExtGlob")


def _blot(lowering: Lowering, parts: Iterable[Part]) -> None:
    for part in parts:
        type_ = part["Type"]
        if type_ == "DblQuoted":
            _blot(lowering, part.get("Parts") or ())
        elif type_ == "SglQuoted" and "Pos" in part:
            lowering.plain.append(lowering.offsets.span(part))
            if part.get("Dollar"):
                lowering.blots.append((lowering.offsets.span(part), "x"))
        elif type_ in _OPAQUE_TO_BASHLEX or (
            type_ == "ParamExp" and not part.get("Short")
        ):
            lowering.blots.append((lowering.offsets.span(part), "x"))


_TABS = re.compile(r"\n\t+")
_NAMED_DESCRIPTOR = re.compile(r"\{[A-Za-z_]\w*\}")
_PLAIN_DELIMITER = re.compile(r"""\\?[\w.!@%+:,/=-]+|'[^'\\\n]+'|"[^"\\$`\n]+\"""")


def lower_redirection(lowering: Lowering, tree: Tree, context: Context) -> Redirection:
    operator = tree["Op"]
    word = tree.get("Word")
    body = tree.get("Hdoc")
    here = operator in ("<<", "<<-", "<<<")
    target = None
    if word is not None and not here:
        target = lower_target(lowering, word, context)
    text: Word | None = None
    if operator == "<<<" and word is not None:
        text = lower_word(lowering, word, context, braces=False)[0]
    elif body is not None:
        delimiter = lowering.offsets.source(word) if word is not None else ""
        if _ends_earlier(lowering.offsets.source(body), delimiter):
            # To bash the first line that is the delimiter ends it, wherever it stands,
            # and what follows is something else than it seems.
            rest = Span(lowering.offsets.span(tree).start, len(lowering.text))
            reason = "a line inside this here-document ends it early"
            lowering.opaque.append(Opaque(span=rest, reason=reason))
        tidy = _without_tabs(body) if operator == "<<-" else body
        text = _here_document(lowering, tidy, word, context)
    descriptor = tree.get("N")
    if descriptor:
        lowering.constants.touch((descriptor["Value"].strip("{}"),))
        if _NAMED_DESCRIPTOR.fullmatch(descriptor["Value"]):
            lowering.unknown_to_bashlex.append((lowering.offsets.span(descriptor), " "))
    if body is not None:
        _blot_here_document(lowering, tree)
    end = lowering.offsets.span(word or tree).end
    return Redirection(
        span=Span(lowering.offsets.span(tree).start, end),
        operator=operator,
        descriptor=descriptor["Value"] if descriptor else None,
        target=target,
        body=text,
    )


def _blot_here_document(lowering: Lowering, tree: Tree) -> None:
    start = lowering.offsets.span(tree).start
    word_end = lowering.offsets.span(tree.get("Word") or tree).end
    lowering.blots.append((Span(start, word_end), " "))
    lowering.plain.append(lowering.offsets.span(tree["Hdoc"]))


def _ends_earlier(body: str, delimiter: str) -> bool:
    """A line before its last one, tabs before it or not, is the delimiter."""
    plain = delimiter.strip("'\"").removeprefix("\\")
    lines = body.rstrip("\n").split("\n")[:-1]
    return any(line.lstrip("\t") == plain for line in lines)


def _without_tabs(body: Tree) -> Tree:
    """`<<-` takes the tabs away that its lines begin with."""
    parts: list[Part] = []
    before = "\n"
    for part in body.get("Parts") or ():
        text = str(part.get("Value", "")) if part["Type"] == "Lit" else ""
        value = _TABS.sub("\n", text)
        if before.endswith("\n"):
            value = value.lstrip("\t")
        parts.append({**part, "Value": value} if text else part)
        before = text
    return {**body, "Parts": parts}


def _here_document(
    lowering: Lowering, body: Tree, delimiter: Tree | None, context: Context
) -> Word:
    """A quoted delimiter makes the body plain text; else it expands like `"…"`."""
    parts: list[Part] = body.get("Parts") or []
    source = lowering.offsets.source(delimiter) if delimiter else ""
    if not _PLAIN_DELIMITER.fullmatch(source):
        # The parsers differ from bash in where such a document ends.
        lowering.unreadable(body, "a here-document with an unusual delimiter")
    if not is_quoted_delimiter(delimiter):
        parts = [{"Type": "DblQuoted", "Parts": parts}]
        return lower_word(lowering, {**body, "Parts": parts}, context, braces=False)[0]
    plain = [{"Type": "SglQuoted", "Value": p.get("Value", "")} for p in parts]
    return Word(
        span=lowering.offsets.span(body),
        source=lowering.offsets.source(body),
        value=value_of(plain, lowering.known),
        quoted=True,
    )


def lower_substitutions(
    lowering: Lowering, value: object, context: Context, *, arithmetic: bool = False
) -> None:
    """Lower every command inside a word, an array, a subscript, an expansion."""
    for tree in _substitutions_in(value):
        before = len(lowering.invocations)
        inside = replace(lowering.subshell(context), depth=context.depth + 1)
        nodes = lowering.statements(tree.get("Stmts") or (), inside)
        lowering.inside.statements[id(tree)] = nodes
        lowering.substituted.update(range(before, len(lowering.invocations)))
    lowering.constants.touch(touched_by_expansion(value))
    for tree in quoted_subscripts(value, arithmetic=arithmetic):
        lowering.unreadable(tree, REASON)
    for tree in _plain_quotes(value, arithmetic=arithmetic):
        # Where they end, and so what follows, cannot be told either.
        rest = Span(lowering.offsets.span(tree).start, len(lowering.text))
        reason = "these single quotes do not quote for bash"
        lowering.opaque.append(Opaque(span=rest, reason=reason))
    for tree in _indirect(value):
        lowering.unreadable(tree, "an expansion that can run what a variable holds")


def _substitutions_in(value: object) -> Iterator[Tree]:
    for tree in each(value, stop=_COMMANDS):
        if tree.get("Type") in _COMMANDS:
            yield tree


_UNQUOTED = re.compile(r"[$`}\"\\]")


def _plain_quotes(value: object, *, arithmetic: bool) -> Iterator[Tree]:
    """Single quotes below double ones, or in arithmetic, where they are plain.

    To bash `"${x:-'$(cmd)'}"` runs `cmd`; mvdan/sh takes it for quoted.
    """
    outer = [value] if arithmetic else list(_double_quoted(value))
    for tree in each(outer, stop=_COMMANDS):
        quoted = tree.get("Type") == "SglQuoted"
        if quoted and _UNQUOTED.search(str(tree.get("Value", ""))):
            yield tree


def _double_quoted(value: object) -> Iterator[object]:
    for tree in each(value, stop=_COMMANDS):
        if tree.get("Type") in ("DblQuoted", "ArithmExp"):
            yield tree
        yield tree.get("Index")
        yield tree.get("Slice")


def _indirect(value: object) -> Iterator[Tree]:
    for tree in each(value, stop=_COMMANDS):
        if tree.get("Type") != "ParamExp":
            continue
        expansion = tree.get("Exp") or {}
        prompt = expansion.get("Op") == "@" and _literal(expansion) in ("P", "")
        if prompt or (tree.get("Excl") and not tree.get("Names")):
            yield tree


def _literal(expansion: Tree) -> str:
    parts = (expansion.get("Word") or {}).get("Parts") or ()
    return "".join(part.get("Value", "") for part in parts)
