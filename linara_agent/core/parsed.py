"""What `parse --json` prints: a script as it was read, in a published schema.

Spans are `[start, end)` in code points of `text`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from linara_agent.core.effects.trace import Nested
from linara_agent.core.shell.printing.script import to_bash
from linara_agent.core.shell.script import (
    Invocation,
    Kind,
    Known,
    Misleading,
    Node,
    Opaque,
    Pattern,
    Redirection,
    Script,
    Value,
    Word,
)

Place = Annotated[
    tuple[int, int], Field(description="[start, end) in code points of the text")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ParsedValue(_Strict):
    """What a word is worth: its text, a pattern for files, or why it is unknown."""

    kind: Literal["known", "pattern", "unknown"]
    text: str | None = Field(description="the text or the pattern")
    reason: str | None = Field(description="why it is unknown")
    prefix: str | None = Field(description="what an unknown one begins with")


class ParsedWord(_Strict):
    span: Place
    source: str = Field(description="as it stands in the text")
    value: ParsedValue
    quoted: bool = Field(description="it cannot become several words")
    variables: tuple[str, ...] = Field(description="names that it expands")
    substitutions: tuple[int, ...] = Field(
        description="invocations whose output it takes"
    )


class ParsedAssignment(_Strict):
    span: Place
    name: str
    value: ParsedWord | None
    appended: bool


class ParsedRedirection(_Strict):
    span: Place
    operator: str
    descriptor: str | None = Field(description="a number or {name}")
    target: ParsedWord | None
    body: ParsedWord | None = Field(description="of a here-document or here-string")


class ParsedInvocation(_Strict):
    """One simple command; numbers point into `invocations`."""

    span: Place
    program: ParsedWord | None
    words: tuple[ParsedWord, ...]
    assignments: tuple[ParsedAssignment, ...]
    redirections: tuple[ParsedRedirection, ...]
    piped_from: tuple[int, ...]
    piped_to: tuple[int, ...]
    conditional: bool = Field(description="it need not run")
    scope: tuple[int, ...] = Field(description="the subshells around it")
    function: str | None = Field(description="the function in whose body it stands")


class ParsedNode(_Strict):
    """A construct, a word or a part of one."""

    kind: Kind
    span: Place
    role: str = Field(description="what it is to the node above, or empty")
    operator: str
    text: str
    invocation: int | None
    children: tuple["ParsedNode", ...]


class ParsedOpaque(_Strict):
    span: Place
    reason: str


class ParsedNested(_Strict):
    """A text that was read as a script of its own: after `-c`, piped into `sh`, …"""

    span: Place = Field(description="where it stands in the text around it")
    invocation: int | None = Field(description="the command that runs it")
    what: str
    script: "ParsedScript"


class ParsedScript(_Strict):
    text: str
    bash: str | None = Field(
        description="the tree printed back as bash; null where a part is opaque"
    )
    nodes: tuple[ParsedNode, ...]
    invocations: tuple[ParsedInvocation, ...]
    opaque: tuple[ParsedOpaque, ...] = Field(
        description="parts that could not be read for certain"
    )
    misleading: tuple[ParsedOpaque, ...] = Field(
        description="characters that look like others"
    )
    functions: tuple[str, ...] = Field(
        description="names that mean a function of the script in every call"
    )
    nested: tuple[ParsedNested, ...] = Field(
        description="texts in it that are run as scripts"
    )


class Parsed(ParsedScript):
    """The object that is printed: the outermost script, and the schema's number."""

    schema_: Literal[1] = Field(default=1, alias="schema")


def printed(script: Script, nested: tuple[Nested, ...]) -> dict[str, Any]:
    """The object of `parse --json`."""
    outermost = Parsed(**dict(_parsed(script, nested)))
    found: dict[str, Any] = outermost.model_dump(by_alias=True)
    return found


def _parsed(script: Script, nested: tuple[Nested, ...] = ()) -> ParsedScript:
    return ParsedScript(
        text=script.text,
        bash=None if script.opaque else to_bash(script.nodes),
        nodes=tuple(map(_node, script.nodes)),
        invocations=tuple(map(_invocation, script.invocations)),
        opaque=tuple(map(_opaque, script.opaque)),
        misleading=tuple(map(_opaque, script.misleading)),
        functions=script.functions,
        nested=tuple(map(_nested, nested)),
    )


def _nested(one: Nested) -> ParsedNested:
    return ParsedNested(
        span=one.span,
        invocation=one.invocation,
        what=one.what,
        script=_parsed(one.script, one.inner),
    )


def _node(node: Node) -> ParsedNode:
    return ParsedNode(
        kind=node.kind,
        span=node.span,
        role=node.role,
        operator=node.operator,
        text=node.text,
        invocation=node.invocation,
        children=tuple(map(_node, node.children)),
    )


def _opaque(opaque: Opaque | Misleading) -> ParsedOpaque:
    return ParsedOpaque(span=opaque.span, reason=opaque.reason)


def _value(value: Value) -> ParsedValue:
    match value:
        case Known(text):
            return ParsedValue(kind="known", text=text, reason=None, prefix=None)
        case Pattern(text):
            return ParsedValue(kind="pattern", text=text, reason=None, prefix=None)
        case _:
            return ParsedValue(
                kind="unknown", text=None, reason=value.reason, prefix=value.prefix
            )


def _word(word: Word) -> ParsedWord:
    return ParsedWord(
        span=word.span,
        source=word.source,
        value=_value(word.value),
        quoted=word.quoted,
        variables=word.variables,
        substitutions=word.substitutions,
    )


def _maybe(word: Word | None) -> ParsedWord | None:
    return None if word is None else _word(word)


def _redirection(one: Redirection) -> ParsedRedirection:
    return ParsedRedirection(
        span=one.span,
        operator=one.operator,
        descriptor=one.descriptor,
        target=_maybe(one.target),
        body=_maybe(one.body),
    )


def _invocation(one: Invocation) -> ParsedInvocation:
    return ParsedInvocation(
        span=one.span,
        program=_maybe(one.program),
        words=tuple(map(_word, one.words)),
        assignments=tuple(
            ParsedAssignment(
                span=each.span,
                name=each.name,
                value=_maybe(each.value),
                appended=each.appended,
            )
            for each in one.assignments
        ),
        redirections=tuple(map(_redirection, one.redirections)),
        piped_from=one.piped_from,
        piped_to=one.piped_to,
        conditional=one.conditional,
        scope=one.scope,
        function=one.function,
    )
