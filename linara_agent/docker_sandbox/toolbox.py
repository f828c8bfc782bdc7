"""The toolbox image: the programs of a preview that cannot have this machine's own.

Its tag is a digest of `sandbox/Dockerfile`, so another Dockerfile is another image and
a stale one is never used silently. It is built from `debian:bookworm-slim` where the
engine has that or a registry gives it, else from Debian's packages (`bootstrap`).
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from linara_agent import __version__
from linara_agent.docker_sandbox import bootstrap
from linara_agent.docker_sandbox.endpoint import NOT_DONE
from linara_agent.docker_sandbox.engine import Engine, translated
from linara_agent.docker_sandbox.owner import PREFIX
from linara_agent.errors import SandboxUnavailable
from linara_agent.shipped import shipped

REPOSITORY = "linara-agent/toolbox"
LABEL = PREFIX + "toolbox"
_VERSION = PREFIX + "version"
_BASE = re.compile(r"^FROM\s+(\S+)$", re.MULTILINE)
_PACKAGES = re.compile(r'^ARG PACKAGES="([^"]+)"$', re.MULTILINE)
_BUILD = "Build it with `linara-agent sandbox build`."

Tell = Callable[[str], None]
"""Takes a line about what is going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What `sandbox/Dockerfile` says."""

    text: str

    @classmethod
    def ours(cls) -> Self:
        """The one that comes with the program; raises SettingsProblem."""
        return cls(text=(shipped("sandbox") / "Dockerfile").read_text(encoding="utf-8"))

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def image(self) -> str:
        return f"{REPOSITORY}:{self.digest[:12]}"

    @property
    def source(self) -> str:
        """The image it is made from."""
        return self._one(_BASE)

    @property
    def packages(self) -> tuple[str, ...]:
        return tuple(self._one(_PACKAGES).split())

    @property
    def labels(self) -> dict[str, str]:
        return {LABEL: self.digest, _VERSION: __version__}

    def _one(self, pattern: re.Pattern[str]) -> str:
        match = pattern.search(self.text)
        if match is None:
            raise AssertionError(f"sandbox/Dockerfile lacks {pattern.pattern}")
        return match[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """`size` in bytes, as the engine counts it; `way` says how it was made."""

    image: str
    size: int
    way: str


def required(engine: Engine, recipe: Recipe) -> str:
    """The image's name; raises SandboxUnavailable where it is missing or stale."""
    if engine.has_image(recipe.image):
        return recipe.image
    if stale(engine, recipe):
        what = "The toolbox image was built from another version of its Dockerfile"
    else:
        what = "The toolbox image, which this view needs, is not there"
    raise SandboxUnavailable(
        f"{what} (engine at {engine.endpoint.url}).", not_done=NOT_DONE, remedy=_BUILD
    )


def stale(engine: Engine, recipe: Recipe) -> tuple[str, ...]:
    """The ids of toolbox images that the Dockerfile of today did not make."""
    return tuple(
        str(image["Id"])
        for image in engine.images(LABEL)
        if (image.get("Labels") or {}).get(LABEL) != recipe.digest
    )


def build(engine: Engine, recipe: Recipe, tell: Tell, *, registry: bool) -> Built:
    """Make the image, by whichever way works here; raises SandboxUnavailable.

    `registry` false goes straight to Debian's packages.
    """
    problem = _from_image(engine, recipe, tell) if registry else "not asked"
    way = f"from {recipe.source}"
    if problem is not None:
        tell(f"{recipe.source}: {problem}; installing Debian's packages instead")
        _from_packages(engine, recipe, tell)
        way = "from Debian's packages, by mmdebstrap"
    for image in stale(engine, recipe):
        tell(f"removing the stale image {image.removeprefix('sha256:')[:12]}")
        engine.remove_image(image)
    return Built(image=recipe.image, size=_size(engine, recipe.image), way=way)


def _from_image(engine: Engine, recipe: Recipe, tell: Tell) -> str | None:
    """Build as the Dockerfile says; returns why that is not possible."""
    if not engine.has_image(recipe.source):
        tell(f"asking a registry for {recipe.source}")
        try:
            with translated(engine.endpoint, f"pull {recipe.source}"):
                engine.client.pull(recipe.source)
        except SandboxUnavailable as exc:
            return exc.what.rstrip(".")
    tell(f"building {recipe.image} from {recipe.source}")
    try:
        with translated(engine.endpoint, "build the image"):
            for problem in _errors(_building(engine, recipe)):
                return problem
    except SandboxUnavailable as exc:
        return exc.what.rstrip(".")
    return None


def _building(engine: Engine, recipe: Recipe) -> Iterator[dict[str, Any]]:
    lines: Iterator[dict[str, Any]] = engine.client.build(
        fileobj=io.BytesIO(recipe.text.encode()),
        tag=recipe.image,
        labels=recipe.labels,
        rm=True,
        forcerm=True,
        decode=True,
    )
    return lines


def _errors(lines: Iterator[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        if "error" in line:
            yield str(line["error"]).strip().rstrip(".")


def _from_packages(engine: Engine, recipe: Recipe, tell: Tell) -> None:
    with TemporaryDirectory(prefix="linara-toolbox-") as folder:
        archive = Path(folder) / "toolbox.tar"
        bootstrap.bootstrap(recipe.packages, archive, tell)
        tell(f"importing {recipe.image} ({archive.stat().st_size // 1_000_000} MB)")
        changes = [f"LABEL {key}={value}" for key, value in recipe.labels.items()]
        with translated(engine.endpoint, "import the image"):
            engine.client.import_image_from_file(
                str(archive),
                repository=REPOSITORY,
                tag=recipe.digest[:12],
                changes=[*changes, 'CMD ["/bin/bash"]'],
            )


def _size(engine: Engine, image: str) -> int:
    with translated(engine.endpoint, "look at the image"):
        inspect: Callable[[str], Any] = engine.client.inspect_image
        return int(inspect(image)["Size"])
