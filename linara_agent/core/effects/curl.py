"""`curl`: values that name a file of which the content is sent.

Source: curl(1) of curl 7.88.1; `%output{}` of --write-out is of curl 8.3.
"""

import re

from linara_agent.core.effects.arguments import Given, with_text
from linara_agent.core.effects.commands import described, parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Word

_WHOLE = frozenset(
    ("-d", "--data", "--data-ascii", "--data-binary", "--json", "-H", "--header",
     "--proxy-header", "-w", "--write-out")
)  # fmt: skip
"""Their value is a text, or `@FILE`."""
_NAMED = frozenset(("--data-urlencode", "--url-query"))
"""Their value is a text, `@FILE` or `NAME@FILE`."""
_FORM = frozenset(("-F", "--form"))
"""Their value is `NAME=TEXT`, `NAME=@FILE,FILE;type=…` or `NAME=<FILE`."""
_COOKIES = frozenset(("-b", "--cookie"))
"""Their value is `NAME=TEXT`, or a file."""
_UPLOADS = frozenset(("-T", "--upload-file"))
_OUTPUTS = frozenset(("-o", "--output"))
_FORM_FILES = re.compile(r"[^=]*=\(?[@<](?P<files>[^;]*)")


def curl(call: Call) -> None:
    call, arguments, operands = parsed(call)
    for given in arguments.given:
        if given.value is not None:
            _sends(call, given, given.value)
    described(call, arguments, operands)


def _sends(call: Call, given: Given, word: Word) -> None:
    text = word.known
    if given.name in _UPLOADS | _OUTPUTS:
        # `{a,b}` stands for several files, `#1` for a part of the address.
        if text is not None and re.search(r"[{\[]|#\d", text):
            call.unknown("which files it means cannot be told", word)
        return
    if given.name not in _WHOLE | _NAMED | _FORM | _COOKIES:
        return
    if text is None:
        _may_name_a_file(call, given, word)
        return
    for file in _files(given.name, text):
        call.path(EffectKind.READ, with_text(word, file))
    if "%output{" in text and given.name in ("-w", "--write-out"):
        call.unknown("which file it writes cannot be told", word)


def _files(name: str, text: str) -> tuple[str, ...]:
    if name in _COOKIES:
        return () if "=" in text or not text else (text,)
    if name in _FORM:
        found = _FORM_FILES.match(text)
        files = found["files"].split(",") if found is not None else []
        return tuple(file.strip('"') for file in files)
    head, at, file = text.partition("@")
    if not at or (name in _WHOLE and head) or "=" in head:
        return ()
    return (file,)


def _may_name_a_file(call: Call, given: Given, word: Word) -> None:
    """The value cannot be known: unless its beginning shows that it is a text."""
    prefix = getattr(word.value, "prefix", "")
    if given.name in _WHOLE and prefix and not prefix.startswith("@"):
        return
    if "=" in prefix and given.name in _NAMED | _COOKIES:
        return
    call.effect(EffectKind.READ, None, word=word, note="it may name a file to send")
