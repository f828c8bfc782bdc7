"""Takes the command out of what a model wrote, or says why there is none.

Models are asked for the bare command and often wrap it all the same: in a fenced
block, in prose, in thinking, in tags, in quotes, behind a `$`, in JSON. Each wrapping
that leaves exactly one command is taken off. Where two commands could be meant, or
the text could mislead the person who reads it, nothing is guessed.

What is taken is read once more: if that would give another text, there are two ways
to read the answer, and it is refused.
"""

import json
import re
import unicodedata
from dataclasses import dataclass, replace

from linara_agent.core.answer.fence import (
    Block,
    Unclosed,
    blocks,
    holds_fence,
    is_quoted,
)
from linara_agent.core.answer.prose import (
    offers_choice,
    refuse_alternatives,
    refuse_prose,
    set_apart,
)
from linara_agent.core.answer.said import assumptions, claims, line
from linara_agent.core.answer.session import without_prompts
from linara_agent.core.answer.thinking import without_thinking
from linara_agent.core.answer.unusable import Lack, Unusable, several
from linara_agent.core.shell.guards.characters import deceptions, lookalike
from linara_agent.core.shell.guards.glance import Looks, looks

MAX_BYTES = 64 << 10
_LONGEST = 2 << 20
"""Characters, thinking and prose included."""

