"""What travels: the replies of OpenRouter and of servers that speak like it.

Only what is used is declared; unknown fields are ignored, and a field of an
unexpected type counts as absent, because servers differ and change unannounced
(see OpenRouter's pages on errors and versioning; the flat error is vLLM's, the
text error LM Studio's, `detail` is LiteLLM's and FastAPI's).
"""

import json
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

T = TypeVar("T")


def _or_absent(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    try:
        return handler(value)
    except ValidationError:
        return None


Maybe = Annotated[T | None, WrapValidator(_or_absent)]
"""A field that is None when the server sent something else."""

_MOST = 2**53 - 1
"""What JSON carries exactly (RFC 8785): a plan with more could not be sealed."""
_DEAREST = 1e6
_MOST_CHOICES = 128
"""One is asked for; a reply of nothing but choices would fill the memory."""

Count = Maybe[Annotated[int, Field(ge=0, le=_MOST)]]
Money = Maybe[Annotated[float, Field(ge=0, le=_DEAREST, allow_inf_nan=False)]]


class Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Metadata(Wire):
    """OpenRouter's details of an error."""

    raw: Any = None
    error_type: Maybe[str] = None
    limit_source: Maybe[str] = None
    reason: Maybe[str] = None
    reasons: Maybe[list[str]] = None
    patterns: Maybe[list[Any]] = None
    failed_routing_step: Maybe[str] = None
    resets_at: Any = None
    headers: Maybe[dict[str, Any]] = None


class Availability(Wire):
    """Announced by OpenRouter in August 2026; read where it is sent."""

    code: Maybe[str] = None
    retryable: Maybe[bool] = None
    retry_after: Maybe[Annotated[float, Field(ge=0, allow_inf_nan=False)]] = None


class Fault(Wire):
    """An error as a server reports it, whatever its shape was."""

    code: Maybe[int | str] = None
    message: Maybe[str] = None
    type: Maybe[str] = None
    metadata: Maybe[Metadata] = None
    availability: Maybe[Availability] = None

    @property
    def details(self) -> Metadata:
        return self.metadata or Metadata()

    @property
    def status(self) -> int | None:
        """The code as an HTTP status, None if it is a word or absent."""
        try:
            number = int(self.code if self.code is not None else "")
        except ValueError:
            number = _STATUS_WORDS.get(self.details.error_type or str(self.code), 0)
        return number if 400 <= number <= 599 else None  # noqa: PLR2004 — HTTP's range

    @property
    def raw(self) -> str:
        """The provider's own message, which may be JSON inside a text."""
        return _inner_message(self.details.raw)


_STATUS_WORDS = {
    "rate_limit_exceeded": 429,
    "server": 500,
    "server_error": 500,
    "provider_unavailable": 502,
    "provider_overloaded": 503,
    "timeout": 504,
}


def _inner_message(raw: object) -> str:
    if isinstance(raw, str) and raw.lstrip().startswith("{"):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return str(raw)
    if isinstance(raw, dict):
        inner = raw.get("error", raw)
        message = inner.get("message") if isinstance(inner, dict) else inner
        return message if isinstance(message, str) else json.dumps(raw)
    return raw if isinstance(raw, str) else ""


class Message(Wire):
    content: Any = None
    refusal: Maybe[str] = None
    tool_calls: Maybe[list[Any]] = None
    reasoning_content: Maybe[str] = None

    @property
    def text(self) -> str:
        return _text(self.content)


def _text(content: object) -> str:
    """A content is a text, a list of parts, or null."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    parts = [part for part in content if isinstance(part, dict)]
    texts = [part.get("text") for part in parts if part.get("type") == "text"]
    return "".join(text for text in texts if isinstance(text, str))


class Choice(Wire):
    finish_reason: Maybe[str] = None
    native_finish_reason: Maybe[str] = None
    message: Maybe[Message] = None
    error: Maybe[Fault] = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, value: object) -> object:
        return _with_fault(value)


class TokenDetails(Wire):
    reasoning_tokens: Count = None


class UsageReport(Wire):
    prompt_tokens: Count = None
    completion_tokens: Count = None
    cost: Money = None
    completion_tokens_details: Maybe[TokenDetails] = None


class Reply(Wire):
    """The body of any reply to a chat completion, good or bad."""

    id: Maybe[str] = None
    model: Maybe[str] = None
    provider: Maybe[str] = None
    choices: Maybe[Annotated[list[Choice], Field(max_length=_MOST_CHOICES)]] = None
    usage: Maybe[UsageReport] = None
    error: Maybe[Fault] = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, value: object) -> object:
        if isinstance(value, dict) and not value.get("choices"):
            nested = value.get("provider")
            if isinstance(nested, dict) and nested.get("choices"):
                value = nested  # seen at OpenRouter: the completion one level down
        return _with_fault(value)


def _with_fault(value: object) -> object:
    """The same object with `error` as an object, or without one."""
    if not isinstance(value, dict) or isinstance(value.get("error"), Fault):
        return value
    error = value.get("error")
    if not error and value.get("object") == "error":
        error = {key: value.get(key) for key in ("code", "message", "type")}
    if not error and not value.get("choices") and value.get("detail"):
        error = value["detail"]
    if error and not isinstance(error, dict):
        text = error if isinstance(error, str) else json.dumps(error)
        error = {"message": text}
    return {**value, "error": error or None}


class Delta(Wire):
    """What a piece of a stream adds. Here an unexpected type is an error: text that
    is skipped in silence would leave a part of a command.
    """

    content: str | list[Any] | None = None
    refusal: str | None = None
    reasoning: Maybe[str] = None
    reasoning_content: Maybe[str] = None
    tool_calls: Maybe[list[Any]] = None

    @property
    def text(self) -> str:
        return _text(self.content)


class Piece(Wire):
    index: int | None = None
    finish_reason: Maybe[str] = None
    native_finish_reason: Maybe[str] = None
    delta: Delta | None = None
    error: Maybe[Fault] = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, value: object) -> object:
        return _with_fault(value)


class Chunk(Wire):
    """The data of one event of a streamed reply."""

    id: Maybe[str] = None
    model: Maybe[str] = None
    provider: Maybe[str] = None
    choices: Annotated[list[Piece], Field(max_length=_MOST_CHOICES)] | None = None
    usage: Maybe[UsageReport] = None
    error: Maybe[Fault] = None

    @model_validator(mode="before")
    @classmethod
    def _one_shape(cls, value: object) -> object:
        return _with_fault(value)
