"""One command that is put into words, and which of its effects were spoken of."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from linara_agent.core.effects.arguments import Given
from linara_agent.core.effects.catalogue import Option, Program, Role
from linara_agent.core.effects.effect import AT_WORST, Effect, EffectKind
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told_targets import (
    clause,
    is_own,
    listed,
    perhaps,
    target_name,
)
from linara_agent.core.shell.script import Word

_WRITTEN = (EffectKind.MODIFY, EffectKind.CREATE)
_KINDS: Mapping[str, tuple[EffectKind, ...]] = {
    "read": (EffectKind.READ, EffectKind.OBSERVE),
    "write": _WRITTEN,
    "create": _WRITTEN,
    "modify": _WRITTEN,
    "delete": (EffectKind.DELETE,),
    "move": (EffectKind.DELETE,),
    "metadata": (EffectKind.METADATA,),
    "host": (EffectKind.NETWORK,),
}
_IMPLIED = frozenset(
    (EffectKind.OBSERVE, EffectKind.NETWORK, EffectKind.SYSTEM, EffectKind.PROCESS)
)
"""Own effects of this kind that it always has, its sentence or summary says."""
_APART = frozenset((EffectKind.UNKNOWN, EffectKind.FLOW))
_BARE = re.compile(r"\b(below|tree of)\s*$")


@dataclass(slots=True, kw_only=True)
class Told:
    """`takes` are the words for its input, `runs` the command that it wraps.

    `found` says what a search before it chose, where that search gives it its names;
    `from_search` tells the effects on these. `words` holds what is behind the
    program (behind the subcommand `verb`, where `program` is one); `always` are the
    kinds of effect that it has in any case.
    """

    program: Program
    words: tuple[Word, ...]
    given: tuple[Given, ...]
    operands: tuple[Word, ...]
    effects: tuple[Effect, ...]
    place: Place
    takes: str = "its input"
    runs: str | None = None
    verb: str = ""
    always: frozenset[EffectKind] = frozenset()
    found: str | None = None
    from_search: frozenset[Effect] = frozenset()
    used: set[int] = field(default_factory=set)

    def has(self, *names: str) -> bool:
        return any(one.name in names for one in self.given)

    def values(self, *names: str) -> list[str]:
        """What was given to an option, as it stands in the text."""
        given = [one for one in self.given if one.name in names]
        return [shown(one.value) for one in given if one.value is not None]

    def names(self, *kinds: EffectKind, bare: bool = False) -> list[str]:
        """What its effects of these kinds are about; they count as spoken of."""
        found: list[str] = []
        for index, effect in enumerate(self.effects):
            if effect.kind in kinds and not is_own(effect) and not is_aside(effect):
                self.used.add(index)
                found.append(self._name(effect, bare=bare))
        return found

    def _name(self, effect: Effect, *, bare: bool = False) -> str:
        if self.found is not None and effect in self.from_search:
            return self.found
        return target_name(effect, self.place, bare=bare)

    def spoken(self, *kinds: EffectKind) -> None:
        """Its effects of these kinds need no more words."""
        self.used |= {i for i, one in enumerate(self.effects) if one.kind in kinds}

    def rest(self) -> list[str]:
        """A clause for each kind of effect that was not spoken of yet."""
        mentioned = {self.effects[i].target for i in self.used}
        left: dict[tuple[EffectKind, str], list[Effect]] = {}
        for index, effect in enumerate(self.effects):
            silent = effect.kind in _APART or is_aside(effect) or index in self.used
            again = effect.kind is EffectKind.READ and effect.target in mentioned
            if not silent and not again and not self._implied(effect):
                key = (effect.kind, str(effect.certainty))
                left.setdefault(key, []).append(effect)
        found = []
        for (kind, certainty), effects in left.items():
            text = clause(kind, effects, self._name)
            searched = self.found is not None and bool(self.from_search)
            may = certainty == "possible" and not searched
            found.append(perhaps(text) if may else text)
        return found

    def _implied(self, effect: Effect) -> bool:
        observes = effect.kind is EffectKind.OBSERVE
        always = effect.kind in _IMPLIED and effect.kind in self.always
        return is_own(effect) and (observes or always)


def is_aside(effect: Effect) -> bool:
    """What a glob or a tree may hold besides; it has a sentence of its own."""
    note = effect.note or ""
    return note.startswith(("within ", AT_WORST)) or by_option(effect)


def by_option(effect: Effect) -> bool:
    """What an option would do that a word may turn out to be."""
    return effect.target is None and effect.note == "it may expand to an option"


def shown(word: Word) -> str:
    """The word as a person would say it: its value, else its source."""
    return word.known if word.known is not None else word.source


def by_catalogue(told: Told) -> str:
    """The program's own sentence filled in, else its summary."""
    template = _template(told)
    text = _filled(told, template) if template is not None else _summary(told)
    phrases = list(_phrases(told))
    return ", ".join((text, *phrases))


