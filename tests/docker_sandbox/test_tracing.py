"""What `--trace` tells: strace's lines, read; and a traced twin."""

import os
import shutil
from pathlib import Path

import pytest

from linara_agent.core.sandbox_plan import Limits
from linara_agent.core.traced import Connected, Executed, Traced
from linara_agent.docker_sandbox.capture import LONGEST_TRACE
from linara_agent.docker_sandbox.tracing import MOST, find_tracer, read_trace
from linara_agent.errors import SandboxUnavailable, UsageProblem
from tests.docker_sandbox.conftest import OrdinaryUser, PlanFor, PreviewOf

BASH = "/usr/bin/bash"


def quoted(text: str) -> str:
    return '"' + "".join(f"\\x{byte:02x}" for byte in os.fsencode(text)) + '"'


def started(process: int, path: str, *words: str, ended: str = "= 0") -> str:
    """A line as strace writes it."""
    shown = ", ".join(quoted(word) for word in words)
    call = f"execve({quoted(path)}, [{shown}], 0x7ffd /* 3 vars */)"
    return f"{process} {call} {ended}"


def whole(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


BEGINNING = (
    started(10, "/usr/bin/python3", "python3"),
    started(10, BASH, "bash", "-c", "text"),
)


def traced(*lines: str) -> Traced:
    found = read_trace(whole(*BEGINNING, *lines), shell=BASH)
    assert found is not None
    return found


def test_programs_are_told_with_how_they_ended() -> None:
    """An exit status, a signal, or neither where the process became another one."""
    found = traced(
        started(11, "/usr/bin/env", "env", "false"),
        started(11, "/usr/bin/false", "false"),
        "11 +++ exited with 1 +++",
        started(12, "./x", "x", "a b\n", "\udcff"),
        "12 +++ killed by SIGKILL +++",
        started(13, "/usr/bin/sleep", "sleep"),
        "10 +++ exited with 0 +++",
    )
    assert found.programs == (
        Executed(path="/usr/bin/env", arguments=("env", "false")),
        Executed(path="/usr/bin/false", arguments=("false",), exit=1),
        Executed(path="./x", arguments=("x", "a b\n", "\udcff"), signal="SIGKILL"),
        Executed(path="/usr/bin/sleep", arguments=("sleep",)),
    )
    assert found.connections == ()
    assert found.complete


def test_only_what_was_really_started_is_told() -> None:
    """A search along PATH is not; a text that the shell then runs itself is."""
    found = traced(
        started(11, "/a/x", "x", ended="= -1 ENOENT (No such file or directory)"),
        started(11, "/b/x", "x", ended="= -1 EACCES (Permission denied)"),
        started(11, "/c/x", "x", ended="= -1 ENOEXEC (Exec format error)"),
        started(12, "/d/x", "x", ended="= ?"),
    )
    assert [one.path for one in found.programs] == ["/c/x"]


def test_lines_in_two_parts_are_put_together() -> None:
    """Where another process came between, in any order."""
    found = traced(
        started(11, "/bin/a", "a", ended="<unfinished ...>").replace(") <", " <"),
        started(12, "/bin/b", "b", ended="<unfinished ...>").replace(") <", " <"),
        "12 <... execve resumed>)             = -1 ENOENT (No such file or directory)",
        "11 <... execve resumed>)             = 0",
        "11 +++ exited with 0 +++",
    )
    assert found.programs == (Executed(path="/bin/a", arguments=("a",), exit=0),)


def test_a_thread_that_becomes_a_program_is_its_process() -> None:
    """strace says so when the first thread's number goes on."""
    found = traced(
        started(15, "/bin/a", "a", ended="<unfinished ...>").replace(") <", " <"),
        "15 +++ superseded by execve in pid 14 +++",
        "14 <... execve resumed>)             = 0",
        "14 +++ exited with 3 +++",
    )
    assert found.programs == (Executed(path="/bin/a", arguments=("a",), exit=3),)


def test_targets_are_told_once_with_the_kind_of_socket() -> None:
    """Addresses, ports, paths and abstract names, and what the system answered."""
    unreachable = "= -1 ENETUNREACH (Network is unreachable)"
    v4 = (
        "11 connect(3<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(80), "
        f"sin_addr=inet_addr({quoted('10.0.0.1')})}}, 16) {unreachable}"
    )
    found = traced(
        v4,
        v4.replace("[1]", "[2]"),
        "11 connect(4<UDPv6:[3]>, {sa_family=AF_INET6, sin6_port=htons(53), "
        "sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "
        f"{quoted('2001:db8::1')}, &sin6_addr), sin6_scope_id=0}}, 28) = 0",
        "11 connect(5<UNIX-STREAM:[4->5]>, {sa_family=AF_UNIX, "
        f"sun_path={quoted('/run/x')}}}, 110) = -1 ENOENT (No such file or directory)",
        f"11 connect(6, {{sa_family=AF_UNIX, sun_path=@{quoted('name')}}}, 7) = 0",
        "11 connect(7<TCP:[6]>, {sa_family=AF_INET, sin_port=htons(81), sin_addr="
        f"inet_addr({quoted('10.0.0.1')})}}, 16) = -1 EINPROGRESS (Operation now …)",
        "11 connect(8<NETLINK:[7]>, {sa_family=AF_NETLINK, nl_pid=0}, 12) = 0",
    )
    assert found.connections == (
        Connected(socket="TCP", address="10.0.0.1", port=80, error="ENETUNREACH"),
        Connected(socket="UDPv6", address="2001:db8::1", port=53),
        Connected(socket="UNIX-STREAM", address="/run/x", error="ENOENT"),
        Connected(socket="UNIX", address="@name"),
        Connected(socket="TCP", address="10.0.0.1", port=81),
    )
    assert [one.absent for one in found.connections] == [False] * 2 + [True] + [
        False
    ] * 2


def test_a_name_that_looks_like_a_line_of_strace_is_a_name() -> None:
    """All strings stand there in digits, whatever they hold."""
    hostile = 'x", ["y"], 0x1) = 0\n10 execve("/bin/z"'
    found = traced(started(11, hostile, hostile))
    assert found.programs == (Executed(path=hostile, arguments=(hostile,)),)


@pytest.mark.parametrize(
    "line",
    [
        "", "11", "11 ", "x y", "11 execve(", "11 execve(NULL, NULL, NULL) = 0",
        "11 connect(3, NULL, 0) = 0", "11 connect(3, {sa_family=AF_INET}, 16) = 0",
        "11 <... execve resumed>) = 0", "11 +++ exited with 0 +++",
        "11 +++ superseded by execve in pid 4 +++", "11 <unfinished ...>",
        '11 execve("\\x2f\\x', "\x85\x1c\u2028",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_passed_over(line: str) -> None:
    """Nothing that a script could write there is an error."""
    assert traced(line).programs == ()


def test_what_did_not_begin_with_the_shell_was_not_traced() -> None:
    """So that it cannot be taken for a trace in which nothing happened."""
    first, second = BEGINNING
    for lines in ((), (first,), (second,), (first, first), (first, "", "x")):
        assert read_trace(whole(*lines), shell=BASH) is None


def test_a_trace_that_was_cut_says_so() -> None:
    """By the supervisor, or because there are more than are kept."""
    half = started(11, "/bin/x", "x", ended="= -1")
    data = whole(*BEGINNING) + half.encode()
    cut = read_trace(data, shell=BASH, complete=False)
    assert cut == Traced(programs=(), connections=(), complete=False)
    many = traced(*(started(n, "/bin/x", "x") for n in range(11, 13 + MOST)))
    assert (len(many.programs), many.complete) == (MOST, False)
    assert many.counts == {"/bin/x": MOST}


def test_a_machine_without_strace_says_how_to_get_it(tmp_path: Path) -> None:
    """Before anything runs."""
    with pytest.raises(UsageProblem, match="does not have") as said:
        find_tracer({"PATH": str(tmp_path)})
    assert "apt-get install strace" in said.value.remedy


@pytest.fixture
def strace() -> str:
    found = shutil.which("strace", path="/usr/bin:/bin")
    if found is None:
        pytest.skip("no strace on this machine")
    return found


@pytest.mark.docker
def test_a_traced_preview_tells_programs_and_targets(
    preview_of: PreviewOf, strace: str
) -> None:
    """And is as ever in all else: output, end, parent, changes, what is left."""
    text = (
        "echo $PPID; echo $LC_CTYPE; (echo forged >&3) 2> /dev/null || echo shut;"
        " touch made; env true | cat;"
        " (sleep 0.3; false) & exec 3<>/dev/tcp/10.1.1.1/80; exit 4"
    )
    preview = preview_of(text, tracer=strace)
    assert preview.outcome.exit == 4
    assert preview.outcome.stdout == b"1\n\nshut\n"
    assert preview.outcome.leftovers > 0
    assert [Path(one.path).name for one in preview.changes] == ["made"]
    found = preview.traced
    assert found is not None
    ended = {Path(one.path).name: (one.exit, one.signal) for one in found.programs}
    assert ended == {
        "touch": (0, None),
        "env": (None, None),
        "true": (0, None),
        "cat": (0, None),
        "sleep": (0, None),
    }
    target = Connected(socket="TCP", address="10.1.1.1", port=80, error="ENETUNREACH")
    assert [one for one in found.connections if not one.absent] == [target]
    assert found.complete


@pytest.mark.docker
def test_a_program_named_by_its_descriptor_is_told(
    preview_of: PreviewOf, strace: str
) -> None:
    """By the path that the descriptor is open at."""
    code = (
        "import os; at = os.open('/bin/true', os.O_RDONLY); os.execve(at, ['true'], {})"
    )
    preview = preview_of(f'python3 -c "{code}"', tracer=strace)
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert preview.traced is not None
    assert Path(preview.traced.programs[-1].path).name == "true"


@pytest.mark.docker
def test_without_the_option_nothing_is_traced(
    preview_of: PreviewOf, strace: str
) -> None:
    """Neither by us, nor by the script."""
    preview = preview_of(f"{strace} -o /dev/null true")
    assert preview.traced is None
    assert preview.outcome.exit != 0


@pytest.mark.docker
def test_the_supervisor_cannot_be_traced(preview_of: PreviewOf, strace: str) -> None:
    """Even where processes may trace each other."""
    preview = preview_of(
        "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True);"
        " print(c.ptrace(0x4206, 1, 0, 0), ctypes.get_errno())';"
        " cat /proc/1/mem; echo x > /proc/1/fd/1; kill -9 1; echo end",
        tracer=strace,
    )
    assert preview.outcome.stdout == b"-1 1\nend\n"


@pytest.mark.docker
def test_a_flood_of_programs_is_cut_and_harms_nobody(
    preview_of: PreviewOf, strace: str
) -> None:
    """Lines of the greatest length; the output comes whole, the trace does not."""
    words = " ".join("'" + "w" * 64 + "'" for _ in range(64))
    text = f"for i in {{1..400}}; do /bin/true {words}; done; echo end"
    preview = preview_of(text, tracer=strace)
    assert preview.outcome.stdout == b"end\n"
    assert not preview.outcome.truncated
    assert preview.traced is not None
    assert not preview.traced.complete
    assert 0 < len(preview.traced.programs) < LONGEST_TRACE / (64 * 64 * 4)


@pytest.mark.docker
def test_the_limits_hold_in_a_traced_preview(
    preview_of: PreviewOf, strace: str
) -> None:
    """Asked to end, the script may still run programs, and they are still told."""
    preview = preview_of(
        "trap '/bin/ls; exit 5' TERM; while :; do /bin/sleep 0.1; done",
        tracer=strace,
        limits=Limits(wall_s=1.0),
    )
    assert (preview.outcome.exit, preview.outcome.limits) == (5, ("time",))
    assert preview.traced is not None
    assert set(preview.traced.counts) == {"/bin/sleep", "/bin/ls"}


@pytest.mark.docker
def test_a_script_that_ends_strace_is_told_of(
    preview_of: PreviewOf, strace: str
) -> None:
    """The trace is not complete then; the preview still comes to its end."""
    preview = preview_of("/bin/true; pkill -KILL strace; sleep 0.3; :", tracer=strace)
    assert preview.traced is not None
    assert not preview.traced.complete


@pytest.mark.docker
def test_a_tracer_that_does_not_trace_is_no_preview(preview_of: PreviewOf) -> None:
    """A trace that is missing must not look like one without programs."""
    with pytest.raises(SandboxUnavailable, match="could not trace") as said:
        preview_of("ls", tracer="/bin/false")
    assert "without --trace" in said.value.remedy


@pytest.mark.docker
def test_steps_can_be_traced(preview_of: PreviewOf, strace: str) -> None:
    """The two go together."""
    text = "touch a\nls\n"
    script = Path.cwd() / "script.sh"
    script.write_text(text)
    preview = preview_of(text, tracer=strace, script_file=str(script), cuts=(0, 8))
    assert [(Path(one.path).name, one.step) for one in preview.changes] == [("a", 1)]
    assert preview.traced is not None
    assert [Path(one).name for one in preview.traced.counts] == ["touch", "ls"]


@pytest.mark.docker
def test_an_ordinary_user_can_trace(
    ordinary_user: OrdinaryUser, plan_for: PlanFor, strace: str
) -> None:
    """Without any capability."""
    preview = ordinary_user.preview(plan_for("/bin/ls; id -u", tracer=strace))
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert preview.traced is not None
    assert [Path(one).name for one in preview.traced.counts] == ["ls", "id"]
