"""What is collected about one invocation while its effects are resolved."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from linara_agent.core.effects.arguments import is_pipe
from linara_agent.core.effects.catalogue import Catalogue, Program
from linara_agent.core.effects.effect import (
    Certainty,
    Effect,
    EffectKind,
    Form,
    PathClass,
)
from linara_agent.core.effects.place import (
    Place,
    classify,
    hidden_below,
    hidden_matching,
    is_nothing,
    is_secret,
    may_run_later,
    other_regions,
)
from linara_agent.core.effects.standing import Standing
from linara_agent.core.shell.script import (
    Invocation,
    Known,
    Pattern,
    Script,
    Span,
    Word,
)

_OF_HOME = re.compile(r"~(/[^\s'\"\\$`]*)?")


class Taint(StrEnum):
    """Where data on a pipe comes from, as far as that matters."""

    NETWORK = "network"
    SECRETS = "secrets"
    DECODED = "decoded"
    DATA = "data"


class Sink(StrEnum):
    """What an invocation makes of data that reaches it."""

    INTERPRETER = "interpreter"
    NETWORK = "network"


@dataclass(slots=True, kw_only=True)
class Trace:
    """`lists` are the roots below which the paths on its output lie, if it prints
    paths; `rooted` that none of these begins with a dash. `emits` is what its
    output carries, `sinks` what it does with its input; `wired` that a redirection
    ties it to the network.
    """

    lists: tuple[str, ...] | None = None
    rooted: bool = False
    emits: set[Taint] = field(default_factory=set)
    sinks: set[Sink] = field(default_factory=set)
    wired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A program that runs, with its words (None where one cannot be known).

    A wrapper and what it runs are two commands of one invocation. `options` are
    those that its words were found to be, by their whole names, with `=VALUE`.
    """

    program: str
    words: tuple[str | None, ...]
    invocation: int
    span: tuple[int, int]
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A text that is run although it is only a word, or data, of the script.

    `what` names it for a person ("the text after -c"); `where` is the place that it
    stands in. `bash` is false where another shell may run it. `parameters` are `$0`,
    `$1`, …; None stands for the first that is not known, and ends them. `lines`: the
    shell reads it line by line from the input that its own commands read as well.
    """

    text: str
    what: str
    where: Word
    bash: bool = True
    parameters: tuple[str | None, ...] = ()
    lines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """A text that was read as a script of its own.

    `invocation` (None for what no command is given, as in `[[ ]]`) and `span` say
    where it stands in the text around it; `inner` are the texts within it.
    """

    invocation: int | None
    span: Span
    what: str
    script: Script
    inner: tuple["Nested", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that was found of a script: what it does, and the programs that it runs."""

    effects: tuple[Effect, ...]
    commands: tuple[Command, ...] = ()
    nested: tuple[Nested, ...] = ()


@dataclass(slots=True, kw_only=True)
class Texts:
    """Reads the texts that are code, each once; `left` more may be judged.

    A text can run others many times over, and these others again.
    """

    read: Callable[[str], Script]
    left: int = 500
    found: dict[str, Script] = field(default_factory=dict)

    def script(self, text: str) -> Script | None:
        """None when there were too many."""
        if self.left == 0:
            return None
        self.left -= 1
        if text not in self.found:
            self.found[text] = self.read(text)
        return self.found[text]


