"""Rules that no linter of ours knows."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from linara_agent import errors

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("linara_agent", "tests")
    for path in (ROOT / folder).rglob("*.py")
)
LONGEST = 400
BANNED = {"utils", "util", "helpers", "helper", "manager", "common", "base"}


def test_the_import_contracts_hold():
    """import-linter finds every layer, and no import that crosses one upwards."""
    program = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_module_is_bound_by_every_contract():
    """A module of the top level is named by each contract that forbids a library.

    import-linter has no "all but one", so each contract lists its sources; a new
    module that is in none of the lists would be bound by none of them.
    """
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"][
        "importlinter"
    ]
    layers = next(each for each in linter["contracts"] if each["type"] == "layers")
    modules = {
        f"linara_agent.{name.strip()}"
        for layer in layers["layers"]
        for name in layer.split("|")
    } - {"linara_agent.__main__", "linara_agent.errors"}
    unbound = {
        contract["name"]: sorted(modules - set(contract["source_modules"]))
        for contract in linter["contracts"]
        if contract["name"].endswith(" alone")
    }
    for name, missing in unbound.items():
        assert len(missing) == 1, f"{name}: {missing}"
        assert missing[0].removeprefix("linara_agent.") in name


def test_no_pattern_repeats_a_group_possessively():
    """`(…)*+` matches wrongly before Python 3.11.5; `(?>(…)*)` is right everywhere."""
    repeated = re.compile(r"\)(?:[*+?]|\{[0-9,]+\})\+")
    single = re.compile(r"\\.|\[(?:\\.|[^]\\])+\]")
    texts = [
        (path.relative_to(ROOT), node.value)
        for path in SOURCES
        if path.is_relative_to(ROOT / "linara_agent")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    found = [one for one in texts if repeated.search(single.sub("x", one[1]))]
    assert found == []


def test_no_file_is_too_long():
    """No Python file has more than 400 lines."""
    lengths = {path: path.read_text().count("\n") for path in SOURCES}
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path, lines in lengths.items()
        if lines > LONGEST
    }
    assert too_long == {}


def test_no_file_has_a_name_that_says_nothing():
    """A file is named for the thing in it, never `utils` or the like."""
    nameless = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if BANNED & set(path.relative_to(ROOT).with_suffix("").parts)
    ]
    assert nameless == []


def test_the_error_tree_is_drawn_whole():
    """Every class of errors.py stands in the drawing at its top."""
    drawn = [
        line.strip("│├└─ ").split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if line.strip().startswith(("Linara", "├", "└", "│"))
    ]
    tree = ast.parse((ROOT / "linara_agent" / "errors.py").read_text())
    defined = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    assert sorted(drawn) == sorted(defined)


def test_the_packages_hold_no_code_in_init():
    """Importing a package does no work; the top one alone says its version."""
    filled = {
        str(path.relative_to(ROOT)): path.read_text()
        for path in SOURCES
        if path.name == "__init__.py" and path.read_text()
    }
    assert list(filled) == ["linara_agent/__init__.py"]
    said = filled["linara_agent/__init__.py"]
    assert re.fullmatch(r'__version__ = "[\d.]+"\n', said)


@pytest.mark.parametrize("script", [".ci/run", "sandbox/engine.sh", "sandbox/demo.sh"])
def test_the_shell_scripts_can_be_started(script: str):
    """Each script is executable and bash reads it without complaint."""
    path = ROOT / script
    assert path.stat().st_mode & 0o111 == 0o111
    read = subprocess.run(
        ["bash", "-n", path], capture_output=True, text=True, check=False
    )
    assert (read.returncode, read.stderr) == (0, "")


def test_the_lock_names_no_place():
    """Every locked package is exact and hashed; no index, host or path is named."""
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    words = [line for line in lines if not line.lstrip().startswith("#")]
    pins = [line for line in words if not line.startswith(" ")]
    assert len(pins) > len(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    )
    for pin in pins:
        assert "==" in pin
        assert pin.endswith("\\")
        following = words[words.index(pin) + 1]
        assert following.lstrip().startswith("--hash=sha256:")
    assert not [line for line in words if "://" in line or line.startswith("-")]
