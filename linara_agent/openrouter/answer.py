"""Takes the command out of what a model wrote, or says why there is none.

Models are asked for the bare command and often wrap it all the same: in a fenced
block, in prose, in thinking, behind a `$`, in JSON. Each wrapping that leaves
exactly one command is taken off. Where two commands could be meant, or the text
could mislead the person who reads it, nothing is guessed.
"""

import json
import re
import unicodedata
from dataclasses import dataclass

from linara_agent.openrouter.errors import RECIPES, Failure
from linara_agent.openrouter.fence import Block, Unclosed, blocks
from linara_agent.openrouter.legible import objection
from linara_agent.openrouter.prompt import SENTINEL

MAX_BYTES = 64 << 10
_RATIONALE_CHARACTERS = 500

_THINKING = re.compile(
    r"\s*<(think|thinking|thought|reasoning)>(.*?)</\1>", re.DOTALL | re.IGNORECASE
)
_OPEN_THINKING = re.compile(r"\s*<(think|thinking|thought|reasoning)>", re.IGNORECASE)
_END_OF_THINKING = re.compile(r"</(?:think|thinking)>[ \t]*+(?:\n|\Z)", re.IGNORECASE)
"""Some templates put the opening tag into the prompt, so only the end is sent."""

_SHELLS = frozenset(
    {"", "bash", "sh", "shell", "zsh", "shellscript", "command", "cmd"}
    | {"console", "terminal", "shell-session", "shellsession", "sh-session"}
    | {"text", "txt", "plaintext", "json"}
)
_LIST_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]|[-*•])\s")
_ALTERNATIVE = re.compile(
    r"(?:#\s*)?(?:or|alternatively|or alternatively)\s*[:,.]?"
    r"|#\s*(?:alternatively\b|(?:option|alternative)\s+\d+\b).*",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"(?:Sure|Certainly|Of course|Here(?:'s| is| are)|I(?:'m| am|'ll| will| can| have)?"
    r"|You(?:'ll| can| could| should)?|To|The|This|It|We|Please|Use|Run|Try|Sorry)"
    r"\b[,!]? +\S+ +\S+"
)
_JSON_OBJECT = re.compile(r"\{\s*\"")
_HERE_DOCUMENT = re.compile(r"<<-?\s*['\"\\]?\w")
_COMMAND_KEYS = ("command", "script")
_RATIONALE_KEYS = ("rationale", "explanation", "reason", "description")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`command` is what would run; `rationale` the model's words beside it."""

    command: str
    rationale: str | None = None


def take(text: str, words: str) -> Answer:
    """The one command in a model's text, for the intent `words`; raises Failure."""
    text = _without_thinking(text.replace("\r\n", "\n")).strip()
    if not text:
        raise Failure(
            "The model's answer is empty.",
            remedy=f"Try again: a model that is just starting answers so; {RECIPES}",
        )
    answer = _from_json(text) or _from_fence(text) or Answer(command=_bare(text))
    command = _without_prompt_signs(answer.command).strip()
    _refuse(command, words)
    return Answer(command=command, rationale=answer.rationale)


def _unusable(why: str, remedy: str = "") -> Failure:
    return Failure(
        f"The model's answer cannot be used: {why}.",
        remedy=remedy or f"Try again, or choose another model; {RECIPES}",
    )


def _without_thinking(text: str) -> str:
    """Thinking stands before the answer; the tags' names elsewhere are a command's."""
    start = 0
    while (match := _THINKING.match(text, start)) is not None:
        start = match.end()
    if _OPEN_THINKING.match(text, start):
        raise _unusable("it ends in the middle of the model's thinking")
    ends = [match.end() for match in _END_OF_THINKING.finditer(text, start)]
    return text[ends[-1] if ends else start :]


def _from_json(text: str) -> Answer | None:
    """An object with one command; None where the text is the shell's."""
    value = _json_value(text)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _several()
    fields = {key: item for key, item in value.items() if isinstance(item, str)}
    commands = [fields[key] for key in _COMMAND_KEYS if key in fields]
    if len(commands) > 1:
        raise _several()
    if not commands:
        raise _unusable("it is a JSON object without a text `command` or `script`")
    rationale = next((fields[key] for key in _RATIONALE_KEYS if key in fields), "")
    return Answer(command=commands[0], rationale=_rationale(rationale))


