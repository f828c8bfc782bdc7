"""Answers to identical requests, kept for five minutes.

Only the text of an answer is kept, and only of one whose command was read and is not
denied; whoever gets it back judges and previews it anew. Losing the file costs a
request.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from linara_agent.core.redact import may_hold
from linara_agent.openrouter.kept_file import keep, read_kept

LIFETIME_S = 300.0
MOST = 100
_LONGEST = 64 << 10
"""Characters of an answer that is kept."""


class Kept(BaseModel):
    """An answer as the model wrote it; `at` in seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    model: str
    at: float


_FILE = TypeAdapter(dict[str, Kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCache:
    """`path` is a file of ours; without one nothing is kept."""

    path: Path
    now: Callable[[], float] = time.time

    def get(self, key: str) -> Kept | None:
        """The answer to the request of that key, if it is fresh."""
        return self._fresh().get(key)

    def put(self, key: str, *, text: str, model: str) -> None:
        """Where it cannot be written, the next time asks once more."""
        if len(text) > _LONGEST or may_hold(text):
            return
        kept = {**self._fresh(), key: Kept(text=text, model=model, at=self.now())}
        newest = sorted(kept.items(), key=lambda item: item[1].at)[-MOST:]
        plain = {name: one.model_dump() for name, one in newest}
        keep(self.path, json.dumps(plain).encode())

    def _fresh(self) -> dict[str, Kept]:
        raw = read_kept(self.path)
        try:
            kept = {} if raw is None else _FILE.validate_json(raw)
        except ValidationError:
            return {}
        now = self.now()
        # A clock that was set back makes nothing last longer.
        return {key: one for key, one in kept.items() if 0 <= now - one.at < LIFETIME_S}


def key_of(base_url: str, body: bytes) -> str:
    """Stands for a request: the server and every byte that it would be sent."""
    return sha256(base_url.encode() + b"\0" + body).hexdigest()
