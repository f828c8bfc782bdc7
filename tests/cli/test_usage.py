"""`linara-agent usage`: what the journal says, whatever the words in it."""

from pathlib import Path

import pytest

from linara_agent.core.record import Event, Json, Record
from linara_agent.journal.write import JournalFile
from linara_agent.wiring.person import SystemClock
from tests.cli.settings_program import program

STRANGE = "tidy [/tmp] and [red]all[/red] [/b]"


@pytest.mark.parametrize("by", ["model", "intent"])
def test_brackets_are_text(hermetic_home: Path, by: str):
    """An intent or a model's name is no markup: it is shown, and breaks nothing."""
    linara = program(hermetic_home)
    journal = JournalFile(
        hermetic_home / ".local/state/linara-agent", clock=SystemClock()
    )
    records: dict[Event, dict[str, Json]] = {
        Event.RUN_STARTED: {"intent": STRANGE},
        Event.PROPOSE_AFTER: {"origin": "model", "source": STRANGE, "cost_usd": 0.5},
    }
    for event, fields in records.items():
        journal.write(Record(run="a-run", event=event, fields=fields, durable=True))
    journal.close()
    done = linara("usage", "--by", by)

    assert done.code == 0
    assert STRANGE in done.text
    assert "0.500000" in done.text
