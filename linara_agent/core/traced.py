"""What strace told of a preview: programs that were executed, and connections tried."""

from dataclasses import dataclass

from linara_agent.core.wire import Path, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """A program that a process became, and how the process ended as that.

    `path` is as the process named it, so it may be relative. `arguments` are the first
    few words, the program's own name first, each cut at 64 bytes. `exit` and `signal`
    (`SIGKILL`) are None where the process became another program, or was not seen to
    end.
    """

    path: Path
    arguments: tuple[Text, ...]
    exit: int | None = None
    signal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A target that something tried to connect to; each is listed once.

    `socket` is its kind (`TCP`, `UDPv6`, `UNIX-STREAM`); `address` an IP address or
    a path, which begins with `@` in the abstract namespace. `error` is the name of what
    the system answered (`ENETUNREACH`), None if that was no error.
    """

    socket: str
    address: Path
    port: int | None = None
    error: str | None = None

    @property
    def absent(self) -> bool:
        """A socket file that is not there: most programs look for one of nscd."""
        return self.port is None and self.error == "ENOENT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """In the order of the trace; not `complete` if it was cut at its limit.

    The shell that ran the text is not among the programs.
    """

    programs: tuple[Executed, ...]
    connections: tuple[Connected, ...]
    complete: bool = True

    @property
    def counts(self) -> dict[str, int]:
        """How often each path was executed, in the order of the first time."""
        counts: dict[str, int] = {}
        for program in self.programs:
            counts[program.path] = counts.get(program.path, 0) + 1
        return counts
