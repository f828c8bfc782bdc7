"""What was seen of a preview beside its changes: programs, connections, steps."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from linara_agent.cli.changes import FEW, listed, summary
from linara_agent.core.change import Change
from linara_agent.core.preview import Preview
from linara_agent.core.steps import Step
from linara_agent.core.traced import Connected, Traced
from linara_agent.core.visible import visible


def traced(of: Traced, *, full: bool = False) -> Iterator[RenderableType]:
    """Each program once, each target once; sockets that are not there are left out."""
    counts = of.counts
    lines = [
        visible(path, keep="") + (f"  {count} times" if count > 1 else "")
        for path, count in counts.items()
    ]
    words = f"{len(of.programs)} executed"
    yield from _list("Programs", words, lines, full=full)
    targets = [_target(one) for one in of.connections if full or not one.absent]
    if targets:
        yield from _list("Targets", f"{len(targets)} tried", targets, full=full)
    if not of.complete:
        yield Text("  There were more: the trace was cut at its limit.", style="yellow")
    words = "Traced by strace: slower, and a program that wants to can hide from it."
    yield Text(f"  {words}", style="dim")


def observed(of: Preview, *, full: bool = False) -> Iterator[RenderableType]:
    """What the person asked to be told of, beside what came out of it."""
    if of.runtime is not None:
        yield Text.assemble(("Runtime", "bold"), f"  {visible(of.runtime)}")
    if of.traced is not None:
        yield from traced(of.traced, full=full)


def _list(
    title: str, words: str, lines: list[str], *, full: bool
) -> Iterator[RenderableType]:
    yield Text.assemble((title, "bold"), f"  {words}")
    shown = lines if full else lines[:FEW]
    for line in shown:
        yield Padding(Text(line), (0, 0, 0, 2), expand=False)
    if len(shown) < len(lines):
        yield Text(f"  … {len(lines) - len(shown)} more", style="dim")


def _target(one: Connected) -> str:
    port = "" if one.port is None else f" port {one.port}"
    ended = "" if one.error is None else f"  {one.error}"
    return f"{one.socket}  {visible(one.address, keep='')}{port}{ended}"


def changes_by_step(of: Preview, *, full: bool = False) -> Iterator[RenderableType]:
    """The changes below the step that made them last, in the order of the steps."""
    real = sorted(of.effective, key=lambda one: one.path)
    yield Text.assemble(("Changes", "bold"), f"  {summary(real) if real else 'none'}")
    for number, step in enumerate(of.steps, 1):
        made = [one for one in real if one.step == number]
        if made:
            title = Text.assemble((f"  step {number}", "bold"), f"  {_named(step)}")
            yield from _made(title, made, full=full)
    unknown = [one for one in real if one.step is None]
    if unknown:
        yield from _made(Text("  in a step that is not known"), unknown, full=full)
    missed = [number for number, step in enumerate(of.steps, 1) if not step.begun]
    if missed:
        numbers = "step" if len(missed) == 1 else f"steps {missed[0]} to"
        words = f"  It ended before {numbers} {missed[-1]}."
        yield Text(words, style="yellow")
    incidental = len(of.changes) - len(real)
    if incidental:
        yield Text(f"  and {incidental} in caches and logs, not applied", style="dim")


def _named(step: Step) -> str:
    return f"line {step.line}: {visible(step.text, keep='')}"


def _made(title: Text, made: list[Change], *, full: bool) -> Iterator[RenderableType]:
    title.append(f"  {summary(made)}", style="dim")
    yield title
    yield from listed(made, full=full, by=4)
