"""The one error boundary: three sentences, an exit code, and no traceback."""

import os
import sys
from collections.abc import Callable

import click

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
        error.show()
        return int(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write(
            "\nInterrupted. What was running was stopped; a plan that was shown stays"
            " saved (`linara-agent plan list`).\n"
        )
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output left; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.DONE)
    except LinaraError as error:
        _say(error)
        if debug:
            import traceback

            traceback.print_exc()
        return int(code_of(error))
    except Exception as error:  # noqa: BLE001 — whatever is left is our own mistake
        _report(error, debug=debug)
        return int(ExitCode.BUG)
    return code if isinstance(code, int) else int(ExitCode.DONE)


def _say(error: LinaraError) -> None:
    from linara_agent.core.visible import visible

    sys.stderr.write(
        f"error: {visible(error.what)}\n"
        f"  not done: {visible(error.not_done)}\n"
        f"  what to do: {visible(error.remedy)}\n"
    )


def _report(error: Exception, *, debug: bool) -> None:
    """A traceback goes into a file that can be pasted into an issue."""
    import tempfile
    import traceback

    from linara_agent.core.redact import redact

    text = redact("".join(traceback.format_exception(error)))
    if debug:
        sys.stderr.write(text)
    where = "no report could be written"
    try:
        descriptor, name = tempfile.mkstemp(prefix="linara-agent-bug-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"## linara-agent: unexpected error\n\n```\n{text}```\n")
        where = f"the report is in {name}"
    except OSError:
        pass
    sys.stderr.write(
        f"error: linara-agent has a bug: {type(error).__name__}.\n"
        "  not done: Whatever was not reported as done above was not done.\n"
        f"  what to do: Send it to the authors; {where}. --debug shows it here.\n"
    )
