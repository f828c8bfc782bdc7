"""One line of `doctor`: a precondition, whether it holds, and the remedy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`required` means that the main path does not work without it.

    `remedy` is the exact thing to do, None when all is well.
    """

    name: str
    ok: bool
    detail: str
    remedy: str | None = None
    required: bool = True
