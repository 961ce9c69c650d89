"""What ComfyUI answers, played on the stand-in, or on the real server that COMFYUI_URL names.

A real one must have `tests/data/rules_pack` in its `custom_nodes`. Take one with a base directory of its own:
the tests clear its queue and its history, and leave pictures and settings behind.

    ln -s "$PWD/tests/data/rules_pack" ~/ComfyUI/custom_nodes/rules_pack
    COMFYUI_URL=http://127.0.0.1:8188 python3 dev.py test tests/contract
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import pytest

from gates.host.testing import Listener, ServerUnderTest
from tests.conftest import RULES_PACK

Listen = Callable[[], Listener]
Version = tuple[int, ...]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> ServerUnderTest:
    """The server that is held to the contract, with the nodes that show its rules."""
    url = os.environ.get("COMFYUI_URL")
    if url is None:
        process = request.getfixturevalue("rules_host")
        return ServerUnderTest(process.url, process)
    real = ServerUnderTest(url)
    if not real.object_info("RulesText"):
        pytest.fail(
            f"{url} lacks the nodes of these tests: link {RULES_PACK} into its custom_nodes, restart it"
        )
    return real


@pytest.fixture(scope="session")
def version(server: ServerUnderTest) -> Version:
    """Of the ComfyUI whose rules hold: some came with a version."""
    said = str(server.get("/system_stats").json()["system"]["comfyui_version"])
    return tuple(int(part) for part in re.findall(r"\d+", said)[:3])


@pytest.fixture
def needs(version: Version) -> Callable[[str], None]:
    """`needs("0.26")` skips where the server is older."""

    def check(least: str) -> None:
        if version < tuple(map(int, least.split("."))):
            pytest.skip(f"ComfyUI has it since {least}; this is {'.'.join(map(str, version))}")

    return check
