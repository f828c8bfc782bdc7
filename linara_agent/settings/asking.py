"""What to ask which model, with which key: from every source of settings."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from linara_agent.settings.config_file import MODEL_TABLE, config_file, no_such
from linara_agent.settings.dotenv_file import DOTENV, dotenv_file, overreach
from linara_agent.settings.layers import (
    Configured,
    Sources,
    WrongSettings,
    blank_key,
    flags,
    validated,
    variables,
)
from linara_agent.settings.model import MODEL_PREFIX, MODEL_VARIABLES, ModelSettings
from linara_agent.settings.origin import Given, Layer, Origin
from linara_agent.settings.stored_key import entry, stored_key

_IN_FILE = tuple(name for name in ModelSettings.model_fields if name != "key")


def model_settings(sources: Sources) -> Configured[ModelSettings]:
    """What to ask which model with which key. Raises WrongSettings."""
    file = config_file(sources.config, sources.owners)
    table, problems = file.table(MODEL_TABLE, _IN_FILE)
    brought, wrong = dotenv_file(Path(sources.directory) / DOTENV)
    problems = (
        *problems,
        *wrong,
        *_misspelt(_named(sources.environment)),
        *_misspelt(brought),
    )
    outside = {
        **table,
        **variables(sources.environment, MODEL_VARIABLES),
        **flags(sources.flags, MODEL_VARIABLES),
    }
    from_dotenv = {
        name: brought[variable]
        for name, variable in MODEL_VARIABLES.items()
        if variable in brought and not blank_key(name, brought[variable].value)
    }
    strong = {
        name: given
        for name, given in outside.items()
        if given.origin.layer is not Layer.FILE
    }
    found = validated(
        ModelSettings,
        {**outside, **from_dotenv, **strong},
        f"{MODEL_TABLE}.",
        problems,
    )
    found = _with_stored_key(found)
    without = validated(ModelSettings, outside, f"{MODEL_TABLE}.").settings
    refused = tuple(overreach(found.settings, without, found.origins))
    if refused:
        raise WrongSettings(refused)
    return found


def _with_stored_key(found: Configured[ModelSettings]) -> Configured[ModelSettings]:
    """With the keyring's key if there is no other; never for a server of `.env`."""
    base_url = found.settings.base_url
    if found.settings.key is not None or (
        found.origins["base_url"].layer is Layer.DOTENV
    ):
        return found
    key = stored_key(base_url)
    if key is None:
        return found
    origin = Origin(layer=Layer.KEYRING, where=entry(base_url))
    return Configured(
        settings=found.settings.model_copy(update={"key": key}),
        origins={**found.origins, "key": origin},
    )


def _named(environment: Mapping[str, str]) -> dict[str, Given]:
    return {
        name: Given(value="", origin=Origin(layer=Layer.ENVIRONMENT, where=name))
        for name in environment
        if name.startswith(MODEL_PREFIX)
    }


def _misspelt(found: Mapping[str, Given]) -> Iterator[str]:
    """A limit with a misspelt name would be no limit."""
    names = tuple(MODEL_VARIABLES.values())
    for name, given in found.items():
        if name not in names:
            where = "" if given.origin.where == name else f"{given.origin}: "
            yield f"{where}{name}: {no_such(name, names)}"
