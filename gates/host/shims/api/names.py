"""Which module of `comfy_api` has which names here."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ...prompt_server import PromptServer
from ...running.v3 import V3Data, V3Node, V3Output, override_of
from ..lacking import lacks
from . import (
    choices,
    dynamic,
    hidden,
    matching,
    node,
    options,
    outcome,
    pickers,
    prices,
    schema,
    sockets,
    widgets,
)
from .extension import ComfyExtension, api_classes
from .plain import plain_types
from .shown import ui_names
from .values import MESH, SPLAT, SVG, VOXEL, AudioInput, File3D, LatentInput, Tensor
from .video import VideoCodec, VideoComponents, VideoContainer, VideoFromComponents, VideoFromFile, VideoInput

FROM_MODULES: Mapping[Any, str] = {
    choices: "Combo MultiCombo",
    dynamic: "Autogrow DynamicCombo",
    hidden: "Hidden HiddenHolder",
    matching: "MatchType MultiType",
    node: "ComfyNode",
    options: "ControlAfterGenerate FolderType NumberDisplay RemoteOptions UploadType",
    outcome: "NodeOutput NodeReplace",
    pickers: "BoundingBox BoundingBoxes Color Colors Curve ImageCompare Range Webcam",
    prices: "PriceBadge PriceBadgeDepends",
    schema: "NodeInfoV1 Schema",
    sockets: "ComfyTypeI ComfyTypeIO Custom Input Output WidgetInput add_to_dict_v1 comfytype",
    widgets: "Boolean Float Int String",
}


def io_names() -> dict[str, Any]:
    """What `from comfy_api.latest import io` gives."""
    own = {name: getattr(module, name) for module, names in FROM_MODULES.items() for name in names.split()}
    return {**own, **plain_types(), "V3Data": V3Data}


def private_io_names(io: Mapping[str, Any]) -> dict[str, Any]:
    """What `comfy_api.latest._io` has besides."""
    return {
        **io,
        "DynamicInput": dynamic.DynamicInput,
        "DynamicSlot": dynamic.DynamicSlot,
        "_ComfyNodeBaseInternal": node.ComfyNode,
        "_ComfyType": sockets.ComfyType,
        "_UIOutput": outcome.UIOutput,
        "create_input_dict_v1": sockets.create_input_dict_v1,
    }


INPUTS = {
    "AudioInput": AudioInput,
    "ImageInput": Tensor,
    "LatentInput": LatentInput,
    "MaskInput": Tensor,
    "VideoInput": VideoInput,
}
VIDEOS = {"VideoFromComponents": VideoFromComponents, "VideoFromFile": VideoFromFile}
VIDEO_TYPES = {each.__name__: each for each in (VideoCodec, VideoComponents, VideoContainer)}
SHAPES = {each.__name__: each for each in (File3D, MESH, SPLAT, VOXEL)}


def set_torch_compile_wrapper(*args: Any, **kwargs: Any) -> None:
    """Imported by packs at their top, called where a model is: here there is none."""
    raise NotImplementedError(lacks("models to compile (comfy_api.torch_helpers)"))


def module_names(server: PromptServer) -> dict[str, dict[str, Any]]:
    """Names by the module that packs import them from."""
    io = io_names()
    private_io, ui = private_io_names(io), ui_names(server.runtime.folders)
    api, api_sync = api_classes(server)
    latest = {
        **INPUTS,
        **VIDEOS,
        **VIDEO_TYPES,
        **SHAPES,
        "ComfyAPI": api,
        "ComfyAPISync": api_sync,
        "ComfyAPI_latest": api,
        "ComfyExtension": ComfyExtension,
        "Input": SimpleNamespace(**{name.removesuffix("Input"): kind for name, kind in INPUTS.items()}),
        "InputImpl": SimpleNamespace(**VIDEOS),
        "Types": SimpleNamespace(**VIDEO_TYPES, **SHAPES),
    }
    internal = {
        "_ComfyNodeInternal": V3Node,
        "_NodeOutputInternal": V3Output,
        "first_real_override": override_of,
        "prune_dict": options.prune_dict,
    }
    return {
        "comfy_api": {},
        "comfy_api.internal": internal,
        "comfy_api.latest": latest,
        "comfy_api.latest._io": private_io,
        "comfy_api.latest._io_public": io,
        "comfy_api.latest._ui": dict(ui),
        "comfy_api.latest._ui_public": dict(ui),
        "comfy_api.torch_helpers": {"set_torch_compile_wrapper": set_torch_compile_wrapper},
        "comfy_api.v0_0_1": latest,
        "comfy_api.v0_0_2": latest,
        **_value_modules(),
    }


def _value_modules() -> dict[str, dict[str, Any]]:
    """Where values were before `comfy_api.latest`, and where packs find them in it."""
    of_packages: dict[str, dict[str, Any]] = {
        "input": INPUTS,
        "input_impl": VIDEOS,
        "util": {**VIDEO_TYPES, **SHAPES, "SVG": SVG},
    }
    found: dict[str, dict[str, Any]] = {}
    for name, names in of_packages.items():
        for package in (f"comfy_api.{name}", f"comfy_api.latest._{name}"):
            found[package] = names
            found[f"{package}.video_types"] = names
    found["comfy_api.input.basic_types"] = found["comfy_api.latest._input.basic_types"] = INPUTS
    return found