def _json_value(text: str) -> object:
    """The object or list that the whole text is; None for a group or a test."""
    if not text.startswith(("{", "[")):
        return None
    decoder = json.JSONDecoder(object_pairs_hook=_object, strict=False)
    try:
        value, end = decoder.raw_decode(text)
    except (ValueError, RecursionError) as exc:
        if _JSON_OBJECT.match(text):
            raise _unusable("it looks like JSON and cannot be read as such") from exc
        return None
    if not text[end:].strip():
        return value
    if text.startswith("["):
        return None
    raise _unusable("there is more text after its JSON object")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object; a key that comes twice would silently drop one command."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _several()
    return found


def _several() -> Failure:
    return _unusable(
        "it holds several commands to choose from, and none is picked for you",
        "Say more exactly what you want, or try again.",
    )


def _from_fence(text: str) -> Answer | None:
    """The content of the only fenced block; None without any."""
    try:
        found = blocks(text)
    except Unclosed as exc:
        raise _unusable("its code block is not closed, so it may be cut") from exc
    if not found:
        return None
    if len(found) > 1:
        raise _several()
    block = found[0]
    if _HERE_DOCUMENT.search(block.before):
        raise _unusable("its code block may be part of a here-document")
    if block.language not in _SHELLS:
        raise _unusable("its code block is in another language than the shell")
    answer = _from_json(block.content.strip())
    if answer is not None:
        return answer
    _refuse_alternatives(block.content)
    return Answer(command=block.content, rationale=_around(block))


def _around(block: Block) -> str | None:
    return _rationale(f"{block.before} {block.after}")


def _rationale(prose: str) -> str | None:
    """One line of the model's prose, without what could steer a terminal."""
    prose = prose[: 4 * _RATIONALE_CHARACTERS]
    kept = "".join(char if objection(char) is None else " " for char in prose)
    line = " ".join(kept.split())
    if len(line) > _RATIONALE_CHARACTERS:
        line = line[: _RATIONALE_CHARACTERS - 1] + "…"
    return line or None


def _bare(text: str) -> str:
    """The text itself, if it does not read like prose or a list."""
    code = re.fullmatch(r"`([^`\n]+)`", text)
    if code is not None:  # Markdown; as shell it would run the command's output
        return code[1]
    items = [bool(_LIST_ITEM.match(line)) for line in text.split("\n")]
    if items[0] and sum(items) > 1:
        raise _several()
    _refuse_alternatives(text)
    if _PROSE.match(text):
        raise _unusable("it is an explanation, without a command set apart")
    return text


def _refuse_alternatives(text: str) -> None:
    if any(_ALTERNATIVE.fullmatch(line.strip()) for line in text.split("\n")):
        raise _several()


def _without_prompt_signs(command: str) -> str:
    """Take off `$ ` where every line has it; a mix with output is refused."""
    lines = [line for line in command.split("\n") if line.strip()]
    signed = [line.lstrip().startswith("$ ") for line in lines]
    if not any(signed) or not signed[0]:
        return command
    if not all(signed):
        raise _unusable("it shows commands together with their output")
    return "\n".join(line.lstrip().removeprefix("$ ") for line in lines)


def _refuse(command: str, words: str) -> None:
    """Raise the Failure of a command that is none, or that would mislead."""
    if not command:
        raise _unusable("its command is empty")
    if SENTINEL in command.upper():
        raise Failure(
            "The model did not understand the request, or cannot do it by a command.",
            remedy="Say it in other words, with the names of the files and programs.",
        )
    if "[redacted:" in command:
        raise _unusable(
            "it needs a secret of the request, and secrets are not sent to a model",
            "Put the secret into a file or a variable, and ask for a command that "
            "reads it from there.",
        )
    if len(command.encode(errors="surrogatepass")) > MAX_BYTES:
        raise _unusable(f"its command is longer than {MAX_BYTES} bytes")
    reason = _illegible(command, words)
    if reason is not None:
        raise _unusable(f"its command contains {reason}")
    if (len(command) - len(command.rstrip("\\"))) % 2:
        raise _unusable("its command ends in a backslash, so it may be cut")
    if _folded(command) == _folded(words):
        raise _unusable(
            "it only repeats the request",
            "Say it in other words; to run a command as it is, use `linara-agent run`.",
        )


def _illegible(command: str, words: str) -> str | None:
    """The first objection; a wide space in a file name that was asked for is none."""
    spaces = {char for char in words if unicodedata.category(char) == "Zs"}
    reasons = (objection(char) for char in command if char not in spaces)
    return next((reason for reason in reasons if reason is not None), None)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split()).strip("\"'`.!? ")
