"""Programs whose sentence takes more than a template."""

import re
from collections.abc import Callable, Mapping

from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.told import Told, shown
from linara_agent.core.effects.told_find import told as told_find
from linara_agent.core.effects.told_targets import listed, path_name
from linara_agent.core.shell.script import Word

_WRITES = (EffectKind.MODIFY, EffectKind.CREATE)


def _find(told: Told) -> str:
    told.spoken(EffectKind.READ, EffectKind.DELETE, *_WRITES)
    actions = told_find(expression(told), roots(told))
    return listed(one.text for one in actions)


def roots(told: Told) -> str:
    """The starting points of a find, in words."""
    starts = [told.place.absolute(shown(word)) for word in _starts(told.words)]
    names = [path_name(one, told.place) for one in starts if one is not None]
    return listed(names) or "the current directory"


def expression(told: Told) -> tuple[Word, ...]:
    """Find's words behind its starting points."""
    words = [w for w in told.words if shown(w) not in ("-L", "-H", "-P")]
    return tuple(words[len(_starts(told.words)) :])


def _starts(words: tuple[Word, ...]) -> list[Word]:
    found: list[Word] = []
    for word in words:
        text = shown(word)
        if text in ("-L", "-H", "-P"):
            continue
        if text.startswith("-") or text in ("(", "!", ")"):
            break
        found.append(word)
    return found


def _xargs(told: Told) -> str:
    each = "for" if told.has("-I", "-i", "--replace") else "with"
    source = told.found or f"every name in {told.takes}"
    return f"runs {told.runs or 'echo'} {each} {source}"


_SUBSTITUTION = re.compile(r"s([/|,#:@])((?:(?!\1).)*)\1((?:(?!\1).)*)\1([gpIi0-9]*)")
_LINES = re.compile(r"(\d+|\$)(?:,(\d+|\$))?([pdq])")


def _sed(told: Told) -> str:
    scripts = told.values("-e", "--expression")
    if not scripts and not told.has("-f", "--file"):
        scripts = [shown(word) for word in told.operands[:1]]
    does = listed(_edit(one) for one in scripts) or "edits by a script that is not read"
    in_place = told.has("-i", "--in-place")
    files = listed(told.names(*_WRITES) if in_place else told.names(EffectKind.READ))
    if in_place:
        return f"{does} of {files}, which it overwrites"
    return f"{does} of {files or told.takes}, and prints the result"


def _edit(script: str) -> str:
    change = _SUBSTITUTION.fullmatch(script)
    if change is not None:
        which = f"“{change[2]}”" if "g" in change[4] else f"the first “{change[2]}”"
        if not change[3]:
            return f"takes {which} out of every line"
        return f"replaces {which} by “{change[3]}” in every line"
    lines = _LINES.fullmatch(script)
    if lines is not None:
        verb = {"p": "shows", "d": "drops", "q": "stops after"}[lines[3]]
        if lines[2] is None:
            return f"{verb} line {_line(lines[1])}"
        return f"{verb} the lines {_line(lines[1])} to {_line(lines[2])}"
    return f"applies the script “{script}” to the text"


def _line(number: str) -> str:
    return "the last one" if number == "$" else number


def _tar(told: Told) -> str | None:
    archive = listed(told.values("-f", "--file")) or told.takes
    if told.has("-t", "--list"):
        told.spoken(EffectKind.READ)
        return f"lists what is in the archive {archive}"
    if told.has("-c", "--create", "-r", "--append", "-u", "--update"):
        what = listed(told.names(EffectKind.READ)) or "nothing"
        into = listed(told.names(*_WRITES)) or "an archive that it prints"
        verb = "packs" if told.has("-c", "--create") else "adds"
        return f"{verb} {what} into {into}"
    if told.has("-x", "--extract", "--get"):
        told.spoken(EffectKind.READ)
        where = listed(told.names(*_WRITES, bare=True))
        target = f"into {where}" if where else "and prints what is in it"
        return f"unpacks the archive {archive} {target}"
    return None


def _kill(told: Told) -> str:
    signals = [*told.values("-s", "--signal", "-n")]
    signals += [shown(w)[1:] for w in told.words if re.match(r"-[A-Z0-9]+$", shown(w))]
    if told.has("-l", "-L", "--list", "--table"):
        return "lists the signals that there are"
    to = [shown(word) for word in told.operands]
    signal = {"9": "KILL (which cannot be refused)", "0": "0 (which only asks)"}
    name = signal.get(signals[0].removeprefix("SIG"), signals[0]) if signals else "TERM"
    noun = "job or process" if any(t.startswith("%") for t in to) else "process"
    return f"sends the signal {name} to the {noun} {listed(to) or told.takes}"


