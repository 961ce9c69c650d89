"""Starting, serving the page, saying what it is, and leaving nothing behind."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gates.host.packs import THIS_PACK
from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.conftest import StartHost

TRIVIAL = {
    "1": {"class_type": "RulesText", "inputs": {"text": "t"}},
    "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
}


def test_it_says_that_it_is_a_stand_in(shared_host: HostProcess) -> None:
    stats = shared_host.get("/api/system_stats").json()
    assert stats["stand_in"]["name"] == "Dataset Gates stand-in host"
    assert "stand-in host of Dataset Gates, not ComfyUI" in shared_host.log
    assert "/extensions/gates_stand_in/stand_in_badge.js" in shared_host.get("/api/extensions").json()


def test_the_stats_have_what_the_page_reads(shared_host: HostProcess) -> None:
    stats = shared_host.get("/system_stats").json()
    assert stats["system"]["comfyui_version"] == "0.29.0"
    assert stats["system"]["ram_total"] > 0
    assert stats["devices"][0]["type"] == "cpu"
    assert "--disable-api-nodes" in stats["system"]["argv"]
    assert shared_host.get("/api/features").json()["supports_preview_metadata"] is True


def test_the_frontend_is_served_byte_for_byte(shared_host: HostProcess) -> None:
    spec = importlib.util.find_spec("comfyui_frontend_package")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    root = Path(spec.submodule_search_locations[0]) / "static"
    assert shared_host.get("/").body == (root / "index.html").read_bytes()
    script = next(root.glob("assets/*.js"))
    answer = shared_host.get(f"/assets/{script.name}")
    assert answer.body == script.read_bytes()
    assert "javascript" in answer.headers["content-type"]
    assert shared_host.get("/assets/nosuch.js").status == 404


def test_another_build_of_the_frontend_can_be_served(start_host: StartHost, tmp_path: Path) -> None:
    build = tmp_path / "build"
    (build / "extensions" / "core").mkdir(parents=True)
    (build / "index.html").write_text("<p>mine</p>")
    (build / "extensions" / "core" / "x.js").write_text("//")
    host = start_host(front_end_root=build)
    assert host.get("/").text == "<p>mine</p>"
    assert "/extensions/core/x.js" in host.get("/api/extensions").json()


def test_it_starts_in_an_empty_directory_and_writes_nowhere_else(
    start_host: StartHost, tmp_path: Path
) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "__init__.py").write_text("from . import inner\nNODE_CLASS_MAPPINGS = {}")
    (pack / "inner.py").write_text("")
    before = {path for path in tmp_path.rglob("*") if "base" not in path.parts}
    host = start_host(packs=[pack], base=tmp_path / "base")
    host.post("/api/settings/My.A", 1)
    host.stop()
    after = {path for path in tmp_path.rglob("*") if "base" not in path.parts}
    assert after - before == {host.log_file}
    assert {path.name for path in host.base.iterdir()} == {"input", "output", "user", "custom_nodes"}


def test_it_is_ready_soon_and_without_torch(start_host: StartHost, tmp_path: Path) -> None:
    pack = tmp_path / "looks"
    pack.mkdir()
    (pack / "__init__.py").write_text(
        "import sys\nfrom aiohttp import web\nfrom server import PromptServer\n"
        "@PromptServer.instance.routes.get('/torch')\n"
        "async def torch(request): return web.json_response('torch' in sys.modules)\n"
        "NODE_CLASS_MAPPINGS = {}\n"
    )
    began = time.monotonic()
    host = start_host(packs=[pack])
    assert time.monotonic() - began < 10  # about 1 s by itself; machines that test are busy
    host.get("/api/object_info")
    assert host.get("/torch").json() is False


def test_temporary_files_of_an_earlier_run_are_gone(start_host: StartHost, tmp_path: Path) -> None:
    temp = tmp_path / "base" / "temp"
    temp.mkdir(parents=True)
    (temp / "old.png").touch()
    host = start_host(base=tmp_path / "base")
    assert list((host.base / "temp").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_soon_when_told_to_even_while_a_node_runs(
    start_host: StartHost, how: signal.Signals
) -> None:
    host = start_host(packs=[Path(__file__).parent / "data" / "rules_pack"])
    slow: dict[str, Any] = {
        "1": {"class_type": "RulesText", "inputs": {"text": "t"}},
        "2": {"class_type": "RulesSleep", "inputs": {"text": ["1", 0], "seconds": 60.0}},
        "3": {"class_type": "RulesShow", "inputs": {"text": ["2", 0]}},
    }
    host.queue(slow)
    while not host.get("/api/queue").json()["queue_running"]:
        time.sleep(0.02)
    assert host.pid is not None
    os.kill(host.pid, how)
    assert host.wait(10) == 0
    assert "Traceback" not in host.log


def test_many_prompts_are_all_run(rules_host: HostProcess) -> None:
    ids = [
        rules_host.queue({**TRIVIAL, "1": {"class_type": "RulesText", "inputs": {"text": str(number)}}})
        for number in range(100)
    ]
    assert rules_host.result(ids[-1])["outputs"] == {"2": {"text": ["2:99"]}}
    history = rules_host.get("/api/history").json()
    assert [history[prompt_id]["status"]["status_str"] for prompt_id in ids] == ["success"] * 100


def test_object_info_describes_a_node(rules_host: HostProcess) -> None:
    info = rules_host.get("/api/object_info/RulesChecked").json()["RulesChecked"]
    assert info == {
        "input": {
            "required": {
                "word": ["STRING", {"default": "ok"}],
                "mode": [["x", "y"]],
                "n": ["INT", {"default": 1, "min": 0, "max": 10}],
            }
        },
        "input_order": {"required": ["word", "mode", "n"]},
        "is_input_list": False,
        "output": ["STRING"],
        "output_is_list": [False],
        "output_name": ["STRING"],
        "name": "RulesChecked",
        "display_name": "RulesChecked",
        "description": "",
        "python_module": "custom_nodes.rules_pack",
        "category": "rules",
        "output_node": False,
        "has_intermediate_output": False,
        "search_aliases": [],
    }
    everything = rules_host.get("/object_info").json()
    assert everything["RulesText"]["display_name"] == "A Text"
    assert rules_host.get("/api/object_info/NoSuchNode").json() == {}


def test_a_node_that_cannot_describe_itself_is_left_out(start_host: StartHost, tmp_path: Path) -> None:
    pack = tmp_path / "mute"
    pack.mkdir()
    (pack / "__init__.py").write_text(
        "class Mute:\n    @classmethod\n    def INPUT_TYPES(cls): raise OSError('no disk')\n"
        "NODE_CLASS_MAPPINGS = {'Mute': Mute}\n"
    )
    host = start_host(packs=[pack])
    info = host.get("/api/object_info").json()
    assert "Mute" not in info
    assert "LoadImage" in info
    assert "no disk" in host.log


def test_the_pack_of_this_checkout_is_loaded(shared_host: HostProcess) -> None:
    info = shared_host.get("/api/object_info").json()
    assert info["PoolProfile"]["python_module"] == f"custom_nodes.{THIS_PACK.name}"
    assert json.loads(shared_host.get("/api/dataset_gates/status").body)["version"]
