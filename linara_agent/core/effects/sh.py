"""Programs that run a text, or other words, as a command."""

import re
from dataclasses import replace

from linara_agent.core.effects.commands import may_hide, parsed, run
from linara_agent.core.effects.effect import EffectKind, PathClass
from linara_agent.core.effects.environment import changes_what_runs
from linara_agent.core.effects.resolve import nested, nested_here
from linara_agent.core.effects.trace import Call, Sink, Taint
from linara_agent.core.shell.script import Known, Unknown, Word

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=")


def shell(call: Call) -> None:
    """`sh`, `bash`, `dash`: `-c TEXT`, a script file, or what comes in on a pipe."""
    call, arguments, words = parsed(call, options_first=True)
    if arguments.has("--version", "--help"):
        return
    if arguments.has("-c"):
        _text(call, words[0] if words else None)
    elif words and words[0].known != "-" and not arguments.has("-s"):
        call.trace.sinks.add(Sink.INTERPRETER)
        call.path(EffectKind.READ, words[0])
        call.effect(EffectKind.EXECUTE, words[0].known, word=words[0])
        call.unknown("it runs a script file that was not read", words[0])
    else:
        _from_input(call)


def _text(call: Call, word: Word | None) -> None:
    if word is None:
        call.unknown("the text it runs is missing")
        return
    match word.value:
        case Known(text):
            nested(call, text, word)
        case Unknown(reason=reason):
            call.trace.sinks.add(Sink.INTERPRETER)
            call.unknown(f"the text it runs is {reason}", word)
        case _:
            call.trace.sinks.add(Sink.INTERPRETER)
            call.unknown("the text it runs is a pattern", word)


_INPUT = ("<", "<<", "<<-", "<<<", "<&", "<>")


def _from_input(call: Call) -> None:
    """A here-document or here-string is read; anything else may be anything."""
    inputs = [
        one
        for one in call.invocation.redirections
        if one.operator in _INPUT and one.descriptor in (None, "0")
    ]
    body = inputs[-1].body if inputs else None
    text = body.known if body is not None else None
    if body is not None and text is not None:
        nested(call, text, body)
    else:
        call.trace.sinks.add(Sink.INTERPRETER)
        call.unknown("it runs whatever comes in on its standard input")


def evaluate(call: Call) -> None:
    """`eval`: its words, joined by blanks."""
    words = call.words[1:] if call.words and call.words[0].known == "--" else call.words
    if not words:
        return
    texts = [word.known for word in words]
    if None in texts:
        call.trace.sinks.add(Sink.INTERPRETER)
        call.unknown("it is given what cannot be known", words[0])
        return
    nested_here(call, " ".join(text or "" for text in texts), words[0])


def source(call: Call) -> None:
    """`source` and `.` run a file in this very shell."""
    call.trace.sinks.add(Sink.INTERPRETER)
    for word in call.words[:1]:
        call.path(EffectKind.READ, word)
    call.unknown("it runs a file that was not read")


def trap(call: Call) -> None:
    """`trap TEXT SIGNAL…`: the text runs later."""
    words = [word for word in call.words if word.known != "--"]
    # It runs when the signal comes, wherever the script stands by then.
    call = replace(call, places=(call.places[0].at(None),))
    if words and words[0].known not in ("-", "-l", "-p", ""):
        _text(call, words[0])


def watch(call: Call) -> None:
    """`watch` joins its operands and gives them to `sh -c`, unless `-x`."""
    call, arguments, words = parsed(call, options_first=True)
    if arguments.has("-x"):
        run(call, words)
    else:
        evaluate(replace(call, words=words))


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
    if match is not None and changes_what_runs(match[1]):
        call.effect(EffectKind.ENVIRONMENT, match[1], word=word)
    if match is not None and may_hide(word):
        call.unknown("it may become several words, the program among them", word)
    return match is not None
