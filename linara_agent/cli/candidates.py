"""Several proposals beside each other: compared by what each did in its own twin."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.changes import summary
from linara_agent.cli.verbatim import Verbatim
from linara_agent.core.decision import Decision
from linara_agent.core.passage import Passage
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import together
from linara_agent.core.visible import size_in_words, visible


def candidates(of: tuple[Passage, ...]) -> Iterator[RenderableType]:
    """Each with its number, text, verdict, outcome and changes."""
    for number, passage in enumerate(of, 1):
        yield Text.assemble(
            (f"{number}", "bold"),
            "  ",
            render.decision(passage.verdict.decision),
            (f"  {_outcome(passage)}", "dim"),
        )
        text = visible(passage.proposal.text).rstrip("\n")
        yield Verbatim(text=text, by=4, style="bold cyan")
        if passage.proposal.rationale:
            words = visible(passage.proposal.rationale)
            yield render.indented(words, 4, style="dim")
    for passage in of:
        if passage.proposal.notice:
            yield render.indented(visible(passage.proposal.notice), 2, style="dim")
    same = _alike(of)
    if same:
        yield Text(f"  The effect of {same} is the same.", style="dim")
    paid = together(passage.proposal.usage for passage in of)
    if paid is not None and paid.cost_usd is not None:
        yield Text(f"  cost: {paid.cost_usd:.6f} USD", style="dim")


def _outcome(passage: Passage) -> str:
    why = denied_by(passage)
    if passage.preview is None:
        return f"not previewed: denied by {why}"
    outcome = passage.preview.outcome
    ended = (
        f"exit {outcome.exit}" if outcome.signal is None else f"signal {outcome.signal}"
    )
    real = passage.preview.effective
    changes = summary(real) if real else "no changes"
    size = len(outcome.stdout)
    wrote = f", {size_in_words(size)} of output" if size else ""
    denied = f", denied by {why}" if why else ""
    return f"{ended}, {changes}{wrote}{denied}"


def denied_by(passage: Passage) -> str:
    """The rules that forbid it; empty where none does."""
    rules = (
        finding.rule
        for finding in passage.verdict.findings
        if finding.decision is Decision.DENY
    )
    return ", ".join(dict.fromkeys(rules))


def _alike(of: tuple[Passage, ...]) -> str:
    """`1 and 3`, where the same changes and the same output were measured."""
    groups: dict[object, list[int]] = {}
    for number, passage in enumerate(of, 1):
        if passage.preview is not None:
            groups.setdefault(_measured(passage.preview), []).append(number)
    alike = [group for group in groups.values() if len(group) > 1]
    return "; of ".join(" and ".join(map(str, group)) for group in alike)


def _measured(preview: Preview) -> object:
    """What two previews must share to have had one effect; times do not count."""
    states = []
    for one in preview.effective:
        after = one.after
        state = None if after is None else (after.type, after.mode, after.size)
        digest = None if after is None else (after.sha256, after.link)
        states.append((one.path, one.kind, state, digest))
    outcome = preview.outcome
    return (tuple(sorted(states, key=lambda s: s[0])), outcome.stdout, outcome.exit)
