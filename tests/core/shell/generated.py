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
_LITERALS = st.sampled_from(_BARE.split())
_SINGLE = st.sampled_from(["'a b'", "'$(m8)'", "'`m8`'", "''", "'\\'", "'\n'"])
_ANSI_C = st.sampled_from(
    [r"$'a\tb'", r"$'\x6d1'", r"$'it\'s'", r"$'\101'", "$'$(m8)'"]
)
_CONDITIONS = st.sampled_from(
    ["true", "false", "[[ a == a ]]", "((1))", "((0))", "[[ -z '' ]]", "! false"]
)


def _quoted(inner: Text) -> Text:
    return st.lists(inner, max_size=3).map(lambda parts: '"' + "".join(parts) + '"')


_EXPANSIONS = """${{x:-{0}}} ${{x+{0}}} ${{none:-{0}}} ${{x#{0}}} ${{x/{0}/b}}
    ${{x/a/{0}}} ${{x%%{0}}} ${{x^{0}}} ${{none:={0}}}"""
# Within backquotes a second level of backslashes is read as opaque.
_BACKQUOTED = st.sampled_from(
    [
        "`m1 b`",
        "`m2; m3 b`",
        '`m4 "$x"`',
        "`m5 '\\$x'`",
        "`m6 \\`m1 c\\``",
        "`\nm2\nm3`",
    ]
)


def _words(commands: Text) -> Text:
    """Words that hold commands in every place that can hold one."""
    substitutions = st.one_of(
        commands.map("$({})".format),
        commands.map("$( {}\n)".format),
        commands.map("$(\n{}\n m7\n)".format),
        _BACKQUOTED,
        commands.map("$(: # it's ) a comment\n{})".format),
    )
    inside = st.one_of(st.sampled_from(["", "a", "$x", "'q'", '"r s"']), substitutions)
    expansions = st.builds(str.format, st.sampled_from(_EXPANSIONS.split()), inside)
    arithmetic = st.builds(
        str.format,
        st.sampled_from(
            ["$(({0} + 1))", "$[{0}]", "${{x:{0}:1}}", "${{w[{0}]}}", "$((x = 0{0}))"]
        ),
        st.one_of(st.just("1"), substitutions),
    )
    variables = st.one_of(
        st.builds("${}".format, _NAMES),
        st.builds("${{{}}}".format, _NAMES),
        st.sampled_from(["$1", "$@", "$#", "${#x}", "${x%?}", "${x@Q}", "${!x}", "$_"]),
    )
    bare = st.one_of(substitutions, expansions, arithmetic, variables)
    doubled = _quoted(
        st.one_of(
            bare,
            commands.map("${{none:-'$({})'}}".format),
            commands.map("${{x#'$({})'}}".format),
            commands.map("${{none:-'a}}$({})'}}".format),
            st.sampled_from(
                ["a b", "'", "\\$(m8)", '\\"', "\\`", "é", "{a,b}", "<(m8)"]
            ),
        )
    )
    piece = st.one_of(
        _LITERALS,
        _LITERALS,
        _SINGLE,
        _ANSI_C,
        bare,
        doubled,
        commands.map("<({})".format),
        commands.map(">({})".format),
    )
    return st.lists(piece, min_size=1, max_size=3).map("".join)


def _here_documents(commands: Text) -> Text:
    """A marker with one or two here-documents; it ends in a newline."""
    body = st.one_of(
        st.sampled_from(
            ["plain", "$x", "it's", "\\$(m8)", "(m8)", "\\", "'$(m6)'", '"']
        ),
        commands.map("$({})".format),
        commands.map("${{none:-$({})}}".format),
        commands.map("${{none:-'$({})'}}".format),
        commands.map("`{}`".format),
    )
    delimiter = st.sampled_from(["EOF", "'EOF'", '"EOF"', "\\EOF"])
    return st.builds(
        "m1 a {}{}; m2\n{}\nEOF\n".format,
        st.sampled_from(["<<", "<<-"]),
        delimiter,
        body,
    )


