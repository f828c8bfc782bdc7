"""Which view a preview gets: the twin where the engine shows this machine, else a copy.

The choice is made by the identity check, lower by lower, before the text is handed
over; a person or a policy can force either. It is never silent: the preview says which
view it had and why.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import SandboxPlan, View
from linara_agent.docker_sandbox.identity import NoTwin
from linara_agent.docker_sandbox.prepared import PreparedTwin
from linara_agent.docker_sandbox.workshop import Workshop
from linara_agent.errors import SandboxUnavailable

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.toolbox import Recipe

FORCED = "as asked for"


class Prepared(Protocol):
    """A preview that waits for its text; see `ports.PreparedPreview`."""

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview: ...

    def discard(self) -> None: ...


class MakesTwins(Protocol):
    """What is needed of the maker of twins."""

    def prepare(self, plan: SandboxPlan) -> PreparedTwin: ...


class Views:
    """Prepares the view that a plan asks for, or that is possible."""

    def __init__(
        self, twins: MakesTwins, workshop: Workshop, recipe: "Callable[[], Recipe]"
    ) -> None:
        self._twins = twins
        self._workshop = workshop
        self._recipe = recipe

    def prepare(self, plan: SandboxPlan) -> Prepared:
        """Raises SandboxUnavailable."""
        if plan.view is View.COPY:
            return self._copy(plan, FORCED)
        if plan.view is View.AUTO and self._workshop.engine.facts().rootless:
            return self._copy(plan, "a rootless engine cannot make faithful twins")
        try:
            twin = self._twins.prepare(plan)
        except NoTwin as exc:
            return self.instead(plan, exc)
        return _Waiting(twin, self)

    def instead(self, plan: SandboxPlan, problem: NoTwin) -> Prepared:
        """A copy where a twin is another machine's, or cannot show the workspace."""
        if plan.view is View.TWIN:
            raise problem
        try:
            return self._copy(plan, problem.what.rstrip("."))
        except SandboxUnavailable as exc:
            raise SandboxUnavailable(
                f"{problem.what} And no copy of the workspace can be made: {exc.what}",
                not_done=exc.not_done,
                remedy=exc.remedy,
            ) from exc

    def _copy(self, plan: SandboxPlan, why: str) -> Prepared:
        from linara_agent.docker_sandbox import copy_view  # noqa: PLC0415 — seldom needed

        return copy_view.prepare(self._workshop, plan, self._recipe(), why=why)


class _Waiting:
    """A twin whose files are compared with ours only when it is used."""

    def __init__(self, twin: PreparedTwin, views: Views) -> None:
        self._twin = twin
        self._views = views

    def run(self, plan: SandboxPlan, *, digest: str, blobs: Path) -> Preview:
        if plan.view is View.COPY:
            self._twin.discard()
            return self._views.prepare(plan).run(plan, digest=digest, blobs=blobs)
        try:
            return self._twin.run(plan, digest=digest, blobs=blobs)
        except NoTwin as exc:
            copy = self._views.instead(plan, exc)
            return copy.run(plan, digest=digest, blobs=blobs)

    def discard(self) -> None:
        self._twin.discard()
