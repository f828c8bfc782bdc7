"""Every construct of bash, and the invocations that it is lowered to."""

import pytest

from tests.core.shell.answers import reading, told

TABLE: dict[str, list[str]] = {
    # simple commands
    "ls -l /tmp": ["ls -l /tmp"],
    "a; b\nc": ["a", "b", "c"],
    "'l's \"-l\" \\x": ["ls -l x"],
    "x=1 y= ls": ["x=1 y='' ls"],
    "x=1": ["x=1"],
    "x+=1": ["x+=1"],
    "> f": [">f"],
    "$(a) b": ["a sub", "… b"],
    'a $b "$c" d$e': ["a … … d…"],
    "[ -f x ]": ["[ -f x ]"],
    "! a": ["a"],
    "a &": ["a sub"],
    # redirections
    "a > f 2>&1 < g >> h": ["a >f 2>&1 <g >>h"],
    "a &> f &>> g >| h <> i": ["a &>f &>>g >|h <>i"],
    "a >& f 3<&- 4>&5-": ["a >&f 3<&- 4>&5-"],
    "a > *.txt > ~/f": ["a >glob(*.txt) >/home/someone/f"],
    "a > {b,c} > {d,}": ["a >… >d"],
    "a <<< b": ["a <<<b"],
    "a <<E\nb $c\nE\n": ["a <<b …"],
    "a <<E >f\nb\nE\n": ["a <<'b\\n' >f"],
    # lists and pipelines
    "a && b || c": ["a", "b if", "c if"],
    "a | b | c": ["a sub sub", "b sub sub <0", "c sub <1"],
    "a |& b": ["a sub", "b sub <0"],
    "a | (b; c)": ["a sub", "b sub sub <0", "c sub sub <0"],
    "(a; b) | c": ["a sub sub", "b sub sub", "c sub <0 <1"],
    "a | while b; do c; done": ["a sub", "b if sub <0", "c if sub <0"],
    # groups
    "(a; b)": ["a sub", "b sub"],
    "{ a; b; }": ["a", "b"],
    "{ a; } > f": ["a if", ">f"],
    # branches and loops
    "if a; then b; elif c; then d; else e; fi": ["a", "b if", "c if", "d if", "e if"],
    "while a; do b; done": ["a if", "b if"],
    "until a; do b; done": ["a if", "b if"],
    "for i in a $(b); do c $i; done": ["b sub", "c … if"],
    "for i; do a; done": ["a if"],
    "for ((i=0; i<$(wc -l); i++)); do b; done": ["wc -l sub", "b if"],
    "select i in a; do b; done": ["b if"],
    "case $(a) in $(b)) c;; *) d;; esac": ["a sub", "b sub", "c if", "d if"],
    # functions
    "f() { a; }": ["a f: if"],
    "function f { a; }; f": ["a f: if", "f"],
    "f() (a) > g": ["a f: if sub", ">g f: if"],
    # expressions
    "[[ -f $(a) ]] && b": ["a sub", "b if"],
    "(( $(wc -l) > 1 ))": ["wc -l sub"],
    "let i=2": [],
    "echo $((1+2)) $[3]": ["echo … …"],
    # prefixes
    "time -p a": ["a"],
    "coproc a": ["a sub"],
    "coproc n { a; }": ["a sub"],
    # declarations
    "export a=1 b": ["a=1 b='' export"],
    "declare -a c=(1 $(d))": ["d sub", "c='' declare -a"],
    "local e=2": ["e=2 local"],
    "readonly f": ["f='' readonly"],
    "a=(b c); a[1]=d": ["a=''", "a=d"],
    # substitutions
    "a $(b $(c))": ["c sub sub", "b … sub", "a …"],
    "a `b`": ["b sub", "a …"],
    "a <(b) >(c)": ["b sub", "c sub", "a /dev/fd/… /dev/fd/…"],
    'a "${b:-$(c)}" ${d/$(e)/f}': ["c sub", "e sub", "a … …"],
    "a=$(b) c=d": ["b sub", "a=… c=d"],
    "$(\n# comment\na\n\nb\n)": ["a sub", "b sub", "…"],
    # comments
    "# a": [],
    "a # b": ["a"],
}


@pytest.mark.parametrize(("text", "expected"), TABLE.items(), ids=TABLE.keys())
def test_a_construct_is_lowered(text, expected):
    """Each construct gives its invocations, in order, with all that is known."""
    assert told(reading(text)) == expected


@pytest.mark.parametrize("text", TABLE, ids=TABLE.keys())
def test_a_known_construct_is_not_opaque(text):
    """Nothing in the table is opaque: both parsers, together, read all of it."""
    assert reading(text).opaque == ()


def test_the_nodes_tell_the_constructs():
    """The tree names each construct and points at its invocations."""
    [root] = reading("if a; then b | c; fi").nodes
    assert [(node.kind, node.invocation) for node in root.steps()] == [
        ("if", None),
        ("invocation", 0),
        ("pipeline", None),
        ("invocation", 1),
        ("invocation", 2),
    ]


def test_spans_count_code_points():
    """A span cuts its own source out of the text, whatever letters precede it."""
    text = "echo 'é漢😀' ünï $x > größe; rm -r ß"
    first, second = reading(text).invocations
    assert [text[w.span.start : w.span.end] for w in first.words] == [
        "'é漢😀'",
        "ünï",
        "$x",
    ]
    assert [w.source for w in first.words] == ["'é漢😀'", "ünï", "$x"]
    [redirection] = first.redirections
    assert text[redirection.span.start : redirection.span.end] == "> größe"
    assert text[second.span.start : second.span.end] == "rm -r ß"


def test_a_pipeline_ties_neighbours_in_both_directions():
    """What feeds an invocation also tells whom it feeds."""
    a, b, c = reading("a | b | c").invocations
    assert (a.piped_to, b.piped_from, b.piped_to) == ((1,), (0,), (2,))
    assert (a.piped_from, c.piped_from, c.piped_to) == ((), (1,), ())


def test_a_word_knows_the_commands_whose_output_it_takes():
    """The substitutions of a word are indices of invocations."""
    script = reading('a "$(b; c)" $(d)')
    call = script.invocations[-1]
    assert [word.substitutions for word in call.words] == [(0, 1), (2,)]


def test_subshells_have_scopes_of_their_own():
    """Two subshells beside each other are not the same one."""
    a, b, c = reading("(a); (b); c").invocations
    assert a.scope != b.scope
    assert (len(a.scope), len(b.scope), c.scope) == (1, 1, ())


def test_deep_nesting_is_opaque_only_where_it_is_too_deep():
    """What stands before a construct that is nested too deep is still read."""
    script = reading("ls; " + "( " * 60 + "rm" + ")" * 60)
    assert told(script)[0] == "ls"
    assert any("nested deeper" in one.reason for one in script.opaque)
