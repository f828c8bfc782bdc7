"""The catalogue against the manuals of Debian 12.

The record in `tests/corpus/options` holds what the manual pages name, so that these
tests do not depend on what is installed. With LINARA_MANUALS=1 the pages that are
installed are read again and compared too (half a minute).
"""

import os
import shutil
import subprocess
from functools import cache

import pytest

from linara_agent.core.effects.catalogue import Program
from linara_agent.rulebook import load_catalogue
from tests.policies.manuals import (
    BEYOND,
    Options,
    Recorded,
    in_entry,
    in_manual,
    recorded,
)

# Asked before each test gets an environment of its own.
READ_AGAIN = os.environ.get("LINARA_MANUALS") == "1"

RECORDED = {one.program: one for one in recorded()}
BEYOND_ENTRIES = {one.program: set(one.options) for one in recorded(BEYOND)}
# Every program has these, or they stand for others.
ANYWHERE = {"+", "-NUM", "--help", "--version"}

# Their pages tell the options of their subcommands, where the catalogue has them.
_GROUPS = "bisect reflog stash submodule worktree"
GROUPS = {f"git {one}" for one in _GROUPS.split()}

# The manual shows a value, but the word behind the option is not (only) that: the
# value stands in the same word, or is an operand, or there are several of them.
BEHIND_IS_NO_VALUE = {
    "at": "-u",
    "dos2unix": "--info -o --oldfile",
    "dpkg": """-A -P -a -i -r --add-architecture --configure --install --purge
    --record-avail --remove --remove-architecture --triggers-only --unpack""",
    "dpkg-query": """-c --control-list --control-path --control-show -L --listfiles -S
    --search""",
    "fd": "-x --exec -X --exec-batch",
    "fromdos": "-l",
    "git": "--list-cmds",
    "git blame": "--abbrev",
    "git branch": "--abbrev -u --set-upstream-to",
    "git config": "--get-color --get-colorbool --get-urlmatch",
    "git diff": "-B",
    "git diff-tree": "-B",
    "git fetch": "--recurse-submodules-default",
    "git format-patch": "-B --signature --no-signature",
    "git gc": "--prune",
    "git log": "-B",
    "git show": "-B",
    "git tag": "-n",
    "ip": "-c",
    "journalctl": "-n --lines",
    "jq": "--rawfile --slurpfile",
    "logger": "-P --port -u --socket",
    "lsof": "-D -F -K",
    "mac2unix": "--info -o --oldfile",
    "pbzip2": "--ignore-trailing-garbage -S -b -m -p",
    "strace": "--decode-fds --decode-pids",
    "unix2dos": "--info -o --oldfile",
    "whereis": "-B -M -S",
    "zip": "--exclude --include -i -x",
    "zstd": "--format --memory --patch-from --trace --train --zstd",
}
# The value may be left out by the manual, yet never is where a word follows.
ALWAYS_A_VALUE = {"git format-patch": "--base"}


@cache
def described(name: str) -> Program:
    first, *words = name.split()
    program = load_catalogue().find(first)
    for word in words:
        program = program.subcommands.get(word) if program is not None else None
    assert program is not None, f"the catalogue does not know {name}"
    return program


def is_described(program: Program, option: str) -> bool:
    by_number = option[1:].isdigit() and "-NUM" in program.options
    return by_number or option in program.options


def missing(name: str, options: Options) -> set[str]:
    program = described(name)
    pages = (program, *(program.subcommand if name in GROUPS else ()))
    return {one for one in options if not any(is_described(p, one) for p in pages)}


@pytest.fixture(params=sorted(RECORDED))
def known(request: pytest.FixtureRequest) -> tuple[Program, Recorded]:
    """Any program of the record, and what its manual names."""
    name: str = request.param
    return described(name), RECORDED[name]


def test_every_option_of_the_manual_is_described(known: tuple[Program, Recorded]):
    """Nothing that the manual has an entry for is missing in the catalogue."""
    _, manual = known
    assert missing(manual.program, manual.options) == set()


def test_every_option_is_the_programs_own(known: tuple[Program, Recorded]):
    """An option without an entry in the manual stands on the list of those."""
    program, manual = known
    beyond = set(program.options) - set(manual.options) - ANYWHERE
    assert beyond == BEYOND_ENTRIES.get(manual.program, set())


