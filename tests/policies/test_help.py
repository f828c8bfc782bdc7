"""The catalogue against what programs say of themselves with --help.

A program is held against its description only in the version that the description
names; any other is skipped.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from linara_agent.core.effects.catalogue import Program, program_from

COMMANDS = Path(__file__).resolve().parents[2] / "policies" / "commands"

# Read-only programs whose --help is held against the catalogue, and the options
# that are left out of it, with the reason.
MEASURED = """
ls cat head tail tac nl wc cut paste tr sort uniq comm join basename dirname realpath
readlink stat du df md5sum sha256sum b2sum cksum base64 base32 od fold fmt expand
unexpand seq uname id groups users who whoami date nproc numfmt factor shuf printenv
pr tsort grep diff cmp diff3 ps free uptime pgrep pmap vmstat w slabtop pwdx column
hexdump findmnt ipcs look lsblk lscpu lsipc lslocks lsns mountpoint namei rev whereis
last dmesg more colrm strings nm objdump readelf size xz zstd man apropos whatis
journalctl systemctl hostnamectl timedatectl ss iconv getent locale file
"""
# Not asked: a program that takes --help for an operand, acts without one, or has no
# list of options in its answer (test, echo, printf, expr, jq, less, tree, top, gzip,
# xxd, lsof, lspci, hostname, kill, reboot and its other names, init).
LEFT_OUT = {
    "cut": {"-M": "a range of columns, no option"},
    "numfmt": {"-M": "a range of fields, no option"},
}
# A value that --help does not show in its place, but the manual does.
UNSHOWN_VALUES = {"file": {"--parameter"}, "lsipc": {"--output"}, "ss": {"--net"}}
_NAME = r"(?:-[A-Za-z0-9]|--[a-z][a-z0-9-]+)(?![\w-])"
_NAMES = re.compile(rf"^ {{1,8}}({_NAME})((?:, +{_NAME})*)(\[=|=| [A-Z]{{2,}}| <)?")


def asked(name: str, *arguments: str) -> str:
    """What the program says of itself, in an empty directory and without a home."""
    with tempfile.TemporaryDirectory() as empty:
        return subprocess.run(
            [name, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
            cwd=empty,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": empty},
        ).stdout


def described_in_help(name: str) -> dict[str, str]:
    """Option names of `NAME --help`, each with what follows it: "", "=" or "[="."""
    text = asked(name, "--help", *(["all"] if name == "ps" else []))
    options: dict[str, str] = {}
    for line in text.splitlines():
        match = _NAMES.match(line)
        if match is None:
            continue
        names = [match[1], *re.findall(r"-[\w-]+", match[2])]
        value = {"[=": "[=", None: ""}.get(match[3], "=")
        options.update(dict.fromkeys(names, value))
    return options


@pytest.fixture(params=MEASURED.split())
def measured(request: pytest.FixtureRequest) -> tuple[Program, dict[str, str]]:
    """A program of the version that the catalogue describes, and its options."""
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    path = COMMANDS / f"{name}.toml"
    program = program_from(path.read_text(encoding="utf-8"), file=path.name)
    version = (program.version or "").split()[-1]
    if version not in asked(name, "--version").partition("\n")[0]:
        pytest.skip(f"another version than {program.version}")
    options = described_in_help(name)
    assert options, "its --help shows no option"
    return program, options


def test_no_option_of_a_reading_program_is_missing(
    measured: tuple[Program, dict[str, str]],
):
    """Every option that --help shows is described, or left out with a reason."""
    program, options = measured
    missing = {name for name in options if name not in program.options}
    assert missing == set(LEFT_OUT.get(program.name, {}))


def test_options_take_values_as_the_program_does(
    measured: tuple[Program, dict[str, str]],
):
    """An option that takes no value, or need not, never swallows the next word."""
    program, options = measured
    swallowing = {
        name
        for name, value in options.items()
        if value != "="
        and name.startswith("--")
        and (option := program.options.get(name)) is not None
        and option.value == "required"
    }
    assert swallowing == UNSHOWN_VALUES.get(program.name, set())


def test_an_option_that_is_left_out_is_no_abbreviation(
    measured: tuple[Program, dict[str, str]],
):
    """What is not described is not taken for a longer option that is."""
    program, options = measured
    taken = {
        name
        for name in options
        if name not in program.options and program.find(name) is not None
    }
    assert taken == set()
