"""Tells a model's sentences from shell, where nothing sets the command apart.

A sentence must never run as a command. A command in a text without a code block is
taken only from three forms that leave no doubt; whatever else reads like prose, a
list or a choice is refused.
"""

import re
from typing import NamedTuple

from linara_agent.core.answer.unusable import Unusable, several
from linara_agent.core.shell.guards.glance import Looks, looks

_LIST_ITEM = re.compile(r"\s*(?:\d{1,2}[.)]|[-*+•])\s")
_NUMBERED = re.compile(r"\s*(?:\d{1,2}\.|•)\s")
_ALTERNATIVE = re.compile(
    r"(?:#\s*)?(?:or|alternatively|or alternatively)\s*[:,.]?"
    r"|#*\s*\**(?:alternatively\b|(?:option|alternative|method|approach|solution)\s+"
    r"(?:\d+|[A-D])\b).*",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"^[ \t]*(?:or|alternatively)\b"
    r"|\b(?:option|alternative|method|approach|solution)\s+(?:\d|[A-D]\b)",
    re.IGNORECASE | re.MULTILINE,
)
_PROSE = re.compile(
    r"(?:Sure|Certainly|Of course|Here(?:['’]s| is| are)"  # noqa: RUF001 — prose
    r"|I(?:['’](?:m|ll)| am| will| can| have)?"  # noqa: RUF001 — prose
    r"|You(?:['’]ll| can| could| should)?"  # noqa: RUF001 — prose
    r"|To|The|This|That|It|We|Please|Use|Run|Try|Sorry|Note|Make|If|Don['’]t"  # noqa: RUF001 — prose
    r"|Unfortunately|Alternatively)\b[,!:]? +\S+ +\S+"
)
_SENTENCE = re.compile(
    r"[^\W\d_a-z][\w’']*(?:[,!.?]? [^$|;&<>=\\`{}]*[\w)\"])? ?[.!:?。:]"  # noqa: RUF001 — prose
    r"|[A-Z][a-z]+(?: [\w'’]+){2,}[.:!?]?"  # noqa: RUF001 — prose
)
_LOWER_CASE = re.compile(
    r"(?:the|here(?: is|['’]s)|you|this|we|please|okay|sorry)"  # noqa: RUF001 — prose
    r"[ ,:]+\w"
)
_WORD = re.compile(r"(?:Sure|Certainly|Okay|OK|Enjoy|Thanks|Done|Hello)\b[.!,:]?")
_STEP = re.compile(r"step \d{1,2}[.:)]", re.IGNORECASE)
_RULE = re.compile(r"-{3,}|={3,}|\*{3,}|_{3,}")
_FORMULA = re.compile(r"\\boxed\{|\$\$[^$]+\$\$\Z")
_PROSE_WITH_CODE = re.compile(
    r"[*_]*`[^`]+`[*_.!:,]+|"
    r"[A-Z][A-Za-z'’]*,? (?:[A-Za-z'’,]+ )*`.*"  # noqa: RUF001 — prose
    r"|`[^`]+` [a-z]+ [A-Za-z ,'’-]*[.!]?"  # noqa: RUF001 — prose
)
_LABEL = re.compile(r"\s*(?:\*\*|__)?[A-Za-z][A-Za-z -]{0,40}:(?:\*\*|__)?(?:\s|\Z)")
_LABELS_IN_SHELL = re.compile(r"\s*[a-z][\w.+-]*[ ]")
_BOLD = re.compile(r"\s*(?:\*\*|__)[A-Za-z][^*]*(?:\*\*|__)")
_LANGUAGE = re.compile(r"(?:bash|sh|zsh|shell|console|terminal)[ \t]*\n")

_READS_AS_SHELL = re.compile(
    r"(?:[A-Za-z_]\w*=\S* +)*(?:sudo +)?[a-z_./~][\w./~+-]*(?:[ \t].*)?"
)
_PLAIN = r"[A-Za-z ,’'-]*"  # noqa: RUF001 — prose
_OFFER = re.compile(
    r"(?:(?:Sure|Certainly|Of course)[,!.:]? +)?"
    r"(?:To [a-z][A-Za-z ,]*, )?(?:(?:you (?:can|could)|just|simply|please) +)*"
    r"(?:(?:use|run|try|execute|type|enter)(?: (?:the|this)(?: [a-z]+)? command)?"
    r"|(?:here(?:['’]s| is)|the)(?: [a-z]+){0,3} (?:command|one-liner)(?: is)?)"  # noqa: RUF001 — prose
    rf":? *`(?P<code>[^`\n]+)`(?P<tail>{_PLAIN}[.!:]?)",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:not|never|or|and|then|but|if|unless|instead|after|before|with|as|replace"
    r"|replacing|without|where|first|followed|avoid|except|only|when|until|cannot)\b"
    r"|n['’]t\b",  # noqa: RUF001 — prose
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?=[^\n]*\b(?:command|one-liner|script)\b)(?:Sure|Certainly|Of course|Here|The"
    r"|This|You|To|Use|Run|Try|Please)\b[^\n`$|;&<>=\\{}]*:"
)
_REMARK = re.compile(
    r"(?:This|The|It|That|Note|Explanation|Here)\b[^\n`$|;&<>=\\{}]*[.!]"
)


