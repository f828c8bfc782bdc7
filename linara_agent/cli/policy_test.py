"""`linara-agent policy test` and `policy lint`: is a policy what it is meant to be?"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import click
from rich.console import RenderableType
from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.console import console
from linara_agent.cli.exit_codes import ExitCode
from linara_agent.cli.options import POLICY
from linara_agent.core.policy.examples import (
    Readings,
    Subject,
    count,
    never_exercised,
    unmet,
)
from linara_agent.core.policy.lint import Remark, lint
from linara_agent.core.policy.mutation import Score, score
from linara_agent.core.policy.policy_file import PlacedRule
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.judging import readings, subjects
from linara_agent.rulebook import load_catalogue
from linara_agent.wiring.person import ground_of, person

_FILES = click.argument("files", nargs=-1, metavar="[NAME|FILE]...")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What was found of one file; `score` only where rules were spoilt."""

    name: str
    examples: int
    problems: tuple[str, ...]
    uncovered: tuple[PlacedRule, ...]
    score: Score | None

    def failed(self, *, strict: bool) -> bool:
        survived = self.score is not None and bool(self.score.survivors)
        return bool(self.problems) or survived or (strict and bool(self.uncovered))


@click.command("test")
@_FILES
@POLICY
@click.option(
    "--mutate", is_flag=True,
    help="Spoil each rule in every way: some example must notice.",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True, help="Fail for a rule that no example exercises."
)
@_JSON
def test_command(
    files: tuple[str, ...], policy: str, mutate: bool, strict: bool, as_json: bool
) -> None:
    """Check every example of the files in force, or of the files named.

    `match` and `not_match` say what a rule speaks of, `[examples]` what the verdict
    must be. Examples are judged as in ~/project, which is the workspace. Exit 0
    sound, 1 an example does not hold (or, with --mutate, a spoilt rule went
    unnoticed), 2 a file cannot be used.

    \b
    Examples:
      linara-agent policy test
      linara-agent policy test default strict automation --mutate
      linara-agent policy test my-policy.toml --strict
    """
    ground = ground_of(person())
    found = subjects(files, policy, ground)
    read = readings(load_catalogue(ground.directories.cache))
    with console.step("judging the examples"):
        results = [_result(one, read, mutate=mutate) for one in found]
    failed = any(one.failed(strict=strict) for one in results)
    if as_json:
        listed: list[Json] = [_result_json(one) for one in results]
        told: dict[str, Json] = {"schema": 1, "sound": not failed, "files": listed}
        console.result(json.dumps(told, ensure_ascii=False))
    else:
        for one in results:
            console.show(*_result_screen(one))
    raise click.exceptions.Exit(int(_code(failed=failed)))


def _code(*, failed: bool) -> ExitCode:
    return ExitCode.COMMAND_FAILED if failed else ExitCode.DONE


def _result(subject: Subject, read: Readings, *, mutate: bool) -> _Result:
    return _Result(
        name=subject.file.name,
        examples=count(subject.file),
        problems=unmet(subject, read),
        uncovered=never_exercised(subject, read),
        score=score(subject, read) if mutate else None,
    )


def _result_screen(one: _Result) -> Iterator[RenderableType]:
    good = not one.problems
    held = "all hold" if good else f"{len(one.problems)} do not hold"
    yield Text.assemble(
        (visible(one.name, keep=""), "bold"),
        f"  {one.examples} examples, ",
        (held, "green" if good else "bold red"),
    )
    for problem in one.problems:
        yield render.indented(visible(problem), 2, style="red")
    for placed in one.uncovered:
        where = visible(placed.where, keep="")
        yield Text(f"  {where}: no example exercises {placed.rule.id}", style="yellow")
    if one.score is not None:
        yield from _score(one.score)


def _score(score: Score) -> Iterator[RenderableType]:
    noticed = score.mutants - len(score.survivors)
    yield Text(
        f"  mutation score {score.percent:.1f} %:"
        f" {noticed} of {score.mutants} spoilt policies were noticed",
        style="yellow" if score.survivors else "green",
    )
    for one in score.survivors:
        where = visible(one.where, keep="")
        text = f"  {where}: not noticed: {visible(one.what, keep='')}"
        yield Text(text, style="yellow")


def _result_json(one: _Result) -> dict[str, Json]:
    told: dict[str, Json] = {
        "file": one.name,
        "examples": one.examples,
        "problems": list(one.problems),
        "uncovered": [placed.rule.id for placed in one.uncovered],
    }
    if one.score is not None:
        told["mutants"] = one.score.mutants
        told["score"] = round(one.score.percent, 1)
        told["survivors"] = [
            {"where": each.where, "what": each.what} for each in one.score.survivors
        ]
    return told


@click.command("lint")
@_FILES
@POLICY
@_JSON
def lint_command(files: tuple[str, ...], policy: str, as_json: bool) -> None:
    """Find rules that cannot speak, say nothing new, or allow too much.

    Looks at the files in force, or at those named. Exit 0 nothing was found, 1
    something was, 2 a file cannot be used.

    \b
    Examples:
      linara-agent policy lint
      linara-agent policy lint my-policy.toml --json
    """
    ground = ground_of(person())
    found = subjects(files, policy, ground)
    catalogue = load_catalogue(ground.directories.cache)
    remarks = [
        remark
        for one in found
        for remark in lint(one, known_program=lambda name: name in catalogue.programs)
    ]
    if as_json:
        listed: list[Json] = [_remark_json(one) for one in remarks]
        console.result(json.dumps({"schema": 1, "remarks": listed}))
    else:
        console.show(*(_remark(one) for one in remarks))
        names = ", ".join(visible(one.file.name, keep="") for one in found)
        if not remarks:
            console.show(Text(f"{names}: nothing to remark", style="green"))
    raise click.exceptions.Exit(int(_code(failed=bool(remarks))))


def _remark(one: Remark) -> Text:
    where, text = visible(one.where, keep=""), visible(one.text, keep="")
    return Text.assemble(f"{where}: ", (one.kind, "yellow"), f": {one.rule}: {text}")


def _remark_json(one: Remark) -> dict[str, Json]:
    return {
        "where": one.where, "rule": one.rule, "kind": one.kind, "text": one.text
    }  # fmt: skip
