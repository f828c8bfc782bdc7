"""find's expression in words: what its tests choose, and what becomes of it.

Source: find(1) of findutils 4.9.0. Tests before an action in the same branch of an
`-o` decide what it is for.
"""

import re
from dataclasses import dataclass

from linara_agent.core.shell.script import Word

UNCLEAR = "that its tests choose"
_UNITS = {"c": "bytes", "k": "KB", "M": "MB", "G": "GB", "w": "words", "b": "blocks"}
_TYPES = {"f": "file", "d": "directory", "l": "link", "s": "socket", "p": "pipe"}
_VALUES = {
    "-name": "named {}",
    "-iname": "named {} in any case",
    "-path": "whose path matches {}",
    "-wholename": "whose path matches {}",
    "-ipath": "whose path matches {} in any case",
    "-regex": "whose path matches the expression {}",
    "-iregex": "whose path matches the expression {} in any case",
    "-newer": "changed after {} was",
    "-anewer": "read after {} was changed",
    "-cnewer": "whose state changed after {} was changed",
    "-newermt": "changed after {}",
    "-newerat": "read after {}",
    "-newerct": "whose state changed after {}",
    "-user": "owned by {}",
    "-uid": "owned by user {}",
    "-group": "of the group {}",
    "-gid": "of the group {}",
    "-links": "with {} names",
    "-samefile": "that is the same file as {}",
    "-inum": "with the inode {}",
    "-fstype": "on a {} file system",
    "-lname": "that is a link to {}",
}
_ALONE = {
    "-empty": "that is empty",
    "-nouser": "that is owned by nobody known",
    "-nogroup": "that is of no known group",
    "-executable": "that can be executed",
    "-readable": "that can be read",
    "-writable": "that can be written",
    "-true": "",
}
_TIMES = {
    "-mtime": ("older than {} days", "changed in the last {} days", "{} days old"),
    "-mmin": ("older than {} minutes", "changed in the last {} minutes", "{} min old"),
    "-atime": ("last read over {} days ago", "read in the last {} days", ""),
    "-amin": ("last read over {} minutes ago", "read in the last {} minutes", ""),
    "-ctime": ("unchanged for {} days", "with a change in the last {} days", ""),
    "-cmin": ("unchanged for {} minutes", "with a change in the last {} minutes", ""),
}
_GLOBAL = {
    "-xdev": "on the same file system",
    "-mount": "on the same file system",
}
_IGNORED = frozenset(
    ("-depth", "-follow", "-noleaf", "-d", "-ignore_readdir_race", "-warn", "-nowarn",
     "-and", "-a", "-noignore_readdir_race", "-daystart")
)  # fmt: skip
_ACTIONS = {
    "-print": ("lists", 0),
    "-print0": ("lists", 0),
    "-ls": ("lists", 0),
    "-printf": ("lists", 1),
    "-fprint": ("writes into {} the names of", 1),
    "-fprint0": ("writes into {} the names of", 1),
    "-fls": ("writes into {} a list of", 1),
    "-fprintf": ("writes into {} facts about", 2),
    "-delete": ("deletes", 0),
    "-prune": ("prunes", 0),
    "-quit": ("stops at", 0),
}  # the verb, and how many words belong to the action
_RUNS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """An action with what it is for; `run` is the program of an `-exec`."""

    verb: str
    what: str
    run: str | None = None

    @property
    def text(self) -> str:
        if self.run is None:
            return f"{self.verb} {self.what}"
        asked = " if you agree" if self.verb == "asks" else ""
        return f"runs {self.run} for {self.what}{asked}"


class _NotPlain(Exception):
    """The expression is more than these words can say."""


def told(words: tuple[Word, ...], roots: str) -> tuple[Chosen, ...]:
    """What find does, action by action; `roots` are its starting points in words.

    `words` are all that stand behind the starting points.
    """
    texts = [word.known if word.known is not None else word.source for word in words]
    try:
        return tuple(_Expression(texts, roots).actions())
    except (_NotPlain, IndexError):
        return tuple(_roughly(texts, roots))


