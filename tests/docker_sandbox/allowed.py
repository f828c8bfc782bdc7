"""Do the commands that the default policy allows only look?

    python -m tests.docker_sandbox.allowed COUNT [SEED] [FILE] [--trace]

Draws COUNT of the commands in FILE (one a line; default: the NL2Bash commands of
tests/corpus) that are judged `allow` and runs each of them in a
twin, and nowhere else, over a made-up home and workspace below /tmp, for ten seconds
at most. Prints each that changed a file which is not incidental, or that tried the
network, with what it did; ends with 1 if there was one. With `--trace` also each that
executed a program which the reading of it did not name.
"""

import os
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePath

from linara_agent.core.decision import Decision
from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.sandbox_plan import Caller, Limits, SandboxPlan, twin_environment
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.docker_sandbox.scratch import candidates
from linara_agent.docker_sandbox.tracing import find_tracer
from linara_agent.errors import SandboxUnavailable
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus" / "shell" / "nl2bash.txt"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def workspace(home: Path) -> Path:
    """A small project with the names that people ask about."""
    work = home / "project"
    for name in ("src", "lib", "docs", "dir", "dir1", "dir2", "tmp", "test"):
        (work / name).mkdir(parents=True)
        (work / name / "a.txt").write_text("one two\nfoo bar\n")
        (work / name / "b.c").write_text("int main(void) { return 0; }\n")
        (work / name / "c.log").write_text("ERROR something\n")
    for name in ("file", "file.txt", "file1", "file2", "a", "b.txt", "input.txt",
                 "data.csv", "foo", "file.log", "test.php", "index.html"):  # fmt: skip
        (work / name).write_text("1,2,3\nfoo bar 10.0.0.1\nzebra\n")
    (work / "script.sh").write_text("echo hello\n")
    (work / "script.sh").chmod(0o755)
    (work / "link").symlink_to("file")
    (home / ".bashrc").write_text("alias ll='ls -l'\n")
    return work


def default_gate() -> Gate:
    return Gate(
        parsers=BothParsers(), catalogue=load_catalogue(), policy=load_policy("default")
    )


def named(gate: Gate, text: str, place: Place) -> frozenset[str]:
    """The programs that run, as far as reading the text tells; names without paths."""
    return gate.programs(gate.resolve(gate.read(text, place), place))


def allowed(gate: Gate, place: Place, corpus: Path) -> list[str]:
    lines = corpus.read_text(encoding="utf-8").splitlines()
    return [
        text
        for text in lines
        if not text.startswith("# ")
        and gate.assess(text, place)[1].decision is Decision.ALLOW
    ]


def plan(text: str, home: Path, work: Path) -> SandboxPlan:
    environment = {"HOME": str(home), "PATH": PATH, "LC_ALL": "C", "USER": "someone"}
    return SandboxPlan(
        run="allowed",
        text=text,
        caller=Caller(
            uid=os.getuid(),
            gid=os.getgid(),
            groups=tuple(os.getgroups()),
            name="someone",
            home=str(home),
        ),
        cwd=str(work),
        environment=twin_environment(environment, cwd=str(work)),
        umask=0o022,
        hostname=socket.gethostname(),
        limits=Limits(wall_s=10.0),
    )


def done(
    sandbox: DockerSandbox, asked: SandboxPlan, blobs: Path, known: frozenset[str]
) -> Iterator[str]:
    """What a text did that one which only looks does not do.

    `known` are the programs that a traced one may execute.
    """
    preview = sandbox.preview(asked, digest="the-digest", blobs=blobs)
    for change in preview.effective:
        yield f"{change.kind} {change.path}"
    if preview.network_tried:
        yield "tried the network"
    if preview.traced is not None:
        for path in preview.traced.counts:
            if PurePath(path).name not in known:
                yield f"executed {path}"
        if not preview.traced.complete:
            yield "executed more than the trace holds"


def main() -> int:
    words = [word for word in sys.argv[1:] if word != "--trace"]
    numbers = [int(word) for word in words if word.isdecimal()]
    count, chosen = [*numbers, 1][:2]
    files = [Path(word) for word in words if not word.isdecimal()]
    tracer = find_tracer(os.environ) if "--trace" in sys.argv else None
    home = Path(tempfile.mkdtemp(dir="/tmp", prefix="linara-allowed-"))
    work = workspace(home)
    (home / "blobs").mkdir()
    gate = default_gate()
    place = Place(cwd=str(work), home=str(home), user="someone", workspace=str(work))
    texts = allowed(gate, place, [*files, CORPUS][0])
    chooser = random.Random(chosen)  # noqa: S311 — a sample, no secret
    sample = chooser.sample(texts, min(count, len(texts)))
    environment = {"HOME": str(home), **dict(os.environ)}
    premises = Premises(
        environment=environment,
        places=candidates({"HOME": str(home)}, os.getuid()),
        seccomp=(ROOT / "sandbox" / "seccomp.json").read_text(),
        pid=os.getpid(),
        uid=os.getuid(),
    )
    wrong = ran = 0
    with DockerSandbox(premises) as sandbox:
        for text in sample:
            asked = replace(plan(text, home, work), tracer=tracer)
            known = named(gate, text, place)
            try:
                found = list(done(sandbox, asked, home / "blobs", known))
            except SandboxUnavailable as problem:
                say(f"not run: {text}\n    {problem}")
                continue
            ran += 1
            if found:
                wrong += 1
                say("\n    ".join([text, *found[:5]]))
    shutil.rmtree(home)
    say(f"{ran} of {len(texts)} allowed commands ran, {wrong} did more than look")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
