"""The options about the model: what was given, and nothing else, becomes a setting."""

from typing import Any

import click
import pytest
from click.testing import CliRunner

from linara_agent.cli.model_options import ModelCommand, ModelFlags, model_flags
from linara_agent.settings.model import ModelSettings


@click.command("ask", cls=ModelCommand)
@click.argument("words", nargs=-1)
@click.option("--other", help="Not about the model.")
@model_flags
@click.pass_context
def ask(
    ctx: click.Context, words: tuple[str, ...], other: str | None, model: ModelFlags
) -> None:
    del words, other
    ctx.obj.update(model.given)


def given(*arguments: str) -> dict[str, object]:
    found: dict[str, object] = {}
    done = CliRunner().invoke(ask, arguments, obj=found)
    assert done.exit_code == 0, done.output
    return found


def test_what_is_not_given_is_left_to_the_settings():
    """No flag has a default of its own."""
    assert given("list", "files") == {}


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (("--model", "a/b"), {"model": "a/b"}),
        (("--fallback", "a", "--fallback", "b"), {"fallbacks": ("a", "b")}),
        (("--base-url", "http://127.0.0.1:1"), {"base_url": "http://127.0.0.1:1"}),
        (("--temperature", "0"), {"temperature": 0.0}),
        (("--max-tokens", "9", "--seed", "0"), {"max_tokens": 9, "seed": 0}),
        (("--effort", "none"), {"effort": "none"}),
        (
            ("--data-collection", "deny", "--zdr"),
            {"data_collection": "deny", "zdr": True},
        ),
        (("--no-zdr", "--no-stream"), {"zdr": False, "stream": False}),
        (("--context", "tree", "--no-cache"), {"context": "tree", "cache": False}),
        (("--max-cost", "0.10"), {"max_cost": "0.10"}),
    ],
)
def test_each_flag_is_a_setting(arguments: tuple[str, ...], settings: dict[str, Any]):
    """By its name, with its value, zero and no included."""
    assert given(*arguments) == settings
    assert ModelSettings.model_validate(settings).model_fields_set == set(settings)


def test_help_keeps_them_apart():
    """The options of the command come first, each once."""
    text = CliRunner().invoke(ask, ["--help"]).output
    first, _, second = text.partition("\nThe model (")

    assert "--other" in first
    assert "--temperature" not in first
    assert "--temperature" in second
    assert text.count("--model ") == 1
