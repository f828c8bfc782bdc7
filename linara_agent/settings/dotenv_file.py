"""The file `.env` of the working directory: anyone may have written it there.

A clone, an archive or another user can bring one along, so what it says never
redirects a key, never spends what the key's owner did not mean to spend, and never
shows more of the machine than the person chose:

- a server, a priced model or fallback, other providers, longer answers and higher
  limits count only together with a key that the same file brings and that is in use;
- data collection, zero retention and the context that is sent may only be made
  stricter, and a server that it names gets no names of files; whether the server
  knows OpenRouter's fields, privacy among them, is not for it to say;
- the policy, the view and the time limit of previews are not read from it at all,
  nor are variables of other programs: proxies and certificates stay the environment's;
- a value is taken as it stands: `${HOME}` is no variable here.
"""

import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from linara_agent.settings.model import MODEL_PREFIX, MODEL_VARIABLES, ModelSettings
from linara_agent.settings.origin import Given, Layer, Origin
from linara_agent.settings.own_file import UnusableFile, own_bytes

DOTENV = ".env"

_SPENDING = frozenset(
    {
        "model", "fallbacks", "max_tokens", "only", "ignore", "allow_fallbacks",
        "max_prompt_price", "max_completion_price", "max_cost", "daily_budget",
    }
)  # fmt: skip
_STRICTEST_FIRST: Mapping[str, tuple[object, ...]] = {
    "data_collection": ("deny", "allow"),
    "zdr": (True, False),
    "context": ("none", "cwd", "tree"),
}


def dotenv_file(path: Path) -> tuple[dict[str, Given], list[str]]:
    """The variables of ours in it by their names, and what is wrong with the file.

    Never raises.
    """
    try:
        raw = own_bytes(path, None)
        text = "" if raw is None else raw.decode("utf-8")
        found, broken = dict(_ours(path, text)), list(_broken(path, text))
        if found:  # only then it matters who wrote it
            own_bytes(path, {0, os.geteuid()}, shared=True)
    except UnusableFile as error:
        return {}, [f"{path}:1: {error}"]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return {}, [f"{path}:{line}: it is not written in UTF-8"]
    return found, broken


def _ours(path: Path, text: str) -> Iterator[tuple[str, Given]]:
    if not text:
        return
    from dotenv.parser import parse_stream  # noqa: PLC0415 — 20 ms, seldom needed

    for binding in parse_stream(io.StringIO(text)):
        name, value = binding.key, binding.value
        if name is None or value is None:
            continue
        if name in _NAMES or name.startswith(MODEL_PREFIX):
            blank = binding.original.string
            skipped = blank[: len(blank) - len(blank.lstrip())].count("\n")
            where = f"{path}:{binding.original.line + skipped}"
            yield (
                name,
                Given(value=value, origin=Origin(layer=Layer.DOTENV, where=where)),
            )


def _broken(path: Path, text: str) -> Iterator[str]:
    """Lines that set something of ours and cannot be read: a lost key, or limit."""
    if not text:
        return
    from dotenv.parser import parse_stream  # noqa: PLC0415 — see `_ours`

    for binding in parse_stream(io.StringIO(text)):
        # An unclosed quote reaches over the lines up to the next one.
        lost = binding.original.string if binding.error else ""
        for found in _SET.finditer(lost):
            name = found[1]
            if name in _NAMES or name.startswith(MODEL_PREFIX):
                line = binding.original.line + lost[: found.start()].count("\n")
                yield f"{path}:{line}: {name}: its value cannot be read (quotes?)"


_NAMES = frozenset(MODEL_VARIABLES.values())
_SET = re.compile(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=", re.MULTILINE)


def overreach(
    settings: ModelSettings, without: ModelSettings, origins: Mapping[str, Origin]
) -> Iterator[str]:
    """What the file says and may not say; `without` are the settings without it."""
    brought = {name for name, origin in origins.items() if origin.layer is Layer.DOTENV}
    changed = [
        name for name in brought if getattr(settings, name) != getattr(without, name)
    ]
    for name in sorted(changed):
        objection = _objection(name, settings, without, own_key="key" in brought)
        if objection is not None:
            yield (
                f"{origins[name]}: {MODEL_VARIABLES[name]}: a .env may not decide"
                f" this: {objection}"
            )


def _objection(
    name: str, settings: ModelSettings, without: ModelSettings, *, own_key: bool
) -> str | None:
    value, outside = getattr(settings, name), getattr(without, name)
    if name == "openrouter":
        return "without OpenRouter's fields no privacy is asked for"
    if name == "base_url" and not own_key:
        return "it names another server and holds no key for it"
    if name == "base_url" and settings.context == "tree":
        return "its server would get the names of files too"
    if name in _STRICTEST_FIRST:
        order = _STRICTEST_FIRST[name]
        looser = order.index(value) > order.index(outside)
        return "it may only make this stricter" if looser else None
    spends = name in _SPENDING and settings.key is not None and not own_key
    if spends and not _free(name, value):
        return "it would spend on a key that it did not bring"
    return None


def _free(name: str, value: object) -> bool:
    """Whether these models cost nothing: https://openrouter.ai/docs/api-reference/limits"""
    if name not in ("model", "fallbacks"):
        return False
    models = [value] if isinstance(value, str) else value
    assert isinstance(models, (list, tuple))  # noqa: S101 — as the settings declare it
    return all(one == "openrouter/free" or one.endswith(":free") for one in models)
