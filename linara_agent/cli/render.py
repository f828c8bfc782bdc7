"""Values to text for people; nothing here writes."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from linara_agent.cli.changes import FEW, changes
from linara_agent.cli.observations import changes_by_step, observed
from linara_agent.cli.verbatim import Verbatim
from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect
from linara_agent.core.need import WAITED
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.unshown import concerning
from linara_agent.core.visible import visible, visible_bytes

_COLOURS = {
    Decision.ALLOW: "green",
    Decision.REVIEW: "yellow",
    Decision.DENY: "bold red",
}


def indented(text: Text | str, by: int, *, style: str = "") -> Padding:
    """Text whose further lines stand below its first, however narrow the screen."""
    shown = text if isinstance(text, Text) else Text(text, style=style)
    return Padding(shown, (0, 0, 0, by), expand=False)


def heading(words: str) -> Text:
    return Text(words, style="bold")


def origin(proposal: Proposal) -> str:
    match proposal.origin:
        case Origin.PERSON:
            return "your command"
        case Origin.FILE:
            return f"the script {visible(proposal.source or '')}"
        case Origin.RECIPE:
            return f"from the offline recipe {proposal.source}"
        case Origin.MODEL:
            return f"written by the model {visible(proposal.source or '?')}"


def command(proposal: Proposal) -> Iterator[RenderableType]:
    """The whole text, never cut, with every character visible."""
    yield Text.assemble(("Command", "bold"), "  ", (origin(proposal), "dim"))
    shown = visible(proposal.text).rstrip("\n")
    yield Verbatim(text=shown, by=4, style="bold cyan")
    if proposal.arguments:
        shown = " ".join(visible(argument, keep="") for argument in proposal.arguments)
        yield indented(f"arguments: {shown}", 2)
    if proposal.rationale:
        yield indented(visible(proposal.rationale), 2)
    for assumption in proposal.assumptions:
        yield indented(f"assumes: {visible(assumption)}", 2)
    if proposal.claims:
        said = "; ".join(visible(claim) for claim in proposal.claims)
        yield indented(f"the model says: {said}", 2, style="dim")
    if proposal.cached:
        words = "cached: the answer to the same request a few minutes ago"
        yield indented(words, 2, style="dim")
    if proposal.notice:
        yield indented(visible(proposal.notice), 2, style="dim")
    usage = proposal.usage
    if usage is not None and usage.cost_usd is not None:
        yield indented(f"cost: {usage.cost_usd:.6f} USD", 2, style="dim")


def decision(of: Decision) -> Text:
    return Text(of.word, style=_COLOURS[of])


def verdict(of: Verdict) -> Iterator[RenderableType]:
    """The decision, and each reason once with the rule and where it stands."""
    yield Text.assemble(("Verdict", "bold"), "  ", decision(of.decision))
    silent = of.decision is not Decision.ALLOW
    for finding, _ in distinct(of.findings, by_rule=True):
        if finding.decision is Decision.ALLOW and silent:
            continue
        yield from reason(finding, 1)


def distinct(
    findings: Iterable[Finding], *, by_rule: bool = False
) -> list[tuple[Finding, int]]:
    """The findings without repetition, strictest first, with how often each came.

    `by_rule` keeps one of each rule: the last, which the preview measured.
    """
    counts: dict[tuple[str, str], int] = {}
    kept: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        own = finding.rule in _OF_ITS_OWN or not by_rule
        key = (finding.rule, finding.reason if own else "")
        counts[key] = counts.get(key, 0) + 1
        if by_rule:
            kept[key] = finding
        else:
            kept.setdefault(key, finding)
    ordered = sorted(kept.items(), key=lambda item: -item[1].decision)
    return [(finding, counts[key]) for key, finding in ordered]


_OF_ITS_OWN = ("unknown", "no-rule", "misleading")
"""Each of these findings says something else."""


def reason(finding: Finding, count: int) -> Iterator[RenderableType]:
    where = f"  {finding.where}" if finding.where else ""
    times = f" ({count} times)" if count > 1 else ""
    yield Text.assemble(
        "  ",
        (f"{finding.decision.word:6}", _COLOURS[finding.decision]),
        f"  {finding.rule}{times}",
        (where, "dim"),
    )
    yield indented(visible(finding.reason), 10)


def underlined(text: str, finding: Finding) -> Iterator[Text]:
    """The line of the script that a finding speaks of, with the part marked."""
    if finding.span is None:
        return
    start, end = finding.span
    begin = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", start)
    line = text[begin : stop if stop >= 0 else len(text)]
    marked = max(1, min(end, begin + len(line)) - start)
    lead = visible(line[: start - begin], keep="")
    part = visible(line[start - begin : start - begin + marked], keep="")
    yield Text(f"          {visible(line, keep='')}")
    yield Text("          " + " " * len(lead) + "^" * max(1, len(part)), style="dim")


def preview(
    of: Preview, verdict: Verdict, *, full: bool = False
) -> Iterator[RenderableType]:
    """`verdict` tells what the script is about, and so what matters to it."""
    yield _ended(of)
    for note in (*of.notes, *lacking(of, None if full else verdict.effects)):
        yield indented(f"note: {visible(note)}", 2, style="dim")
    outcome = of.outcome
    for name, raw in (("Output", outcome.stdout), ("Errors", outcome.stderr)):
        if raw:
            yield from _output(name, raw, full=full)
    if outcome.truncated:
        yield Text("  The output was cut at its limit.", style="yellow")
    yield from observed(of, full=full)
    if of.steps:
        yield from changes_by_step(of, full=full)
    else:
        yield from changes(of.changes, full=full)


_VIEWS = {
    "twin": "a twin of this machine",
    "copy": "a copy of the workspace, without this machine's programs",
}


def lacking(of: Preview, effects: tuple[Effect, ...] | None) -> Iterator[str]:
    """What the twin did not have; of that, what the effects are about, if given."""
    places = of.unshown if effects is None else concerning(effects, of.unshown)
    if places:
        yield f"not shown in the twin: {', '.join(map(str, places))}"


def _ended(of: Preview) -> Text:
    outcome = of.outcome
    if outcome.signal is not None:
        ended = f"ended by signal {outcome.signal}"
    else:
        ended = f"exit {outcome.exit}"
    good = outcome.succeeded
    limits = "".join(
        ", ended because it waited for a person"
        if name == WAITED
        else f", stopped at its {name} limit"
        for name in outcome.limits
    )
    left = f", {outcome.leftovers} left running" if outcome.leftovers else ""
    tried = ", it tried the network and there was none" if of.network_tried else ""
    if of.network_open:
        tried = ", the network was open"
    style = "green" if good else "yellow"
    return Text.assemble(
        ("Preview", "bold"),
        "  ",
        (f"{ended} in {outcome.duration_s:.2f} s", style),
        f"{limits}{left}{tried}",
        (f"  in {_VIEWS.get(of.view, of.view)}", "dim"),
    )


def _output(name: str, raw: bytes, *, full: bool) -> Iterator[RenderableType]:
    lines = visible_bytes(raw).splitlines()
    shown = lines if full else lines[:FEW]
    yield heading(name)
    for line in shown:
        yield Verbatim(text=line, by=2)
    if len(shown) < len(lines):
        yield Text(f"  … {len(lines) - len(shown)} more lines", style="dim")
