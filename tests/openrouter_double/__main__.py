"""`python -m tests.openrouter_double`: a server to play with by hand.

It plays the cases that are named, one reply for each request, and the last one on and
on; without any it answers with a harmless command. Requests are written to standard
error; a key is never shown.
"""

import argparse
import json
import sys
from collections.abc import Callable
from threading import Event

from tests.openrouter_double.cases.all import CASES, numbered
from tests.openrouter_double.cases.case import Case, Place
from tests.openrouter_double.certificate import unvouched
from tests.openrouter_double.request import Request
from tests.openrouter_double.server import KEY, Double
from tests.openrouter_double.table import rows

_SHOWN = 2000
"""Characters of a body."""


def main() -> None:
    choice = _arguments()
    if choice.list:
        for case in CASES:
            _print(f"{case.name:>4}  {case.sends}")
        return
    if choice.table:
        for row in rows():
            _print(row)
        return
    _serve(choice)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.openrouter_double", description=__doc__
    )
    parser.add_argument("--port", type=int, default=8411, help="default 8411; 0: any")
    parser.add_argument(
        "--case", nargs="+", action="extend", default=[], metavar="N",
        help="cases to play, such as 1, 13b or 45",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="list the cases, and end")
    parser.add_argument(
        "--table", action="store_true",
        help="ask every case with the client, print a table of what came, and end",
    )  # fmt: skip
    parser.add_argument("--key", default=KEY, help="the key that is accepted")
    parser.add_argument(
        "--pace", type=float, default=1.0, help="multiplies every pause; default 1"
    )
    return parser.parse_args()


def _serve(choice: argparse.Namespace) -> None:
    cases = _chosen(choice.case or ["1"])
    secure = any(case.place is Place.TLS for case in cases)
    with Double(
        key=choice.key,
        official=all(case.official for case in cases),
        pace=choice.pace,
        port=choice.port,
        tls=unvouched() if secure else None,
    ) as double:
        for case in cases:
            double.play(*case.replies, page=case.page)
        double.seen = _log_to(double)
        _print(
            f"# {', '.join(case.name for case in cases)} at {double.url}; in another "
            "shell:\n"
            f"export OPENROUTER_BASE_URL={double.url} OPENROUTER_API_KEY={choice.key}\n"
            'linara-agent do "list all files"'
        )
        try:
            Event().wait()
        except KeyboardInterrupt:
            _print("\nended")


def _chosen(names: list[str]) -> list[Case]:
    try:
        cases = [case for name in names for case in numbered(name)]
    except LookupError as error:
        sys.exit(f"There is no case {error}; --list shows them.")
    absent = [case.name for case in cases if case.place is Place.CLOSED]
    if absent:
        sys.exit(f"Case {absent[0]} has no server: name a port where nobody listens.")
    return cases


def _log_to(double: Double) -> Callable[[Request], None]:
    def log(request: Request) -> None:
        lines = [f"--> {request.method} {request.path}"]
        for name, value in request.headers:
            hidden = "Bearer …" if name == "authorization" else value
            lines.append(f"    {name}: {hidden}")
        lines += _body(request)
        lines += [f"    !! {complaint}" for complaint in double.complaints]
        double.complaints.clear()
        text = "\n".join(lines)
        key = double.key or KEY
        sys.stderr.write(text.replace(key, "[the key]") + "\n")

    return log


def _body(request: Request) -> list[str]:
    try:
        text = json.dumps(request.json, indent=2, ensure_ascii=False)
    except ValueError:
        text = repr(request.body)
    if not request.body:
        return []
    return ["    " + line for line in text[:_SHOWN].splitlines()]


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
