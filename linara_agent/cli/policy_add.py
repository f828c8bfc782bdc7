"""`linara-agent policy add COMMAND`: the narrowest rule for it, in your own file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

import click
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.check import place_for
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.cli.options import POLICY
from linara_agent.cli.passage import checked_text
from linara_agent.cli.policy_why import where_options
from linara_agent.core.decision import Decision
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.sentence import Sentence, sentences
from linara_agent.core.policy.advice import blocking
from linara_agent.core.policy.examples import Readings, Subject, unmet
from linara_agent.core.policy.layers import Layer, LayerKind, with_layers
from linara_agent.core.policy.match import Policy, policy_from
from linara_agent.core.policy.policy_file import policy_file_from, unusable
from linara_agent.core.policy.proposed_rule import (
    Asked,
    appended,
    override_text,
    propose,
    rule_text,
)
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.errors import PolicyProblem, UsageProblem
from linara_agent.judging import in_force, readings
from linara_agent.rulebook import base_name, shipped_rules
from linara_agent.settings.layer_files import Ground
from linara_agent.settings.policy_text import policy_text, write_policy_text
from linara_agent.wiring.person import ground_of, load_gate, person

_SHORTEST = 10
"""Characters of a reason, in every policy file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What the command line asks for."""

    command: str
    policy: str
    decision: Decision
    rule: str | None
    reason: str | None
    cwd: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """A file's text before and after, and what both decide of the command."""

    path: Path
    before: str | None
    after: str
    table: str
    was: Decision
    becomes: Decision
    left: tuple[str, ...] = ()

    @property
    def diff(self) -> str:
        """A unified diff; a file that is not there yet is /dev/null."""
        old = (self.before or "").splitlines(keepends=True)
        new = self.after.splitlines(keepends=True)
        name = "/dev/null" if self.before is None else str(self.path)
        lines = unified_diff(old, new, name, str(self.path))
        ended = (x if x.endswith("\n") else f"{x}\n\\ No newline\n" for x in lines)
        return "".join(ended)


