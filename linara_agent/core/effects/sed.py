"""`sed`: its options, its files, and a script that may write files or run commands."""

from linara_agent.core.effects.arguments import with_text
from linara_agent.core.effects.commands import parsed
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.reach import TEXT_NOT_KNOWN, at_worst
from linara_agent.core.effects.sed_script import acts
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Word


def sed(call: Call) -> None:
    call, arguments, operands = parsed(call)
    if arguments.has("--version", "--help"):
        return
    scripts = arguments.values("-e")
    files = list(operands)
    if not scripts and not arguments.has("-f") and files:
        scripts = [files.pop(0)]
    for script in scripts:
        _script(call, script)
    for file in files:
        call.path(EffectKind.READ, file)
        if arguments.has("-i"):
            _in_place(call, file, arguments.values("-i"))


def _in_place(call: Call, file: Word, suffixes: list[Word]) -> None:
    call.path(EffectKind.MODIFY, file)
    for suffix in suffixes:
        backup = suffix.known
        if backup is None or "*" in backup or "/" in backup:
            call.unknown("where its backup goes cannot be known", suffix)
        elif file.known is not None:
            call.path(EffectKind.MODIFY, with_text(file, file.known + backup))


def _script(call: Call, word: Word) -> None:
    text = word.known
    if text is None:
        at_worst(call, word, TEXT_NOT_KNOWN)
        return
    for act in acts(text):
        if act.kind == "unknown":
            at_worst(call, word, f"sed's script {act.argument}")
        else:
            kind = EffectKind.MODIFY if act.kind == "writes" else EffectKind.READ
            call.path(kind, with_text(word, act.argument))
