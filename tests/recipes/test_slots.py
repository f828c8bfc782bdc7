"""Each kind of slot reads what it is for, and nothing else."""

import pytest

from linara_agent.recipes.recipe import load_shelf
from linara_agent.recipes.slots import KINDS, PRECISION, SEVERAL_WORDS, Piece

LANGUAGE = load_shelf().language


def read(
    kind: str, text: str, *, quoted: bool = False, careful: bool = False
) -> str | None:
    piece = Piece(
        text=text,
        words=(text.lower(),) if quoted else tuple(text.lower().split()),
        quoted=quoted,
        home="/home/ana",
        trimmed=careful,
        careful=careful,
        language=LANGUAGE,
    )
    return KINDS[kind](piece)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("size", "100MB", "100M"),
        ("size", "100 mb", "100M"),
        ("size", "1.5 GB", "1536M"),
        ("size", "0.5k", "512c"),
        ("size", "2 TB", "2048G"),
        ("size", "a gigabyte", "1G"),
        ("size", "half a gig", "512M"),
        ("size", "ten megabytes", "10M"),
        ("size", "500 bytes", "500c"),
        ("size", "100", None),
        ("size", "0MB", None),
        ("size", "0.0001 bytes", None),
        ("size", "many MB", None),
        ("size", "-5MB", None),
        ("days", "2 weeks", "14"),
        ("days", "a month", "30"),
        ("days", "1 year", "365"),
        ("days", "7d", "7"),
        ("days", "0 days", None),
        ("days", "1.5 days", None),
        ("days", "2 hours", None),
        ("days", "7", None),
        ("minutes", "2 hours", "120"),
        ("minutes", "1.5 hours", "90"),
        ("minutes", "30 min", "30"),
        ("minutes", "2 days", None),
        ("count", "12", "12"),
        ("count", "five", "5"),
        ("count", "007", "7"),
        ("count", "a", None),
        ("count", "0", None),
        ("count", "1000000", None),
        ("count", "٣", None),
        ("port", "65535", "65535"),
        ("port", "65536", None),
        ("port", "http", None),
        ("pid", "1234", "1234"),
        ("pid", "-1", None),
        ("suffix", "pdf", "pdf"),
        ("suffix", ".weird", "weird"),
        ("suffix", "*.tar.gz", "tar.gz"),
        ("suffix", "broken", None),
        ("suffix", "p d", None),
        ("word", "www-data", "www-data"),
        ("word", "g++", "g++"),
        ("word", "-9", None),
        ("word", "1234", None),
        ("word", "a;b", None),
        ("word", "all", None),
        ("host", "example.org", "example.org"),
        ("host", "::1", None),
        ("host", "fe80::1", "fe80::1"),
        ("host", "localhost", "localhost"),
        ("host", "firefox", None),
        ("url", "https://example.org/a?b#c", "https://example.org/a?b#c"),
        ("url", "file:///etc/passwd", None),
        ("url", "https://", None),
        ("url", "--output=x", None),
        ("mode", "750", "750"),
        ("mode", "u+x", "u+x"),
        ("mode", "-x", None),
        ("mode", "999", None),
        ("path", "x y", "x y"),
        ("path", "a y", None),
        ("path", "-rf", "./-rf"),
        ("path", "--", "./--"),
        ("path", "~", "/home/ana"),
        ("path", "~/x y", "/home/ana/x y"),
        ("path", "~bob", "~bob"),
        ("path", "the band", None),
        ("path", "a and b", None),
        ("path", "A And B", "A And B"),
        ("path", "a, b", None),
        ("path", "everything", None),
        ("path", "*.txt", None),
        ("file", "README", None),
        ("file", "a/README", "a/README"),
        ("file", "my notes.txt", "my notes.txt"),
        ("document", "notes.txt", "notes.txt"),
        ("document", "src/", None),
        ("document", ".hidden", None),
        ("dir", "here", "."),
        ("dir", "this folder", "."),
        ("dir", "my downloads folder", "/home/ana/Downloads"),
        ("dir", "some place", None),
        ("dir", "!", "./!"),
        ("dir", "(x", "./(x"),
        ("place", "src/", "src/"),
        ("place", "src", None),
        ("place", "here", "."),
        ("glob", "*.txt", "*.txt"),
        ("glob", "a/b", None),
        ("wild", "*.txt", "*.txt"),
        ("wild", "a.txt", None),
        ("tarball", "a.TGZ", "a.TGZ"),
        ("tarball", "a.zip", None),
        ("zipfile", "a.zip", "a.zip"),
        ("gzfile", "a.csv.gz", "a.csv.gz"),
        ("gzfile", "a.tar.gz", None),
    ],
)
def test_unquoted(kind: str, text: str, value: str | None):
    """Words as typed become this value, or none."""
    assert read(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("path", "a and b, c", "a and b, c"),
        ("path", "everything", "everything"),
        ("path", "*.txt", "*.txt"),
        ("path", "", None),
        ("file", "README", "README"),
        ("dir", "here", "here"),
        ("dir", "old stuff", "old stuff"),
        ("text", "in all of it", "in all of it"),
        ("text", "", None),
        ("replacement", "", ""),
        ("suffix", "broken", "broken"),
        ("word", "a b", None),
    ],
)
def test_quoted(kind: str, text: str, value: str | None):
    """Quotation marks make a name of anything, but no word of several."""
    assert read(kind, text, quoted=True) == value


def test_final_mark_is_not_assumed_away_from_what_is_destroyed():
    """A name whose final mark was taken off is refused where it would be removed."""
    assert read("path", "notes.txt", careful=True) is None


def test_tables_name_only_kinds():
    """The tables beside the kinds speak of kinds that there are."""
    assert set(PRECISION) | SEVERAL_WORDS <= set(KINDS)
