"""The container's configuration."""

import pytest

from linara_agent.docker_sandbox.twin import overlay_options


@pytest.mark.parametrize(
    ("path", "escaped"),
    [
        ("/plain", "/plain"),
        ("/a:b", "/a\\:b"),
        ("/a,b", "/a\\,b"),
        ("/a\\b", "/a\\\\b"),
        ("/a b", "/a b"),
    ],
)
def test_separators_in_paths_are_escaped(path: str, escaped: str) -> None:
    """Colons and commas separate layers and options; a backslash takes that away."""
    options = overlay_options(path, "/u", "/w")
    assert options.startswith(f"lowerdir={escaped},upperdir=/u,workdir=/w,redirect_dir")


def test_no_device_and_no_set_user_id() -> None:
    """What a script makes in an overlay gives nobody rights."""
    assert overlay_options("/l", "/u", "/w").endswith("nosuid,nodev")
