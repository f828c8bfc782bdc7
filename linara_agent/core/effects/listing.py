"""Programs that print paths, and which paths these are.

What `find`, `ls` or `grep -l` prints may become words of the next command, by a pipe
into `xargs` or by `$( )`. Then its paths lie where the printer's did.
"""

from collections.abc import Mapping

from linara_agent.core.effects.arguments import Arguments
from linara_agent.core.effects.catalogue import Role
from linara_agent.core.effects.trace import Call
from linara_agent.core.shell.script import Known, Word


def default_word(call: Call, text: str) -> Word:
    return Word(span=call.invocation.span, source=text, value=Known(text))


def remember_listed(
    call: Call, arguments: Arguments, operands: tuple[Word, ...]
) -> None:
    """Note which paths its output names: those of its operands, or of its input."""
    named = [word for word in operands if word.known != "-"]
    keeps = _KEEPS_NAMES.get(call.program.name, frozenset())
    if not all(given.name in keeps for given in arguments.given):
        return
    if call.program.output == "operands":
        # `ls a` prints names without the `a`: they may be meant from here.
        words = [*named, default_word(call, ".")]
        roots = [p.absolute(w.known) for p in call.places for w in words if w.known]
        if len(roots) == len(words) * len(call.places) and None not in roots:
            call.trace.lists = tuple(root for root in roots if root is not None)
    if call.program.output == "input" and (not named or _only_pattern(call, operands)):
        call.trace.lists = _incoming(call)
        call.trace.rooted = incoming_rooted(call)


_KEEPS_NAMES: Mapping[str, frozenset[str]] = {
    "grep": frozenset(
        ("-v", "-i", "-E", "-F", "-P", "-G", "-e", "-z", "-w", "-x", "-a")
    ),
    "ls": frozenset(("-1", "-a", "-A", "-d", "-t", "-r", "-S", "-U", "-X", "-v", "-R")),
    "sort": frozenset(("-r", "-n", "-u", "-z", "-V", "-k", "-t", "-f", "-h")),
    "head": frozenset(("-n", "-NUM", "-z", "-q", "--lines")),
    "tail": frozenset(("-n", "-NUM", "-z", "-q", "--lines")),
    "uniq": frozenset(("-u", "-d", "-z")),
}
"""The options with which a program prints names, or whole lines, and nothing else."""


def _only_pattern(call: Call, operands: tuple[Word, ...]) -> bool:
    first = [one for one in call.program.operand if one.position == "first"]
    return bool(first) and first[0].role is Role.PATTERN and len(operands) == 1


def _incoming(call: Call) -> tuple[str, ...] | None:
    """The roots of the paths on its standard input."""
    listed = [call.resolution.trace(i).lists for i in call.invocation.piped_from]
    if not listed or None in listed:
        return None
    return tuple(dict.fromkeys(root for roots in listed for root in roots or ()))


def incoming_rooted(call: Call) -> bool:
    """The paths on its standard input all begin with a slash, a dot or a name."""
    sources = call.invocation.piped_from
    return bool(sources) and all(call.resolution.trace(i).rooted for i in sources)
