"""`linara-agent parse COMMAND`: how a command is read; nothing is judged or run."""

import json
import sys
from pathlib import Path

import click
from rich.text import Text

from linara_agent.cli import tree
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.cli.passage import checked_text
from linara_agent.core.effects.trace import Nested
from linara_agent.core.shell.script import Script
from linara_agent.errors import UsageProblem
from linara_agent.wiring.person import person, place_here, reader


@click.command("parse")
@click.argument("command", required=False)
@click.option(
    "-f", "--file", type=click.Path(path_type=Path, allow_dash=True),
    help="Read this script instead; - is standard input.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--bash", "as_bash", is_flag=True, help="Print the tree back as bash.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of --json.")
def parse_command(
    command: str | None,
    file: Path | None,
    as_json: bool,
    as_bash: bool,
    schema: bool,
) -> None:
    """Show how a command is read: its tree, its words, what stays opaque.

    Texts that it runs (`sh -c TEXT`, `eval`, what is piped into a shell) follow as
    trees of their own.

    Spans count characters from the beginning. A word is followed by what it expands
    to, where that is something else. Exit 0 if all was read, 10 if a part is opaque
    or misleads.

    \b
    Examples:
      linara-agent parse 'x=rm; $x -r {a,b}/*.o'
      linara-agent parse --json 'cat <<< "$HOME"'
      linara-agent parse --file deploy.sh
    """
    if schema:
        from linara_agent.core.parsed import Parsed

        console.result(json.dumps(Parsed.model_json_schema(), indent=2))
        return
    if (command is None) == (file is None):
        raise click.UsageError("Give either a COMMAND or --file.")
    if as_json and as_bash:
        raise click.UsageError("--json and --bash exclude each other.")
    text = command if command is not None else _content(file or Path("-"))
    who = person()
    place = place_here(who)
    read = reader(who)
    script = read.read(checked_text(text, what="command"), place)
    if as_bash:
        console.result(_bash(script).rstrip("\n"))
    elif as_json:
        console.result(_json(script, read.resolve(script, place).nested))
    else:
        _show(script, read.resolve(script, place).nested)
    doubtful = script.doubts
    raise click.exceptions.Exit(
        int(ExitCode.NEEDS_REVIEW if doubtful else ExitCode.DONE)
    )


def _content(file: Path) -> str:
    try:
        raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem(
            f"The script {file} cannot be read: {error}.",
            not_done="Nothing was parsed, and nothing ran.",
            remedy="Name a bash script in UTF-8 that you may read.",
        ) from error


def _show(script: Script, nested: tuple[Nested, ...]) -> None:
    console.show(*tree.tree(script, nested))
    count = len(script.invocations)
    commands = "1 command" if count == 1 else f"{count} commands"
    parts = len(set(script.opaque))
    if parts:
        said = "1 part is opaque" if parts == 1 else f"{parts} parts are opaque"
    else:
        said = "both parsers agree"
    if script.misleading:
        said += "; it holds characters that mislead"
    line = Text(f"{commands}; {said}", style="yellow" if script.doubts else "green")
    console.show(line + Text(", so it is reviewed" if script.doubts else ""))


def _json(script: Script, nested: tuple[Nested, ...]) -> str:
    from linara_agent.core.parsed import printed

    return json.dumps(printed(script, nested))


def _bash(script: Script) -> str:
    from linara_agent.core.shell.printing.script import to_bash

    if script.opaque:
        raise UsageProblem(
            "A part of it could not be read, so it cannot be printed back.",
            not_done="Nothing was printed, and nothing ran.",
            remedy="Leave --bash out to see which part, and why.",
        )
    return to_bash(script.nodes)
