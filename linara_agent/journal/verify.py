"""Checks the chain of the whole journal."""

from pathlib import Path

from linara_agent.core import chain
from linara_agent.journal.read import raw_lines


def verify(state: Path) -> chain.Intact | chain.Broken:
    """Read the journal below `state` from its first line to its last.

    Nothing journaled yet is intact, with no records. Lines cut off at the end cannot
    be found from the file alone: compare `head` and `count` with ones kept elsewhere.
    Raises JournalUnavailable if the file cannot be read.
    """
    return chain.verify(raw_lines(state))
