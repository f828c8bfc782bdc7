"""Show a plan and ask: the one place where a person approves."""

import sys

from rich.text import Text

from linara_agent.cli import render
from linara_agent.cli.candidates import candidates as show_candidates
from linara_agent.cli.console import Console
from linara_agent.core.decision import Decision
from linara_agent.core.next_step import only_looks
from linara_agent.core.passage import Passage
from linara_agent.core.plan import Plan
from linara_agent.core.review import Answer, Way
from linara_agent.ports import Reviewed

_KEYS = {
    "a": "apply these changes to the host",
    "r": "rerun the command on the host",
    "e": "edit the command",
    "m": "show more",
    "d": "decline",
}


class TerminalReviewer:
    """Implements ports.Reviewer; keys are single letters, Ctrl-D leaves the plan."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def review(self, plan: Plan, *, ways: tuple[Way, ...]) -> Reviewed:
        if not self._console.interactive:
            return Reviewed(answer=Answer.UNANSWERED)
        self._show(plan, full=False)
        default = self._default(plan, ways)
        answers = {
            "r": Reviewed(answer=Answer.APPROVED, way=Way.RERUN),
            "d": Reviewed(answer=Answer.DECLINED),
            "n": Reviewed(answer=Answer.DECLINED),
            None: Reviewed(answer=Answer.UNANSWERED),
        }
        if Way.APPLY in ways:
            answers["a"] = Reviewed(answer=Answer.APPROVED, way=Way.APPLY)
        while True:
            key = self._ask(ways, default)
            if key in answers:
                return answers[key]
            if key == "m":
                self._show(plan, full=True)
            text = self._edit(plan.proposal.text) if key == "e" else None
            if text is not None:
                return Reviewed(answer=Answer.UNANSWERED, text=text)

    def choose(self, candidates: tuple[Passage, ...], *, of: int) -> int | None:
        """By number; Ctrl-D (and `q`) leave them all as plans."""
        import click

        if not self._console.interactive:
            return None
        self._console.say(*show_candidates(candidates))
        numbers = "".join(f"[{one}]" for one in range(1, of + 1))
        self._console.say(
            Text(f"\n{numbers} review that one  [q] keep them as plans", style="bold")
        )
        while True:
            try:
                key = click.getchar().rstrip("\r\n").lower()
            except EOFError:
                return None
            if key in ("\x04", "q"):
                return None
            if key.isdecimal() and 0 < int(key) <= of:
                return int(key) - 1

    def _show(self, plan: Plan, *, full: bool) -> None:
        self._console.say(
            *render.command(plan.proposal),
            *render.verdict(plan.verdict),
            *render.preview(plan.preview, plan.verdict, full=full),
        )

    def _default(self, plan: Plan, ways: tuple[Way, ...]) -> str | None:
        """A look at live state that the policy allows is rerun on Enter."""
        allowed = plan.verdict.decision is Decision.ALLOW
        if allowed and only_looks(plan.verdict, plan.preview):
            self._console.say(
                Text(
                    "  The sandbox shows its own state here, not this machine's.",
                    style="yellow",
                )
            )
            return "r"
        if Way.APPLY not in ways and plan.preview.effective:
            self._console.say(
                Text("  These changes cannot be copied, only rerun.", style="yellow")
            )
        return None

    def _ask(self, ways: tuple[Way, ...], default: str | None) -> str | None:
        """One letter, in lower case; None at the end of input."""
        import click

        offered = [key for key in _KEYS if key != "a" or Way.APPLY in ways]
        words = "  ".join(f"[{key}] {_KEYS[key]}" for key in offered)
        enter = f"  (Enter: {default})" if default else ""
        self._console.say(Text(f"\n{words}{enter}", style="bold"))
        try:
            pressed = click.getchar()
        except EOFError:
            return None
        if pressed in ("\x04", ""):
            return None
        # Who types quickly sends the letter and Enter in one.
        key = pressed.rstrip("\r\n")
        return key.lower() if key else default or ""

    def _edit(self, text: str) -> str | None:
        """The command, edited; None if it is left as it was or emptied."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.output.defaults import create_output

        self._console.say(Text("  Edit the command; Enter takes it, Ctrl-C leaves it."))
        try:
            session: PromptSession[str] = PromptSession(
                output=create_output(stdout=sys.stderr)
            )
            edited = session.prompt("  $ ", default=text, multiline="\n" in text)
        except (KeyboardInterrupt, EOFError):
            return None
        return edited if edited.strip() and edited != text else None
