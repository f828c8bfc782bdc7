"""LiteLLM's proxy as a server that others wrote: `do` works against it unchanged.

Needs the program `litellm` (`pip install 'litellm[proxy]'` in an environment of its
own) and half a minute. LINARA_LITELLM=/path/to/litellm asks for it. The proxy answers
by its own `mock_response`, so it asks no model and needs no network.
"""

import http.client
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.program import Program, tree

PROXY = os.environ.get("LINARA_LITELLM", "")
pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not PROXY, reason="LINARA_LITELLM names no LiteLLM"),
]

KEY = "sk-proxy-" + "5ec2e7" * 6
_START_S = 120.0

COMMAND = "mkdir made && echo by-model > made/x"
SAID = json.dumps({"script": COMMAND, "explanation": "Makes a folder with a file."})
MODELS = {
    "plain": COMMAND,
    "structured": SAID,
    "thinking": f"<think>A folder.</think>\n```bash\n{COMMAND}\n```",
    "limited": "litellm.RateLimitError",
    "broken": "litellm.InternalServerError",
}
CONFIG = {
    "model_list": [
        {
            "model_name": name,
            "litellm_params": {
                "model": f"openai/{name}",
                "api_key": "nobody-asks",
                "mock_response": said,
            },
        }
        for name, said in MODELS.items()
    ],
    "general_settings": {"master_key": KEY},
    "router_settings": {"num_retries": 0, "disable_cooldowns": True},
}


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a running proxy."""
    home = tmp_path_factory.mktemp("litellm")
    config = home / "config.yaml"
    config.write_text(json.dumps(CONFIG))  # JSON is YAML
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            [PROXY, "--config", config, "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=log,
            cwd=home,
            env={
                "HOME": str(home),
                "PATH": os.environ["PATH"],
                "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it is fetched
                "LITELLM_TELEMETRY": "False",
            },
        ) as process,
    ):
        try:
            _await(port, process, home / "log")
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


def _await(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        assert time.monotonic() < deadline, log.read_text()
        assert process.poll() is None, log.read_text()
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            line.request("GET", "/health/liveliness")
            if line.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            line.close()


@pytest.fixture
def asking(linara: Program, proxy: str) -> Program:
    return linara.with_(OPENROUTER_API_KEY=KEY, OPENROUTER_BASE_URL=proxy)


@pytest.mark.parametrize("streaming", ["--stream", "--no-stream"])
@pytest.mark.parametrize("model", ["plain", "structured", "thinking"])
def test_a_proposal_is_previewed(asking: Program, model: str, streaming: str):
    """Streamed or whole, bare or structured, the command reaches the preview."""
    done = asking("do", "--json", "--model", model, streaming, "make a folder")

    assert done.code == 10, done.said
    assert (done.json["command"], done.json["origin"]) == (COMMAND, "model")
    made = [Path(one["path"]).name for one in done.json["preview"]["changes"]]
    assert {"made", "x"} <= set(made)


def test_an_address_can_be_given_with_the_call(linara: Program, proxy: str, work: Path):
    """`--base-url` chooses the server, and the plan is applied like any other."""
    asking = linara.with_(OPENROUTER_API_KEY=KEY)
    planned = asking(
        "do", "--no-input", "--base-url", proxy, "--model", "plain", "make"
    )
    applied = asking("apply", planned.plan)

    assert applied.code == 0, applied.said
    assert tree(work) == {"made": None, "made/x": "by-model\n"}


@pytest.mark.parametrize(
    ("key", "model", "told"),
    [
        (KEY + "0", "plain", "The server does not accept the key"),
        (KEY, "no-such-model", "The model no-such-model is not available"),
        (KEY, "limited", "tried 3 times"),
        (KEY, "broken", "The server failed"),
    ],
    ids=["wrong key", "unknown model", "rate limit", "breakdown"],
)
def test_an_error_is_told(asking: Program, key: str, model: str, told: str):
    """What is wrong is told in our words, with exit 20; a wrong key is not repeated."""
    refused = asking.with_(OPENROUTER_API_KEY=key)
    done = refused("do", "--provider", "openrouter", "--model", model, "make a folder")

    assert (done.code, done.out) == (20, b""), done.said
    assert told in done.said
    assert key not in done.said
    assert "Traceback" not in done.said
