"""The person's configuration file, and what is wrong with one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from linara_agent.settings.asking import model_settings
from linara_agent.settings.layers import Sources, WrongSettings
from linara_agent.settings.run import run_settings

Make = Callable[..., Sources]
Config = Callable[[str], Path]


def problems(sources: Sources) -> tuple[str, ...]:
    with pytest.raises(WrongSettings) as caught:
        run_settings(sources)
    return caught.value.problems


def test_it_gives_the_defaults_of_flags(
    sources: Make, config: Config, monkeypatch: pytest.MonkeyPatch
):
    """The environment wins over it, and a blank variable is none."""
    file = config(
        'policy = "strict"\nview = "copy"\ntimeout_s = 5\n[model]\nseed = 1\n'
    )
    found = run_settings(sources())
    assert (found.settings.policy, found.settings.view) == ("strict", "copy")
    assert (found.settings.timeout_s, str(found.origins["view"])) == (5, f"{file}:2")
    monkeypatch.setenv("LINARA_POLICY", "automation")
    monkeypatch.setenv("LINARA_VIEW", "")
    found = run_settings(sources())

    assert (found.settings.policy, found.settings.view) == ("automation", "copy")
    assert str(found.origins["policy"]) == "LINARA_POLICY"


def test_a_dotenv_has_no_say_in_what_decides(sources: Make):
    """A directory cannot choose the policy that judges what is done in it."""
    Path(".env").write_text("LINARA_POLICY=/tmp/anything.toml\nLINARA_VIEW=copy\n")

    assert run_settings(sources()).settings.policy == "default"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("policy = \n", ":1: Invalid value"),
        ('policy = "strict"\nview = "all"\n', ":2: view: Input should be"),
        ("\npolice = 1\n", ":2: police: there is no such setting (is policy meant?)"),
        ("model = 3\n", ":1: model: it must be a table"),
        ("[modle]\nseed = 1\n", ":1: modle: there is no such setting"),
        ("[models]\n", ":1: models: there is no such setting (is model meant?)"),
        ("timeout_s = 0\n", ":1: timeout_s: "),
        ("a = " + "[" * 5000, ":1: "),
        ("policy = 3\n", ":1: policy: Input should be a valid string"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    sources: Make, config: Config, text: str, problem: str
):
    """A file that cannot be used stops the program, whatever it was about to do."""
    file = config(text)
    (found,) = problems(sources())

    assert found.startswith(f"{file}{problem}")


def test_the_line_is_that_of_the_right_table(sources: Make, config: Config):
    """The same name in another table, in quotes or in a comment is another one."""
    file = config(
        'policy = "strict"\n# zdr = true\n[model]\n# zdr = 1\n"seed" = 4\nzdr = 17\n'
    )
    with pytest.raises(WrongSettings) as caught:
        model_settings(sources(seed=1.5))

    assert {line.partition(": ")[0] for line in caught.value.problems} == {
        f"{file}:6",
        "--seed",
    }


def test_no_other_user_may_have_written_it(sources: Make, config: Config):
    """The file says where the key goes, so it and its directory are its owner's."""
    file = config('policy = "strict"\n')
    file.chmod(0o620)
    assert "others may write to it" in problems(sources())[0]
    file.chmod(0o600)
    file.parent.chmod(0o770)
    assert "others may write to it" in problems(sources())[0]
    file.parent.chmod(0o700)

    assert run_settings(sources()).settings.policy == "strict"


def test_something_else_in_its_place_is_told(sources: Make, config: Config):
    """A directory is no file, and bytes are no text."""
    file = config("")
    file.write_bytes(b"policy = '\xff'\n")
    assert problems(sources()) == (f"{file}:1: it is not written in UTF-8",)
    file.unlink()
    file.mkdir()
    assert problems(sources()) == (f"{file}:1: it is no regular file",)
    file.rmdir()
    file.write_bytes(b"#" * ((1 << 20) + 1))
    file.chmod(0o600)

    assert problems(sources()) == (f"{file}:1: it is larger than 1048576 bytes",)
