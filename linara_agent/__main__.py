"""`linara-agent` and `python -m linara_agent`."""

import sys


def main() -> None:
    from linara_agent.cli.main import run  # noqa: PLC0415 — no work at import time

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
