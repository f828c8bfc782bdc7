"""Scripts made of markers, in every construct that bash has.

Nothing but markers, builtins without effect and functions of the script is ever
called, and no file but /dev/null is opened.
"""

import re
from collections.abc import Callable

from hypothesis import strategies as st

from tests.core.shell.oracle import MARKERS

Text = st.SearchStrategy[str]

_NAMES = st.sampled_from(["x", "y", "z", "HOME"])
_BARE = r"""a b.c -n 1 é a\"b \$x {a,b} {1..2} q= ~ ~/d * [ab] + \\ \' # % ^ ! / ] @"""
_LITERALS = st.sampled_from([*_BARE.split(), "a\\\nb", '$"t"'])
_SINGLE = st.sampled_from(["'a b'", "'$(m8)'", "'`m8`'", "''", "'\\'", "'\n'"])
_ANSI_C = st.sampled_from(
    [r"$'a\tb'", r"$'\x6d1'", r"$'it\'s'", r"$'\101'", "$'$(m8)'"]
)
_EXTENDED_GLOBS = st.sampled_from(
    ["@(a|b)", "!(a)", "+(a)b", "?(c)", "*([ab])", "@(a|$(m1))", "!(`m2`|'$(m8)')"]
)
_CONDITIONS = st.sampled_from(
    [
        "true",
        "false",
        "! false",
        "[[ a == a ]]",
        "[[ -z '' && ! -n '' ]]",
        "[[ ab =~ ^(a|x)b$ ]]",
        "[[ a < b || ( 1 -eq 2 ) ]]",
        "[[ a == @(a|b) ]]",
        "[ a = a ]",
        "((1))",
        "((0))",
        "((1 < 2 ? 1 : 0))",
        "let 1+1",
    ]
)
_EXPANSIONS = """${{x:-{0}}} ${{x-{0}}} ${{none:-{0}}} ${{none-{0}}} ${{x:+{0}}}
    ${{x+{0}}} ${{none:={0}}} ${{none={0}}} ${{HOME:?{0}}} ${{HOME?{0}}} ${{x#{0}}}
    ${{x##{0}}} ${{x%{0}}} ${{x%%{0}}} ${{x/{0}/b}} ${{x//{0}/b}} ${{x/#{0}/b}}
    ${{x/%{0}/b}} ${{x/a/{0}}} ${{x//a/{0}}} ${{x/{0}}} ${{x^{0}}} ${{x^^{0}}}
    ${{x,{0}}}
    ${{x,,{0}}} ${{w[@]:-{0}}} ${{@:-{0}}} ${{1:-{0}}}"""
_PLAIN_EXPANSIONS = """$1 $@ $* $# $? $! $- $_ ${#x} ${#w[@]} ${#} ${x%?} ${x@Q} ${x@U}
    ${x@u} ${x@L} ${x@E} ${x@A} ${x@a} ${x@K} ${w[@]@Q} ${!x@} ${!x*} ${!w[@]} ${x^}
    ${x^^} ${x,,} ${x~~} ${x//a/b} ${x/a} ${w} ${w[0]} ${w[@]} ${w[*]} ${w[-1]}
    ${w[@]:1} ${@:1} ${*%a} ${x:1} ${x:0:1} ${x} ${y} $x $y $x $HOME"""
# These make a whole script, or most of it, opaque: now and then is enough.
_OPEN_EXPANSIONS = ["${!x}", "${x@P}", "${x:y:1}", "${w[x]}", "$((x + y))"]
# Within backquotes a second level of backslashes is read as opaque.
_BACKQUOTED = st.sampled_from(
    [
        "`m1 b`",
        "`m2; m3 b`",
        '`m4 "$x"`',
        "`m5 '$x'`",
        "`m6 # a comment`",
        "`\nm2\nm3`",
        "`m1 $(m2 b)`",
        "`m6 \\`m1 c\\``",
        "`m5 '\\$x'`",
    ]
)


def _often(usual: Text, rare: Text, *, times: int = 8) -> Text:
    """`one_of` drops what it is given twice, so it cannot weigh."""
    return st.integers(0, times).flatmap(lambda n: usual if n < times else rare)


def _quoted(inner: Text) -> Text:
    return st.lists(inner, max_size=3).map(lambda parts: '"' + "".join(parts) + '"')


