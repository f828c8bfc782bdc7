"""Is what a preview and its apply do what the script itself would have done?

    python -m tests.docker_sandbox.fidelity COUNT [SEED] [--ordinary] [--in=PLACE]

Makes COUNT random scripts of file operations over a tree with every kind of file.
Each runs directly in one tree, and through a preview and an apply in another that
was made alike; then the two trees must be equal. Several scripts, each in a tree of
its own, share one preview, since most of the time is spent starting it. A difference
is narrowed down to the shortest script that shows it. `--ordinary` becomes a user
who is not root, but in the group of the engine's socket, before anything is done.
`--in` makes the trees there, on another file system than the twin's own files.

The operations name only paths below the tree that they run in, and links lead
only to names beside or below themselves.
"""

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from linara_agent.core.next_step import ways_for
from linara_agent.core.review import Way
from linara_agent.core.sandbox_plan import Caller, Limits, SandboxPlan
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch import candidates
from linara_agent.errors import LinaraError
from linara_agent.host.apply import HostFiles
from tests.host.ground import approved, make_plan

ROOT = Path(__file__).resolve().parents[2]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ORDINARY = 54_321
LONG_AGO = 1_500_000_000_123_456_789
TOGETHER = 10
"""Scripts that share a preview."""

# A path is bytes, and so are the words made of it.
NAMES = [
    b"a", b"b", b"A", b"d", b"d/x", b"d/y", b"d/e", b"d/e/z", b"e", b"e/x", b"e/d",
    b"full", b"full/f", b"full/sub", b"full/sub/g", b"link", b"broken", b"dirlink",
    b"dirlink/x", b"fifo", b"sparse", b"hard1", b"hard2", b"d/hard3", b"acl", b"attr",
    b"-dash", b"new\nline", b"\xff\xfe", b"u\xcc\x88", b"\xc3\xbc", b"new", b"new/n",
]  # fmt: skip


def quoted(path: bytes) -> str:
    """A path as a word of bash in ASCII, never an option."""
    plain = all(32 < byte < 127 and byte not in b"'\\" for byte in path)
    inner = path.decode() if plain else "".join(f"\\x{byte:02x}" for byte in path)
    return f"./'{inner}'" if plain else f"./$'{inner}'"


PATHS = st.sampled_from(NAMES).map(quoted)
# Without "./" and "..": a link never leads out of the tree.
TARGETS = st.sampled_from(["a", "d", "x", "hard1", "fifo", "nothing"])
TIMES = st.sampled_from(["@1234567890.123456789", "@1000000000", "@0.5"])
TEXTS = st.sampled_from(["", "x", "yy\\n", "zz"])
# An overlay copies a file's content when it is opened for writing, and if its
# attributes were copied before, it takes a new time though nothing is written.
ADDED = st.sampled_from(["x", "yy\\n"])
MODES = st.sampled_from(["600", "755", "u+x", "2770", "1777", "444", "a-w"])
OWNERS = st.sampled_from(["12:12", "0:12", ":34"])


def _lines(shape: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda words: shape.format(*words))


_PLAIN = st.one_of(
    _lines("mkdir {}", PATHS),
    _lines("mkdir -p {}", PATHS),
    _lines("touch -d {} {}", TIMES, PATHS),
    _lines("touch -h -d {} {}", TIMES, PATHS),
    _lines("[ -p {1} ] || printf '{0}' > {1}", TEXTS, PATHS),
    _lines("[ -p {1} ] || printf '{0}' >> {1}", ADDED, PATHS),
    _lines("truncate -s {} {}", st.sampled_from(["0", "1", "3M"]), PATHS),
    _lines("[ -p {0} ] || printf q | dd of={0} seek=2000 conv=notrunc", PATHS),
    _lines("[ -p {0} ] || sed -i s/x/new/ {0}", PATHS),
    _lines("chmod {} {}", MODES, PATHS),
    _lines("mkfifo {}", PATHS),
    _lines("setfacl -m u:12:rw {}", PATHS),
    _lines("setfacl -b {}", PATHS),
    _lines("setfacl -d -m g:12:rx {}", PATHS),
    _lines("setfattr -n user.new -v 0xff00 {}", PATHS),
    _lines("setfattr -x user.old {}", PATHS),
)
# What a copy into itself makes depends on the order that a directory is read in.
_APART = st.sampled_from(
    [name for name in NAMES if not name.startswith((b"d", b"e", b"f"))]
)
_MOVES = st.one_of(
    _lines("cp -a --remove-destination {} {}", PATHS, _APART.map(quoted)),
    _lines("mv {} {}", PATHS, PATHS),
    _lines("mv -T {} {}", PATHS, PATHS),
    _lines("mv {0} {1} && mv {1} {0}", PATHS, PATHS),
    _lines("ln {} {}", PATHS, PATHS),
    _lines("ln -f {} {}", PATHS, PATHS),
    _lines("ln -s {} {}", TARGETS, PATHS),
    _lines("ln -sfn {} {}", TARGETS, PATHS),
    _lines("rm -f {}", PATHS),
    _lines("rm -rf {}", PATHS),
    _lines("rmdir {}", PATHS),
    _lines("rm -rf {0} && printf file > {0}", PATHS),
    _lines("rm -rf {0} && mkdir {0} && printf in > {0}/x", PATHS),
    _lines("rm -rf {0} && cp -a ./full {0}", _APART.map(quoted)),
)


