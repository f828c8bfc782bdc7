"""The changes read from an upper are exactly those that a full comparison finds."""

import subprocess
from hashlib import sha256

import pytest

from linara_agent.docker_sandbox.changes import ChangeSet

SCENES = {
    "nothing": ("echo a > f", "cat f > /dev/null"),
    "create": ("", "echo a > f; mkdir -p d/e; echo b > d/e/g; ln -s f s; mkfifo p"),
    "append": ("echo a > f", "echo b >> f"),
    "truncate": ("echo a > f", ": > f"),
    "same bytes": ("echo a > f; touch -d 2001-02-03 f", "echo a > f"),
    "opened for writing": ("echo a > f", "exec 3<> f"),
    "remove": ("echo a > f; mkdir d; echo b > d/g", "rm f d/g"),
    "remove tree": ("mkdir -p d/e/f; touch d/1 d/e/2 d/e/f/3 x", "rm -r d"),
    "replace tree": (
        "mkdir -p d/e; touch d/1 d/e/2; echo a > d/k",
        "rm -r d; mkdir d; echo a > d/k; touch d/9",
    ),
    "recreate empty": ("mkdir -p d/e", "rm -r d; mkdir -p d/e"),
    "move file": ("echo a > f; mkdir d", "mv f d/g"),
    "move file beside": ("mkdir d; echo a > d/f", "mv d/f d/g"),
    "move file over": ("echo a > f; echo b > g", "mv f g"),
    "move back": ("mkdir d; echo a > d/f", "mv d e; mv e d"),
    "move dir beside": ("mkdir -p d/e; echo a > d/e/f; ln -s f d/l", "mv d x"),
    "move dir across": ("mkdir -p d/e t; echo a > d/e/f", "mv d/e t/z"),
    "move dir into new": ("mkdir -p d/e; echo a > d/e/f", "mkdir n; mv d n/"),
    "move and change": (
        "mkdir -p d/e/g; echo a > d/e/f; echo b > d/e/g/h; echo c > d/k",
        "mv d x; echo z >> x/e/f; rm x/e/g/h; mv x/e x/y; chmod 700 x/y; mv x/k .",
    ),
    "move twice": (
        "mkdir -p a/b/c; echo 1 > a/b/c/f; mkdir t",
        "mv a/b t/b2; mv t/b2/c t/c2; mv a t/a2; mv t u",
    ),
    "move and refill": (
        "mkdir -p d/e; echo a > d/f; echo b > d/e/g",
        "mv d x; mkdir -p d/e; echo c > d/f; echo b > d/e/h",
    ),
    "swap": ("mkdir a b; echo 1 > a/f; echo 2 > b/f", "mv a t; mv b a; mv t b"),
    "chmod": ("echo a > f; mkdir d; echo b > d/g", "chmod 600 f; chmod 3750 d"),
    "chown": ("echo a > f; mkdir d; ln -s f l", "chown 12:34 f d; chown -h 5:6 l"),
    "touch": ("echo a > f; mkdir d", "touch -d 2001-02-03 f d"),
    "chmod and move": ("echo a > f; mkdir d", "chmod 600 f; mv f d/g; echo b > f"),
    "file to directory": ("echo a > f", "rm f; mkdir f; echo b > f/g"),
    "directory to file": ("mkdir -p d/e; echo a > d/e/f", "rm -r d; echo b > d"),
    "directory to link": ("mkdir -p d/e; touch d/e/f", "mv d e; ln -s e d"),
    "link to file": ("echo a > f; ln -s f l", "rm l; cp f l"),
    "link retargeted": ("ln -s a l", "ln -sfn b l"),
    "link recreated": ("ln -s a l; touch -h -d 2001-02-03 l", "ln -sfn a l"),
    "fifo": ("mkfifo p q", "rm p; mv q r; mkfifo s; chmod 600 r"),
    "link to a name": ("echo a > f", "ln f g; echo b > h; ln h i"),
    "hard links below": ("echo a > f; ln f g; mkdir d; ln f d/h", "echo b >> f"),
    "hard links chmod": ("echo a > f; ln f g; mkdir d; ln f d/h", "chmod 600 g"),
    "hard links removed": ("echo a > f; ln f g; ln f h", "rm f; echo b >> g"),
    "hard links moved": ("mkdir d; echo a > d/f; ln d/f g", "echo b >> g; mv d e"),
    "hard links replaced": ("echo a > f; ln f g", "echo b >> f; rm g; echo c > g"),
    "hard links chmod, moved": (
        "mkdir d; echo a > d/f; ln d/f g",
        "chmod 604 g; mv d e",
    ),
    "sparse": ("truncate -s 5M f", "truncate -s 3M g; echo a >> g; mv f h"),
    "sparse with data": (
        "",
        "truncate -s 2M f; printf x | dd of=f bs=1 seek=1000000 conv=notrunc",
    ),
    "large": ("", "head -c 3000000 /dev/zero | tr '\\0' x > f; cp f g"),
    "root of the layer": ("", "chmod 700 ."),
    "odd names": (
        "mkdir $'a\\nb'; touch -- $'a\\nb/\\xff\\xfe' '-rf' ' x '",
        "mv $'a\\nb' $'\\xc3\\x28'; rm -- -rf; echo a > $'tab\\t'; touch '*'",
    ),
    "long names": (
        "n=$(printf 'a%.0s' {1..255}); mkdir $n; echo x > $n/$n",
        "n=$(printf 'a%.0s' {1..255}); m=$(printf 'b%.0s' {1..255}); mv $n $m",
    ),
    "sockets": (
        "",
        "python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind(\"s\")'",
    ),
}


