"""Replaces keys, tokens and passwords by `[redacted:KIND:XXXXXXXX]`.

The eight hex digits begin the SHA-256 of what was replaced, so that two uses of the
same secret can be told to be the same. Patterns are precise on purpose: hashes,
digests, UUIDs, paths and ordinary words stay, because a journal that hides what
happened is no journal. `redact(redact(text)) == redact(text)` for every text.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from hashlib import sha256

from linara_agent.core.record import Json
from linara_agent.core.secret import HARMLESS, NAME, RULES
from linara_agent.core.wire import encode_text

_SHORTEST_KNOWN = 6

_KINDS = sorted({rule.kind for rule in RULES} | {"known"})
_B64 = '{"b64":'

_OWN = re.compile(rf"(\[redacted:(?:{'|'.join(_KINDS)}):[0-9a-f]{{8}}\])")
_QUOTED = re.compile(r"""\"[^\"]+\"|'[^']+'""")
_NAMES_NEXT = re.compile(r"--?[\w-]+\Z|[A-Z][A-Z0-9_]*\Z")
_FLAG_NAMES = ("-u", "--user", "--proxy-user")


def redact(text: str, *, known: tuple[str, ...] = ()) -> str:
    """Replace every secret in `text`; `known` are values to replace wherever they are.

    Known values of fewer than six characters are left alone: they would match words.
    """
    if not may_hold(text, known=known):
        return text
    known = _usable(known)
    # Replacing one secret can lay open the start of another.
    while (cleaner := _once(text, known)) != text:
        text = cleaner
    return text


def redact_value(value: Json, *, known: tuple[str, ...] = ()) -> Json:
    """Redact every text in a JSON value, names and `{"b64": …}` texts included.

    What stands under a secret's name (`{"password": …}`, `["--token", …]`) is
    replaced whole.
    """
    return _walk(value, _usable(known))


def may_hold(text: str, *, known: tuple[str, ...] = ()) -> bool:
    """Whether a text may hold a secret: cheap, and never wrongly False.

    The text may also be JSON in ASCII; then texts that stand in it as base64 count as
    holding one, because they were not looked into.
    """
    folded = text.lower()
    for gate in _gates():
        if gate in folded:
            return True
    return any(value in text or _quoted(value) in text for value in known)


def _usable(known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for value in known if len(value) >= _SHORTEST_KNOWN)


@cache
def _gates() -> tuple[str, ...]:
    """As few texts as possible of which each hint contains one."""
    wanted = {"key", "pass", "$", _B64}.union(*(rule.hints for rule in RULES))
    return tuple(
        sorted(w for w in wanted if not any(o != w and o in w for o in wanted))
    )


def _quoted(text: str) -> str:
    return json.dumps(text)[1:-1]


def _once(text: str, known: tuple[str, ...]) -> str:
    for value in known:
        if value in text:
            text = _outside_own(text, re.compile(re.escape(value)), "known", None)
    folded = text.lower()
    for rule in RULES:
        if any(hint in folded for hint in rule.hints):
            pattern = _compiled(rule.pattern, rule.flags)
            text = _outside_own(text, pattern, rule.kind, rule.spares)
    return text


@cache
def _compiled(pattern: str, flags: re.RegexFlag) -> re.Pattern[str]:
    return re.compile(pattern, flags | re.ASCII | re.VERBOSE)


def _outside_own(
    text: str,
    pattern: re.Pattern[str],
    kind: str,
    spares: Callable[[re.Match[str]], bool] | None,
) -> str:
    """Replace in all parts of the text that are not a replacement already."""

    def replaced(match: re.Match[str]) -> str:
        if spares is not None and spares(match):
            return match[0]
        start, end = _secret_span(match)
        start, end = start - match.start(), end - match.start()
        secret = match[0][start:end]
        return match[0][:start] + _replacement(kind, secret) + match[0][end:]

    parts = _OWN.split(text)
    parts[::2] = [pattern.sub(replaced, part) for part in parts[::2]]
    return "".join(parts)


def _secret_span(match: re.Match[str]) -> tuple[int, int]:
    """Where the secret stands, without the quotes around it or the bracket after it."""
    if "secret" not in match.re.groupindex:
        return match.span()
    start, end = match.span("escaped" if match.lastgroup == "escaped" else "secret")
    secret = match.string[start:end]
    if _QUOTED.fullmatch(secret):
        return start + 1, end - 1
    return start, start + (len(secret.rstrip(",)]}")) or len(secret))


def _replacement(kind: str, secret: str) -> str:
    raw = secret.encode("utf-8", "surrogatepass")
    return f"[redacted:{kind}:{sha256(raw).hexdigest()[:8]}]"


def _from_b64(value: Mapping[str, Json]) -> str | None:
    """The text that stands in JSON as base64 because it is not UTF-8."""
    coded = value.get("b64")
    if len(value) != 1 or not isinstance(coded, str):
        return None
    try:
        return b64decode(coded, validate=True).decode(errors="surrogateescape")
    except ValueError:
        return None


def _walk(value: Json, known: tuple[str, ...]) -> Json:
    if isinstance(value, str):
        return redact(value, known=known)
    if isinstance(value, Mapping):
        return _walk_mapping(value, known)
    if isinstance(value, Sequence):
        return _walk_sequence(value, known)
    return value


def _walk_mapping(value: Mapping[str, Json], known: tuple[str, ...]) -> Json:
    hidden = _from_b64(value)
    if hidden is not None:
        clean = redact(hidden, known=known)
        return dict(value) if clean == hidden else encode_text(clean)
    return {
        redact(name, known=known): _under(name, item, known)
        for name, item in value.items()
    }


def _walk_sequence(value: Sequence[Json], known: tuple[str, ...]) -> Json:
    """Words of a command: what follows `--token` is a secret, and `NAME, value` too."""
    clean: list[Json] = []
    before: Json = None
    for item in value:
        if not isinstance(before, str) or not isinstance(item, str):
            clean.append(_walk(item, known))
        elif before in _FLAG_NAMES:
            words = redact(f"{before} {item}", known=known)
            clean.append(words.removeprefix(f"{before} "))
        elif not item.startswith("-") and _NAMES_NEXT.match(before):
            clean.append(_under(before, item, known))
        else:
            clean.append(redact(item, known=known))
        before = item
    return clean


def _under(name: str, value: Json, known: tuple[str, ...]) -> Json:
    """The value that stands under a name, replaced whole if the name is a secret's."""
    if not _compiled(rf"{NAME}\Z", re.IGNORECASE).search(name):
        return _walk(value, known)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_under(name, item, known) for item in value]
    if not isinstance(value, str) or _OWN.fullmatch(value):
        return _walk(value, known)
    if not _compiled(rf"{HARMLESS}.", re.IGNORECASE | re.DOTALL).match(value):
        return redact(value, known=known)
    return _replacement("assigned", value)
