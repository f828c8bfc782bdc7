"""The policy in force: the layers that are found, and what is wrong with them."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.gate import Gate
from linara_agent.core.policy.layers import LayerKind
from linara_agent.errors import LinaraError, PolicyProblem
from linara_agent.judging import if_trusted, in_force, load_gate, subjects
from linara_agent.settings.directories import Directories
from linara_agent.settings.layer_files import Ground
from linara_agent.settings.trust import Trust
from tests.core.gates import PLACE

DENY = """version = 1
[[rule]]
id = "no-{0}"
decision = "deny"
because = "It is denied in this test."
program = ["{0}"]
match = ["{0}"]
"""


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    """Directories of a person who is root of this machine as well."""
    directories = Directories(
        state=tmp_path / "state",
        config=tmp_path / "config",
        cache=tmp_path / "cache",
        system=tmp_path / "etc",
    )
    for path in (directories.config, directories.system, tmp_path / "top"):
        path.mkdir(mode=0o755)
    top = str(tmp_path / "top")
    return Ground(directories=directories, workspace=top, root=os.geteuid())


def write(ground: Ground, kind: LayerKind, text: str) -> Path:
    path = ground.path(kind)
    assert path is not None
    path.write_text(text)
    path.chmod(0o644)
    return path


def decision(gate: Gate, command: str) -> str:
    return gate.assess(command, PLACE)[1].decision.word


def problem(ground: Ground) -> str:
    with pytest.raises(PolicyProblem) as caught:
        load_gate("default", ground)
    return caught.value.what


def test_without_layers_the_base_is_in_force(ground: Ground) -> None:
    """Nothing is found, and nothing is said."""
    found = in_force("default", ground)
    assert (found.found, found.policy.layers, found.policy.notices) == ((), (), ())
    assert decision(load_gate("default", ground), "ls") == "allow"
    assert not ground.directories.cache.joinpath("examples.json").exists()


def test_every_layer_counts(ground: Ground) -> None:
    """System, person and project each add a rule; the identity names all three."""
    for kind, name in zip(LayerKind, ("ls", "cat", "wc"), strict=True):
        write(ground, kind, DENY.format(name))
    trust(ground)
    gate = load_gate("default", ground)
    assert [decision(gate, name) for name in ("ls", "cat x", "wc x", "head x")] == [
        "deny",
        "deny",
        "deny",
        "allow",
    ]
    kinds = [one.partition(":")[0] for one in gate.policy.identity.split("+")[2:]]
    assert kinds == ["system", "user", "project"]


def trust(ground: Ground) -> None:
    path = ground.path(LayerKind.PROJECT)
    assert path is not None
    subject = if_trusted("default", ground, path)
    ground.trusted.trust(path, subject.file.digest)


def test_a_project_counts_once_it_is_trusted(ground: Ground) -> None:
    """Before, it is named and not even read; afterwards it counts."""
    write(ground, LayerKind.PROJECT, "this is no TOML")
    gate = load_gate("default", ground)
    (notice,) = gate.policy.notices
    assert "is not trusted" in notice
    assert "policy trust" in notice
    assert gate.policy.identity.endswith("+project:untrusted")
    assert decision(gate, "ls") == "allow"

    write(ground, LayerKind.PROJECT, DENY.format("ls"))
    trust(ground)
    gate = load_gate("default", ground)
    assert gate.policy.notices == ()
    assert decision(gate, "ls") == "deny"


def test_a_change_ends_the_trust_and_every_allow(ground: Ground) -> None:
    """The file no longer counts, and nothing is allowed until it is read again."""
    path = write(ground, LayerKind.PROJECT, DENY.format("ls"))
    trust(ground)
    path.write_text("version = 1\n")

    found = in_force("default", ground)
    (layer,) = found.found
    assert (layer.trust, layer.counts) == (Trust.CHANGED, False)
    assert "has changed" in found.policy.notices[0]
    gate = load_gate("default", ground)
    assert decision(gate, "ls") == "review"
    assert decision(gate, "cat x") == "review"
    assert decision(gate, "rm -rf ~") == "deny"

    trust(ground)
    assert decision(load_gate("default", ground), "ls") == "allow"


def test_without_a_workspace_there_is_no_project(ground: Ground) -> None:
    """In a home or at the root no project file is looked for."""
    write(ground, LayerKind.PROJECT, DENY.format("ls"))
    homely = replace(ground, workspace=None)
    assert in_force("default", homely).found == ()
    assert len(homely.own) == len(ground.own) - 1


@pytest.mark.parametrize("kind", [LayerKind.SYSTEM, LayerKind.USER])
@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_a_layer_that_others_may_write_stops_everything(
    ground: Ground, kind: LayerKind, mode: int
) -> None:
    """The file, and the directory in which it could be replaced."""
    path = write(ground, kind, DENY.format("ls"))
    path.chmod(mode)
    assert "others may write to it (`chmod go-w" in problem(ground)
    path.chmod(0o644)
    path.parent.chmod(0o777)
    assert "others may write to it" in problem(ground)


def test_the_system_s_layer_is_root_s(ground: Ground) -> None:
    """One that belongs to somebody else is an error, not a missing file."""
    write(ground, LayerKind.SYSTEM, DENY.format("ls"))
    nobody = replace(ground, root=os.geteuid() + 1)
    assert f"belongs to user {os.geteuid()}" in problem(nobody)
    elsewhere = replace(nobody, directories=_without(ground))
    assert in_force("default", elsewhere).found == ()


def _without(ground: Ground) -> Directories:
    return replace(ground.directories, system=Path("/nonexistent"))


def test_what_is_no_file_is_an_error(ground: Ground) -> None:
    """A pipe that nobody writes to does not hold anything up."""
    path = ground.path(LayerKind.USER)
    assert path is not None
    os.mkfifo(path)
    assert "it is no regular file" in problem(ground)
    path.unlink()
    path.mkdir()
    assert "it is no regular file" in problem(ground)


def test_all_files_are_named_at_once(ground: Ground, tmp_path: Path) -> None:
    """Mistakes of base, system and person stand in one list with file and line."""
    base = tmp_path / "base.toml"
    base.write_text("version = 2\n")
    write(ground, LayerKind.SYSTEM, 'version = 1\nfoo = "x"\n')
    write(ground, LayerKind.USER, "version = 1\n[[rule]]\n")
    with pytest.raises(PolicyProblem) as caught:
        in_force(str(base), ground)
    places = [
        line.strip().partition(": ")[0].rpartition("/")[2]
        for line in caught.value.what.splitlines()[1:]
    ]
    assert places == ["base.toml:1", "policy.toml:2"] + ["policy.toml:2"] * 3


def test_examples_are_checked_when_a_file_is_loaded(ground: Ground) -> None:
    """An example that does not hold stops everything, each time anew."""
    text = DENY.format("ls").replace('match = ["ls"]', 'match = ["wc x"]')
    path = write(ground, LayerKind.USER, text)
    for _ in range(2):
        said = problem(ground)
        assert f"{path}:7: match: no-ls does not speak of `wc x`" in said


def test_a_checked_file_is_remembered(ground: Ground) -> None:
    """Its examples are not read again until something changes."""
    write(ground, LayerKind.USER, DENY.format("ls"))
    load_gate("default", ground)
    kept = ground.directories.cache / "examples.json"
    first = kept.read_text()
    load_gate("default", ground)
    assert kept.read_text() == first
    write(ground, LayerKind.USER, DENY.format("wc"))
    load_gate("default", ground)
    assert kept.read_text() != first


def test_a_base_of_one_s_own_is_checked_too(ground: Ground, tmp_path: Path) -> None:
    """Also where it lies below another one."""
    low, high = tmp_path / "low.toml", tmp_path / "high.toml"
    low.write_text(DENY.format("ls").replace('["ls"]\n', '["wc x"]\n', 2)[:-1])
    high.write_text('version = 1\nextends = ["low.toml"]\n')
    low.write_text(DENY.format("ls").replace('match = ["ls"]', 'match = ["wc x"]'))
    with pytest.raises(PolicyProblem, match=r"low.toml:7: match"):
        load_gate(str(high), ground)


def test_a_damaged_list_of_trust_stops_everything(ground: Ground) -> None:
    """Nobody can tell then whether the project's file was trusted."""
    write(ground, LayerKind.PROJECT, DENY.format("ls"))
    ground.directories.state.mkdir()
    ground.trusted.path.write_text("{")
    with pytest.raises(LinaraError, match="damaged"):
        load_gate("default", ground)


def test_the_base_is_found_again_from_anywhere(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative name of a file is journaled as its whole path."""
    Path("mine.toml").write_text('version = 1\nextends = ["default"]\n')
    policy = load_gate("mine.toml", ground).policy
    assert policy.name == str(Path("mine.toml").absolute())
    monkeypatch.chdir("/")
    assert load_gate(policy.name, ground).policy.identity == policy.identity


def test_files_are_taken_for_what_they_are(ground: Ground, tmp_path: Path) -> None:
    """A layer is put on the base; anything else is a base of its own."""
    user = write(ground, LayerKind.USER, DENY.format("ls"))
    project = write(ground, LayerKind.PROJECT, DENY.format("wc"))
    other = tmp_path / "other.toml"
    other.write_text(DENY.format("cat"))
    names = [str(user), str(project), str(other), "strict"]
    found = subjects(names, "default", ground)
    assert [one.layer for one in found] == [True, True, False, False]
    assert [len(one.rules()) for one in found] == [1, 1, 1, 3]
    assert found[2].policy.name == str(other)
    everything = subjects((), "strict", ground)
    assert [one.file.name.rpartition("/")[2] for one in everything] == [
        "default.toml",
        "strict.toml",
        "policy.toml",
    ]
