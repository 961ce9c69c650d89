"""The command line: one envelope, stable exit codes, and a demo that is whole or absent."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gates import __version__, pool, profiles
from gates.cli import demo, demo_data, result
from gates.cli.main import main
from gates.errors import DuplicateName
from gates.host.options import DEFAULT_LISTEN

ROOT = Path(__file__).resolve().parents[1]


def gates(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gates", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_it_says_its_version() -> None:
    done = gates("--version")
    assert (done.returncode, done.stdout) == (0, f"gates {__version__}\n")


def test_wrong_arguments_are_exit_code_2() -> None:
    assert gates("nothing").returncode == result.USAGE
    assert gates().returncode == result.USAGE


def test_help_needs_no_package_of_others() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(['aiohttp', 'numpy', 'PIL', 'torch']))\n"
        "from gates.cli.main import build_parser; build_parser().format_help()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


# --- results -----------------------------------------------------------------------------------


def test_the_envelope_has_these_keys() -> None:
    envelope = result.envelope(result.Result("demo", data={"a": 1}))
    assert envelope == {
        "version": 1,
        "command": "demo",
        "status": "success",
        "exit_code": 0,
        "data": {"a": 1},
        "errors": [],
    }


def test_an_error_keeps_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    failed = result.failure("demo", DuplicateName("There is one."))
    assert result.show(failed, as_json=True) == result.FAILED
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "error"
    assert told["errors"] == [{"code": "duplicate_name", "message": "There is one."}]
    result.show(failed, as_json=False)
    assert capsys.readouterr().err == "gates demo: There is one. [duplicate_name]\n"


def test_an_error_of_the_system_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    code = main(["--json", "demo", "--no-browser", "--port", "0", "--base-directory", str(blocked / "x")])
    assert code == result.FAILED
    assert json.loads(capsys.readouterr().out)["errors"][0]["code"] == "system_error"


# --- the demo ----------------------------------------------------------------------------------


def test_a_port_in_use_is_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((DEFAULT_LISTEN, 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = main(["demo", "--port", str(port), "--base-directory", str(tmp_path / "demo")])
    assert code == result.FAILED
    assert f"Port {port} is in use" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_port_0_is_a_free_one() -> None:
    port = demo.free_port(0)
    assert port
    assert demo.free_port(port) == port


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("demo") / "base"
    demo.make_base(base)
    return base


def test_the_demo_holds_a_dozen_labelled_images(base: Path) -> None:
    pools = str(base / "input" / "grid_pool")
    entries = profiles.read_registry(pools)["profiles"]
    assert [entry["name"] for entry in entries] == ["Animals"]
    slots = pool.read_manifest(pools, demo_data.PROFILE_ID)["slots"]
    listed = json.loads((demo_data.IMAGES / "images.json").read_text("utf-8"))
    assert [(slot["name"], slot["label"]) for slot in slots] == [
        (entry["image"], entry["label"]) for entry in listed
    ]
    assert len(slots) == 12


def test_its_workflow_uses_that_profile(base: Path) -> None:
    workflow = json.loads((base / "user" / "default" / "workflows" / "Animals.json").read_text("utf-8"))
    values = {node["type"]: node.get("widgets_values") for node in workflow["nodes"]}
    assert values["PoolProfile"] == ["Animals", "animals"]
    assert values["GridImagePool"] == [-1, "animals"]


def test_a_demo_that_could_not_be_filled_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(pool_base: Path, now: int) -> None:
        raise OSError("no room")

    base = tmp_path / "base"
    with monkeypatch.context() as broken:
        broken.setattr(demo_data, "add_images", fail)
        with pytest.raises(OSError, match="no room"):
            demo.make_base(base)
    assert not base.exists()
    demo.make_base(base)
    assert (base / "input" / "grid_pool" / "profiles.json").is_file()


def test_reset_sets_the_data_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = tmp_path / "base"
    for number in (1, 2):
        base.mkdir()
        (base / "mine.txt").write_text(f"{number}")
        demo.set_aside(base)
    demo.set_aside(base)
    aside = sorted(path for path in tmp_path.iterdir())
    assert [(path / "mine.txt").read_text() for path in aside] == ["1", "2"]
    assert capsys.readouterr().out.count("lies in") == 2


@contextmanager
def running_demo(base: Path) -> Iterator[str]:
    """The address of a demo in its own process; it is stopped at the end."""
    command = [sys.executable, "-m", "gates", "demo", "--no-browser", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--base-directory", str(base)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.match(r"Dataset Gates demo: (\S+)/$", line)
            if found:
                yield found.group(1)
                break
        else:
            pytest.fail("the demo ended before it was ready:\n" + "".join(said))
    finally:
        process.terminate()
        process.communicate(timeout=30)


def ask(address: str, path: str, body: object = None) -> Any:
    request = urllib.request.Request(address + path, headers={"Content-Type": "application/json"})
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(request, data, timeout=30) as answer:
        return json.load(answer)


def test_the_demo_serves_its_images_and_keeps_what_is_changed(tmp_path: Path) -> None:
    base = tmp_path / "demo"
    with running_demo(base) as address:
        assert ask(address, "/api/system_stats")["stand_in"]
        shown = ask(address, "/grid_pool/list?pool_id=animals")
        assert shown["count"] == 12
        ask(address, "/grid_pool/label", {"pool_id": "animals", "index": 3, "label": "mine"})
        scripts = ask(address, "/extensions")
        assert any(path.endswith("/open_example.js") for path in scripts)
    with running_demo(base) as address:
        assert ask(address, "/grid_pool/list?pool_id=animals")["slots"][3]["label"] == "mine"


def test_a_frontend_that_is_not_there_is_told(tmp_path: Path) -> None:
    nowhere = ["--front-end-root", str(tmp_path / "none"), "--base-directory", str(tmp_path / "base")]
    done = gates("--json", "host", "--port", "0", *nowhere)
    assert done.returncode == result.FAILED
    assert json.loads(done.stdout.splitlines()[-1])["errors"][0]["code"] == "frontend_missing"