@click.command("add")
@click.argument("command")
@POLICY
@click.option(
    "--decision", type=click.Choice(["deny", "review", "allow"]), default="deny",
    show_default=True, help="What the rule decides; allow needs --rule.",
)  # fmt: skip
@click.option(
    "--reason", "--because", metavar="TEXT",
    help="Why, and what is allowed instead; shown with every verdict.",
)  # fmt: skip
@click.option("--rule", metavar="ID", help="Override this shipped rule instead.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Change this file (default: your own policy.toml).",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@where_options
def add_command(
    command: str,
    policy: str,
    decision: str,
    reason: str | None,
    rule: str | None,
    file: Path | None,
    yes: bool,
    as_json: bool,
    cwd: str | None,
    home: str | None,
    user: str | None,
) -> None:
    """Propose the narrowest rule for a command, show the change, and ask.

    The rule names the program, the gravest of its effects, and the path, host or
    option that this command is about. Its examples are tried before you see them.
    Your own file only makes the policy stricter: to allow something, override a
    shipped rule by its id, with a reason. Exit 0 if it was written, 10 if nobody
    could be asked, 12 if you declined.

    \b
    Examples:
      linara-agent policy add 'git push --force' --reason 'Use --force-with-lease.'
      linara-agent policy add --decision review --yes 'cat ~/notes.txt'
      linara-agent policy add 'kill 42' --decision allow --rule process --yes \\
        --reason 'I look at what I kill myself.'
    """
    if reason is not None and len(reason) < _SHORTEST:
        raise UsageProblem(
            f"The reason is too short: it needs at least {_SHORTEST} characters.",
            not_done="Nothing was written; the policy is as it was.",
            remedy="Say with --reason what is wrong, and what is allowed instead.",
        )
    wish = _Wish(
        command=checked_text(command, what="command"),
        policy=policy,
        decision=Decision.of(decision),
        rule=rule,
        reason=reason,
        cwd=cwd,
    )
    ground = ground_of(person(), cwd)
    path = file or ground.directories.config / "policy.toml"
    change = _change(wish, path, ground, place_for(cwd, home, user))
    if not as_json:
        console.result(change.diff.rstrip("\n"))
        console.say(*_remarks(change))
    code = _answer(yes=yes, as_json=as_json)
    if code is ExitCode.DONE:
        write_policy_text(path, change.after, was=change.before)
    if as_json:
        written = code is ExitCode.DONE
        console.result(json.dumps(_json(change, written=written)))
    else:
        console.say(_end(code, path))
    raise click.exceptions.Exit(int(code))


def _answer(*, yes: bool, as_json: bool) -> ExitCode:
    if yes:
        return ExitCode.DONE
    if as_json or not console.interactive:
        return ExitCode.NEEDS_REVIEW
    agreed = click.confirm("Write this?", default=False, err=True)
    return ExitCode.DONE if agreed else ExitCode.DECLINED


def _end(code: ExitCode, path: Path) -> Text:
    if code is ExitCode.DONE:
        return Text(f"Written to {visible(str(path))}.")
    if code is ExitCode.DECLINED:
        return Text("Nothing was written.")
    return Text("Nothing was written: nobody could be asked. --yes writes it.")


def _remarks(change: _Change) -> Iterator[Text]:
    yield Text.assemble(
        "The verdict on this command: ",
        render.decision(change.was),
        " now, ",
        render.decision(change.becomes),
        " with this change.",
    )
    if change.left:
        names = ", ".join(map(visible, change.left))
        yield Text(f"The rule does not speak of these parts of it: {names}.")


def _json(change: _Change, *, written: bool) -> dict[str, Json]:
    return {
        "schema": 1,
        "file": str(change.path),
        "table": change.table,
        "diff": change.diff,
        "decision": change.was.word,
        "becomes": change.becomes.word,
        "not_covered": list(change.left),
        "written": written,
    }


def _change(wish: _Wish, path: Path, ground: Ground, place: Place) -> _Change:
    """The change, made and tried in memory. Raises PolicyProblem, UsageProblem."""
    gate = load_gate(wish.policy, cwd=wish.cwd)
    place = replace(place, own=place.own + gate.policy.files)
    script = gate.read(wish.command, place)
    reading = gate.resolve(script, place)
    verdict = gate.judge(script, reading, place)
    before = policy_text(path)
    without = _without(path, before, wish, ground)
    read = readings(gate.catalogue)
    left: tuple[str, ...] = ()
    if wish.rule is not None or wish.decision is Decision.ALLOW:
        table = _override(wish, verdict, gate.policy)
    else:
        said = sentences(script, reading, gate.catalogue, place)
        asked = Asked(
            script=script,
            reading=reading,
            verdict=verdict,
            place=place,
            decision=wish.decision,
            because=_because(wish, said),
            taken=frozenset(one.rule.id for one in gate.policy.rules),
        )
        found = propose(asked, without, gate.catalogue, read)
        if found is None:
            raise _no_rule(wish)
        table, left = rule_text(found.rule), found.left
    after = appended(before or "", table)
    policy = _with(path, after, without, read)
    becomes = replace(gate, policy=policy).judge(script, reading, place)
    return _Change(
        path=path,
        before=before,
        after=after,
        table=table,
        was=verdict.decision,
        becomes=becomes.decision,
        left=left,
    )


def _without(path: Path, before: str | None, wish: _Wish, ground: Ground) -> Policy:
    """The base with every layer but the file that is to be changed."""
    if before is not None:
        policy_file_from(before, file=str(path))
    force = in_force(wish.policy, ground)
    base = policy_from(base_name(wish.policy), force.files)
    layers = tuple(
        Layer(kind=one.kind, file=one.file)
        for one in force.found
        if one.counts and one.file is not None and one.path.resolve() != path.resolve()
    )
    return with_layers(base, layers, elsewhere=shipped_rules)


def _with(path: Path, after: str, without: Policy, read: Readings) -> Policy:
    """The policy as it will be; raises PolicyProblem where it could not be loaded."""
    try:
        file = policy_file_from(after, file=str(path))
        layer = Layer(kind=LayerKind.USER, file=file)
        policy = with_layers(without, (layer,), elsewhere=shipped_rules)
        problems = unmet(Subject(file=file, policy=policy, layer=True), read)
        if problems:
            raise unusable(list(problems))
    except PolicyProblem as problem:
        lines = "\n".join(problem.what.splitlines()[1:])
        raise PolicyProblem(
            f"With this change the file could not be used:\n{lines}",
            not_done="Nothing was written; the policy is as it was.",
            remedy="Ask for another change; `linara-agent policy show` lists the rules"
            " that can be overridden.",
        ) from problem
    return policy


def _because(
    wish: _Wish, said: tuple[Sentence, ...]
) -> Callable[[tuple[int, int] | None], str]:
    """The reason that was given, else what the command does in words."""
    verb = "denies" if wish.decision is Decision.DENY else "asks about"

    def because(span: tuple[int, int] | None) -> str:
        if wish.reason is not None:
            return wish.reason
        own = [one for one in said if span and one.span[0] <= span[0] < one.span[1]]
        nearest = min(own, key=lambda one: one.span[1] - one.span[0], default=said[0])
        text = nearest.text.partition(";")[0]
        return f"It {visible(text, keep='')}; your own policy {verb} that."

    return because


def _override(wish: _Wish, verdict: Verdict, policy: Policy) -> str:
    if wish.rule is None:
        rules = sorted({one.rule.id for one in blocking(verdict, policy)})
        named = f"These are in the way: {', '.join(rules)}" if rules else "None is"
        raise UsageProblem(
            "Your own file cannot allow anything by a rule: it only makes the base"
            " stricter, and the strictest rule always wins.",
            not_done="Nothing was written; the policy is as it was.",
            remedy=f"{named}. Override a shipped rule with --rule ID and --reason TEXT;"
            " that holds for every command the rule speaks of.",
        )
    if wish.reason is None:
        raise UsageProblem(
            f"The override of {wish.rule} has no reason.",
            not_done="Nothing was written; the policy is as it was.",
            remedy="Say with --reason why the rule should decide otherwise.",
        )
    return override_text(wish.rule, wish.decision, wish.reason)


def _no_rule(wish: _Wish) -> UsageProblem:
    return UsageProblem(
        "No rule can be shown to speak of this command: what it does cannot be read"
        " well enough.",
        not_done="Nothing was written; the policy is as it was.",
        remedy="Try one of its commands alone, or write a rule by hand"
        f" (`linara-agent policy why` shows what is known of it); it is never"
        f" allowed unseen, so {wish.decision.word} may be what you have already.",
    )
