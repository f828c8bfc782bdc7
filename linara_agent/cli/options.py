"""Options that several commands share, and what they mean together."""

from collections.abc import Callable
from typing import Any

import click

from linara_agent.cli.console import Console
from linara_agent.core.next_step import Mode

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

POLICY = click.option(
    "--policy", default="default", envvar="LINARA_POLICY", show_default=True,
    metavar="NAME|FILE",
    help="The base policy: default, strict, automation, or a file.",
)  # fmt: skip
_NO_INPUT = click.option(
    "--no-input", is_flag=True,
    help="Never ask: save a plan and exit 10 where a review is needed.",
)  # fmt: skip
_UNATTENDED = click.option(
    "--unattended", is_flag=True,
    help="Never ask, and carry out what the policy allows to the last effect.",
)  # fmt: skip
_JSON = click.option(
    "--json", "as_json", is_flag=True,
    help="Print one JSON object on stdout and nothing else; implies --no-input.",
)  # fmt: skip
_TIMEOUT = click.option(
    "--timeout", type=click.FloatRange(min=0.1, max=3600), metavar="SECONDS",
    help="The longest that the preview may take (default: the policy's).",
)  # fmt: skip
_VIEW = click.option(
    "--view", type=click.Choice(["auto", "twin", "copy"]),
    help="What the preview sees: this machine (twin), or only a copy of the workspace."
    " Default: the policy's; auto is the twin where the engine can make one.",
)  # fmt: skip

_NETWORK = click.option(
    "--network", is_flag=True,
    help="Open the network to this preview, secrets still hidden; what it does"
    " elsewhere is done. Never with --unattended.",
)  # fmt: skip


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that previews."""
    for option in (_NETWORK, _VIEW, _TIMEOUT, _JSON, _UNATTENDED, _NO_INPUT, POLICY):
        function = option(function)
    return function


def network_of(*, network: bool, unattended: bool) -> bool:
    """Only a person opens the network, for the one run."""
    if network and unattended:
        raise click.UsageError("--unattended and --network exclude each other.")
    return network


def mode_of(
    console: Console, *, no_input: bool, unattended: bool, as_json: bool
) -> Mode:
    if unattended and no_input:
        raise click.UsageError("--unattended and --no-input exclude each other.")
    if unattended:
        return Mode.UNATTENDED
    if no_input or as_json or not console.interactive:
        return Mode.NO_INPUT
    return Mode.TERMINAL