_SHELLS = frozenset(
    {"", "bash", "sh", "shell", "zsh", "shellscript", "command", "cmd", "dash"}
    | {"console", "terminal", "shell-session", "shellsession", "sh-session"}
    | {"text", "txt", "plaintext", "json"}
)
_LEADING_SHELL = re.compile(r"(?:ba|z|da)?sh[ \t]+\S")
_TAG = re.compile(
    r"<(?P<name>command|cmd|bash|sh|shell|script|answer|code|pre)(?: [^<>\n]*)?>"
    r"(?P<content>.*)</(?P=name)>",
    re.DOTALL | re.IGNORECASE,
)
_ANY_TAG = re.compile(
    r"</?(?:command|cmd|bash|shell|answer|code|pre)(?: [^<>\n]*)?>", re.IGNORECASE
)
_LAST_TAG = re.compile(
    r"</(?:command|cmd|bash|shell|answer|code|pre)>\Z", re.IGNORECASE
)
_LONGEST_TAG = 20
_UNKNOWN_TAGS = re.compile(r"<[a-z_]+(?:[ =][^<>\n]*)?>.*</[a-z_]+>", re.DOTALL)
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#x?[0-9a-fA-F]+);")
_TAGS_DEEP = 3
_IN_QUOTES = re.compile(
    r"'(?P<single>[^']*)'|\"(?P<double>(?>(?:[^\"\\]|\\.)*))\"", re.DOTALL
)
_PROGRAM_IN_QUOTES = re.compile(
    r"(?:'[^']*'|\"(?>(?:[^\"\\]|\\.)*)\")(?=[\s;&|])", re.DOTALL
)
_PATH = re.compile(r"[./~]|\$[\w{(]|[A-Z]:?[\\/]")
_NO_NAME = re.compile(r"[\s=();|&<>]")
_JSON_OBJECT = re.compile(r"\{\s*\"")
_HERE_DOCUMENT = re.compile(r"<<-?\s*['\"\\]?\w")
_COMMAND_KEYS = ("command", "script")
_RATIONALE_KEYS = ("rationale", "explanation", "reason", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`command` is what would run; `rationale` the model's words beside it, as are
    `assumptions` and `claims` of an answer in JSON.
    """

    command: str
    rationale: str | None = None
    assumptions: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


def take(text: str, words: str, *, sentinel: str) -> Answer:
    """The one command in a model's text, for the intent `words`.

    `sentinel` is what the model was told to answer when it has no command. Raises
    Unusable.
    """
    if len(text) > _LONGEST:
        raise Unusable(f"it is longer than {_LONGEST} characters")
    text = without_thinking(text.removeprefix("\ufeff").replace("\r\n", "\n")).strip()
    if not text:
        raise Unusable("it is empty", Lack.EMPTY)
    if sentinel in text.upper() and len(text) < 2 * len(sentinel):
        raise _not_understood()
    if _folded(text) == _folded(words):
        raise _echo()
    answer = _unwrapped(text)
    _refuse(answer.command, words, sentinel)
    _refuse_two_readings(answer.command)
    return answer


def _not_understood() -> Unusable:
    return Unusable(
        "the model did not understand the request, or cannot do it by a command",
        Lack.NOT_UNDERSTOOD,
    )


def _echo() -> Unusable:
    return Unusable("it only repeats the request", Lack.ECHO)


def _unwrapped(text: str) -> Answer:
    text = _without_tags(text)
    answer = _from_json(text) or _from_fence(text) or _bare(text)
    return replace(answer, command=without_prompts(answer.command).strip())


def _refuse_two_readings(command: str) -> None:
    """What was taken must be a command to the same reading."""
    if holds_fence(command):
        raise Unusable("its command still holds a Markdown fence")
    again = _unwrapped(without_thinking(command).strip())
    if again.command != command:
        raise Unusable("its command can be read in two ways")


def _without_tags(text: str) -> str:
    """The content of the tags around the whole text."""
    was_tagged = False
    for _ in range(_TAGS_DEEP):
        match = _TAG.fullmatch(text)
        if match is None:
            break
        text = match["content"].strip()
        was_tagged = True
    ends = _LAST_TAG.search(text, max(len(text) - _LONGEST_TAG, 0))
    if _ANY_TAG.match(text) or ends or (was_tagged and _ANY_TAG.search(text)):
        raise Unusable(
            "there is more than one command in its tags, or text beside them"
        )
    if _UNKNOWN_TAGS.fullmatch(text):
        raise Unusable("it stands in tags that are not known")
    seen = looks(text) if (entities := [*_ENTITY.finditer(text)]) else b""
    if any(was_tagged or seen[each.start()] == Looks.BARE for each in entities):
        raise Unusable("characters of its command are spelt as HTML")
    return text


def _from_json(text: str) -> Answer | None:
    """An object with one command; None where the text is the shell's."""
    value = _json_value(text)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise several()
    fields = {key: item for key, item in value.items() if isinstance(item, str)}
    commands = [fields[key] for key in _COMMAND_KEYS if key in fields]
    if len(commands) > 1:
        raise several()
    if not commands:
        raise Unusable("it is a JSON object without a text `command` or `script`")
    rationale = next((fields[key] for key in _RATIONALE_KEYS if key in fields), "")
    inner = _from_fence(commands[0].strip(), deep=True)
    command = commands[0] if inner is None else inner.command
    return Answer(
        command=command,
        rationale=line(rationale),
        assumptions=assumptions(value),
        claims=claims(value),
    )


def _json_value(text: str) -> object:
    """The object or list that the whole text is; None for a group or a test."""
    if not text.startswith(("{", "[")):
        return None
    decoder = json.JSONDecoder(object_pairs_hook=_object, strict=False)
    try:
        value, end = decoder.raw_decode(text)
    except (ValueError, RecursionError) as exc:
        if _JSON_OBJECT.match(text):
            raise Unusable("it looks like JSON and cannot be read as such") from exc
        return None
    if not text[end:].strip():
        return value
    if text.startswith("["):
        return None
    raise Unusable("there is more text after its JSON object")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; a key that comes twice would silently drop one command."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise several()
    return found


def _from_fence(text: str, *, deep: bool = False) -> Answer | None:
    """The content of the only fenced block; None without any, or where every fence
    is the data of a script.
    """
    if not holds_fence(text):
        return None
    try:
        found = blocks(text)
    except Unclosed as exc:
        raise Unusable("its code block is not closed, so it may be cut") from exc
    if not found:
        return None
    if len(found) > 1:
        raise several()
    block = found[0]
    _refuse_block(block, text)
    if not deep:
        answer = _from_json(block.content.strip())
        if answer is not None:
            return answer
    refuse_alternatives(block.content)
    around = f"{block.before} {block.after}"
    return Answer(command=block.content, rationale=line(around))


def _refuse_block(block: Block, text: str) -> None:
    if _HERE_DOCUMENT.search(block.before):
        raise Unusable("its code block may be part of a here-document")
    if is_quoted(text):
        raise Unusable("its code block may be part of a quoted text")
    if block.language not in _SHELLS:
        raise Unusable("its code block is in another language than the shell")
    around = f"{block.before}\n{block.after}"
    if offers_choice(around) or re.search(r"^[ \t]*\$ \S", around, re.MULTILINE):
        raise several()
    is_one_line = text.strip() == f"```{block.content}```"
    if is_one_line and _LEADING_SHELL.match(block.content):
        raise Unusable("its code block begins with a shell or with its language")


def _bare(text: str) -> Answer:
    """The text itself, if it does not read like prose or a list."""
    code = re.fullmatch(r"`([^`\n]+)`", text)
    if code is not None:  # Markdown; as shell it would run the command's output
        return Answer(command=code[1])
    ends = text[:1] + text[-1:]
    if ends == "``":
        raise Unusable("it begins and ends with a backquote, as Markdown or as shell")
    quoted = _IN_QUOTES.fullmatch(text)
    if quoted is not None:
        return Answer(command=_without_quotes(quoted))
    if ends in ("''", '""') and not _begins_with_program(text):
        raise Unusable("it begins and ends with quotes that do not fit together")
    found = set_apart(text)
    if found is not None:
        return Answer(command=found.command, rationale=line(found.prose))
    refuse_prose(text)
    return Answer(command=text)


def _without_quotes(quoted: re.Match[str]) -> str:
    """A whole command in quotes; to bash, they make one name of it."""
    content: str = quoted["single"] if quoted["double"] is None else quoted["double"]
    if (
        content[:1].isspace()
        or _PATH.match(content)
        or (quoted["double"] is not None and "\\" in content)
    ):
        raise Unusable("all of it is in quotes, as a command or as a program's name")
    return content


def _begins_with_program(text: str) -> bool:
    """`"/opt/My App/run" -n "x"`: the first quotes hold a name and nothing more."""
    match = _PROGRAM_IN_QUOTES.match(text)
    if match is None:
        return False
    name = match[0][1:-1]
    return _PATH.match(name) is not None or _NO_NAME.search(name) is None


def _refuse(command: str, words: str, sentinel: str) -> None:
    """Raise Unusable for a command that is none, or that would mislead."""
    if not command:
        raise Unusable("its command is empty")
    if sentinel in command.upper():
        raise _not_understood()
    if "[redacted:" in command:
        raise Unusable(
            "it needs a secret of the request, and secrets are not sent to a model",
            Lack.SECRET,
        )
    if len(command.encode(errors="surrogatepass")) > MAX_BYTES:
        raise Unusable(f"its command is longer than {MAX_BYTES} bytes")
    reason = _illegible(command, words)
    if reason is not None:
        raise Unusable(f"its command contains {reason}")
    if (len(command) - len(command.rstrip("\\"))) % 2:
        raise Unusable("its command ends in a backslash, so it may be cut")
    if _folded(command) == _folded(words):
        raise _echo()


def _illegible(command: str, words: str) -> str | None:
    """The first objection; a wide space in a file name that was asked for is none."""
    asked = {char for char in words if _is_drawn(char)}
    return next(
        (
            f"{reason}, as its character {position + 1}"
            for position, reason in deceptions(command)
            if command[position] not in asked
        ),
        None,
    )


def _is_drawn(char: str) -> bool:
    """A space or a lookalike, not what hides or turns text."""
    return unicodedata.category(char) == "Zs" or lookalike(char) is not None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip("\"'`.!? ")
