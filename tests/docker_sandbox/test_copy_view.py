"""A preview in a copy of the workspace, on the real engine, and its changes applied."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import docker
import pytest

from linara_agent.core.change import ChangeKind
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Limits, View
from linara_agent.docker_sandbox import identity
from linara_agent.docker_sandbox.sandbox import DockerSandbox, Premises
from linara_agent.errors import SandboxUnavailable
from tests.docker_sandbox.conftest import (
    PLANS,
    PREVIEWING,
    PREVIEWS,
    ROOT,
    SECCOMP,
    OrdinaryUser,
    PlanFor,
    PreviewOf,
    labelled,
)
from tests.docker_sandbox.engine_proxy import Proxy

pytestmark = pytest.mark.docker


@pytest.fixture
def workspace(tmp_path: Path, toolbox_image: str) -> Path:
    assert toolbox_image
    place = tmp_path / "work"
    (place / "sub" / "deep").mkdir(parents=True)
    (place / "kept").write_text("kept\n")
    (place / "gone").write_text("gone\n")
    (place / "sub" / "grown").write_text("one\n")
    (place / "sub" / "deep" / "old").write_text("old\n")
    (place / "link").symlink_to("kept")
    return place


@pytest.fixture
def copied(preview_of: PreviewOf, workspace: Path) -> Callable[..., Preview]:
    def preview(text: str, **fields: object) -> Preview:
        return preview_of(text, **{"view": View.COPY, "cwd": str(workspace), **fields})

    return preview


def kinds(preview: Preview, below: Path) -> dict[str, str]:
    return {
        os.path.relpath(change.path, below): str(change.kind)
        for change in preview.changes
    }


def rules(preview: Preview) -> set[str]:
    return {finding.rule for finding in preview.findings}


def test_it_says_what_a_script_did(copied: Callable[..., Preview], workspace: Path):
    """Made, changed, deleted, renamed and re-moded paths are told; the host is not
    touched, and what is the same is not told."""
    seen = copied(
        "echo new > made; echo two >> sub/grown; rm gone; mv sub/deep sub/moved;"
        " chmod 600 kept; touch -d @1 sub/dated; ln -s x second"
    )
    assert seen.outcome.exit == 0, seen.outcome.stderr
    assert kinds(seen, workspace) == {
        "made": "created",
        "sub/grown": "modified",
        "gone": "deleted",
        "sub/deep": "deleted",
        "sub/deep/old": "deleted",
        "sub/moved": "created",
        "sub/moved/old": "created",
        "kept": "metadata",
        "sub/dated": "created",
        "second": "created",
    }
    assert seen.view == "copy"
    assert (workspace / "gone").exists()
    dated = next(one for one in seen.changes if one.path.endswith("dated"))
    assert dated.after is not None
    assert dated.after.mtime_ns == 10**9


def test_nothing_done_is_no_change(copied: Callable[..., Preview]):
    """A copy that was only read differs in nothing, to the nanosecond."""
    seen = copied("cat kept; ls -la; find . -type f")
    assert seen.changes == ()
    assert b"kept" in seen.outcome.stdout


def test_its_output_is_not_the_answer(copied: Callable[..., Preview], workspace: Path):
    """The view is named with what it cannot show, and always reviewed."""
    seen = copied("true")
    assert "view-copy" in rules(seen)
    assert any(str(workspace) in note for note in seen.notes)
    assert any("Not shown" in note for note in seen.notes)


def test_the_caller_and_the_directory_are_the_same(
    copied: Callable[..., Preview], workspace: Path
):
    """Numbers, path and umask are the person's own."""
    seen = copied("id -u; pwd; umask", umask=0o027)
    said = seen.outcome.stdout.decode().split()
    assert said == [str(os.getuid()), str(workspace), "0027"]


def test_secrets_stay_at_home(copied: Callable[..., Preview], workspace: Path):
    """A masked file is sent as an empty one; moving it is seen and not applicable."""
    secret = workspace / ".env"
    secret.write_text("TOKEN=abc\n")
    seen = copied("cat .env; wc -c < .env; mv .env elsewhere", masks=(str(secret),))
    assert seen.outcome.stdout.split() == [b"0"]
    assert all(change.masked for change in seen.changes)
    assert {"masked", "masked-read"} & rules(seen)