class Found(NamedTuple):
    """A command, and the prose around it."""

    command: str
    prose: str


def set_apart(text: str) -> Found | None:
    """The command in a text that is prose for certain; None for what may be shell."""
    if (offer := _OFFER.fullmatch(text)) is not None:
        around = text[: offer.start("code")] + offer["tail"]
        is_certain = text[0].isupper() and not _DOUBT.search(around)
        if is_certain and _reads_as_shell(offer["code"]):
            prose = f"{text[: offer.start('code') - 1]}…{offer['tail']}"
            return Found(offer["code"].strip(), prose)
        return None
    paragraphs = [part.strip() for part in re.split(r"\n[ \t]*\n", text)]
    remarks = paragraphs[1:]
    if remarks and all(map(_is_remark, remarks)) and _reads_as_shell(paragraphs[0]):
        return Found(paragraphs[0], " ".join(remarks))
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) == len(("lead", "command")) and _LEAD.fullmatch(lines[0].strip()):
        command = lines[1].strip()
        if not _DOUBT.search(lines[0]) and _reads_as_shell(command):
            return Found(command, lines[0].strip())
    return None


def _is_remark(paragraph: str) -> bool:
    return all(_REMARK.fullmatch(line.strip()) for line in paragraph.split("\n"))


def _reads_as_shell(text: str) -> bool:
    """One whole line that begins with the name of a program."""
    if "`" in text or "<<" in text or text.endswith(("\\", "|", "&&", "{", "(", ":")):
        return False
    if _SENTENCE.fullmatch(text) or not _READS_AS_SHELL.fullmatch(text):
        return False
    return not re.search(r"(?<!\w)['\"][^'\"]*\Z", re.sub(r"(['\"]).*?\1", "", text))


def refuse_prose(text: str) -> None:
    """Raise Unusable for a text that is not shell from its first line to its last."""
    if _LANGUAGE.match(text):
        raise Unusable("it begins with the name of a language, its code block is lost")
    lines = _bare_lines(text)
    if lines and _LIST_ITEM.match(lines[0]):
        items = sum(bool(_LIST_ITEM.match(line)) for line in lines)
        raise several() if items > 1 else Unusable("it is written as a list")
    refuse_alternatives(text)
    for line in lines:
        if _NUMBERED.match(line):
            raise Unusable("it is written as a list")
        if _is_prose(line.strip()):
            raise Unusable("it is an explanation, without a command set apart")


def refuse_alternatives(text: str) -> None:
    """Raise Unusable where a line offers another way."""
    if any(_ALTERNATIVE.fullmatch(line.strip()) for line in text.split("\n")):
        raise several()


def offers_choice(prose: str) -> bool:
    """The prose around a code block counts several ways."""
    return _CHOICE.search(prose) is not None


def _is_prose(line: str) -> bool:
    if _OFFER.fullmatch(line) and not line.startswith("type "):
        return True
    if _LABEL.match(line) and not _LABELS_IN_SHELL.match(line):
        return True
    whole = (_WORD, _RULE, _PROSE_WITH_CODE)
    start = (_PROSE, _BOLD, _LOWER_CASE, _STEP, _FORMULA)
    sentence = line.lstrip("(*_").rstrip(")*_")
    return (
        any(pattern.fullmatch(line) for pattern in whole)
        or any(pattern.match(line) for pattern in start)
        or _SENTENCE.fullmatch(sentence) is not None
    )


def _bare_lines(text: str) -> list[str]:
    """The lines that begin outside quotes, here-documents and comments, and do not
    continue the line before.
    """
    seen = looks(text)
    found: list[str] = []
    start = 0
    for line in text.split("\n"):
        begins = not start or (
            seen[start - 1] == Looks.BARE and not _goes_on(text, start)
        )
        blank = not line.strip()
        if begins and not blank and seen[start] != Looks.COMMENT:
            found.append(line)
        start += len(line) + 1
    return found


def _goes_on(text: str, start: int) -> bool:
    before = text[max(start - 40, 0) : start - 1]
    return before.endswith("\\") and not before.endswith("\\\\")
