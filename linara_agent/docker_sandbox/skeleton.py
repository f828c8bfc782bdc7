"""The image: almost nothing, made from the host's own top-level entries.

It holds the directories directly in `/` (mount points for the overlays) and the
symlinks (`/bin -> usr/bin`). It is imported from memory, so nothing is pulled, and
its tag is a digest of its content: another layout of `/` is another image.
"""

import hashlib
import io
import tarfile

from linara_agent.docker_sandbox.engine import Engine
from linara_agent.docker_sandbox.host_view import HostView, RootEntry
from linara_agent.docker_sandbox.owner import PREFIX

REPOSITORY = "linara-agent/skeleton"
LABEL = PREFIX + "skeleton"


def image_name(view: HostView) -> str:
    digest = hashlib.sha256(_archive(view)).hexdigest()
    return f"{REPOSITORY}:{digest[:12]}"


def import_skeleton(engine: Engine, view: HostView) -> str:
    """Make the image if need be; return its name. Raises SandboxUnavailable."""
    name = image_name(view)
    if engine.has_image(name):  # another import of the same would orphan it
        return name
    engine.import_image(_archive(view), name=name, labels={LABEL: "1"})
    return name


def _archive(view: HostView) -> bytes:
    """The same entries give the same bytes: all times are zero."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in view.entries:
            tar.addfile(_member(entry))
    return buffer.getvalue()


def _member(entry: RootEntry) -> tarfile.TarInfo:
    member = tarfile.TarInfo(entry.name)
    member.mode, member.uid, member.gid = entry.mode, entry.uid, entry.gid
    member.type = tarfile.DIRTYPE
    if entry.link is not None:
        member.type, member.linkname = tarfile.SYMTYPE, entry.link
    return member
