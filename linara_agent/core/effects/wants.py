"""What the programs of a script need that no preview gives, read from the text."""

from collections.abc import Iterator

from linara_agent.core.effects.arguments import take_apart
from linara_agent.core.effects.catalogue import Catalogue, Option, Program
from linara_agent.core.effects.trace import Command, Reading
from linara_agent.core.need import Need, Sudo, Want
from linara_agent.core.shell.script import Pattern, Script, Word

_ROOT = ("root", "0", "#0")
_HARMLESS = frozenset(
    ("-n", "--non-interactive", "-H", "--set-home", "-k", "--reset-timestamp", "-N",
     "--no-update", "-P", "--preserve-groups", "-S", "--stdin", "-B", "--bell")
)  # fmt: skip
_KEEPS = frozenset(("-E", "--preserve-env"))
_USER = frozenset(("-u", "--user"))


def wants(script: Script, reading: Reading, catalogue: Catalogue) -> tuple[Want, ...]:
    """Every need of every program, each once; that of the shell's own `read` too."""
    found = [
        Want(need=need, program=command.program)
        for command in reading.commands
        for need in _needs(command, catalogue.find(command.program))
    ]
    if _reads_a_person(script):
        found.append(Want(need=Need.TERMINAL, program="read"))
    return tuple(dict.fromkeys(found))


def _needs(command: Command, program: Program | None) -> Iterator[Need]:
    if program is None:
        return
    given = tuple(_given(command, program))
    if not any(option.spares for option in given):
        yield from program.needs
    for option in given:
        yield from option.needs


def _given(command: Command, program: Program) -> Iterator[Option]:
    """Its options by their names; a word that only looks like one counts too."""
    for text in (*command.options, *command.words):
        option = program.options.get((text or "").partition("=")[0])
        if option is not None:
            yield option


def _reads_a_person(script: Script) -> bool:
    """A `read` whose input is neither a pipe nor a file."""
    fed = {
        inner.invocation
        for node in script.nodes
        for one in node.walk()
        if one.kind == "redirected"
        for inner in one.walk()
    }
    for index, invocation in enumerate(script.invocations):
        called = invocation.called
        if not called or called[0].known != "read" or index in fed:
            continue
        if invocation.piped_from or invocation.function or "read" in script.functions:
            continue
        from_file = any(one.operator[:1] == "<" for one in invocation.redirections)
        if not from_file and not any(w.known == "-u" for w in invocation.words):
            return True
    return False


def whole_sudo(script: Script, catalogue: Catalogue) -> Sudo | None:
    """The one command of the text, if it is `sudo COMMAND` and means root.

    None where anything else of the text would run, or be opened, as the caller.
    """
    program = catalogue.find("sudo")
    alone = len(script.nodes) == 1 and script.nodes[0].kind == "invocation"
    if program is None or not alone or len(script.invocations) != 1 or script.doubts:
        return None
    invocation = script.invocations[0]
    named = invocation.program is not None and invocation.program.source == "sudo"
    if not named or invocation.assignments or invocation.redirections:
        return None
    return _sudo(program, invocation.words)


def _sudo(program: Program, words: tuple[Word, ...]) -> Sudo | None:
    arguments, rest = take_apart(program, words, options_first=True)
    rest = rest or tuple(arguments.operands)
    if arguments.doubtful or not rest or not rest[0].known:
        return None
    for given in arguments.given:
        value = None if given.value is None else given.value.known
        if given.name in _USER and value in _ROOT:
            continue
        if given.name not in _HARMLESS | _KEEPS or given.value is not None:
            return None
    return Sudo(
        words=len(words) - len(rest),
        keeps=any(given.name in _KEEPS for given in arguments.given),
        wildcards=any(isinstance(word.value, Pattern) for word in rest),
    )