def test_no_option_swallows_a_word_that_is_not_its_value(
    known: tuple[Program, Recorded],
):
    """Only an option that must have a value takes the next word from sight."""
    program, manual = known
    swallowing = {
        name
        for name, value in manual.options.items()
        if value != "="
        and (option := program.options.get(name)) is not None
        and option.value == "required"
    }
    assert swallowing == set(ALWAYS_A_VALUE.get(manual.program, "").split())


def test_a_value_is_not_taken_for_an_operand(known: tuple[Program, Recorded]):
    """An option whose value is the next word has that word as its value."""
    program, manual = known
    alone = {
        name
        for name, value in manual.options.items()
        if value == "="
        and (option := program.options.get(name)) is not None
        and option.value != "required"
    }
    assert alone == set(BEHIND_IS_NO_VALUE.get(manual.program, "").split())


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("  -o, --output=FILE   write", {"-o": "=", "--output": "="}),
        ("  -a, --all   do not ignore", {"-a": "", "--all": ""}),
        ("  --color[=WHEN]   colour", {"--color": "[="}),
        ("  --[no-]mailmap", {"--mailmap": "", "--no-mailmap": ""}),
        ("  -w | -wide | -long", {"-w": "", "-wide": "", "-long": ""}),
        ("  -D [bind_address:]port", {"-D": "="}),
        ("  --stat[=<width>[,<count>]]", {"--stat": "[="}),
        ("  --help display this help and exit", {"--help": ""}),
        ("  --check, --check=first", {"--check": "[="}),
        ("  text - not an option", {}),
    ],
)
def test_an_entry_names_options_and_values(line: str, options: Options):
    """The first column of an entry tells the names and what follows them."""
    assert in_entry(line) == options


def test_a_manual_page_is_read_by_its_sections():
    """Options stand in entries; synopsis, examples and running text hold none."""
    page = """NAME
       x - does
SYNOPSIS
       -s
OPTIONS
       -a, --all
              everything, even
              --hidden
       -n NUM
EXAMPLES
       -e
"""
    assert in_manual(page) == {"-a": "", "--all": "", "-n": "="}


def formatted(name: str) -> str:
    """The page of a program as it is installed, as plain text."""
    page = subprocess.run(
        ["man", "-P", "cat", name.replace(" ", "-")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C", "MANWIDTH": "500"},
    ).stdout
    return subprocess.run(
        ["col", "-bx"], input=page, capture_output=True, text=True, check=True
    ).stdout


def installed_version(package: str) -> str:
    return subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package],
        capture_output=True,
        text=True,
        check=False,
    ).stdout


def test_the_installed_page_names_nothing_new(known: tuple[Program, Recorded]):
    """A page of the version on record names no option that the record lacks."""
    program, manual = known
    if manual.program in OTHERS_PAGE:
        pytest.skip("its page is that of another program")
    if not READ_AGAIN:
        pytest.skip("reads every manual page; LINARA_MANUALS=1 asks for it")
    if shutil.which("man") is None or shutil.which("dpkg-query") is None:
        pytest.skip("no manual pages")
    if installed_version(manual.package) != manual.version:
        pytest.skip(f"not {manual.package} {manual.version}")
    found = in_manual(formatted(manual.program))
    new = {
        name
        for name in missing(manual.program, found)
        if name not in NO_OPTIONS and not name.startswith(GLUED.get(program.name, "#"))
    }
    assert new == set()


# What stands in the place of an option in a manual page and is none: a placeholder,
# a range, an option of another program in its text.
_NO_OPTIONS = """
-number -signal -SIGNAL -COLUMN -123 -p1 -rw-rws--- -rw-a-- -r--ahs --w------- -M -1 -2
-# -b# -B# -M# -e# -i# -T# -rrev -pprogif -min-len -Ttype -net -host --help --version
--GTYPE-group-format --LTYPE-line-format -cbreak -cooked -evenp -litout -nl -oddp -pass8
-raw -pnum -Qn --assert-feature --validate-thing --force-things --no-force-things -Dh
--refuse-things -Doctal --c -cTAG -kWORD
"""
NO_OPTIONS = set(_NO_OPTIONS.split())
OTHERS_PAGE = frozenset(("swapoff",))
# `less` writes the value behind the letter without a blank.
GLUED = {"less": tuple(f"-{letter}" for letter in "bDhjkoOpPtTxyz")}


def test_what_is_called_complete_is_held_against_its_manual():
    """Only a program of which every option is on record may promise that."""
    promised = {one.name for one in load_catalogue().programs.values() if one.complete}
    assert promised <= set(RECORDED)