def scripts(*, root: bool) -> st.SearchStrategy[list[str]]:
    given_away = _lines("chown -h {} {}", OWNERS, PATHS)
    return st.lists(
        st.one_of(_PLAIN, _MOVES, given_away) if root else _PLAIN | _MOVES,
        min_size=1,
        max_size=9,
    )


def build(root: Path) -> None:
    """One of everything, the same each time."""
    for name in ("d/e", "e", "full/sub"):
        (root / name).mkdir(parents=True)
    for name in ("a", "b", "d/x", "d/y", "d/e/z", "e/x", "full/f", "full/sub/g",
                 "hard1", "acl", "attr", "-dash", "new\nline", "u\u0308", "\xfc",
                 "A", os.fsdecode(b"\xff\xfe")):  # fmt: skip
        (root / name).write_text(f"content of {name!r} xx\n")
    (root / "hard2").hardlink_to(root / "hard1")
    (root / "d/hard3").hardlink_to(root / "hard1")
    (root / "link").symlink_to("a")
    (root / "dirlink").symlink_to("d")
    (root / "broken").symlink_to("nothing")
    os.mkfifo(root / "fifo")
    with (root / "sparse").open("wb") as file:
        file.seek(5 << 20)
        file.write(b"end")
    acl = ["setfacl", "-m", "u:13:r,g:14:rw", "acl"]
    subprocess.run(acl, check=True, cwd=root)
    os.setxattr(root / "attr", "user.old", b"\x00\xffold")
    (root / "b").chmod(0o640)
    for path in root.rglob("*"):
        os.utime(path, ns=(LONG_AGO, LONG_AGO), follow_symlinks=False)


def tree(root: Path, started_ns: int) -> dict[str, object]:
    """All that counts of every path; times only where they were set.

    What its owner cannot read is opened up after it was looked at.
    """
    found: dict[str, object] = {}
    first: dict[int, str] = {}
    waiting = [root]
    while waiting:
        path = waiting.pop()
        status = path.lstat()
        carried = _xattrs(path)
        name = str(path.relative_to(root))
        leader = first.setdefault(status.st_ino, name)
        content = None
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & 0o700 != 0o700:
            path.chmod(0o700)
        if stat.S_ISDIR(status.st_mode):
            waiting += sorted(path.iterdir())
        if stat.S_ISREG(status.st_mode):
            content = sha256(path.read_bytes()).hexdigest()[:12]
        elif stat.S_ISLNK(status.st_mode):
            content = str(path.readlink())
        set_ns = status.st_mtime_ns if status.st_mtime_ns < started_ns else "now"
        found[name] = (
            stat.filemode(status.st_mode),
            status.st_uid,
            status.st_gid,
            content,
            None if path.is_dir() and not path.is_symlink() else set_ns,
            None if stat.S_ISDIR(status.st_mode) else leader,
            carried,
        )
        if status.st_blocks * 1024 < status.st_size:  # its size is mostly holes
            found[f"{name} is sparse"] = True
    return found


def _xattrs(path: Path) -> tuple[tuple[str, bytes], ...]:
    return tuple(
        (name, os.getxattr(path, name, follow_symlinks=False))
        for name in sorted(os.listxattr(path, follow_symlinks=False))
    )


