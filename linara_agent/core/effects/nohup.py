"""`nohup` runs a command, and keeps its output in a file where a terminal would be.

Source: nohup(1) of coreutils 9.1.
"""

from dataclasses import replace

from linara_agent.core.effects.commands import parsed, run
from linara_agent.core.effects.effect import Certainty, EffectKind
from linara_agent.core.effects.listing import default_word
from linara_agent.core.effects.trace import Call

_FILE = "nohup.out"


def nohup(call: Call) -> None:
    call, _, words = parsed(call, options_first=True)
    if words and not _goes_elsewhere(call):
        possible = replace(call, certainty=Certainty.POSSIBLE)
        possible.path(EffectKind.MODIFY, default_word(call, _FILE))
    run(call, words)


def _goes_elsewhere(call: Call) -> bool:
    """Its standard output is certainly no terminal."""
    return bool(call.invocation.piped_to) or any(
        one.operator in ("&>", "&>>", ">&")
        or (one.operator in (">", ">>", ">|") and one.descriptor in (None, "1"))
        for one in call.invocation.redirections
    )
