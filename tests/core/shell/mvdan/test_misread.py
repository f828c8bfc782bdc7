"""Where mvdan/sh reads otherwise than bash, the part is opaque."""

import pytest

from tests.core.shell.answers import reading

COPROCESS = "what runs as a coprocess cannot be told"
HERE = "a continued line in it may end the here-document"


def opaque(text: str) -> list[tuple[str, str]]:
    return [
        (text[one.span.start : one.span.end], one.reason)
        for one in reading(text).opaque
    ]


@pytest.mark.parametrize(
    "text",
    [
        "coproc m2 x=a",
        "coproc x=1 m2",
        "coproc m2 >/dev/null",
        "coproc >/dev/null",
        "coproc $x=1 m2",
        "coproc m2 m1 | m3",
    ],
)
def test_a_coprocess_that_may_be_named_or_assign_is_opaque(text):
    """The parser takes a program for a name, or a word for an assignment."""
    assert (text, COPROCESS) in opaque(text)


@pytest.mark.parametrize(
    "text",
    [
        "((1))\n(m1 'a'#; m2\n)",
        '((1))\n(m1 "a"#; m2\n)',
        "((1))\n(m1 `m2`#; m3\n)",
        "((1))\n(m1 $(m2)#; m3\n)",
        "((1))\n(m1 a'b'\\\n#; m3\n)",
    ],
)
def test_a_hash_within_a_word_is_no_comment(text):
    """What stands behind it on the line is run by bash, and must not be dropped."""
    assert (text, "a # in it may be a part of a word") in opaque(text)


@pytest.mark.parametrize(
    "text",
    [
        "# a",
        "m1 # a",
        "m1; # a",
        "(# a\nm1)",
        "m1 & # a",
        "m1 |# a\nm2",
        "m1\n\t# a",
        "m1 \\\n # a",
    ],
)
def test_a_hash_that_begins_a_word_is_a_comment(text):
    """After a blank, a line break or an operator."""
    assert opaque(text) == []


@pytest.mark.parametrize(
    "text", ["coproc m2 a", "coproc N { m2; }", "coproc (m2)", "coproc m2 a=b.c -x"]
)
def test_other_coprocesses_are_read(text):
    """Compound commands may be named, simple ones may have any operands but one."""
    assert ((text, COPROCESS) in opaque(text)) == ("a=b" in text)


@pytest.mark.parametrize("body", ["\\\nE\nm5\n", "E\\\n\nm5\n", "a\n\t\\\nE\nm5\n"])
def test_a_delimiter_made_by_a_continued_line_is_opaque(body):
    """bash joins the lines first and then looks for the delimiter."""
    [found] = [text for text, why in opaque(f"m3 <<E\n{body}E\nm6") if why == HERE]
    assert found.startswith(body)


@pytest.mark.parametrize(
    "text", ["m3 <<'E'\n\\\nE\nm5", "m3 <<E\na \\\nb\nE\n", "m3 <<E\nE \\\nb\nE\n"]
)
def test_other_continued_lines_are_read(text):
    """A quoted delimiter joins nothing, and most lines make no delimiter."""
    assert HERE not in [reason for _, reason in opaque(text)]


def test_a_process_substitution_in_an_array_is_opaque():
    """With text as keys bash does not run it, but expands what stands in it."""
    [(text, _)] = opaque("declare -A h=([a]=<(m1 '$(m2)'))")
    assert text == "<(m1 '$(m2)')"
    assert opaque("h=(a $(m1))") == []