def test_an_untouched_secret_is_no_change(
    copied: Callable[..., Preview], workspace: Path
):
    """Its placeholder differs from it, and is not told."""
    (workspace / ".env").write_text("TOKEN=abc\n")
    seen = copied("touch made", masks=(str(workspace / ".env"),))
    assert kinds(seen, workspace) == {"made": "created"}


def test_it_is_shut(copied: Callable[..., Preview]):
    """No network but the loopback, no capabilities to mount, a read-only root."""
    seen = copied("cat /proc/net/dev | tail -n +3; : > /etc/probe; echo $?")
    assert b"eth" not in seen.outcome.stdout
    assert seen.outcome.stdout.split()[-1] == b"1"
    assert "cannot-be-previewed" in rules(seen)


def test_what_is_written_beside_is_told(
    copied: Callable[..., Preview], hermetic_home: Path
):
    """A file in the home cannot be applied from a copy, and that is said."""
    seen = copied('touch "$HOME/beside"')
    found = [one.reason for one in seen.findings if one.rule == "cannot-be-previewed"]
    assert found
    assert str(hermetic_home / "beside") in found[0]


def test_names_and_links_survive(copied: Callable[..., Preview], workspace: Path):
    """Line ends, bytes that are no UTF-8, FIFOs and hard links come through."""
    (workspace / "line\nend").write_text("x")
    Path(os.fsdecode(os.fsencode(workspace) + b"/\xff")).write_text("y")
    (workspace / "second").hardlink_to(workspace / "kept")
    os.mkfifo(workspace / "pipe")
    seen = copied("stat -c %h kept; stat -c %F pipe; cat $'line\\nend' $'\\xff'")
    assert seen.outcome.stdout == b"2\nfifo\nxy"
    assert seen.changes == ()


def test_too_large_says_what_is_large(copied: Callable[..., Preview], workspace: Path):
    """Over the limit nothing is sent, and the heaviest entry is named."""
    with (workspace / "heavy").open("wb") as file:
        file.truncate(5_000_000)
    with pytest.raises(SandboxUnavailable, match=r"heavy \(5 MB\)"):
        copied("true", limits=Limits(copied=1_000_000))


def test_limits_hold(copied: Callable[..., Preview]):
    """Time is kept by the supervisor, as in a twin."""
    seen = copied("sleep 50", limits=Limits(wall_s=0.5))
    assert seen.outcome.limits == ("time",)


def test_the_disk_is_watched(copied: Callable[..., Preview]):
    """A script that fills the copy is ended, and the limit is named."""
    seen = copied(
        "while :; do cat /usr/bin/python3 >> filled; sleep 0.01; done",
        limits=Limits(scratch=20_000_000, wall_s=60.0),
    )
    assert seen.outcome.limits == ("scratch",)


def test_a_change_on_the_host_meanwhile_is_unsettled(
    sandbox: DockerSandbox, plan_for: PlanFor, workspace: Path, tmp_path: Path
):
    """The state that counts is that of the moment at which the copy was made."""
    plan = plan_for("echo theirs > kept", view=View.COPY, cwd=str(workspace))
    ready = sandbox.view(plan)
    (workspace / "kept").write_text("ours\n")
    blobs = tmp_path / "blobs"
    blobs.mkdir(exist_ok=True)
    seen = ready.run(plan, digest="the-digest", blobs=blobs)
    assert [change.unsettled for change in seen.changes] == [True]


def test_nothing_is_left(copied: Callable[..., Preview]):
    """Containers and volumes of the run are gone when it has ended."""
    copied("touch made")
    engine = docker.from_env()
    try:
        assert labelled(engine) == []
    finally:
        engine.close()


def test_it_never_has_the_network(copied: Callable[..., Preview]):
    """An opened network would have to be told of, which a copy does not do."""
    with pytest.raises(SandboxUnavailable, match="cannot have --network"):
        copied("true", network=True)


def test_a_system_directory_is_refused(copied: Callable[..., Preview]):
    """A copy over /usr would hide the toolbox's own programs."""
    with pytest.raises(SandboxUnavailable, match="belongs to the system"):
        copied("true", cwd="/usr", workspace=None)


