"""Texts that nobody meant as a script: bytes, characters, and damaged scripts."""

import json
from pathlib import Path

from hypothesis import strategies as st

CORPUS = Path(__file__).parents[2] / "corpus" / "shell"
Text = st.SearchStrategy[str]


def rows(name: str) -> list[dict[str, str]]:
    lines = (CORPUS / name).read_text().splitlines()
    return [json.loads(line) for line in lines]


def constructs() -> list[str]:
    """Scripts separated by lines of two dashes."""
    return (CORPUS / "constructs.txt").read_text().strip("\n").split("\n--\n")


MARKED = [*(row["script"] for row in rows("scripts.jsonl")), *constructs()]
"""Scripts that call markers alone, and so may be run, damaged or not."""
_REAL = (CORPUS / "nl2bash.txt").read_text().splitlines()

# What has a meaning to some reader of shell.
_TOKENS = r"""$( ) ${ } (( )) [[ ]] ` ' " \ $' <( >( << <<- <<< EOF > >> <> >| &> >& < &
    && || | |& ; ;; ;& ;;& { ( $ # ! * ? [ ] = += : , .. ~ @ % ^ / - if then fi for in
    do done case esac while until select function time coproc $(( $[ {a,b} x=$( x=( a[
    ${x: ${!x     @P} eval"""
_BLANKS = [
    " ",
    "\n",
    "\t",
    "\\\n",
    "\r",
    "\0",
    "\x01",
    "é",
    "\u200b",
    "\ud800",
    "\U0001f600",
]

BYTES: Text = st.binary(max_size=200).map(
    lambda raw: raw.decode(errors="surrogateescape")
)
CHARACTERS: Text = st.text(max_size=200)
TOKENS: Text = st.lists(
    st.sampled_from([*_TOKENS.split(), *_BLANKS, "a", "m1", "1"]), max_size=40
).map("".join)


@st.composite
def damaged(draw: st.DrawFn, texts: list[str], odd: list[str]) -> str:
    """One of the texts after a few cuts, copies, insertions and swaps."""
    text = draw(st.sampled_from(texts))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        piece = draw(
            st.one_of(
                st.just(""),
                st.sampled_from(odd),
                st.sampled_from(texts),
                st.just(text[start:end] * 2),
                st.just(text[start:end][::-1]),
            )
        )
        text = text[:start] + piece + text[end:]
    return text


DAMAGED: Text = damaged([*MARKED, *_REAL], [*_TOKENS.split(), *_BLANKS])
DAMAGED_MARKED: Text = damaged(MARKED, [*_TOKENS.split(), " ", "\n", "\t", "\\\n"])
