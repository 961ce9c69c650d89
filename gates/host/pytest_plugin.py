"""A pytest plugin for authors of node packs: a running host with their pack, and a page of its frontend.

It is not registered by itself, since whoever has this pack installed may have come for other reasons. In the
pack's `pyproject.toml`:

    [tool.pytest.ini_options]
    addopts = ["-p", "gates.host.pytest_plugin"]
    comfy_packs = ["."]

Fixtures: `comfy_host` (shared by all tests with the same packs), `comfy_fresh_host` (one for the test),
`comfy_submit`, `comfy_page`. The marker `comfy_packs("path", ...)` loads other packs for a test, a class or a
module. With COMFYUI_URL set, the tests speak to that server instead. docs/testing-your-pack.md tells it all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from .pytest_plugin_page import comfy_browser, comfy_page, told_of_page
from .testing.hosts import HostRequest, Hosts, MissingPack, found_packs
from .testing.result import Result
from .testing.server import ServerUnderTest

# The fixtures of the page are this plugin's too.
__all__ = ["comfy_browser", "comfy_fresh_host", "comfy_host", "comfy_hosts", "comfy_page", "comfy_submit"]

REAL_URL = "COMFYUI_URL"
PACKS = "comfy_packs"
FRONT_END = "comfy_front_end_root"
LOG_LINES_SHOWN = 60
Submit = Callable[..., Result]

_servers = pytest.StashKey[list[tuple[ServerUnderTest, int]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(PACKS, "node packs that every host loads, from the ini file's folder", "args", [])
    parser.addini(FRONT_END, "a build of the ComfyUI frontend in place of the installed package", "paths", [])


def pytest_configure(config: pytest.Config) -> None:
    line = f"{PACKS}(path, ...): node packs that the host of this test loads, instead of the ini file's"
    config.addinivalue_line("markers", line)


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A pack's own folder is no package of tests.

    pytest would import its `__init__.py` here, where there is no ComfyUI and often no valid module name.
    """
    base = _ini_folder(parent.config)
    if any((base / named).resolve() == path.resolve() for named in parent.config.getini(PACKS)):
        folder: pytest.Collector = pytest.Dir.from_parent(parent, path=path)
        return folder
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What the hosts wrote during a test that failed stands in its report."""
    report = yield
    if report.failed:
        for server, began in item.stash.get(_servers, []):
            written = server.log[began:].splitlines()[-LOG_LINES_SHOWN:]
            report.sections.append((f"log of the host at {server.url}", "\n".join(written)))
        told = told_of_page(item) if report.when == "call" else None
        if told is not None:
            report.sections.append(("comfy_page", told))
    return report


@pytest.fixture(scope="session")
def comfy_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosts]:
    """The hosts of the session; most tests want `comfy_host`."""
    hosts = Hosts(lambda: tmp_path_factory.mktemp("comfy"), os.environ.get(REAL_URL))
    yield hosts
    hosts.stop()


@pytest.fixture
def comfy_host(comfy_hosts: Hosts, request: pytest.FixtureRequest) -> ServerUnderTest:
    """A running host with the packs of this test. It is shared: its files and its cache outlive the test."""
    server = comfy_hosts.shared(_wanted(request))
    _note(request, server)
    return server


@pytest.fixture
def comfy_fresh_host(comfy_hosts: Hosts, request: pytest.FixtureRequest) -> Iterator[ServerUnderTest]:
    """As `comfy_host`, started for this test alone: nothing is cached, every folder is empty."""
    if comfy_hosts.is_real:
        pytest.skip(f"a fresh host is a process of its own; {REAL_URL} names a running one")
    server = comfy_hosts.fresh(_wanted(request))
    _note(request, server)
    yield server
    if server.process is not None:
        server.process.stop()


@pytest.fixture
def comfy_submit(comfy_host: ServerUnderTest) -> Submit:
    """`comfy_submit(prompt) -> Result` on the shared host."""
    return comfy_host.submit


def _wanted(request: pytest.FixtureRequest) -> HostRequest:
    marker = request.node.get_closest_marker(PACKS)
    named = marker.args if marker is not None else request.config.getini(PACKS)
    front_ends = request.config.getini(FRONT_END)
    try:
        packs = found_packs(named, _ini_folder(request.config))
    except MissingPack as error:
        raise pytest.UsageError(
            f"{error} (from the {'marker' if marker else 'ini option'} {PACKS})"
        ) from error
    return HostRequest(packs, Path(front_ends[0]) if front_ends else None)


def _ini_folder(config: pytest.Config) -> Path:
    return config.inipath.parent if config.inipath is not None else config.rootpath


def _note(request: pytest.FixtureRequest, server: ServerUnderTest) -> None:
    """Remember for the report how much the log held before this test."""
    request.node.stash.setdefault(_servers, []).append((server, len(server.log)))
