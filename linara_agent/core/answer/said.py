"""What a model says of its command beside it: words to read, never judged by."""

from collections.abc import Mapping

from linara_agent.core.shell.guards.characters import hidden

_LINE_CHARACTERS = 500
_MOST_ASSUMPTIONS = 5

_CLAIMS = {
    "needs_root": "needs root",
    "needs_network": "needs the network",
    "needs_terminal": "needs a terminal",
}


def line(prose: str, *, longest: int = _LINE_CHARACTERS) -> str | None:
    """One line of the model's prose, without what could steer a terminal."""
    prose = prose[: 4 * longest]
    kept = "".join(char if hidden(char) is None else " " for char in prose)
    text = " ".join(kept.split())
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text or None


def assumptions(fields: Mapping[str, object]) -> tuple[str, ...]:
    """What it took for granted; a text or a list of them."""
    value = fields.get("assumptions")
    items = value if isinstance(value, list) else [value]
    texts = (line(one) for one in items if isinstance(one, str))
    return tuple(text for text in texts if text)[:_MOST_ASSUMPTIONS]


def claims(fields: Mapping[str, object]) -> tuple[str, ...]:
    """What it says that the command needs, and how it could be undone."""
    found = [words for name, words in _CLAIMS.items() if fields.get(name) is True]
    undo = fields.get("undo")
    if isinstance(undo, str) and (how := line(undo)):
        found.append(f"to undo it: {how}")
    elif fields.get("reversible") is False or undo is False:
        found.append("cannot be undone")
    return tuple(found)
