"""`linara-agent key set`, `delete` and `status`."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

import click
from pydantic import SecretStr
from rich.text import Text

from linara_agent.cli.console import console
from linara_agent.cli.lazy import LazyGroup
from linara_agent.core.record import Json
from linara_agent.core.visible import visible
from linara_agent.errors import ProposalUnavailable, SettingsProblem, UsageProblem
from linara_agent.settings.origin import Origin
from linara_agent.settings.stored_key import delete_key, entry, store_key
from linara_agent.wiring.model import exposed_key, no_key
from linara_agent.wiring.person import person
from linara_agent.wiring.settings import configured_model, options_of

if TYPE_CHECKING:
    from linara_agent.openrouter.account import Account, FreeRequests
    from linara_agent.openrouter.options import Options

_COMMANDS = {
    "set": ("key", "Put a key into the system's keyring; it is asked for."),
    "delete": ("key", "Take the key out of the keyring."),
    "status": ("key", "Show what the key may still spend, and where it comes from."),
}

_LONGEST = 1000

_BASE_URL = click.option(
    "--base-url", metavar="URL", help="The key of another server than the configured."
)


@click.group("key", cls=LazyGroup, table=_COMMANDS)
def key_command() -> None:
    """Keep the key of the model's server in the system's keyring.

    Without a keyring: OPENROUTER_API_KEY in the environment, or in a file .env that
    only you can read. The environment wins over .env, and that over the keyring.
    """


@click.command("set")
@click.argument("argument", nargs=-1, metavar="")
@_BASE_URL
@click.option("--no-check", is_flag=True, help="Do not ask the server about it.")
def set_command(
    argument: tuple[str, ...], base_url: str | None, no_check: bool
) -> None:
    """Put a key into the system's keyring.

    It is asked for without showing it, or read from a pipe, and never taken from the
    command line. The server is asked once whether it takes the key, unless it cannot
    be reached.

    \b
    Examples:
      linara-agent key set
      pass show openrouter | linara-agent key set
      linara-agent key set --no-check
    """
    if argument:
        raise _key_as_argument()
    key = _asked()
    flags = {"key": key, **({} if base_url is None else {"base_url": base_url})}
    settings = configured_model(person(), flags).settings
    if not no_check:
        _confirm(options_of(settings))
    store_key(settings.base_url, key)
    name = entry(settings.base_url)
    console.say(Text(f"The key is in the keyring, as {visible(name)}.", style="bold"))


def _key_as_argument() -> UsageProblem:
    return UsageProblem(
        "A key is not taken from the command line: there every user of the machine"
        " sees it in `ps`, and the shell keeps it in its history.",
        not_done="Nothing was stored.",
        remedy="Call `linara-agent key set` alone; it asks for the key. If this was a"
        " real key, replace it at https://openrouter.ai/settings/keys.",
    )


def _asked() -> SecretStr:
    """The key, from the terminal without echo, or the one line of a pipe."""
    if console.interactive:
        text = click.prompt("Key (it is not shown)", hide_input=True, err=True)
    else:
        text = sys.stdin.readline(_LONGEST + 2)
    text = text.strip()
    if not text or len(text) > _LONGEST or not all("!" <= char <= "~" for char in text):
        raise UsageProblem(
            "That is no key: a key is one word of ASCII characters.",
            not_done="Nothing was stored.",
            remedy="Copy the key again from https://openrouter.ai/settings/keys.",
        )
    return SecretStr(text)


def _confirm(options: "Options") -> None:
    """Raises SettingsProblem where the server refuses the key."""
    from linara_agent.openrouter.account import Confirmation, confirm

    try:
        with console.step("asking the server about the key"):
            said = confirm(options)
    except ProposalUnavailable as error:
        console.notices([f"The key could not be checked. {error.what}"])
        return
    if said is Confirmation.REFUSED:
        raise SettingsProblem(
            "The server does not accept this key.",
            not_done="Nothing was stored.",
            remedy="Copy the key again from https://openrouter.ai/settings/keys, or"
            " store it unchecked with --no-check.",
        )
    if said is Confirmation.UNKNOWN:
        console.notices(["The key could not be checked: the server did not say."])


@click.command("delete")
@_BASE_URL
def delete_command(base_url: str | None) -> None:
    """Take the key out of the system's keyring.

    It stays valid: to make it useless, delete it at the server too.

    \b
    Examples:
      linara-agent key delete
    """
    flags = {} if base_url is None else {"base_url": base_url}
    settings = configured_model(person(), flags).settings
    there = delete_key(settings.base_url)
    words = "was deleted" if there else "holds no key"
    name = visible(entry(settings.base_url))
    subject = "The key" if there else "The keyring"
    console.say(Text(f"{subject} {words} ({name}).", style="bold"))


@click.command("status")
@_BASE_URL
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status_command(base_url: str | None, as_json: bool) -> None:
    """Show what the key may still spend, and where it comes from.

    Asks the server; costs nothing. Neither the key nor its name is shown.

    \b
    Examples:
      linara-agent key status
      linara-agent key status --json
    """
    flags = {} if base_url is None else {"base_url": base_url}
    found = configured_model(person(), flags)
    options = options_of(found.settings)
    if options.secret is None:
        raise no_key()
    from linara_agent.openrouter.account import account
    from linara_agent.openrouter.endpoint import endpoint

    console.notices(exposed_key(found))
    report = None
    if endpoint(options).official:
        with console.step("asking the server about the key"):
            report = account(options)
    if as_json:
        console.result(
            json.dumps(_json(found.origins["key"], options.base_url, report))
        )
        return
    rows = [
        ("key", f"set ({visible(str(found.origins['key']), keep='')})"),
        ("server", visible(options.base_url, keep="")),
        *(_lines(report) if report is not None else _silent()),
    ]
    console.show(*(Text(f"{name:14} {value}") for name, value in rows))


def _silent() -> Iterator[tuple[str, str]]:
    yield "limits", "only OpenRouter tells them"


def _lines(report: "Account") -> Iterator[tuple[str, str]]:
    if report.limit is None:
        yield "limit", "none"
    else:
        reset = f", reset {visible(report.limit_reset)}" if report.limit_reset else ""
        yield "limit", f"{_usd(report.limit)}{reset}"
        yield "remaining", _usd(report.limit_remaining)
    yield "used", _usd(report.usage)
    yield "  today", _usd(report.usage_daily)
    yield "  this week", _usd(report.usage_weekly)
    yield "  this month", _usd(report.usage_monthly)
    free = report.free_model_daily_requests
    if free is not None and free.remaining is not None:
        of = "" if free.limit is None else f" of {free.limit}"
        yield "free requests", f"{free.remaining}{of} left today (until midnight UTC)"
    if report.is_management_key:
        yield "kind", "a management key, which cannot ask a model"
    if report.expires_at:
        yield "expires", visible(report.expires_at, keep="")


def _usd(amount: Decimal | None) -> str:
    return "not said" if amount is None else f"{amount:f} USD"


def _json(origin: Origin, server: str, report: "Account | None") -> dict[str, Json]:
    return {
        "schema": 1,
        "key": "set",
        "origin": {"layer": str(origin.layer), "where": origin.where or None},
        "server": server,
        "account": None if report is None else _account_json(report),
    }


def _account_json(report: "Account") -> dict[str, Json]:
    money = {
        "limit_usd": report.limit,
        "limit_remaining_usd": report.limit_remaining,
        "usage_usd": report.usage,
        "usage_daily_usd": report.usage_daily,
        "usage_weekly_usd": report.usage_weekly,
        "usage_monthly_usd": report.usage_monthly,
    }
    return {
        **{name: None if one is None else f"{one:f}" for name, one in money.items()},
        "limit_reset": report.limit_reset,
        "is_free_tier": report.is_free_tier,
        "is_management_key": report.is_management_key,
        "expires_at": report.expires_at,
        "free_requests_today": _free_json(report.free_model_daily_requests),
    }


def _free_json(free: "FreeRequests | None") -> Json:
    if free is None:
        return None
    return {"used": free.used, "limit": free.limit, "remaining": free.remaining}
