"""Texts that bash expands or runs although they stand there as data.

The value of some variables, a subscript in a name, `${x@P}`, and what the program on
a script's standard input may take away from it.
"""

import re
from collections.abc import Iterator

from linara_agent.core.effects.printed import STANDARD_INPUT, inputs
from linara_agent.core.effects.trace import Code
from linara_agent.core.shell.guards.subscripts import REASON
from linara_agent.core.shell.script import Invocation, Known, Redirection, Script, Word

# Expanded like a text in double quotes: each time it is shown, or at the start.
_EXPANDED = frozenset(("PS0", "PS1", "PS2", "PS4", "BASH_ENV", "ENV"))
_EXPANDS = re.compile(r"[$`]")
_PROMPT = re.compile(r'"?\$\{(?P<name>[A-Za-z_]\w*)@P\}"?')
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*(\[(\d+|[@*])\])?")


def expansion(text: str) -> str:
    """A script that expands the text as bash does, and does nothing else."""
    mark = "TEXT"
    while mark in text.splitlines():
        mark += "_"
    return f": <<{mark}\n{text}\n{mark}\n"


def in_variable(name: str, word: Word) -> Code | None:
    """What runs because the variable has this value."""
    text = word.known
    if text is None:
        return None
    if name == "PROMPT_COMMAND":
        return Code(text=text, what=f"the value of {name}", where=word)
    if name in _EXPANDED and _EXPANDS.search(text):
        what = f"the commands in the value of {name}"
        return Code(text=expansion(text), what=what, where=word)
    return None


def in_name(word: Word) -> str | None:
    """Why a name that a builtin is given may run something; None where it cannot."""
    text = word.known
    if text is None:
        return "the name it is given cannot be known, and a subscript in it would run"
    if "[" not in text or _PLAIN_NAME.fullmatch(text):
        return None
    return "bash evaluates the subscript in the name it is given"


def in_opaque(script: Script) -> Iterator[tuple[int | None, Code]]:
    """The texts behind what the reader found to be expanded a second time.

    With each, the invocation that it stands in.
    """
    for opaque in script.opaque:
        start, end = opaque.span
        source = script.text[start:end]
        place = Word(span=opaque.span, source=source, value=Known(source))
        prompt = _PROMPT.fullmatch(source)
        texts = [source.strip("'\"")] if opaque.reason == REASON else []
        what = "the commands in a subscript"
        if prompt is not None:
            what = f"the commands in the value of {prompt['name']}"
            texts = list(_values(script, prompt["name"]))
        for text in dict.fromkeys(texts):
            code = Code(text=expansion(text), what=what, where=place)
            yield _around(script, start, end), code


def _values(script: Script, name: str) -> Iterator[str]:
    for invocation in script.invocations:
        for one in invocation.assignments:
            if one.name == name and one.value is not None and one.value.known:
                yield one.value.known


def _around(script: Script, start: int, end: int) -> int | None:
    """The innermost invocation around a part of the text."""
    found = [
        (one.span.end - one.span.start, index)
        for index, one in enumerate(script.invocations)
        if one.span.start <= start and end <= one.span.end
    ]
    return min(found)[1] if found else None


# They never read their standard input, whatever their words are.
_NEVER_READ = frozenset(
    (
        "echo", "printf", "true", "false", ":", "pwd", "cd", "pushd", "popd", "dirs",
        "ls", "whoami", "id", "uname", "df", "free", "uptime", "type", "stat",
        "basename", "dirname", "realpath", "readlink", "test",
        "[", "export", "set", "unset", "local", "declare", "typeset", "readonly",
        "sleep", "seq", "exit", "return", "break", "continue", "shift", "umask",
        "mkdir", "touch", "chmod", "chown", "ps", "shopt", "times", "ulimit",
    )
)  # fmt: skip
# They run a text, or change the input of the very shell that reads the script.
_MAY_CHANGE_INPUT = frozenset(("exec", "eval", "source", ".", "trap", None))


def takes_lines(script: Script) -> Invocation | None:
    """The first command that may take the lines behind it for its own input.

    `bash <<E` reads its script from where its commands read too: a `read` takes the
    next line, and what the shell goes on with may be the middle of a quoted text.
    """
    for invocation in script.invocations:
        program = invocation.program
        if program is None or _has_own_input(invocation):
            continue
        name = program.known
        if name in _MAY_CHANGE_INPUT:
            return invocation
        if name in _NEVER_READ or name in script.functions or _names_files(invocation):
            continue
        behind = script.text[invocation.span.end :]
        if behind.strip() or invocation.conditional:
            return invocation
    return None


def _has_own_input(invocation: Invocation) -> bool:
    own = inputs(invocation)
    if own and invocation.called and invocation.called[0].known == "exec":
        return False
    return bool(invocation.piped_from) if not own else _is_other(own[-1])


def _is_other(redirection: Redirection) -> bool:
    if redirection.body is not None:
        return True
    target = redirection.target.known if redirection.target is not None else None
    return redirection.operator == "<" and target is not None and _is_file(target)


def _is_file(name: str) -> bool:
    return name == "/dev/null" or not (
        name in STANDARD_INPUT or name.startswith(("/dev/", "/proc/"))
    )


# The options without a value, and how many operands there must be.
_READ_FILES = {
    "cat": (re.compile(r"-[A-Za-z]+"), 1),
    "date": (re.compile(r"-[uR]|\+.*"), 0),
    "du": (re.compile(r"-[abchkmsSx]+|-d\d+|--max-depth=\d+"), 0),
    "grep": (re.compile(r"-[acEFGhHiIlLnoPqrRsvwxyzT]+"), 2),
    "head": (re.compile(r"-[qvz]|-\d+"), 1),
    "sort": (re.compile(r"-[bdfghinMrRsuVz]+"), 1),
    "tail": (re.compile(r"-[qvzf]|-\d+"), 1),
    "wc": (re.compile(r"-[clmLw]+"), 1),
    "which": (re.compile(r"-a"), 0),
}


def _names_files(invocation: Invocation) -> bool:
    """`cat FILE…` and its like read these alone."""
    program = invocation.program.known if invocation.program is not None else None
    options, least = _READ_FILES.get(program or "", (None, 0))
    texts = [word.known for word in invocation.words]
    if options is None or None in texts:
        return False
    files = [text or "" for text in texts if not options.fullmatch(text or "")]
    plain = not any(text.startswith("-") for text in files)
    return plain and len(files) >= least and all(map(_is_file, files))
