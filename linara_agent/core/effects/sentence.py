"""What a script does, in sentences that a person understands.

They come from the catalogue and from the effects that were judged, never from a
model. Every effect is spoken of; what is uncertain says "may", and what is not known
is said to be unknown.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from linara_agent.core.effects.arguments import Given
from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
)
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told import (
    Told,
    by_catalogue,
    is_aside,
    shown,
)
from linara_agent.core.effects.told_aside import apart
from linara_agent.core.effects.told_find import told as told_find
from linara_agent.core.effects.told_meant import descend, words_of
from linara_agent.core.effects.told_programs import TELLERS, expression, roots
from linara_agent.core.effects.told_targets import (
    clause,
    listed,
    perhaps,
    target_name,
)
from linara_agent.core.effects.trace import Command, Reading
from linara_agent.core.shell.script import (
    Invocation,
    Redirection,
    Script,
    Span,
    Word,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """`span` is the part of the text that the sentence speaks of."""

    span: tuple[int, int]
    text: str


def sentences(
    script: Script, reading: Reading, catalogue: Catalogue, place: Place
) -> tuple[Sentence, ...]:
    """A sentence for each command, and for each effect that none of these covers."""
    return tuple(
        dict.fromkeys(_Story(script, reading, catalogue, place).sentences())
    ) or (Sentence(span=(0, len(script.text)), text="does nothing"),)


_SEARCHED = ("the paths that find finds", "names from the standard input")
"""What the reading says of a name that a search will give."""


class _Story:
    """One script, while it is told."""

    def __init__(
        self, script: Script, reading: Reading, catalogue: Catalogue, place: Place
    ) -> None:
        self._script = script
        self._reading = reading
        self._catalogue = catalogue
        self._place = place
        self._found: dict[int, str] = {}  # what the find of an invocation chose
        self._redirected: set[int] = set()

    def sentences(self) -> Iterator[Sentence]:
        said: list[tuple[int, Sentence]] = []
        seen: set[tuple[object, ...]] = set()
        for index, command in enumerate(self._reading.commands):
            key = (command.program, command.span, *filter(None, command.words))
            again = key in seen and not self._effects(index)
            if not again:
                said += [(command.invocation, one) for one in self._command(index)]
            seen.add(key)
        for index, invocation in enumerate(self._script.invocations):
            said += [(index, one) for one in self._without_program(invocation)]
        said += self._left_over()
        end = len(self._script.invocations)
        said.sort(key=lambda item: item[0] if item[0] >= 0 else end)
        for _, one in said:
            yield one

    def _command(self, index: int) -> Iterator[Sentence]:
        command = self._reading.commands[index]
        effects = self._effects(index)
        words, direct = words_of(command, self._invocation(command))
        span = self._span(command, direct=direct)
        invocation = self._invocation(command)
        told = self._told(index, words, effects)
        text = self._text(command, told)
        conditional = invocation is not None and invocation.conditional
        if conditional or _all_possible(effects, told):
            text = perhaps(text)
        if invocation is not None and _is_first(command, invocation):
            text += self._redirections(invocation) + self._given_on(invocation)
        rest = told.rest() if told is not None else []
        yield Sentence(span=span, text="; ".join((text, *rest)))
        yield from self._apart(effects, span)

    def _apart(
        self, effects: tuple[Effect, ...], span: tuple[int, int]
    ) -> Iterator[Sentence]:
        for where, text in apart(effects, self._place, span):
            yield Sentence(span=where, text=text)

    def _effects(self, index: int) -> tuple[Effect, ...]:
        return tuple(e for e in self._reading.effects if e.command == index)

    def _text(self, command: Command, told: Told | None) -> str:
        if told is None:
            return f"runs {command.program}, of which nothing is known"
        tells = next((one for one in told.given if _only_tells(one)), None)
        if tells is not None and told.program.name != "kill":
            return f"only prints what `{command.program} {tells.name}` tells"
        teller = TELLERS.get(told.program.name)
        text = teller(told) if teller is not None else None
        if told.program.name == "find":
            chosen = told_find(expression(told), roots(told))
            self._found[command.invocation] = chosen[-1].what
        return text or by_catalogue(told)

    def _told(
        self, index: int, words: tuple[Word, ...], effects: tuple[Effect, ...]
    ) -> Told | None:
        command = self._reading.commands[index]
        program = self._catalogue.find(command.program)
        if program is None:
            return None
        meant = descend(program, words)
        invocation = self._invocation(command)
        following = self._reading.commands[index + 1 : index + 2]
        runs = [one.program for one in following if _wraps(command, one)]
        found = self._names_given(invocation, command)
        return Told(
            program=meant.program,
            words=meant.words,
            given=meant.given,
            operands=meant.operands,
            verb=meant.verb,
            always=meant.always,
            effects=effects,
            place=self._place,
            takes=self._takes(invocation),
            runs=runs[0] if runs else None,
            found=found,
            from_search=self._from_search(effects, meant.words, invocation),
        )

    def _names_given(
        self, invocation: Invocation | None, command: Command
    ) -> str | None:
        """What find chose, if it runs the command or is read by an xargs."""
        if invocation is None:
            return None
        own = self._found.get(command.invocation)
        if own is not None:
            return own
        sources = [self._found.get(i) for i in invocation.piped_from]
        program = invocation.program
        reads = program is not None and program.known == "xargs"
        return sources[0] if reads and len(sources) == 1 else None

    def _from_search(
        self,
        effects: tuple[Effect, ...],
        words: tuple[Word, ...],
        invocation: Invocation | None,
    ) -> frozenset[Effect]:
        """The effects on the names that a search gives: no word of the text is it."""
        if invocation is None:
            return frozenset()
        spans = {_pair(word.span) for word in words if word.known is None}
        spans.add(_pair(invocation.span))
        return frozenset(
            one
            for one in effects
            if (one.form is Form.UNDER and one.span in spans)
            or (one.target is None and (one.note or "").endswith(_SEARCHED))
        )

    def _span(self, command: Command, *, direct: bool) -> tuple[int, int]:
        invocation = self._invocation(command)
        if invocation is None or not direct:
            return command.span
        if _is_first(command, invocation):
            return _pair(invocation.span)
        return command.span[0], invocation.span.end

    def _invocation(self, command: Command) -> Invocation | None:
        if 0 <= command.invocation < len(self._script.invocations):
            return self._script.invocations[command.invocation]
        return None

    def _takes(self, invocation: Invocation | None) -> str:
        """What its standard input is."""
        if invocation is None:
            return "its input"
        for redirection in invocation.redirections:
            if redirection.operator == "<" and redirection.target is not None:
                effect = self._effect_of(redirection)
                if effect is not None:
                    self._redirected.add(id(effect))
                    return target_name(effect, self._place)
            if redirection.operator in ("<<", "<<-", "<<<"):
                return "the text given in the command"
        sources = [self._name(i) for i in invocation.piped_from]
        return f"what {listed(sources)} gives it" if sources else "its input"

    def _name(self, index: int) -> str:
        program = self._script.invocations[index].program
        return "the command before" if program is None else shown(program)

    def _redirections(self, invocation: Invocation) -> str:
        """`, and writes its output to out.txt`."""
        found: list[str] = []
        for redirection in invocation.redirections:
            effect = self._effect_of(redirection)
            if effect is None or redirection.operator in ("<", "<&"):
                continue
            self._redirected.add(id(effect))
            found.append(_redirected(redirection, target_name(effect, self._place)))
        return f", and {listed(found)}" if found else ""

    def _effect_of(self, redirection: Redirection) -> Effect | None:
        if redirection.target is None:
            return None
        span = _pair(redirection.target.span)
        return next(
            (
                one
                for one in self._reading.effects
                if one.command is None
                and one.span == span
                and one.kind in (EffectKind.READ, EffectKind.MODIFY)
                and not is_aside(one)
            ),
            None,
        )

    def _target(self, effect: Effect) -> str:
        return target_name(effect, self._place)

    def _given_on(self, invocation: Invocation) -> str:
        program = invocation.program
        silent = program is not None and program.known in ("cd", "pushd")
        if not invocation.piped_to or silent:
            return ""
        index = invocation.piped_to[0]
        flows = [
            one
            for one in self._reading.effects
            if one.kind is EffectKind.FLOW and one.invocation == index
        ]
        name = self._name(index)
        if any((one.target or "").endswith(">interpreter") for one in flows):
            return f" and runs it with {name}"
        return f" and gives it to {name}"

    def _without_program(self, invocation: Invocation) -> Iterator[Sentence]:
        if invocation.program is not None:
            return
        span = _pair(invocation.span)
        names = [one.name for one in invocation.assignments]
        if names:
            noun = "variable" if len(names) == 1 else "variables"
            yield Sentence(span=span, text=f"sets the {noun} {listed(names)}")
        text = self._redirections(invocation).removeprefix(", and ")
        if text:
            yield Sentence(span=span, text=text)

    def _left_over(self) -> Iterator[tuple[int, Sentence]]:
        """Effects that belong to no command: redirections, flows, what is unread."""
        for one in self._script.misleading:
            text = f"a part of the text is not what it seems: {one.reason}"
            yield -1, Sentence(span=_pair(one.span), text=text)
        for effect in self._reading.effects:
            if effect.command is not None or id(effect) in self._redirected:
                continue
            at = -1 if effect.invocation is None else effect.invocation
            span = effect.span or (0, len(self._script.text))
            said = tuple(self._apart((effect,), span))
            if said:
                yield from ((at, one) for one in said)
                continue
            text = clause(effect.kind, (effect,), self._target)
            if effect.certainty is Certainty.POSSIBLE:
                text = perhaps(text)
            yield at, Sentence(span=span, text=text)


def _only_tells(one: Given) -> bool:
    return one.option.tells or one.name in ("--help", "--version")


def _wraps(outer: Command, inner: Command) -> bool:
    return outer.invocation == inner.invocation


def _is_first(command: Command, invocation: Invocation) -> bool:
    program = invocation.program
    return program is not None and _pair(program.span) == command.span


def _pair(span: Span) -> tuple[int, int]:
    return span.start, span.end


def _all_possible(effects: tuple[Effect, ...], told: Told | None) -> bool:
    """Its effects may, or may not, be had, for another reason than a search."""
    if told is not None and (told.program.name == "find" or told.from_search):
        return False
    direct = [one for one in effects if not is_aside(one)]
    return bool(direct) and all(e.certainty is Certainty.POSSIBLE for e in direct)


_OPERATORS = {
    ">>": "adds {} to the end of {}",
    "&>>": "adds {} to the end of {}",
    "<>": "opens {} on {}",
}


def _redirected(redirection: Redirection, name: str) -> str:
    what = "its output"
    if redirection.descriptor == "2":
        what = "its error messages"
    elif redirection.operator.startswith("&"):
        what = "all that it prints"
    words = _OPERATORS.get(redirection.operator, "writes {} to {}")
    return words.format(what, name)
