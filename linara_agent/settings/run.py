"""The settings of runs: defaults for flags that several commands share."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from linara_agent.settings.config_file import config_file
from linara_agent.settings.layers import (
    Configured,
    Sources,
    flags,
    validated,
    variables,
)


class RunSettings(BaseModel):
    """None leaves it to the policy; `timeout_s` in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    policy: Annotated[str, Field(min_length=1)] = "default"
    view: Literal["auto", "twin", "copy"] | None = None
    timeout_s: Annotated[float, Field(ge=0.1, le=3600)] | None = None
    runtime: Annotated[str, Field(min_length=1)] | None = None


RUN_VARIABLES = {
    "policy": "LINARA_POLICY",
    "view": "LINARA_VIEW",
    "timeout_s": "LINARA_TIMEOUT",
    "runtime": "LINARA_RUNTIME",
}


def run_settings(sources: Sources) -> Configured[RunSettings]:
    """`.env` has no say in these. Raises WrongSettings."""
    file = config_file(sources.config, sources.owners)
    top, problems = file.outermost(tuple(RunSettings.model_fields))
    filled = {name: value for name, value in sources.environment.items() if value}
    chosen = {
        **top,
        **variables(filled, RUN_VARIABLES),
        **flags(sources.flags, RUN_VARIABLES),
    }
    return validated(RunSettings, chosen, "", problems)
