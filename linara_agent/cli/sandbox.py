"""`linara-agent sandbox …`: what of it is there, look around in it, clean up."""

import click

from linara_agent.cli.lazy import LazyGroup

_COMMANDS = {
    "status": ("sandbox_status", "Show the engine, and what of ours is there."),
    "clean": ("sandbox_status", "Remove what runs that are gone left behind."),
    "build": ("sandbox_build", "Build the toolbox image of the view copy."),
    "shell": ("sandbox_shell", "Look around in a twin; nothing is applied."),
}


@click.group("sandbox", cls=LazyGroup, table=_COMMANDS)
def sandbox_command() -> None:
    """See what of the sandbox is there, look around in it, clean up."""
