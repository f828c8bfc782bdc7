"""This machine, as the flow sees it: both ways to it behind one port."""

from dataclasses import dataclass
from pathlib import Path

from linara_agent.core.plan import Plan
from linara_agent.core.preview import Outcome
from linara_agent.core.review import Approved
from linara_agent.host.apply import HostFiles
from linara_agent.host.rerun import HostShell
from linara_agent.ports import Applied


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Implements the port `Host`."""

    files: HostFiles
    shell: HostShell

    def apply(self, approved: Approved, plan: Plan, *, blobs: Path) -> Applied:
        return self.files.apply(approved, plan, blobs=blobs)

    def rerun(self, approved: Approved, plan: Plan) -> Outcome:
        return self.shell.rerun(approved, plan)
