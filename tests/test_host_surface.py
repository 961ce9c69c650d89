"""The names that packs take from ComfyUI's modules: there, or lacking with a reason."""

from __future__ import annotations

import argparse
import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from gates.host.builtin_nodes import add_builtin_nodes
from gates.host.folders import Folders
from gates.host.interrupts import Interrupts
from gates.host.log_buffer import LogBuffer
from gates.host.options import HostOptions
from gates.host.prompt_server import PromptServer
from gates.host.registry import NodeRegistry
from gates.host.running.progress import ProgressBoard
from gates.host.runtime import Runtime
from gates.host.shims.lacking import LackingName
from gates.host.shims.surface import modules_for

# What the packs that were looked at use, by module.
NAMES = {
    "server": "PromptServer BinaryEventTypes",
    "folder_paths": (
        "base_path models_dir input_directory output_directory temp_directory user_directory "
        "folder_names_and_paths supported_pt_extensions filename_list_cache extension_mimetypes_cache "
        "add_model_folder_path get_filename_list get_filename_list_ cached_filename_list_ get_folder_paths "
        "get_full_path get_full_path_or_raise get_input_directory get_output_directory get_temp_directory "
        "get_user_directory get_system_user_directory get_public_user_directory get_directory_by_type "
        "set_input_directory set_output_directory set_temp_directory set_user_directory annotated_filepath "
        "get_annotated_filepath exists_annotated_filepath get_save_image_path get_input_subfolders "
        "filter_files_content_types filter_files_extensions recursive_search map_legacy "
        "is_within_directory is_dangerous_content_type"
    ),
    "nodes": (
        "NODE_CLASS_MAPPINGS NODE_DISPLAY_NAME_MAPPINGS EXTENSION_WEB_DIRS LOADED_MODULE_DIRS MAX_RESOLUTION "
        "LoadImage LoadImageMask LoadImageOutput SaveImage PreviewImage EmptyImage ImageScale ImageScaleBy "
        "ImageInvert ImageBatch ImagePadForOutpaint interrupt_processing before_node_execution"
    ),
    "execution": (
        "PromptExecutor PromptQueue CacheSet CacheEntry ExecutionResult execute get_input_data "
        "get_output_data validate_prompt full_type_name MAXIMUM_HISTORY_SIZE SENSITIVE_EXTRA_DATA_KEYS"
    ),
    "node_helpers": "pillow hasher conditioning_set_values string_to_torch_dtype image_alpha_fix",
    "comfy.utils": (
        "ProgressBar PROGRESS_BAR_ENABLED set_progress_bar_enabled set_progress_bar_global_hook "
        "common_upscale repeat_to_batch_size string_to_seed get_attr set_attr"
    ),
    "comfy.model_management": (
        "get_torch_device intermediate_device unet_offload_device vae_device text_encoder_device "
        "get_free_memory get_total_memory total_ram total_vram get_torch_device_name get_autocast_device "
        "throw_exception_if_processing_interrupted interrupt_current_processing processing_interrupted "
        "InterruptProcessingException soft_empty_cache unload_all_models free_memory loaded_models "
        "current_loaded_models cpu_state CPUState vram_state VRAMState is_nvidia is_device_cpu "
        "is_device_cuda is_device_mps should_use_fp16 should_use_bf16 cpu_mode mps_mode xformers_enabled "
        "unet_dtype dtype_size"
    ),
    "comfy_execution.graph": "DynamicPrompt ExecutionBlocker DependencyCycleError get_input_info",
    "comfy_execution.graph_utils": "GraphBuilder Node ExecutionBlocker is_link add_graph_prefix",
    "comfy_execution.utils": "get_executing_context CurrentNodeContext ExecutionContext",
    "comfy_execution.progress": (
        "get_progress_state add_progress_handler reset_progress_state ProgressHandler "
        "ProgressRegistry NodeState"
    ),
}
OF_THE_SERVER = """
    instance routes app loop client_id last_node_id last_prompt_id number prompt_queue user_manager sockets
    sockets_metadata supports web_root address port on_prompt_handlers add_on_prompt_handler trigger_on_prompt
    send send_json send_bytes send_sync send_progress_text get_queue_info queue_updated
"""


@pytest.fixture
def modules(tmp_path: Path) -> Iterator[dict[str, ModuleType]]:
    loop = asyncio.new_event_loop()
    parts = (Folders(tmp_path), NodeRegistry(), Interrupts(), ProgressBoard(), LogBuffer())
    add_builtin_nodes(parts[1], parts[0], lambda text, node_id: None)
    server = PromptServer(loop, Runtime(HostOptions(tmp_path), tmp_path, *parts))
    yield modules_for(server)
    loop.close()


@pytest.mark.parametrize("name", NAMES)
def test_names_that_packs_use(modules: dict[str, ModuleType], name: str) -> None:
    wanted = NAMES[name].split()
    module = modules[name]
    assert [each for each in wanted if not hasattr(module, each)] == []
    assert set(wanted) <= set(dir(module))


def test_attributes_of_the_server(modules: dict[str, Any]) -> None:
    instance = modules["server"].PromptServer.instance
    assert [name for name in OF_THE_SERVER.split() if not hasattr(instance, name)] == []


