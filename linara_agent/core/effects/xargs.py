"""`xargs` runs a command with names from its standard input."""

import re
from dataclasses import replace

from linara_agent.core.effects.commands import parsed, run
from linara_agent.core.effects.listing import incoming_rooted
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Unknown, Word

_REASON = "names from the standard input"


def xargs(call: Call) -> None:
    """`xargs [OPTION]… [COMMAND [ARGUMENT]…]`; without a command it echoes."""
    call, arguments, words = parsed(call, options_first=True)
    if not words or arguments.has("--version", "--help"):
        return
    # Names that begin with a slash or a dot cannot become options.
    prefix = "./" if incoming_rooted(call) else ""
    name = Word(
        span=call.invocation.span,
        source=_REASON,
        value=Unknown(_REASON, prefix),
        quoted=True,
        substitutions=call.invocation.piped_from[-1:],
    )
    given = [word.known for word in arguments.values("-I", "-i")]
    replaced = arguments.has("-I", "-i")
    if not replaced:
        run(call, (*words, name))
        if len(words) > 1 and not arguments.has("-r"):
            run(call, words)  # once, where the input is empty
    else:
        place = (given[-1] if given else None) or "{}"
        run_filled(call, words, place, name)


def run_filled(call: Call, command: tuple[Word, ...], place: str, name: Word) -> None:
    """Run the command with `name` for `place`.

    With a name put into it, a text for a shell is not known any more. What it does
    besides, it does whatever the name: so it is judged as it stands, too.
    """
    run(call, tuple(_filled(word, place, name) for word in command))
    if any(_may_be_code(word, place) for word in command):
        as_it_stands = (
            word if _may_be_code(word, place) else _filled(word, place, name)
            for word in command
        )
        run(call, tuple(as_it_stands))


def _may_be_code(word: Word, place: str) -> bool:
    text = word.known or ""
    return place in text and re.search(r"[\s;&|<>$`(]", text) is not None


def _filled(word: Word, place: str, name: Word) -> Word:
    """The word with `place` in it replaced by a name that is not known."""
    text = word.known
    if text is None or place not in text:
        return word
    if text == place:
        return replace(name, span=word.span)
    head = text.partition(place)[0]
    return replace(word, value=Unknown(_REASON, head))
