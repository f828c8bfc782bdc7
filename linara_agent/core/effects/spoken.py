"""Programs that take a text for a shell as the value of `-c`."""

from linara_agent.core.effects.commands import described, parsed, run
from linara_agent.core.effects.resolve import nested
from linara_agent.core.effects.trace import Call, Code, Sink
from linara_agent.core.shell.script import Word

_NAMES = ("-c", "--command", "--session-command")


def spoken(call: Call) -> None:
    """`su`, `runuser`, `script`: the text is run by the person's shell."""
    call, arguments, operands = parsed(call)
    for word in arguments.values(*_NAMES):
        _text(call, word)
    described(call, arguments, operands)


def flock(call: Call) -> None:
    """`flock [OPTION]… FILE COMMAND…` or `flock [OPTION]… FILE -c TEXT`."""
    call, _, words = parsed(call, options_first=True)
    command = words[1:]
    if len(command) > 1 and command[0].known in _NAMES:
        _text(call, command[1])
    else:
        run(call, command)


def _text(call: Call, word: Word) -> None:
    if word.known is None:
        call.trace.sinks.add(Sink.INTERPRETER)
        call.unread("the text that a shell runs cannot be known", word)
        return
    what = f"the text that {call.program.name} is given"
    nested(call, Code(text=word.known, what=what, where=word, bash=False))
