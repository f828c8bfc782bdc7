"""The shipped catalogue: complete where people look, silent about nothing dangerous."""

from functools import cache
from pathlib import Path

import pytest

from linara_agent.core.effects.catalogue import (
    Catalogue,
    Option,
    Program,
    Role,
    catalogue_from,
    program_from,
)

COMMANDS = Path(__file__).resolve().parents[2] / "policies" / "commands"
FILES = sorted(COMMANDS.glob("*.toml"))
HARMLESS = frozenset((Role.NONE, Role.PATTERN))

EVERYDAY = """
ls cat head tail less more tac nl wc cut paste tr sort uniq comm join diff cmp diff3
grep egrep fgrep rg fd find locate which whereis type file stat tree du df free uptime
w who whoami id groups users last uname hostname arch nproc lscpu lsblk lsusb lspci lsof
ps pgrep pidof pstree top kill pkill killall nice renice nohup timeout time env printenv
date cal basename dirname realpath readlink pwd echo printf seq yes true false test [
sleep md5sum sha1sum sha224sum sha256sum sha384sum sha512sum b2sum cksum base64 base32
od xxd hexdump strings rev fold fmt column expand unexpand tee touch mkdir rmdir rm mv
cp ln install chmod chown chgrp truncate split csplit shred dd mktemp tar gzip gunzip
zcat bzip2 bunzip2 bzcat xz unxz xzcat zstd zip unzip 7z sed awk xargs sh eval source
git curl wget ssh scp sftp rsync ping dig nslookup host traceroute ss netstat ip
ifconfig nc telnet systemctl journalctl service apt apt-get apt-cache dpkg dpkg-query
pip python3 python perl ruby node npm npx cargo go make cmake pytest docker kubectl jq
yq sqlite3 crontab at mount umount mkfs mkfs.ext4 mkfs.xfs fdisk useradd usermod userdel
passwd sysctl reboot shutdown poweroff halt sudo doas su watch strace getconf locale
getent tput clear reset man help history vim vi nvim view nano ed shuf numfmt factor bc
dc expr iconv dos2unix unix2dos rename patch logger dmesg vmstat iostat openssl gpg
ssh-keygen bash dash gawk mawk . trap cd : export declare local readonly typeset set
shopt unset read hash alias wait jobs exit return break continue shift umask ulimit let
getopts pushd popd dirs mapfile exec command builtin times compgen enable fg bg disown
setsid stdbuf ionice chrt taskset choom unshare nsenter chroot ltrace parallel flock
script runuser php lua iptables renice
"""

