"""From what was proposed and read to the plan of its preview."""

from dataclasses import replace

from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.wants import wants, whole_sudo
from linara_agent.core.passage import Passage
from linara_agent.core.proposal import Origin
from linara_agent.core.sandbox_plan import SandboxPlan
from linara_agent.core.steps import cuts


def planned(base: SandboxPlan, passage: Passage, catalogue: Catalogue) -> SandboxPlan:
    """`base` is the plan with everything but the text and what the text needs.

    A text that the person wrote instead of a script file is no file any more, and a
    script file is never one `sudo`.
    """
    proposal, script, reading = passage.proposal, passage.script, passage.reading
    plan = replace(base, text=proposal.text, arguments=proposal.arguments)
    if proposal.origin is not Origin.FILE:
        plan = replace(plan, script_file=None)
    if script is None or reading is None:
        raise AssertionError("a preview is planned only of what was read")
    if plan.stepwise and plan.script_file is not None:
        plan = replace(plan, cuts=cuts(script))
    sudo = whole_sudo(script, catalogue) if plan.script_file is None else None
    return replace(plan, wants=wants(script, reading, catalogue), sudo=sudo)
