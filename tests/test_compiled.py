"""The catalogue as it is kept in the cache: used while it is ours and fresh."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from linara_agent import compiled
from linara_agent.compiled import NAME, Cache
from linara_agent.core.effects.catalogue import program_from
from linara_agent.errors import PolicyProblem
from linara_agent.rulebook import load_catalogue
from linara_agent.shipped import shipped

ALPHA = 'name = "alpha"\naliases = ["first", "beta"]\nsummary = "prints"\n'
BETA = 'name = "beta"\nsummary = "prints too"\n'


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    sources = tmp_path / "commands"
    sources.mkdir()
    (sources / "alpha.toml").write_text(ALPHA)
    (sources / "beta.toml").write_text(BETA)
    return Cache(
        directory=tmp_path / "above" / "cache",
        sources=(sources / "alpha.toml", sources / "beta.toml"),
        settled_ns=0,
    )


def kept(cache: Cache) -> Path:
    return cache.directory / NAME


@pytest.fixture
def umask() -> Iterator[None]:
    """Whatever the mask, what is kept is private."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_nothing_is_kept_at_first(cache: Cache) -> None:
    """Loading makes nothing."""
    assert cache.load() is None
    assert not cache.directory.exists()


def test_what_was_made_is_loaded(cache: Cache) -> None:
    """Every program is found by name and alias; a file's name goes before an alias."""
    made = cache.make()
    loaded = cache.load()

    assert made is not None
    assert loaded is not None
    assert loaded.names == made.names == {"alpha": 0, "first": 0, "beta": 1}
    assert list(loaded.lines) == list(made.lines)
    assert loaded.program("first") == program_from(ALPHA, file="alpha.toml")
    assert loaded.program("beta") == program_from(BETA, file="beta.toml")
    with pytest.raises(KeyError):
        loaded.program("gamma")


def test_the_shipped_catalogue_is_the_same_when_it_is_kept(tmp_path: Path) -> None:
    """Each program of the kept catalogue equals that of its file."""
    sources = tuple(sorted((shipped("policies") / "commands").glob("*.toml")))
    cache = Cache(directory=tmp_path / "cache", sources=sources, settled_ns=0)
    assert cache.make() is not None
    loaded = cache.load()

    assert loaded is not None
    for path in sources:
        said = program_from(path.read_text(encoding="utf-8"), file=path.name)
        assert loaded.program(path.stem) == said


@pytest.mark.usefixtures("umask")
def test_it_is_private(cache: Cache) -> None:
    """The file has mode 0600 and its directory 0700, and nothing else is left."""
    cache.make()

    assert stat.S_IMODE(kept(cache).stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.directory.stat().st_mode) == 0o700
    assert list(cache.directory.iterdir()) == [kept(cache)]


def edited(cache: Cache) -> None:
    """The same length and modification time: only the inode's change tells."""
    source = cache.sources[0]
    before = source.stat()
    source.write_text(ALPHA.replace("prints", "delete"))
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert source.stat().st_size == before.st_size


def replaced(cache: Cache) -> None:
    other = cache.sources[0].with_name("other")
    other.write_text(ALPHA)
    other.rename(cache.sources[0])


def removed(cache: Cache) -> None:
    cache.sources[0].unlink()


def truncated(cache: Cache) -> None:
    kept(cache).write_bytes(kept(cache).read_bytes()[:-5])


def one_byte(cache: Cache) -> None:
    raw = bytearray(kept(cache).read_bytes())
    raw[-10] ^= 1
    kept(cache).write_bytes(raw)


def emptied(cache: Cache) -> None:
    kept(cache).write_bytes(b"")


def readable(cache: Cache) -> None:
    kept(cache).chmod(0o644)


def open_to_all(cache: Cache) -> None:
    cache.directory.chmod(0o777)


def linked(cache: Cache) -> None:
    other = cache.directory / "other"
    kept(cache).rename(other)
    kept(cache).symlink_to(other)


def piped(cache: Cache) -> None:
    kept(cache).unlink()
    os.mkfifo(kept(cache), 0o600)


def is_directory(cache: Cache) -> None:
    kept(cache).unlink()
    kept(cache).mkdir(mode=0o700)