def _summary(told: Told) -> str:
    """What it is for; with its words where one summary speaks of several verbs."""
    text = told.program.summary.replace("; ", ", and ")
    if not (told.verb and told.program.aliases):
        return text
    words = " ".join((told.verb, *(shown(word) for word in told.operands)))
    return f"{text} ({words})"


def _template(told: Told) -> str | None:
    """The sentence that is meant."""
    for names, template in told.program.sentence_with.items():
        for one in told.given:
            if _is(one, names):
                value = "" if one.value is None else shown(one.value)
                return template.replace("{value}", value)
    if told.program.sentence is None or not _is_foreseen(told):
        return None
    return told.program.sentence


def _is_foreseen(told: Told) -> bool:
    """A sentence of looking is not said where an option makes it do more."""
    if "{command}" in (told.program.sentence or "") and told.runs is None:
        return False
    looking = {*_APART, EffectKind.READ, EffectKind.OBSERVE}
    if told.always - looking:
        return True
    own = (e for e in told.effects if is_own(e) and not is_aside(e))
    return all(one.kind in looking for one in own)


def _phrases(told: Told) -> Iterator[str]:
    seen: set[str] = set()
    for one in told.given:
        for names, phrase in told.program.phrases.items():
            if _is(one, names) and names not in seen:
                seen.add(names)
                value = shown(one.value) if one.value is not None else ""
                number = one.name.lstrip("-") if one.name[1:].isdigit() else value
                text = phrase.replace("{value}", number)
                yield re.sub(r"\b1 (line|byte|time)s\b", r"1 \1", text)


def _is(one: Given, names: str) -> bool:
    """The option is one of `-r, --reverse`; a long one may be shortened."""
    listed_names = names.split(", ")
    if one.name in listed_names:
        return True
    if one.name[1:].isdigit() and "-NUM" in listed_names:
        return True
    long = one.name.startswith("--") and one.name not in one.option.names
    return long and any(name.startswith(one.name) for name in listed_names)


_PLACEHOLDER = re.compile(
    r"( (?:into|to|as|from|for|below|on|of|with|named|at|in) )?\{(\w+)\}"
)


def _filled(told: Told, template: str) -> str:
    def put(found: re.Match[str]) -> str:
        before = template[: found.start(2) - 1]
        bare = _BARE.search(before) is not None or found[2] in ("write", "create")
        words = _value(told, found[2], bare=bare)
        if not words and found[2] == "read":
            words = _devices(told) or told.takes
        return f"{found[1] or ''}{words}" if words else ""

    return " ".join(_PLACEHOLDER.sub(put, template).split())


def _devices(told: Told) -> str:
    """What it reads without an effect: some devices, and what `<( )` prints."""
    words = [shown(one).removeprefix("if=") for one in told.operands]
    return listed(one for one in words if one.startswith(("/dev/", "<(")))


def _value(told: Told, name: str, *, bare: bool) -> str:
    if name in _KINDS:
        return listed(told.names(*_KINDS[name], bare=bare))
    operands = [shown(word) for word in told.operands]
    if name in ("command", "verb"):
        return (told.runs if name == "command" else told.verb) or ""
    if name == "last":
        return operands[-1] if operands else ""
    if name == "operands":
        return listed(operands)
    if name == "pattern":
        return _quoted(_pattern(told, operands))
    if name.isdigit():
        return operands[int(name) - 1] if int(name) <= len(operands) else ""
    return ""


def _pattern(told: Told, operands: list[str]) -> list[str]:
    """What is looked for: options that give it, else the operand that is it."""
    found = [
        shown(one.value)
        for one in told.given
        if one.value is not None and _is_pattern(one.option)
    ]
    if any(one.option.drops == "first" for one in told.given):
        return found
    first = any(
        one.position == "first" and one.role is Role.PATTERN
        for one in told.program.operand
    )
    rest = any(one.position == "rest" for one in told.program.operand)
    return found or (operands[:1] if first or rest else operands)


def _is_pattern(option: Option) -> bool:
    """`-e PATTERN`: it stands for the first operand, and is no file."""
    instead = option.drops == "first" and option.role is Role.NONE
    return option.role is Role.PATTERN or instead


def _quoted(texts: Collection[str]) -> str:
    return listed(f"“{text}”" for text in texts)
