"""What the program makes of a case, over a real connection to the double."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

from pydantic import SecretStr

from linara_agent.cli.exit_codes import code_of
from linara_agent.core.attempt import UnusableAnswer
from linara_agent.core.check import Check
from linara_agent.core.intent import Intent
from linara_agent.errors import ProposalUnavailable
from linara_agent.openrouter import inquiry
from linara_agent.openrouter.answer import take
from linara_agent.openrouter.check import check
from linara_agent.openrouter.client import complete
from linara_agent.openrouter.endpoint import endpoint
from linara_agent.openrouter.options import Options
from linara_agent.openrouter.prompt import Turn
from linara_agent.openrouter.reply import Completion
from tests.openrouter_double.cases.case import WORDS, Ask, Case, Place
from tests.openrouter_double.certificate import unvouched
from tests.openrouter_double.request import Request
from tests.openrouter_double.server import KEY, Double

PACE = 0.005
"""Pauses of the double, as a part of what was seen."""

TURNS = (
    Turn(role="system", content="You write one bash command."),
    Turn(role="user", content=WORDS),
)
INTENT = Intent(words=WORDS, cwd="/home/ada/work", home="/home/ada")
_TOLD_TRIES = re.compile(r"tried (\d+) times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A `command`, or what was `told` and advised; `exit` is that of a failure.

    `tries` counts requests, for a server that is not there those that were told;
    `asked_again` says whether `do` tells the model what was wrong and asks again.
    """

    completion: Completion | None = None
    command: str | None = None
    told: str = ""
    advice: str = ""
    exit: int | None = None
    asked_again: bool = False
    tries: int = 0
    requests: tuple[Request, ...] = ()
    complaints: tuple[str, ...] = ()


def observe(case: Case, *, stream: bool) -> Observed:
    """Ask as the program does, and write down what comes of it."""
    with _double(case) as double:
        options = Options(
            key=SecretStr(KEY),
            base_url=address(case, double),
            total_s=case.total_s,
            backoff_s=0.001,
            openrouter=case.official,
            model=case.model,
            stream=stream,
        )
        seen = _asked(case, options)
        requests = tuple(double.requests)
        complaints = tuple(double.complaints)
    said = _TOLD_TRIES.search(seen.told)
    tries = sum(one.page == case.page for one in requests)
    if case.place is Place.CLOSED and said is not None:
        tries = int(said[1])
    return replace(seen, requests=requests, complaints=complaints, tries=tries)


@contextmanager
def _double(case: Case) -> Iterator[Double]:
    tls = _tls() if case.place is Place.TLS else None
    with Double(official=case.official, pace=PACE, tls=tls) as double:
        double.play(*case.replies, page=case.page)
        yield double


@cache
def _tls() -> ssl.SSLContext:
    return unvouched()


def address(case: Case, double: Double) -> str:
    if case.place is not Place.CLOSED:
        return double.url
    with socket.create_server(("127.0.0.1", 0)) as gone:
        return f"http://127.0.0.1:{gone.getsockname()[1]}/api/v1"


def _asked(case: Case, options: Options) -> Observed:
    match case.ask:
        case Ask.CHAT:
            return _chat(options)
        case Ask.DOCTOR:
            return _doctor(options, case)
        case Ask.NOTHING:
            return _page(options, case.page)


def _chat(options: Options) -> Observed:
    answer = None
    try:
        answer = complete(TURNS, options)
        (taken,) = take(answer.text, INTENT).answers
        return Observed(completion=answer, command=taken.command)
    except ProposalUnavailable as failure:
        return replace(_failed(failure), completion=answer)


def _doctor(options: Options, case: Case) -> Observed:
    name = "model key" if case.page == "/key" else "model"
    (line,) = (one for one in check(options) if one.name == name)
    return _checked(line)


def _checked(line: Check) -> Observed:
    return Observed(told=line.detail, advice=line.remedy or "")


def _page(options: Options, page: str) -> Observed:
    """What the client would say of a page that no command of ours asks."""
    try:
        inquiry.answer(page, endpoint(options), options)
    except ProposalUnavailable as failure:
        return _failed(failure)
    return Observed()


def _failed(failure: ProposalUnavailable) -> Observed:
    return Observed(
        told=failure.what,
        advice=failure.remedy,
        exit=int(code_of(failure)),
        asked_again=isinstance(failure, UnusableAnswer),
    )
