"""The shelf: every recipe is sound, and every unsound one is told."""

from itertools import islice
from pathlib import Path

import pytest

from linara_agent.core.intent import Intent
from linara_agent.errors import ProposalUnavailable, UsageProblem
from linara_agent.recipes.book import RecipeBook
from linara_agent.recipes.phrasing import Literal, variants
from linara_agent.recipes.recipe import DATA, Recipe, load_shelf

BOOK = RecipeBook(user="ana", temp="/tmp")
SHELF = load_shelf()
VARIANTS_TRIED = 12
SAMPLES = {
    "path": "zebra",
    "file": "zebra.txt",
    "document": "zebra.txt",
    "dir": "sub/zebra",
    "place": "sub/zebra/",
    "text": "zebra",
    "replacement": "zebra",
    "glob": "zebra.txt",
    "wild": "zebra*",
    "word": "zebra",
    "host": "zebra.example",
    "suffix": "pdf",
    "size": "5MB",
    "days": "3 days",
    "minutes": "20 minutes",
    "count": "7",
    "port": "8080",
    "pid": "4711",
    "url": "https://example.org/x",
    "mode": "640",
    "tarball": "x.tar.gz",
    "zipfile": "x.zip",
    "gzfile": "x.gz",
}

GOOD = """
[[recipe]]
id = "a.b"
sentence = "Shows {path}."
example = "show x"
phrasings = ["show {path}"]
command = "cat -- {path}"
"""


def source_of(words: str) -> str | None:
    try:
        return BOOK.propose(Intent(words=words, cwd="/", home="/home/ana")).source
    except ProposalUnavailable as refusal:
        return f"refused: {refusal.what}"


def sayings(recipe: Recipe) -> list[str]:
    return [
        " ".join(e.word if isinstance(e, Literal) else SAMPLES[e.kind] for e in way)
        for elements in recipe.phrasings
        for way in islice(variants(elements), VARIANTS_TRIED)
    ]


@pytest.mark.parametrize("recipe", SHELF.recipes, ids=lambda recipe: recipe.id)
def test_every_phrasing_is_its_own_recipe(recipe: Recipe):
    """No way of saying one recipe is taken for another, or for none."""
    said = sayings(recipe)
    assert {words: source_of(words) for words in said} == dict.fromkeys(said, recipe.id)


def test_every_example_is_answered_by_its_recipe():
    """The example that a refusal may show leads to the recipe it stands for."""
    found = {r.id: source_of(r.entry.example) for r in SHELF.recipes}
    assert found == {r.id: r.id for r in SHELF.recipes}


def test_ids_are_unique():
    """Each recipe has an id of its own, as the journal names it."""
    ids = [recipe.id for recipe in SHELF.recipes]
    assert len(set(ids)) == len(ids) >= 110


@pytest.mark.parametrize("program", ["rm", "rmdir", "pkill", "kill", "truncate"])
def test_what_destroys_is_marked(program: str):
    """A recipe that runs a destroying program is never matched loosely."""
    run = [r for r in SHELF.recipes if program in r.entry.command.split()]
    assert run
    assert all(r.entry.destructive for r in run)


def test_what_deletes_or_overwrites_is_marked():
    """The same holds for find -delete, in-place edits and --hard resets."""
    words = {"-delete", "--in-place", "--hard", "--force", "--extract"}
    run = [r for r in SHELF.recipes if words & set(r.entry.command.split())]
    assert run
    assert all(r.entry.destructive for r in run)


@pytest.mark.parametrize("word", ["eval", "sh", "bash", "sudo", "exec", "source"])
def test_commands_run_no_other_text(word: str):
    """A command is plain: it evaluates nothing and asks for no other rights."""
    assert [r.id for r in SHELF.recipes if word in r.entry.command.split()] == []


def test_commands_substitute_nothing():
    """A command as written holds no substitution and no variable."""
    assert [
        r.id
        for r in SHELF.recipes
        if "$(" in r.entry.command or "`" in r.entry.command or "${" in r.entry.command
    ] == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('command = "cat', 'comand = "cat', "recipe.0.comand: Extra inputs"),
        ('id = "a.b"', 'id = "A B"', "recipe.0.id"),
        ("cat -- {path}", "cat -- {other}", "nothing fills {other}"),
        ("cat -- {path}", "cat -- x", "nothing"),
        ("cat -- {path}", "cat -- '{path}'", "inside quotation marks"),
        ("cat -- {path}", "cat -- x{path}", "not a whole word"),
        ("cat -- {path}", "cat -- {path|stem}", "filters belong"),
        ("show {path}", "show [{path}", "'[' is not closed"),
        ("show {path}", "show {path})", "')' is out of place"),
        ("show {path}", "show {pathy}", "names no kind"),
        ("show {path}", "show [|x] {path}", "is empty"),
        ("show {path}", "show {path} {size}", "{size} is not used"),
        ("[[recipe]]", "[[recipe]", "broken.toml"),
    ],
)
def test_unsound_recipe_is_told(tmp_path: Path, old: str, new: str, told: str):
    """A recipe that could not work stops the load, with file, place and reason."""
    assert old in GOOD
    language = (DATA / "language.toml").read_text("utf-8")
    (tmp_path / "language.toml").write_text(language, "utf-8")
    text = GOOD.replace(old, new, 1)
    if told == "nothing":
        text = text.replace("Shows {path}.", "Shows it.")
        told = "{path} is not used"
    (tmp_path / "broken.toml").write_text(text, "utf-8")
    with pytest.raises(UsageProblem) as problem:
        load_shelf(tmp_path)
    assert "broken.toml" in problem.value.what
    assert told in problem.value.what


def test_all_problems_are_told_at_once(tmp_path: Path):
    """Two broken files and an id used twice are named in one error."""
    language = (DATA / "language.toml").read_text("utf-8")
    (tmp_path / "language.toml").write_text(language, "utf-8")
    (tmp_path / "one.toml").write_text(GOOD, "utf-8")
    (tmp_path / "two.toml").write_text(GOOD, "utf-8")
    (tmp_path / "three.toml").write_text("recipe = 1", "utf-8")
    with pytest.raises(UsageProblem) as problem:
        load_shelf(tmp_path)
    assert "two.toml: a.b: the id is used twice" in problem.value.what
    assert "three.toml: recipe" in problem.value.what


def test_missing_data_is_told(tmp_path: Path):
    """A directory without data is an error, not a book without recipes."""
    with pytest.raises(UsageProblem) as problem:
        load_shelf(tmp_path)
    assert "language.toml" in problem.value.what


def test_a_word_has_one_meaning(tmp_path: Path):
    """A synonym of two different words is an error of the language file."""
    language = (DATA / "language.toml").read_text("utf-8")
    (tmp_path / "language.toml").write_text(
        language + '\nwatch = ["delete"]\n', encoding="utf-8"
    )
    (tmp_path / "one.toml").write_text(GOOD, "utf-8")
    with pytest.raises(UsageProblem) as problem:
        load_shelf(tmp_path)
    assert "'delete' stands for 'remove' and 'watch'" in problem.value.what
