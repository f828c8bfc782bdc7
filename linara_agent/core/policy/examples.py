"""The examples of a policy file: what a rule speaks of, and what the verdict must be.

They are judged for a person in a directory of their own, the same for everybody, so
that a file is as sound on one machine as on another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from linara_agent.core.effects.place import Place
from linara_agent.core.effects.trace import Reading
from linara_agent.core.policy.match import Policy, judge
from linara_agent.core.policy.policy_file import (
    LoadedFile,
    PlacedRule,
    example_place,
)
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.shell.script import Script

PLACE = Place(
    cwd="/home/people/u/project",
    home="/home/people/u",
    user="u",
    workspace="/home/people/u/project",
    own=(
        "/home/people/u/.local/state/linara-agent",
        "/home/people/u/.config/linara-agent",
    ),
)
"""Where examples are judged: `~/project` is the workspace.

The home is none of `/home/*`, so that a rule on the one is not taken for the other.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What commands do, each read once; `read` takes a text to be read at `PLACE`."""

    read: Callable[[str], tuple[Script, Reading]]
    _known: dict[str, tuple[Script, Reading]] = field(default_factory=dict)

    def verdict(self, command: str, policy: Policy) -> Verdict:
        if command not in self._known:
            self._known[command] = self.read(command)
        script, reading = self._known[command]
        return judge(script, reading, policy, PLACE)

    def fits(self, command: str, placed: PlacedRule, policy: Policy) -> bool:
        """Whether the rule, taken alone, speaks of the command."""
        alone = replace(policy, rules=(placed,))
        found = self.verdict(command, alone).findings
        return any(one.where == placed.where for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A file whose examples are judged by the policy that it is a part of.

    A `layer` may be put on any base, so its examples get that verdict or a stricter.
    """

    file: LoadedFile
    policy: Policy
    layer: bool = False

    def rules(self) -> tuple[PlacedRule, ...]:
        """The file's rules as they are in force."""
        ids = {one.rule.id for one in self.file.rules}
        return tuple(one for one in self.policy.rules if one.rule.id in ids)


def unmet(subject: Subject, readings: Readings) -> tuple[str, ...]:
    """Each example of the file that does not hold, as `file:line: …`."""
    found = [
        problem
        for placed in subject.rules()
        for problem in _unmet_by_rule(subject, placed, readings)
    ]
    return (*found, *unmet_verdicts(subject, readings))


def _unmet_by_rule(
    subject: Subject, placed: PlacedRule, readings: Readings
) -> Iterator[str]:
    rule, policy = placed.rule, subject.policy
    for command in rule.match:
        if not readings.fits(command, placed, policy):
            where = example_place(subject.file, placed, "match")
            yield f"{where}: match: {rule.id} does not speak of `{command}`"
    for command in rule.not_match:
        if readings.fits(command, placed, policy):
            where = example_place(subject.file, placed, "not_match")
            yield f"{where}: not_match: {rule.id} speaks of `{command}`"


def unmet_verdicts(subject: Subject, readings: Readings) -> Iterator[str]:
    """The commands of `[examples]` that get another verdict."""
    for decision, commands in subject.file.content.examples.by_decision():
        for command in commands:
            found = readings.verdict(command, subject.policy).decision
            good = found >= decision if subject.layer else found is decision
            if not good:
                where = example_place(subject.file, None, decision.word)
                yield (
                    f"{where}: examples.{decision.word}: the verdict on"
                    f" `{command}` is {found.word}"
                )


def count(file: LoadedFile) -> int:
    """How many examples a file has."""
    of_rules = sum(len(r.match) + len(r.not_match) for r in file.content.rule)
    return of_rules + sum(len(c) for _, c in file.content.examples.by_decision())


def never_exercised(subject: Subject, readings: Readings) -> tuple[PlacedRule, ...]:
    """The file's rules that speak of no example, be it their own or another's."""
    commands = [c for one in subject.rules() for c in one.rule.match]
    commands += [c for _, cs in subject.file.content.examples.by_decision() for c in cs]
    return tuple(
        placed
        for placed in subject.rules()
        if not any(
            readings.fits(command, placed, subject.policy)
            for command in dict.fromkeys((*placed.rule.match, *commands))
        )
    )
