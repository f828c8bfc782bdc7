"""What both parsers must agree on, what is opaque, and what is no false alarm."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.shell.guards.characters import deceptions
from linara_agent.core.shell.script import Opaque, Span
from tests.core.shell.answers import reading, told
from tests.core.shell.oracle import accepts

NL2BASH = Path(__file__).parents[2] / "corpus" / "shell" / "nl2bash.txt"

# What bashlex 0.18 is known to hide: each of these must show `x`, or be opaque.
HIDING = {
    "quotes at both ends": "echo 'a'$(x)'b'",
    "quotes and backquotes": "ls ''`x`''",
    "default value": "echo ${y:-$(x)}",
    "alternative in backquotes": 'echo "${y:+`x`}"',
    "subscript": "echo ${a[$(x)]}",
    "replacement": "echo ${y/$(x)/b}",
    "slice": "echo ${y:$(x):1}",
    "second line": "echo $(ls\nx)",
    "after a background command": "echo $(ls &\nx)",
    "after a comment": "echo $(ls # y\nx)",
    "second line in backquotes": "echo `ls\nx`",
    "second line of a process": "cat <(ls\nx)",
    "here-document": "cat <<EOF\n$(x)\nEOF\n",
    "indented here-document": "cat <<-EOF\n\t$(x)\n\tEOF\n",
    "second here-document": "cat <<A; cat <<B\na\nA\n$(x)\nB\n",
    "default value in a here-document": "cat <<EOF\n${y:-$(x)}\nEOF\n",
    "process after double quotes": 'cat ""<(x)',
    "process as a target": 'echo > "">(x)',
    "after a tilde": "ls ~$(x)",
    "after another's tilde": "ls ~a`x`",
    "arithmetic": "echo $(( $(x) + 1 ))",
    "array": "a=(b $(x))",
    "conditional": "[[ -n $(x) ]]",
    "case pattern": "case a in $(x)) b;; esac",
    "loop words": "for i in $(x); do a; done",
    "loop arithmetic": "for ((i=$(x);;)); do a; done",
    "behind time": "time x",
    "coprocess": "coproc x",
    "function body": "f() { x; }",
    "here-string": "cat <<< $(x)",
    "nested backquotes": r"echo `a \`x\``",
    "redirection target": "echo > $(x)",
}

OPAQUE = {
    "nothing": "",
    "blank": " \n\t",
    "NUL": "echo a\0b",
    "syntax error": "rm -rf x\n)",
    "unclosed quote": "echo 'a",
    "unclosed substitution": "echo $(a",
    "Markdown fence": "```bash\nls\n```",
    "fence with tildes": "~~~\nls\n~~~",
    "indented fence": "ls\n  ```\n",
    "escape character": "echo \x1b[2J",
    "carriage return": "ls\r\nrm x",
    "right-to-left override": "echo \u202eabc",
    "zero-width space": "ls\u200b -l",
    "no-break space": "rm\u00a0-rf x",
    "byte order mark": "\ufeffls",
    "private use": "echo \ue000",
    "line separator": "ls\u2028rm x",
    "lone surrogate": "echo \udc80",
    "prompt expansion": "echo ${x@P}",
    "indirect expansion": "echo ${!n}",
    "continued delimiter": "cat <<EO\\\nF\na\nEOF\nls",
    "delimiter with an expansion": "cat <<$x\na\n$x\n",
    "half-quoted delimiter": "cat <<E'O'F\na\nEOF\n",
    "dollar-quoted delimiter": "cat <<$'EOF'\na\nEOF\n",
    "unclosed here-document": "cat <<EOF\na",
    "too deep": "$(" * 60 + "ls" + ")" * 60,
    "far too deep": "$(" * 3000 + "ls" + ")" * 3000,
    "too large": "echo " + "x" * 100_000,
    "far too large": "ls\n" * 400_000,
    "endless for bashlex": "echo a'${b'",
    "other rules": "shopt -s expand_aliases",
    "quoted subscript": "printf -v 'a[$(x)]' b",
    "text in arithmetic": "n=$(cat f); echo $((n))",
}

PLAIN = {
    "text in double quotes": ('echo "rm -rf /"', ["echo 'rm -rf /'"]),
    "text in single quotes": ("grep 'sudo $(x) `y`' f", ["grep 'sudo $(x) `y`' f"]),
    "quoted here-document": (
        "cat <<'EOF'\nrm -rf / $(x) `y` ${z!}\nEOF\n",
        ["cat <<'rm -rf / $(x) `y` ${z!}\\n'"],
    ),
    "escaped delimiter": ("cat <<\\EOF\n$(x)\nEOF\n", ["cat <<'$(x)\\n'"]),
    "escaped backquotes": (
        'git commit -m "fix \\`foo\\`"',
        ["git commit -m 'fix `foo`'"],
    ),
    "escaped dollar": ('echo "\\$(x)" \\$\\(y\\)', ["echo '$(x)' '$(y)'"]),
    "comment": ("ls # $(rm x) `y` 'a", ["ls"]),
    "comment alone": ("# nothing $(x)", []),
    "quotes glued to text": ("awk '/a/{print}'b'$(x)' f", ["awk '/a/{print}b$(x)' f"]),
    "angle brackets in quotes": ('echo "<(x) >(y)"', ["echo '<(x) >(y)'"]),
    "here-document in a group": ("(cat <<E\nrm x\nE\n)", ["cat <<'rm x\\n' sub"]),
    "dollar quotes": (r"echo $'a\tb'", ["echo 'a\\tb'"]),
    "braces for find": (
        r"find . -exec rm {} \; -o -exec ls {} +",
        ["find . -exec rm {} ';' -o -exec ls {} +"],
    ),
    "arithmetic": ("((i++)); let j=2; echo $((i+j))", ["echo …"]),
    "counting": ("n=$(ls | wc -l); echo $((n+1))", None),
    "an array's length": ("a=(b c); echo ${#a[@]} ${a[@]}", None),
    "emoji": ("echo '✓ é 漢'", ["echo '✓ é 漢'"]),
    "continued lines": ("ls \\\n  -l && \\\nwc", ["ls -l", "wc if"]),
    "a brace alone": ("find . -exec a { } +", ["find . -exec a { } +"]),
    "a descriptor in a variable": ("exec {fd}<>f", ["exec {fd}<>f"]),
    "a tabbed here-document": (
        "cat <<-E\n\t$(a)\n\t\tb\n\tE\n",
        ["a sub", "cat <<…"],
    ),
    "safe options": ("set -euo pipefail; shopt -s nullglob", None),
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING.keys())
def test_nothing_hides_a_command(text):
    """A command that one parser overlooks is shown by the other."""
    script = reading(text)
    programs = {one.program.known for one in script.invocations if one.program}
    covered = [text[one.span.start : one.span.end] for one in script.opaque]
    assert "x" in programs or any("x" in each for each in covered)


def test_the_ways_of_hiding_are_shown_not_merely_opaque():
    """Most of these texts are read in full: opaque is the last resort."""
    opaque = {name for name, text in HIDING.items() if reading(text).opaque}
    assert opaque <= {"nested backquotes", "slice", "subscript", "arithmetic"} | {
        "loop arithmetic"
    }


@pytest.mark.parametrize("text", OPAQUE.values(), ids=OPAQUE.keys())
def test_what_cannot_be_read_is_opaque(text):
    """A text that may mean something else to bash has an opaque part and a reason."""
    opaque = reading(text).opaque
    assert opaque
    for one in opaque:
        assert one.reason
        assert 0 <= one.span.start <= one.span.end <= len(text)


@pytest.mark.parametrize(("text", "expected"), PLAIN.values(), ids=PLAIN.keys())
def test_quoted_text_is_no_command(text, expected):
    """What bash takes for plain text is neither a command nor opaque."""
    assert accepts(text)
    script = reading(text)
    assert script.opaque == ()
    if expected is not None:
        assert told(script) == expected


def test_a_disagreement_is_opaque_where_it_is():
    """Only the command that the parsers read differently is opaque."""
    text = "ls; a {,}; wc"
    [opaque] = reading(text).opaque
    assert text[opaque.span.start : opaque.span.end] == "a {,}"
    assert opaque.reason == "bashlex sees other words here, mvdan/sh sees one command"


def test_a_slow_parser_is_not_asked_again():
    """What bashlex cannot finish is opaque, and so is all that follows."""
    slow = "echo a'${b'\n" * 50
    [whole] = reading(slow + "ls").opaque
    assert whole.span == (0, len(slow) + 2)
    assert whole.reason == "for bashlex it took too long to parse"
    # What bashlex does not know makes it look at each command alone.
    script = reading("[[ a ]]\nls\n" + slow)
    reasons = [one.reason for one in script.opaque]
    assert reasons == [whole.reason, "bashlex would take too long to read it"]
    assert script.opaque[-1].span.end == len(script.text)


def test_an_unreadable_text_is_opaque_as_a_whole():
    """The opaque part of a text that cannot be parsed is all of it."""
    [whole] = reading("ls; )").opaque
    assert whole == Opaque(span=Span(0, 5), reason=whole.reason)
    assert "cannot be parsed" in whole.reason


@given(st.text(max_size=60))
def test_no_text_raises(text):
    """Any text is read, or opaque."""
    script = reading(text)
    assert script.text == text


_TOKENS = r"""$( ${ ` ' " ( ) { } ; | & a [[ ]] (( )) <( \ # if fi $' case esac in
    do done for =( ! ~ é << <<E"""
SOUP = st.lists(
    st.sampled_from([*_TOKENS.split(), " ", " ", "\n", "\nE\n", "\x00"]), max_size=25
).map("".join)


@given(SOUP)
def test_no_soup_of_tokens_raises(text):
    """Any heap of shell tokens is read, or opaque; its spans lie in the text."""
    script = reading(text)
    spans = [one.span for one in script.invocations]
    spans += [one.span for one in script.opaque]
    assert all(0 <= span.start <= span.end <= len(text) for span in spans)


@given(st.binary(max_size=40))
def test_no_bytes_raise(raw):
    """Bytes that are no text are opaque or read as what can be shown of them."""
    text = raw.decode("utf-8", "surrogateescape")
    script = reading(text)
    if not text.isprintable():
        assert script.opaque or "\n" in text or "\t" in text


def test_real_one_liners_are_read():
    """Of the one-liners that bash accepts, at least 99 in 100 are read in full.

    Those that a web page spoilt, with a dash or quotes of prose, are misleading.
    """
    rows = [
        row
        for row in NL2BASH.read_text().splitlines()
        if not row.startswith("# ") and accepts(row)
    ]
    read = [reading(row) for row in rows]
    opaque = [one.text for one in read if one.opaque]
    spoilt = [one.text for one in read if list(deceptions(one.text))]
    assert spoilt == [
        one.text for one in read if one.doubts and list(deceptions(one.text))
    ]
    assert len(rows) > 1400
    assert len(opaque) <= len(rows) // 100, "\n".join(opaque)


def test_the_machine_has_a_bash_to_compare_with():
    """The comparisons are made with bash 5."""
    version = subprocess.run(
        ["bash", "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert "version 5." in version
