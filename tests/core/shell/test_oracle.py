"""The bash that judges the reader is shut in, and nothing of a script outlives it."""

import os

import docker
import pytest

from tests.core.shell.oracle import LABEL, Oracle, Ran, accepts, bash_in_a_container

pytestmark = pytest.mark.docker


def test_it_can_do_nothing_but_run_bash(bash: Oracle):
    """It is not root, has no capability and no network, and sees no file to write."""
    script = """
    while read -r name value; do
        case $name in CapEff:|CapBnd:|NoNewPrivs:) m1 "$name" "$value";; esac
    done </proc/self/status
    while IFS=: read -r name _; do m2 "${name// }"; done </proc/net/dev
    m3 "$UID"
    for place in / /usr /etc /tmp /work; do [[ -w $place ]] && m4 "$place"; done
    { : >/usr/x; } 2>/dev/null && m5
    [[ -e /var/run/docker.sock || -e /home || -e /root/.ssh ]] && m6
    """
    assert bash.run(script) is not None
    seen = {one for one in bash.run(script) or () if "|" not in "".join(one.words)}
    assert seen == {
        Ran("m1", ("CapEff:", "0000000000000000")),
        Ran("m1", ("CapBnd:", "0000000000000000")),
        Ran("m1", ("NoNewPrivs:", "1")),
        Ran("m2", ("lo",)),
        Ran("m3", ("65534",)),
        Ran("m4", ("/work",)),
    }


def test_a_script_that_never_ends_is_given_up(bash: Oracle):
    """It has no answer, and the next script has one."""
    assert bash.run("m1; while :; do :; done", seconds=0.5) is None
    assert bash.run("while :; do :; done & m1 a", seconds=0.5) is None
    assert bash.run("m1") == (Ran("m1", ()),)


def test_nothing_is_left_of_a_script(bash: Oracle):
    """Neither its processes nor its files are there for the next one."""
    bash.run(">kept; exec 9>&-; (while :; do :; done) & disown")
    others = "for x in * /proc/[0-9]*; do [[ $x == /proc/$$ ]] || m1 $x; done"
    assert bash.run(others) == (Ran("m1", ("*",)), Ran("m1", ("/proc/1",)))


def test_bash_itself_says_what_it_refuses():
    """`bash -n` tells a broken text from a sound one; a warning counts."""
    assert accepts("m1; m2")
    assert not accepts("m1 'a")
    assert not accepts("m1 <<E")


def test_container_and_image_are_gone_afterwards(engine: docker.DockerClient):
    """Another bash of this process leaves as many of both as there were."""
    ours: dict[str, str | list[str] | bool] = {"label": f"{LABEL}={os.getpid()}"}

    def there() -> set[str | None]:
        containers = engine.containers.list(all=True, filters=ours, ignore_removed=True)
        return {one.id for one in containers + engine.images.list(filters=ours)}

    before = there()
    with bash_in_a_container(engine) as another:
        assert another.run("m1") == (Ran("m1", ()),)
        assert len(there() - before) == 2
    assert there() <= before