DANGEROUS = """
sort -o | sort --output | sort --compress-program | sort --files0-from | sort -T
diff -l | diff --paginate | diff3 --diff-program | file -C | file --compile | file -f
file -z | rg --pre | rg --hostname-bin | rg -z | fd -x | fd -X | fd --exec | fd -l
less -o | less -O | less --log-file | less -k | less --lesskey-src | less -t | less -p
less + | tree -o | tree -R | date -s | date --set | hostname -F | wc --files0-from
du --files0-from | shuf -o | split --filter | install -s | install --strip-program
install -d | rm --no-preserve-root | chmod --no-preserve-root | shred -u | mktemp -p
xxd -r | iconv -o | jq -L | jq -f | jq --slurpfile | jq --rawfile | yq -i | yq -s
man -P | man --pager | man -H | man --html | man -C | man -X | man -p | man -t
gzip -k | xz --files | xz --files0 | zstd --rm | zstd -o | zstd --filelist
zip -TT | zip -T@ | zip -m | zip -d | zip -O | unzip -d | unzip -o@ | patch -o
patch -d | dos2unix -n | rename -e | dc -e | dc -f | logger -n | logger -u
tar -I | tar --use-compress-program | tar --to-command | tar --checkpoint-action
tar -F | tar --rsh-command | tar --remove-files | tar -P | tar -T | tar -g
sed -f | awk -f | awk -i | awk -l | awk -o | awk -d | awk -E | awk -W
xargs -a | xargs --process-slot-var | env -S | env --split-string | sh --rcfile
sh --init-file | sh -rcfile | sh -init-file | find -delete | find -exec
history -w | history -a | history -s | history -c | hash -p | compgen -C | compgen -W
enable -f | mapfile -C | jobs -x | printf -v | test -v | test -R | [ -v
sudo -A | sudo -e | sudo -i | sudo -s | sudo -h | doas -s | doas -C | strace -o
strace -p | strace -E | strace -e | ltrace -o | flock -c | script -c | su -c | su -s
nsenter -r | unshare -R | chrt -p | taskset -p | ionice -p | time -o
git -c | git -p | git --paginate | git --exec-path | git --git-dir | git --work-tree
git --config-env | git --help | git grep -O | git grep --open-files-in-pager
git grep --textconv | git diff --ext-diff | git diff --textconv | git diff --output
git log --output | git log --ext-diff | git log --show-signature | git show --ext-diff
git archive -o | git archive --remote | git archive --exec | git ls-remote --upload-pack
git ls-remote --exec | git fetch --upload-pack | git clone -u | git clone -c
git clone --template | git push --receive-pack | git push --force | git push --exec
git branch -D | git branch -d | git branch -m | git branch -f | git tag -d | git tag -v
git config --add | git config --unset | git config -e | git rebase -x | git rebase -i
git apply --unsafe-paths | git init --template | git reset --hard
git cat-file --textconv
git format-patch -o | git format-patch --output | git fsck --lost-found
curl -o | curl -O | curl -J | curl -T | curl -K | curl --config | curl --engine
curl -d | curl --data-binary | curl -F | curl -X | curl -c | curl -D | curl --trace
curl --libcurl | curl --unix-socket | curl -x | wget -O | wget -o | wget -e
wget --post-file | wget --body-file | wget --use-askpass | wget -i | wget --config
wget --method | ssh -o | ssh -F | ssh -E | ssh -I | scp -S | scp -o | scp -F | sftp -b
sftp -S | rsync -e | rsync --rsh | rsync --rsync-path | rsync --delete
rsync --remove-source-files | rsync --files-from | rsync --daemon | rsync -M
rsync --log-file | dig -f | nc -e | nc -c | telnet -n
ss -K | ss --kill | ss -D | ip -batch | ip -b | ip -force | ip -n | ip -netns
systemctl -H | systemctl --root | systemctl status -H | journalctl --vacuum-size
journalctl --vacuum-time | journalctl --rotate | journalctl --flush
journalctl --cursor-file | journalctl -M | dmesg -C | dmesg -c | dmesg -n
sysctl -w | sysctl -p | sysctl --system | mount -a | mount -o | mount --bind
blkid -c | fuser -k | pgrep -F | dpkg -i | dpkg -r | dpkg --root | dpkg --pre-invoke
apt -o | apt-get -o | apt-get -c | apt-cache -o | go env -w | go build -toolexec
python3 -c | python3 -m | perl -e | perl -i | perl -M | ruby -e | ruby -r | node -e
node -r | php -r | lua -e | make --eval | make -f | cmake -P | cmake -E | npm -C
cargo --config | docker -H | docker --config | docker --host | kubectl --kubeconfig
openssl x509 -out | openssl rand -out | openssl enc -out | openssl x509 -engine
openssl x509 -config | gpg --homedir | gpg -d | gpg --exec-path | gpg --recv-keys
ssh-keygen -f | ssh-keygen -D | crontab -e | crontab -r | at -f | iptables -F
iptables -A | iptables -Z | watch -@ | lsof -D | top -@ | gdb -ex | sqlite3 -cmd
sqlite3 -init | vim -c | vim -S | vim -u | vim -w | vim -V | php -d | php -z | php -S
xmllint --output | xmllint --valid | xmllint --noent | xmllint --shell | pigz -k
pdfgrep -f | metaflac --remove-all | metaflac --export-tags-to | smartctl -t
smartctl -s | json_xs -e | json_xs -f | cowsay -f | ccze -p | tqdm --manpath
inotifywait -o | symlinks -c | symlinks -d | fromdos -b | fromdos -l
setfacl --restore | setfacl -M | wipefs -a | wipefs -b | losetup -d
losetup -f | losetup -P | hwclock --set | psql -c
psql -f | psql -o | psql -v | psql -h | tmux -c | tmux -f | pg_restore -h
pg_restore -f | ssh-copy-id -o | fastqc -j | rsync -M | rsync --write-devices | rsync -f
rsync --insecure-links | make --eval | update-alternatives --log | hwclock --adjfile
"""