def test_a_kept_kind_is_told_once(copied: Callable[..., Preview], workspace: Path):
    """A directory that became a file, and a file a directory, are of another type."""
    seen = copied("rm -r sub; echo x > sub; rm kept; mkdir kept; touch kept/in")
    told = {os.path.relpath(c.path, workspace): c.kind for c in seen.changes}
    assert told["sub"] is ChangeKind.TYPE
    assert told["kept"] is ChangeKind.TYPE
    assert told["kept/in"] is ChangeKind.CREATED
    assert told["sub/deep/old"] is ChangeKind.DELETED


@pytest.fixture
def by_port(premises: Premises) -> Iterator[DockerSandbox]:
    """The engine, reached through a port of this machine."""
    address = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if not address.startswith("unix://"):
        pytest.skip("the engine has no socket here")
    proxy = Proxy(address.removeprefix("unix://"))
    environment = {
        **premises.environment,
        "DOCKER_HOST": f"tcp://127.0.0.1:{proxy.port}",
    }
    with DockerSandbox(replace(premises, environment=environment)) as made:
        yield made
    proxy.close()


def test_a_port_of_this_machine_makes_twins(
    by_port: DockerSandbox, plan_for: PlanFor, tmp_path: Path
):
    """What counts is whose files the engine shows, not how it is reached."""
    plan = plan_for("touch made; echo done", cwd=str(tmp_path))
    seen = by_port.preview(plan, digest="the-digest", blobs=_blobs(tmp_path))
    assert (seen.view, seen.outcome.stdout) == ("twin", b"done\n")
    assert [change.path for change in seen.changes] == [f"{tmp_path}/made"]


def test_another_machines_files_lead_to_a_copy(
    by_port: DockerSandbox,
    plan_for: PlanFor,
    workspace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    """Where the identity check fails, the copy is taken and says why; a forced twin
    is refused."""
    real = identity.look

    def elsewhere(path: str) -> identity.Seen:
        seen = real(path)
        return None if seen is None else (seen[0], seen[1], seen[2] + 1)

    monkeypatch.setattr(identity, "look", elsewhere)
    plan = plan_for("touch made", cwd=str(workspace))
    seen = by_port.preview(plan, digest="the-digest", blobs=_blobs(tmp_path))
    assert seen.view == "copy"
    assert kinds(seen, workspace) == {"made": "created"}
    assert any("does not show this machine's files" in note for note in seen.notes)
    forced = replace(plan, view=View.TWIN)
    with pytest.raises(identity.Foreign):
        by_port.preview(forced, digest="the-digest", blobs=_blobs(tmp_path))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can mount")
def test_a_client_among_other_mounts_gets_a_copy(plan_for: PlanFor, workspace: Path):
    """With an /opt that the engine does not see, the preview is made in a copy."""
    plan = plan_for("touch made", run="elsewhere", cwd=str(workspace))
    mounting = 'mount -t tmpfs none /opt && touch /opt/mine && exec "$@"'
    done = subprocess.run(
        [
            *("unshare", "--mount", "bash", "-c", mounting, "-"),
            *(sys.executable, "-c", PREVIEWING),
            *(PLANS.dump_json(plan).decode(), SECCOMP),
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    seen = PREVIEWS.validate_json(done.stdout)
    assert seen.view == "copy"
    assert kinds(seen, workspace) == {"made": "created"}
    assert "/opt/mine is another one" in seen.notes[0]


def _blobs(tmp_path: Path) -> Path:
    blobs = tmp_path.parent / "their-blobs"
    blobs.mkdir(exist_ok=True)
    return blobs


@pytest.mark.usefixtures("toolbox_image")
def test_an_ordinary_user_gets_the_same(ordinary_user: OrdinaryUser, plan_for: PlanFor):
    """Owners are the person's own, and what they cannot read stays hidden."""
    home = ordinary_user.home
    (home / "mine").write_text("mine\n")
    os.chown(home / "mine", ordinary_user.uid, ordinary_user.uid)
    (home / "roots").write_text("secret\n")
    (home / "roots").chmod(0o600)
    text = "cat mine; wc -c < roots; echo more >> mine; touch made; id -u"
    seen = ordinary_user.preview(plan_for(text, view=View.COPY))
    assert seen.outcome.stdout.split() == [b"mine", b"%d" % ordinary_user.uid]
    assert kinds(seen, home) == {"mine": "modified", "made": "created"}
    made = next(one for one in seen.changes if one.path.endswith("made"))
    assert made.after is not None
    assert made.after.uid == ordinary_user.uid
