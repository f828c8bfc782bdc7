"""`linara-agent run COMMAND` and `linara-agent script FILE`."""

from pathlib import Path

import click

from linara_agent.cli.console import console
from linara_agent.cli.options import mode_of, network_of, run_options
from linara_agent.cli.passage import Request, carry_and_tell, checked_text
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.errors import UsageProblem
from linara_agent.ports import Source
from linara_agent.wiring.house import Choices
from linara_agent.wiring.person import person


@click.command("run")
@click.argument("command")
@run_options
def run_command(
    command: str,
    policy: str,
    no_input: bool,
    unattended: bool,
    as_json: bool,
    timeout: float | None,
    view: str | None,
    network: bool,
    trace: bool,
    runtime: str | None,
) -> None:
    """Judge, preview and review a command of your own.

    \b
    Examples:
      linara-agent run 'rm -r build && mkdir build'
      linara-agent run --no-input --json 'touch x'
      linara-agent run --unattended --policy automation 'gzip -k *.log'
    """
    mode = mode_of(console, no_input=no_input, unattended=unattended, as_json=as_json)
    text = checked_text(command, what="command")
    proposal = Proposal(text=text, origin=Origin.PERSON)
    _start(
        proposal,
        Choices(
            policy=policy,
            mode=mode,
            timeout_s=timeout,
            view=view,
            network=network_of(network=network, unattended=unattended),
            trace=trace,
            runtime=runtime,
        ),
        as_json,
    )


@click.command("script", context_settings={"ignore_unknown_options": True})
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--steps", is_flag=True,
    help="Preview the script statement by statement, in one twin and one bash, and"
    " show which of them changed what.",
)  # fmt: skip
@run_options
def script_command(
    file: Path,
    arguments: tuple[str, ...],
    steps: bool,
    policy: str,
    no_input: bool,
    unattended: bool,
    as_json: bool,
    timeout: float | None,
    view: str | None,
    network: bool,
    trace: bool,
    runtime: str | None,
) -> None:
    """Judge, preview and review a bash script with its arguments.

    \b
    Examples:
      linara-agent script clean-up.sh
      linara-agent script --steps clean-up.sh
      linara-agent script --unattended --policy automation nightly.sh --keep 7
    """
    mode = mode_of(console, no_input=no_input, unattended=unattended, as_json=as_json)
    proposal = Proposal(
        text=checked_text(_content(file), what="script"),
        origin=Origin.FILE,
        source=str(file),
        arguments=arguments,
    )
    choices = Choices(
        policy=policy,
        mode=mode,
        timeout_s=timeout,
        view=view,
        network=network_of(network=network, unattended=unattended),
        trace=trace,
        runtime=runtime,
        stepwise=steps,
        script_file=str(file.resolve()),
    )
    _start(proposal, choices, as_json)


def _content(file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"The script {file} cannot be read: {error}.",
            not_done="Nothing was judged, and nothing ran.",
            remedy="Name a bash script in UTF-8 that you may read.",
        ) from error


def _start(proposal: Proposal, choices: Choices, as_json: bool) -> None:
    carry_and_tell(
        console,
        Request(
            who=person(),
            choices=choices,
            source=Source.given(proposal),
            intent=None,
            as_json=as_json,
        ),
    )
