"""`linara-agent do INTENT`."""

import click

from linara_agent.cli.asking import Asking
from linara_agent.cli.console import console
from linara_agent.cli.model_options import ModelCommand, ModelFlags, model_flags
from linara_agent.cli.options import mode_of, network_of, run_options
from linara_agent.cli.passage import Request, carry_and_tell, checked_text
from linara_agent.ports import Source
from linara_agent.wiring.house import Choices
from linara_agent.wiring.model import intent_of, proposer
from linara_agent.wiring.person import person


@click.command("do", cls=ModelCommand)
@click.argument("intent", nargs=-1, required=True)
@click.option(
    "--provider", type=click.Choice(["openrouter", "recipes"]),
    help="Who proposes: a model, or the offline recipes. Default: the model if a key"
    " is configured.",
)  # fmt: skip
@click.option(
    "-n", "several", type=click.IntRange(1, 5), default=1, metavar="N",
    help="Ask a model for N different commands, preview each, and choose by effect.",
)  # fmt: skip
@click.option(
    "--script", is_flag=True, help="A script of several lines is wanted, not one line."
)
@click.option(
    "--tries", type=click.IntRange(1, 3), default=3, show_default=True,
    help="How often a model is asked: again where its command cannot be read, is"
    " denied, or fails in the preview.",
)  # fmt: skip
@click.option(
    "--share-output", is_flag=True,
    help="When a model is asked again, tell it what the failed preview wrote (this run"
    " only; secrets are replaced).",
)  # fmt: skip
@run_options
@model_flags
def do_command(
    intent: tuple[str, ...],
    provider: str | None,
    several: int,
    script: bool,
    tries: int,
    share_output: bool,
    policy: str,
    no_input: bool,
    unattended: bool,
    as_json: bool,
    timeout: float | None,
    view: str | None,
    network: bool,
    trace: bool,
    runtime: str | None,
    model: ModelFlags,
) -> None:
    """Say what you want done, in your own words.

    A command is proposed by a model (when a key is configured) or by an offline
    recipe, judged, previewed in a twin of this machine, and shown to you.

    \b
    Examples:
      linara-agent do "clean temp files"
      linara-agent do "find files larger than 100 MB in ~/Downloads"
      linara-agent do -n 3 "find the ten largest files here"
      linara-agent do --provider recipes "what listens on port 8080"
    """
    if several > 1 and unattended:
        raise click.UsageError("-n and --unattended exclude each other: who chooses?")
    mode = mode_of(console, no_input=no_input, unattended=unattended, as_json=as_json)
    words = checked_text(" ".join(intent), what="intent")
    who = person()
    asking = Asking()
    chosen = proposer(who, provider, model.given, asking.tell)
    console.notices(chosen.notices)
    asked = intent_of(who, words, chosen.context, several=several, script=script)
    source = Source(
        propose=lambda attempts: asking.ask(chosen.proposer, asked, attempts),
        tries=1 if several > 1 else min(tries, chosen.proposer.tries),
        keep=chosen.proposer.keep,
        share_output=share_output,
    )

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
                trace=trace,
                runtime=runtime,
            ),
            source=source,
            intent=words,
            as_json=as_json,
            asking=asking,
        ),
    )