def _simple(words: Text) -> Text:
    redirections = st.one_of(
        st.sampled_from(
            ["", "", "", " >/dev/null", " 2>&1", " </dev/null", " {fd}</dev/null"]
        ),
        words.map(" <<<{}".format),
    )
    called = st.builds(
        "{} {}{}".format,
        st.sampled_from([*MARKERS[:6], "m\\1", "'m2'", 'm"3"', "{m1,m2}", "f", "$m"]),
        st.lists(words, max_size=3).map(" ".join),
        redirections,
    )
    return st.one_of(
        called, called, st.builds("{}={} {}".format, _NAMES, words, called)
    )


def _assignments(words: Text) -> Text:
    forms = [
        "{0}={1}",
        "{0}={1}",
        "{0}+={1}",
        "export {0}={1}",
        "readonly {0}={1}",
        "declare {0}={1}",
        "declare -i {0}={1}",
        "declare -n {0}=x",
        "read {0} <<<{1}",
        "printf -v {0} %s {1}",
        "printf -v{0} a",
        "unset {0}",
        "{0}=([0]={1} b)",
        "w[0]={1}",
        ": ${{{0}:={1}}}",
        "(({0}=5))",
        "let {0}=5",
        "y=1 export {0}={1}",
        "IFS={1}",
        "m=m{0}",
        "m=m4",
        ": $((1/0)); {0}=b",
        "eval {0}=b",
        "mapfile -t {0} <<<{1}",
        "test -n {1} && {0}=c",
        "set -- {1}",
        "for {0} in {1} d; do m5 ${0}; done",
        "{{ {0}=e; }} </nowhere",
        "unset '{0}[0]'",
        "trap '{0}=f' DEBUG",
    ]
    return st.builds(str.format, st.sampled_from(forms), _NAMES, words)


_COMPOUNDS: tuple[str, ...] = (
    "( {0}\n)",
    "{{ {0}\n}}",
    "if {0}\nthen {1}\nelse {2}\nfi",
    "if {c}; then {0}\nelif {c}; then {1}\nfi",
    "for i in a b; do {0}\ndone",
    "for i in $({0}\n); do {1}\nbreak; done",
    "for ((i=0; i<1; i++)); do {0}\ndone",
    "while ! {c}; do {0}\nbreak; done",
    "until {0}\ntrue; do {1}\ndone",
    "case a in $({0}\n)) {1}\n;; a|b) {2}\n;& *) m5 ;; esac",
    "f() {{ {0}\n}}\nf {1}",
    "function g {{ {0}\n}}; g; {1}",
    "f() ( {0}\n)",
    "{c} && {{ {0}\n}}",
    "{c} || {{ {0}\n}}",
    "[[ -n $({0}\n) ]] && {1}",
    "(( $({0}\n) + 1 )); {1}",
    "time {0}",
    "! {0}",
    "coproc {{ {0}\n}}; wait; {1}",
    "{{ {0}\n}} | {{ {1}\n}}",
    "{{ {0}\n}} |& {{ {1}\n}}",
    "{{ {0}\n}} & wait; {1}",
    "select i in a; do {0}\ndone",
    "{{ {0}\n}} 2>/dev/null; {1}",
    "w=([$({0}\n)]=a b)",
    "declare -A d=([a]=$({0}\n))",
    "# a comment with $(m8) and 'a quote\n{0}",
    "{0} # it's a comment\n{1}",
    "{0};{1}",
    "{0}\n{1}",
    "{0}\n\n{1}",
)


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
    return re.sub(r"\n;(?![;&])", "\n", text)


def _commands(depth: int) -> Text:
    leaves: Text = st.sampled_from([f"{name} {name}w" for name in MARKERS[:6]])
    make: Callable[[Text], Text] = lambda inner: st.one_of(  # noqa: E731 — named below
        _simple(_words(inner)),
        _assignments(_words(inner)),
        _compound(inner),
        _here_documents(inner),
        leaves,
    )
    found = leaves
    for _ in range(depth):
        found = make(found)
    return found


