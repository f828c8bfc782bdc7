"""What the person asked, in their words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One sentence and the place it was said in."""

    words: str
    cwd: str
    home: str
    shell: str = "bash"
    system: str = "Linux"
