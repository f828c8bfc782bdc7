"""What `echo` and `printf` print, held against the builtins of real shells."""

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from linara_agent.core.effects.echo import echoed, formatted

FEW = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
ESCAPES = st.sampled_from(
    [
        *(f"\\{letter}" for letter in "abcefnrtvEux\\'\"?0123456789"),
        *("\\x41", "\\x4", "\\x4g", "\\0101", "\\101", "\\012", "\\1", "\\u0041"),
        *("%", "%%", "%s", "%b", "%d", "%5s", "-", "-n", "-e", "-neE", "-x", "--", " "),
        *("a", "b c", "", "'", '"', "$x", "*"),
    ]
)
WORD = st.lists(ESCAPES, max_size=4).map("".join)
WORDS = st.lists(WORD, min_size=1, max_size=4)


def prints(shell: str, builtin: str, words: list[str]) -> str:
    """What the builtin of that shell prints for these words, which are data to it."""
    done = subprocess.run(
        [shell, "-c", f'{builtin} "$@"', "x", *words],
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    return done.stdout.decode("utf-8", "surrogateescape")


@FEW
@example(["-e", "a\\x20b"])
@example(["-e", "a\\0101b\\"])
@example(["-nen", "x"])
@example(["-n", "-n", "x"])
@example(["-E", "a\\nb"])
@given(WORDS)
def test_echo_is_that_of_bash(words: list[str]):
    """What we say that echo prints is what bash prints."""
    told = echoed(words, bash=True)
    assume(told is not None)
    assert told == prints("bash", "echo", words)


@FEW
@example(["%s\\n", "a", "b"])
@example(["a\\x41%b", "\\0101\\101"])
@example(["x%%%s"])
@example(["plain\\n", "unused"])
@example(["--", "-x"])
@given(WORDS)
def test_printf_is_that_of_bash(words: list[str]):
    """What we say that printf prints is what bash prints."""
    told = formatted(words, bash=True)
    assume(told is not None)
    assert told == prints("bash", "printf", words)


@FEW
@example(["-n", "x"])
@given(WORDS)
def test_another_shell_prints_the_same(words: list[str]):
    """Where the shell may be dash, only what both print is told."""
    if shutil.which("dash") is None:
        pytest.skip("there is no dash here")
    for builtin, told in (
        ("echo", echoed(words, bash=False)),
        ("printf", formatted(words, bash=False)),
    ):
        if told is not None:
            assert (
                told == prints("dash", builtin, words) == prints("bash", builtin, words)
            )


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ([], "\n"),
        (["a", "b"], "a b\n"),
        (["-n", "a"], "a"),
        (["-e", "a\\tb"], "a\tb\n"),
        (["a\\tb"], "a\\tb\n"),
        (["-e", "a\\c b"], None),
        (["-e", "\\xff"], None),
        (["-e", "\\0"], None),
    ],
)
def test_echo(words: list[str], printed: str | None):
    """Plain words, options and escapes are told; bytes that are no text are not."""
    assert echoed(words, bash=True) == printed


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (["%s\\n", "a", "b"], "a\nb\n"),
        (["%s-%s.", "a", "b", "c"], "a-b.c-."),
        (["a\\n", "b"], "a\n"),
        (["%b", "a\\tb"], "a\tb"),
        (["%d", "1"], None),
        (["-v", "x", "a"], None),
        (["\\c"], None),
        ([], None),
    ],
)
def test_printf(words: list[str], printed: str | None):
    """The format is used until no word is left; other conversions are not told."""
    assert formatted(words, bash=True) == printed
