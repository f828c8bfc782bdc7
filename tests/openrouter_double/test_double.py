"""The double notices what a client does wrong, and sends what it was told to send."""

import http.client
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.openrouter_double.cases.all import CASES
from tests.openrouter_double.cases.case import answer
from tests.openrouter_double.reply import End, Reply
from tests.openrouter_double.server import KEY, Double

GOOD: dict[str, object] = {
    "model": "openrouter/free",
    "messages": [{"role": "user", "content": "list"}],
    "max_tokens": 10,
}
ROOT = Path(__file__).resolve().parents[2]


def ask(
    double: Double,
    body: object = GOOD,
    *,
    method: str = "POST",
    path: str = "/api/v1/chat/completions",
    key: str | None = KEY,
    kind: str = "application/json",
) -> tuple[int, bytes]:
    """One request by another client than ours."""
    line = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
    headers = {"Content-Type": kind}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    line.request(method, path, content, headers)
    reply = line.getresponse()
    read = reply.status, reply.read()
    line.close()
    return read


def test_a_good_request_is_answered_without_complaint():
    """What is as it should be is answered, and written down with all its bytes."""
    with Double() as double:
        double.play(answer("ls"))
        status, body = ask(double)

    assert (status, json.loads(body)["choices"][0]["message"]["content"]) == (200, "ls")
    assert double.complaints == []
    assert double.requests[0].json == GOOD
    assert double.requests[0].raw.startswith(b"POST /api/v1/chat/completions HTTP/1.1")


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"key": None}, "does not hold the key"),
        ({"key": KEY + "x"}, "does not hold the key"),
        ({"body": GOOD | {"user": KEY}}, "elsewhere than in the Authorization"),
        ({"path": "/api/v1/completions"}, "there is no page"),
        ({"method": "PUT"}, "asked for with PUT"),
        ({"path": "/api/v1/models"}, "/models was asked with POST"),
        ({"kind": "text/plain"}, "content type"),
        ({"body": b"{"}, "not JSON"),
        ({"body": []}, "not an object"),
        ({"body": GOOD | {"messages": []}}, "no message"),
        ({"body": GOOD | {"messages": [{"role": "me"}]}}, "no role or no text"),
        ({"body": GOOD | {"model": ""}}, "no model"),
        ({"body": GOOD | {"models": list("abcd")}}, "more than three models"),
        ({"body": GOOD | {"stop": list("abcde")}}, "more than four stops"),
        ({"body": GOOD | {"max_tokens": None}}, "max_tokens"),
    ],
)
def test_a_wrong_request_is_complained_about(wrong, complaint: str):
    """Each thing that the interface forbids is noticed."""
    with Double() as double:
        double.play(answer())
        ask(double, **wrong)

    assert [one for one in double.complaints if complaint in one]


def test_a_field_of_openrouter_is_noticed_by_another_server():
    """What other servers do not know is noticed, and a key where there is none."""
    with Double(official=False, key=None) as double:
        double.play(answer())
        ask(double, GOOD | {"plugins": []})

    assert double.complaints == [
        "a key was sent, and there is none",
        "plugins is OpenRouter's own",
    ]


def test_a_connection_serves_many_requests():
    """A connection stays open between requests, as HTTP/1.1 says."""
    with Double() as double:
        double.play(answer("a"), answer("b"))
        line = http.client.HTTPConnection("127.0.0.1", double.port, timeout=10)
        for _ in range(3):
            line.request(
                "GET", "/api/v1/key", headers={"Authorization": f"Bearer {KEY}"}
            )
            line.getresponse().read()
        line.close()

    assert [request.connection for request in double.requests] == [0, 0, 0]
    assert double.complaints == []


@pytest.mark.parametrize(
    ("end", "error"), [(End.RESET, ConnectionResetError), (End.CLOSE, None)]
)
def test_a_connection_ends_as_the_script_says(end: End, error):
    """A reset is a reset on the wire, and a close is an orderly end."""
    with Double() as double:
        double.play(Reply((end,)))
        with socket.create_connection(("127.0.0.1", double.port), timeout=10) as line:
            line.sendall(b"POST /api/v1/chat/completions HTTP/1.1\r\n\r\n")
            if error is None:
                assert line.recv(1) == b""
            else:
                with pytest.raises(error):
                    line.recv(1)


def test_the_cases_are_listed_by_the_command():
    """`--list` names every case, each on its line."""
    listed = subprocess.run(
        [sys.executable, "-m", "tests.openrouter_double", "--list"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout

    names = [line.split()[0] for line in listed.splitlines()]
    assert names == [case.name for case in CASES]


def test_the_command_serves_a_case_and_logs_without_the_key():
    """`--case N --port 0` says where it is; its log shows no key."""
    command = [sys.executable, "-m", "tests.openrouter_double", "--port", "0"]
    with subprocess.Popen(
        [*command, "--case", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            told = process.stdout.readline()
            port = int(told.split("127.0.0.1:")[1].split("/")[0])
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = {
                "Authorization": f"Bearer {KEY}",
                "Content-Type": "application/json",
            }
            content = json.dumps(GOOD).encode()
            line.request("POST", "/api/v1/chat/completions", content, headers)
            status = line.getresponse().status
            line.close()
        finally:
            process.terminate()
            _, logged = process.communicate(timeout=10)

    assert status == 404
    assert "POST /api/v1/chat/completions" in logged
    assert "Bearer …" in logged
    assert KEY not in logged
