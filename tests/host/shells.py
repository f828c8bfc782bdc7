"""Plans to rerun, and a shell whose output is collected."""

import io
from dataclasses import replace
from pathlib import Path

from linara_agent.core.plan import Plan
from linara_agent.core.preview import Outcome
from linara_agent.core.review import Way
from linara_agent.host.rerun import HostShell, Streams
from tests.host.ground import approved, make_plan, make_sandbox

PATH = "/usr/local/bin:/usr/bin:/bin"


class Shell:
    """A HostShell whose output is collected."""

    def __init__(self, stdin: int, **environment: str) -> None:
        self.stdout = io.BytesIO()
        self.stderr = io.BytesIO()
        self.host = HostShell(
            environment={"PATH": PATH, **environment},
            streams=Streams(stdout=self.stdout, stderr=self.stderr, stdin=stdin),
            patience_s=0.1,
        )

    def run(self, plan: Plan) -> Outcome:
        return self.host.rerun(approved(plan, way=Way.RERUN), plan)


def plan_of(text: str, **fields: object) -> Plan:
    sandbox = make_sandbox(text=text, cwd=str(Path.cwd()))
    sandbox = replace(sandbox, **fields)  # type: ignore[arg-type]  # any field
    plan = make_plan(text=text, sandbox=sandbox)
    proposal = replace(plan.proposal, arguments=sandbox.arguments)
    preview = replace(plan.preview, digest=proposal.digest)
    return replace(plan, proposal=proposal, preview=preview).sealed()
