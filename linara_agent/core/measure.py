"""The second verdict: what the preview did, judged like what was read."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from linara_agent.core import unshown
from linara_agent.core.change import Change, ChangeKind, FileType
from linara_agent.core.decision import Decision
from linara_agent.core.effects.effect import Effect, EffectKind, Form
from linara_agent.core.effects.glob import matches
from linara_agent.core.effects.place import Place, classify
from linara_agent.core.effects.trace import Reading
from linara_agent.core.gate import Gate, last_part
from linara_agent.core.need import WAITED
from linara_agent.core.policy.match import Policy, judge
from linara_agent.core.policy.verdict import Finding, Verdict
from linara_agent.core.preview import Preview
from linara_agent.core.shell.script import Script
from linara_agent.core.traced import Traced

_KINDS = {
    ChangeKind.CREATED: EffectKind.CREATE,
    ChangeKind.RENAMED: EffectKind.CREATE,
    ChangeKind.MODIFIED: EffectKind.MODIFY,
    ChangeKind.DELETED: EffectKind.DELETE,
    ChangeKind.METADATA: EffectKind.METADATA,
    ChangeKind.TYPE: EffectKind.MODIFY,
}
_WRITES = (EffectKind.CREATE, EffectKind.MODIFY)
_FORETELLS = {
    EffectKind.CREATE: _WRITES,
    EffectKind.MODIFY: _WRITES,
    EffectKind.DELETE: (EffectKind.DELETE,),
    EffectKind.METADATA: (EffectKind.METADATA, *_WRITES),
}


def measured_effects(preview: Preview, place: Place) -> tuple[Effect, ...]:
    """One effect for each change that matters."""
    return tuple(
        Effect(
            kind=_KINDS[change.kind],
            target=change.path,
            cls=classify(change.path, place.at(None)),
        )
        for change in preview.effective
    )


def final_verdict(
    read: Verdict, script: Script, preview: Preview, gate: Gate, place: Place
) -> Verdict:
    """The strictest of what was read, what was measured, and the limits.

    Findings on measured effects carry no effect index: their effects are the
    preview's changes.
    """
    policy = gate.policy
    effects = measured_effects(preview, place)
    findings: list[Finding] = [*preview.findings]
    if effects:
        findings += _collapsed(
            judge(script, Reading(effects=effects), policy, place).findings
        )
    findings += _surprises(read.effects, effects)
    findings += _over_limits(preview, policy)
    findings += _unfinished(preview)
    findings += _strange_modes(preview)
    findings += _not_shown(read.effects, preview)
    if preview.traced is not None and not _is_unread(read.effects):
        named = gate.programs(gate.resolve(script, place))
        findings += _strange_programs(preview.traced, named)
    if preview.network_tried and EffectKind.NETWORK not in {
        e.kind for e in read.effects
    }:
        reason = "it tried the network, which reading it did not foretell"
        findings.append(_review("network-tried", reason))
    return read.stricter(*findings)


def _review(rule: str, reason: str) -> Finding:
    return Finding(rule=rule, decision=Decision.REVIEW, reason=reason)


def _unfinished(preview: Preview) -> Iterator[Finding]:
    """What did not come to its end there has not been seen whole."""
    outcome = preview.outcome
    limits = [limit for limit in outcome.limits if limit != WAITED]
    if limits:
        reason = f"it was stopped at its limit of {' and '.join(limits)}"
        yield _review("unfinished", f"{reason}; what it would still do was not seen")
    elif outcome.signal is not None and not outcome.limits:
        yield _review("unfinished", f"signal {outcome.signal} ended it in the preview")
    if outcome.leftovers:
        noun = "process" if outcome.leftovers == 1 else "processes"
        reason = f"{outcome.leftovers} {noun} went on after the command had ended"
        yield _review("left-running", reason)


def _not_shown(effects: tuple[Effect, ...], preview: Preview) -> Iterator[Finding]:
    """What it names and the preview could not show is not what it found there."""
    found = unshown.named(effects, preview.unshown)
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        reason = f"the preview could not show {found[0]}{more}, which it names"
        yield _review("not-shown", reason)


def _strange_programs(traced: Traced, named: frozenset[str]) -> Iterator[Finding]:
    """What strace saw of programs that were not named is never `allow` either."""
    strange = [path for path in traced.counts if last_part(path) not in named]
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        reason = f"it executed {strange[0]}{more}, which reading it did not foretell"
        yield _review("program-surprise", reason)
    if not traced.complete:
        yield _review("program-surprise", "it executed more than the trace holds")


def _strange_modes(preview: Preview) -> Iterator[Finding]:
    """Set-id bits, and files that everybody may write, are never a side matter."""
    found = [one for one in preview.effective if strange_mode(one)]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        first = found[0]
        mode = first.after.mode if first.after is not None else 0
        reason = f"{first.path}{more} would run as its owner, or be writable by all"
        yield _review("strange-mode", f"{reason} (mode {mode:04o})")


def strange_mode(change: Change) -> bool:
    """It gets a set-id bit on a file, or becomes writable by everybody."""
    before, after = change.before, change.after
    if after is None or after.type is FileType.SYMLINK:
        return False
    if before is not None and (before.mode, before.uid) == (after.mode, after.uid):
        return False
    sticky = after.type is FileType.DIRECTORY and after.mode & 0o1000
    set_id = after.type is FileType.FILE and after.mode & 0o6000
    return bool(set_id or (after.mode & 0o002 and not sticky))


def _collapsed(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each rule, with how many changes it speaks of."""
    first: dict[str, Finding] = {}
    count: dict[str, int] = {}
    for finding in findings:
        first.setdefault(finding.rule, finding)
        count[finding.rule] = count.get(finding.rule, 0) + 1
    for rule, finding in first.items():
        changes = "1 change" if count[rule] == 1 else f"{count[rule]} changes"
        reason = f"{finding.reason} [measured: {changes}]"
        yield replace(finding, effect=None, span=None, reason=reason)


