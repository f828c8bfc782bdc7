"""Every error has its exit code, and says what a person can do."""

import inspect

import pytest

from linara_agent import errors
from linara_agent.cli.exit_codes import ExitCode, code_of

CLASSES = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, errors.LinaraError) and member is not errors.LinaraError
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_has_an_exit_code_of_its_own_kind(
    error: type[errors.LinaraError],
):
    """No error of ours is reported as success or as a bug in linara-agent."""
    code = code_of(error("It broke.", not_done="Nothing ran.", remedy="Mend it."))

    assert isinstance(code, ExitCode)
    assert int(code) not in (0, 3)


def test_an_unexpected_error_is_a_bug():
    """What is no error of ours exits 3."""
    assert int(code_of(ZeroDivisionError())) == 3
