"""`linara-agent policy commands [NAME…]`: what the catalogue knows of programs."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.core.effects.catalogue import Catalogue, Program
from linara_agent.core.effects.described import Described, Line, described
from linara_agent.core.visible import visible
from linara_agent.rulebook import load_catalogue
from linara_agent.wiring.person import person

_NEAR = 5
_LIKENESS = 0.5


@click.command("commands")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def commands_command(names: tuple[str, ...], as_json: bool) -> None:
    """Show what is known of programs: options, operands, subcommands, effects.

    Without a NAME all programs are listed. NAME is a program or one of its aliases;
    `'git push'` is a subcommand. Exit 1 where a name is not in the catalogue: then
    whatever it does is reviewed.

    \b
    Examples:
      linara-agent policy commands
      linara-agent policy commands sort 'git push'
      linara-agent policy commands --json find
    """
    catalogue = load_catalogue(person().directories.cache)
    if not names:
        _list(catalogue, as_json=as_json)
        return
    found = {name: _find(catalogue, name) for name in names}
    unknown = [name for name, one in found.items() if one is None]
    known = [one for one in found.values() if one is not None]
    if as_json:
        near = {name: _near(catalogue, name) for name in unknown}
        listed = {"schema": 1, "programs": [asdict(one) for one in known]}
        console.result(json.dumps({**listed, "unknown": near}))
    else:
        for one in known:
            console.show(*_screen(one))
        for name in unknown:
            console.say(*_unknown(catalogue, name))
    if unknown:
        raise click.exceptions.Exit(int(ExitCode.COMMAND_FAILED))


def _list(catalogue: Catalogue, *, as_json: bool) -> None:
    programs = _programs(catalogue)
    if as_json:
        rows = [
            {"name": one.name, "aliases": list(one.aliases), "summary": one.summary}
            for one in programs
        ]
        console.result(json.dumps({"schema": 1, "programs": rows}))
        return
    width = max(len(one.name) for one in programs)
    for one in programs:
        also = f" (also {', '.join(one.aliases)})" if one.aliases else ""
        console.show(Text(f"{one.name:{width}}  {one.summary}{also}"))


def _programs(catalogue: Catalogue) -> list[Program]:
    found = {one.name: one for one in catalogue.programs.values()}
    return [found[name] for name in sorted(found)]


def _find(catalogue: Catalogue, name: str) -> Described | None:
    """A program, or a subcommand of one (`git remote add`)."""
    first, *more = name.split(" ")
    program = catalogue.find(first)
    above = ""
    for word in more:
        if program is None:
            return None
        above = f"{above} {program.name}".strip()
        program = program.subcommands.get(word)
    return None if program is None else described(program, above=above)


def _near(catalogue: Catalogue, name: str) -> list[str]:
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    first, _, rest = name.partition(" ")
    program = catalogue.find(first)
    if program is not None:
        known = [f"{first} {one}" for one in program.subcommands]
    else:
        known = list(catalogue.programs)
    found = process.extract(
        name if rest else first,
        known,
        scorer=OSA.normalized_similarity,
        limit=_NEAR,
        score_cutoff=_LIKENESS,
    )
    return [one[0] for one in found]


def _unknown(catalogue: Catalogue, name: str) -> Iterator[Text]:
    near = _near(catalogue, name)
    yield Text(f"error: The catalogue does not know {visible(name, keep='')}.")
    yield Text("  not done: Nothing can be said of it; what it does is reviewed.")
    meant = f"Did you mean {', '.join(near)}?" if near else "See `policy commands`."
    yield Text(f"  what to do: {meant}")


def _screen(one: Described) -> Iterator[RenderableType]:
    version = f"  ({one.version})" if one.version else ""
    yield Text.assemble((one.name, "bold"), f"  {one.summary}", (version, "dim"))
    if one.aliases:
        yield render.indented(f"also {', '.join(one.aliases)}", 2)
    for fact in one.facts:
        yield render.indented(fact, 2)
    yield from _lines("Operands", one.operands)
    yield from _lines("Options", one.options)
    if one.subcommands:
        yield render.indented("Subcommands", 2, style="bold")
    for sub in one.subcommands:
        names = ", ".join((sub.name, *sub.aliases))
        yield render.indented(f"{names}: {sub.summary}", 4)


def _lines(title: str, lines: tuple[Line, ...]) -> Iterator[RenderableType]:
    """What does something first; what does nothing in one paragraph."""
    if lines:
        yield render.indented(title, 2, style="bold")
    for line in sorted(lines, key=lambda each: not each.changes):
        value = f" {line.value}" if line.value else ""
        names = f"{', '.join(line.names)}{value}"
        style = "yellow" if line.changes else ""
        yield render.indented(f"{names}: {line.does}", 4, style=style)
