"""Programs of which one use only looks and another changes, through the whole gate."""

import pytest

from tests.core.gates import decision, effects, targets

HERE = "/home/u/project"
LOOKS = """
php -l a.php | php --syntax-check a.php | php -v | getfacl -R . | pdfgrep -ri word .
pigz -l a.gz | unpigz -c a.gz | pbzip2 -t a.bz2 | xmllint --noout a.xml
xmllint --xpath //a a.xml | metaflac --list a.flac | metaflac --show-tag=ARTIST a.flac
symlinks -rv . | agrep -2 -il word a | antiword -i 1 a.doc | df -m | swapon --show
losetup | losetup -a | hwclock --version
update-alternatives --display vi | update-alternatives --list editor
gcc --version | g++ -print-search-dirs | java -version | javac -version
mysql --version | tmux -V | fastqc --version | true; exit 3 | cowsay hello | shift 2
"""
CHANGES = """
php a.php | php -r 'echo 1;' | php -d x=y -l a.php | pigz a | pbzip2 -d a.bz2
pigz -k a | xmllint --valid a.xml | xmllint --noent a.xml | xmllint --output b a.xml
xmllint --shell a.xml | metaflac --remove-all a.flac | metaflac --set-tag=A=b a.flac
metaflac --show-tag=A --export-tags-to=b a.flac | symlinks -cd . | symlinks -d .
losetup -l -D | losetup /dev/loop0 a.img | losetup -f a.img | losetup -d /dev/loop0
hwclock --systohc | hwclock -r -w | swapon -a | swapon /dev/vdb
update-alternatives --set vi /usr/bin/vim | setfacl -m u:x:r a | setfacl --restore=a
mysql -D shop | mysql -e 'select 1' shop | psql -c 'select 1' | psql -l
docker run -it --rm alpine | docker exec -it web sh | mvn -DskipTests package
vim -R a | vim -c 'q' a | gcc -o a a.c | gcc -E a.c | java -Dx=y Main | java -jar a.jar
zsh -c ls | ksh a.ksh | csh -f a.csh | fish -c ls | pdfunite a.pdf b.pdf c.pdf
fromdos a | mid3iconv a.mp3 | json_xs -e 1 | cowsay -f ./x.cow hi | ccze -p ./x
rsync -M--log-file=x a b | sqlite3 -readonly a.db 'select 1' | setarch x86_64 -R ./a
"""


def rows(table: str) -> list[str]:
    return [row.strip() for row in table.replace("\n", "|").split("|") if row.strip()]


@pytest.mark.parametrize("command", rows(LOOKS))
def test_a_use_that_only_looks_is_allowed(command: str):
    """Nobody is asked about it."""
    assert decision(command) == "allow"


@pytest.mark.parametrize("command", rows(CHANGES))
def test_a_use_that_does_more_is_reviewed(command: str):
    """And it is known what it does, so that a person can be told."""
    assert decision(command) == "review"
    assert "unknown" not in {effect.kind.value for effect in effects(command)}


@pytest.mark.parametrize("shell", ["zsh", "ksh", "csh", "tcsh", "mksh", "fish"])
@pytest.mark.parametrize("words", ["", " -s", " -s x", " -", " -x", " /dev/stdin"])
def test_what_comes_from_the_network_never_runs_in_any_shell(shell: str, words: str):
    """A shell whose language is not read may take its input for a script."""
    assert decision(f"curl https://example.org | {shell}{words}") == "deny"


def test_both_things_that_symlinks_does_are_told():
    """Of two options that change the operands neither hides the other."""
    assert {"modify", "delete"} <= {e.kind.value for e in effects("symlinks -cd .")}


def test_a_value_is_no_operand_of_a_program_that_converts_in_place():
    """`dos2unix -D ENC` changes the file, and nothing that is called ENC."""
    assert targets("dos2unix -D utf8 a", "modify") == {f"{HERE}/a"}
    assert targets("zip -ds 1m b.zip a", "modify") == {f"{HERE}/b.zip"}


@pytest.mark.parametrize("words", ["-n=x", "--", "---", "-nx"])
def test_what_echo_is_given_is_printed(words: str):
    """A word with a dash that is none of its options is a text."""
    assert decision(f"echo {words}") == "allow"
