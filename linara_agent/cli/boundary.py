"""The one error boundary: three sentences, an exit code, and no traceback."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

import click

from linara_agent.cli.console import console, lose
from linara_agent.cli.exit_codes import ExitCode, code_of
from linara_agent.errors import LinaraError


def guarded(body: Callable[[], object], *, debug: bool) -> int:
    """Run the command line; returns the exit code."""
    try:
        # Not standalone, click gives the code of its Exit back as a value.
        code = body()
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        return _ended(ExitCode.USAGE, _of_usage(error))
    except (KeyboardInterrupt, click.Abort):
        return _interrupted()
    except BrokenPipeError:
        # The reader of our output left; there is nobody to tell.
        lose(sys.stdout)
        return int(ExitCode.DONE)
    except LinaraError as error:
        facts = _say(error)
        if debug:
            import traceback

            traceback.print_exc()
        return _ended(code_of(error), facts)
    except Exception as error:  # noqa: BLE001 — whatever is left is our own mistake
        return _unexpected(error, debug=debug)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _of_usage(error: click.ClickException) -> dict[str, object]:
    """Tell of what click finds before a command begins."""
    with suppress(OSError):
        error.show()
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    path = "linara-agent" if ctx is None else ctx.command_path
    return {
        "error": error.format_message(),
        "not_done": "Nothing was judged, and nothing ran.",
        "remedy": f"Correct the call: `{path} --help`.",
    }


def _interrupted() -> int:
    _tell(
        "\nInterrupted. What was running was stopped; a plan that was shown stays"
        " saved (`linara-agent plan list`).\n"
    )
    return _ended(ExitCode.INTERRUPTED, {"error": "Interrupted."})


def _tell(words: str) -> None:
    """Whoever cannot be told still gets the exit code."""
    try:
        sys.stderr.write(words)
        sys.stderr.flush()
    except (OSError, ValueError):  # it may be full, or closed
        with suppress(OSError, ValueError):
            lose(sys.stderr)


def _ended(code: ExitCode, facts: Mapping[str, object]) -> int:
    """Who asked for one JSON object gets one in this ending too."""
    if console.as_json:
        answer = {"schema": 1, **facts, "exit": int(code)}
        with suppress(OSError, ValueError):  # it may be closed
            console.result(json.dumps(answer, ensure_ascii=False))
    return int(code)


def _unexpected(error: Exception, *, debug: bool) -> int:
    if code_of(error) is ExitCode.INTERRUPTED:
        return _interrupted()
    _report(error, debug=debug)
    facts = {"error": f"linara-agent has a bug: {type(error).__name__}."}
    return _ended(ExitCode.BUG, facts)


def _say(error: LinaraError) -> dict[str, object]:
    """Tell the person; returns the same for a program."""
    from linara_agent.core.attempt import FailedReply
    from linara_agent.core.visible import visible

    facts: dict[str, object] = {
        "error": error.what,
        "not_done": error.not_done,
        "remedy": error.remedy,
    }
    usage = error.usage if isinstance(error, FailedReply) else None
    cost = None if usage is None else usage.cost_usd
    if cost is not None:
        facts["cost_usd"] = cost
    _tell(
        f"error: {visible(error.what)}\n"
        f"  not done: {visible(error.not_done)}\n"
        f"  what to do: {visible(error.remedy)}\n"
        + ("" if cost is None else f"  cost: {cost:.6f} USD\n")
    )
    return facts


def _report(error: Exception, *, debug: bool) -> None:
    """A traceback goes into a file that can be pasted into an issue."""
    import tempfile
    import traceback

    from linara_agent.core.redact import redact

    text = redact("".join(traceback.format_exception(error)))
    if debug:
        _tell(text)
    where = "no report could be written"
    try:
        descriptor, name = tempfile.mkstemp(prefix="linara-agent-bug-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"## linara-agent: unexpected error\n\n```\n{text}```\n")
        where = f"the report is in {name}"
    except OSError:
        pass
    _tell(
        f"error: linara-agent has a bug: {type(error).__name__}.\n"
        "  not done: Whatever was not reported as done above was not done.\n"
        f"  what to do: Send it to the authors; {where}. --debug shows it here.\n"
    )
