"""Intents become exactly the command that was meant, or a clear refusal."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linara_agent.core.intent import Intent
from linara_agent.core.proposal import Origin, Proposal
from linara_agent.errors import ProposalUnavailable
from linara_agent.recipes.book import LONGEST_INTENT, RecipeBook

TABLE = Path(__file__).parent / "intents.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()]
BOOK = RecipeBook(user="ana", temp="/tmp")

REFUSED = (
    # nothing said, or nothing that can be read
    "",
    "   ",
    "asdf qwer zxcv",
    "aaaaaaaa",
    "?!?!",
    "x" * 10_240,
    "word " * 100,
    "remove folder a\nb",
    "remove folder a\x00b",
    "remove folder a\x1b[2Jb",
    "remove folder a\u202etxt",
    "remove folder a\u200bb",
    "show disk usage\r\n",
    "remove folder \udcff",
    # nothing that a recipe does
    "how are you",
    "show area",
    "what is the meaning of life",
    "translate hello to french",
    "make me a sandwich",
    "open here in vscode",
    "install vim",
    "reboot",
    "format /dev/sda",
    "wipe my disk",
    "print my name",
    "search google for cats",
    "what's my public ip",
    "show me the money",
    # more destruction than any recipe has
    "delete everything",
    "delete all files",
    "delete all files in /",
    "remove it",
    "remove this",
    "remove all folders",
    "remove everything in folder x",
    "remove files in x",
    "delete files older than 30 days",
    "kill all processes",
    "kill -9 1234",
    "kill whatever is on port 3000",
    # a name that cannot be told from the rest of the sentence
    "remove the file notes.txt and b.txt",
    "remove folder a, b",
    "remove folder a && b",
    "remove folder x in y",
    "remove folder that I made yesterday",
    "remove folder named x older than 3 days",
    "rename a to b to c",
    "replace foo with bar with baz in x.txt",
    "remove file notes.txt.",
    "remove file notes.txt?",
    "remove folder 'unclosed",
    'remove folder ""',
    'remove folder "a" "b"',
    # nearly a recipe that destroys
    "remvoe folder x",
    "files temp clean",
    "don't delete folder x",
    "never remove file a.txt",
    "clean temp files except mine",
    # a value that is none
    "find files larger than 100",
    "find files larger than 0MB",
    "find files older than 0 days",
    "what listens on port 99999",
    "what listens on port http",
    "show file *.txt",
    "find broken files",
    "download file:///etc/passwd",
)


def propose(words: str) -> Proposal:
    return BOOK.propose(Intent(words=words, cwd="/work", home="/home/ana"))


@pytest.mark.parametrize(
    ("words", "recipe", "command"), ROWS, ids=[row[0] for row in ROWS]
)
def test_table(words: str, recipe: str, command: str):
    """Each intent of the table gives its recipe and its command, to the letter."""
    proposal = propose(words)
    assert (proposal.source, proposal.text) == (recipe, command)


def test_table_is_large():
    """The table holds at least 150 different intents."""
    assert len({row[0] for row in ROWS}) == len(ROWS) >= 150


@pytest.mark.parametrize("words", REFUSED, ids=[ascii(w)[:40] for w in REFUSED])
def test_refused(words: str):
    """What no recipe fits well is refused, with examples and the way to a model."""
    with pytest.raises(ProposalUnavailable) as refusal:
        propose(words)
    error = refusal.value
    assert error.what.endswith(".")
    assert error.not_done == "No command was proposed, and nothing ran."
    assert "OPENROUTER_API_KEY" in error.remedy
    assert "`linara-agent key set`" in error.remedy
    assert 2 <= error.remedy.count("“") <= 3


def test_refusal_names_the_nearest_recipes():
    """The examples of a refusal are those of recipes that look like the intent."""
    with pytest.raises(ProposalUnavailable) as refusal:
        propose("restart nginx")
    assert "“restart service nginx”" in refusal.value.remedy


def test_refusal_shows_nothing_that_could_steer_a_terminal():
    """A refusal never repeats control characters, and shortens what is long."""
    for words in ("\x1b]0;x\x07", "zq " * (LONGEST_INTENT // 20)):
        with pytest.raises(ProposalUnavailable) as refusal:
            propose(words)
        assert refusal.value.what.isprintable()
        assert len(refusal.value.what) < 200


def test_proposal_says_where_it_comes_from():
    """A proposal names its recipe, what it does, and how to ask a model instead."""
    proposal = propose("find files larger than 100MB")
    assert proposal.origin is Origin.RECIPE
    assert proposal.source == "find.larger"
    assert proposal.rationale == "Finds files in this folder larger than 100M."
    assert proposal.notice is not None
    assert "offline recipe find.larger" in proposal.notice
    assert "OPENROUTER_API_KEY" in proposal.notice
    assert ".env" in proposal.notice
    assert "`linara-agent key set`" in proposal.notice


def test_temp_files_are_those_of_the_given_user_and_directory():
    """Cleaning temp files takes user and directory from the book, quoted."""
    book = RecipeBook(user="1000", temp="/home/a na/tmp")
    proposal = book.propose(Intent(words="clean temp files", cwd="/", home="/home/b"))
    assert proposal.text == (
        "find '/home/a na/tmp' -xdev -mindepth 1"
        r" -type d \( ! -readable -o ! -executable \) -prune"
        " -o -type f -user 1000 -mtime +7 -print -exec rm -f -- {} +"
    )


def test_examples_list_every_recipe():
    """The book tells its recipes, at least 110, with an intent each."""
    examples = BOOK.examples()
    assert len(examples) >= 110
    assert ("clean.temp", "clean temp files") in {row[:2] for row in examples}


NAMES = st.text(
    st.characters(exclude_categories=("C", "Z"), include_characters=" "), min_size=1
)


@settings(max_examples=100, deadline=None)
@given(NAMES)
def test_a_quoted_name_is_one_operand(name: str):
    """Whatever stands between quotation marks is exactly the last operand of rm."""
    mark = "'" if '"' in name else '"'
    if mark in name or not name.strip():
        return
    words = shlex.split(propose(f"remove folder {mark}{name}{mark}").text)
    expected = f"./{name}" if name.startswith("-") else name
    if name == "~" or name.startswith("~/"):
        expected = "/home/ana" + name[1:]
    assert words == ["rm", "-r", "--", expected]


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_gives_a_proposal_or_a_refusal(words: str):
    """No intent makes the book fail in another way than by refusing it."""
    try:
        proposal = propose(words)
    except ProposalUnavailable:
        return
    assert proposal.text
