"""`linara-agent sandbox status` and `sandbox clean`."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.doctor import check_json
from linara_agent.cli.render import heading
from linara_agent.core.record import Json
from linara_agent.core.visible import size_in_words, visible
from linara_agent.errors import UsageProblem
from linara_agent.wiring.person import person
from linara_agent.wiring.sandbox import close_runs, sandbox_clean, sandbox_status

if TYPE_CHECKING:
    from linara_agent.docker_sandbox.status import Holding, Status

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_COLOURS = {"alive": "green", "left over": "yellow", "unknown": "magenta"}


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status_command(as_json: bool) -> None:
    """Show the engine, what of ours is there and whose, and awkward places.

    \b
    Examples:
      linara-agent sandbox status
      linara-agent sandbox status --json
    """
    found = sandbox_status(person())
    if as_json:
        console.result(json.dumps(_status_json(found), ensure_ascii=False))
        return
    console.show(*_engine(found))
    console.show(Text(""), heading("What of ours is there"))
    console.show(*_lines(found.holdings))
    if not found.holdings:
        console.show(Text("  nothing"))
    console.show(Text(""), heading("Awkward places"))
    awkward = [place for place in found.places if not place.ok]
    for place in awkward:
        console.show(
            Text.assemble((f"  {place.name}  ", "yellow"), visible(place.detail)),
            Text(f"    → {place.remedy}", style="yellow"),
        )
    if not awkward:
        console.show(Text("  none: " + ", ".join(one.name for one in found.places)))


def _engine(found: "Status") -> Iterator[Text]:
    engine = found.engine
    yield Text.assemble(
        ("Engine", "bold"),
        f"  Docker {engine.version} on {engine.system} at {visible(found.address)}",
    )
    root = "without root" if engine.rootless else "as root"
    backing = f" on {engine.backing}" if engine.backing else ""
    yield Text(f"  runs {root}; its data is in {visible(engine.root)}")
    yield Text(f"  storage {engine.driver}{backing}, cgroup v{engine.cgroup}")
    yield Text(f"  image of this machine: {found.image}")


def _lines(holdings: "tuple[Holding, ...]") -> Iterator[Text]:
    """A line for each; the volumes of a run, one for each directory of `/`, in one."""
    runs = Counter(_volumes_of(one) for one in holdings)
    for one in holdings:
        of = _volumes_of(one)
        count = runs.pop(of, 0) if of else 1
        if count:
            yield _line(one, name=f"{count} volumes" if of and count > 1 else one.name)


def _volumes_of(one: "Holding") -> tuple[str | None, ...]:
    return (one.run, str(one.life)) if one.kind == "volume" and one.run else ()


def _line(one: "Holding", *, name: str) -> Text:
    about = [f"run {visible(one.run)}" if one.run else ""]
    about.append(f"process {one.pid} of user {one.uid}" if one.pid else "")
    about.append(f"{_age(one.age_s)} old" if one.age_s is not None else "")
    about.append(size_in_words(one.size) if one.size is not None else "")
    life = "in use" if (one.kind, one.life) == ("image", "alive") else str(one.life)
    return Text.assemble(
        f"  {one.kind:9} ",
        (f"{life:9}", _COLOURS[one.life]),
        f"  {visible(name)}",
        ("  " + ", ".join(filter(None, about)), "dim"),
    )


def _age(seconds: float) -> str:
    for unit, name in ((_DAY_S, "d"), (_HOUR_S, "h"), (_MINUTE_S, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"


def _status_json(found: "Status") -> dict[str, Json]:
    engine = found.engine
    return {
        "schema": 1,
        "engine": {
            "address": found.address,
            "version": engine.version,
            "system": engine.system,
            "root": engine.root,
            "driver": engine.driver,
            "backing": engine.backing,
            "cgroup": engine.cgroup,
            "rootless": engine.rootless,
            "security": engine.security,
        },
        "image": found.image,
        "holdings": [_json(one) for one in found.holdings],
        "places": [check_json(place) for place in found.places],
    }


def _json(one: "Holding") -> dict[str, Json]:
    return {
        "kind": one.kind,
        "name": one.name,
        "life": str(one.life),
        "running": one.running,
        "run": one.run,
        "uid": one.uid,
        "pid": one.pid,
        "age_s": None if one.age_s is None else round(one.age_s, 1),
        "size": one.size,
    }


@click.command("clean")
@click.option(
    "--all", "everything", is_flag=True,
    help="Also what others left, what nobody can be told for, and the image in use.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask before --all.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def clean_command(everything: bool, yes: bool, as_json: bool) -> None:
    """Remove containers, volumes, scratch and images of runs that are gone.

    What belongs to a living run stays, always. The journal is told of the runs that
    were killed before they could write down their end.

    \b
    Examples:
      linara-agent sandbox clean
      linara-agent sandbox clean --all
    """
    who = person()
    if everything and not yes:
        _ask()
    with console.step("cleaning up"):
        closed = close_runs(who)  # first: for that no engine need answer
        removed = sandbox_clean(who, everything=everything)
    if as_json:
        rows: list[Json] = [_json(one) for one in removed]
        found = {"schema": 1, "removed": rows, "closed": closed}
        console.result(json.dumps(found, ensure_ascii=False))
        return
    console.show(*_lines(removed))
    console.say(Text(_counted(removed), style="bold"))
    if closed:
        words = f"Closed in the journal: {', '.join(closed)} (killed in the middle)."
        console.say(Text(words))


def _counted(removed: "tuple[Holding, ...]") -> str:
    kinds = [one.kind for one in removed]
    parts = [
        f"{kinds.count(kind)} {kind}{'' if kinds.count(kind) == 1 else 's'}"
        for kind in dict.fromkeys(kinds)
    ]
    return f"Removed: {', '.join(parts)}." if parts else "There was nothing to remove."


def _ask() -> None:
    if not console.interactive:
        raise UsageProblem(
            "`sandbox clean --all` asks first, and there is no terminal.",
            not_done="Nothing was removed.",
            remedy="Call it in a terminal, or with `--all --yes`.",
        )
    question = "Remove everything of linara-agent but what living runs use?"
    if not click.confirm(question, err=True):
        raise click.Abort
