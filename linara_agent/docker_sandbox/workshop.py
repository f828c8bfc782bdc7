"""What all twins of one client share: the engine, who we are, where scratch lies."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from linara_agent.docker_sandbox import skeleton
from linara_agent.docker_sandbox.caretaker import (
    DESK,
    RUNNER,
    Caretaker,
    caretaker_config,
    emptying,
)
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import Config, Engine, MissingImage
from linara_agent.docker_sandbox.host_view import HostView, read_view
from linara_agent.docker_sandbox.interpreter import interpreter
from linara_agent.docker_sandbox.mountinfo import Mount, parse
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.docker_sandbox.tree_removal import remove_tree
from linara_agent.docker_sandbox.twin import Start
from linara_agent.errors import SandboxUnavailable

_STORES = ("/var/lib/docker", "/var/lib/containerd", "/var/lib/containers")
"""Where engines, ours or others, mount what their containers see: these mounts come
and go, and hold nothing that is not seen below them anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """`engine_root` is the engine's data directory; `places` may hold scratch.

    `begun` is told when the engine is about to work on a container; `refused` are
    mounts of which the kernel would make no overlay.
    """

    engine: Engine
    engine_root: str
    owner: Owner
    places: Sequence[str]
    seccomp: str
    standby_s: float
    begun: Callable[[], object] = bool
    refused: set[str] = field(default_factory=set)

    @property
    def is_root(self) -> bool:
        """Root seeds, reads and removes by itself; others have a caretaker do it."""
        return self.owner.uid == 0

    def look(self) -> tuple[HostView, tuple[Mount, ...]]:
        mounts = parse(Path("/proc/self/mountinfo").read_bytes())
        hidden = (self.engine_root, *_STORES)
        return read_view(mounts, hidden=hidden, refused=self.refused), mounts

    @staticmethod
    def mounted() -> frozenset[str]:
        """Where something is mounted upon another file system."""
        mounts = parse(Path("/proc/self/mountinfo").read_bytes())
        return frozenset(mount.point for mount in mounts if mount.point != "/")

    def create(self, config: Config, view: HostView) -> str:
        """Create a container, after making its image if that is not there."""
        self.begun()
        try:
            return self.engine.create(config)
        except MissingImage:
            skeleton.import_skeleton(self.engine, view)
        try:
            return self.engine.create(config)
        except MissingImage as exc:
            raise SandboxUnavailable(
                f"The engine lost the image {config['Image']} that was just imported.",
                not_done=NOT_DONE,
                remedy="Look at `docker images` and at the engine's log.",
            ) from exc

    def caretaker(self, view: HostView, desk: str, run: str) -> Caretaker:
        """A new one that sees one run's directory; the caller removes it."""
        start = Start(
            image=skeleton.image_name(view),
            command=(interpreter(), "-I", "-S", "-c", RUNNER),
            labels=self.owner.labels(run),
        )
        made = self.create(caretaker_config(start, view, desk), view)
        return Caretaker(self.engine, made)

    def empty(self, path: str) -> None:
        """Remove a run's directory, also what root left in it."""
        if not Path(path).is_dir():
            return
        if not self.is_root:
            view, _ = self.look()
            with ExitStack() as stack:
                caretaker = self.caretaker(view, path, "reap")
                stack.callback(self.engine.remove, caretaker.container)
                caretaker.finish(emptying(DESK))
        self.remove_directory(path)

    @staticmethod
    def remove_directory(path: str) -> None:
        """Remove a run's directory in which everything is ours to remove."""
        try:
            remove_tree(path)
        except OSError as exc:
            raise SandboxUnavailable(
                f"The scratch directory {path} cannot be removed "
                f"({exc.strerror or exc}).",
                not_done="It stays behind; nothing else is affected.",
                remedy=f"Remove it yourself: `sudo rm -rf {path}`.",
            ) from exc