def _roughly(texts: list[str], roots: str) -> list[Chosen]:
    """The actions alone, where the tests cannot be put into words."""
    what = f"what is below {roots} and passes the tests given"
    found: list[Chosen] = []
    for at, text in enumerate(texts):
        if text in _RUNS:
            run = texts[at + 1] if at + 1 < len(texts) else "a command"
            found.append(Chosen(verb="runs", what=what, run=run))
        elif text in _ACTIONS and text not in ("-prune", "-quit"):
            value = texts[at + 1] if at + 1 < len(texts) else "a file"
            verb = _ACTIONS[text][0].format(value)
            found.append(Chosen(verb=verb, what=what))
    return found or [Chosen(verb="lists", what=what)]


@dataclass(slots=True)
class _Term:
    """A test in words; `noun` where it says what kind of thing is meant."""

    text: str = ""
    noun: str | None = None


class _Expression:
    """Reads an expression once, left to right."""

    def __init__(self, texts: list[str], roots: str) -> None:
        self._rest = list(texts)
        self._where = f"below {roots}"
        self._roots = roots
        self._everywhere: list[str] = []
        self._left_out: list[str] = []
        self._found: list[tuple[str, str | None, list[_Term]]] = []

    def actions(self) -> list[Chosen]:
        branches = self._alternatives()
        if self._rest:
            raise _NotPlain
        if not self._found:
            terms = branches[0] if len(branches) == 1 else [_either(branches)]
            self._found.append(("lists", None, terms))
        return [
            Chosen(verb=verb, what=self._what(terms), run=run)
            for verb, run, terms in self._found
        ]

    def _what(self, terms: list[_Term]) -> str:
        text = _thing(self._where, [*terms, *map(_Term, self._everywhere)])
        if self._left_out:
            text += f", leaving out {' and '.join(self._left_out)}"
        return text

    def _alternatives(self) -> list[list[_Term]]:
        """The branches of `A -o B`, each a list of tests; notes the actions."""
        branches: list[list[_Term]] = []
        while True:
            before = len(self._found)
            terms, pruned = self._branch()
            if pruned:
                self._left_out.append(_thing("", terms))
            elif len(self._found) == before:
                branches.append(terms)
            if not self._rest or self._rest[0] not in ("-o", "-or"):
                break
            self._rest.pop(0)
        return branches or [[]]

    def _branch(self) -> tuple[list[_Term], bool]:
        terms: list[_Term] = []
        pruned = False
        while self._rest and self._rest[0] not in ("-o", "-or", ")"):
            text = self._rest.pop(0)
            if text == "-prune":
                pruned = True
            elif text in _ACTIONS or text in _RUNS:
                verb, run = self._action(text)
                self._found.append((verb, run, list(terms)))
            elif text not in _IGNORED:
                terms.append(self._term(text))
        return terms, pruned

    def _action(self, text: str) -> tuple[str, str | None]:
        if text in _RUNS:
            words: list[str] = []
            while self._rest:
                word = self._rest.pop(0)
                if word in (";", "\\;") or (word == "+" and words[-1:] == ["{}"]):
                    break
                words.append(word)
            return ("asks" if text.startswith("-ok") else "runs"), words[0]
        verb, count = _ACTIONS[text]
        values = [self._rest.pop(0) for _ in range(count)]
        return verb.format(*values), None

    def _term(self, text: str) -> _Term:
        if text in ("!", "-not"):
            return _negated(self._term(self._rest.pop(0)))
        if text == "(":
            return self._group()
        if text in _GLOBAL:
            self._everywhere.append(_GLOBAL[text])
            return _Term()
        if text == "-regextype":
            self._rest.pop(0)
            return _Term()
        if text in ("-maxdepth", "-mindepth"):
            self._depth(text, self._rest.pop(0))
            return _Term()
        if text in _ALONE:
            return _Term(_ALONE[text])
        return self._valued(text)

    def _group(self) -> _Term:
        before = len(self._found)
        branches = self._alternatives()
        if self._rest[:1] != [")"] or len(self._found) != before:
            raise _NotPlain
        self._rest.pop(0)
        return _either(branches)

    def _depth(self, text: str, value: str) -> None:
        if text == "-maxdepth" and value == "1":
            self._where = f"directly in {self._roots}"
        elif text == "-maxdepth":
            self._where = f"at most {value} levels below {self._roots}"
        elif value != "1":
            self._everywhere.append(f"at least {value} levels down")

    def _valued(self, text: str) -> _Term:
        if text in _TIMES:
            return _Term(_time(text, self._rest.pop(0)))
        if text in _VALUES:
            return _Term(_VALUES[text].format(self._rest.pop(0)))
        if text == "-size":
            return _Term(_size(self._rest.pop(0)))
        if text in ("-type", "-xtype"):
            return _type(self._rest.pop(0))
        if text == "-perm":
            return _Term(_permissions(self._rest.pop(0)))
        raise _NotPlain


