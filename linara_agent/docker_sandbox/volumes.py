"""Removing a volume, also one of which the engine has lost the place.

Docker that is killed while it removes a volume may have deleted the volume's directory
and kept its entry. From then on every removal fails: it cannot unmount what is not
there (moby, volume/local/local_unix.go, `unmount`; seen with 20.10). But where a
container starts, the engine makes the source of a bind mount that does not exist, so
such a start gives it the directory back. The program of that container does not exist
either: nothing runs.
"""

from contextlib import suppress

from linara_agent.docker_sandbox import skeleton
from linara_agent.docker_sandbox.engine import Engine, translated
from linara_agent.docker_sandbox.owner import Owner
from linara_agent.errors import SandboxUnavailable

_LOST = "no such file or directory"


def remove_volume(engine: Engine, name: str, *, owner: Owner) -> None:
    """One that is gone is no error; raises SandboxUnavailable for one that resists.

    `owner` is whose the container is that may be needed, for as long as it exists.
    """
    try:
        engine.remove_volume(name)
    except SandboxUnavailable as problem:
        if _LOST not in problem.what or not _made_again(engine, name, owner):
            raise
        engine.remove_volume(name)


def _made_again(engine: Engine, name: str, owner: Owner) -> bool:
    """Without an image of ours it waits for the next preview, which makes one."""
    images = engine.images(skeleton.LABEL)
    if not images:
        return False
    with translated(engine.endpoint, "look at a volume"):
        place = str(engine.client.inspect_volume(name)["Mountpoint"])
    container = engine.create(
        {
            "Image": str(images[0]["Id"]),
            "Cmd": ["/nothing"],
            "Labels": owner.labels(f"volume-{name[:12]}"),
            "HostConfig": {"Binds": [f"{place}:/place"], "NetworkMode": "none"},
        }
    )
    try:
        with suppress(SandboxUnavailable):  # there is no such program
            engine.start(container)
    finally:
        engine.remove(container)
    return True