def apply_names(names: dict[str, str], found: ChangeSet) -> dict[str, str]:
    """Carry out a change set on a set of paths, as strictly as a file system."""
    paths = dict(names)
    for change in found.changes:
        inside = [path for path in paths if path.startswith(f"{change.path}/")]
        if change.kind == "deleted":
            assert not inside, f"{change.path} is deleted before what is in it"
            del paths[change.path]
            continue
        if change.kind == "type":
            assert not inside, f"{change.path} is replaced before what is in it"
        elif change.kind == "created":
            assert paths[change.path.rpartition("/")[0]] == "directory"
            assert change.path not in paths
        assert change.after is not None
        paths[change.path] = str(change.after.type)
    return paths


@pytest.mark.parametrize("scene", SCENES)
def test_changes_equal_a_full_comparison(twin, via, scene):
    """Reading the upper finds what comparing every file finds, and nothing else."""
    below, script = SCENES[scene]
    subprocess.run(["bash", "-ec", below], check=True, cwd=twin.lower)
    truth = twin.run(script)
    assert twin.as_truth(twin.read(via)) == truth


@pytest.mark.parametrize("scene", SCENES)
def test_changes_can_be_carried_out_in_order(twin, scene):
    """No step needs a later one, and the last leaves exactly the twin's paths."""
    below, script = SCENES[scene]
    subprocess.run(["bash", "-ec", below], check=True, cwd=twin.lower)
    with twin.mounted() as merged:
        subprocess.run(["bash", "-ec", script], check=True, cwd=merged)
        wanted = twin.types(merged)
    assert apply_names(twin.types(twin.lower), twin.read()) == wanted


@pytest.mark.parametrize("scene", SCENES)
def test_every_new_content_is_a_blob_and_no_other_is(twin, via, scene):
    """Blobs hold their names' content, and there is one for each digest."""
    below, script = SCENES[scene]
    subprocess.run(["bash", "-ec", below], check=True, cwd=twin.lower)
    twin.do(script)
    digests = {c.after.sha256 for c in twin.read(via).changes if c.after} - {None}
    blobs = list(twin.blobs.iterdir())
    assert {blob.name for blob in blobs} == digests
    assert {sha256(blob.read_bytes()).hexdigest() for blob in blobs} == digests
