"""Scripts that set variables in every way, and show what they hold."""

from hypothesis import strategies as st

Text = st.SearchStrategy[str]

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

_MIXED = st.lists(
    st.one_of(
        st.builds(str.format, _CHANGES, _NAMED, _VALUES),
        st.builds(str.format, _SHOWN, _NAMED),
    ),
    min_size=2,
    max_size=7,
).map("\n".join)
# A constant, one way to change it, and the markers that show what became of it.
_ONE_CHANGE = st.builds(
    "{}\n{}\nm1 $x; m2 ~".format,
    st.sampled_from(["x=a", "x=b; y=c", "export x=a", "f() { m3 $x; }; x=a; f"]),
    st.builds(str.format, _CHANGES, st.sampled_from(["x", "HOME"]), _VALUES),
)

VARIABLES: Text = st.one_of(_MIXED, _ONE_CHANGE)
"""Every way to set a variable, and markers that show what it holds."""
