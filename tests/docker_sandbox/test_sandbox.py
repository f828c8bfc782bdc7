"""Previews in a twin of this machine: what they see, and what stays as it is."""

import os
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import PlanFor, PreviewOf, labelled

pytestmark = pytest.mark.docker


def changes(preview) -> list[tuple[str, str]]:
    """Kind and name of each change below the working directory."""
    return [
        (change.kind.value, os.path.relpath(change.path)) for change in preview.changes
    ]


def test_a_new_file_is_a_change_and_not_on_the_host(preview_of: PreviewOf) -> None:
    """The shortest preview: a file appears in the twin and nowhere else."""
    preview = preview_of("touch x")
    assert (preview.outcome.exit, preview.view) == (0, "twin")
    assert preview.digest == "the-digest"
    assert changes(preview) == [("created", "x")]
    assert not Path("x").exists()


def test_all_kinds_of_change_are_seen(preview_of: PreviewOf) -> None:
    """Deleting, appending, making directories and changing modes, on real files."""
    for name in ("deleted", "appended", "mode"):
        Path(name).write_text(f"{name}\n")
    before = {path.name: path.read_text() for path in Path().iterdir()}
    preview = preview_of(
        "rm deleted; echo more >> appended; mkdir -p a/b; chmod 600 mode; echo > a/b/f"
    )
    assert sorted(changes(preview)) == [
        ("created", "a"),
        ("created", "a/b"),
        ("created", "a/b/f"),
        ("deleted", "deleted"),
        ("metadata", "mode"),
        ("modified", "appended"),
    ]
    assert {path.name: path.read_text() for path in Path().iterdir()} == before


def test_the_contents_are_kept(preview_of: PreviewOf, tmp_path: Path) -> None:
    """The new content of a file is there for a later apply."""
    (change,) = preview_of("printf hello > f").changes
    assert change.after is not None
    assert change.after.sha256 is not None
    assert (tmp_path / "blobs" / change.after.sha256).read_bytes() == b"hello"


def test_reading_changes_nothing(preview_of: PreviewOf) -> None:
    """A script that only looks around leaves no change at all."""
    Path("f").write_text("content")
    preview = preview_of("ls -laR . > /dev/null; cat f; find /etc -name hosts -newer f")
    assert preview.outcome.stdout.startswith(b"content")
    assert preview.changes == ()


def test_the_caller_is_the_caller(preview_of: PreviewOf) -> None:
    """User, group, directory, umask, environment, host name: all the caller's own."""
    preview = preview_of(
        "id -u; id -g; pwd; umask; hostname; env | sort | grep -v ^_=",
        umask=0o027,
        environment=(("PATH", "/usr/bin:/bin"), ("WORD", "a\nb")),
    )
    assert preview.outcome.stdout.decode().splitlines() == [
        str(os.getuid()),
        str(os.getgid()),
        str(Path.cwd()),
        "0027",
        socket.gethostname(),
        "PATH=/usr/bin:/bin",
        f"PWD={Path.cwd()}",
        "SHLVL=1",
        "WORD=a",
        "b",
    ]


def test_a_write_to_etc_stays_in_the_twin(preview_of: PreviewOf) -> None:
    """System files are shown and changed in the twin alone."""
    if os.getuid() != 0:
        pytest.skip("only root may write there")
    path = "/etc/linara-agent-test"
    preview = preview_of(f"echo twin > {path}; cat {path}")
    assert preview.outcome.stdout == b"twin\n"
    assert [change.path for change in preview.changes] == [path]
    assert not Path(path).exists()


def test_exit_and_signal_are_told(preview_of: PreviewOf) -> None:
    """An exit status and a deadly signal are two different ends."""
    assert preview_of("exit 7").outcome.exit == 7
    outcome = preview_of("kill -9 $$").outcome
    assert (outcome.exit, outcome.signal) == (None, 9)


def test_outputs_are_kept_apart(preview_of: PreviewOf) -> None:
    """Both streams arrive whole, with any bytes in them."""
    outcome = preview_of(r"printf 'out\0\377'; printf err >&2").outcome
    assert (outcome.stdout, outcome.stderr) == (b"out\0\377", b"err")


def test_there_is_no_input_and_no_terminal(preview_of: PreviewOf) -> None:
    """A question is answered by the end of the file, never by waiting."""
    outcome = preview_of(
        "read x; echo $?; tty; [ -e /dev/tty ] && : < /dev/tty"
    ).outcome
    assert outcome.stdout == b"1\nnot a tty\n"


