"""A script run step by step: one twin, one bash, and every change with its step."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from linara_agent.core.effects.place import Place
from linara_agent.core.gate import Gate
from linara_agent.core.preview import Preview
from linara_agent.core.sandbox_plan import Limits
from linara_agent.core.steps import cuts
from linara_agent.errors import SandboxUnavailable
from linara_agent.parsers.both import BothParsers
from linara_agent.rulebook import load_catalogue, load_policy
from tests.docker_sandbox.conftest import OrdinaryUser, PlanFor, PreviewOf

pytestmark = pytest.mark.docker

Run = Callable[..., Preview]


def cuts_of(text: str) -> tuple[int, ...]:
    gate = Gate(
        parsers=BothParsers(), catalogue=load_catalogue(), policy=load_policy("default")
    )
    here = str(Path.cwd())
    place = Place(cwd=here, home=here, user="tester", workspace=here)
    return cuts(gate.read(text, place))


def lines_of(text: str) -> tuple[int, ...]:
    return (0, *(at + 1 for at, sign in enumerate(text[:-1]) if sign == "\n"))


@pytest.fixture
def run(preview_of: PreviewOf) -> Run:
    """Writes a script, and runs it step by step."""

    def stepped(
        text: str, *, cuts: tuple[int, ...] | None = None, **fields: object
    ) -> Preview:
        file = Path.cwd() / "script.sh"
        file.write_text(text)
        found = cuts_of(text) if cuts is None else cuts
        return preview_of(text, script_file=str(file), cuts=found, **fields)

    return stepped


def by_step(preview: Preview) -> dict[str, int | None]:
    """The step of each changed name in the working directory."""
    here = f"{Path.cwd()}/"
    return {one.path.removeprefix(here): one.step for one in preview.changes}


def test_each_change_is_told_with_the_step_that_made_it(run: Run) -> None:
    """Made, changed, removed and renamed, each by a step of its own."""
    for name in ("old", "gone", "moved", "meta"):
        Path(name).write_text(name)
    preview = run(
        "echo 1 > new\n"
        "echo more >> old\n"
        "rm gone\n"
        "mv moved there\n"
        "chmod 600 meta\n"
        "true\n"
        "echo 2 > new\n"
    )
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert by_step(preview) == {
        "new": 7,
        "old": 2,
        "gone": 3,
        "moved": 4,
        "there": 4,
        "meta": 5,
    }
    assert [(one.line, one.begun) for one in preview.steps] == [
        (line, True) for line in range(1, 8)
    ]


def test_whole_trees_belong_to_the_step_that_took_or_moved_them(run: Run) -> None:
    """Every entry below, too, though a later step works beside them."""
    for name in ("a", "b", "c"):
        (Path(name) / "sub").mkdir(parents=True)
        (Path(name) / "sub" / "x").write_text(name)
    preview = run(
        "echo 1 > a/y; echo 1 > b/y\n"
        "rm -r a\n"
        "mv b e\n"
        "echo 2 > e/sub/new; rm -r c; mkdir c\n"
        "mkdir a\n"
    )
    steps = by_step(preview)
    assert steps["a/sub"] == steps["a/sub/x"] == 2
    assert steps["b"] == steps["b/sub"] == steps["b/sub/x"] == 3
    assert steps["e"] == 3
    assert steps["e/sub/new"] == 4
    assert steps["c/sub"] == steps["c/sub/x"] == 4
    assert "a" not in steps  # it is there again, as it was


def test_the_state_of_the_shell_is_that_of_one_bash(run: Run) -> None:
    """Directory, variables, functions, options, arguments, line numbers, `$?`."""
    preview = run(
        "mkdir d; cd d\n"
        "x=5; f() { echo f $LINENO; }; set -u; trap 'echo over' EXIT\n"
        "false\n"
        'echo $? $x "${PWD##*/}" $LINENO $- $1 "${0##*/}" "${BASH_SOURCE##*/}"\n'
        "f; echo here > x\n"
        "echo ${PIPESTATUS[0]} $_ | cat; (exit 3) | true\n"
        "echo ${PIPESTATUS[*]}\n",
        arguments=("argument",),
    )
    assert preview.outcome.stdout.decode().splitlines() == [
        "1 5 d 4 huB argument script.sh script.sh",
        "f 2",
        "0 here",
        "3 0",
        "over",
    ]
    assert by_step(preview) == {"d": 1, "d/x": 5}


SAME = (
    "#!/bin/bash\n# a script with most of what bash has\n"
    "echo $LINENO $0 $BASH_SOURCE $- $# $@ $PPID $SHLVL\n"
    "x=1; y=(a b c); declare -A z=([k]=v)\n\n"
    'f() {\n  local LINE=$LINENO\n  echo "f $LINE ${FUNCNAME[*]} $1"\n  return 3\n}\n'
    "f a; echo $? $_\n"
    "cat <<A; echo behind\n$x \\$x ${y[1]}\n\nA\n"
    "cat <<'B' |\nraw $x\nB\n  tr a-z A-Z\n"
    "trap 'echo \"ERR $LINENO $?\"' ERR; false; true\n"
    "trap 'echo \"DEBUG $BASH_COMMAND\"' DEBUG\necho traced\ntrap - DEBUG\n"
    "nosuchprogram; echo $?\n"
    "shopt -s expand_aliases; alias hi='echo hello'\nhi\n"
    "if [[ $x == 1 ]]; then\n  echo yes $LINENO\nfi # with a comment\n"
    "for i in 1 2; do echo $i; done > out\n"
    'read -r line; echo "read $? $line"\n'
    "source ./sourced one; echo $v $#\n"
    "eval 'echo $LINENO\necho $LINENO'\n"
    "(sleep 0.1; echo late) & wait $!; echo $?\n"
    'grep -c \'\' "$0"; wc -c < "$0"; test -f "$0"; echo $?\n'
    "set -- p q; shift; echo $1\n"
    "set -eu; trap 'echo \"end $?\"' EXIT\n"
    "echo ünï > 'ü'\n"
    "echo $unset\n"
    "echo never > never\n"
)


@pytest.mark.parametrize(
    "text",
    [
        SAME,
        "echo a\nexec echo b\necho c > c\n",
        "echo a\nexit 7\nthis is ( no bash\n",
        "echo a > a\nfi\necho b > b\n",
        "echo a\ncat <<E\nno end\n",
        "sleep 0.2 && echo late > late &\necho early > early\n",
        "echo $(echo a\necho b)\n\n\n\nreturn 5\n",
        "set -v\nx=$((1 +\n2))\necho $x; echo $LINENO\r\n",
        "echo 'no newline at the end' > x\nprintf %s y >> x",
    ],
)
def test_a_script_does_what_it_does_in_one_go(run: Run, text: str) -> None:
    """The same output, end and changes, whatever it uses of bash.

    Even where it is cut in the wrong places: at every line.
    """
    Path("sourced").write_text("v=$1$LINENO\n")
    whole = run(text, cuts=(), arguments=("1", "2 3"))
    assert whole.steps == ()
    for found in {cuts_of(text), lines_of(text)}:
        stepped = run(text, cuts=found, arguments=("1", "2 3"))
        assert _done(stepped) == _done(whole)
        assert len(stepped.steps) == len(found)


def _done(preview: Preview) -> tuple[object, ...]:
    """What does not depend on time or chance."""
    outcome = preview.outcome
    changes = {
        (one.path, one.kind, one.after.sha256 if one.after else None)
        for one in preview.changes
    }
    ended = outcome.exit, outcome.signal, outcome.leftovers > 0
    return *ended, outcome.stdout, outcome.stderr, changes


def test_it_ends_at_the_step_that_fails(run: Run) -> None:
    """What comes after was not begun, and that is told."""
    preview = run("set -e\necho 1 > a\ngrep nothing a\necho 2 > b\necho 3 > c\n")
    assert preview.outcome.exit == 1
    assert by_step(preview) == {"a": 2}
    assert [one.begun for one in preview.steps] == [True, True, True, False, False]


def test_what_runs_in_the_background_is_told_with_the_step_it_came_in(
    run: Run,
) -> None:
    """By time: only the time at which something was done is known."""
    preview = run("(sleep 0.4; echo 1 > late) &\necho 1 > early\nwait\necho 1 > end\n")
    assert by_step(preview) == {"early": 2, "late": 3, "end": 4}


def test_the_last_step_owns_what_outlives_the_shell(run: Run) -> None:
    """Leftovers are counted as ever."""
    preview = run("(sleep 0.4; echo 1 > late) &\ntrue\n")
    assert preview.outcome.leftovers > 0
    assert by_step(preview) == {"late": 2}


def test_the_script_is_there_as_ever(run: Run) -> None:
    """A file of the same content, which it may change, or remove, in a step."""
    preview = run(
        'test -f "$0" && test ! -p "$0" && ls\n'
        'cp "$0" copy\n'
        "echo '# more' >> \"$0\"\n"
        "echo still here\n"
    )
    assert preview.outcome.stdout == b"script.sh\nstill here\n"
    assert by_step(preview) == {"copy": 2, "script.sh": 3}


def test_it_is_no_change_to_have_run_the_script(run: Run) -> None:
    """Neither the script nor its directory, whatever its owner, mode and time."""
    Path("script.sh").touch()
    Path("script.sh").chmod(0o751)
    preview = run("true\ntrue\n")
    assert preview.changes == ()
    assert preview.outcome.exit == 0


def test_a_script_with_another_name_too_is_no_change(run: Run) -> None:
    """Hard links stay what they are."""
    Path("script.sh").touch()
    Path("other").hardlink_to("script.sh")
    preview = run("cmp script.sh other\necho 1 > new\n")
    assert preview.outcome.exit == 0, preview.outcome.stdout
    assert by_step(preview) == {"new": 2}


def test_a_long_step_is_handed_over_whole(run: Run) -> None:
    """Longer than the pipe that it goes through."""
    words = "x" * 50_000
    preview = run(f"true\ny={words}\necho ${{#y}} > length\n")
    assert preview.outcome.exit == 0, preview.outcome.stderr
    assert by_step(preview) == {"length": 3}
    (change,) = preview.changes
    assert change.after is not None
    assert change.after.size == len("50000\n")


def test_the_time_limit_holds_between_and_in_steps(run: Run) -> None:
    """What was changed before is told with its step."""
    preview = run("echo 1 > a\nsleep 60\ntrue\n", limits=Limits(wall_s=2.0))
    assert preview.outcome.limits == ("time",)
    assert by_step(preview) == {"a": 1}
    assert [one.begun for one in preview.steps] == [True, True, False]


def test_the_looks_between_steps_are_not_charged(run: Run) -> None:
    """Each lasts some milliseconds at least, and together longer than the limit."""
    preview = run("true\n" * 600, limits=Limits(wall_s=1.5))
    assert (preview.outcome.exit, preview.outcome.limits) == (0, ())
    assert all(one.begun for one in preview.steps)


def test_one_that_ends_its_own_shell_is_told_so(run: Run) -> None:
    """A signal, as without steps."""
    preview = run("echo 1 > a\nkill -9 $$\necho 2 > b\n")
    assert preview.outcome.signal == 9
    assert by_step(preview) == {"a": 1}


def test_a_directory_that_cannot_be_written_is_said(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """Bash must find a pipe under the script's name, for a moment."""
    place = ordinary_user.home / "shut"
    place.mkdir(mode=0o755)
    script = place / "script.sh"
    script.write_text("true\ntrue\n")
    plan = plan_for("true\ntrue\n", script_file=str(script), stepwise=True, cuts=(0, 5))
    with pytest.raises(AssertionError, match="right to write in") as said:
        ordinary_user.preview(plan)
    assert SandboxUnavailable.__name__ in str(said.value)


def test_an_ordinary_user_sees_the_steps_too(
    ordinary_user: OrdinaryUser, plan_for: PlanFor
) -> None:
    """The uppers are theirs to look at, as far as the script could write there."""
    text = "echo 1 > a\nmkdir d\nmv a d/b\necho 2 > /tmp/linara-step; exit 4\ntrue\n"
    script = ordinary_user.home / "script.sh"
    script.write_text(text)
    script.chmod(0o644)
    plan = plan_for(text, script_file=str(script), stepwise=True, cuts=cuts_of(text))
    preview = ordinary_user.preview(replace(plan, cwd=str(ordinary_user.home)))
    assert preview.outcome.exit == 4, preview.outcome.stderr
    home = f"{ordinary_user.home}/"
    found = {one.path.removeprefix(home): one.step for one in preview.changes}
    assert found == {"d": 2, "d/b": 3, "/tmp/linara-step": 4}
    assert [one.begun for one in preview.steps] == [True] * 4 + [False]
