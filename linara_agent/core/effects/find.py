"""`find`: starting points, tests, and actions that delete, write or run.

Source: find(1) of findutils 4.9 and of FreeBSD 14. What is not known here is unknown.
"""

import re
from dataclasses import replace

from linara_agent.core.effects.arguments import splits
from linara_agent.core.effects.effect import Certainty, EffectKind
from linara_agent.core.effects.glob import matches
from linara_agent.core.effects.trace import Call
from linara_agent.core.effects.xargs import run_filled
from linara_agent.core.shell.script import Known, Pattern, Unknown, Word

_GLOBAL = frozenset(("-H", "-L", "-P"))
_ALONE = frozenset(
    ("-print", "-print0", "-ls", "-prune", "-quit", "-true", "-false", "-empty",
     "-readable", "-writable", "-executable", "-nouser", "-nogroup", "-daystart",
     "-depth", "-d", "-follow", "-mount", "-xdev", "-noleaf", "-ignore_readdir_race",
     "-noignore_readdir_race", "-warn", "-nowarn", "-not", "-a",
     "-and", "-o", "-or", "!", "(", ")", ",", "--help", "-help", "--version",
     "-version", "-x", "-X", "-E", "-s")
)  # fmt: skip
_WITH_VALUE = frozenset(
    ("-amin", "-anewer", "-atime", "-cmin", "-cnewer", "-ctime", "-fstype", "-gid",
     "-group", "-ilname", "-iname", "-inum", "-ipath", "-iregex", "-iwholename",
     "-links", "-lname", "-maxdepth", "-mindepth", "-mmin", "-mtime", "-name",
     "-newer", "-path", "-perm", "-printf", "-regex", "-regextype", "-samefile",
     "-size", "-type", "-uid", "-used", "-user", "-wholename", "-xtype", "-context")
)  # fmt: skip
_ROOT = "-f"
"""`-f PATH` is a starting point for BSD's find; anywhere else, and by GNU's, it is
refused before anything is done.
"""
_NEWER = re.compile(r"-newer[aBcm][aBcmt]")
_WRITES = frozenset(("-fprint", "-fprint0", "-fls", "-fprintf"))
_RUNS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))
_OTHER_OUTPUT = frozenset(("-printf", "-ls"))


def find(call: Call) -> None:
    words = list(call.words)
    roots: list[Word] = []
    while words and (words[0].known in _GLOBAL or _optimisation(words)):
        words.pop(0)
    while words[1:] and words[0].known == _ROOT:
        roots.append(words[1])
        words = words[2:]
    while words and (_is_open(words[0]) or not _starts_expression(words[0])):
        if _is_open(words[0]):
            _may_act(call, words[0])
        roots.append(words.pop(0))
    if not roots:
        roots = [Word(span=call.invocation.span, source=".", value=Known("."))]
    for root in roots:
        call.path(EffectKind.READ, root, recursive=True, names_only=True)
    _remember(call, roots, filtered=_is_filtered(words))
    _expression(call, words, roots)


def _optimisation(words: list[Word]) -> bool:
    text = words[0].known or ""
    if text == "-D":
        words.pop(0)
        return True
    return text.startswith("-O")


def _starts_expression(word: Word) -> bool:
    text = word.known
    if text is None:
        # A starting point that is not known may turn out to be an action.
        prefix = getattr(word.value, "prefix", "")
        pattern = word.value.text if isinstance(word.value, Pattern) else prefix
        return pattern[:1] in ("", "-", "(", "!", "*", "?", "[")
    return text.startswith("-") or text in ("(", "!", ",", ")")


def _is_open(word: Word) -> bool:
    """Nobody can tell whether it is a starting point or a part of the expression."""
    return word.known is None and _starts_expression(word)


def _may_act(call: Call, word: Word) -> None:
    """A word that may become an action, and one that takes what stands behind it."""
    for kind in (EffectKind.DELETE, EffectKind.MODIFY, EffectKind.EXECUTE):
        call.effect(kind, None, word=word, note=_MAY_ACT, possible=True)
    call.trace.lists = None


_MAY_ACT = "it may expand to an action of find"


