"""What a person is told of the answers that did not do."""

from linara_agent.core.attempt import Attempt, Fault, told_before


def attempt(fault: Fault, reason: str) -> Attempt:
    return Attempt(text="x", fault=fault, reason=reason)


def test_each_fault_is_told_once():
    """Two answers with the same fault need no two sentences; their number stays."""
    twice = attempt(Fault.FAILED, "exit status 2")
    assert told_before((twice, twice)) == (
        "The model was asked again. Its first 2 answers did not do: it failed in the"
        " preview: exit status 2."
    )


def test_a_sentence_ends_once():
    """The reasons of a policy are sentences, those of ours are not."""
    denied = attempt(Fault.DENIED, "It deletes a home. It deletes the root.")
    prose = attempt(Fault.UNUSABLE, "it is prose")
    assert told_before((denied,)).endswith(
        "Its first answer did not do: the policy denies it: It deletes a home. It"
        " deletes the root."
    )
    assert told_before((denied, prose)).endswith(
        "It deletes the root; it could not be used: it is prose."
    )
