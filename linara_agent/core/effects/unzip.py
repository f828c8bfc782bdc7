"""`unzip`: it reads one archive, and writes where it stands or where `-d` says.

Source: unzip(1) of Info-ZIP 6.00.
"""

from linara_agent.core.effects.catalogue import Role
from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.listing import default_word
from linara_agent.core.effects.trace import Call


def unzip(call: Call) -> None:
    call, arguments, operands = parsed(call)
    for archive in operands[:1]:
        call.path(EffectKind.READ, archive)
    looks = any(given.option.operands is Role.READ for given in arguments.given)
    if looks or not operands:
        return
    for place in arguments.values("-d") or (default_word(call, "."),):
        call.path(EffectKind.MODIFY, place, recursive=True)
