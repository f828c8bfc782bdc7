"""Where the key is after everything that can be done with it: in one header, no more.

The server of these tests sends the key back wherever it can.
"""

import base64
import json
from pathlib import Path

import pytest

from tests.end_to_end.program import Done, Program, tree
from tests.end_to_end.terminal import terminal
from tests.openrouter_double.cases.case import answer, refusal
from tests.openrouter_double.reply import in_json
from tests.openrouter_double.request import Request
from tests.openrouter_double.server import Double

pytestmark = pytest.mark.docker

KEY = "sk-or-v1-" + "5ec2e7" * 10
ASK = ("do", "--no-input", "--provider", "openrouter")
MAKING = answer("mkdir made && echo by-model > made/x")


def spellings(key: str) -> list[bytes]:
    """The key, its second half, and what base64 makes of it wherever it begins."""
    raw = key.encode()
    inner = [base64.b64encode(b"\0" * skip + raw)[4:-4] for skip in range(3)]
    return [raw, raw[len(raw) // 2 :], *inner]


def holds_key(content: bytes) -> bool:
    return any(one in content for one in spellings(KEY))


def found_below(top: Path) -> list[str]:
    return [
        str(path)
        for path in top.rglob("*")
        if path.is_file() and holds_key(path.read_bytes())
    ]


def in_arguments() -> list[str]:
    """Processes of this machine whose command line holds the key."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                line = (process / "cmdline").read_bytes()
            except OSError:  # it has ended
                continue
            if holds_key(line):
                found.append(process.name)
    return found


class Watched:
    """Looks at the arguments of all processes while the server is being asked."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.looks = 0

    def __call__(self, _: Request) -> None:
        self.looks += 1
        self.found += in_arguments()


@pytest.fixture
def temp(tmp_path: Path) -> Path:
    """Where reports of bugs and other temporary files go."""
    path = tmp_path / "tmp"
    path.mkdir()
    return path


def test_the_search_finds_a_key(tmp_path: Path):
    """The search of these tests would notice a key, plain or in base64."""
    (tmp_path / "plain").write_text(f"x {KEY} y")
    (tmp_path / "half").write_text(KEY[-40:])
    for skip in range(3):
        text = json.dumps(
            {"b64": base64.b64encode(b"x" * skip + KEY.encode()).decode()}
        )
        (tmp_path / f"encoded{skip}").write_text(text)
    (tmp_path / "none").write_text("nothing")

    assert len(found_below(tmp_path)) == 5


def look_back(asking: Program, plan: str, run: str) -> list[Done]:
    """Apply what was planned, and show everything that there is to show."""
    return [
        asking(*words)
        for words in (
            ("apply", plan),
            ("plan", "show", plan),
            ("audit", "show", "--json", run),
            ("audit", "list", "--json"),
            ("config", "show", "--json"),
            ("config", "show"),
            ("key", "status"),
            ("models",),
        )
    ]


def test_a_whole_run_leaves_the_key_nowhere(
    linara: Program, work: Path, tmp_path: Path, temp: Path
):
    """No file, no output and no command line holds the key after all of this.

    A model's command is planned, shown, approved and applied; one is approved on a
    terminal; the server refuses the key, quotes it, and answers with it; `--debug`
    shows tracebacks; the settings, the key and the models are asked for.
    """
    watched = Watched()
    with Double(official=False, key=KEY) as double:
        double.seen = watched
        double.play(
            MAKING,
            answer("mkdir again"),
            refusal(401, f"Incorrect API key provided: {KEY}"),
            answer(f"echo {KEY}"),
        )
        double.play(refusal(401, KEY), page="/key")
        double.play(in_json(200, {"data": [{"id": KEY}]}), page="/models")
        asking = linara.with_(
            OPENROUTER_API_KEY=KEY, OPENROUTER_BASE_URL=double.url, TMPDIR=str(temp)
        )
        planned = asking(*ASK, "make a folder with a file")
        with terminal(asking, "do", "make a folder again") as screen:
            screen.wait_for("decline")
            screen.press("a")
            assert screen.end() == 0
        refused = asking("--debug", *ASK, "list files")
        quoted = asking(*ASK, "--json", "show my key")
        said = [planned, refused, quoted]
        said += look_back(asking, planned.plan, quoted.json["run"])

    assert double.complaints == []
    assert "[key]" in refused.said  # the server's words came through, without it
    assert "Traceback" in refused.said
    assert "[key]" in quoted.json["command"]
    assert tree(work) == {"made": None, "made/x": "by-model\n", "again": None}
    assert watched.looks == len(double.requests)
    assert watched.found == []
    assert [one for one in said if holds_key(one.out + one.err)] == []
    assert not holds_key(bytes(screen.screen))
    assert found_below(tmp_path) == []


def test_a_bug_leaves_no_key_in_its_report(linara: Program, tmp_path: Path, temp: Path):
    """Whatever goes wrong with a key at hand, the report can be sent to anybody."""
    with Double(official=False, key=KEY) as double:
        double.play(answer(f"ls {KEY}"))
        done = linara.with_(
            OPENROUTER_API_KEY=KEY,
            OPENROUTER_BASE_URL=double.url,
            LINARA_MODEL_DEADLINE=KEY,  # a person's mistake
            TMPDIR=str(temp),
        )("--debug", *ASK, "list files")

    assert done.code == 2, done.said
    assert not holds_key(done.out + done.err)
    assert found_below(tmp_path) == []
    assert double.requests == []


def test_the_bytes_of_a_request_hold_the_key_once(linara: Program):
    """Of all that is sent, the Authorization header alone has it."""
    with Double(official=False, key=KEY) as double:
        double.play(answer("true"))
        linara.with_(OPENROUTER_API_KEY=KEY, OPENROUTER_BASE_URL=double.url)(
            *ASK, f"say true, not {KEY}"
        )

    (request,) = [one for one in double.requests if one.method == "POST"]
    first, _, rest = request.raw.partition(b"Bearer " + KEY.encode())
    lines = first.split(b"\r\n")
    assert lines[-1].lower() == b"authorization: "
    assert not holds_key(first + rest)
