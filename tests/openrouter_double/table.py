"""The table of the cases: what the server does, and what comes of it, as observed."""

from collections.abc import Iterator

from linara_agent.openrouter.proposer import TRIES
from tests.openrouter_double.cases.all import CASES
from tests.openrouter_double.cases.case import Ask, Case
from tests.openrouter_double.observation import Observed, observe

_HEAD = """\
| case | the server sends | what the person gets | exit | retries |
|---|---|---|---|---|"""


def rows() -> Iterator[str]:
    """Lines of Markdown, each as soon as its case was played."""
    yield _HEAD
    for case in CASES:
        seen = observe(case, stream=bool(case.stream))
        cells = (case.name, case.sends, _got(seen), _exit(case, seen), _retries(seen))
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _got(seen: Observed) -> str:
    if seen.command is not None:
        return f"the command `{seen.command}`"
    return "<br>→ ".join(part for part in (seen.told, seen.advice) if part)


def _exit(case: Case, seen: Observed) -> str:
    """A command goes on to the verdict and the preview, which give the exit code."""
    match case.ask:
        case Ask.CHAT:
            return "goes on" if seen.exit is None else str(seen.exit)
        case Ask.DOCTOR:
            return "a line of `doctor`"
        case Ask.NOTHING:
            return "not asked"


def _retries(seen: Observed) -> str:
    if seen.asked_again:
        return f"{TRIES - 1}, each told why"
    return str(max(0, seen.tries - 1))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
