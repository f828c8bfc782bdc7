"""`linara-agent sandbox build`: the toolbox image of the view `copy`."""

import click
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.wiring.person import person
from linara_agent.wiring.sandbox import build_toolbox

_MEGA = 1_000_000


@click.command("build")
@click.option(
    "--packages", "from_packages", is_flag=True,
    help="Do not ask a registry: make it from Debian's packages (mmdebstrap).",
)  # fmt: skip
def build_command(from_packages: bool) -> None:
    """Build the toolbox image, which previews in a copy of the workspace need.

    It is made from debian:bookworm-slim where the engine has that or a registry
    answers, else from Debian's packages by mmdebstrap, which needs no registry.
    A preview in a twin of this machine does not need it.

    \b
    Examples:
      linara-agent sandbox build
      linara-agent run --view copy 'make clean'
    """
    built = build_toolbox(
        person(),
        lambda line: console.say(Text(line, style="dim")),
        registry=not from_packages,
    )
    console.say(
        Text(f"Built {built.way}: {built.size // _MEGA} MB.", style="bold green")
    )
    console.result(built.image)
