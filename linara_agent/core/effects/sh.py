"""Programs that run a text, or other words, as a command."""

import posixpath
import re
from dataclasses import replace

from linara_agent.core.effects.arguments import is_pipe
from linara_agent.core.effects.commands import may_hide, parsed, run
from linara_agent.core.effects.effect import EffectKind, PathClass
from linara_agent.core.effects.environment import changes_what_runs
from linara_agent.core.effects.printed import (
    STANDARD_INPUT,
    incoming,
    substituted,
)
from linara_agent.core.effects.resolve import nested, nested_here
from linara_agent.core.effects.second_reading import in_variable
from linara_agent.core.effects.trace import Call, Code, Sink, Taint
from linara_agent.core.shell.script import Invocation, Known, Unknown, Word

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_OFF = re.compile(r"\+[abefhkmnptuvxBCEHPT]+")
_WRAPPERS_WITH_OTHER_INPUT = frozenset(("xargs", "parallel", "watch"))


def shell(call: Call) -> None:
    """`sh`, `bash`, `dash`: `-c TEXT`, a script file, or what comes in on a pipe."""
    call, names, words = _options(call)
    if names & {"--version", "--help"}:
        return
    if "-c" in names:
        _after_c(call, words)
    elif words and "-s" not in names:
        _file(call, words)
    else:
        _from_input(call, words)


def _options(call: Call) -> tuple[Call, set[str], tuple[Word, ...]]:
    """The options that are given, and the words behind them."""
    names: set[str] = set()
    while True:
        call, arguments, words = parsed(call, options_first=True)
        names |= {name for one in arguments.given for name in one.option.names}
        first = words[0].known if words and arguments.dashes is None else None
        if first == "-":
            return call, names, words[1:]
        if first is None or not _OFF.fullmatch(first):
            return call, names, words
        call = replace(call, words=words[1:])


def _after_c(call: Call, words: tuple[Word, ...]) -> None:
    if not words:
        call.unknown("the text it runs is missing")
        return
    code = _code(call, words[0], "the text after -c")
    if code is not None:
        given = _known(words[1:]) or (_name(call),)
        nested(call, replace(code, bash=_is_bash(call), parameters=given))


def _code(call: Call, word: Word, what: str) -> Code | None:
    """The text that a word is; an effect where it is not known."""
    text = word.known
    if text is None:
        text = substituted(call, word)
    if text is not None:
        return Code(text=text, what=what, where=word)
    call.trace.sinks.add(Sink.INTERPRETER)
    reason = word.value.reason if isinstance(word.value, Unknown) else "a pattern"
    call.unread(f"{what} is {reason}", word)
    return None


def _name(call: Call) -> str:
    """The name by which the shell is called."""
    commands = call.resolution.commands
    return call.program.name if call.command is None else commands[call.command].program


def _is_bash(call: Call) -> bool:
    """`sh` may be another shell, whose `echo` is not that of bash."""
    return _name(call) == "bash"


def _known(words: tuple[Word, ...]) -> tuple[str | None, ...]:
    """The texts of the words, up to the first that is not known."""
    texts = [word.known for word in words]
    ends = texts.index(None) + 1 if None in texts else len(texts)
    return tuple(texts[:ends])


def _file(call: Call, words: tuple[Word, ...]) -> None:
    """A script in a file, which is read only if it is no real file."""
    word = words[0]
    if word.known in STANDARD_INPUT:
        _from_input(call, words[1:])
        return
    text = substituted(call, word) if is_pipe(word) else None
    if text is not None:
        code = Code(
            text=text,
            what="the text from <( )",
            where=word,
            bash=_is_bash(call),
            parameters=_known(words),
        )
        nested(call, code)
        return
    call.trace.sinks.add(Sink.INTERPRETER)
    call.path(EffectKind.READ, word)
    call.effect(EffectKind.EXECUTE, word.known, word=word)
    call.unread("it runs a script file that was not read", word)


def _from_input(call: Call, words: tuple[Word, ...]) -> None:
    """What is certain to come in is read; anything else may be anything."""
    found = incoming(call) if _has_the_input(call.invocation) else None
    if found is None:
        call.trace.sinks.add(Sink.INTERPRETER)
        call.unread("it runs whatever comes in on its standard input")
        return
    code = Code(
        text=found.text,
        what=found.what,
        where=found.where,
        bash=_is_bash(call),
        parameters=(_name(call), *_known(words)),
        lines=True,
    )
    nested(call, code)


