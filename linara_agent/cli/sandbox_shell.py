"""`linara-agent sandbox shell`: look around in a twin."""

from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.changes import changes
from linara_agent.cli.console import console
from linara_agent.cli.options import POLICY
from linara_agent.cli.passage import front
from linara_agent.core.preview import Preview
from linara_agent.core.visible import visible
from linara_agent.errors import UsageProblem
from linara_agent.host.terminal import is_terminal
from linara_agent.wiring.person import Person, person
from linara_agent.wiring.sandbox import sandbox_shell

_HOURS_8 = 8 * 3600.0


@click.command("shell")
@click.option(
    "--cwd", type=click.Path(path_type=Path), metavar="DIR",
    help="Begin there (default: the current directory).",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=1, max=86400), default=_HOURS_8,
    show_default=True, metavar="SECONDS", help="The longest that you may stay.",
)  # fmt: skip
@POLICY
def shell_command(cwd: Path | None, timeout: float, policy: str) -> None:
    """Look around in a twin of this machine; nothing is ever applied.

    An interactive bash with your files, copy-on-write: no network, secrets hidden, the
    limits of a preview. On leaving (`exit`, Ctrl-D) it shows what you changed there.

    \b
    Examples:
      linara-agent sandbox shell
      linara-agent sandbox shell --cwd ~/project
    """
    if not (is_terminal(0) and is_terminal(1)):
        raise UsageProblem(
            "`sandbox shell` needs a terminal for its input and output.",
            not_done="No shell was started.",
            remedy="Call it in a terminal; for a script, use `linara-agent run`.",
        )
    who = _there(person(), cwd)
    words = "A shell in a twin of this machine: no network, nothing is applied."
    console.say(
        Text(words, style="bold"),
        Text("  Leave with `exit` or Ctrl-D, and see what changed.", style="dim"),
    )
    _tell(sandbox_shell(who, front(console), policy=policy, stay_s=timeout))


def _there(who: Person, cwd: Path | None) -> Person:
    if cwd is None:
        return who
    if not cwd.is_dir():
        raise UsageProblem(
            f"{cwd} is no directory that you can see.",
            not_done="No shell was started.",
            remedy="Name a directory that is there.",
        )
    return replace(who, cwd=str(cwd.resolve()))


def _tell(preview: Preview) -> None:
    for note in (*preview.notes, *render.lacking(preview, None)):
        console.say(Text(f"  note: {visible(note)}", style="dim"))
    if preview.network_tried:
        console.say(Text("  The network was tried, and there was none."))
    for limit in preview.outcome.limits:
        console.say(Text(f"  The {limit} limit was reached.", style="yellow"))
    console.say(*changes(preview.changes))
    for finding, count in render.distinct(preview.findings):
        console.say(*render.reason(finding, count))
    console.say(Text("Nothing was applied; the twin is gone.", style="bold"))
