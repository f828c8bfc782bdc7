"""Builds one twin, step by step; whatever was built is taken down by its stack."""

import json
import re
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.docker_sandbox import identity, runtime, scratch, skeleton, twin
from linara_agent.docker_sandbox.attachment import Attachment
from linara_agent.docker_sandbox.caretaker import (
    DESK,
    FIRST_LINE,
    Caretaker,
    emptying,
    source,
)
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.first_process import FirstProcess
from linara_agent.docker_sandbox.host_view import HostView
from linara_agent.docker_sandbox.interpreter import interpreter
from linara_agent.docker_sandbox.scratch import Scratch
from linara_agent.docker_sandbox.seeds import Layout, lay_out, pack, plant
from linara_agent.docker_sandbox.workshop import Workshop
from linara_agent.errors import SandboxUnavailable

BOOT = f"""{FIRST_LINE}\
boot = json.loads(line)
for name, text in boot["sources"]:
    module = types.ModuleType("linara_agent.docker_sandbox." + name)
    sys.modules[module.__name__] = module
    exec(compile(text, name, "exec"), module.__dict__)
raise SystemExit(module.main(boot["witnesses"], boot["standby_s"]))
"""
"""PID 1 gets its program as its first line, so that no `ps` shows it at length."""

_PROGRAM = ("frames", "vitals", "launch", "fed_script", "supervisor")
"""Each imports only those before it; the last is begun."""


def boot(witnesses: Sequence[str], standby_s: float) -> bytes:
    """The line that makes a process the supervisor."""
    told = {
        "sources": [(name, source(name)) for name in _PROGRAM],
        "witnesses": witnesses,
        "standby_s": standby_s,
    }
    return json.dumps(told).encode() + b"\n"


_MOUNT_FAILURE = re.compile(r"lowerdir=((?:\\.|[^,\\])*),.*: ([^:]+)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A twin whose supervisor has been started and says hello any moment."""

    workshop: Workshop
    view: HostView
    layout: Layout
    scratch: Scratch
    container: str
    attachment: Attachment
    caretaker: Caretaker | None
    witnesses: tuple[identity.Witness, ...]
    first: FirstProcess | None

    @property
    def masked_scratch(self) -> str:
        """The placeholder of the scratch's parent in its upper."""
        seed = next(s for s in self.layout.seeds if s.path == self.scratch.parent)
        return f"{self.scratch.path}/{seed.place}"


def assemble(workshop: Workshop, plan: SandboxPlan, stack: ExitStack) -> Assembly:
    """Make and start everything; raises SandboxUnavailable.

    Raises identity.Outdated if a mount went away in between.
    """
    view, mounts = workshop.look()
    _shows(view, plan.cwd)
    owner = workshop.owner
    parent = scratch.choose(workshop.places, mounts=mounts, uid=owner.uid)
    layout = lay_out(view, (*plan.masks, parent))
    # A run may have several twins: one that is taken down, and the next already.
    name = owner.directory(f"{plan.run}-{secrets.token_hex(3)}")
    place = scratch.open_run(parent, name)
    stack.callback(Workshop.remove_directory, place.path)
    scratch.furnish(place, len(layout.lowers))
    caretaker = _seed(workshop, plan.run, view, (layout, place), stack)
    witnesses = identity.choose_witnesses(layout)
    container = _create(workshop, plan, view, (layout, place))
    stack.callback(workshop.engine.remove, container)
    attachment = workshop.engine.attach(container)
    stack.callback(attachment.close)
    _start(workshop, container, view)
    looked_at = [witness.path for witness in witnesses] + [place.parent]
    attachment.send(boot(looked_at, workshop.standby_s))
    first = FirstProcess.of(workshop.engine.state(container), container)
    if first is not None:
        stack.callback(first.close)
    return Assembly(
        workshop=workshop,
        view=view,
        layout=layout,
        scratch=place,
        container=container,
        attachment=attachment,
        caretaker=caretaker,
        witnesses=witnesses,
        first=first,
    )


def _seed(
    workshop: Workshop,
    run: str,
    view: HostView,
    ground: tuple[Layout, Scratch],
    stack: ExitStack,
) -> Caretaker | None:
    """Fill the uppers; whoever does it also sees to it that they can be removed."""
    layout, place = ground
    if workshop.is_root:
        with scratch.writing(place):
            plant(layout.seeds, place.path)
        return None
    caretaker = workshop.caretaker(view, place.path, run)
    stack.callback(workshop.engine.remove, caretaker.container)
    stack.callback(caretaker.finish_once, emptying(DESK))
    caretaker.seed(pack(layout.seeds))
    return caretaker


def _create(
    workshop: Workshop,
    plan: SandboxPlan,
    view: HostView,
    ground: tuple[Layout, Scratch],
) -> str:
    layout, place = ground
    labels = workshop.owner.labels(plan.run)
    start = twin.Start(
        image=skeleton.image_name(view),
        command=(interpreter(), "-I", "-S", "-c", BOOT),
        labels=labels,
    )
    config = twin.twin_config(
        plan,
        start=start,
        mounts=twin.twin_mounts(view, layout, place, labels),
        seccomp=workshop.seccomp,
    )
    config["HostConfig"] |= runtime.config(workshop.engine, plan.runtime)
    return workshop.create(config, view)


def _start(workshop: Workshop, container: str, view: HostView) -> None:
    """Start it.

    A mount of which the kernel makes no overlay is left out of the next twin (raises
    identity.Outdated); what is no mount, and so a part of the root's file system, is
    named with that.
    """
    try:
        workshop.engine.start(container)
    except SandboxUnavailable as exc:
        match = _MOUNT_FAILURE.search(exc.what.rstrip("."))
        if match is None:
            raise
        path = re.sub(r"\\(.)", r"\1", match[1])
        if not Path(path).is_dir():
            raise identity.Outdated from exc
        if "no such file" in match[2]:
            raise identity.foreign(path, workshop.engine.endpoint.url) from exc
        is_mounted = path in workshop.mounted()
        if is_mounted:
            workshop.refused.add(path)
        # What lies deeper than the root's entries was a lower because it was mounted.
        if is_mounted or path.count("/") > 1:
            raise identity.Outdated from exc
        lower = view.lower_of(path)
        kind = lower.filesystem if lower else "unknown"
        raise SandboxUnavailable(
            f"The kernel refuses an overlay over {path}, whose file system is {kind} "
            f"({match[2]}).",
            not_done=NOT_DONE,
            remedy="Run `linara-agent doctor`; previews need overlayfs with "
            "`trusted.*` attributes on a local disk.",
        ) from exc


def _shows(view: HostView, cwd: str) -> None:
    for point, kind in view.lids:
        if cwd == point or cwd.startswith(point + "/"):
            raise identity.NoTwin(
                f"The current directory lies on {point}, whose file system ({kind}) "
                "cannot be overlaid.",
                not_done=NOT_DONE,
                remedy="Work in a directory on a local disk, or preview in a copy of "
                "the workspace with `--view copy`.",
            )
