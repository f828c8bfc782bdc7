"""The settings of whoever calls, and what the model's client makes of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from linara_agent.settings.config_file import CONFIG_FILE
from linara_agent.settings.layers import Configured, Sources, WrongSettings
from linara_agent.settings.run import RunSettings, run_settings
from linara_agent.wiring.person import Person

if TYPE_CHECKING:
    from linara_agent.openrouter.options import Options
    from linara_agent.settings.model import ModelSettings


def sources(who: Person, flags: Mapping[str, object] | None = None) -> Sources:
    """Where the person's settings are looked for; `flags` by the settings' names."""
    return Sources(
        environment=who.environment,
        directory=who.cwd,
        config=who.directories.config / CONFIG_FILE,
        flags=flags or {},
    )


def configured_run(who: Person) -> Configured[RunSettings]:
    """Defaults for the flags of a run. Raises SettingsProblem."""
    return run_settings(sources(who))


def configured_model(
    who: Person, flags: Mapping[str, object] | None = None
) -> "Configured[ModelSettings]":
    """Which model, which key, which limits. Raises SettingsProblem."""
    from linara_agent.settings.asking import model_settings

    return model_settings(sources(who, flags))


def configured_all(
    who: Person,
) -> "tuple[Configured[RunSettings], Configured[ModelSettings]]":
    """Every setting. Raises WrongSettings with all problems of both kinds."""
    try:
        run = configured_run(who)
    except WrongSettings as first:
        try:
            configured_model(who)
        except WrongSettings as second:
            raise WrongSettings((*first.problems, *second.problems)) from None
        raise
    return run, configured_model(who)


def options_of(settings: "ModelSettings") -> "Options":
    """The settings as the client takes them."""
    from linara_agent.openrouter.options import MaxPrice, Options

    prices = (settings.max_prompt_price, settings.max_completion_price)
    prompt, completion = (None if one is None else float(one) for one in prices)
    return Options(
        key=settings.key,
        model=settings.model,
        base_url=settings.base_url,
        openrouter=settings.openrouter,
        total_s=settings.deadline_s,
        connect_s=settings.connect_s,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        stop=settings.stop,
        seed=settings.seed,
        stream=settings.stream,
        effort=settings.effort,
        fallbacks=settings.fallbacks,
        data_collection=settings.data_collection,
        zdr=settings.zdr,
        only=settings.only,
        ignore=settings.ignore,
        allow_fallbacks=settings.allow_fallbacks,
        max_price=(
            None
            if prompt is None and completion is None
            else MaxPrice(prompt=prompt, completion=completion)
        ),
        referer=settings.referer,
        title=settings.title,
    )