def _chmod(told: Told) -> str:
    mode, files = _first(told), listed(told.names(EffectKind.METADATA))
    if mode in ("+x", "a+x", "u+x"):
        who = "for you" if mode == "u+x" else "for everybody"
        return f"makes {files} executable {who}"
    return f"sets the permissions {mode} on {files}" if mode else _PLAIN.format(files)


_PLAIN = "changes the permissions of {}"


def _chown(told: Told) -> str:
    owner, files = _first(told), listed(told.names(EffectKind.METADATA))
    user, _, group = (owner or "").partition(":")
    if told.program.name == "chgrp":
        return f"gives {files} to the group {owner}"
    to = listed(x for x in (user, f"the group {group}" if group else "") if x)
    return f"gives {files} to {to or 'another owner'}"


def _first(told: Told) -> str:
    """The mode or owner: the first operand, or a word like `-x`."""
    paths = {e.span for e in told.effects if e.kind is EffectKind.METADATA}
    for word in told.words:
        recursive = shown(word) in ("-R", "--recursive", "-v", "-f", "-c", "-h")
        if not recursive and (word.span.start, word.span.end) not in paths:
            return "" if shown(word).startswith("--") else shown(word)
    return ""


def _fetch(told: Told) -> str:
    hosts = told.names(EffectKind.NETWORK)
    urls = listed([shown(word) for word in told.operands] or hosts)
    if told.has("-I", "--head", "--spider"):
        return f"asks for the headers of {urls}"
    sends = ("-d", "--data", "--data-raw", "--data-binary", "-F", "--form", "-T",
             "--json", "--data-urlencode", "--upload-file", "--post-data",
             "--post-file")  # fmt: skip
    if told.has(*sends):
        what = listed(told.values(*sends))
        told.spoken(EffectKind.READ)
        text = f"sends {what} to {urls}"
    else:
        text = f"fetches {urls or 'nothing'}"
    into = told.names(*_WRITES)
    return f"{text} and writes it to {listed(into)}" if into else text


def _shell(told: Told) -> str:
    if told.has("-c") or any(re.match(r"-[a-z]*c$", shown(w)) for w in told.words[:3]):
        return "runs a text as a shell script"
    files = told.names(EffectKind.READ)
    if files or told.operands:
        told.spoken(EffectKind.EXECUTE)
        return f"runs {listed(files) or shown(told.operands[0])} as a shell script"
    told.spoken(EffectKind.EXECUTE)
    return f"runs {told.takes} as a shell script"


def _print(told: Told) -> str:
    words = [_unquoted(shown(word)) for word in told.words]
    while words and re.fullmatch(r"-[neE]+", words[0]):
        words.pop(0)
    text = " ".join(words)
    return f"prints “{text}”" if text else "prints an empty line"


def _unquoted(text: str) -> str:
    whole = len(text) > 1 and text[0] == text[-1] == '"'
    return text[1:-1] if whole else text


def _go(told: Told) -> str:
    words = [shown(word) for word in told.words if not shown(word).startswith("-")]
    if any(shown(word) == "-" for word in told.words):
        return "goes back to the directory before"
    path = told.place.absolute(words[0]) if words else told.place.home
    name = path_name(path, told.place) if path is not None else words[0]
    return f"goes to {name}"


def _link(told: Told) -> str:
    reads = told.names(EffectKind.READ)
    words = [shown(word) for word in told.operands]
    at = listed(told.names(*_WRITES)) or "the current directory"
    kind = "link to" if told.has("-s", "--symbolic") else "second name of"
    to = listed(reads) or listed(words[:-1] or words)
    return f"makes a {kind} {to} at {at}"


def _env(told: Told) -> str:
    told.spoken(EffectKind.OBSERVE)
    if told.runs is not None:
        return f"runs {told.runs} in a changed environment"
    told.spoken(EffectKind.READ)
    return "prints the environment"


def _mount(told: Told) -> str | None:
    if not told.operands:
        return None
    told.spoken(EffectKind.SYSTEM)
    words = [shown(word) for word in told.operands]
    return f"mounts {' on '.join(words[:2])}"


TELLERS: Mapping[str, Callable[[Told], str | None]] = {
    "find": _find,
    "xargs": _xargs,
    "sed": _sed,
    "tar": _tar,
    "kill": _kill,
    "chmod": _chmod,
    "chown": _chown,
    "chgrp": _chown,
    "curl": _fetch,
    "wget": _fetch,
    "sh": _shell,
    "echo": _print,
    "printf": _print,
    "cd": _go,
    "pushd": _go,
    "ln": _link,
    "mount": _mount,
    "env": _env,
}
