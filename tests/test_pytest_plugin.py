"""The plugin for authors of packs, used in a project of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gates.host.process import HostProcess

ROOT = Path(__file__).resolve().parents[1]
SECONDS_TO_RUN = 240.0
INI = '[pytest]\naddopts = -p gates.host.pytest_plugin\ncomfy_packs = "a pack"\n'
NODES = """
class Node:
    CATEGORY = "own"
    RETURN_TYPES = ()
    FUNCTION = "run"
    OUTPUT_NODE = True
    @classmethod
    def INPUT_TYPES(cls): return {"required": {}}
    def run(self):
        print("the node spoke")
        raise ValueError("not today")
NODE_CLASS_MAPPINGS = {"%s": Node}
"""
BROKEN_WEB = NODES + 'WEB_DIRECTORY = "./web"\n'
TESTS = """
import pytest

HOSTS = []
PROMPT = {"1": {"class_type": "OwnNode", "inputs": {}}}

def classes(host):
    own = "custom_nodes"
    return {name for name, node in host.object_info().items() if node["python_module"].startswith(own)}

def test_the_pack_of_the_ini_file_alone(comfy_host):
    assert classes(comfy_host) == {"OwnNode"}
    HOSTS.append(comfy_host)

def test_the_host_is_shared(comfy_host):
    assert comfy_host is HOSTS[0]
    assert comfy_host.output_directory.is_dir()

def test_fails_on_purpose(comfy_submit):
    result = comfy_submit(PROMPT)
    assert str(result.error) == "node 1 (OwnNode): ValueError: not today"
    result.texts("1")

@pytest.mark.comfy_packs("other")
class TestMarked:
    def test_the_pack_of_the_marker_alone(self, comfy_host):
        assert classes(comfy_host) == {"OtherNode"}
        assert comfy_host is not HOSTS[0]

@pytest.mark.comfy_packs("nowhere")
def test_no_such_pack(comfy_host):
    pass

@pytest.mark.comfy_packs("a pack", "wanting")
def test_a_pack_that_fails(comfy_host):
    pass
"""
REAL = """
def test_fresh(comfy_fresh_host): pass
def test_speaks_there(comfy_host):
    assert not comfy_host.is_stand_in
    assert comfy_host.get("/system_stats").json()["stand_in"]
    try:
        comfy_host.input_directory
    except LookupError as error:
        assert comfy_host.url in str(error)
    else:
        raise AssertionError
"""
WITHOUT_PLAYWRIGHT = """
import sys
sys.modules["playwright"] = sys.modules["playwright.sync_api"] = None
def test_page(comfy_page): pass
"""
BROKEN_PAGE = """
import pytest
@pytest.mark.comfy_packs("broken")
def test_page(comfy_page): pass
@pytest.mark.comfy_packs("broken")
def test_expected(comfy_page):
    comfy_page.allow("meant to break", "this is what the test is about")
    comfy_page.problems.clear()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "one" / "two" / "project"
    wanting = ("wanting", "import not_installed\n" + NODES, "Wanting")
    packs = (
        wanting,
        ("a pack", NODES, "OwnNode"),
        ("other", NODES, "OtherNode"),
        ("broken", BROKEN_WEB, "Broken"),
    )
    for name, code, node in packs:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(code % node)
    (folder / "broken" / "web").mkdir()
    (folder / "broken" / "web" / "x.js").write_text("throw new Error('meant to break')")
    (folder / "pytest.ini").write_text(INI)
    return folder


def run(project: Path, tests: str, **environment: str) -> str:
    (project / "test_it.py").write_text(tests)
    known = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COMFYUI_"))
    }
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-rA", "-p", "no:asyncio"],
        cwd=project,
        env={**known, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_TO_RUN,
        check=False,
    )
    return done.stdout + done.stderr


def outcomes(report: str) -> dict[str, str]:
    found = re.findall(r"^(PASSED|FAILED|ERROR) test_it\.py::(?:\w+::)?(\w+)", report, re.M)
    return {name: outcome for outcome, name in found}


def test_hosts_by_ini_file_and_marker(project: Path) -> None:
    report = run(project, TESTS)
    assert outcomes(report) == {
        "test_the_pack_of_the_ini_file_alone": "PASSED",
        "test_the_host_is_shared": "PASSED",
        "test_fails_on_purpose": "FAILED",
        "test_the_pack_of_the_marker_alone": "PASSED",
        "test_no_such_pack": "ERROR",
        "test_a_pack_that_fails": "ERROR",
    }, report
    assert "node 1 showed nothing; the prompt ended with an error in node 1 (OwnNode)" in report
    assert "log of the host at http://127.0.0.1:" in report and "the node spoke" in report
    assert re.search(r"HostFailed: .*wanting could not be imported", report)
    assert "ModuleNotFoundError: No module named 'not_installed'" in report
    assert "nowhere is no node pack: it has no __init__.py (from the marker comfy_packs)" in report


def test_another_server_in_place_of_every_host(project: Path, rules_host: HostProcess) -> None:
    report = run(project, REAL, COMFYUI_URL=f"{rules_host.url}/")
    assert outcomes(report) == {"test_speaks_there": "PASSED"}, report
    assert "SKIPPED [1]" in report and "COMFYUI_URL names a running one" in report


def test_without_playwright_a_page_says_what_to_install(project: Path) -> None:
    report = run(project, WITHOUT_PLAYWRIGHT)
    assert re.search(r"SKIPPED .*pip install playwright", report), report


@pytest.mark.browser
def test_a_broken_extension_fails_the_test_that_opens_the_page(project: Path) -> None:
    report = run(project, BROKEN_PAGE)
    if "no Chromium" in report and os.environ.get("GATES_REQUIRE_BROWSER") != "1":
        pytest.skip("no Chromium: name one with GATES_BROWSER")
    assert outcomes(report) == {"test_page": "ERROR", "test_expected": "PASSED"}, report
    assert "meant to break" in report
    (picture,) = re.findall(r"screenshot: (.+\.png)", report)[:1]
    assert Path(picture).is_file()
