"""Where the engine is said to be."""

import hashlib
import json
from pathlib import Path

import pytest

from linara_agent.docker_sandbox.endpoint import DEFAULT, find_endpoint
from linara_agent.errors import SandboxUnavailable


def context(config: Path, name: str, url: str) -> None:
    """Write a context as the docker command does."""
    folder = config / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": {"Host": url}}}
    (folder / "meta.json").write_text(json.dumps(meta))


def test_the_default_is_the_socket(tmp_path: Path) -> None:
    """Nothing said, nothing configured."""
    assert find_endpoint({"HOME": str(tmp_path)}).url == DEFAULT


def test_docker_host_wins(tmp_path: Path) -> None:
    """DOCKER_HOST beats any context, as with the docker command."""
    context(tmp_path, "mine", "unix:///context.sock")
    found = find_endpoint(
        {
            "DOCKER_HOST": "unix:///host.sock",
            "DOCKER_CONTEXT": "mine",
            "DOCKER_CONFIG": str(tmp_path),
        }
    )
    assert (found.url, found.socket) == ("unix:///host.sock", "/host.sock")


def test_the_current_context_is_used(tmp_path: Path) -> None:
    """`docker context use` is honoured."""
    context(tmp_path, "mine", "unix:///context.sock")
    (tmp_path / "config.json").write_text('{"currentContext": "mine"}')
    found = find_endpoint({"DOCKER_CONFIG": str(tmp_path)})
    assert found.url == "unix:///context.sock"
    assert "mine" in found.named_by


def test_docker_context_beats_the_current_one(tmp_path: Path) -> None:
    """The variable wins over the file; `default` means the socket."""
    context(tmp_path, "mine", "unix:///context.sock")
    (tmp_path / "config.json").write_text('{"currentContext": "other"}')
    environment = {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "mine"}
    assert find_endpoint(environment).url == "unix:///context.sock"
    environment["DOCKER_CONTEXT"] = "default"
    assert find_endpoint(environment).url == DEFAULT


def test_a_context_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Falling back to another engine would be a surprise."""
    with pytest.raises(SandboxUnavailable, match="gone") as caught:
        find_endpoint({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "gone"})
    assert "docker context" in caught.value.remedy


@pytest.mark.parametrize("content", ["", "[]", "{", '{"currentContext": 3}'])
def test_a_strange_config_names_no_context(tmp_path: Path, content: str) -> None:
    """A damaged config.json is the docker command's concern, not a crash of ours."""
    (tmp_path / "config.json").write_text(content)
    assert find_endpoint({"DOCKER_CONFIG": str(tmp_path)}).url == DEFAULT


@pytest.mark.parametrize("url", ["ssh://me@there", "npipe:////./pipe/docker"])
def test_engines_elsewhere_are_refused(url: str) -> None:
    """Another machine cannot show this one's files."""
    with pytest.raises(SandboxUnavailable, match="not supported"):
        find_endpoint({"DOCKER_HOST": url})