def test_a_script_file_runs_as_on_the_host(preview_of: PreviewOf) -> None:
    """`$0`, `BASH_SOURCE` and the arguments are those of `bash FILE ARGS`."""
    Path("s.sh").write_text('echo "$0" "${BASH_SOURCE[0]}" "$#" "$2"\n')
    outcome = preview_of(
        "ignored", script_file="s.sh", arguments=("one", "two words")
    ).outcome
    assert outcome.stdout == b"s.sh s.sh 2 two words\n"


def test_children_that_outlive_the_shell_are_counted(preview_of: PreviewOf) -> None:
    """A background process is waited for, and told."""
    outcome = preview_of("(sleep 0.3; echo late) & echo early").outcome
    assert (outcome.leftovers > 0, outcome.stdout) == (True, b"early\nlate\n")


@pytest.mark.parametrize(
    "name", ["with space", "co:lon,com\\ma", "new\nline", "ünïcode", "-dash"]
)
def test_odd_directories_work(preview_of: PreviewOf, name: str) -> None:
    """The working directory may have any name."""
    Path(name).mkdir()
    preview = preview_of("pwd; touch x", cwd=str(Path(name).absolute()))
    assert preview.outcome.stdout.decode() == f"{Path(name).absolute()}\n"
    assert [c.path for c in preview.changes] == [str(Path(name).absolute() / "x")]


def test_names_that_are_not_text_work(preview_of: PreviewOf) -> None:
    """Bytes that are no UTF-8 come and go unharmed."""
    odd = os.fsdecode(b"\xff\xfe")
    Path(odd).mkdir()
    preview = preview_of("touch $'\\xfd'", cwd=str(Path(odd).absolute()))
    assert [c.path for c in preview.changes] == [
        str(Path(odd).absolute() / os.fsdecode(b"\xfd"))
    ]


def test_scratch_may_lie_in_an_odd_directory(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Colons, commas and backslashes in the cache's path are no mount options."""
    place = tmp_path / "c:a,c\\he dir" / "scratch"
    with DockerSandbox(replace(premises, places=(str(place),))) as sandbox:
        blobs = tmp_path / "b"
        blobs.mkdir()
        preview = sandbox.preview(plan_for("touch x"), digest="", blobs=blobs)
    assert changes(preview) == [("created", "x")]
    assert list(place.iterdir()) == []


def test_nothing_is_left_behind(
    preview_of: PreviewOf, hermetic_home: Path, engine
) -> None:
    """No container, no volume, no scratch after a preview."""
    preview_of("mkdir -p a/b/c; mkfifo a/f; chmod 000 a/b")
    assert list((hermetic_home / ".cache/linara-agent/scratch").iterdir()) == []
    assert labelled(engine) == []


def test_a_directory_that_is_gone_is_said(preview_of: PreviewOf) -> None:
    """Without its working directory a script does not start."""
    with pytest.raises(SandboxUnavailable, match="/nonexistent cannot be entered"):
        preview_of("touch x", cwd="/nonexistent")


def test_a_text_too_long_for_the_system_is_said(preview_of: PreviewOf) -> None:
    """What `bash -c` cannot be given is an answer, not a crash."""
    assert preview_of(":" + " " * 100_000).outcome.exit == 0
    with pytest.raises(SandboxUnavailable, match="131,071 bytes"):
        preview_of(":" + " " * 140_000)


def test_two_previews_at_once(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """Two twins of one machine do not see each other."""
    seen: dict[str, object] = {}

    def work(name: str) -> None:
        blobs = tmp_path / f"blobs-{name}"
        blobs.mkdir()
        text = f"echo {name} > same; sleep 0.5; cat same; ls"
        with DockerSandbox(premises) as sandbox:
            plan = plan_for(text, run=f"run-{name}")
            seen[name] = sandbox.preview(plan, digest="", blobs=blobs).outcome.stdout

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"a": b"a\nsame\n", "b": b"b\nsame\n"}


def test_an_engine_elsewhere_is_refused(
    premises: Premises, plan_for: PlanFor, tmp_path: Path
) -> None:
    """No engine, no preview: nothing runs without the sandbox."""
    environment = {"DOCKER_HOST": f"unix://{tmp_path}/none.sock"}
    with (
        DockerSandbox(replace(premises, environment=environment)) as sandbox,
        pytest.raises(SandboxUnavailable),
    ):
        sandbox.preview(plan_for("touch x"), digest="", blobs=tmp_path)
