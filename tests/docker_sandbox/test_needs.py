"""Commands that want a person, root or the network end soon, with that finding."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.need import Need, Sudo, Want
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Caller
from tests.docker_sandbox.conftest import (
    PATH,
    PLANS,
    PREVIEWING,
    PREVIEWS,
    SECCOMP,
    OrdinaryUser,
    PlanFor,
    PreviewOf,
)

pytestmark = pytest.mark.docker

SCREEN = r"printf '\033[?1049h'"
INTERACTIVE = (Want(need=Need.TERMINAL, program="sleep"),)


def rules(preview: Preview) -> list[str]:
    return [one.rule for one in preview.findings]


def test_an_interactive_program_that_waits_is_ended(preview_of: PreviewOf) -> None:
    """Known by its name, and idle: it is ended long before the limit of time."""
    preview = preview_of("echo a; sleep 50; echo b", wants=INTERACTIVE)
    assert preview.outcome.limits == ("terminal",)
    assert preview.outcome.stdout == b"a\n"
    assert rules(preview) == ["needs-terminal"]


def test_a_program_that_takes_the_screen_and_waits_is_ended(
    preview_of: PreviewOf,
) -> None:
    """Nobody knows its name, but it draws a whole screen for a person."""
    preview = preview_of(f"{SCREEN}; sleep 50")
    assert preview.outcome.limits == ("terminal",)
    assert rules(preview) == ["needs-terminal"]


def test_who_only_sleeps_is_left_alone(preview_of: PreviewOf) -> None:
    """Sleeping is no sign by itself."""
    preview = preview_of("sleep 3; echo done")
    assert (preview.outcome.stdout, preview.outcome.limits) == (b"done\n", ())
    assert preview.findings == ()


def test_who_works_is_left_alone(preview_of: PreviewOf) -> None:
    """An interactive name, or a screen, ends nothing that goes on."""
    busy = "end=$((SECONDS + 3)); while ((SECONDS < end)); do :; done; echo done"
    preview = preview_of(f"sleep 9 & {SCREEN}; {busy}; kill %1", wants=INTERACTIVE)
    assert preview.outcome.stdout.endswith(b"done\n")
    assert preview.outcome.limits == ()


def test_the_terminal_that_is_not_there(preview_of: PreviewOf) -> None:
    """Opening /dev/tty fails at once, and says what was wanted."""
    preview = preview_of("cat /dev/tty")
    assert preview.outcome.exit == 1
    assert rules(preview) == ["needs-terminal"]


def test_the_network_that_is_not_there(preview_of: PreviewOf) -> None:
    """A connection fails at once; a run that ends well without it needed none."""
    connect = "exec 3<>/dev/tcp/192.0.2.1/80"
    assert rules(preview_of(connect)) == ["needs-network"]
    assert preview_of(f"({connect}) 2> /dev/null; true").findings == ()


def stand_in(directory: Path) -> None:
    """A `sudo` that is there, as on most machines, and is never run."""
    directory.mkdir()
    program = directory / "sudo"
    program.write_text("#!/bin/sh\nexit 99\n")
    program.chmod(0o755)
    directory.chmod(0o755)


def test_sudo_of_root(preview_of: PreviewOf, tmp_path: Path) -> None:
    """Root's own `sudo` is previewed as what it is: the command itself."""
    if os.getuid() != 0:
        pytest.skip("takes root")
    stand_in(tmp_path / "bin")
    environment = (("HOME", "/nowhere"), ("PATH", f"{tmp_path}/bin:{PATH}"))
    preview = preview_of(
        "sudo sh -c 'id -u; echo $HOME; touch made'",
        environment=environment,
        sudo=Sudo(words=0),
    )
    assert preview.outcome.stdout == b"0\n/root\n", preview.outcome.stderr
    assert [Path(one.path).name for one in preview.changes] == ["made"]
    assert rules(preview) == ["needs-root"]


def test_sudo_of_an_ordinary_user(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """Root runs it with the four rights over files, and sees no hidden place."""
    home = ordinary_user.home
    stand_in(home / "bin")
    secret = home / "secret"
    secret.mkdir()
    (secret / "key").write_text("hidden")
    text = (
        "sudo sh -c 'id -u; id -G; grep CapEff /proc/self/status; ls -A secret /root;"
        " touch mine /etc/linara-test-made; echo $SUDO_USER'"
    )
    plan = replace(
        plan_for(text, sudo=Sudo(words=0), masks=(str(secret), "/root")),
        caller=Caller(
            uid=ordinary_user.uid,
            gid=ordinary_user.uid,
            groups=(),
            name="ordinary",
            home=str(home),
        ),
        cwd=str(home),
        environment=(("HOME", str(home)), ("PATH", f"{home}/bin:{PATH}")),
    )
    done = ordinary_user.run(PREVIEWING, PLANS.dump_json(plan).decode(), SECCOMP)
    assert done.returncode == 0, done.stderr
    preview = PREVIEWS.validate_json(done.stdout)
    said = preview.outcome.stdout.decode().split()
    # CHOWN, DAC_OVERRIDE, FOWNER, FSETID
    assert said[:4] == ["0", "0", "CapEff:", f"{0b11011:016x}"]
    assert said[-1] == "ordinary"
    assert "key" not in said
    made = {one.path: one.after for one in preview.changes}
    assert set(made) == {str(home / "mine"), "/etc/linara-test-made"}
    assert {state.uid for state in made.values() if state is not None} == {0}
    assert "needs-root" in rules(preview)
    assert not Path("/etc/linara-test-made").exists()