SCRIPTS: Text = st.lists(
    st.one_of(_commands(1), _commands(1), _commands(2)), min_size=1, max_size=6
).map("\n".join)


_VALUES = st.sampled_from(
    ["a", "b", "'c d'", "1", "~", "$x", "$y", '"$x"', "''", "x", "é"]
)
_CHANGES = st.sampled_from(
    """\
{0}={1}
{0}={1} # the same, more often
export {0}={1}
readonly {0}={1}
declare {0}={1}
declare -i {0}={1}
{0}+={1}
declare -n {0}=x
declare -u {0}
typeset -l {0}={1}
y=1 export {0}={1}
command export {0}={1}
'export' {0}={1}
builtin declare {0}={1}
read {0} <<<{1}
read -r y {0} <<<{1}
printf -v {0} %s {1}
printf -v{0} %s {1}
y={0}; printf -v $y %s {1}
unset {0}
unset -v {0}
unset '{0}[0]'
unset ${0}
mapfile {0} <<<{1}
{0}=({1})
{0}[0]={1}
{0}[1]={1}
: ${{{0}:={1}}}
: ${{{0}={1}}}
(({0}=5))
(({0}++))
let {0}=5
let '{0}=6'
: $(({0}=7))
: ${{none:{0}=1:1}}
: ${{w[{0}=8]}}
[[ {0}=9 -eq 9 ]]
y={0}=4; : $((y))
eval {0}={1}
eval '{0}={1}'
for {0} in {1}; do :; done
: $((1/0)); {0}={1}
: ${{x!y}}; {0}={1}
UID=1; {0}={1}
{{ {0}={1}; }} </nowhere
{0}={1} </nowhere
true && {0}={1}
false && {0}={1}
({0}={1})
{0}={1} | :
{0}={1} & wait
IFS={1}
if {0}={1}; then :; fi
while {0}={1}; do break; done
f() {{ {0}={1}; }}
f
{0}={1} f
local {0}={1}
trap '{0}={1}' DEBUG
{0}={1} true
f() {{ m4 ${0}; }}
wait -p {0}
getopts a {0}
exec {{{0}}}</dev/null
coproc {0} {{ :; }}; wait
shopt -s lastpipe; echo {1} | read {0}
set -- {1}; m5 "$1"
test -v {0} && {0}={1}
case a in a) {0}={1};; esac
{0}={1}; {0}={1}""".splitlines()
)
_SHOWN = st.sampled_from(
    [
        "m1 ${0}",
        'm1 "${0}"',
        "m1 ${{{0}}}z",
        "m1 ~/d",
        "m2 ${0}q/${0}",
        "m3 $HOME $x $y",
    ]
)
_NAMED = st.sampled_from(["x", "x", "y", "HOME"])

VARIABLES: Text = st.lists(
    st.one_of(
        st.builds(str.format, _CHANGES, _NAMED, _VALUES),
        st.builds(str.format, _SHOWN, _NAMED),
    ),
    min_size=2,
    max_size=7,
).map("\n".join)
"""Every way to set a variable, and markers that show what it holds."""

_PIECES = r"""a b v c Z 1 0 - + .. = ~ ~+ ~/ / : { } , {a,b} {1..3} {z..x} \ ' " $' $ ${
    $x ${x} "$x" "${x}" $HOME $1 $_ "$@" $((1+1)) ${x:-z} ${#x} ${x%v} * ? [ ] ^
    ! # % @ é \n \x41 \101 \u00e9 \c \e \0 x= =~ :~ \$ \` $'\x41' $"l" """

WORDS: Text = st.lists(
    st.sampled_from(
        [*_PIECES.split(), "'q r'", '"d  e"', "$(echo s)", "`echo t`", "\\\n"]
    ),
    min_size=1,
    max_size=7,
).map("".join)
"""Pieces of words in any order; bash accepts about four of five."""
