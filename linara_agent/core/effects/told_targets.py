"""What an effect is about, in words for a person."""

import re
from collections.abc import Callable, Iterable

from linara_agent.core.effects.effect import Effect, EffectKind, Form, PathClass
from linara_agent.core.effects.place import Place

_CLASSES = {
    PathClass.AUTORUN: "{} (which runs by itself later)",
    PathClass.SECRETS: "{} (which holds keys or passwords)",
    PathClass.SYSTEM: "{} (part of the system)",
    PathClass.DEVICE: "the device {}",
    PathClass.OTHER_USER: "{} (another person's)",
    PathClass.OWN: "{} (linara-agent's own)",
}
_SHELLS_OWN = (".bash", ".zsh", ".profile", ".config/fish")


def path_name(path: str, place: Place) -> str:
    """The path as the person would type it: relative, from the home, or in full."""
    if path == place.cwd:
        return "the current directory"
    if place.cwd not in (None, "/") and path.startswith(f"{place.cwd}/"):
        return path[len(place.cwd or "") + 1 :]
    if path == place.home:
        return "your home directory"
    if place.home != "/" and path.startswith(place.home + "/"):
        return "~" + path[len(place.home) :]
    return "the root of all files (/)" if path == "/" else path


def target_name(effect: Effect, place: Place, *, bare: bool = False) -> str:
    """What the effect is about; `bare` names a tree by its top alone."""
    path = effect.target
    if path is None:
        why = (effect.note or "unknown").rpartition("its path is ")[2]
        return f"a file that cannot be known beforehand ({why})"
    if path.startswith("$"):
        return f"the secret variable {path}"
    if not path.startswith("/"):
        return path
    return _in_its_class(effect, path, place, bare=bare)


def _in_its_class(effect: Effect, path: str, place: Place, *, bare: bool) -> str:
    name = path_name(path.removesuffix("/**") or "/", place)
    if not bare and effect.form is Form.UNDER:
        name = _tree(effect, path, name)
    elif effect.form is Form.GLOB:
        name = f"every file that matches {name}"
    if effect.cls is PathClass.STARTUP:
        below = path.removeprefix(place.home + "/")
        shell = "your shell " if below != path and below.startswith(_SHELLS_OWN) else ""
        return f"{shell or 'the '}start-up file {name}"
    if effect.cls is None or (path == "/" and effect.cls is PathClass.SYSTEM):
        return name
    plain = effect.kind is EffectKind.READ and effect.cls is PathClass.SYSTEM
    return name if plain else _CLASSES.get(effect.cls, "{}").format(name)


def _tree(effect: Effect, path: str, name: str) -> str:
    if path.endswith("/**"):
        return f"some of what is below {name}"
    if effect.kind is EffectKind.DELETE:
        return f"{name} with everything in it"
    return f"everything below {name}"


def listed(names: Iterable[str]) -> str:
    """`a, b and c`, each once."""
    found = list(dict.fromkeys(names))
    if len(found) < 2:  # noqa: PLR2004 — nothing to join
        return "".join(found)
    return f"{', '.join(found[:-1])} and {found[-1]}"


_VERBS = {
    EffectKind.READ: "reads {}",
    EffectKind.OBSERVE: "looks at {}",
    EffectKind.CREATE: "creates {}",
    EffectKind.MODIFY: "creates or overwrites {}",
    EffectKind.DELETE: "deletes {}",
    EffectKind.METADATA: "changes the owner or permissions of {}",
    EffectKind.EXECUTE: "runs {}",
    EffectKind.NETWORK: "talks to {} over the network",
    EffectKind.PROCESS: "signals or changes running processes ({})",
    EffectKind.SYSTEM: "changes the running system ({})",
    EffectKind.ENVIRONMENT: "sets {}, which changes what programs do",
}
_OWN = {
    EffectKind.OBSERVE: "looks at the state of the machine",
    EffectKind.CREATE: "creates a file whose name it chooses itself",
    EffectKind.MODIFY: "changes files that it chooses itself",
    EffectKind.DELETE: "deletes files that it chooses itself",
    EffectKind.EXECUTE: "runs code that was not read beforehand",
    EffectKind.NETWORK: "uses the network",
    EffectKind.PROCESS: "signals or changes running processes",
    EffectKind.SYSTEM: "changes the running system",
    EffectKind.ENVIRONMENT: "changes what programs do",
}
_FLOWS = {
    "network>interpreter": "runs what comes from the network, unread",
    "decoded>interpreter": "runs a text that was encoded, so that nobody has read it",
    "secrets>interpreter": "runs a text that holds keys or passwords",
    "data>interpreter": "runs what another command prints",
    "secrets>network": "sends keys or passwords to the network",
    "data>network": "sends what another command prints to the network",
}


def clause(
    kind: EffectKind, effects: Iterable[Effect], name: Callable[[Effect], str]
) -> str:
    """A sentence for effects of one kind, when nothing better is known of them."""
    given = tuple(effects)
    own = [one for one in given if is_own(one)]
    others = [one for one in given if not is_own(one)]
    found: list[str] = []
    if others and kind in _VERBS:
        names = listed(name(one) for one in others)
        found.append(_VERBS[kind].format(names))
    if own:
        text = _OWN.get(kind, f"has the effect {kind}")
        reasons = listed(one.note for one in own if one.note and one.unread)
        found.append(f"{text} ({reasons})" if reasons else text)
    return listed(found)


def is_own(effect: Effect) -> bool:
    """The effect is the program's own, and about nothing that has a name."""
    program = (effect.program or "").split(" ")[0]
    target = effect.target
    if target is None:
        return effect.kind in (EffectKind.NETWORK, EffectKind.EXECUTE)
    return not target.startswith("/") and target in (program, effect.program)


def flow(effect: Effect) -> str:
    return _FLOWS.get(effect.target or "", f"passes data on ({effect.target})")


def unknown(effect: Effect) -> str:
    """What is not known, said as such."""
    note = effect.note or "it is not described"
    if effect.program:
        return f"what {effect.program} does is not known for certain: {note}"
    return f"a part of the text cannot be read: {note}"


def perhaps(text: str) -> str:
    """`deletes x` as `may delete x`."""
    verb, _, rest = text.partition(" ")
    second = re.match(r"or (\w+s) ", rest)
    if second is not None:
        rest = f"or {_plain(second[1])} {rest[second.end() :]}"
    return f"may {_plain(verb)} {rest}".rstrip()


def _plain(verb: str) -> str:
    """The verb without the ending of the third person."""
    fixed = {"goes": "go", "does": "do", "is": "be", "has": "have"}
    if verb in fixed:
        return fixed[verb]
    if verb.endswith("ies"):
        return verb[:-3] + "y"
    if verb.endswith(("ches", "shes", "sses", "xes", "zzes")):
        return verb[:-2]
    return verb.removesuffix("s")
