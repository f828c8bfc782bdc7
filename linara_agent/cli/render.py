"""Values to text for people; nothing here writes."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from linara_agent.core.change import Change, ChangeKind
from linara_agent.core.decision import Decision
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.core.report import deleted_below
from linara_agent.core.visible import size_in_words, visible, visible_bytes

_COLOURS = {
    Decision.ALLOW: "green",
    Decision.REVIEW: "yellow",
    Decision.DENY: "bold red",
}
_SIGNS = {
    ChangeKind.CREATED: ("+", "green"),
    ChangeKind.MODIFIED: ("~", "yellow"),
    ChangeKind.DELETED: ("-", "red"),
    ChangeKind.METADATA: ("m", "cyan"),
    ChangeKind.TYPE: ("t", "magenta"),
}
_NOUNS = {
    ChangeKind.CREATED: "created",
    ChangeKind.MODIFIED: "modified",
    ChangeKind.DELETED: "deleted",
    ChangeKind.METADATA: "with other permissions, owner or time",
    ChangeKind.TYPE: "of another kind",
}
FEW = 20
"""Lines of output, changes and diff shown before `show more`."""


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


def command(proposal: Proposal) -> Iterator[Text]:
    """The whole text, never cut, with every character visible."""
    yield Text.assemble(("Command", "bold"), "  ", (origin(proposal), "dim"))
    for line in visible(proposal.text).splitlines() or [""]:
        yield Text.assemble(("  │ ", "dim"), (line, "bold cyan"))
    if proposal.arguments:
        shown = " ".join(visible(argument, keep="") for argument in proposal.arguments)
        yield Text(f"    arguments: {shown}")
    if proposal.rationale:
        yield Text(f"    {visible(proposal.rationale)}")
    if proposal.notice:
        yield Text(f"    {visible(proposal.notice)}", style="dim")
    usage = proposal.usage
    if usage is not None and usage.cost_usd is not None:
        yield Text(f"    cost: {usage.cost_usd:.6f} USD", style="dim")


def decision(of: Decision) -> Text:
    return Text(of.word, style=_COLOURS[of])


def verdict(of: Verdict) -> Iterator[Text]:
    """The decision, and each reason once with the rule and where it stands."""
    yield Text.assemble(("Verdict", "bold"), "  ", decision(of.decision))
    for finding, count in distinct(of.findings):
        if finding.decision is of.decision or finding.decision is not Decision.ALLOW:
            yield from reason(finding, count)


def distinct(findings: Iterable[Finding]) -> list[tuple[Finding, int]]:
    """The findings without repetition, strictest first, with how often each came."""
    counts: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.reason)
        counts[key] = counts.get(key, 0) + 1
        first.setdefault(key, finding)
    ordered = sorted(first.items(), key=lambda item: -item[1].decision)
    return [(finding, counts[key]) for key, finding in ordered]


def reason(finding: Finding, count: int) -> Iterator[Text]:
    where = f"  {finding.where}" if finding.where else ""
    times = f" ({count} times)" if count > 1 else ""
    yield Text.assemble(
        "  ",
        (f"{finding.decision.word:6}", _COLOURS[finding.decision]),
        f" {finding.rule}{times}",
        (where, "dim"),
    )
    yield Text(f"         {visible(finding.reason)}")


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
    yield Text(f"         {visible(line, keep='')}")
    yield Text("         " + " " * len(lead) + "^" * max(1, len(part)), style="dim")


def preview(of: Preview, *, full: bool = False) -> Iterator[Text]:
    yield _ended(of)
    for note in of.notes:
        yield Text(f"  note: {visible(note)}", style="dim")
    outcome = of.outcome
    for name, raw in (("Output", outcome.stdout), ("Errors", outcome.stderr)):
        if raw:
            yield from _output(name, raw, full=full)
    if outcome.truncated:
        yield Text("  The output was cut at its limit.", style="yellow")
    yield from changes(of.changes, full=full)


def _ended(of: Preview) -> Text:
    outcome = of.outcome
    if outcome.signal is not None:
        ended = f"ended by signal {outcome.signal}"
    else:
        ended = f"exit {outcome.exit}"
    good = outcome.succeeded
    limits = "".join(f", stopped at its {name} limit" for name in outcome.limits)
    left = f", {outcome.leftovers} left running" if outcome.leftovers else ""
    tried = ", it tried the network and there was none" if of.network_tried else ""
    style = "green" if good else "yellow"
    return Text.assemble(
        ("Preview", "bold"),
        "  ",
        (f"{ended} in {outcome.duration_s:.2f} s", style),
        f"{limits}{left}{tried}",
        (f"  in a {of.view} of this machine", "dim"),
    )


def _output(name: str, raw: bytes, *, full: bool) -> Iterator[Text]:
    lines = visible_bytes(raw).splitlines()
    shown = lines if full else lines[:FEW]
    yield heading(name)
    for line in shown:
        yield Text(f"  {line}")
    if len(shown) < len(lines):
        yield Text(f"  … {len(lines) - len(shown)} more lines", style="dim")


def changes(of: tuple[Change, ...], *, full: bool = False) -> Iterator[Text]:
    """A summary by kind, then each path; diffs when asked for all."""
    real = [one for one in of if not one.incidental]
    if not real:
        yield Text.assemble(("Changes", "bold"), "  none")
    else:
        yield Text.assemble(("Changes", "bold"), f"  {_summary(real)}")
    counts = deleted_below(real)
    listed = real if full else _folded(real, counts)[:FEW]
    for one in listed:
        yield _line(one, counts)
        if one.diff and (full or len(real) == 1):
            yield from _diff(one.diff, full=full)
    hidden = len(real) - len(listed) - (0 if full else _inside(real, counts))
    if hidden > 0:
        yield Text(f"  … {hidden} more", style="dim")
    incidental = len(of) - len(real)
    if incidental:
        yield Text(f"  and {incidental} in caches and logs, not applied", style="dim")


def _summary(real: list[Change]) -> str:
    parts = []
    for kind, noun in _NOUNS.items():
        number = sum(one.kind is kind for one in real)
        if number:
            parts.append(f"{number} {noun}")
    written = sum(
        one.after.size
        for one in real
        if one.after is not None
        and one.kind in (ChangeKind.CREATED, ChangeKind.MODIFIED)
    )
    freed = sum(
        one.before.size
        for one in real
        if one.before is not None and one.kind is ChangeKind.DELETED
    )
    if written:
        parts.append(f"{size_in_words(written)} written")
    if freed:
        parts.append(f"{size_in_words(freed)} freed")
    return ", ".join(parts)


def _is_inside(change: Change, counts: dict[str, int]) -> bool:
    """Its parent directory is deleted too, and tells of it."""
    parent = change.path.rpartition("/")[0]
    return change.kind is ChangeKind.DELETED and parent in counts


def _folded(real: list[Change], counts: dict[str, int]) -> list[Change]:
    return [one for one in real if not _is_inside(one, counts)]


def _inside(real: list[Change], counts: dict[str, int]) -> int:
    return sum(_is_inside(one, counts) for one in real)


def _line(change: Change, counts: dict[str, int]) -> Text:
    sign, colour = _SIGNS[change.kind]
    state = change.after or change.before
    about = [] if state is None else [str(state.type)]
    if state is not None and state.size:
        about.append(size_in_words(state.size))
    if change.path in counts:
        about.append(f"with {counts[change.path]} entries")
    if state is not None and state.link is not None:
        about.append(f"→ {visible(state.link, keep='')}")
    if change.kind is ChangeKind.METADATA and change.before and change.after:
        about.append(f"{change.before.mode:04o} → {change.after.mode:04o}")
    if change.masked:
        about.append("hidden from the preview")
    if change.unsettled:
        about.append("changed on the host meanwhile")
    return Text.assemble(
        f"  {sign} ",
        (visible(change.path, keep=""), colour),
        (f"  {', '.join(about)}", "dim"),
    )


def _diff(diff: str, *, full: bool) -> Iterator[Text]:
    lines = visible(diff).splitlines()
    shown = lines if full else lines[:FEW]
    for line in shown:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        yield Text(f"      {line}", style=style)
    if len(shown) < len(lines):
        yield Text(f"      … {len(lines) - len(shown)} more lines", style="dim")
