"""What packs import from ComfyUI, used as packs use it."""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gates.host.folders import Folders
from gates.host.interrupts import InterruptProcessingException, Interrupts
from gates.host.log_buffer import LogBuffer
from gates.host.options import HostOptions
from gates.host.prompt_server import PromptServer
from gates.host.registry import NodeRegistry
from gates.host.running.progress import ProgressBoard
from gates.host.runtime import Runtime
from gates.host.shims.hollow import LackingFinder
from gates.host.shims.lacking import LackingModule
from gates.host.shims.node_helpers import conditioning_set_values, pillow
from gates.host.shims.progress_bar import BarHooks
from gates.host.shims.surface import modules_for


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PromptServer]:
    loop = asyncio.new_event_loop()
    runtime = Runtime(
        HostOptions(tmp_path, multi_user=True),
        tmp_path,
        Folders(tmp_path),
        NodeRegistry(),
        Interrupts(),
        ProgressBoard(),
        LogBuffer(),
    )
    yield PromptServer(loop, runtime)
    loop.close()


@pytest.fixture
def modules(server: PromptServer) -> dict[str, Any]:
    return dict(modules_for(server))


def test_names_follow_what_they_stand_for(server: PromptServer, modules: dict[str, Any]) -> None:
    folder_paths = modules["folder_paths"]
    folder_paths.set_output_directory("/elsewhere")
    assert folder_paths.output_directory == folder_paths.get_output_directory() == "/elsewhere"
    assert modules["server"].PromptServer.instance is server
    assert modules["nodes"].NODE_CLASS_MAPPINGS is server.runtime.nodes.classes
    assert modules["comfy.cli_args"].args.multi_user is True
    assert modules["comfy"].utils is modules["comfy.utils"]
    assert modules["comfy_execution.graph_utils"].GraphBuilder("p.").node("A").id == "p.1"
    assert modules["folder_paths"].__file__.startswith(str(server.runtime.folders.base_path))


def test_the_folder_of_comfyui_is_the_base_directory(
    server: PromptServer, modules: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packs look for it beside the class and write there."""
    monkeypatch.setitem(sys.modules, "server", modules["server"])
    found = Path(inspect.getfile(modules["server"].PromptServer))
    assert found.parent == Path(server.runtime.folders.base_path)


def test_a_missing_name_names_the_stand_in(modules: dict[str, Any]) -> None:
    for name in ("comfy.utils", "nodes", "comfy_execution.caching"):
        with pytest.raises(AttributeError, match=rf"stand-in host of Dataset Gates has no {name}\.odd"):
            _ = modules[name].odd
        assert not hasattr(modules[name], "odd")
    with pytest.raises(AttributeError, match=r"has no comfy\.cli_args\.args\.odd"):
        _ = modules["comfy.cli_args"].args.odd


def test_a_missing_module_of_comfyui_names_the_stand_in_and_others_do_not() -> None:
    finder = LackingFinder("/base")
    for name in ("comfy.unheard", "comfy_api.latest", "latent_preview.odd", "comfy.sd.VAE"):
        with pytest.raises(LackingModule, match=f"has no {name}"):
            finder.find_spec(name, None)
    assert finder.find_spec("numpyy", None) is None


def test_interrupts_are_used_up_by_the_node_they_stop(server: PromptServer, modules: dict[str, Any]) -> None:
    management = modules["comfy.model_management"]
    management.throw_exception_if_processing_interrupted()
    modules["nodes"].interrupt_processing()
    assert management.processing_interrupted()
    with pytest.raises(InterruptProcessingException):
        management.throw_exception_if_processing_interrupted()
    management.throw_exception_if_processing_interrupted()
    modules["nodes"].interrupt_processing()
    modules["nodes"].interrupt_processing(False)
    modules["nodes"].before_node_execution()
    assert management.InterruptProcessingException is InterruptProcessingException
    assert not issubclass(InterruptProcessingException, Exception)


def test_memory_is_told_in_bytes(modules: dict[str, Any]) -> None:
    management = modules["comfy.model_management"]
    assert management.get_total_memory() > 2**20
    assert management.get_free_memory(torch_free_too=True)[0] > 0


def test_a_bar_tells_the_first_the_last_and_what_has_a_preview() -> None:
    told: list[tuple[float, float, Any]] = []

    def hook(value: float, total: float, preview: Any, node_id: str | None = None) -> None:
        told.append((value, total, preview))

    bar = BarHooks(hook).make_bar_class()(1000)
    for _ in range(999):
        bar.update(1)
    bar.update_absolute(500, preview="picture")
    bar.update_absolute(2000)
    assert told == [(1, 1000, None), (500, 1000, "picture"), (1000, 1000, None)]


def test_pillow_reads_a_cut_file_on_the_second_try() -> None:
    from PIL import ImageFile

    tries: list[bool] = []

    def read(name: str) -> str:
        tries.append(ImageFile.LOAD_TRUNCATED_IMAGES)
        if not ImageFile.LOAD_TRUNCATED_IMAGES:
            raise OSError("image file is truncated")
        return name

    assert pillow(read, "a") == "a"
    assert (tries, ImageFile.LOAD_TRUNCATED_IMAGES) == ([False, True], False)


def test_conditioning_is_set_and_added_to() -> None:
    before = [["c", {"x": [1]}]]
    assert conditioning_set_values(before, {"x": [2], "y": 3}) == [["c", {"x": [2], "y": 3}]]
    assert conditioning_set_values(before, {"x": [2]}, append=True) == [["c", {"x": [1, 2]}]]
    assert before == [["c", {"x": [1]}]]
