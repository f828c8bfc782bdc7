"""The programs whose operands are a language, by the catalogue's `analyser`."""

from collections.abc import Mapping

from linara_agent.core.effects import builtins
from linara_agent.core.effects.awk import awk
from linara_agent.core.effects.curl import curl
from linara_agent.core.effects.dd import dd
from linara_agent.core.effects.find import find
from linara_agent.core.effects.nohup import nohup
from linara_agent.core.effects.sed import sed
from linara_agent.core.effects.sh import (
    environment,
    evaluate,
    shell,
    source,
    trap,
    watch,
)
from linara_agent.core.effects.spoken import flock, spoken
from linara_agent.core.effects.tar import tar
from linara_agent.core.effects.trace import Analyser
from linara_agent.core.effects.unzip import unzip
from linara_agent.core.effects.xargs import xargs

ANALYSERS: Mapping[str, Analyser] = {
    "alias": builtins.alias,
    "awk": awk,
    "bind": builtins.bind,
    "completion": builtins.completion,
    "curl": curl,
    "dd": dd,
    "env": environment,
    "eval": evaluate,
    "fc": builtins.fix_command,
    "find": find,
    "flock": flock,
    "jobs": builtins.jobs,
    "mapfile": builtins.mapfile,
    "names": builtins.names,
    "nohup": nohup,
    "printf": builtins.printf,
    "sed": sed,
    "sh": shell,
    "source": source,
    "spoken": spoken,
    "tar": tar,
    "test": builtins.test,
    "trap": trap,
    "unzip": unzip,
    "watch": watch,
    "xargs": xargs,
}
