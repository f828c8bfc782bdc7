"""`linara-agent policy list`, `show`, `trust` and `schema`."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.cli.options import POLICY
from linara_agent.core.decision import Decision
from linara_agent.core.policy.examples import Subject, count, unmet
from linara_agent.core.policy.layers import LayerKind
from linara_agent.core.policy.match import Policy
from linara_agent.core.policy.policy_file import (
    PlacedOverride,
    PlacedRule,
    PolicyFile,
    unusable,
)
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.errors import UsageProblem
from linara_agent.judging import InForce, if_trusted, in_force, readings, subjects
from linara_agent.rulebook import SHIPPED, load_catalogue
from linara_agent.settings.layer_files import PROJECT_FILE, Ground
from linara_agent.wiring.person import ground_of, person

_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command("list")
@POLICY
@_JSON
def list_command(policy: str, as_json: bool) -> None:
    """List the bases and the layers on them: what is in force, and what is not.

    \b
    Examples:
      linara-agent policy list
      linara-agent policy list --policy strict --json
    """
    ground = ground_of(person())
    found = in_force(policy, ground)
    if as_json:
        console.result(json.dumps(_list_json(found, ground), ensure_ascii=False))
        return
    console.notices(found.policy.notices)
    console.show(*_list_screen(found, ground))


def _bases(found: InForce) -> tuple[tuple[str, bool, bool], ...]:
    """Name, whether it is in force, whether the system permits it."""
    chosen = found.policy.name
    names = SHIPPED if chosen in SHIPPED else (*SHIPPED, chosen)
    permitted = [
        layer.file.content.bases
        for layer in found.found
        if layer.kind is LayerKind.SYSTEM and layer.file is not None
    ]
    return tuple(
        (name, name == chosen, all(not some or name in some for some in permitted))
        for name in names
    )


def _layers(found: InForce, ground: Ground) -> Iterator[tuple[LayerKind, str, str]]:
    """Kind, path and state of each layer that there could be."""
    there = {one.kind: one for one in found.found}
    for kind in LayerKind:
        path, one = ground.path(kind), there.get(kind)
        state = "none"
        if one is not None:
            state = "in force" if one.counts else str(one.trust)
        yield kind, "" if path is None else str(path), state


def _list_json(found: InForce, ground: Ground) -> dict[str, Json]:
    return {
        "schema": 1,
        "policy": found.policy.identity,
        "bases": [
            {"name": name, "in_force": chosen, "permitted": permitted}
            for name, chosen, permitted in _bases(found)
        ],
        "layers": [
            {"kind": str(kind), "path": path or None, "state": state}
            for kind, path, state in _layers(found, ground)
        ],
        "overrides": [_override_json(one) for one in found.policy.overrides],
        "notices": list(found.policy.notices),
    }


def _list_screen(found: InForce, ground: Ground) -> Iterator[RenderableType]:
    yield render.heading("Bases")
    for name, chosen, permitted in _bases(found):
        state = "in force" if chosen else ""
        state = state if permitted else "not permitted by the system"
        yield _row(name, state, good=chosen)
    yield render.heading("Layers")
    for kind, path, state in _layers(found, ground):
        where = path or "no workspace here"
        yield _row(f"{kind:8} {where}", state, good=state == "in force")
    yield from _overrides(found.policy)


def _row(name: str, state: str, *, good: bool) -> Text:
    colour = "green" if good else "dim" if state in ("", "none") else "yellow"
    tail = f"  {state}" if state else ""
    return Text.assemble(f"  {visible(name, keep='')}", (tail, colour))


@click.command("show")
@click.argument("name", required=False, metavar="[NAME|FILE]")
@POLICY
@_JSON
def show_command(name: str | None, policy: str, as_json: bool) -> None:
    """Show the rules in force here, overrides first; or those of one policy.

    \b
    Examples:
      linara-agent policy show
      linara-agent policy show automation
      linara-agent policy show ~/.config/linara-agent/policy.toml --json
    """
    ground = ground_of(person())
    if name is None:
        shown = in_force(policy, ground).policy
        rules = shown.rules
    else:
        (subject,) = subjects((name,), policy, ground)
        shown = subject.policy
        rules = subject.rules() if subject.layer else shown.rules
    if as_json:
        console.result(json.dumps(_show_json(shown, rules), ensure_ascii=False))
        return
    console.notices(shown.notices)
    console.show(
        Text.assemble(("Policy", "bold"), f"  {visible(shown.identity, keep='')}"),
        *_overrides(shown),
        *_rules(rules),
        *_settings(shown),
    )


def _overrides(policy: Policy) -> Iterator[RenderableType]:
    if not policy.overrides:
        return
    yield render.heading("Overrides")
    for one in policy.overrides:
        yield Text.assemble(
            f"  {one.override.rule}  ",
            render.decision(one.was),
            " → ",
            render.decision(one.override.decision),
            (f"  {visible(one.where, keep='')}", "dim"),
        )
        yield render.indented(visible(one.override.reason), 6)


def _rules(rules: tuple[PlacedRule, ...]) -> Iterator[RenderableType]:
    """The strictest first, as the verdict has them."""
    yield render.heading("Rules")
    for placed in sorted(rules, key=lambda one: -one.rule.decision):
        rule = placed.rule
        yield Text.assemble(
            "  ",
            render.decision(rule.decision),
            " " * (8 - len(rule.decision.word)),
            (rule.id, "bold"),
            (f"  {visible(placed.where, keep='')}", "dim"),
        )
        yield render.indented(visible(_about(placed)), 10, style="cyan")
        yield render.indented(visible(rule.because), 10)


def _about(placed: PlacedRule) -> str:
    """What a rule speaks of: `delete, modify; class temp; path /srv/**`."""
    keys = _condition(placed)
    parts = [
        ", ".join(values) if name == "effect" else f"{name} {', '.join(values)}"
        for name, values in keys.items()
    ]
    return "; ".join(parts)


def _condition(placed: PlacedRule) -> dict[str, list[str]]:
    rule = placed.rule
    keys = {
        "effect": rule.effect,
        "class": rule.cls,
        "path": rule.path,
        "target": rule.target,
        "host": rule.host,
        "program": rule.program,
        "words": rule.words,
        "certainty": rule.certainty,
    }
    return {name: list(map(str, values)) for name, values in keys.items() if values}


def _settings(policy: Policy) -> Iterator[RenderableType]:
    limits, sandbox = policy.limits, policy.sandbox
    yield render.heading("Limits")
    yield Text(
        f"  {limits.changed_files} changed files, {limits.bytes} bytes,"
        f" {limits.hosts} hosts; {sandbox.timeout_s:g} s in the sandbox"
    )
    for mask in sandbox.masks:
        yield Text(f"  hidden from the sandbox: {visible(mask, keep='')}")
    for name, paths in policy.classes.items():
        yield Text(f"  class {name}: {visible(', '.join(paths), keep='')}")


def _override_json(one: PlacedOverride) -> dict[str, Json]:
    return {
        "rule": one.override.rule,
        "was": one.was.word,
        "decision": one.override.decision.word,
        "reason": one.override.reason,
        "where": one.where,
    }


def _show_json(policy: Policy, rules: tuple[PlacedRule, ...]) -> dict[str, Json]:
    listed: list[Json] = []
    for placed in rules:
        condition: dict[str, Json] = {**_condition(placed)}
        listed.append(
            {
                "id": placed.rule.id,
                "decision": placed.rule.decision.word,
                "because": placed.rule.because,
                "where": placed.where,
                **condition,
                "match": list(placed.rule.match),
                "not_match": list(placed.rule.not_match),
            }
        )
    return {
        "schema": 1,
        "policy": policy.identity,
        "overrides": [_override_json(one) for one in policy.overrides],
        "rules": listed,
        "limits": policy.limits.model_dump(),
        "sandbox": policy.sandbox.model_dump(mode="json"),
        "classes": {name: list(paths) for name, paths in policy.classes.items()},
        "notices": list(policy.notices),
    }


@click.command("trust")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@POLICY
@click.option("--yes", is_flag=True, help="Trust it without being asked.")
@click.option("--forget", is_flag=True, help="Trust it no longer.")
def trust_command(file: Path | None, policy: str, yes: bool, forget: bool) -> None:
    """Let a project's policy file count, after showing its rules.

    FILE is .linara-agent.toml at the top of the workspace unless another is named. It
    counts as long as it stays as it is. A project can only make a base stricter.

    \b
    Examples:
      linara-agent policy trust
      linara-agent policy trust --yes ~/project/.linara-agent.toml
      linara-agent policy trust --forget
    """
    ground = ground_of(person())
    path = _project_file(file, ground)
    if forget:
        known = ground.trusted.forget(path)
        words = "is trusted no longer" if known else "was not trusted"
        console.say(Text(f"{visible(str(path), keep='')} {words}."))
        return
    subject = if_trusted(policy, ground, path)
    _must_hold(subject, ground)
    console.say(*_to_trust(subject))
    if not yes and not _agreed():
        console.say(Text("It is not trusted; nothing was changed.", style="bold"))
        raise click.exceptions.Exit(int(ExitCode.DECLINED))
    ground.trusted.trust(path, subject.file.digest)
    shown = visible(str(path), keep="")
    console.say(Text(f"Trusted as it is now: {shown}", style="bold green"))


def _project_file(file: Path | None, ground: Ground) -> Path:
    if file is None:
        found = ground.path(LayerKind.PROJECT)
        if found is None:
            raise _no_project("There is no workspace here: this is a home, or /.")
        return found
    path = file.absolute()
    path = path / PROJECT_FILE if path.is_dir() else path
    if path.name != PROJECT_FILE:
        raise _no_project(f"A project's policy file is named {PROJECT_FILE}.")
    return path


def _no_project(what: str) -> UsageProblem:
    return UsageProblem(
        what,
        not_done="Nothing was trusted.",
        remedy=f"Call it in the project, or name its {PROJECT_FILE}.",
    )


def _must_hold(subject: Subject, ground: Ground) -> None:
    if count(subject.file):
        read = readings(load_catalogue(ground.directories.cache))
        problems = list(unmet(subject, read))
        if problems:
            raise unusable(problems)


def _to_trust(subject: Subject) -> Iterator[RenderableType]:
    yield Text.assemble(
        ("Project policy", "bold"), f"  {visible(subject.file.name, keep='')}"
    )
    mine = tuple(
        one
        for one in subject.policy.overrides
        if one.where.startswith(f"{subject.file.name}:")
    )
    for one in mine:
        yield Text.assemble(
            f"  {one.override.rule}  ",
            render.decision(one.was),
            " → ",
            render.decision(one.override.decision),
        )
    rules = subject.rules()
    yield from _rules(rules)
    if not any(one.rule.decision > Decision.ALLOW for one in rules) and not mine:
        yield Text("  none: only limits, classes or settings of the sandbox")
    yield from _settings(subject.policy)


def _agreed() -> bool:
    if not console.interactive:
        raise UsageProblem(
            "There is no terminal to ask whether the file is to be trusted.",
            not_done="Nothing was trusted.",
            remedy="Read the file, then call it with --yes.",
        )
    return click.confirm("Let this file count?", default=False, err=True)


@click.command("schema")
@click.argument("of", type=click.Choice(["policy", "catalogue"]), default="policy")
def schema_command(of: str) -> None:
    """Print the JSON Schema of a policy file, or of a file of the catalogue.

    \b
    Examples:
      linara-agent policy schema > policy.schema.json
      linara-agent policy schema catalogue
    """
    from linara_agent.core.effects.catalogue import Program

    model = PolicyFile if of == "policy" else Program
    schema = model.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    console.result(json.dumps(schema, indent=2))
