"""Settings from their sources, the strongest first, each with its origin.

Flags, then the environment, then `.env` in the working directory, then the person's
configuration file, then the defaults; the keyring is asked for a key that is nowhere
else. All problems are told at once.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from linara_agent.errors import SettingsProblem
from linara_agent.settings.origin import DEFAULT, Given, Layer, Origin

S = TypeVar("S", bound=BaseModel)

_FLAGS = {
    "fallbacks": "--fallback",
    "stream": "--no-stream",
    "cache": "--no-cache",
    "timeout_s": "--timeout",
    "deadline_s": "--deadline",
}
"""Settings whose flags have other names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`directory` is where `.env` is looked for, `config` the configuration file.

    `flags` are settings by name, with only those that were given.
    """

    environment: Mapping[str, str]
    directory: str
    config: Path
    flags: Mapping[str, object] = field(default_factory=dict)

    @property
    def owners(self) -> set[int]:
        """Who may have written the configuration file."""
        return {0, os.geteuid()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured(Generic[S]):
    """The settings in force, and where each comes from."""

    settings: S
    origins: Mapping[str, Origin]


def flags(flags: Mapping[str, object], names: Mapping[str, str]) -> dict[str, Given]:
    return {
        name: Given(
            value=value,
            origin=Origin(
                layer=Layer.FLAG,
                where=_FLAGS.get(name, f"--{name.replace('_', '-')}"),
            ),
        )
        for name, value in flags.items()
        if name in names
    }


def variables(
    environment: Mapping[str, str], names: Mapping[str, str]
) -> dict[str, Given]:
    return {
        name: Given(
            value=environment[variable],
            origin=Origin(layer=Layer.ENVIRONMENT, where=variable),
        )
        for name, variable in names.items()
        if variable in environment and not blank_key(name, environment[variable])
    }


def blank_key(name: str, value: object) -> bool:
    """A blank key is none; a key may also be blanked in the environment of a child."""
    return name == "key" and isinstance(value, str) and not value.strip()


def validated(
    model: type[S],
    chosen: Mapping[str, Given],
    prefix: str,
    problems: tuple[str, ...] = (),
) -> Configured[S]:
    """The settings; raises WrongSettings, with the problems that are known too."""
    known = {
        name: given for name, given in chosen.items() if name in model.model_fields
    }
    origins = {
        name: known[name].origin if name in known else DEFAULT
        for name in model.model_fields
    }
    try:
        settings = model.model_validate(
            {name: given.value for name, given in known.items()}
        )
    except ValidationError as error:
        # Not the library's error: it holds the values, the key among them.
        raise WrongSettings((*problems, *_wrong(error, origins, prefix))) from None
    if problems:
        raise WrongSettings(problems)
    return Configured(settings=settings, origins=origins)


def _wrong(
    error: ValidationError, origins: Mapping[str, Origin], prefix: str
) -> Iterator[str]:
    for one in error.errors(include_input=False, include_context=False):
        name = str(one["loc"][0])
        message = one["msg"].removeprefix("Value error, ")
        yield f"{origins[name]}: {prefix}{name}: {message}"


class WrongSettings(SettingsProblem):
    """The one error of settings, with a line for each of the `problems`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        listed = "\n  ".join(self.problems)
        super().__init__(
            f"The settings cannot be used:\n  {listed}",
            not_done="No model was asked, and nothing ran.",
            remedy="Correct what is named; `linara-agent config path` tells where the"
            " configuration file lies.",
        )