def _thing(where: str, terms: list[_Term]) -> str:
    """`every file below /tmp named x`."""
    nouns = [one.noun for one in terms if one.noun is not None]
    noun = nouns[-1] if nouns else "path"
    return _joined([f"every {noun} {where}".strip(), *(one.text for one in terms)])


def _joined(parts: list[str]) -> str:
    """`every file below /tmp older than 7 days and named x`."""
    given = [part for part in parts if part]
    if len(given) < 3:  # noqa: PLR2004 — the thing itself and one test
        return " ".join(given)
    return f"{' '.join(given[:2])} and {' and '.join(given[2:])}"


def _either(branches: list[list[_Term]]) -> _Term:
    nouns = {one.noun for terms in branches for one in terms} - {None}
    if len(nouns) > 1 or (nouns and len(branches) > 1):
        names = [one.noun for terms in branches for one in terms if one.noun]
        if all(len(terms) == 1 and terms[0].noun for terms in branches):
            return _Term(noun=" or ".join(names))
        raise _NotPlain
    texts = [" and ".join(t.text for t in terms if t.text) for terms in branches]
    if len(texts) > 1 and "" in texts:
        return _Term()
    return _Term(" or ".join(texts), next(iter(nouns), None))


def _negated(term: _Term) -> _Term:
    if term.noun is not None:
        if term.text:
            raise _NotPlain
        return _Term(f"that is not a {term.noun}")
    if term.text.startswith("that is "):
        return _Term("that is not " + term.text.removeprefix("that is "))
    if term.text.startswith("that can "):
        return _Term("that cannot " + term.text.removeprefix("that can "))
    if term.text.startswith("whose path matches ") and " or " not in term.text:
        return _Term(term.text.replace(" matches ", " does not match ", 1))
    if not term.text:
        raise _NotPlain
    return _Term(f"not {term.text}" if " or " not in term.text else _neither(term.text))


def _neither(text: str) -> str:
    return "neither " + text.replace(" or ", " nor ")


def _type(value: str) -> _Term:
    nouns = [_TYPES.get(letter) for letter in value.split(",")]
    if None in nouns:
        return _Term(f"of the type {value}")
    return _Term(noun=" or ".join(noun for noun in nouns if noun))


def _time(test: str, value: str) -> str:
    found = re.fullmatch(r"([+-]?)(\d+(?:\.\d+)?)", value)
    if found is None:
        raise _NotPlain
    more, less, exact = _TIMES[test]
    if not found[1] and not exact:
        raise _NotPlain
    words = {"+": more, "-": less, "": exact}[found[1]].format(found[2])
    return re.sub(r"\b1 (day|minute)s", r"1 \1", words)


def _size(value: str) -> str:
    found = re.fullmatch(r"([+-]?)(\d+)([cwbkMG]?)", value)
    if found is None:
        raise _NotPlain
    unit = _UNITS[found[3] or "b"]
    how = {"+": "larger than", "-": "smaller than", "": "of the size"}[found[1]]
    if found[2] == "0" and not found[1]:
        return "that is empty"
    blocks = "blocks of 512 bytes" if unit == "blocks" else unit
    return f"{how} {found[2]} {blocks}"


def _permissions(value: str) -> str:
    if value.startswith("-"):
        return f"with at least the permissions {value[1:]}"
    if value.startswith("/"):
        return f"with any of the permissions {value[1:]}"
    return f"with the permissions {value}"
