"""`awk`: a program text that may write, read, pipe or run.

Source: awk(1), POSIX and gawk 5.2. A text is harmless when, with its strings,
patterns and comments taken out, nothing in it can reach outside.
"""

import re

from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Word

_STRING = re.compile(r'"(?:\\.|[^"\\])*"', re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")
_PATTERN = re.compile(r"(?:(?<=[(,{;!&|~\n])|^)(\s*)/(?:\\.|\[[^\]]*\]|[^/\\\n])+/")
_REACHES_OUT = re.compile(
    r"\bsystem\b|\bgetline\b|\bclose\b|\bfflush\b|\||@|\bENVIRON\b|\bPROCINFO\b|\bSYMTAB\b"
)
_COMPARES = re.compile(r">=")
_PRINTS_TO_FILE = re.compile(r"\bprintf?\b[^;}\n]*>")
_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_OPERAND_THAT_ASSIGNS = re.compile(r"[A-Za-z_]\w*=")


def awk(call: Call) -> None:
    call, arguments, words = parsed(call, options_first=True)
    if not words or arguments.has("--version", "--help"):
        return
    _program(call, words[0])
    for operand in words[1:]:
        if not _OPERAND_THAT_ASSIGNS.match(operand.known or ""):
            call.path(EffectKind.READ, operand)


def _program(call: Call, word: Word) -> None:
    text = word.known
    if text is None:
        call.unknown("awk's program cannot be known", word)
        return
    plain = _COMMENT.sub("", _STRING.sub('""', text))
    plain = _COMPARES.sub("  ", _PATTERN.sub(r"\1 0", plain)).replace("||", "  ")
    if '"' in plain.replace('""', ""):
        call.unknown("awk's program has quotes that cannot be paired", word)
        return
    found = _REACHES_OUT.search(plain)
    if found is not None:
        call.unknown(f"awk's program uses {found[0]}", word)
        return
    while _IN_PARENTHESES.search(plain):
        plain = _IN_PARENTHESES.sub(" 0 ", plain)
    if _PRINTS_TO_FILE.search(plain):
        call.unknown("awk's program writes a file", word)
