"""What the person asked, in their words."""

from dataclasses import dataclass
from enum import StrEnum


class Context(StrEnum):
    """How much of the place is told to a model."""

    NONE = "none"
    CWD = "cwd"
    TREE = "tree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One sentence and the place it was said in.

    `tools` are programs that are there, out of those worth knowing of; `listing` are
    names below the working directory, directories with a slash at their end. What of
    the place leaves the machine is `context`'s to say. `several` is how many different
    answers are wanted, `script` that one of many lines is.
    """

    words: str
    cwd: str
    home: str
    shell: str = "bash"
    system: str = "Linux"
    tools: tuple[str, ...] = ()
    listing: tuple[str, ...] = ()
    context: Context = Context.CWD
    several: int = 1
    script: bool = False
