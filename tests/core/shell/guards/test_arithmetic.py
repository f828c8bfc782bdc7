"""What flows into arithmetic."""

import pytest

from tests.core.shell.answers import reading

NUMBERS = [
    "echo $((1 + 2))",
    "x=5; echo $((x + 1))",
    "echo $((UNSET_BY_THE_SCRIPT + $1))",
    "x=$(ls | wc -l); ((x > 3)) && a",
    "x=$(date +%s); echo $((x - $(date -d yesterday +%s)))",
    "x=$(df / | tr -dc 0-9); ((x > 3)) && a",
    "x=$(grep -c a f); let x+=1",
    "x=$(stat -c %s f); y=$x; echo $((y / 1024))",
    "for i in 1 2 3; do ((n += i)); done",
    "for i in $(seq 1 5); do echo $((i * i)); done",
    "for ((i = 0; i < 5; i++)); do a; done",
    "while read -r line; do ((n++)); done",
    "a=(1 2); i=0; echo ${a[$i]} ${a[@]} ${#a[@]}",
    "declare -A m; m[$(cat f)]=1; echo ${m[$k]}",
    "x=$(cat f); [ $x -gt 5 ]",
    "printf '%s n' $n; echo $((n))",
]
OPEN = [
    "echo $(( $(cat f) ))",
    "x=$(cat f); echo $((x))",
    "x=$(cat f); y=$x; echo $((y))",
    "x=$(printf 'a[$(rm b)]'); ((x))",
    "read -r n; echo $((n + 1))",
    "read -r n; let m=n",
    "for f in *; do ((f)); done",
    "for f in $(ls); do echo ${a[f]}; done",
    "x=$(cat f); [[ $x -gt 5 ]]",
    "x=$(cat f); a[x]=1",
    "x=$(cat f); echo ${y:x}",
    "x='w['; x+='$(rm b)]'; echo $((x))",
    'printf -v n %s "$(cat f)"; echo $((n))',
    "mapfile -t n < f; echo $((n))",
    "x=$(wc -l a b); echo $((x))",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_read(text):
    """Arithmetic on numbers, counts and the caller's own arguments is no risk."""
    assert reading(text).opaque == ()


@pytest.mark.parametrize("text", OPEN)
def test_foreign_text_in_arithmetic_is_opaque(text):
    """Text from a file or a command may hold a subscript that runs something."""
    assert any("arithmetic" in one.reason for one in reading(text).opaque)