def _remember(call: Call, roots: list[Word], *, filtered: bool) -> None:
    """What it prints lies below its starting points, spelt as these are.

    With a test it is seldom the starting point itself: then the tree ends in `/**`.
    """
    ending = "/**" if filtered else ""
    absolute = [p.absolute(w.known) for p in call.places for w in roots if w.known]
    if len(absolute) == len(roots) * len(call.places) and None not in absolute:
        call.trace.lists = tuple(
            path.rstrip("/") + ending or path for path in absolute if path is not None
        )
        call.trace.rooted = True


def _expression(call: Call, words: list[Word], roots: list[Word]) -> None:
    runs = False
    while words:
        word = words.pop(0)
        text = word.known
        if text in _OTHER_OUTPUT:
            call.trace.lists = None
        if text in _ALONE or text == _ROOT:
            continue
        if text in _WITH_VALUE or _NEWER.fullmatch(text or ""):
            _value(call, words)
        elif text == "-delete":
            _delete(call, roots)
        elif text in _RUNS:
            runs = True
            _run(call, text or "", words)
        else:
            _writes(call, word, words)
    if runs:
        # What the commands print is among the names.
        call.trace.lists = None


def _writes(call: Call, word: Word, words: list[Word]) -> None:
    text = word.known
    if text is None:
        _may_act(call, word)
        return
    if not text.startswith("-"):
        return  # "paths must precede expression": it stops before it does anything
    if text not in _WRITES:
        call.unknown(f"find has no known test {text}", word)
        return
    if words:
        call.path(EffectKind.MODIFY, words.pop(0))
    if text == "-fprintf" and words:
        words.pop(0)


def _value(call: Call, words: list[Word]) -> None:
    if not words:
        return
    value = words.pop(0)
    if isinstance(value.value, Unknown) and splits(value):
        _may_act(call, value)
    # `-name *.c` unquoted is a common slip: the shell puts file names there. These
    # become tests only if one of them is spelt like one.
    if isinstance(value.value, Pattern) and any(
        matches(value.value.text, action) for action in _ACTIONS
    ):
        _may_act(call, value)


_ACTIONS = ("-delete", *sorted(_RUNS), *sorted(_WRITES))
_NARROWS = frozenset(("-maxdepth", "-mindepth", "-type", "-xtype", "-regextype"))
"""With these alone, it is the whole tree that is meant."""


def _delete(call: Call, roots: list[Word]) -> None:
    """`-delete` removes what matches: entries below the roots, seldom all of them."""
    possible = replace(call, certainty=Certainty.POSSIBLE)
    listed = call.trace.lists
    if listed is None:
        for root in roots:
            possible.path(EffectKind.DELETE, root, recursive=True)
        return
    for path in listed:
        possible.tree(EffectKind.DELETE, path)


def _is_filtered(words: list[Word]) -> bool:
    """A test before the first action decides what is meant, and plainly so."""
    texts = [word.known or "" for word in words]
    if any(text in _UNCLEAR for text in texts):
        return False
    ends = [i for i, text in enumerate(texts) if text == "-delete" or text in _RUNS]
    before = texts[: ends[0]] if ends else texts
    tests = [
        i for i, text in enumerate(before) if text in _WITH_VALUE or text == "-empty"
    ]
    return any(
        before[i] not in _NARROWS and texts[i + 1 : i + 2] != ["*"] for i in tests
    )


_UNCLEAR = frozenset(("-o", "-or", ",", "!", "-not"))


def _run(call: Call, text: str, words: list[Word]) -> None:
    command: list[Word] = []
    while words:
        word = words.pop(0)
        if word.known == ";" or (
            word.known == "+" and command and command[-1].known == "{}"
        ):
            break
        command.append(word)
    name = _found_name(call)
    inner = replace(call, certainty=Certainty.POSSIBLE)
    if text in ("-execdir", "-okdir"):
        places = tuple(place.at(None) for place in call.places)
        inner = replace(inner, places=places)
    run_filled(inner, tuple(command), "{}", name)


def _found_name(call: Call) -> Word:
    """Stands for each path that find puts in place of `{}`."""
    return Word(
        span=call.invocation.span,
        source="{}",
        value=Unknown("the paths that find finds", "./"),
        quoted=True,
        substitutions=(call.index,),
    )
