"""The narrowest rule that speaks of a command, with examples that were tried.

Of the command's effects it takes the gravest kind. Each example is held against the
rule as it will be when the file is loaded: a proposal without a true `match` is none.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from linara_agent.core.decision import Decision
from linara_agent.core.effects.catalogue import Catalogue
from linara_agent.core.effects.effect import Effect, EffectKind, Form
from linara_agent.core.effects.place import Place
from linara_agent.core.effects.told_targets import is_own
from linara_agent.core.effects.trace import Command, Reading
from linara_agent.core.policy.edits import edits
from linara_agent.core.policy.examples import PLACE, Readings
from linara_agent.core.policy.match import Policy
from linara_agent.core.policy.policy_file import PlacedRule
from linara_agent.core.policy.rule import Rule
from linara_agent.core.policy.verdict import Verdict
from linara_agent.core.shell.script import Script

_GRAVEST = (
    EffectKind.DELETE,
    EffectKind.MODIFY,
    EffectKind.CREATE,
    EffectKind.METADATA,
    EffectKind.EXECUTE,
    EffectKind.NETWORK,
    EffectKind.SYSTEM,
    EffectKind.PROCESS,
    EffectKind.ENVIRONMENT,
    EffectKind.FLOW,
    EffectKind.READ,
    EffectKind.OBSERVE,
)
_EXAMPLES = 3
_TRIED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is proposed for: a command that was read at a place.

    `because` gives the reason for a rule about the command at a span; `taken` are the
    ids of rules that there are already.
    """

    script: Script
    reading: Reading
    verdict: Verdict
    place: Place
    decision: Decision
    because: Callable[[tuple[int, int] | None], str]
    taken: Collection[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """`left` are the commands of the text that the rule does not speak of."""

    rule: Rule
    left: tuple[str, ...]


def propose(
    asked: Asked, policy: Policy, catalogue: Catalogue, readings: Readings
) -> Proposed | None:
    """The rule; None where no rule can be shown to speak of the command."""
    chosen = _chosen(asked)
    if chosen is None:
        return None
    command, effects = chosen
    text = _portable(asked, effects)
    for keys in _keys(asked, command, effects):
        rule = _rule(asked, chosen, keys)
        if not _fits(rule, text, policy, readings):
            continue
        script, reading = readings.read(text)
        tries = [one.text for one in edits(script, reading, catalogue, PLACE)]
        others = _others(rule, (*tries, *_moved(script, reading)), policy, readings)
        rule = rule.model_copy(update={"match": (text,), "not_match": others})
        programs = dict.fromkeys(one.program for one in asked.reading.commands)
        own = None if command is None else command.program
        left = tuple(name for name in programs if name != own)
        return Proposed(rule=rule, left=left)
    return None


_Chosen = tuple[Command | None, tuple[Effect, ...]]


def _chosen(asked: Asked) -> _Chosen | None:
    """The command that the strictest finding is about, with its gravest effects.

    An assignment or a redirection is no command: then its effect stands alone.
    """
    findings = sorted(asked.verdict.findings, key=lambda one: -one.decision)
    indices = [f.effect for f in findings if f.effect is not None]
    known = [asked.verdict.effects[index] for index in indices]
    known = [one for one in known if not one.unread]
    if known and known[0].command is None:
        return None, (known[0],)
    commands = asked.reading.commands
    if not commands:
        return None
    number = next((e.command for e in known if e.command is not None), 0)
    own = [e for e in asked.reading.effects if e.command == number]
    plain = [e for e in own if not (e.note or "").startswith("within ")]
    for kind in _GRAVEST:
        found = tuple(e for e in plain if e.kind is kind)
        if found:
            return commands[number], found
    return commands[number], ()


_Keys = dict[str, list[str]]


def _keys(
    asked: Asked, command: Command | None, effects: tuple[Effect, ...]
) -> Iterator[_Keys]:
    """The conditions of a rule, narrowest first."""
    program: _Keys = {} if command is None else {"program": [command.program]}
    target = _about(asked, effects)
    words = None if command is None else _telling_word(command, alone=not target)
    narrow: _Keys = {} if words is None else {"words": [words]}
    if not effects:
        yield {**program, **narrow}
        return
    about: _Keys = {"effect": [str(effects[0].kind)], **program}
    if target:
        yield {**about, **target, **narrow}
        yield {**about, **target}
    yield {**about, **narrow}
    yield about


def _about(asked: Asked, effects: tuple[Effect, ...]) -> _Keys:
    """The paths, hosts or other targets; else the classes of the paths."""
    named = [one for one in effects if one.target is not None and not is_own(one)]
    if not named:
        return {}
    targets = [one.target or "" for one in named]
    if all(target.startswith("/") for target in targets):
        paths = [p for one in named for p in _globs(one, asked.place)]
        return {"path": list(dict.fromkeys(paths))}
    key = "host" if named[0].kind is EffectKind.NETWORK else "target"
    return {key: [_literal(t) for t in dict.fromkeys(targets)]}


def _globs(effect: Effect, place: Place) -> Iterator[str]:
    """The globs that match what an effect is about, for anybody's home."""
    target = effect.target or ""
    tree = effect.form is Form.UNDER
    path = target.removesuffix("/**") if tree else target
    shown = _for_anybody(path, place)
    yield shown if effect.form is Form.GLOB else _literal(shown)
    if tree:
        yield f"{_literal(shown).rstrip('/')}/**"


def _for_anybody(path: str, place: Place) -> str:
    for root, name in ((place.workspace, "$WORKSPACE"), (place.home, "~")):
        if root is not None and (path == root or path.startswith(root + "/")):
            return name + path[len(root) :]
    return path


def _literal(text: str) -> str:
    """The glob that matches this text alone."""
    return re.sub(r"([*?\[])", r"[\1]", text)


def _telling_word(command: Command, *, alone: bool) -> str | None:
    """The pattern of one word: a long option, the subcommand, a short option.

    `alone`: nothing else tells the command from others of its program, so that the
    last word will do.
    """
    known = [word for word in command.words if word]
    long = [word for word in known if re.fullmatch(r"--?[A-Za-z][\w=-]{2,}", word)]
    short = [word for word in known if re.fullmatch(r"-[A-Za-z]{1,2}", word)]
    first = [word for word in known[:1] if re.fullmatch(r"[a-z][a-z-]+", word)]
    found = (*sorted(long, key=len)[-1:], *(first if alone else []), *short[:1])
    last = known[-1:] if alone else []
    word = next(iter((*found, *last)), None)
    return None if word is None else re.escape(word).replace(r"\-", "-")


def _rule(asked: Asked, chosen: _Chosen, keys: _Keys) -> Rule:
    command, effects = chosen
    span = effects[0].span if command is None else command.span
    return Rule.model_validate(
        {
            "id": _free_id(asked, command, keys),
            "decision": asked.decision.word,
            "because": asked.because(span),
            **keys,
        }
    )


def _free_id(asked: Asked, command: Command | None, keys: _Keys) -> str:
    verb = "no" if asked.decision is Decision.DENY else "ask"
    if command is None:
        words = [value for values in keys.values() for value in values]
    else:
        words = [command.program, *(w for w in command.words[:2] if w)]
    slug = re.sub(r"[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")[:32]
    name = f"{verb}-{slug.strip('-') or 'command'}"
    numbered = (f"{name}-{n}" for n in range(2, len(asked.taken) + 3))
    return next(one for one in (name, *numbered) if one not in asked.taken)


def _portable(asked: Asked, effects: tuple[Effect, ...]) -> str:
    """The command as it is said at the place where examples are judged."""
    text, place = asked.script.text, asked.place
    stays = place.cwd == place.workspace
    spans = {e.span: e.target for e in effects if (e.target or "").startswith("/")}
    for (start, end), target in sorted(
        ((s, t) for s, t in spans.items() if s is not None and t is not None),
        reverse=True,
    ):
        source = text[start:end]
        relative = not source.startswith(("/", "~", "$", '"', "'"))
        inside = re.fullmatch(r"[\w./+@%-]+", source) is not None
        if not inside or (relative and stays):
            continue
        path = _for_anybody(target.removesuffix("/**"), place)
        path = path.removeprefix("$WORKSPACE/").replace("$WORKSPACE", ".")
        text = text[:start] + path + text[end:]
    return text


def _fits(rule: Rule, command: str, policy: Policy, readings: Readings) -> bool:
    placed = PlacedRule(rule=rule, where="proposed:1")
    return readings.fits(command, placed, policy)


def _others(
    rule: Rule, tries: tuple[str, ...], policy: Policy, readings: Readings
) -> tuple[str, ...]:
    """Commands near to it that the rule does not speak of."""
    found = (
        one
        for one in dict.fromkeys((*tries[:_TRIED], "ls"))
        if one and not _fits(rule, one, policy, readings)
    )
    return tuple(islice(found, _EXAMPLES))


def _moved(script: Script, reading: Reading) -> Iterator[str]:
    """The same command about something else."""
    text = script.text
    for effect in reading.effects:
        if effect.span is None or not (effect.target or "").startswith("/"):
            continue
        start, end = effect.span
        if re.fullmatch(r"[\w./~+-]+", text[start:end]):
            other = text[start:end].rstrip("/") + "-other"
            yield text[:start] + other + text[end:]


_ORDER = ("effect", "cls", "path", "target", "host", "program", "words")


def rule_text(rule: Rule) -> str:
    """The rule as TOML."""
    lines = [
        "[[rule]]",
        f"id = {quoted(rule.id)}",
        f"decision = {quoted(rule.decision.word)}",
        f"because = {quoted(rule.because)}",
    ]
    for key in (*_ORDER, "match", "not_match"):
        values = tuple(map(str, getattr(rule, key)))
        if values:
            name = "class" if key == "cls" else key
            lines.append(f"{name} = [{', '.join(map(quoted, values))}]")
    return "\n".join(lines) + "\n"


def override_text(rule: str, decision: Decision, reason: str) -> str:
    lines = (
        "[[override]]",
        f"rule = {quoted(rule)}",
        f"decision = {quoted(decision.word)}",
        f"reason = {quoted(reason)}",
    )
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A TOML basic string; what JSON escapes TOML escapes alike, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def appended(before: str, table: str) -> str:
    """The text of a policy file with one more table at its end."""
    head = before.rstrip("\n")
    return f"{head}\n\n{table}" if head else f"version = 1\n\n{table}"
