"""The programs whose operands are a language, by the catalogue's `analyser`."""

from collections.abc import Mapping

from linara_agent.core.effects.awk import awk
from linara_agent.core.effects.dd import dd
from linara_agent.core.effects.find import find
from linara_agent.core.effects.sed import sed
from linara_agent.core.effects.sh import (
    environment,
    evaluate,
    shell,
    source,
    trap,
    watch,
)
from linara_agent.core.effects.tar import tar
from linara_agent.core.effects.trace import Analyser
from linara_agent.core.effects.xargs import xargs

ANALYSERS: Mapping[str, Analyser] = {
    "awk": awk,
    "dd": dd,
    "env": environment,
    "eval": evaluate,
    "find": find,
    "sed": sed,
    "sh": shell,
    "source": source,
    "tar": tar,
    "trap": trap,
    "watch": watch,
    "xargs": xargs,
}
