"""What programs do, as data: the schema of `policies/commands/NAME.toml`.

An option or a program that is not described has the effect `unknown`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.need import Need
from linara_agent.errors import PolicyProblem


class Role(StrEnum):
    """What a program does with a word: the value of an option, or an operand.

    `write` creates or modifies; `move` reads and deletes; `run` is a program (with
    its arguments, where the word is a whole command); `paths` is a file that lists
    paths; `code` is a text in a language that can do anything.
    """

    NONE = "none"
    READ = "read"
    WRITE = "write"
    CREATE = "create"
    MODIFY = "modify"
    DELETE = "delete"
    MOVE = "move"
    METADATA = "metadata"
    RUN = "run"
    HOST = "host"
    PATTERN = "pattern"
    CWD = "cwd"
    FD = "fd"
    PATHS = "paths"
    CODE = "code"
    ASSIGNMENT = "assignment"


class _Model(BaseModel):
    # Nearly every start takes what was validated before, and needs no validator.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, defer_build=True
    )


Effects = tuple[Annotated[EffectKind, Field(strict=False)], ...]
Needs = tuple[Annotated[Need, Field(strict=False)], ...]


class Option(_Model):
    """One option under all its names, or several that are alike.

    `value` says whether it takes one, `role` what becomes of it. `effects` are had
    by the option's presence. `recursive` makes the operands whole trees. `drops`
    takes away the first or last operand's special role (`grep -e`, `cp -t`).
    `operands` gives all operands this role instead. `decodes`: with it the program
    turns its input into a text that could not be read before (`base64 -d`). `tells`:
    with it the program only says something and does nothing of its own (`kill -l`).
    `needs` is what it takes beside the program's own needs; with one that `spares`, the
    program does not need them (`top -b`).
    """

    names: tuple[str, ...] = Field(min_length=1, strict=False)
    value: Literal["none", "required", "optional"] = "none"
    role: Annotated[Role, Field(strict=False)] = Role.NONE
    effects: Effects = Field(default=(), strict=False)
    recursive: bool = False
    drops: Literal["first", "last"] | None = None
    operands: Annotated[Role, Field(strict=False)] | None = None
    decodes: bool = False
    tells: bool = False
    needs: Needs = Field(default=(), strict=False)
    spares: bool = False


class Operand(_Model):
    """What becomes of an operand: `position` is `first`, `last`, `rest` or a number.

    `default` is the path it stands for when it is absent. `recursive` makes it a
    whole tree without any option. `effects` are had by its presence.
    `harmless` is a pattern of operands that mean nothing of the kind (`date +%F`).
    """

    position: Literal["first", "last", "rest"] | int
    role: Annotated[Role, Field(strict=False)]
    effects: Effects = Field(default=(), strict=False)
    default: str | None = None
    recursive: bool = False
    harmless: str | None = None


class Program(_Model):
    """One program or subcommand.

    `safe_options`: no option does harm, so that a word which may become an option
    is none of the reader's worries; options must still be known. `abbreviations`:
    GNU long options may be shortened. `command_from` = N: from the N-th operand on
    (counted from 1) stands a command; `after:--`: behind `--`. `analyser` names the
    Python module for operands that are a language. `output` says which paths its
    output lists: those of its operands (`operands`) or those it read (`input`).
    `old_style`: the first word may be a cluster without a dash (`tar xf`).
    `options_first`: options end at the first operand. `no_options`: a word that
    begins with a dash and is no known option is an operand (`echo ---`).
    `names_only`: it lists what lies below its operands, but reads no content.
    `complete`: every option of that version is described, so that a word that may
    become an option can do no more than these do. `reaches`: all kinds of effects that
    any words could give it, where the descriptions alone do not tell (an analyser reads
    them, not every option is described); `execute` stands for what the code does, too.
    `starts`: other programs that it starts by itself, whatever its words, to do what is
    described here (`zcat` is a script around `gzip`); they add no effect.
    `inherits`: a subcommand has the effects of its program too.
    `needs`: what no preview gives it. `sentence` tells a person what it does, with
    `{read}`, `{write}`, `{host}`, … for what it does it to, `{1}` for an operand and
    `{command}` for the program it runs. `sentence_with` has other sentences for options
    ("-d, --decode"), `phrases` words that an option adds (`{value}` is its value).
    """

    name: str
    aliases: tuple[str, ...] = Field(default=(), strict=False)
    summary: str
    safe_options: bool = False
    complete: bool = False
    abbreviations: bool = True
    single_dash_long: bool = False
    options_first: bool = False
    no_options: bool = False
    inherits: bool = True
    names_only: bool = False
    old_style: bool = False
    needs: Needs = Field(default=(), strict=False)
    effects: Effects = Field(default=(), strict=False)
    reaches: Effects | None = Field(default=None, strict=False)
    starts: tuple[str, ...] = Field(default=(), strict=False)
    option: tuple[Option, ...] = Field(default=(), strict=False)
    operand: tuple[Operand, ...] = Field(default=(), strict=False)
    subcommand: tuple["Program", ...] = Field(default=(), strict=False)
    command_from: int | Literal["after:--"] | None = None
    analyser: str | None = None
    output: Literal["none", "operands", "input"] = "none"
    sentence: str | None = None
    sentence_with: Mapping[str, str] = Field(default_factory=dict)
    phrases: Mapping[str, str] = Field(default_factory=dict)
    version: str | None = None

    @cached_property
    def options(self) -> Mapping[str, Option]:
        """Every spelling of every option."""
        return {name: one for one in self.option for name in one.names}

    @cached_property
    def subcommands(self) -> Mapping[str, "Program"]:
        return {n: one for one in self.subcommand for n in (one.name, *one.aliases)}

    def find(self, name: str) -> Option | None:
        """The option of this spelling, or the only long one that begins so."""
        exact = self.options.get(name)
        if exact is not None or not self.abbreviations or not name.startswith("--"):
            return exact
        found = {id(o): o for n, o in self.options.items() if n.startswith(name)}
        return next(iter(found.values())) if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All programs by all their names."""

    programs: Mapping[str, Program]

    def find(self, name: str) -> Program | None:
        return self.programs.get(name)


def program_from(text: str, *, file: str) -> Program:
    """Read one file; raises PolicyProblem that names every problem in it."""
    try:
        return Program.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        problems = [str(error)]
    except ValidationError as error:
        problems = [
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors()
        ]
    raise PolicyProblem(
        f"{file} is no valid catalogue file: {'; '.join(problems)}.",
        not_done="Nothing was judged, and nothing ran.",
        remedy="Correct the file, or install linara-agent again.",
    )


def catalogue_from(programs: Iterable[Program]) -> Catalogue:
    """Collect programs; raises PolicyProblem where two claim one name."""
    found: dict[str, Program] = {}
    for program in programs:
        for name in (program.name, *program.aliases):
            if name in found:
                raise PolicyProblem(
                    f"Two catalogue files describe the program {name}.",
                    not_done="Nothing was judged, and nothing ran.",
                    remedy="Remove one of them.",
                )
            found[name] = program
    return Catalogue(found)
