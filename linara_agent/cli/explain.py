"""`linara-agent explain COMMAND`."""

import json
from collections.abc import Iterator

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.asking import Asking
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import code_of
from linara_agent.cli.model_options import ModelCommand, ModelFlags, model_flags
from linara_agent.cli.options import POLICY
from linara_agent.cli.passage import checked_text
from linara_agent.core.record import Json
from linara_agent.core.report import usage_facts, verdict_json
from linara_agent.core.visible import visible
from linara_agent.errors import ProposalUnavailable
from linara_agent.wiring.explaining import Explained, asked, read
from linara_agent.wiring.model import explainer
from linara_agent.wiring.person import person


@click.command("explain", cls=ModelCommand)
@click.argument("command")
@POLICY
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@model_flags
def explain_command(
    command: str, policy: str, as_json: bool, model: ModelFlags
) -> None:
    """Say what a command does: in the catalogue's words, and in a model's.

    Nothing runs. The model gets the command and nothing else; what it says is held
    against the effects that the catalogue knows, and where they differ you are told.
    Without a model the catalogue's words are all there is.

    \b
    Examples:
      linara-agent explain 'tar -xzf backup.tgz --strip-components=1 -C /srv'
      linara-agent explain --json 'find . -name "*.o" -delete'
    """
    text = checked_text(command, what="command")
    who = person()
    known = read(who, text, policy)
    asking = Asking()
    ask, notices = explainer(who, model.given, asking.tell)
    console.notices(notices)
    problem: ProposalUnavailable | None = None
    if ask is not None:
        try:
            with asking.live("asking for an explanation"):
                known = asked(who, text, known, ask, code_of)
        except ProposalUnavailable as error:
            problem = error
    if as_json:
        console.result(json.dumps(_json(known, problem), ensure_ascii=False))
    else:
        console.show(*_screen(known, problem, asked=ask is not None))


def _screen(
    of: Explained, problem: ProposalUnavailable | None, *, asked: bool
) -> Iterator[RenderableType]:
    yield render.heading("By the catalogue")
    for one in of.said:
        yield render.indented(f"- {visible(one.text, keep='')}", 2)
    if of.told is not None:
        by = f"  {visible(of.told.model, keep='')}"
        yield Text.assemble(("By the model", "bold"), (by, "dim"))
        yield render.indented(visible(of.told.explanation.text), 2)
        if of.told.usage is not None and of.told.usage.cost_usd is not None:
            cost = f"cost: {of.told.usage.cost_usd:.6f} USD"
            yield render.indented(cost, 2, style="dim")
        yield from _compared(of)
    elif problem is not None:
        words = f"The model did not explain it: {visible(problem.what)}"
        yield Text(words, style="yellow")
        yield render.indented(f"what to do: {visible(problem.remedy)}", 2)
    elif not asked:
        words = "No model is configured: `linara-agent key set` lets one explain too."
        yield Text(words, style="dim")
    yield from render.verdict(of.verdict)


def _compared(of: Explained) -> Iterator[RenderableType]:
    if of.differs:
        yield Text("They differ", style="bold yellow")
        for one in of.differs:
            yield render.indented(f"- {visible(one, keep='')}", 2)
    elif of.told is not None and of.told.explanation.says is None:
        words = "The model did not list the effects, so they could not be compared."
        yield render.indented(words, 2, style="dim")
    else:
        yield render.indented("Both tell of the same effects.", 2, style="dim")


def _json(of: Explained, problem: ProposalUnavailable | None) -> dict[str, Json]:
    told = of.told
    model: dict[str, Json] | None = None
    if told is not None:
        says = told.explanation.says
        model = {
            "id": told.model,
            "explanation": told.explanation.text,
            "effects": None if says is None else sorted(says),
            **usage_facts(told.usage),
        }
    return {
        "schema": 1,
        "sentences": [{"span": list(one.span), "text": one.text} for one in of.said],
        "model": model,
        "problem": None if problem is None else problem.what,
        "differs": list(of.differs),
        **verdict_json(of.verdict),
    }
