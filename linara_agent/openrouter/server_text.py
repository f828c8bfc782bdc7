"""Makes a server's words fit for the screen and the journal.

Everything that a server sends is untrusted: it may steer the terminal, repeat
the key, name the account, or go on for pages.
"""

import re
import unicodedata

from linara_agent.core.redact import redact
from linara_agent.openrouter.options import Options

_SHORTEST_KEY = 12
_LONGEST_READ = 20_000

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)"  # OSC, DCS and their kin, to the end
    r"|\x1b[ -/]*[0-~]",
    re.DOTALL,
)
# Servers quote a refused key with its middle starred out.
_KEYS = re.compile(r"\bsk-[A-Za-z0-9_*.…-]{6,}")
_ACCOUNTS = re.compile(r"\b(?:user|org)_[A-Za-z0-9]{10,}")


def plain(text: str, options: Options, *, limit: int = 300) -> str:
    """One line without control characters, key and account ids, cut at `limit`."""
    text = _ESCAPES.sub("", text[:_LONGEST_READ])
    text = "".join(" " if char.isspace() else char for char in text)
    text = "".join(char for char in text if unicodedata.category(char)[0] != "C")
    text = redacted(" ".join(text.split()), options)
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def redacted(text: str, options: Options) -> str:
    """The text without the key in use, other keys, and account ids."""
    text = text_without_key(text, options)
    return _ACCOUNTS.sub("[account]", _KEYS.sub("[key]", redact(text)))


def text_without_key(text: str, options: Options) -> str:
    """The text without the key in use, else as it is."""
    if not _is_secret(options):
        return text
    return text.replace(options.secret or "", "[key]")


def without_key(body: bytes, options: Options) -> bytes:
    """The bytes without the key in use, else as they are."""
    if not _is_secret(options):
        return body
    return body.replace((options.secret or "").encode(), b"[key]")


def _is_secret(options: Options) -> bool:
    """Servers on this machine get dummies such as `ollama`, which are words."""
    return len(options.secret or "") >= _SHORTEST_KEY