def _surprises(
    foretold: tuple[Effect, ...], measured: tuple[Effect, ...]
) -> Iterator[Finding]:
    """Changes that the reading did not predict are never `allow`."""
    if _is_unread(foretold):
        return
    found = [e for e in measured if not any(_foretells(f, e) for f in foretold)]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        reason = f"reading it did not foretell the change of {found[0].target}{more}"
        yield Finding(rule="surprise", decision=Decision.REVIEW, reason=reason)


def _is_unread(foretold: tuple[Effect, ...]) -> bool:
    """It runs what was not read, and is no `allow` for that."""
    return any(e.kind in (EffectKind.UNKNOWN, EffectKind.EXECUTE) for e in foretold)


def _foretells(foretold: Effect, measured: Effect) -> bool:
    if foretold.kind not in _FORETELLS[measured.kind]:
        return False
    if foretold.form is Form.UNKNOWN or foretold.target is None:
        return True
    path, target = measured.target or "", foretold.target
    if foretold.form is Form.UNDER:
        target = target.removesuffix("/**")
    if foretold.form is Form.GLOB and matches(target, path):
        return True
    # `cp a dir` writes below `dir`, and `mkdir -p a/b` makes `a` as well.
    below = path == target or path.startswith(target.rstrip("/") + "/")
    above = measured.kind is EffectKind.CREATE and target.startswith(path + "/")
    return below or above or (foretold.form is Form.GLOB and _within(target, path))


def _within(glob: str, path: str) -> bool:
    return matches(glob + "/**", path)


def _over_limits(preview: Preview, policy: Policy) -> Iterator[Finding]:
    changes = preview.effective
    limits = policy.limits
    if len(changes) > limits.changed_files:
        reason = f"{len(changes)} paths changed; the limit is {limits.changed_files}"
        yield Finding(rule="limit-files", decision=Decision.REVIEW, reason=reason)
    size = sum(_written(change) for change in changes)
    if size > limits.bytes:
        reason = f"{size} bytes written; the limit is {limits.bytes}"
        yield Finding(rule="limit-bytes", decision=Decision.REVIEW, reason=reason)


def _written(change: Change) -> int:
    written = change.kind in (ChangeKind.CREATED, ChangeKind.MODIFIED)
    return change.after.size if written and change.after is not None else 0
