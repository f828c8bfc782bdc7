"""Small changes of a command that leave it whole: what might be tried instead.

An option goes with its value, a find action with all its words, a command of a pipe
only from the end; an operand goes only if another of its kind remains.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import Effect, EffectKind
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told_meant import Meant, descend, words_of
from linara_agent.core.effects.trace import Command, Reading
from linara_agent.core.shell.script import Invocation, Script, Span, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A changed text; `lost` counts the characters that went."""

    what: str
    text: str
    lost: int
    elsewhere: bool = False


def edits(
    script: Script, reading: Reading, catalogue: Catalogue, place: Place
) -> Iterator[Edit]:
    """Every text that differs from the script's in one thing."""
    for command in reading.commands:
        if 0 <= command.invocation < len(script.invocations):
            yield from _of_command(script, reading, command, catalogue)
    for invocation in script.invocations:
        spans = [one.span for one in invocation.assignments]
        spans += [one.span for one in invocation.redirections]
        for start, end in spans:
            yield _cut(script.text, start, end)
    yield from _elsewhere(script, reading.effects, place)
    if len(script.invocations) > 1:
        for invocation in script.invocations:
            yield from _without_command(script.text, invocation)


def _of_command(
    script: Script, reading: Reading, command: Command, catalogue: Catalogue
) -> Iterator[Edit]:
    invocation = script.invocations[command.invocation]
    program = catalogue.find(command.program)
    words, direct = words_of(command, invocation)
    if program is None or not direct:
        return
    start = invocation.span.start if not invocation.assignments else None
    if command.span[0] != start and invocation.program is not None:
        yield from _unwrapped(script.text, invocation, command)
    if program.name == "find":
        yield from _without_actions(script.text, words)
        return
    meant = descend(program, words)
    yield from _without_options(script.text, meant)
    yield from _without_operands(script.text, meant, reading.effects)


def _unwrapped(text: str, invocation: Invocation, command: Command) -> Iterator[Edit]:
    """The wrapped command without its wrapper (`sudo`, `nohup`)."""
    begin = invocation.program.span.start if invocation.program else 0
    if command.span[0] > begin:
        what = f"without `{text[begin : command.span[0]].strip()}`"
        left = text[:begin] + text[command.span[0] :]
        yield Edit(what=what, text=left, lost=command.span[0] - begin)


_ACTIONS = {"-delete": 0, "-fprint": 1, "-fprint0": 1, "-fls": 1, "-fprintf": 2}
_RUNS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))


def _without_actions(text: str, words: tuple[Word, ...]) -> Iterator[Edit]:
    for index, word in enumerate(words):
        if word.known in _ACTIONS:
            last = min(index + _ACTIONS[word.known or ""], len(words) - 1)
            yield _cut(text, word.span.start, words[last].span.end)
        elif word.known in _RUNS:
            # The `;` is no word of the command, so what ends it is looked for.
            found = re.compile(r"\\;|';'|\";\"|\+(?=\s|$)").search(text, word.span.end)
            if found is not None:
                yield _cut(text, word.span.start, found.end())


def _without_options(text: str, meant: Meant) -> Iterator[Edit]:
    values = {one.value.span for one in meant.given if one.value is not None}
    names = [one.name for one in meant.given]
    words = meant.words
    for index, word in enumerate(words):
        source = word.known or ""
        if not source.startswith("-") or word.span in values - _own(words, values):
            continue
        end = word.span.end
        if index + 1 < len(words) and words[index + 1].span in values:
            end = words[index + 1].span.end
        yield _cut(text, word.span.start, end)
        if re.fullmatch(r"-[A-Za-z]{2,4}", word.source) and f"-{source[1]}" in names:
            yield from _without_letters(text, word)


def _own(words: tuple[Word, ...], values: set[Span]) -> set[Span]:
    """Values that stand in the word of their option (`--output=x`, `-ox`)."""
    return {
        word.span
        for before, word in zip((None, *words), words, strict=False)
        if word.span in values
        and (word.known or "").startswith("-")
        and not (before is not None and (before.known or "").startswith("-"))
    }


def _without_letters(text: str, word: Word) -> Iterator[Edit]:
    start, end = word.span
    for letter in word.source[1:]:
        left = word.source.replace(letter, "", 1)
        what = f"without `-{letter}`"
        yield Edit(what=what, text=text[:start] + left + text[end:], lost=1)


def _without_operands(
    text: str, meant: Meant, effects: tuple[Effect, ...]
) -> Iterator[Edit]:
    kinds = {word.span: _kinds(word, effects) for word in meant.operands}
    for word in meant.operands:
        others = [of for span, of in kinds.items() if span != word.span]
        if kinds[word.span] and kinds[word.span] in others:
            yield _cut(text, word.span.start, word.span.end)


def _kinds(word: Word, effects: tuple[Effect, ...]) -> frozenset[EffectKind]:
    span = (word.span.start, word.span.end)
    return frozenset(one.kind for one in effects if one.span == span)


def _cut(text: str, start: int, end: int) -> Edit:
    what = f"without `{text[start:end]}`"
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    return Edit(what=what, text=(text[:start] + text[end:]).strip(), lost=end - start)


_BEFORE = re.compile(r"(\|\||&&|\|&|\||;|\n)[ \t]*$")
_AFTER = re.compile(r"[ \t]*(\|\||&&|;|\n)[ \t]*")


def _without_command(text: str, invocation: Invocation) -> Iterator[Edit]:
    start, end = invocation.span
    what = f"without the command `{text[start:end]}`"
    before = _BEFORE.search(text, 0, start)
    after = _AFTER.match(text, end)
    spans = [(before.start(), end)] if before is not None else []
    spans += [(start, after.end())] if after is not None else []
    if invocation.piped_to:
        return  # what reads from it would read from the terminal
    for a, b in spans:
        yield Edit(what=what, text=(text[:a] + text[b:]).strip(), lost=b - a)


def _elsewhere(
    script: Script, effects: tuple[Effect, ...], place: Place
) -> Iterator[Edit]:
    """The text with one path moved to where the person stands."""
    if place.workspace is None or place.cwd is None:
        return
    spans = {effect.span for effect in effects if effect.target is not None}
    for word in chain.from_iterable(_words(one) for one in script.invocations):
        start, end = word.span
        name = (word.known or "").rstrip("/").rpartition("/")[2]
        if (start, end) not in spans or "/" not in (word.known or ""):
            continue
        if re.fullmatch(r"[\w+][\w.+-]*", name):
            what = f"with `{name}` in the workspace for `{word.source}`"
            text = script.text[:start] + name + script.text[end:]
            yield Edit(what=what, text=text, lost=end - start, elsewhere=True)


def _words(invocation: Invocation) -> Iterator[Word]:
    yield from invocation.words
    for redirection in invocation.redirections:
        if redirection.target is not None:
            yield redirection.target
