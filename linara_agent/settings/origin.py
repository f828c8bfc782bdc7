"""Where the value of a setting comes from."""

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override


class Layer(StrEnum):
    """The sources of settings, the strongest first; a keyring holds keys alone."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    DOTENV = ".env"
    FILE = "file"
    KEYRING = "keyring"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """`where` is a flag, a variable's name, `file:line`, or a keyring's name."""

    layer: Layer
    where: str = ""

    @override
    def __str__(self) -> str:
        if self.layer in (Layer.DEFAULT, Layer.KEYRING):
            return f"{self.layer} {self.where}".strip()
        return self.where


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A value as it was written, not validated yet."""

    value: object
    origin: Origin


DEFAULT = Origin(layer=Layer.DEFAULT)
