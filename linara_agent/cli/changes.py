"""The changes of a preview as a person reviews them: summary, places, diffs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from linara_agent.cli.verbatim import Verbatim
from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.measure import strange_mode
from linara_agent.core.report import deleted_below
from linara_agent.core.visible import size_in_words, visible

FEW = 20
"""Lines of output, changes and diff shown before `show more`."""

_SIGNS = {
    ChangeKind.CREATED: ("+", "green"),
    ChangeKind.RENAMED: (">", "green"),
    ChangeKind.MODIFIED: ("~", "yellow"),
    ChangeKind.DELETED: ("-", "red"),
    ChangeKind.METADATA: ("m", "cyan"),
    ChangeKind.TYPE: ("t", "magenta"),
}
_NOUNS = {
    ChangeKind.CREATED: "created",
    ChangeKind.RENAMED: "renamed",
    ChangeKind.MODIFIED: "modified",
    ChangeKind.DELETED: "deleted",
    ChangeKind.METADATA: "with other permissions, owner or time",
    ChangeKind.TYPE: "of another kind",
}
_NEW = (ChangeKind.CREATED, ChangeKind.MODIFIED)
_USUAL = (0o644, 0o664, 0o600, 0o755, 0o775, 0o700)


def changes(of: tuple[Change, ...], *, full: bool = False) -> Iterator[RenderableType]:
    """Each path, or (if there are many and not `full`) how many in which place."""
    real = sorted((one for one in of if not one.incidental), key=lambda c: c.path)
    words = summary(real) if real else "none"
    yield Text.assemble(("Changes", "bold"), f"  {words}")
    yield from listed(real, full=full)
    incidental = len(of) - len(real)
    if incidental:
        yield Text(f"  and {incidental} in caches and logs, not applied", style="dim")


def listed(real: list[Change], *, full: bool, by: int = 2) -> Iterator[RenderableType]:
    """The same without the summary; `real` are sorted by path, `by` is the margin."""
    counts = deleted_below(real)
    folded = real if full else [one for one in real if not _told(one, counts)]
    if full or len(folded) <= FEW:
        for one in folded:
            yield _line(one, counts, by)
            if one.diff and (full or len(folded) == 1):
                yield from _diff(one.diff, full=full, by=by + 4)
    else:
        # What may run with other rights is never folded away.
        for one in (one for one in folded if strange_mode(one)):
            yield _line(one, counts, by)
        yield from _places(folded, by)


def summary(of: Sequence[Change]) -> str:
    """`1 created, 3 deleted, 2 B written, 12 kB freed`."""
    parts = []
    for kind, noun in _NOUNS.items():
        number = sum(one.kind is kind for one in of)
        if number:
            parts.append(f"{number:,} {noun}")
    written = sum(c.after.size for c in of if c.after is not None and c.kind in _NEW)
    gone = [c.before for c in of if c.kind is ChangeKind.DELETED]
    freed = sum(state.size for state in gone if state is not None)
    if written:
        parts.append(f"{size_in_words(written)} written")
    if freed:
        parts.append(f"{size_in_words(freed)} freed")
    return ", ".join(parts)


def _told(change: Change, counts: dict[str, int]) -> bool:
    """Its parent directory is deleted too, and its line tells of this one."""
    parent = change.path.rpartition("/")[0]
    return change.kind is ChangeKind.DELETED and parent in counts


def _places(of: list[Change], by: int) -> Iterator[RenderableType]:
    """What happened below each directory, at the depth where they part."""
    depth = _common_depth(of) + 1
    places: dict[str, list[Change]] = {}
    for one in of:
        parts = one.path.split("/")
        place = "/".join(parts[: depth + 1])
        places.setdefault(place, []).append(one)
    ranked = sorted(places.items(), key=lambda item: -len(item[1]))
    for place, inside in ranked[:FEW]:
        if len(inside) == 1:
            yield _line(inside[0], {}, by)
            continue
        signs = {one.kind for one in inside}
        sign, colour = _SIGNS[signs.pop()] if len(signs) == 1 else ("*", "yellow")
        shown = f"{visible(place, keep='')}/…"
        yield _Beside((sign, shown, colour), summary(inside), by)
    rest = sum(len(inside) for _, inside in ranked[FEW:])
    if rest:
        yield Text(f"  … {rest:,} more elsewhere", style="dim")


def _common_depth(of: list[Change]) -> int:
    first, last = of[0].path.split("/"), of[-1].path.split("/")
    depth = 0
    shared = min(len(first), len(last)) - 1
    while depth < shared and first[depth] == last[depth]:
        depth += 1
    return depth - 1


def _line(change: Change, counts: dict[str, int], by: int) -> RenderableType:
    sign, colour = _SIGNS[change.kind]
    shown = visible(change.path, keep="")
    return _Beside((sign, shown, colour), ", ".join(_about(change, counts)), by)


@dataclass(frozen=True, slots=True)
class _Beside:
    """A sign, and beside it a path in its colour, however long that is."""

    signed: tuple[str, str, str]
    about: str
    by: int

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        sign, path, colour = self.signed
        margin = f"{' ' * self.by}{sign} "
        about = f"  {self.about}"
        # Laying out a table takes ten times as long, and a preview may have
        # hundreds of thousands of lines.
        if cell_len(margin + path + about) <= options.max_width:
            yield Segment(margin)
            yield Segment(path, console.get_style(colour))
            yield Segment(about, console.get_style("dim"))
            yield Segment.line()
            return
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(sign, Text.assemble((path, colour), (about, "dim")))
        yield Padding(grid, (0, 0, 0, self.by), expand=False)


def _about(change: Change, counts: dict[str, int]) -> Iterator[str]:
    state = change.after or change.before
    if state is not None:
        yield str(state.type)
        yield from _size(change)
        if state.link is not None:
            yield f"→ {visible(state.link, keep='')}"
    if change.kind is ChangeKind.RENAMED and change.origin is not None:
        yield f"from {visible(change.origin, keep='')}"
    if change.path in counts:
        yield f"with {counts[change.path]:,} entries"
    yield from _unusual(change)
    yield from _metadata(change)
    if change.masked:
        yield "hidden from the preview"
    if change.unsettled:
        yield "changed on the host meanwhile"


def _metadata(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    if before is None or after is None:
        return
    if before.mode != after.mode:
        yield f"mode {before.mode:04o} → {after.mode:04o}"
    if (before.uid, before.gid) != (after.uid, after.gid):
        yield f"owner {before.uid}:{before.gid} → {after.uid}:{after.gid}"
    if change.kind is ChangeKind.METADATA and before.mtime_ns != after.mtime_ns:
        yield "another time"


def _unusual(change: Change) -> Iterator[str]:
    """The mode of something new, unless it is what every file has."""
    after = change.after
    if change.before is not None or after is None or after.link is not None:
        return
    if strange_mode(change) or after.mode not in _USUAL:
        yield f"mode {after.mode:04o}"
    if after.type is FileType.FILE and after.mode & 0o111:
        yield "executable"


def _size(change: Change) -> Iterator[str]:
    before, after = change.before, change.after
    state = after or before
    if change.kind is ChangeKind.MODIFIED and before and after:
        yield f"{size_in_words(before.size)} → {size_in_words(after.size)}"
    elif state is not None and state.size and state.link is None:
        yield size_in_words(state.size)


def _diff(diff: str, *, full: bool, by: int) -> Iterator[RenderableType]:
    lines = visible(diff).splitlines()
    shown = lines if full else lines[:FEW]
    for line in shown:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "dim")
        yield Verbatim(text=line, by=by, style=style)
    if len(shown) < len(lines):
        words = f"… {len(lines) - len(shown)} more lines"
        yield Text(f"{' ' * by}{words}", style="dim")
