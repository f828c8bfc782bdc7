"""What was seen of a preview beside its changes, as JSON."""

from linara_agent.core.preview import Preview
from linara_agent.core.record import Json
from linara_agent.core.traced import Connected, Traced
from linara_agent.core.wire import encode_text

_JOURNALED = 100


def observations_json(preview: Preview) -> dict[str, Json]:
    """For `--json`; `traced` is null where nothing was traced."""
    steps: list[Json] = [
        {"line": step.line, "text": encode_text(step.text), "begun": step.begun}
        for step in preview.steps
    ]
    traced = preview.traced
    return {
        "runtime": preview.runtime,
        "steps": steps,
        "traced": None if traced is None else _traced(traced),
    }


def observed_facts(preview: Preview) -> dict[str, Json]:
    """For the journal: programs without their words, the first hundred of each kind."""
    facts: dict[str, Json] = {}
    if preview.runtime is not None:
        facts["runtime"] = preview.runtime
    if preview.steps:
        facts["steps"] = len(preview.steps)
        facts["steps_begun"] = sum(step.begun for step in preview.steps)
    traced = preview.traced
    if traced is not None:
        counts = list(traced.counts.items())[:_JOURNALED]
        facts["executed"] = [[encode_text(path), count] for path, count in counts]
        targets = traced.connections[:_JOURNALED]
        facts["connected"] = [_connected(target) for target in targets]
        facts["trace_complete"] = traced.complete
    return facts


def _traced(traced: Traced) -> dict[str, Json]:
    programs: list[Json] = [
        {
            "path": encode_text(program.path),
            "arguments": [encode_text(word) for word in program.arguments],
            "exit": program.exit,
            "signal": program.signal,
        }
        for program in traced.programs
    ]
    return {
        "programs": programs,
        "connections": [_connected(target) for target in traced.connections],
        "complete": traced.complete,
    }


def _connected(target: Connected) -> dict[str, Json]:
    return {
        "socket": target.socket,
        "address": encode_text(target.address),
        "port": target.port,
        "error": target.error,
    }
