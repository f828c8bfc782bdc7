"""Read, resolve and judge: the whole static half, pure but for the parsers."""

from dataclasses import dataclass

from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.trace import Reading
from linara_agent.core.policy.match import Policy, judge
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.shell.reading import Parsers
from linara_agent.core.shell.script import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Everything that a reading depends on besides the text and the place.

    What reads and resolves is loaded at the first reading: by then the engine is at
    work on the twin.
    """

    parsers: Parsers
    catalogue: Catalogue

    def read(self, text: str, place: Place) -> Script:
        from linara_agent.core.shell.agree import read  # noqa: PLC0415 — see the class

        return read(text, self.parsers, home=place.home)

    def resolve(self, script: Script, place: Place) -> Reading:
        from linara_agent.core.effects.analysers import (  # noqa: PLC0415 — see the class
            ANALYSERS,
        )
        from linara_agent.core.effects.resolve import (  # noqa: PLC0415 — see the class
            resolve,
            unread,
        )

        found = resolve(
            script,
            (place,),
            self.catalogue,
            ANALYSERS,
            read=lambda text: self.read(text, place),
        )
        effects = tuple(dict.fromkeys((*found.effects, *unread(script))))
        return Reading(
            effects=effects,
            commands=tuple(found.commands),
            nested=tuple(found.nested),
        )

    def programs(self, reading: Reading) -> frozenset[str]:
        """The names, without directories, of the programs that it says will run.

        With those that they start by themselves.
        """
        named = [command.program for command in reading.commands]
        described = filter(None, map(self.catalogue.find, named))
        started = [name for program in described for name in program.starts]
        executed = [
            effect.target
            for effect in reading.effects
            if effect.kind is EffectKind.EXECUTE and effect.target is not None
        ]
        return frozenset(map(last_part, (*named, *started, *executed)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Reader):
    """Everything that a verdict depends on besides the text and the place."""

    policy: Policy

    def judge(self, script: Script, reading: Reading, place: Place) -> Verdict:
        return judge(script, reading, self.policy, place)

    def assess(self, text: str, place: Place) -> tuple[Script, Verdict]:
        """All three steps in a row."""
        script = self.read(text, place)
        return script, self.judge(script, self.resolve(script, place), place)


def last_part(path: str) -> str:
    return path.rpartition("/")[2]
