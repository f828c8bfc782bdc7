"""Take a command's words apart into options, values and operands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from linara_agent.core.effects.catalogue import Option, Program
from linara_agent.core.shell.script import Known, Pattern, Unknown, Word

_NUMBER = re.compile(r"-\d+")


@dataclass(frozen=True, slots=True)
class Given:
    """An option as it was given; `value` where it takes one."""

    option: Option
    name: str
    value: Word | None

    @property
    def spelled_out(self) -> str:
        """The whole name of an abbreviated one, and `=VALUE` where it is known."""
        names = self.option.names
        whole = (name for name in names if name.startswith(self.name))
        name = self.name if self.name in names else next(whole, self.name)
        known = self.value.known if self.value is not None else None
        return name if known is None else f"{name}={known}"


@dataclass(slots=True)
class Arguments:
    """`doubtful` are words that are, or may expand to, unknown options."""

    given: list[Given] = field(default_factory=list)
    operands: list[Word] = field(default_factory=list)
    doubtful: list[tuple[Word, str]] = field(default_factory=list)
    dashes: int | None = None

    def has(self, *names: str) -> bool:
        return any(set(names) & set(one.option.names) for one in self.given)

    def values(self, *names: str) -> list[Word]:
        """What was given to an option, in order."""
        return [
            one.value
            for one in self.given
            if one.value is not None and set(names) & set(one.option.names)
        ]


def may_be_option(word: Word) -> bool:
    """The word can begin with a dash once it is expanded."""
    match word.value:
        case Known(text):
            return text.startswith("-") and text != "-"
        case Pattern(text):
            return text[:1] in ("-", "*", "?", "[")
        case Unknown(prefix=prefix):
            return not prefix or prefix.startswith("-") or splits(word)


def splits(word: Word) -> bool:
    """An unknown word may become several: unquoted, or `"$@"` and `"${a[@]}"`."""
    return not is_pipe(word) and (not word.quoted or "@" in word.source)


def is_pipe(word: Word) -> bool:
    """The word is one process substitution and nothing else."""
    source = word.source
    if not source.startswith(("<(", ">(")) or not source.endswith(")"):
        return False
    depth = 0
    for char in source[2:-1]:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0 and not source.endswith("\\)")


class _Words:
    """The words still to be taken."""

    def __init__(self, words: tuple[Word, ...]) -> None:
        self._words = list(words)
        self.at = 0

    def __iter__(self) -> Iterator[Word]:
        while self.at < len(self._words):
            self.at += 1
            yield self._words[self.at - 1]

    def take(self) -> Word | None:
        if self.at >= len(self._words):
            return None
        self.at += 1
        return self._words[self.at - 1]


def take_apart(
    program: Program, words: tuple[Word, ...], *, options_first: bool = False
) -> tuple[Arguments, tuple[Word, ...]]:
    """The arguments, and (with `options_first`) the words from the first operand on."""
    found = Arguments()
    rest = _Words(words)
    for index, word in enumerate(rest):
        text = word.known
        if program.old_style and index == 0 and text and not text.startswith("-"):
            _cluster(program, found, word, "-" + text, rest, old=True)
            continue
        if text == "--":
            found.dashes = len(found.operands)
            found.operands += list(rest)
            break
        if _plus(program, word):
            found.given.append(Given(program.options["+"], "+", None))
        elif _is_operand(program, word):
            if options_first or program.options_first:
                return found, words[rest.at - 1 :]
            found.operands.append(word)
        elif text is None:
            _doubtful(program, found, word)
        else:
            _option(program, found, word, rest)
    return found, tuple(found.operands) if options_first else ()


def _plus(program: Program, word: Word) -> bool:
    """`date +%F`, `less +G`: the program has options that begin with a plus sign."""
    text = word.known
    if text is None and isinstance(word.value, Unknown) and not splits(word):
        text = word.value.prefix
    return "+" in program.options and (text or "").startswith("+")


def _is_operand(program: Program, word: Word) -> bool:
    if not may_be_option(word):
        return True
    # Where no option does harm, a word that may become one is as good as an operand;
    # so it is where the program's own effects stand for all that options may do.
    return word.known is None and (program.safe_options or program.no_options)


def _doubtful(program: Program, found: Arguments, word: Word) -> None:
    prefix = word.value.prefix if isinstance(word.value, Unknown) else ""
    name, equals, _ = prefix.partition("=")
    option = program.find(name) if equals and word.quoted else None
    if option is not None and option.value != "none":
        found.given.append(Given(option, name, word))
        return
    found.doubtful.append((word, "it may expand to an option"))
    found.operands.append(word)


def _option(program: Program, found: Arguments, word: Word, rest: _Words) -> None:
    text = word.known or ""
    if program.no_options and not _is_described(program, text):
        found.operands.append(word)
        return
    if text.startswith("--"):
        _long(program, found, word, rest)
        return
    exact = program.options.get(text)
    if exact is not None:
        found.given.append(Given(exact, text, _value(exact, rest)))
    elif program.single_dash_long:
        found.doubtful.append((word, f"{program.name} has no known option {text}"))
    elif _NUMBER.fullmatch(text) and "-NUM" in program.options:
        found.given.append(Given(program.options["-NUM"], text, None))
    else:
        _cluster(program, found, word, text, rest, old=False)


def _is_described(program: Program, text: str) -> bool:
    """The option stands in the catalogue as it is written, or letter by letter."""
    name = text.partition("=")[0] if text.startswith("--") else text
    letters = (f"-{letter}" for letter in text[1:])
    return name in program.options or all(one in program.options for one in letters)


def _value(option: Option, rest: _Words) -> Word | None:
    return rest.take() if option.value == "required" else None


def _long(program: Program, found: Arguments, word: Word, rest: _Words) -> None:
    name, equals, value = (word.known or "").partition("=")
    option = program.find(name)
    if option is None or (equals and option.value == "none"):
        found.doubtful.append((word, f"{program.name} has no known option {name}"))
    elif equals:
        found.given.append(Given(option, name, with_text(word, value)))
    else:
        found.given.append(Given(option, name, _value(option, rest)))


def _cluster(
    program: Program,
    found: Arguments,
    word: Word,
    text: str,
    rest: _Words,
    *,
    old: bool,
) -> None:
    """`-abVALUE`: letters up to the first that takes a value.

    In an `old` cluster (`tar xf`) each such letter takes one of the next words.
    """
    for index, letter in enumerate(text[1:], start=1):
        name = text[0] + letter
        option = program.options.get(name)
        if option is None and letter.isdigit() and "-NUM" in program.options:
            option = program.options["-NUM"]
        if option is None:
            found.doubtful.append((word, f"{program.name} has no known option {name}"))
            return
        attached = "" if old else text[index + 1 :]
        if option.value == "none":
            found.given.append(Given(option, name, None))
        elif attached:
            found.given.append(Given(option, name, with_text(word, attached)))
            return
        else:
            found.given.append(Given(option, name, _value(option, rest)))


def with_text(word: Word, text: str) -> Word:
    """The same word, worth only a part of its text."""
    return replace(word, value=Known(text), substitutions=())
