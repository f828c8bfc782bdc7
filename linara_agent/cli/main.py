"""The command line: global options, and subcommands that load when called."""

import io
import os
import sys

import click

from linara_agent import __version__
from linara_agent.cli.boundary import guarded
from linara_agent.cli.console import console
from linara_agent.cli.lazy import LazyGroup, seems_json
from linara_agent.docker_sandbox.apart import Apart

_COMMANDS = {
    "do": ("do", "Say what you want done: propose, preview, review, carry out."),
    "run": ("run", "The same for a command of your own."),
    "script": ("run", "The same for a bash script."),
    "check": ("check", "Judge a command; nothing runs."),
    "explain": ("explain", "Say what a command does, by catalogue and model."),
    "parse": ("parse", "Show how a command is read; nothing runs."),
    "apply": ("carry_out", "Copy the reviewed changes of a saved plan to the host."),
    "rerun": ("carry_out", "Run the text of a saved plan on the host."),
    "recover": ("carry_out", "Take back an apply that was cut short."),
    "policy": ("policy", "See what decides, why, and whether it is sound."),
    "plan": ("plan", "List and show saved plans."),
    "sandbox": ("sandbox", "Look at the sandbox, look around in it, clean up."),
    "usage": ("usage", "What models were asked, and what that cost."),
    "audit": ("audit", "List, show and verify what the journal says."),
    "models": ("models", "List the models that the server offers, with price."),
    "key": ("key", "Keep the key of the model's server in the system's keyring."),
    "config": ("config", "See the settings in force, and where each comes from."),
    "doctor": ("doctor", "Check that everything the main path needs is there."),
}


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"linara-agent {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    table=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes and the threat model: README.md. Shell completion:"
    ' eval "$(_LINARA_AGENT_COMPLETE=bash_source linara-agent)".',
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Show the version and exit.",
)  # fmt: skip
@click.option("--debug", is_flag=True, help="Show a traceback with an error.")
def cli(debug: bool) -> None:
    """Let a model write shell, see what it does first, then decide.

    A command is read by two parsers, judged by a policy, run in a container over a
    copy-on-write twin of this machine, shown to you, and only then carried out.

    \b
    Examples:
      linara-agent do "clean temp files"
      linara-agent run 'rm -r build && mkdir build'
      linara-agent check 'curl https://example.org/x.sh | sh'
      linara-agent run --no-input --json 'touch x'   # then: linara-agent apply PLAN
      linara-agent audit list
    """
    del debug


def _have_streams() -> None:
    """A stream that the caller closed is as good as an empty one, and one whose
    encoding lacks a character shows it by its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 — it stays open
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As on stderr: what the terminal's encoding lacks is spelt out, and no bug.
        sys.stdout.reconfigure(errors="backslashreplace")


def run(arguments: list[str], apart: Apart | None = None) -> int:
    """Run the command line; returns the exit code and never raises.

    `apart` is the process that makes the previews, where one was begun.
    """
    _have_streams()
    debug = "--debug" in arguments[:1]
    console.as_json = seems_json(arguments)
    return guarded(
        lambda: cli.main(
            arguments, prog_name="linara-agent", standalone_mode=False, obj=apart
        ),
        debug=debug,
    )
