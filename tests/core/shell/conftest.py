"""The bash that generated scripts are compared with."""

from collections.abc import Iterator

import docker
import pytest

from tests.core.shell.oracle import Oracle, bash_in_a_container


@pytest.fixture(scope="session")
def bash(engine: docker.DockerClient) -> Iterator[Oracle]:
    """One for each worker; use it with the `docker` mark."""
    with bash_in_a_container(engine) as oracle:
        yield oracle
