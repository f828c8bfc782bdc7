"""Why a model's answer is not used, in words for the person."""

from enum import Enum


class Lack(Enum):
    """What the person can do about it differs by this."""

    EMPTY = "no text at all"
    NOT_UNDERSTOOD = "the agreed answer to what cannot be done"
    SECRET = "a secret of the request would be needed"  # noqa: S105 — says what lacks
    SEVERAL = "several commands to choose from"
    ECHO = "the request itself"
    OTHER = "anything else"


class Unusable(Exception):
    """Nothing of the answer is used; `str()` is a sentence without its full stop."""

    def __init__(self, why: str, lack: Lack = Lack.OTHER) -> None:
        super().__init__(why)
        self.lack = lack


def several() -> Unusable:
    return Unusable(
        "it holds several commands to choose from, and none is picked for you",
        Lack.SEVERAL,
    )