@pytest.mark.parametrize(
    ("module", "name"),
    [("comfy.utils", "load_torch_file"), ("nodes", "KSampler"), ("comfy.model_management", "LoadedModel")],
)
def test_what_is_lacking_says_so(modules: dict[str, ModuleType], module: str, name: str) -> None:
    with pytest.raises(LackingName, match=f"stand-in host .* {module}.{name}"):
        getattr(modules[module], name)()


@pytest.mark.parametrize(
    ("module", "function", "parameters"),
    [
        (
            "execution",
            "execute",
            "server dynprompt caches current_item extra_data executed prompt_id execution_list "
            "pending_subgraph_results pending_async_nodes ui_outputs",
        ),
        (
            "execution",
            "get_output_data",
            "prompt_id unique_id obj input_data_all execution_block_cb pre_execute_cb v3_data",
        ),
        ("execution", "validate_prompt", "prompt_id prompt partial_execution_list"),
        ("comfy.utils", "common_upscale", "samples width height upscale_method crop"),
        ("folder_paths", "get_save_image_path", "filename_prefix output_dir image_width image_height"),
        ("folder_paths", "add_model_folder_path", "folder_name full_folder_path is_default"),
        ("folder_paths", "get_annotated_filepath", "name default_dir"),
        ("comfy.model_management", "get_free_memory", "dev torch_free_too"),
    ],
)
def test_parameters_are_named_as_in_comfyui(
    modules: dict[str, ModuleType], module: str, function: str, parameters: str
) -> None:
    found = inspect.signature(getattr(modules[module], function))
    assert list(found.parameters) == parameters.split()


def test_the_executor_is_hooked_by_these_parameters(modules: dict[str, Any]) -> None:
    executor = modules["execution"].PromptExecutor
    for method in (executor.execute, executor.execute_async):
        wanted = ["self", "prompt", "prompt_id", "extra_data", "execute_outputs"]
        assert list(inspect.signature(method).parameters) == wanted


def test_everything_is_on_the_processor(modules: dict[str, Any]) -> None:
    management = modules["comfy.model_management"]
    for device in (management.get_torch_device(), management.vae_offload_device("any")):
        assert device == torch.device("cpu")
    assert management.cpu_state is management.CPUState.CPU
    assert management.unet_dtype(device=None) is torch.float32
    assert management.dtype_size(torch.float16) == 2
    assert management.total_ram == management.get_total_memory() / 2**20
    assert management.should_use_fp16(prioritize_performance=False) is False
    assert management.free_memory(1, None) == []


def test_arguments_that_nobody_gave(modules: dict[str, Any]) -> None:
    args: argparse.Namespace = modules["comfy.cli_args"].args
    assert (args.cpu, args.force_fp16, args.cuda_device, args.cache_lru) == (True, False, None, 0)
    with pytest.raises(AttributeError, match=r"stand-in host .*\.args\.never_heard_of"):
        _ = args.never_heard_of


def test_small_functions_on_tensors(modules: dict[str, Any]) -> None:
    utils = modules["comfy.utils"]
    batch = torch.arange(3)
    assert utils.repeat_to_batch_size(batch, 5).tolist() == [0, 1, 2, 0, 1]
    assert utils.repeat_to_batch_size(batch, 2).tolist() == [0, 1]
    assert utils.repeat_to_batch_size(batch.reshape(1, 3), 4, dim=1).tolist() == [[0, 1, 2, 0]]
    assert utils.string_to_seed("gates") == utils.string_to_seed(b"gates") == 3_973_362_638
    holder = argparse.Namespace(inner=argparse.Namespace(value=1))
    assert utils.set_attr(holder, "inner.value", 2) == 1
    assert utils.get_attr(holder, "inner.value") == 2


def test_names_of_model_files(modules: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "models/loras/sub"
    folder.mkdir(parents=True)
    for name in ("a.safetensors", "b.txt"):
        (folder / name).write_bytes(b"")
    names, read, _ = modules["folder_paths"].get_filename_list_("loras")
    assert names == ["sub/a.safetensors"]
    assert str(folder) in read
    assert modules["folder_paths"].cached_filename_list_("loras") is None


def test_packs_save_elsewhere_by_what_they_set(modules: dict[str, Any]) -> None:
    nodes, folders = modules["nodes"], modules["folder_paths"]

    class Elsewhere(nodes.SaveImage):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            self.output_dir = folders.get_temp_directory()
            self.type = "temp"
            self.prefix_append = "_kept"
            self.compress_level = 1

    picture = torch.zeros(1, 4, 6, 3)
    for node, start in ((Elsewhere(), "mine_kept_0"), (nodes.PreviewImage(), "mine_temp_")):
        (saved,) = node.save_images(picture, "mine", None, None)["ui"]["images"]
        assert saved["type"] == "temp" and saved["filename"].startswith(start)
        assert (Path(folders.get_temp_directory()) / saved["filename"]).is_file()
    assert issubclass(nodes.PreviewImage, nodes.SaveImage)
    assert nodes.ImageScale.upscale_methods[0] == "nearest-exact"
