"""Options that several commands share, and what they mean together."""

from collections.abc import Callable
from typing import Any

import click

from linara_agent.cli.console import Console
from linara_agent.core.next_step import Mode

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def configured(name: str) -> Callable[[], Any]:
    """The default of a flag: what the environment or the configuration file says.

    Raises SettingsProblem when click asks for it, so `--help` works with any file.
    """

    def default() -> object:
        from linara_agent.wiring.person import person
        from linara_agent.wiring.settings import configured_run

        if click.get_current_context().resilient_parsing:
            return None  # a shell completes a word
        return getattr(configured_run(person()).settings, name)

    return default


POLICY = click.option(
    "--policy", default=configured("policy"), show_default=False,
    metavar="NAME|FILE",
    help="The base policy: default (if nothing else is configured), strict,"
    " automation, or a file.",
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
    default=configured("timeout_s"), show_default=False,
    help="The longest that the preview may take (default: the policy's).",
)  # fmt: skip
_VIEW = click.option(
    "--view", type=click.Choice(["auto", "twin", "copy"]),
    default=configured("view"), show_default=False,
    help="What the preview sees: this machine (twin), or only a copy of the workspace."
    " Default: the policy's; auto is the twin where the engine can make one.",
)  # fmt: skip

_NETWORK = click.option(
    "--network", is_flag=True,
    help="Open the network to this preview, secrets still hidden; what it does"
    " elsewhere is done. Never with --unattended.",
)  # fmt: skip
_TRACE = click.option(
    "--trace", is_flag=True,
    help="Watch the preview with strace: list the programs executed and the targets"
    " of connections. Slower; a program that wants to can hide.",
)  # fmt: skip
_RUNTIME = click.option(
    "--runtime", metavar="NAME", default=configured("runtime"), show_default=False,
    help="The engine's runtime for the preview, such as runsc or crun (default: the"
    " engine's).",
)  # fmt: skip


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that previews."""
    asking = (_JSON, _UNATTENDED, _NO_INPUT, POLICY)
    for option in (_RUNTIME, _TRACE, _NETWORK, _VIEW, _TIMEOUT, *asking):
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
