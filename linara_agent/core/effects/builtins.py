"""Builtins of bash that run one of their words, or may by a subscript in a name.

Source: bash 5.2, its manual ("Bash Builtin Commands") and tries with it.
"""

import re
from dataclasses import replace
from itertools import pairwise

from linara_agent.core.effects.arguments import splits, with_text
from linara_agent.core.effects.catalogue import Role
from linara_agent.core.effects.commands import parsed, run, with_role
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.resolve import nested, nested_here
from linara_agent.core.effects.second_reading import expansion, in_name
from linara_agent.core.effects.trace import Call, Code
from linara_agent.core.shell.script import Word


def alias(call: Call) -> None:
    """`alias NAME=TEXT`: the text is read here, and again where the name is used."""
    call, _, words = parsed(call)
    for word in words:
        text = word.known
        if text is not None and "=" not in text:
            continue
        call.effect(EffectKind.EXECUTE, call.program.name, word=word)
        name, _, value = (text or "").partition("=")
        if text is None:
            call.unread("the alias it sets cannot be known", word)
        else:
            what = f"the text of the alias {name}"
            nested_here(call, Code(text=value, what=what, where=word))
            call.resolution.aliases[name] = value


def mapfile(call: Call) -> None:
    """`mapfile -C TEXT`: the text runs with two more words, the second a line."""
    call, arguments, words = parsed(call)
    for word in arguments.values("-C"):
        _runs(call, word, "the text after -C", ' 0 "$MAPFILE"')
    for word in words:
        _name(call, word)


def completion(call: Call) -> None:
    """`compgen` and `complete`: `-C TEXT` is run, the words of `-W` are expanded."""
    call, arguments, _ = parsed(call)
    for word in arguments.values("-C"):
        _runs(call, word, "the text after -C", ' "$1" "$2" "$3"')
    for word in arguments.values("-W"):
        if word.known is not None:
            what = "the commands in the text after -W"
            nested(call, Code(text=expansion(word.known), what=what, where=word))


def _runs(call: Call, word: Word, what: str, more: str) -> None:
    if word.known is not None:
        nested_here(call, Code(text=word.known + more, what=what, where=word))
    else:
        call.unread(f"{what} cannot be known", word)


def jobs(call: Call) -> None:
    """`jobs -x COMMAND` runs the command."""
    first = call.words[0].known if call.words else ""
    if first == "-x":
        run(call, call.words[1:])
    else:
        parsed(call)


def fix_command(call: Call) -> None:
    """`fc -l` lists; `fc` and `fc -e EDITOR` run what the editor makes of it."""
    call, arguments, _ = parsed(call)
    if arguments.has("-l") and not arguments.has("-e", "-s"):
        return
    call.effect(EffectKind.EXECUTE, call.program.name)
    for word in arguments.values("-e"):
        _runs(call, word, "the editor after -e", ' "$TMPDIR"')


_BINDING = re.compile(r"""\s*(?:"(?:[^"\\]|\\.)*"|[^\s:"']+)\s*:?\s*""")


def bind(call: Call) -> None:
    """`bind -x 'KEYS: TEXT'`: the text runs when the keys are hit."""
    call, arguments, words = parsed(call)
    for word in words:
        with_role(call, Role.CODE, word)
    for word in arguments.values("-x"):
        text = word.known
        binding = _BINDING.match(text or "")
        if text is None or binding is None:
            call.unread("the text it binds cannot be known", word)
        else:
            value = text[binding.end() :].strip("\"'")
            what = "the text that keys are bound to"
            nested_here(call, Code(text=value, what=what, where=word))


def names(call: Call) -> None:
    """`read`, `getopts`, `wait`: names of variables, in which a subscript would run."""
    call, arguments, words = parsed(call)
    given = arguments.values("-a", "-p") if call.program.name != "read" else []
    if call.program.name == "read":
        given = arguments.values("-a")
    for word in (*given, *_named(call, words)):
        _name(call, word)


def _named(call: Call, words: tuple[Word, ...]) -> tuple[Word, ...]:
    if call.program.name == "wait":
        return ()
    return words[1:2] if call.program.name == "getopts" else words


def _name(call: Call, word: Word) -> None:
    reason = in_name(word)
    if reason is not None:
        call.unread(reason, word)


def printf(call: Call) -> None:
    """`printf -v NAME FORMAT …`: a subscript in the name would run."""
    first = call.words[0].known if call.words else None
    if first == "-v" and len(call.words) > 1:
        _name(call, call.words[1])
        call = replace(call, words=call.words[2:])
    elif first is not None and first.startswith("-v") and len(first) > len("-v"):
        _name(call, with_text(call.words[0], first[2:]))
        call = replace(call, words=call.words[1:])
    parsed(call)


_UNARY = re.compile(r"-[abcdefghknoprstuwxzGLNOS]")
_OF_NAMES = frozenset(("-v", "-R"))
_BINARY = frozenset(
    (
        *("=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"),
        *("-ef", "-nt", "-ot", "-a", "-o"),
    )
)
_LONGEST = 3


def test(call: Call) -> None:
    """`test` and `[`: with up to three words their number tells what is an operator."""
    words = list(call.words)
    if words and words[-1].known == "]":
        words.pop()
    negated = 0
    while len(words) > 1 and words[0].known == "!":
        words.pop(0)
        negated += 1
    told = len(words) <= _LONGEST and not (negated and _is_binary(words))
    if any(word.known is None and splits(word) for word in words) or not told:
        _complicated(call, words)
    elif len(words) == 2:  # noqa: PLR2004 — an operator and its operand
        _unary(call, *words)
    elif len(words) == _LONGEST and words[1].known not in _BINARY:
        _complicated(call, words)


def _is_binary(words: list[Word]) -> bool:
    """`! = x`: the sign may be the left operand."""
    return len(words) > 1 and words[0].known in _BINARY


def _unary(call: Call, operator: Word, operand: Word) -> None:
    text = operator.known
    if text in _OF_NAMES or text is None:
        _name(call, operand)
    elif not _UNARY.fullmatch(text):
        call.unknown(f"test has no known option {text}", operator)


def _complicated(call: Call, words: list[Word]) -> None:
    """Every word that may be `-v` counts; so does the one behind it."""
    for before, word in pairwise(words):
        if before.known in _OF_NAMES:
            _name(call, word)
    kept = [word for word in words if word.known not in _OF_NAMES]
    parsed(replace(call, words=tuple(kept)))
