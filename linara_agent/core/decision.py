"""The three answers a policy can give, ordered so that the strictest is the maximum."""

from enum import IntEnum
from typing import Self


class Decision(IntEnum):
    """`allow` < `review` < `deny`; findings are combined with `max`."""

    ALLOW = 0
    REVIEW = 1
    DENY = 2

    @property
    def word(self) -> str:
        """The word used in policy files, the journal and on the screen."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Self:
        """Read the word back; raises KeyError for any other."""
        return cls[word.upper()]
