"""`tar`: one mode decides whether it lists, writes or extracts.

Source: tar(1) of GNU tar 1.34.
"""

import re
from dataclasses import replace

from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Known, Word

_MODES = ("-t", "-x", "-c", "-r", "-u", "-d")
_ON_ANOTHER_HOST = re.compile(r"[^/]+:")


def tar(call: Call) -> None:
    started = call
    call, arguments, members = parsed(call)
    if members and arguments.has("-C"):
        # Each `-C` moves only the members behind it.
        both = (*started.places, *call.places)
        call = replace(call, places=tuple(dict.fromkeys(both)))
    if arguments.has("--version", "--help"):
        return
    modes = [mode for mode in _MODES if arguments.has(mode)]
    archives = arguments.values("-f")
    if len(modes) != 1:
        call.unknown("what tar is to do cannot be told")
        return
    mode = modes[0]
    if arguments.has("--remove-files") and mode in ("-c", "-r", "-u"):
        _removes(call, members)
    for archive in archives:
        if _ON_ANOTHER_HOST.match(archive.known or ""):
            call.unknown("its archive is on another host", archive)
        elif mode in ("-c", "-r", "-u"):
            # The archive is found from where tar started, whatever `-C` says.
            started.path(EffectKind.MODIFY, archive)
        else:
            started.path(EffectKind.READ, archive)
    _members(call, mode, members, to_output=arguments.has("-O"))


def _removes(call: Call, members: tuple[Word, ...]) -> None:
    """What it has packed it deletes, where that is no directory still in use."""
    for member in members:
        call.path(EffectKind.DELETE, member, recursive=True)


def _members(
    call: Call, mode: str, members: tuple[Word, ...], *, to_output: bool
) -> None:
    if mode in ("-c", "-r", "-u"):
        for member in members:
            call.path(EffectKind.READ, member, recursive=True)
    elif mode == "-d" or (mode == "-x" and not to_output):
        here = Word(span=call.invocation.span, source=".", value=Known("."))
        kind = EffectKind.READ if mode == "-d" else EffectKind.MODIFY
        call.path(kind, here, recursive=True)
