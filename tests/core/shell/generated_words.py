"""Words: pieces of them in any order, and what they may become."""

from hypothesis import strategies as st

Text = st.SearchStrategy[str]

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