SPOILED = (
    edited,
    replaced,
    removed,
    truncated,
    one_byte,
    emptied,
    readable,
    open_to_all,
    linked,
    piped,
    is_directory,
)


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda one: one.__name__)
def test_what_is_stale_damaged_or_not_ours_alone_is_not_used(
    cache: Cache, spoil: Callable[[Cache], None]
) -> None:
    """A changed source, a damaged file, or one that others may reach counts not."""
    cache.make()
    assert cache.load() is not None
    spoil(cache)
    assert cache.load() is None


def test_another_version_is_not_used(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another version of the program kept is made anew."""
    cache.make()
    monkeypatch.setattr(compiled, "__version__", "0.0.0")
    assert cache.load() is None


def test_other_sources_are_noticed(cache: Cache) -> None:
    """A file that was added is no part of what was kept."""
    cache.make()
    added = cache.sources[0].with_name("gamma.toml")
    added.write_text('name = "gamma"\nsummary = "prints"\n')
    more = Cache(directory=cache.directory, sources=(*cache.sources, added))
    assert more.load() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["directory", "file"])
def test_what_belongs_to_another_is_not_used(cache: Cache, what: str) -> None:
    """Somebody else's directory or file is neither read nor written."""
    cache.make()
    os.chown(cache.directory if what == "directory" else kept(cache), 12345, 12345)
    before = kept(cache).read_bytes()

    assert cache.load() is None
    if what == "directory":
        assert cache.make() is None
        assert kept(cache).read_bytes() == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_no_directory_is_made_at_anothers(cache: Cache) -> None:
    """As root with another's HOME, nothing is left there that they cannot remove."""
    cache.directory.parent.mkdir()
    os.chown(cache.directory.parent, 12345, 12345)
    assert cache.make() is None
    assert list(cache.directory.parent.iterdir()) == []


def test_a_place_that_cannot_be_made_is_none(cache: Cache) -> None:
    """Where nothing can be written, nothing is kept and nothing fails."""
    cache.directory.parent.write_text("a file where the directory should be")
    assert cache.make() is None
    assert cache.load() is None


def test_what_has_just_changed_is_not_kept(cache: Cache) -> None:
    """A second change within the clock's step could not be told from the first."""
    hasty = Cache(
        directory=cache.directory, sources=cache.sources, settled_ns=3_600_000_000_000
    )
    made = hasty.make()

    assert made is not None
    assert made.program("first") is not None
    assert list(cache.directory.iterdir()) == []


@pytest.mark.parametrize("text", ["name = ", "name = 2026-01-01\n", "\udcff"])
def test_a_source_that_cannot_be_read_is_not_kept(cache: Cache, text: str) -> None:
    """Then each file is read by itself, and says what is wrong with it."""
    cache.sources[0].write_bytes(text.encode("utf-8", "surrogateescape"))
    assert cache.make() is None
    assert list(cache.directory.iterdir()) == []


def test_what_does_not_fit_the_schema_is_no_program(cache: Cache) -> None:
    """What is kept is checked as the sources are."""
    cache.sources[0].write_text(ALPHA + "extra = 1\n")
    made = cache.make()
    assert made is not None
    assert made.program("alpha") is None


def test_a_catalogue_is_read_from_what_is_kept(tmp_path: Path) -> None:
    """What the rulebook loads with a cache equals what it loads without, twice."""
    plain = load_catalogue()
    for _ in range(2):
        loaded = load_catalogue(tmp_path / "cache")
        assert loaded.find("no-such-program") is None
        assert dict(loaded.programs) == dict(plain.programs)
        assert len(loaded.programs) == len(plain.programs)


def test_a_bad_file_is_named_although_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that does not fit the schema is refused with its name, cache or not."""
    commands = tmp_path / "policies" / "commands"
    commands.mkdir(parents=True)
    (commands / "alpha.toml").write_text(ALPHA + "extra = 1\n")
    monkeypatch.setattr(
        "linara_agent.rulebook.shipped", lambda _name: tmp_path / "policies"
    )
    for _ in range(2):
        catalogue = load_catalogue(tmp_path / "cache")
        assert set(catalogue.programs) == {"alpha", "first", "beta"}
        with pytest.raises(PolicyProblem, match=r"commands/alpha\.toml.*extra"):
            catalogue.find("first")


def test_small_needs_leave_no_trace(tmp_path: Path) -> None:
    """One small program is read from its file; a large one is worth keeping all."""
    directory = tmp_path / "cache"
    catalogue = load_catalogue(directory)
    assert catalogue.find("ls") is not None
    assert not directory.exists()
    assert catalogue.find("git") is not None
    assert directory.exists()