HARMLESS_OPTIONS = """
ls -l | ls -a | ls --color | ls -R | grep -r | grep -n | grep -i | grep -A | ps -e
ps -f | ps -o | du -s | du -h | df -h | wc -l | sort -n | sort -k | uniq -c | head -n
tail -f | cut -d | tr -d | stat -c | file -b | git --no-pager | git log --oneline
git log -NUM | git diff --stat | git status -s | git branch -a | git stash list -NUM
rg -n | rg -S | rg --hidden | fd -t | docker ps -a | systemctl status --no-pager
journalctl -u | ss -t | ip -br | jq -r | date -u | date + | ping -c | id -u | sed -n
tar -v | xargs -0 | curl -s | python3 --version | which -a | lsblk -f | free -h
vim -R | php -n | pigz -d | xmllint --noout | pdfgrep -i | getfacl -R | agrep -i | df -m
psql -A | sqlite3 -csv | make -e | rsync --blocking-io | mkswap -L | losetup -a
"""

ASKED_BY_ANALYSERS = {
    "awk": ({"--help"}, {"--version"}),
    "env": ({"--help"}, {"--version"}, {"-C", "--chdir"}),
    "sed": (
        {"--help"},
        {"--version"},
        {"-e", "--expression"},
        {"-i", "--in-place"},
    ),
    "sh": ({"--help"}, {"--version"}, {"-c"}, {"-s"}),
    "tar": (
        {"--help"},
        {"--version"},
        {"-t", "--list"},
        {"-x", "--extract", "--get"},
        {"-c", "--create"},
        {"-r", "--append"},
        {"-u", "--update"},
        {"-d", "--diff", "--compare"},
        {"-f", "--file"},
        {"-O", "--to-stdout"},
    ),
    "watch": ({"-x", "--exec"},),
    "xargs": ({"--help"}, {"--version"}, {"-I"}, {"-i", "--replace"}),
}


@cache
def catalogue() -> Catalogue:
    return catalogue_from(
        program_from(path.read_text(encoding="utf-8"), file=path.name) for path in FILES
    )


def found(words: list[str]) -> Program:
    """The program, or the subcommand, that the words name."""
    program = catalogue().find(words[0])
    assert program is not None, words[0]
    for word in words[1:]:
        program = program.subcommands[word]
    return program


def rows(table: str) -> list[str]:
    return sorted({row.strip() for row in table.replace("\n", "|").split("|")} - {""})


def has_consequences(option: Option) -> bool:
    roles = {option.role, option.operands or Role.NONE}
    return bool(option.effects) or not roles <= HARMLESS


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_valid_and_named_after_its_program(path: Path):
    """Every shipped file can be loaded and is found by the program's own name."""
    program = program_from(path.read_text(encoding="utf-8"), file=path.name)
    assert path.stem == program.name


def test_no_two_files_claim_one_name():
    """All files together make one catalogue."""
    assert len(catalogue().programs) > len(FILES)


@pytest.mark.parametrize("name", sorted(set(EVERYDAY.split())))
def test_everyday_programs_are_described(name: str):
    """People are not asked about a program for want of a description."""
    assert catalogue().find(name) is not None


@pytest.mark.parametrize("row", rows(DANGEROUS))
def test_a_dangerous_option_is_never_harmless(row: str):
    """It is unknown, or it has an effect or a telling role."""
    *words, name = row.split()
    program = found(words)
    if words == ["find"]:
        assert program.analyser == "find"
        return
    option = program.find(name)
    assert option is None or has_consequences(option)