def _words(commands: Text, *, extended: bool) -> Text:
    """Words that hold commands in every place that can hold one."""
    substitutions = st.one_of(
        commands.map("$({})".format),
        commands.map("$( {}\n)".format),
        commands.map("$(\n{}\n m7\n)".format),
        commands.map("$(: # it's ) a comment\n{})".format),
        _BACKQUOTED,
    )
    inside = st.one_of(st.sampled_from(["", "a", "$x", "'q'", '"r s"']), substitutions)
    expansions = st.builds(str.format, st.sampled_from(_EXPANSIONS.split()), inside)
    forms = ["$(({0} + 1))", "$[{0}]", "${{x:{0}:1}}", "${{w[{0}]}}", "$((z = 0{0}))"]
    arithmetic = st.builds(
        str.format,
        st.sampled_from(forms),
        _often(st.sampled_from(["1", "2#1", "$(echo 2)", "${#x}"]), substitutions),
    )
    values = st.sampled_from(_PLAIN_EXPANSIONS.split())
    # A command's output in arithmetic is evaluated as well, so it is opaque.
    risky = st.one_of(st.sampled_from(_OPEN_EXPANSIONS), arithmetic)
    bare = _often(st.one_of(substitutions, expansions, values), risky)
    odd_quotes = st.one_of(
        commands.map("${{none:-'$({})'}}".format),
        commands.map("${{x#'$({})'}}".format),
        commands.map("${{none:-'a}}$({})'}}".format),
    )
    plain = ["a b", "'", "\\$(m8)", '\\"', "\\`", "é", "{a,b}", "<(m8)", "~", "#"]
    doubled = _quoted(st.one_of(bare, st.sampled_from(plain)))
    piece = st.one_of(
        _LITERALS,
        _SINGLE,
        _ANSI_C,
        bare,
        doubled,
        _often(doubled, _quoted(odd_quotes), times=30),
        st.one_of(commands.map("<({})".format), commands.map(">({})".format)),
        *([_EXTENDED_GLOBS] * extended),
    )
    return st.lists(piece, min_size=1, max_size=3).map("".join)


_BODIES = [
    "plain",
    "$x",
    "it's",
    "\\$(m8)",
    "(m8)",
    "\\",
    "'$(m6)'",
    '"',
    "# m8",
    "\tt",
]
_DELIMITERS = ["EOF", "EOF", "'EOF'", '"EOF"', "\\EOF"]


def _here_documents(commands: Text) -> Text:
    """A marker with one or two here-documents; it ends in a newline."""
    usual = st.one_of(
        st.sampled_from(_BODIES),
        commands.map("$({})".format),
        commands.map("${{none:-$({})}}".format),
        commands.map("`{}`".format),
    )
    body = _often(usual, commands.map("${{none:-'$({})'}}".format), times=20)
    delimiter = st.sampled_from(_DELIMITERS)
    one = st.builds(
        "m1 a {}{}; m2\n{}\nEOF\n".format,
        st.sampled_from(["<<", "<<-", "3<<"]),
        delimiter,
        body,
    )
    indented = st.builds("m1 <<-{} | m2\n\t{}\n\tEOF\n".format, delimiter, body)
    two = st.builds(
        "m3 <<E <<-{}; m4\n{}\nE\n\t{}\n\t\tEOF\n".format, delimiter, body, body
    )
    return st.one_of(one, indented, two)


_REDIRECTIONS = """ >/dev/null| 2>&1| </dev/null| &>/dev/null| &>>/dev/null| <>/dev/null
 >>/dev/null| >&2| 3>&1 4<&3| 3>&-| 0<&-| >& /dev/null| 5<>/dev/null"""


def _simple(words: Text) -> Text:
    redirections = st.one_of(
        st.just(""),
        st.just(""),
        st.sampled_from([f" {one.strip()}" for one in _REDIRECTIONS.split("|")]),
        words.map(" <<<{}".format),
        st.sampled_from([" >|/dev/null", "", "", " {fd}>/dev/null"]),
    )
    called = st.builds(
        "{} {}{}".format,
        st.sampled_from([*MARKERS[:6], "m\\1", "'m2'", 'm"3"', "{m1,m2}", "f", "$m"]),
        st.lists(words, max_size=3).map(" ".join),
        redirections,
    )
    prefixes = st.sampled_from(["", "</dev/null ", "command ", "builtin true; ", "! "])
    return st.one_of(
        called,
        st.builds("{}={} {}".format, _NAMES, words, called),
        st.builds("{}{}".format, prefixes, called),
    )


_ASSIGNMENTS = """{0}={1}|{0}={1}|{0}={1}|{0}+={1}|export {0}={1}|readonly {0}={1}
declare {0}={1}|declare -x {0}={1}|declare -g {0}={1}|read {0} <<<{1}|read -r {0} <<<{1}
printf -v {0} %s {1}|printf -v{0} a|unset {0}|{0}=([0]={1} b)|w=({1} {1})|w+=({1})
w[0]={1}|w[1]+={1}|: ${{{0}:={1}}}|(({0}=5))|let {0}=5|y=1 export {0}={1}|m=m{0}|m=m4
eval {0}=b|mapfile -t {0} <<<{1}|test -n {1} && {0}=c|for {0} in {1} d; do m5 ${0}; done
{{ {0}=e; }} </nowhere|unset '{0}[0]'|{0}= m1|local {0}={1}"""
# After these nothing is certain.
_UNSETTLING = """declare -i {0}={1}|declare -n {0}=x|IFS={1}|: $((1/0)); {0}=b
set -- {1}|trap '{0}=f' DEBUG|declare -A {0}=([a]={1})|shopt -s extglob|set -f
exec {{{0}}}>/dev/null"""


