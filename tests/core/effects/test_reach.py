"""What is said where a word, a text or a list of paths cannot be known."""

import pytest

from linara_agent.core.effects.effect import AT_WORST, Effect, EffectKind, Form
from linara_agent.core.effects.reach import described_kinds
from linara_agent.rulebook import load_catalogue
from tests.core.gates import decision, effects

PROGRAMS = {
    program.name: program
    for program in load_catalogue().programs.values()
    if program.reaches is not None
}
SHIPPED = ("default", "strict", "automation")


def nothing_is_unknown(command: str) -> tuple[Effect, ...]:
    found = effects(command)
    assert [one for one in found if one.kind is EffectKind.UNKNOWN] == []
    return found


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_what_a_program_reaches_covers_all_that_is_described(name: str) -> None:
    """`reaches` leaves out nothing; what is unknown may run anything."""
    program = PROGRAMS[name]
    reached = set(program.reaches or ())
    said = set(described_kinds(program))
    covered = {
        EffectKind.UNKNOWN: EffectKind.EXECUTE,
        EffectKind.CREATE: EffectKind.MODIFY,
    }
    assert EffectKind.UNKNOWN not in reached
    left = {kind for kind in said - reached if covered.get(kind) not in reached}
    # What `history` does not tell is how it changes its own list.
    assert left <= ({EffectKind.UNKNOWN} if name == "history" else set())


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        ("test $x", {"execute"}),
        ("[ -e $f ]", {"execute"}),
        ("unset $x", {"environment", "execute"}),
        ("mktemp $x", {"create"}),
        ("split $x", {"create", "read", "execute"}),
        ("rename $x", {"read", "modify", "delete", "execute"}),
        ("sed $x", {"read", "modify", "execute"}),
        ("awk $x", {"read", "modify", "execute"}),
        ("ssh $x", {"network", "read", "modify", "system", "execute"}),
        ("rsync *", {"network", "read", "modify", "delete", "metadata", "execute"}),
        ('read "$x"', {"environment", "execute"}),
    ],
)
def test_a_word_that_may_be_an_option_has_the_worst_effects(
    command: str, kinds: set[str]
) -> None:
    """All that the program's options can do is possible, to nobody knows what."""
    found = nothing_is_unknown(command)
    note = "it may expand to an option"
    worst = [one for one in found if one.note == note]
    assert {str(one.kind) for one in worst} == kinds
    assert {(one.target, str(one.certainty)) for one in worst} == {(None, "possible")}
    assert {decision(command, policy=name) for name in SHIPPED} <= {"review", "deny"}


def test_one_quoted_word_is_bounded_where_no_more_operands_are_described() -> None:
    """It is one word; unquoted it may be more than the program is known to take."""
    bounded = nothing_is_unknown('uniq "$x"')
    assert "it may expand to an option" in {one.note for one in bounded}
    unbounded = effects("uniq $x")
    assert EffectKind.UNKNOWN in {one.kind for one in unbounded}


@pytest.mark.parametrize("command", ["shift $x", "exit $?", 'shift "$((x - 1))"'])
def test_a_program_whose_words_reach_nothing_stays_harmless(command: str) -> None:
    """`shift` and `exit` take a number and have no options."""
    assert effects(command) == ()
    assert decision(command) == "allow"


@pytest.mark.parametrize(
    "command",
    [
        'bash -c "$x"',
        "bash -c $(cat x)",
        "bash x.sh",
        "cat x | bash",
        "bash",
        'eval "$x"',
        'eval a "$x"',
        "source x.sh",
        ". x.sh",
        "cat x | source /dev/stdin",
        'trap "$x" EXIT',
        'watch "$x"',
        'su -c "$x"',
        'alias a="$x"',
        'mapfile -C "$x" y',
        "$x a",
        "$(cat x) a",
        'read "a$x"',
        "find . -name x -exec sh -c 'touch {}.bak' \\;",
        "ls | xargs -I{} sh -c 'wc {}'",
    ],
)
def test_code_that_cannot_be_read_is_run_and_no_policy_allows_it(command: str) -> None:
    """That it runs is known; what it does is not, so a person must see it."""
    found = nothing_is_unknown(command)
    unread = [one for one in found if one.unread]
    assert unread
    assert {one.form for one in unread} == {Form.UNKNOWN}
    assert all(one.note for one in unread)
    assert {decision(command, policy=name) for name in SHIPPED} == {"review"}


def test_a_text_with_a_name_in_it_is_judged_as_it_stands_too() -> None:
    """What the text does whatever the name may be is denied as ever."""
    inner = "LD_PRELOAD=/tmp/x.so wc {}"
    assert decision(f"find . -exec sh -c '{inner}' \\;") == "deny"
    assert decision(f"ls | xargs -I{{}} sh -c '{inner}'") == "deny"


@pytest.mark.parametrize(
    "command",
    [
        'sed "$x" f',
        'sed "s/a/$x/e" f',
        "sed e f",
        'awk "$x" f',
        "awk 'BEGIN { system(x) }'",
        "awk '{ print > $1 }' f",
        "awk '{ print | x }' f",
        "tar czf a.tgz -T list",
    ],
)
def test_a_script_of_its_own_has_the_programs_worst_effects(command: str) -> None:
    """A text in sed's or awk's language can do what the program can, and no more."""
    worst = [
        one
        for one in nothing_is_unknown(command)
        if (one.note or "").startswith(AT_WORST) or "option" in (one.note or "")
    ]
    assert {"read", "modify", "execute"} <= {str(one.kind) for one in worst}
    assert {decision(command, policy=name) for name in SHIPPED} == {"review"}


@pytest.mark.parametrize(
    "command",
    ["du --files0-from=list", "wc --files0-from=list", "sort --files0-from=list"],
)
def test_paths_that_stand_in_a_file_are_unknown_paths(command: str) -> None:
    """The file is read, and so is what is listed in it, whatever that is."""
    found = nothing_is_unknown(command)
    listed = [one for one in found if "listed in a file" in (one.note or "")]
    assert [(one.kind, one.target) for one in listed] == [(EffectKind.READ, None)]
    assert "/home/u/project/list" in {one.target for one in found}
    assert decision(command) == "review"


@pytest.mark.parametrize(
    "command",
    ["nosuch x", "./nosuch", "sort --nosuch", "sed --nosuch p f", "find -nosuch"],
)
def test_what_is_not_described_stays_unknown(command: str) -> None:
    """A program or an option that the catalogue does not know is no code of ours."""
    assert EffectKind.UNKNOWN in {one.kind for one in effects(command)}
    assert decision(command) == "review"