def _has_the_input(invocation: Invocation) -> bool:
    """No wrapper around the shell takes the input for itself."""
    program = invocation.program
    name = posixpath.basename(program.known or "") if program is not None else ""
    return name not in _WRAPPERS_WITH_OTHER_INPUT


def evaluate(call: Call) -> None:
    """`eval`: its words, joined by blanks."""
    code = _joined(call, "the text that eval runs")
    if code is not None:
        nested_here(call, code)


def _joined(call: Call, what: str) -> Code | None:
    words = call.words[1:] if call.words and call.words[0].known == "--" else call.words
    if not words:
        return None
    if len(words) == 1:
        return _code(call, words[0], what)
    texts = [word.known for word in words]
    if None in texts:
        call.trace.sinks.add(Sink.INTERPRETER)
        call.unread("it is given what cannot be known", words[0])
        return None
    return Code(text=" ".join(text or "" for text in texts), what=what, where=words[0])


def source(call: Call) -> None:
    """`source` and `.` run a file in this very shell."""
    words = call.words[1:] if call.words and call.words[0].known == "--" else call.words
    code = _sourced(call, words[0]) if words else None
    if code is not None:
        nested_here(call, code)
        return
    call.trace.sinks.add(Sink.INTERPRETER)
    for word in words[:1]:
        call.path(EffectKind.READ, word)
    call.unread("it runs a file that was not read")


def _sourced(call: Call, word: Word) -> Code | None:
    """What it is given is read whole before any of it runs."""
    if word.known in STANDARD_INPUT:
        found = incoming(call)
        if found is not None:
            what = f"{found.what}, which source runs"
            return Code(text=found.text, what=what, where=found.where)
    text = substituted(call, word) if is_pipe(word) else None
    if text is None:
        return None
    return Code(text=text, what="the text from <( ), which source runs", where=word)


_SIGNAL = re.compile(r"\d+|(SIG)?[A-Z]+\d*")
_MOVING = frozenset(("cd", "pushd", "popd", "eval", "source", ".", None))


def trap(call: Call) -> None:
    """`trap TEXT SIGNAL…`: the text runs later."""
    words = [word for word in call.words if word.known != "--"]
    first = words[0].known if words else "-"
    if first in ("-", "-l", "-p", ""):
        return
    if len(words) == 1 and _SIGNAL.fullmatch(first or ""):
        return  # `trap INT` takes the text back
    if not _stays(call):
        # It runs when the signal comes, wherever the script stands by then.
        call = replace(call, places=(call.places[0].at(None),))
    code = _code(call, words[0], "the text that trap keeps")
    if code is not None:
        nested_here(call, code)


def _stays(call: Call) -> bool:
    """Nothing in the whole script leaves the directory."""
    called = [one.called for one in call.resolution.script.invocations]
    names = {words[0].known for words in called if words}
    return call.resolution.depth == 0 and not names & _MOVING


def watch(call: Call) -> None:
    """`watch` joins its operands and gives them to `sh -c`, unless `-x`."""
    call, arguments, words = parsed(call, options_first=True)
    if arguments.has("-x"):
        run(call, words)
        return
    code = _joined(replace(call, words=words), "the text that watch runs")
    if code is not None:
        nested(call, replace(code, bash=False))


def environment(call: Call) -> None:
    """`env [OPTION] [NAME=VALUE]… [COMMAND]`."""
    call, arguments, rest = parsed(call, options_first=True)
    if arguments.has("--version", "--help"):
        return
    words = list(rest)
    while words and _assigns(call, words[0]):
        words.pop(0)
    if words:
        run(call, tuple(words))
        return
    call.trace.emits.add(Taint.SECRETS)
    call.effect(EffectKind.READ, "the environment", cls=PathClass.SECRETS)


def _assigns(call: Call, word: Word) -> bool:
    """The word is an assignment; a telling one is an effect."""
    if word.known == "-":
        return True
    text = word.value.prefix if isinstance(word.value, Unknown) else word.known
    match = _ASSIGNMENT.match(text or "")
    if match is not None:
        assigned(call, match[1], word)
    if match is not None and may_hide(word):
        call.unread("it may become several words, the program among them", word)
    return match is not None


def assigned(call: Call, name: str, word: Word) -> None:
    """A word `NAME=VALUE` sets a variable, whose value may be run."""
    if changes_what_runs(name):
        call.effect(EffectKind.ENVIRONMENT, name, word=word)
    if word.known is not None:
        value = word.known.partition("=")[2]
        code = in_variable(name, replace(word, value=Known(value)))
        if code is not None:
            nested(call, code)
