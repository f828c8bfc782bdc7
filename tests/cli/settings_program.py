"""The program with a keyring of the test, and with the settings it is given."""

from pathlib import Path

from tests.end_to_end.program import Program

KEYRING = "tests.settings.kept_keys.FileKeyring"
_ROOT = Path(__file__).resolve().parents[2]


def program(home: Path, **changes: str | None) -> Program:
    """In the working directory of now; its keys lie in `home/keys.json`."""
    return Program(cwd=Path.cwd()).with_(
        PYTHONPATH=str(_ROOT),
        PYTHON_KEYRING_BACKEND=KEYRING,
        LINARA_TEST_KEYS=str(home / "keys.json"),
        **{"COLUMNS": "300", **changes},
    )


def write_config(home: Path, text: str) -> Path:
    path = home / ".config" / "linara-agent" / "config.toml"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path
