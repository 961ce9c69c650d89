"""Whoever follows docs/testing-your-pack.md gets what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "testing-your-pack.md").read_text("utf-8")
SECONDS_TO_RUN = 240.0
LOCAL = ("COMFYUI_URL", "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_CURRENT_TEST")


def files_of(page: str) -> dict[str, str]:
    """The blocks that a line with the name of a file stands before."""
    return dict(re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)^```$", page, re.M | re.S))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder whose name is no module's, as those of packs mostly are."""
    folder = tmp_path / "one" / "two" / "ComfyUI-My-Pack"
    for name, text in files_of(PAGE).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def run(project: Path, *arguments: str) -> tuple[int, str]:
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    # The page's reader has no plugin for asynchronous tests, which would ask for settings of its own.
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:asyncio", *arguments]
    done = subprocess.run(
        command,
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def passed(report: str) -> set[str]:
    return set(re.findall(r"^PASSED tests/\w+\.py::(\w+)$", report, re.M))


def test_the_page_has_the_files_that_it_speaks_of() -> None:
    assert sorted(files_of(PAGE)) == [
        ".github/workflows/tests.yml",
        "__init__.py",
        "examples/brighten/__init__.py",
        "nodes.py",
        "pyproject.toml",
        "tests/test_brighten.py",
        "tests/test_darken.py",
        "tests/test_messages.py",
        "tests/test_note.py",
        "tests/test_page.py",
        "tests/test_refusals.py",
    ]


def test_what_is_installed_is_this_project() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (repository,) = re.findall(r'^Repository = "(.+)"$', project, re.M)
    (name,) = re.findall(r'^name = "(.+)"$', project, re.M)
    installed = re.findall(r'pip install "(.+?)" pytest playwright', PAGE)
    assert installed == [f"{name}[demo] @ git+{repository}"] * 2


def test_the_tests_of_the_page_pass(project: Path) -> None:
    status, report = run(project, "--ignore=tests/test_page.py")
    assert status == 0, report
    assert passed(report) == {
        "test_half_as_bright",
        "test_more_than_all_is_refused",
        "test_what_the_page_is_told",
        "test_a_note_is_read_again_when_it_changes",
        "test_what_a_client_hears",
        "test_black_becomes_grey",
    }


@pytest.mark.browser
def test_the_browser_test_of_the_page_passes_or_says_what_to_install(project: Path) -> None:
    status, report = run(project, "tests/test_page.py")
    assert status == 0, report
    if os.environ.get("GATES_REQUIRE_BROWSER") == "1" or not re.search(r"^SKIPPED ", report, re.M):
        assert passed(report) == {"test_the_node_in_the_page"}, report
    else:
        assert re.search(r"no playwright: pip install|no Chromium: playwright install", report), report


def test_every_fixture_and_option_stands_on_the_page() -> None:
    plugin = (ROOT / "gates" / "host" / "pytest_plugin.py").read_text("utf-8")
    offered = set(re.findall(r'"(comfy_\w+)"', plugin)) - {"comfy_hosts"}
    assert offered == {name for name in offered if f"`{name}" in PAGE}
