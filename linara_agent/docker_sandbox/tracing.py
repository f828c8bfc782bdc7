"""From strace's lines to what was executed and connected to; and where strace is.

Understood are the lines of strace 5.3 to 6.x with the options of `launch.TRACING`
(strace(1)): a system call in one line, or in two (`<unfinished ...>`, `<... resumed>`)
where another process came between, and the end of a process. All strings are in
hexadecimal digits, so a pattern cannot be led astray by what a script writes into
them. What is not understood is passed over: a script can end or flood strace, and the
trace is no proof of what did not happen.
"""

import re
import shutil
from collections.abc import Mapping
from dataclasses import replace

from linara_agent.core.traced import Connected, Executed, Traced
from linara_agent.errors import SandboxUnavailable, UsageProblem

MOST = 1000
"""Programs, and targets, that are kept."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WORDS = 8
_HEX = r'"((?:\\x[0-9a-f]{2})*)"'
_LINE = re.compile(r"(\d+) +(.*)")
_EXECUTED = re.compile(
    r"execve(?:at)?\((?:-?\w+(?:<((?:\\x[0-9a-f]{2})*)>)?, )?"
    rf"{_HEX}(?:\.\.\.)?, (?:\[([^\]]*)\])?"
)
_WORD = re.compile(_HEX)
_RESUMED = re.compile(r"<\.\.\. (?:execve|execveat|connect) resumed>")
_ANSWER = re.compile(r"\) += (-?\d+)(?: (E[A-Z0-9]+))?")
_EXITED = re.compile(r"\+\+\+ exited with (\d+) \+\+\+")
_KILLED = re.compile(r"\+\+\+ killed by (SIG\w+)")
_SUPERSEDED = re.compile(r"\+\+\+ superseded by execve in pid (\d+) \+\+\+")
_CONNECT = re.compile(r"connect\(\d+(?:<([A-Z0-9v-]+):[^>]*>)?[^,]*, \{sa_family=(\w+)")
_PORT = re.compile(r"sin6?_port=htons\((\d+)\)")
_ADDRESS = re.compile(rf"(?:inet_addr\(|inet_pton\(AF_INET6, |sun_path=)(@?){_HEX}")
_STARTED = (None, "ENOEXEC")
"""What has no first line that the kernel understands is run by the shell itself."""


def find_tracer(environment: Mapping[str, str]) -> str:
    """Where this machine, and with it the twin, has strace; raises UsageProblem."""
    found = shutil.which("strace", path=environment.get("PATH", _SYSTEM_PATH))
    if found is None:
        raise UsageProblem(
            "--trace needs the program strace, which this machine does not have.",
            not_done="Nothing was judged, and nothing ran.",
            remedy="Install it (Debian, Ubuntu: `sudo apt-get install strace`), or "
            "call again without --trace.",
        )
    return found


def read_trace(data: bytes, *, shell: str, complete: bool = True) -> Traced | None:
    """None if it does not begin with the start of the shell: nothing was traced.

    `shell` is the path of the program that ran the text.
    """
    reader = _Reader()
    *lines, _cut_off = data.decode("latin-1").split("\n")
    for line in lines:
        reader.read(line)
    programs = reader.programs
    # The first is the Python that `launch` puts before the shell.
    if len(programs) < len(("release", "shell")) or programs[1].path != shell:
        return None
    programs = programs[2:]
    connections = tuple(dict.fromkeys(reader.connections))
    return Traced(
        programs=tuple(programs[:MOST]),
        connections=connections[:MOST],
        complete=complete and max(len(programs), len(connections)) <= MOST,
    )


def untraced(tracer: str, said: bytes) -> SandboxUnavailable:
    """`said` is what came on the standard error instead."""
    lines = said.decode(errors="replace").strip().splitlines()
    why = f" ({lines[-1]})" if lines else ""
    return SandboxUnavailable(
        f"{tracer} could not trace the preview{why}.",
        not_done="The preview has no result; the host is untouched.",
        remedy="Call again without --trace. strace must know --seccomp-bpf (5.3 or "
        "newer), and the engine's runtime must let it trace.",
    )


class _Reader:
    """Reads line by line; `_last` is the place of each process's latest program."""

    def __init__(self) -> None:
        self.programs: list[Executed] = []
        self.connections: list[Connected] = []
        self._last: dict[str, int] = {}
        self._begun: dict[str, str] = {}

    def read(self, line: str) -> None:
        found = _LINE.fullmatch(line)
        if found is None:
            return
        process, said = found.groups()
        if said.endswith("<unfinished ...>"):
            self._begun[process] = said.removesuffix("<unfinished ...>")
        elif _RESUMED.match(said):
            rest = _RESUMED.sub("", said, count=1)
            self._call(process, self._begun.pop(process, "") + rest)
        elif said.startswith("+++"):
            self._ended(process, said)
        else:
            self._call(process, said)

    def _call(self, process: str, said: str) -> None:
        answers = list(_ANSWER.finditer(said))
        if not answers:
            return
        error = answers[-1][2]
        if said.startswith("execve"):
            self._executed(process, said, error)
        elif said.startswith("connect"):
            self._connected(said, error)

    def _executed(self, process: str, said: str, error: str | None) -> None:
        found = _EXECUTED.match(said)
        if found is None or error not in _STARTED:
            return
        words = [_text(word) for word in _WORD.findall(found[3] or "")[:_WORDS]]
        path = _text(found[2]) or _text(found[1] or "")
        self._last[process] = len(self.programs)
        self.programs.append(Executed(path=path, arguments=tuple(words)))

    def _connected(self, said: str, error: str | None) -> None:
        found, address = _CONNECT.match(said), _ADDRESS.search(said)
        if found is None or address is None:
            return
        port = _PORT.search(said)
        self.connections.append(
            Connected(
                socket=found[1] or found[2].removeprefix("AF_"),
                address=address[1] + _text(address[2]),
                port=None if port is None else int(port[1]),
                error=None if error == "EINPROGRESS" else error,
            )
        )

    def _ended(self, process: str, said: str) -> None:
        superseded = _SUPERSEDED.match(said)
        if superseded is not None:
            # Another thread's execve went on under the number of the whole process.
            self._begun[superseded[1]] = self._begun.pop(process, "")
            return
        number = self._last.pop(process, None)
        self._begun.pop(process, None)
        exited, killed = _EXITED.match(said), _KILLED.match(said)
        if number is None:
            return
        if exited is not None:
            self.programs[number] = replace(self.programs[number], exit=int(exited[1]))
        elif killed is not None:
            self.programs[number] = replace(self.programs[number], signal=killed[1])


def _text(digits: str) -> str:
    """Of strace's hexadecimal digits, as `os.fsdecode` gives it."""
    raw = bytes.fromhex(digits.replace("\\x", ""))
    return raw.decode(errors="surrogateescape")