@dataclass(slots=True, kw_only=True)
class Resolution:
    """The work in progress on one script, and its result.

    `wires` are the descriptors that were opened to the network. `nested` are the
    texts that were read, `aliases` the texts of those that are defined so far.
    `bash`: it is bash that runs the script. `replaced` are the names that may mean
    something else than the program, as the scripts around this one have it.
    """

    script: Script
    catalogue: Catalogue
    analysers: Mapping[str, "Analyser"]
    texts: Texts
    standing: Standing
    depth: int = 0
    effects: list[Effect] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    traces: dict[int, Trace] = field(default_factory=dict)
    wires: set[str] = field(default_factory=set)
    nested: list[Nested] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    bash: bool = True
    replaced: frozenset[str] = frozenset()

    def trace(self, index: int) -> Trace:
        return self.traces.setdefault(index, Trace())

    def afresh(self, standing: Standing) -> "Resolution":
        """The same work from its beginning."""
        return replace(
            self,
            standing=standing,
            effects=[],
            commands=[],
            traces={},
            wires=set(),
            nested=[],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One command as it is resolved: an invocation, or what a wrapper runs.

    `places` are the directories it may start in (more than one after a `cd` that
    may or may not have happened).
    """

    resolution: Resolution
    index: int
    invocation: Invocation
    program: Program
    words: tuple[Word, ...]
    places: tuple[Place, ...]
    certainty: Certainty = Certainty.CERTAIN
    command: int | None = None

    @property
    def trace(self) -> Trace:
        return self.resolution.trace(self.index)

    def effect(
        self,
        kind: EffectKind,
        target: str | None = None,
        *,
        form: Form = Form.EXACT,
        cls: PathClass | None = None,
        word: Word | None = None,
        note: str | None = None,
        possible: bool = False,
    ) -> None:
        span = word.span if word is not None else self.invocation.span
        self.resolution.effects.append(
            Effect(
                kind=kind,
                target=target,
                form=form if target is not None else Form.UNKNOWN,
                cls=cls,
                certainty=Certainty.POSSIBLE if possible else self.certainty,
                program=self.program.name,
                invocation=self.index,
                span=(span.start, span.end),
                note=note,
                command=self.command,
            )
        )

    def unknown(self, note: str, word: Word | None = None) -> None:
        self.effect(EffectKind.UNKNOWN, self.program.name, word=word, note=note)

    def unread(self, note: str, word: Word | None = None) -> None:
        """It runs a program, or code, that cannot be read: no policy allows that."""
        self.effect(EffectKind.EXECUTE, None, word=word, note=note)

    def path(
        self,
        kind: EffectKind,
        word: Word,
        *,
        recursive: bool = False,
        names_only: bool = False,
    ) -> None:
        """An effect on the path, or paths, that a word stands for.

        `names_only`: what lies below is listed, but its content is not read.
        """
        for place in self.places:
            match word.value:
                case Known("-"):
                    return
                case Known(text):
                    form = Form.UNDER if recursive else Form.EXACT
                    path = place.absolute(text)
                    self.at(kind, path, place, word=word, form=form, names=names_only)
                case Pattern(text):
                    path = place.absolute(text)
                    self.at(
                        kind, path, place, word=word, form=Form.GLOB, names=names_only
                    )
                case _:
                    self._unknown_path(kind, word, place)

    def tree(self, kind: EffectKind, path: str, word: Word | None = None) -> None:
        """An effect somewhere below a directory; `/**` at its end excludes itself."""
        self.at(kind, path, self.places[0], form=Form.UNDER, word=word)

    def _unknown_path(self, kind: EffectKind, word: Word, place: Place) -> None:
        if is_pipe(word):
            # A pipe of bash's own; what stands at its other end is judged there.
            return
        roots = listed_by(self.resolution, word)
        if roots is None:
            why = getattr(word.value, "reason", "its value")
            self.effect(kind, None, word=word, note=f"its path is {why}")
            if _OF_HOME.fullmatch(word.source):
                # Whatever may have changed HOME, most likely nothing has.
                likely = replace(self, certainty=Certainty.POSSIBLE)
                path = place.home + word.source[1:]
                likely.at(kind, path, place, word=word, form=Form.GLOB)
            return
        for root in roots:
            self.at(kind, root, place, word=word, form=Form.UNDER)

    def at(
        self,
        kind: EffectKind,
        path: str | None,
        place: Place,
        *,
        form: Form = Form.EXACT,
        word: Word | None = None,
        names: bool = False,
    ) -> None:
        """An effect on an absolute path, with the class it belongs to."""
        if path is None:
            self.effect(kind, None, word=word, note="below an unknown directory")
            return
        if is_nothing(path):
            return
        where = place.at(None)
        cls = classify("/" if path == "/**" else path, where)
        if kind is EffectKind.READ and is_secret(path, where):
            cls = PathClass.SECRETS
        if kind is EffectKind.READ and cls is PathClass.PROC:
            kind = EffectKind.OBSERVE
        self.effect(kind, path, form=form, cls=cls, word=word)
        looks = kind in _LOOKS
        if form is Form.UNDER and path.endswith("/**"):
            # Chosen by a test: what of it is changed, the preview measures.
            if looks and not names:
                path = path.removesuffix("/**") or "/"
                self._hidden(kind, path, where, form=form, cls=cls, word=word)
        elif form is not Form.EXACT and not (looks and names):
            self._hidden(kind, path, where, form=form, cls=cls, word=word)

    def _hidden(
        self,
        kind: EffectKind,
        path: str,
        place: Place,
        *,
        form: Form,
        cls: PathClass,
        word: Word | None,
    ) -> None:
        """What else a glob may match, or a tree may hold."""
        note = f"within {path}"
        if cls is not PathClass.SECRETS:
            found = hidden_below if form is Form.UNDER else hidden_matching
            reading = kind in (EffectKind.READ, EffectKind.OBSERVE)
            for secret in dict.fromkeys(found(path, place)):
                self.effect(
                    EffectKind.READ if reading else kind,
                    secret,
                    form=Form.UNDER,
                    cls=PathClass.SECRETS,
                    word=word,
                    note=note,
                    possible=True,
                )
        if kind in _LOOKS:
            return
        others = {may_run_later(path, place)} if form is Form.GLOB else set()
        others |= set(other_regions(path, place)) if form is Form.GLOB else set()
        if form is Form.UNDER and kind is not EffectKind.DELETE:
            others.add(_runs_later_below(path, place))
        for other in sorted(one for one in others if one not in (None, cls)):
            self.effect(
                kind, path, form=form, cls=other, word=word, note=note, possible=True
            )

    def inside(self, program: Program, words: tuple[Word, ...]) -> "Call":
        return replace(self, program=program, words=words)


_LOOKS = (EffectKind.READ, EffectKind.OBSERVE)


def _runs_later_below(path: str, place: Place) -> PathClass | None:
    """Hooks lie in a tree that is itself a repository's own directory."""
    cls = classify(path.rstrip("/") + "/hooks/x", place)
    return cls if cls is PathClass.AUTORUN else None


def listed_by(resolution: Resolution, word: Word) -> tuple[str, ...] | None:
    """The roots of the paths that the word's substitutions print, if they do."""
    if not word.substitutions or word.value == Known(""):
        return None
    last = word.substitutions[-1]
    return resolution.trace(last).lists


class Analyser(Protocol):
    """Reads the operands of a program whose operands are a language."""

    def __call__(self, call: Call) -> None: ...
