"""The options of a command by their whole names, for rules that speak of words."""

from dataclasses import replace

from linara_agent.core.effects.arguments import Arguments
from linara_agent.core.effects.trace import Call


def remember_options(call: Call, arguments: Arguments) -> None:
    """However an option is spelled, a rule that names it finds it."""
    if call.command is None:
        return
    commands = call.resolution.commands
    command = commands[call.command]
    found = tuple(given.spelled_out for given in arguments.given)
    commands[call.command] = replace(command, options=(*command.options, *found))
