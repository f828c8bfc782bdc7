"""Places hidden from the preview: what may be applied, and what must not be lost."""

import os
import time

import pytest

from linara_agent.docker_sandbox.changes import ChangeSet

OPAQUE = ("trusted.overlay.opaque", b"y")
MARK = ("trusted.linara-agent.masked", b"y")


def rules(found: ChangeSet) -> list[str]:
    return sorted(finding.rule for finding in found.findings)


@pytest.fixture(params=["marked", "unmarked"])
def masked(twin, request):
    """A twin whose `s/` and `p/.env` are masked, as the seeding leaves them."""
    for name in ("s/deep", "p"):
        (twin.lower / name).mkdir(parents=True)
    (twin.lower / "s" / "key").write_text("secret")
    (twin.lower / "p" / ".env").write_text("secret")
    (twin.lower / "p" / "other").write_text("plain")
    (twin.lower / "s").chmod(0o700)
    for name in ("s", "p"):
        (twin.upper / name).mkdir()
        (twin.upper / name).chmod((twin.lower / name).stat().st_mode & 0o7777)
    (twin.upper / "p" / ".env").touch(mode=0o644)
    os.setxattr(twin.upper / "s", *OPAQUE)
    for name in ("s", "p/.env"):
        if request.param == "marked":
            os.setxattr(twin.upper / name, *MARK)
    for name in ("s", "p/.env", "p"):
        os.utime(twin.lower / name, ns=(10**18, 10**18 + 7))
        state = (twin.lower / name).stat()
        os.utime(twin.upper / name, ns=(state.st_mtime_ns, state.st_mtime_ns))
    return twin


@pytest.fixture
def preview(masked, via):
    """Run a script and read, with the settings that the twin's maker would give."""

    def run(script: str):
        started = time.time_ns()
        time.sleep(0.02)  # the kernel's clock for files may lag by a tick
        masked.do(script)
        return masked.read(
            via,
            started_ns=started,
            placeholders=(masked.path("s"), masked.path("p/.env")),
            seeded=(masked.path("."), masked.path("p")),
        )

    return run


def test_an_untouched_placeholder_is_no_change(masked, preview):
    """Placeholders and the directories that hold them are not differences."""
    found = preview("echo a > f")
    assert [(c.path, c.masked) for c in found.changes] == [(masked.path("f"), False)]
    assert rules(found) == []


@pytest.mark.parametrize("look", ["ls s", "cat p/.env"])
def test_a_look_at_a_placeholder_is_a_finding(preview, look):
    """What was read there looked empty, so the output is not the answer."""
    found = preview(f"{look} > /dev/null")
    assert (found.changes, rules(found)) == ((), ["masked-read"])


@pytest.mark.parametrize(
    ("write", "path"),
    [
        ("echo a > s/new", "s/new"),
        ("echo a > s/key", "s/key"),
        ("mkdir s/deep", "s"),
        ("touch s/x; rm s/x", "s"),
        ("echo a >> p/.env", "p/.env"),
        (": > p/.env", "p/.env"),
        ("chmod 640 p/.env", "p/.env"),
        ("rm -rf s; mkdir -m 700 s", "s"),
        ("rm p/.env; echo a > p/.env", "p/.env"),
    ],
)
def test_a_write_to_a_placeholder_cannot_be_applied(masked, preview, write, path):
    """It is marked, has no content to apply, and deletes nothing that was hidden."""
    found = preview(write)
    changes = masked.named(found)
    assert changes[path].masked
    assert "masked" in rules(found)
    assert all(c.after is not None and c.after.sha256 is None for c in found.changes)
    assert list(masked.blobs.iterdir()) == []


def test_a_deleted_placeholder_deletes_what_it_hid(masked, preview):
    """`rm -r` of a hidden directory is a plain deletion of all of it, in order."""
    found = preview("rm -r s p/.env")
    listed = [(os.path.relpath(c.path, masked.lower), c.masked) for c in found.changes]
    assert listed == [
        ("s/key", False),
        ("s/deep", False),
        ("s", False),
        ("p/.env", False),
    ]
    assert {str(c.kind) for c in found.changes} == {"deleted"}


@pytest.mark.parametrize(
    ("move", "gone", "come"),
    [
        ("mv s t", "s", "t"),
        ("mv p/.env e", "p/.env", "e"),
        ("mv p q", "p/.env", "q/.env"),
        ("mkdir n; mv p s n", "s", "n/s"),
    ],
)
def test_a_moved_placeholder_cannot_be_applied(masked, preview, move, gone, come):
    """Applying would delete what is hidden and put an empty thing in its place."""
    found = preview(move)
    changes = masked.named(found)
    assert changes[gone].masked
    assert changes[come].masked
    assert rules(found) == ["masked"]


def test_what_moves_along_with_a_placeholder_is_complete(masked, preview):
    """The rest of a moved directory is renamed as it is."""
    found = preview("mv p q")
    other = masked.named(found)["q/other"]
    assert (str(other.kind), other.origin) == ("renamed", masked.path("p/other"))
    assert not other.masked
