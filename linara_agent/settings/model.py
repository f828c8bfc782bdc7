"""Which model to ask and with which key: environment, `.env`, keyring."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from linara_agent.errors import SettingsProblem

KEYRING_SERVICE, KEYRING_NAME = "linara-agent", "openrouter"


class ModelSettings(BaseSettings):
    """The environment wins over `.env` in the working directory."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        populate_by_name=True,
    )

    key: SecretStr | None = Field(default=None, alias="OPENROUTER_API_KEY")
    model: str = Field(
        default="openrouter/free", alias="OPENROUTER_MODEL", min_length=1
    )
    base_url: str = Field(
        default="https://openrouter.ai/api/v1", alias="OPENROUTER_BASE_URL"
    )
    data_collection: str = Field(
        default="allow", alias="LINARA_DATA_COLLECTION", pattern="^(allow|deny)$"
    )
    deadline_s: float = Field(default=60, alias="LINARA_MODEL_DEADLINE", gt=0, le=600)

    @field_validator("key")
    @classmethod
    def _blank_is_none(cls, key: SecretStr | None) -> SecretStr | None:
        return key if key is not None and key.get_secret_value().strip() else None


def model_settings() -> ModelSettings:
    """Read them; the keyring is asked for a key only if there is none elsewhere.

    Raises SettingsProblem.
    """
    try:
        settings = ModelSettings()
        _refuse_foreign_server(settings, ModelSettings(_env_file=None))
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(p) for p in one['loc'])}: {one['msg']}"
            for one in error.errors(include_input=False)
        )
        raise _problem(f"A setting is wrong: {problems}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _problem(
            f"The file .env in {Path.cwd()} cannot be read: {error}."
        ) from error
    if settings.key is None:
        settings = settings.model_copy(update={"key": _from_keyring()})
    return settings


def _refuse_foreign_server(settings: ModelSettings, outside: ModelSettings) -> None:
    """A `.env` may not send a key that it does not hold to a server of its choice.

    Whoever writes into a directory would otherwise get the key of anyone who asks
    for a command there.
    """
    if settings.base_url != outside.base_url and (outside.key or not settings.key):
        raise _problem(
            "The file .env names another server (OPENROUTER_BASE_URL)"
            " but holds no key for it."
        )


def _from_keyring() -> SecretStr | None:
    """A locked or missing keyring is as good as none."""
    import keyring  # noqa: PLC0415 — its backends cost 0.1 s and are seldom needed
    from keyring.errors import KeyringError  # noqa: PLC0415

    try:
        key = keyring.get_password(KEYRING_SERVICE, KEYRING_NAME)
    except KeyringError:
        return None
    return SecretStr(key) if key else None


def _problem(what: str) -> SettingsProblem:
    return SettingsProblem(
        what,
        not_done="No model was asked, and nothing ran.",
        remedy="Correct the environment variable or the line in .env.",
    )
