"""`dd`: operands of the form `if=FILE`, `of=FILE`."""

from dataclasses import replace

from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Known

_PLAIN = frozenset(
    ("bs", "ibs", "obs", "cbs", "count", "skip", "seek", "iseek", "oseek", "conv",
     "iflag", "oflag", "status")
)  # fmt: skip


def dd(call: Call) -> None:
    for word in call.words:
        text = word.known
        name, equals, value = (text or "").partition("=")
        if text in ("--help", "--version"):
            return
        if text is None or not equals:
            call.unknown("an operand of dd cannot be known", word)
        elif name in ("if", "of"):
            kind = EffectKind.READ if name == "if" else EffectKind.MODIFY
            call.path(kind, replace(word, value=Known(value)))
        elif name not in _PLAIN:
            call.unknown(f"dd has no known operand {name}=", word)
