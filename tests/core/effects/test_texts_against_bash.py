"""Texts that a script gives to a shell: what bash runs of them must be in the reading.

Every command of a generated text is a marker, a builtin, or `cat` and `bash` by
their paths; the scripts run in the container of tests/core/shell/oracle.py.
"""

import shlex
from collections.abc import Iterator

import docker
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.core.gates import PLACE, gate
from tests.core.shell.oracle import MARKERS, Oracle, Ran, bash_in_a_container

pytestmark = pytest.mark.docker

SOME = settings(
    max_examples=120,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
LINES = st.sampled_from(
    [
        *("m1", "m2 a", "m3 'a", "b'; m4", "{ m5; }", "# m6", "m7 \\", "!", "fi", "E"),
        *("read x", "read -n 3 x", "mapfile y", "/bin/cat", "x=$(/bin/cat)", ": <<E"),
        *("echo '", "'", 'echo "', '"', "echo '; m1; '", "if read x; then", "shift"),
        *("while read x; do m2; done", "/bin/bash -c m6", "eval m7", "exec </dev/null"),
        *("echo m8 | /bin/bash", "/bin/cat </dev/null", "echo a\\\\nm9", "set -- m3"),
        *("$1", '"$@"', 'f() { "$1"; }; f m4', "${2}", "m1 | read x", "(read x)"),
        *("echo() { builtin printf 'm5\\n'; }", "echo m6 | /bin/bash", "trap m8 EXIT"),
    ]
)
TEXTS = st.lists(LINES, min_size=1, max_size=5).map("\n".join)
BEFORE = st.sampled_from(
    [
        *("", "", "", "", "x=1; ", "eval 'echo() { builtin printf m9; }'; "),
        "echo() { builtin printf 'm9\\n'; }; ",
        "f() { printf() { echo m9; }; }; f; ",
        "set -a; echo() { builtin printf 'm9\\n'; }; ",
        "trap 'echo m9' DEBUG; ",
        "command() { m9; }; ",
    ]
)


def _with(text: str, more: str) -> tuple[str, ...]:
    """The ways to have a shell run a text."""
    quoted = shlex.quote(text)
    here = f"<<'END'\n{text}\nEND"
    first, _, rest = map(shlex.quote, text.partition("\n"))
    escaped = shlex.quote(text.replace("\\", "\\\\").replace("\n", "\\n"))
    return (
        f"/bin/bash {here}",
        f"/bin/bash -s m1 m2 {here}",
        f"/bin/bash /dev/stdin m3 {here}",
        f"/bin/bash <<<{quoted}",
        f"/bin/bash -c {quoted} x m1 m2",
        f"/bin/bash -c {quoted}",
        f"/bin/bash - <<<{quoted}",
        f"eval {quoted}",
        f"trap {quoted} EXIT",
        f"source /dev/stdin <<<{quoted}",
        f". <(echo {quoted})",
        f"/bin/bash <(/bin/cat <<<{quoted}) m4",
        f"/bin/bash < <(printf '%s' {quoted})",
        f'eval "$(echo {quoted})"',
        f"echo {quoted} | /bin/bash",
        f"echo -n {first} {rest} | /bin/bash",
        f"echo -e {escaped} | /bin/bash",
        f"printf {escaped.replace('%', '%%')} | /bin/bash",
        f"printf '%s\\n' {first} {rest} | /bin/cat | /bin/bash",
        f"printf '%b\\n' {escaped} | /bin/bash",
        f"/bin/cat {here.replace('END', 'END | /bin/bash', 1)}",
        f"{{ echo {first}; /bin/cat <<<{rest}; printf {more}; }} | /bin/bash",
        f"(echo {first}; echo -n {rest}; echo {more}) | /bin/bash",
        f"echo {quoted} | {{ /bin/bash; }}",
        f"echo {quoted} | {{ read x; /bin/bash; }}",
        f"echo {quoted} | (/bin/bash) <<<{more}",
        f"{{ echo {first} & }} | /bin/bash",
        f"echo {quoted} | /usr/bin/tee /dev/null | /bin/bash",
        f"exec /bin/bash <<<{quoted}",
        f"for i in 1 2; do eval {quoted}; done",
        f"for i in 1 2; do echo {more} | /bin/bash; eval {quoted}; done",
        f"mapfile -c 1 -C {quoted} y <<<{more}",
        f"g() {{ eval {quoted}; }}; g m1 m2",
    )


@st.composite
def scripts(draw: st.DrawFn) -> str:
    ways = _with(draw(TEXTS), draw(LINES.map(shlex.quote)))
    return draw(BEFORE) + draw(st.sampled_from(ways))


@pytest.fixture(scope="module")
def bash(engine: docker.DockerClient) -> Iterator[Oracle]:
    with bash_in_a_container(engine) as oracle:
        yield oracle


def hidden(script: str, ran: tuple[Ran, ...]) -> set[str]:
    """The markers that ran, but of which the reading says nothing.

    A reading that calls anything unknown, or unread code, besides the markers
    themselves, has sent the script to a person.
    """
    reading = gate().resolve(gate().read(script, PLACE), PLACE)
    unknown = [
        one.note or ""
        for one in reading.effects
        if one.unread
        and not (one.note or "").endswith(
            tuple(f"the catalogue does not know {name}" for name in MARKERS)
        )
    ]
    shown = {one.program for one in reading.commands}
    return set() if unknown else {one.name for one in ran} - shown


def check(bash: Oracle, script: str) -> None:
    ran = bash.run(f"export -f {' '.join(MARKERS)}\n{script}")
    if ran is not None:
        assert hidden(script, ran) == set(), script


@SOME
@example("/bin/bash <<'END'\nread x\necho '\nm1\n'\nEND")
@example("{ /bin/cat <<<'echo '; echo m1; } | /bin/bash")
@example("echo() { builtin printf 'm9\\n'; }; echo m1 | /bin/bash")
@given(scripts())
def test_no_text_that_is_run_hides_a_command(bash: Oracle, script: str):
    """Every marker that ran was shown, or something in the script is unknown."""
    check(bash, script)


def test_bash_can_contradict(bash: Oracle):
    """A command that the reading leaves out is noticed."""
    ran = bash.run("eval m1")
    assert ran == (Ran("m1", ()),)
    assert hidden("echo m1", ran) == {"m1"}


def test_many_texts_are_told_in_full():
    """Most ways to give a shell a text are read, not called unknown."""
    absent = (Ran("m9", ()),)
    told = [one for one in _with("m1 a", "m2") if hidden(one, absent)]
    assert len(told) > 20