def _assignments(words: Text) -> Text:
    usual = re.split(r"\||\n", _ASSIGNMENTS)
    rare = re.split(r"\||\n", _UNSETTLING)
    form = _often(st.sampled_from(usual), st.sampled_from(rare), times=20)
    return st.builds(str.format, form, _NAMES, words)


_COMPOUNDS: tuple[str, ...] = (
    "( {0}\n)",
    "{{ {0}\n}}",
    "if {0}\nthen {1}\nelse {2}\nfi",
    "if {c}; then {0}\nelif {c}; then {1}\nfi",
    "for i in a b; do {0}\ndone",
    "for i in $({0}\n); do {1}\nbreak; done",
    "for ((i=0; i<1; i++)); do {0}\ndone",
    "for ((;;)) {{ {0}\nbreak; }}",
    "while ! {c}; do {0}\nbreak; done",
    "until {0}\ntrue; do {1}\ndone",
    "case a in $({0}\n)) {1}\n;; a|b) {2}\n;& *) m5 ;; esac",
    "case $x in ?) {0}\n;;& (a | [b]*) {1}\n;; *) {2}\nesac",
    "f() {{ {0}\n}}\nf {1}",
    "function g {{ {0}\n}}; g; {1}",
    "function h() ( {0}\n); h",
    "f() ( {0}\n)",
    "f() {{ {0}\n}}; f a; f() {{ {1}\n}}; f",
    "f() {{ {0}\n}}; unset -f f; f; {1}",
    "{c} && {{ {0}\n}}",
    "{c} || {{ {0}\n}}",
    "{c} &&\n# a comment\n{0} || m5",
    "[[ -n $({0}\n) ]] && {1}",
    "[[ a == $({0}\n)* || b =~ ^(`m3`|c)$ ]]; {1}",
    "time {0}",
    "time -p {0}",
    "! {0}",
    "coproc {{ {0}\n}}; wait; {1}",
    "coproc N {{ {0}\n}}; wait",
    "coproc m4 a; wait; {0}",
    "{{ {0}\n}} | {{ {1}\n}}",
    "{{ {0}\n}} |& {{ {1}\n}}",
    "{{ {0}\n}} |\n {{ {1}\n}}",
    "{{ {0}\n}} & wait; {1}",
    "select i in a; do {0}\nbreak; done <<<1",
    "{{ {0}\n}} 2>/dev/null; {1}",
    "w=([$(echo 1\n)]=a b $({0}\n))",
    "declare -A d=([a]=$({0}\n)); {1}",
    "# a comment with $(m8) and 'a quote\n{0}",
    "{0} # it's a comment\n{1}",
    "{0} \\\n{1}",
    "{0};{1}",
    "{0}\n{1}",
    "{0}\n\n{1}",
)
# Text that bash runs: what stands in these is read by itself.
_STRINGS: tuple[str, ...] = (
    "eval 'm1 a; m2'",
    'eval "m1 \\"b c\\"" m2',
    "eval m3 '$(m4)'",
    "eval -- m3",
    "trap 'm1 a; m2 b' EXIT",
    "trap m3 EXIT; trap - EXIT",
    "command eval 'm1 a'",
)
_ALIASED = "shopt -s expand_aliases\nalias m1='m2 b' a1='m3 c;'\na1 m1\nm1"


def _compound(commands: Text) -> Text:
    def fill(form: str) -> Text:
        return st.builds(
            lambda a, b, c, condition: _tidy(form.format(a, b, c, c=condition)),
            commands,
            commands,
            commands,
            _CONDITIONS,
        )

    return st.sampled_from(_COMPOUNDS).flatmap(fill)


def _tidy(text: str) -> str:
    """A here-document ends in a newline; no operator may follow it."""
    return re.sub(r"\n( \\\n|;(?![;&]))", "\n", text)


def _commands(depth: int, *, extended: bool = False) -> Text:
    leaves: Text = st.sampled_from([f"{name} {name}w" for name in MARKERS[:6]])

    def deeper(inner: Text) -> Text:
        words = _words(inner, extended=extended)
        return st.one_of(
            _simple(words),
            _assignments(words),
            _compound(inner),
            _here_documents(inner),
            _often(leaves, st.sampled_from(_STRINGS), times=4),
        )

    make: Callable[[Text], Text] = deeper
    found = leaves
    for _ in range(depth):
        found = make(found)
    return found


def _script(*, extended: bool) -> Text:
    one = _commands(1, extended=extended)
    lines = st.lists(
        _often(one, _commands(2, extended=extended), times=2), min_size=1, max_size=6
    )
    return lines.map("\n".join)


# Extended globs are an error until the line after the one that switches them on.
_EXTENDED = _script(extended=True).map("shopt -s extglob\n{}".format)
SCRIPTS: Text = _often(
    _often(_script(extended=False), _EXTENDED, times=3),
    st.builds("{}\n{}".format, _commands(1), st.just(_ALIASED)),
    times=10,
)
"""Whole scripts; bash runs about all of them, and most are read without doubt."""
