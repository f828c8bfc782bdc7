"""`$0`, `$1`, … of a text whose arguments stand beside it: `sh -c 'TEXT' x a b`."""

import re
from dataclasses import replace

from linara_agent.core.shell.script import Invocation, Known, Script, Unknown, Word

Given = tuple[str | None, ...]
"""`$0` and what follows; None, for what is not known, can only be the last."""

_ONE = re.compile(
    r"""(?P<quote>"?)\$(?:(?P<digit>\d)|\{(?P<number>\d{1,3})\})(?P=quote)"""
)
_ALL = re.compile(r"""(?P<quote>"?)\$(?:[@*]|\{[@*]\})(?P=quote)""")
_STAYS_ONE_WORD = re.compile(r"[\w./:@%+=,~-]+")
_CHANGES = frozenset(("set", "shift", "eval", "source", ".", None))
_OPTIONS = re.compile(r"[-+][A-Za-z]+|errexit|nounset|pipefail|xtrace|errtrace")


def with_parameters(script: Script, given: Given) -> Script:
    """The script, its words that are one parameter each worth what was given.

    Words in functions have other parameters. From a command on that may set them
    anew, nothing is known.
    """
    if not given or any(
        one.name == "IFS" for i in script.invocations for one in i.assignments
    ):
        return script
    found: list[Invocation] = []
    for index, invocation in enumerate(script.invocations):
        one = invocation
        if invocation.function is None:
            one = _filled(invocation, given)
        found.append(one)
        if one.function is None and _changes_them(one):
            if one.conditional:
                # It may stand in a loop, and then comes before what stands before it.
                return script
            found[index] = invocation
            found += script.invocations[index + 1 :]
            break
    return replace(script, invocations=tuple(found))


def _changes_them(invocation: Invocation) -> bool:
    called = invocation.called
    if not called or called[0].known not in _CHANGES:
        return False
    texts = [word.known or "?" for word in called]
    return texts[0] != "set" or not all(map(_OPTIONS.fullmatch, texts[1:]))


def _filled(invocation: Invocation, given: Given) -> Invocation:
    program = invocation.program
    if program is None:
        return invocation
    words = [w for word in (program, *invocation.words) for w in _words(word, given)]
    if not words:
        return invocation
    return replace(invocation, program=words[0], words=tuple(words[1:]))


def _words(word: Word, given: Given) -> tuple[Word, ...]:
    """What the word becomes; itself where that is not certain."""
    one, every = _ONE.fullmatch(word.source), _ALL.fullmatch(word.source)
    if not isinstance(word.value, Unknown) or not (one or every):
        return (word,)
    quoted = word.source.startswith('"')
    if one is not None:
        number = int(one["digit"] or one["number"])
        chosen = given[number : number + 1] or (None,)
    else:
        chosen = given[1:]
    texts = [text for text in chosen if text is not None]
    if len(texts) < len(chosen):
        return (word,)
    if quoted and "*" in word.source:
        texts = [" ".join(texts)]
    if not quoted and not all(map(_STAYS_ONE_WORD.fullmatch, texts)):
        return (word,)
    return tuple(
        replace(word, value=Known(text), quoted=True, variables=()) for text in texts
    )
