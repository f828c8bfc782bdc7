"""What `doctor` says of the sandbox: each precondition tried for real."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from linara_agent.core.check import Check
from linara_agent.core.sandbox_plan import Caller, Limits, SandboxPlan, View
from linara_agent.docker_sandbox import scratch, skeleton
from linara_agent.docker_sandbox.engine import Engine, connect
from linara_agent.docker_sandbox.host_view import read_view
from linara_agent.docker_sandbox.mountinfo import covering, parse
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises, limitless
from linara_agent.docker_sandbox.scratch_guard import RESERVE, free
from linara_agent.errors import SandboxUnavailable

ENGINE, IMAGE, SCRATCH, OVERLAY = "engine", "image", "scratch space", "overlay"
_WRITTEN = ".linara-agent-probe"
_GIB = 1 << 30


def probe(premises: Premises, caller: Caller, *, run: str) -> Iterator[Check]:
    """The engine, the image, the scratch space, and a whole preview.

    Never raises SandboxUnavailable: that is a check that is not ok. Without an engine
    what needs one is left out.
    """
    yield _scratch(premises)
    try:
        engine = connect(premises.environment)
    except SandboxUnavailable as exc:
        yield _bad(ENGINE, exc)
        return
    try:
        yield from _with_engine(engine)
    finally:
        engine.close()
    yield _preview(premises, caller, run)


def _with_engine(engine: Engine) -> Iterator[Check]:
    try:
        facts = engine.facts()
    except SandboxUnavailable as exc:
        yield _bad(ENGINE, exc)
        return
    where = f"Docker {facts.version} on {facts.system} at {engine.endpoint.url}"
    if not facts.limits:
        yield _bad(ENGINE, limitless(engine.endpoint.url))
        return
    if facts.rootless:
        yield Check(
            name=ENGINE,
            ok=False,
            detail=f"{where}: it runs without root, and cannot make faithful overlays",
            remedy="Use the system's engine (`docker context use default`), or preview "
            "in copies of the workspace (`sandbox build`, then `--view copy`).",
        )
        return
    yield Check(name=ENGINE, ok=True, detail=f"{where} ({engine.endpoint.named_by})")
    yield _image(engine, facts.root)


def _image(engine: Engine, root: str) -> Check:
    mounts = parse(Path("/proc/self/mountinfo").read_bytes())
    try:
        name = skeleton.import_skeleton(engine, read_view(mounts, hidden=(root,)))
    except SandboxUnavailable as exc:
        return _bad(IMAGE, exc)
    return Check(name=IMAGE, ok=True, detail=f"{name}, made on this machine")


def _scratch(premises: Premises) -> Check:
    mounts = parse(Path("/proc/self/mountinfo").read_bytes())
    try:
        place = scratch.choose(premises.places, mounts=mounts, uid=premises.uid)
    except SandboxUnavailable as exc:
        return _bad(SCRATCH, exc)
    mount = covering(mounts, place)
    left = free(place)
    detail = f"{left / _GIB:.1f} GiB free in {place}"
    detail += f" ({mount.filesystem})" if mount else ""
    if left < 2 * RESERVE:
        return Check(
            name=SCRATCH,
            ok=False,
            detail=detail,
            remedy="Free some space there, or set XDG_CACHE_HOME to another disk.",
        )
    return Check(name=SCRATCH, ok=True, detail=detail)


def _preview(premises: Premises, caller: Caller, run: str) -> Check:
    """Write a file in a twin, and find it among the changes."""
    plan = SandboxPlan(
        run=run,
        text=f': > "$HOME/{_WRITTEN}"',
        caller=caller,
        cwd="/",
        environment=(("HOME", caller.home), ("PATH", "/usr/bin:/bin")),
        umask=0o077,
        hostname="localhost",
        view=View.TWIN,
        limits=Limits(wall_s=20.0),
    )
    try:
        with DockerSandbox(premises) as sandbox, TemporaryDirectory() as blobs:
            preview = sandbox.preview(plan, digest="", blobs=Path(blobs))
    except SandboxUnavailable as exc:
        return _bad(OVERLAY, exc)
    wanted = f"{caller.home.rstrip('/')}/{_WRITTEN}"
    if [change.path for change in preview.changes] != [wanted]:
        said = preview.outcome.stderr.decode(errors="replace").strip()
        return Check(
            name=OVERLAY,
            ok=False,
            detail=f"a file written in the twin was not found again {said}".strip(),
            remedy="Look at the kernel's log (`dmesg | grep overlay`).",
        )
    detail = "a preview wrote a file; the host was untouched"
    if preview.unshown:
        detail += f"; not shown there: {', '.join(map(str, preview.unshown))}"
    return Check(name=OVERLAY, ok=True, detail=detail)


def _bad(name: str, exc: SandboxUnavailable) -> Check:
    return Check(name=name, ok=False, detail=exc.what, remedy=exc.remedy)
