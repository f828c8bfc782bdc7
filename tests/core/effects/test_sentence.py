"""What a script does, in words: from the catalogue and the effects alone."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linara_agent.core.effects.catalogue import Program, program_from
from linara_agent.core.effects.effect import EffectKind
from linara_agent.core.effects.sentence import Sentence, sentences
from linara_agent.core.effects.told_targets import perhaps
from tests.core.gates import PLACE, gate

COMMANDS = Path(__file__).resolve().parents[3] / "policies" / "commands"


def told(text: str) -> tuple[Sentence, ...]:
    of = gate()
    script = of.read(text, PLACE)
    return sentences(script, of.resolve(script, PLACE), of.catalogue, PLACE)


def texts(text: str) -> list[str]:
    return [one.text for one in told(text)]


WHOLE = [
    ("find /tmp -type f -mtime +7 -delete",
     "deletes every file below /tmp older than 7 days"),
    ("sort a.txt -o b.txt", "sorts a.txt into b.txt"),
    ("sort -rn a.txt", "sorts a.txt, in reverse order, by number"),
    ("sort -c a.txt", "checks that a.txt is sorted"),
    ("ls -t", "lists the current directory, newest first"),
    ("ls -R ~", "lists everything below your home directory"),
    ("rm -r build", "deletes build with everything in it"),
    ("rm ./*.o", "deletes every file that matches *.o"),
    ("cp a b", "copies a to b"),
    ("mv a /srv/b", "moves a to /srv/b"),
    ("ln -s a b", "makes a link to a at b"),
    ("chmod +x run.sh", "makes run.sh executable for everybody"),
    ("chmod 644 a", "sets the permissions 644 on a"),
    ("chown -R bob:dev src", "gives everything below src to bob and the group dev"),
    ("kill 42", "sends the signal TERM to the process 42"),
    ("kill -9 42",
     "sends the signal KILL (which cannot be refused) to the process 42"),
    ("tar czf a.tgz src", "packs everything below src into a.tgz"),
    ("tar tf a.tgz", "lists what is in the archive a.tgz"),
    ("tar xf a.tgz -C out", "unpacks the archive a.tgz into out"),
    ("sed -i s/a/b/g f", "replaces “a” by “b” in every line of f, which it overwrites"),
    ("sed -n 1,10p f", "shows the lines 1 to 10 of f, and prints the result"),
    ("curl https://example.org/x.sh", "fetches https://example.org/x.sh"),
    ("curl -o f https://example.org/y",
     "fetches https://example.org/y and writes it to f"),
    ("grep -rn TODO src", "searches everything below src for “TODO”"),
    ("grep -c x f", "counts the lines of f with “x”"),
    ("head -n 1 f", "prints the beginning of f, 1 line"),
    ("wc -l < in", "counts the lines of in"),
    ("echo hi > ~/.bashrc",
     "prints “hi”, and writes its output to your shell start-up file ~/.bashrc"),
    ("cat ~/.ssh/id_rsa", "prints ~/.ssh/id_rsa (which holds keys or passwords)"),
    ("cat a >> b", "prints a, and adds its output to the end of b"),
    ("cat /etc/hosts 2> log",
     "prints /etc/hosts, and writes its error messages to log"),
    ("cat <<< hi", "prints the text given in the command"),
    ("cat $X", "prints a file that cannot be known beforehand (the value of $X)"),
    ("x=1 y=2", "sets the variables x and y"),
    ("cd /tmp", "goes to /tmp"),
    ("base64 -d f", "decodes f"),
    ("mkdir -p a/b", "makes the directory a/b, with the directories above it"),
    ("sort --help", "only prints what `sort --help` tells"),
    ("pwd", "prints the current directory"),
    ("# nothing", "does nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), WHOLE)
def test_a_command_is_told_in_one_sentence(command: str, expected: str):
    """Programs, options, redirections and classes have words of their own."""
    assert texts(command) == [expected]


SEVERAL = [
    (
        "curl https://example.org/x.sh | sh",
        [
            "fetches https://example.org/x.sh and runs it with sh",
            "runs what curl gives it as a shell script",
            "runs what comes from the network, unread",
        ],
    ),
    (
        "ls | sort -r | tee out",
        [
            "lists the current directory and gives it to sort",
            "sorts what ls gives it, in reverse order and gives it to tee",
            "writes what sort gives it to out and prints it too",
        ],
    ),
    (
        "find . -name '*.o' -print0 | xargs -0 rm",
        [
            (
                "lists every path below the current directory named *.o"
                " and gives it to xargs"
            ),
            "runs rm with every path below the current directory named *.o",
            "deletes every path below the current directory named *.o",
        ],
    ),
    (
        "find . -type f -exec chmod 600 {} +",
        [
            "runs chmod for every file below the current directory",
            "sets the permissions 600 on every file below the current directory",
        ],
    ),
    ("sudo -u bob ls /etc", ["runs ls as bob", "lists /etc"]),
    ("timeout 5 ls", ["runs ls for at most 5 (seconds without a unit)",
                      "lists the current directory"]),
    ("sh -c 'wc a; ls'", ["runs a text as a shell script",
                          "counts lines, words and bytes of a",
                          "lists the current directory"]),
    ("cd /tmp && touch x", ["goes to /tmp",
                            "may create /tmp/x, or sets its time to now"]),
    ("sh -c 'cd a; cd b'", ["runs a text as a shell script", "goes to a", "goes to b"]),
    ("diff <(ls a) b", ["lists a", "compares b"]),
    ("env | wc", ["prints the environment and gives it to wc",
                  "counts lines, words and bytes of what env gives it"]),
    ("PATH=/x ls", ["lists the current directory",
                    "sets PATH, which changes what programs do"]),
    ('sed "$x" a', [("may read, change and run anything,"
                     " since the text it goes by cannot be known")]),
    ('eval "$x"', [("runs its words as a script; runs code that was not read beforehand"
                    " (the text that eval runs is the value of $x)")]),
    ("ls \u201cx", [("a part of the text is not what it seems:"
                     ' U+201C LEFT DOUBLE QUOTATION MARK, which looks like "')]),
    ("nosuch x", ["runs nosuch, of which nothing is known",
                  ("what nosuch does is not known for certain:"
                   " the catalogue does not know nosuch")]),
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), SEVERAL)
def test_several_commands_are_told_one_by_one(command: str, expected: list[str]):
    """Pipes, wrappers, nested texts, doubts and flows each have a sentence."""
    found = texts(command)

    assert [one for one in found if one in expected] == expected
    assert len(found) - len(expected) <= 2  # what else is unknown, or flows


def test_a_sentence_speaks_of_a_part_of_the_text():
    """The span is the command's own part; a nested text's is its word."""
    text = "ls a && sh -c 'wc b'"
    parts = [(text[slice(*one.span)], one.text) for one in told(text)]

    assert parts[0] == ("ls a", "lists a")
    assert parts[-1][0] == "'wc b'"


def test_a_search_does_not_hide_what_its_command_names_itself():
    """`rm -r .` in an -exec is told as what it is, not as what find chose."""
    found = texts("find . -name x -exec rm -r . {} +")

    assert any("the current directory with everything in it" in one for one in found)


def test_a_word_that_may_become_an_option_is_said():
    """What the program could do then is named, as something that may be."""
    assert texts("sort * -o x") == [
        "sorts every file that matches * into x",
        (
            "may take this word for an option,"
            " and then read, change and run something else"
        ),
    ]


def test_what_a_tree_may_hold_is_said_apart():
    """Secrets below a tree are named, few by name, as something that may be read."""
    found = texts("grep -r KEY ~")

    assert any(
        one.startswith("may read keys or passwords (~/.ssh, ") and "more places" in one
        for one in found
    )


def test_a_change_by_an_option_is_not_told_as_a_look():
    """`date -s` and `sysctl -w` do not only show something."""
    assert "changes the running system" in " ".join(texts("date -s now"))
    assert "changes the running system" in " ".join(texts("sysctl -w a=b"))


_KINDS_IN_WORDS = {
    EffectKind.CREATE: "creat|writ|mak|set|cop|pack|link|sort|mov|split|install",
    EffectKind.MODIFY: "creat|writ|chang|adds|cop|sort|mov|set|pack|split|install",
    EffectKind.DELETE: "delet|mov|remov|take|pack",
    EffectKind.METADATA: "permission|owner|give|executable|time|creat",
    EffectKind.NETWORK: "fetch|network|talk|send|session|cop|ask|look|ping",
}

PARTS = st.sampled_from(
    [
        "ls", "cat a", "rm a", "rm -r b", "cp a b", "mv a b", "touch x > y",
        "sort a -o b",
        "echo hi >> ~/.profile", "chmod 600 a", "curl https://example.org -o f",
        "tar xf a -C b", "find . -name '*.o' -delete", "mkdir d", "ln -s a b",
        "sed -i s/a/b/ f", "tee a b < c", "gzip a", "git clean -f", "dd if=a of=b",
        "rsync -a a b", "install a b", "truncate -s 0 a", "split a b", "zip a b",
    ]
)  # fmt: skip
JOINTS = st.sampled_from([" && ", "; ", " | ", " || ", "\n"])


@given(parts=st.lists(PARTS, min_size=1, max_size=4), joint=JOINTS)
def test_every_change_is_spoken_of(parts: list[str], joint: str):
    """No change, deletion or use of the network is left out, whatever is combined."""
    text = joint.join(parts)
    of = gate()
    script = of.read(text, PLACE)
    reading = of.resolve(script, PLACE)
    said = "\n".join(one.text for one in told(text))

    for effect in reading.effects:
        words = _KINDS_IN_WORDS.get(effect.kind)
        target = effect.target or ""
        if words is None or (effect.note or "").startswith("within "):
            continue
        assert re.search(words, said), (text, effect, said)
        if target.startswith(f"{PLACE.cwd}/") and not target.endswith("/**"):
            assert target.removeprefix(f"{PLACE.cwd}/") in said, (text, effect, said)


def all_programs(program: Program) -> list[Program]:
    return [
        program,
        *(p for one in program.subcommand for p in all_programs(one)),
    ]


FILES = sorted(COMMANDS.glob("*.toml"))
PROGRAMS = [
    one
    for path in FILES
    for one in all_programs(program_from(path.read_text(), file=path.name))
]
TEMPLATES = [
    (one.name, template)
    for one in PROGRAMS
    for template in (one.sentence, *one.sentence_with.values())
    if template is not None
]
_KNOWN = frozenset(
    ("read", "write", "create", "modify", "delete", "move", "metadata", "host",
     "pattern", "operands", "command", "verb", "value", "last", "1", "2")
)  # fmt: skip


def test_the_sentences_of_the_catalogue_can_be_filled_in():
    """Each begins with a verb in the third person, and has places that are known."""
    assert len({name for name, _ in TEMPLATES}) > 150
    for name, template in TEMPLATES:
        verb = template.split(" ")[0]
        assert verb.endswith("s"), (name, template)
        assert set(re.findall(r"\{(\w+)\}", template)) <= _KNOWN, (name, template)


def test_the_options_of_sentences_are_options_of_their_program():
    """A word or a sentence for an option that there is not would never be seen."""
    for one in PROGRAMS:
        for names in (*one.sentence_with, *one.phrases):
            known = [name for name in names.split(", ") if name in one.options]
            assert known, (one.name, names)


@pytest.mark.parametrize(
    ("sure", "unsure"),
    [
        ("deletes x", "may delete x"),
        ("copies a to b", "may copy a to b"),
        ("fetches x", "may fetch x"),
        ("goes to /tmp", "may go to /tmp"),
        ("creates or overwrites x", "may create or overwrite x"),
        ("waits", "may wait"),
        ("processes x", "may process x"),
    ],
)
def test_what_is_uncertain_may_be(sure: str, unsure: str):
    """The verb loses its ending, and a second one does too."""
    assert perhaps(sure) == unsure
