"""The 76 cases, in their order; some have several variants."""

from tests.openrouter_double.cases import (
    broken,
    busy,
    failed,
    pages,
    refused,
    streams,
    success,
)
from tests.openrouter_double.cases.case import Case

NUMBERS = range(1, 77)

CASES: tuple[Case, ...] = tuple(
    sorted(
        (
            *success.CASES,
            *failed.CASES,
            *streams.CASES,
            *refused.CASES,
            *busy.CASES,
            *broken.CASES,
            *pages.CASES,
        ),
        key=lambda case: (case.number, case.variant),
    )
)


def numbered(name: str) -> tuple[Case, ...]:
    """Every variant of case `13`, or the one of `13b`; raises LookupError."""
    found = tuple(case for case in CASES if name in (case.name, str(case.number)))
    if not found:
        raise LookupError(name)
    return found
