"""Commands that change how bash reads or runs the rest of a script.

Both parsers read by the default rules. Where a script may leave these, what
follows is not what it seems.
"""

import re
from collections.abc import Iterable, Iterator

from linara_agent.core.shell.script import Invocation, Opaque, Span, Word

# Letters and names of `set` that leave words, names and parsing as they are.
_SET_LETTERS = frozenset("aeuxvfhbmCETo")
_SET_NAMES = frozenset(
    (
        "allexport",
        "errexit",
        "errtrace",
        "functrace",
        "hashall",
        "ignoreeof",
        "monitor",
        "noclobber",
        "noglob",
        "notify",
        "nounset",
        "pipefail",
        "verbose",
        "vi",
        "emacs",
        "xtrace",
        "interactive-comments",
    )
)
_SHOPT_FLAGS = frozenset(("-s", "-u", "-q", "-p", "-qs", "-qu"))
_SHOPT_NAMES = frozenset(
    (
        "checkhash",
        "checkwinsize",
        "cmdhist",
        "dotglob",
        "execfail",
        "extglob",
        "globstar",
        "histappend",
        "inherit_errexit",
        "lithist",
        "nocaseglob",
        "nocasematch",
        "nullglob",
        "globasciiranges",
        "promptvars",
        "huponexit",
        "checkjobs",
        "mailwarn",
        "login_shell",
        "progcomp",
        "histverify",
        "histreedit",
        "direxpand",
        "complete_fullquote",
    )
)


_NEW_RULES = "it may change the rules by which bash reads what follows"
_RULE_VARIABLES = frozenset(("POSIXLY_CORRECT", "POSIX_PEDANTIC", "BASH_COMPAT"))


def changed_rules(text: str, invocations: Iterable[Invocation]) -> Iterator[Opaque]:
    """From each command after which bash may read by other rules, to the end."""
    for invocation in invocations:
        words = invocation.called
        rest = Span(invocation.span.start, len(text))
        name = words[0].known if words else None
        assigned = {one.name for one in invocation.assignments}
        if (
            (name == "set" and not _is_harmless_set(words[1:]))
            or (name == "shopt" and not _is_harmless_shopt(words[1:]))
            or assigned & _RULE_VARIABLES
        ):
            yield Opaque(span=rest, reason=_NEW_RULES)
        elif name == "enable" and len(words) > 1:
            reason = "it may change what a builtin's name means"
            yield Opaque(span=rest, reason=reason)


def _is_harmless_set(words: tuple[Word, ...]) -> bool:
    rest = list(words)
    while rest:
        word = rest.pop(0)
        text = word.known
        if text is None:
            return word.quoted and _begins_plainly(word)
        if text in ("--", "-") or text[:1] not in ("-", "+"):
            return True
        if set(text[1:]) - _SET_LETTERS:
            return False
        named = [rest.pop(0).known for _ in range(text.count("o")) if rest]
        if set(named) - _SET_NAMES:
            return False
    return True


def _begins_plainly(word: Word) -> bool:
    prefix = getattr(word.value, "prefix", "")
    return bool(prefix) and prefix[0] not in "-+"


def _is_harmless_shopt(words: tuple[Word, ...]) -> bool:
    names = {word.known for word in words}
    changes = any(name is None or re.match(r"-.*[suo]", name) for name in names)
    return not changes or names <= _SHOPT_FLAGS | _SHOPT_NAMES
