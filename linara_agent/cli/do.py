"""`linara-agent do INTENT`."""

import click

from linara_agent.cli.console import console
from linara_agent.cli.options import mode_of, network_of, run_options
from linara_agent.cli.passage import Request, carry_and_tell, checked_text
from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Proposal
from linara_agent.parsers import bashlex
from linara_agent.wiring.house import Choices
from linara_agent.wiring.model import proposer
from linara_agent.wiring.person import person


@click.command("do")
@click.argument("intent", nargs=-1, required=True)
@click.option(
    "--provider", type=click.Choice(["openrouter", "recipes"]),
    help="Who proposes: a model, or the offline recipes. Default: the model if a key"
    " is configured.",
)  # fmt: skip
@run_options
def do_command(
    intent: tuple[str, ...],
    provider: str | None,
    policy: str,
    no_input: bool,
    unattended: bool,
    as_json: bool,
    timeout: float | None,
    view: str | None,
    network: bool,
) -> None:
    """Say what you want done, in your own words.

    A command is proposed by a model (when a key is configured) or by an offline
    recipe, judged, previewed in a twin of this machine, and shown to you.

    \b
    Examples:
      linara-agent do "clean temp files"
      linara-agent do "find files larger than 100 MB in ~/Downloads"
      linara-agent do --provider recipes "what listens on port 8080"
    """
    mode = mode_of(console, no_input=no_input, unattended=unattended, as_json=as_json)
    words = checked_text(" ".join(intent), what="intent")
    who = person()
    chosen = proposer(who, provider)
    asked = Intent(words=words, cwd=who.cwd, home=who.caller.home)

    def propose() -> Proposal:
        bashlex.load()  # while the model thinks
        with console.step("asking for a command"):
            return chosen.propose(asked)

    carry_and_tell(
        console,
        Request(
            who=who,
            choices=Choices(
                policy=policy,
                mode=mode,
                timeout_s=timeout,
                view=view,
                network=network_of(network=network, unattended=unattended),
            ),
            propose=propose,
            intent=words,
            as_json=as_json,
        ),
    )
