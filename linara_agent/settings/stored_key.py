"""The keys in the system's keyring: one for each server, so that none is mixed up."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from pydantic import SecretStr

from linara_agent.errors import SettingsProblem

SERVICE = "linara-agent"
_OPENROUTER = "openrouter"


def entry(base_url: str) -> str:
    """The name under which a server's key is kept: `openrouter`, or its address."""
    try:
        parts = urlsplit(base_url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return base_url
    if host == "openrouter.ai" or host.endswith(".openrouter.ai"):
        return _OPENROUTER
    return f"{parts.scheme}://{parts.netloc}".lower()


def stored_key(base_url: str) -> SecretStr | None:
    """None where there is none; a locked or missing keyring is as good as none."""
    import keyring  # noqa: PLC0415 — its backends cost 0.1 s and are seldom needed
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        key = keyring.get_password(SERVICE, entry(base_url))
    except KeyringError:
        return None
    return SecretStr(key) if key else None


def store_key(base_url: str, key: SecretStr) -> None:
    """Keep it, and make sure that it is kept. Raises SettingsProblem."""
    import keyring  # noqa: PLC0415 — as above

    name = entry(base_url)
    with _told("Nothing was stored."):
        keyring.set_password(SERVICE, name, key.get_secret_value())
        kept = keyring.get_password(SERVICE, name)
    if kept != key.get_secret_value():
        raise _unusable("it did not keep the key", "Nothing was stored.")


def delete_key(base_url: str) -> bool:
    """Whether there was one. Raises SettingsProblem."""
    import keyring  # noqa: PLC0415 — as above

    name = entry(base_url)
    with _told("Nothing was deleted."):
        if keyring.get_password(SERVICE, name) is None:
            return False
        keyring.delete_password(SERVICE, name)
    return True


@contextmanager
def _told(not_done: str) -> Iterator[None]:
    from keyring.errors import KeyringError, NoKeyringError  # noqa: PLC0415 — as above

    try:
        yield
    except NoKeyringError:
        # Not its own words: they advise to install a backend without encryption.
        raise _unusable("this machine has none", not_done) from None
    except KeyringError as error:
        why = str(error) or type(error).__name__
        raise _unusable(why, not_done) from None


def _unusable(why: str, not_done: str) -> SettingsProblem:
    return SettingsProblem(
        f"The system's keyring cannot be used: {why}.",
        not_done=not_done,
        remedy="Unlock or install a keyring (gnome-keyring, KWallet, KeePassXC), or put"
        " the key into OPENROUTER_API_KEY: in the environment, or in a file .env that"
        " only you can read (`chmod 600 .env`) and that git ignores.",
    )
