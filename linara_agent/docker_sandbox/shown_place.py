"""Where a name of the twin lies: in the upper, in the lower, or moved in it."""

from dataclasses import dataclass, replace

from linara_agent.docker_sandbox.host_tree import Parts
from linara_agent.docker_sandbox.upper import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A name in the twin: what the upper has there, and where the lower part lies.

    `origin` is None where nothing of the lower shines through.
    """

    parts: Parts
    node: Node | None
    origin: Parts | None
    masked: bool = False

    @property
    def moved(self) -> bool:
        return self.origin != self.parts

    @property
    def unwritten(self) -> bool:
        """A file's content is that of its origin."""
        return self.node is None or self.node.metacopy

    def below(self, name: str) -> "Place":
        node = self.node.children.get(name) if self.node else None
        default = None if self.origin is None else (*self.origin, name)
        return replace(
            self,
            parts=(*self.parts, name),
            node=node,
            origin=default if node is None else _origin(node, self.origin, default),
        )


def _origin(node: Node, parent: Parts | None, default: Parts | None) -> Parts | None:
    if node.opaque or not (node.directory or node.metacopy):
        return None
    redirect = node.redirect
    if redirect is None:
        return default
    if redirect.startswith("/"):
        return tuple(name for name in redirect.split("/") if name)
    return None if parent is None else (*parent, redirect)