@pytest.mark.parametrize("row", rows(HARMLESS_OPTIONS))
def test_an_everyday_option_is_known(row: str):
    """It is described, and without an effect of its own."""
    *words, name = row.split()
    option = found(words).find(name)
    assert option is not None
    assert not option.effects


def roles_of(program: Program) -> set[Role]:
    return {operand.role for operand in program.operand}


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("uniq", Role.WRITE),
        ("xxd", Role.WRITE),
        ("tee", Role.WRITE),
        ("touch", Role.WRITE),
        ("split", Role.CREATE),
        ("gzip", Role.MOVE),
        ("bzip2", Role.MOVE),
        ("xz", Role.MOVE),
        ("pigz", Role.MOVE),
        ("fromdos", Role.MODIFY),
        ("pdfunite", Role.WRITE),
        ("vim", Role.MODIFY),
        ("zsh", Role.CODE),
        ("zip", Role.WRITE),
        ("mv", Role.MOVE),
        ("rm", Role.DELETE),
        ("shred", Role.MODIFY),
        ("rename", Role.CODE),
        ("alias", Role.CODE),
        ("let", Role.CODE),
        ("python3", Role.CODE),
        ("make", Role.CODE),
        ("mkfs.ext4", Role.MODIFY),
        ("mktemp", Role.CREATE),
        ("ldd", Role.RUN),
        ("ssh", Role.CODE),
        ("crontab", Role.CODE),
    ],
)
def test_an_operand_that_is_more_than_read_says_so(name: str, role: Role):
    """The role of the operands of a program that changes or runs them is told."""
    assert role in roles_of(found([name]))


@pytest.mark.parametrize(
    "name", ["hostname", "date", "sysctl", "route", "free", "uptime"]
)
def test_an_operand_that_changes_the_system_is_left_out(name: str):
    """Such an operand is unknown, because no table describes it."""
    assert found([name]).operand == ()


def test_an_operand_of_mount_changes_the_system():
    """With an operand it mounts something."""
    (operand,) = found(["mount"]).operand
    assert operand.effects == ("system",)


@pytest.mark.parametrize(
    "name",
    ["awk", "dd", "env", "eval", "find", "sed", "sh", "source", "tar", "trap", "xargs"],
)
def test_a_language_has_an_analyser(name: str):
    """Programs whose operands are a language are not described as data."""
    assert found([name]).analyser == name


@pytest.mark.parametrize(
    ("name", "names"),
    [(name, names) for name, all_ in ASKED_BY_ANALYSERS.items() for names in all_],
    ids=lambda value: value if isinstance(value, str) else "-".join(sorted(value)),
)
def test_an_option_that_an_analyser_asks_for_stands_alone(name: str, names: set[str]):
    """No other option shares its table, so that it cannot be mistaken for another."""
    option = found([name]).find(min(names))
    assert option is not None
    assert set(option.names) == names


def test_safe_programs_have_no_option_with_consequences():
    """`safe_options` is promised only where no described option does harm."""
    broken = [
        (program.name, option.names)
        for program in catalogue().programs.values()
        if program.safe_options
        for option in program.option
        if option.effects
        or option.role not in (Role.NONE, Role.PATTERN, Role.READ, Role.PATHS)
    ]
    assert broken == []


def test_no_option_is_described_twice():
    """A name stands in one table of its program only."""

    def twice(program: Program) -> list[str]:
        names = [name for option in program.option for name in option.names]
        own = [f"{program.name} {n}" for n in set(names) if names.count(n) > 1]
        return own + [row for one in program.subcommand for row in twice(one)]

    assert [row for p in catalogue().programs.values() for row in twice(p)] == []


@pytest.mark.parametrize(
    "name", ["find", "tree", "zip", "unzip", "xxd", "test", "openssl", "ip"]
)
def test_a_program_that_reads_words_its_own_way_has_no_abbreviations(name: str):
    """Only GNU's way of shortening long options is followed."""
    assert found([name]).abbreviations is False