class Oracle:
    """Runs scripts both ways below `place`, a directory made for it."""

    def __init__(self, sandbox: DockerSandbox, place: Path) -> None:
        self._sandbox = sandbox
        self._place = place
        self._number = 0
        self.ran = 0
        self.refused: Counter[str] = Counter()

    def differences(self, of: Sequence[list[str]]) -> list[str]:
        """What differs, in words, after the scripts ran both ways."""
        self._number += 1
        here = self._place / str(self._number)
        try:
            return self._both_ways(here, of)
        finally:
            _open_up(here)
            shutil.rmtree(here)

    def _both_ways(self, here: Path, of: Sequence[list[str]]) -> list[str]:
        for side in ("direct", "twin"):
            for number, _ in enumerate(of):
                (here / side / str(number)).mkdir(parents=True)
                build(here / side / str(number))
        (here / "blobs").mkdir()
        text = "\n".join(_one(number, lines) for number, lines in enumerate(of))
        started_ns = time.time_ns()
        time.sleep(0.02)  # the kernel's clock for files may lag by a tick
        self._directly(here / "direct", text)
        problem = self._through(here, text)
        if problem is not None and len(of) > 1:
            return [line for one in of for line in self.differences([one])]
        self.ran += len(of)
        if problem is not None:
            return self._excused(problem, of)
        wanted = tree(here / "direct", started_ns)
        got = tree(here / "twin", started_ns)
        return [
            f"{name}: {wanted.get(name)} directly, {got.get(name)} through a preview"
            for name in sorted(wanted.keys() | got.keys())
            if wanted.get(name) != got.get(name)
            and not (name.endswith(" is sparse") and name in got)  # a full one may be
        ]

    def _excused(self, problem: str, of: Sequence[list[str]]) -> list[str]:
        self.refused[problem.partition(": ")[2]] += 1
        return [f"{problem} ({of[0]})"]

    def _directly(self, here: Path, text: str) -> None:
        subprocess.run(
            ["/bin/bash", "-c", text],
            check=False,
            cwd=here,
            env={"PATH": PATH, "LC_ALL": "C", "HOME": str(here)},
            umask=0o022,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
        )

    def _through(self, here: Path, text: str) -> str | None:
        """Preview and apply; why the apply was not offered or was refused."""
        cwd = str(here / "twin")
        sandbox_plan = SandboxPlan(
            run="fidelity",
            text=text,
            caller=Caller(
                uid=os.getuid(),
                gid=os.getgid(),
                groups=tuple(os.getgroups()),
                name="tester",
                home=str(here),
            ),
            cwd=cwd,
            environment=(("HOME", str(here)), ("LC_ALL", "C"), ("PATH", PATH)),
            umask=0o022,
            hostname=socket.gethostname(),
            limits=Limits(wall_s=60.0),
        )
        plan = make_plan(text=text, sandbox=sandbox_plan)
        preview = self._sandbox.preview(
            sandbox_plan, digest=plan.proposal.digest, blobs=here / "blobs"
        )
        if preview.outcome.limits:
            return f"limits: {preview.outcome.limits}"
        foreign = [c.path for c in preview.changes if not c.path.startswith(cwd)]
        if foreign:
            return f"foreign: {foreign[:3]}"
        if not preview.changes:
            return None
        if Way.APPLY not in ways_for(preview):
            return f"not offered: {[finding.reason for finding in preview.findings]}"
        plan = replace(plan, preview=preview).sealed()
        try:
            HostFiles().apply(approved(plan), plan, blobs=here / "blobs")
        except LinaraError as error:
            return f"refused: {error}"
        return None


def _open_up(top: Path) -> None:
    """Let an ordinary user remove what a script of theirs closed."""
    top.chmod(0o700)
    for path in top.iterdir():
        if path.is_dir() and not path.is_symlink():
            _open_up(path)


def _one(number: int, lines: list[str]) -> str:
    inner = "\n".join(lines)
    # Silent, for what a command complains of would be read as a finding.
    return f"(cd ./{number} && {{\n{inner}\n}}) 2>/dev/null"


@contextmanager
def oracle(home: Path, place: Path) -> Iterator[Oracle]:
    """An oracle of this process's user that works below `place`."""
    environment = {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    address = os.environ.get("DOCKER_HOST")
    premises = Premises(
        environment=environment if address is None else {"DOCKER_HOST": address},
        places=candidates(environment, os.getuid()),
        seccomp=(ROOT / "sandbox" / "seccomp.json").read_text(),
        pid=os.getpid(),
        uid=os.getuid(),
    )
    with DockerSandbox(premises) as sandbox:
        yield Oracle(sandbox, place)


def become_ordinary(home: Path, place: Path) -> None:
    """Give the directories and this process to a user who is not root."""
    with oracle(home, place) as warm:  # imports what only root may be able to read
        warm.differences([["true"]])
    shutil.rmtree(home / ".cache")
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    group = Path(address.removeprefix("unix://")).stat().st_gid
    for one in {home, place}:
        os.chown(one, ORDINARY, ORDINARY)
    os.setgroups([group])
    os.setresgid(ORDINARY, ORDINARY, ORDINARY)
    os.setresuid(ORDINARY, ORDINARY, ORDINARY)


def main() -> None:
    ordinary = "--ordinary" in sys.argv
    numbers = [int(word) for word in sys.argv[1:] if not word.startswith("-")]
    count, chosen = [*numbers, 1][:2]
    together = min(TOGETHER, count)
    home = place = _made("/tmp")
    for word in sys.argv[1:]:
        if word.startswith("--in="):
            place = _made(word.removeprefix("--in="))
    if ordinary:
        become_ordinary(home, place)
    one = scripts(root=not ordinary)
    with oracle(home, place) as found:

        @seed(chosen)
        @settings(
            max_examples=-(-count // together),
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(one, min_size=together, max_size=together))
        def equal(of: list[list[str]]) -> None:
            assert found.differences(of) == []

        try:
            equal()
        finally:
            sys.stdout.write(f"{found.ran} scripts, refused: {dict(found.refused)}\n")
    for made in {home, place}:
        shutil.rmtree(made, ignore_errors=True)


def _made(parent: str) -> Path:
    return Path(tempfile.mkdtemp(dir=parent, prefix="linara-fidelity-"))


if __name__ == "__main__":
    main()
