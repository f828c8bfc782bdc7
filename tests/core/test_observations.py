"""Programs, connections and steps as JSON: what a reader gets, and what the journal."""

from linara_agent.core.observations import observations_json, observed_facts
from linara_agent.core.preview import Outcome, Preview
from linara_agent.core.steps import Step
from linara_agent.core.traced import Connected, Executed, Traced

NOTHING = Preview(
    digest="d",
    view="twin",
    outcome=Outcome(exit=0, signal=None, stdout=b"", stderr=b""),
    changes=(),
)
SEEN = Preview(
    digest="d",
    view="twin",
    outcome=NOTHING.outcome,
    changes=(),
    runtime="crun",
    steps=(
        Step(line=1, text="a secret", begun=True),
        Step(line=3, text="b", begun=False),
    ),
    traced=Traced(
        programs=(
            Executed(path="/bin/x", arguments=("x", "a secret"), exit=1),
            Executed(path="/bin/x", arguments=("\udcff",), signal="SIGKILL"),
        ),
        connections=(Connected(socket="TCP", address="::1", port=80, error="EPERM"),),
        complete=False,
    ),
)
TARGET = {"socket": "TCP", "address": "::1", "port": 80, "error": "EPERM"}


def test_everything_seen_is_in_the_json() -> None:
    """Words that are not UTF-8 are base64 there, as everywhere."""
    assert observations_json(SEEN) == {
        "runtime": "crun",
        "steps": [
            {"line": 1, "text": "a secret", "begun": True},
            {"line": 3, "text": "b", "begun": False},
        ],
        "traced": {
            "programs": [
                {
                    "path": "/bin/x",
                    "arguments": ["x", "a secret"],
                    "exit": 1,
                    "signal": None,
                },
                {
                    "path": "/bin/x",
                    "arguments": [{"b64": "/w=="}],
                    "exit": None,
                    "signal": "SIGKILL",
                },
            ],
            "connections": [TARGET],
            "complete": False,
        },
    }


def test_the_journal_gets_counts_and_no_words() -> None:
    """Arguments may hold what is nobody's business."""
    facts = observed_facts(SEEN)
    assert facts == {
        "runtime": "crun",
        "steps": 2,
        "steps_begun": 1,
        "executed": [["/bin/x", 2]],
        "connected": [TARGET],
        "trace_complete": False,
    }
    assert "secret" not in str(facts)


def test_what_was_not_asked_for_is_not_in_the_journal() -> None:
    """Most runs are neither traced nor cut."""
    assert observed_facts(NOTHING) == {}
    assert observations_json(NOTHING) == {"runtime": None, "steps": [], "traced": None}


def test_sockets_that_are_not_there_are_told_from_tries() -> None:
    """Most programs look for the socket of nscd."""
    absent = Connected(socket="UNIX-STREAM", address="/run/x", error="ENOENT")
    assert absent.absent
    assert not Connected(socket="UNIX-STREAM", address="/run/x").absent
    assert not Connected(socket="TCP", address="::1", port=1, error="ENOENT").absent
