"""A pack that imports what models need loads with the rest of what it has."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import StartHost

MISSING = "the stand-in host of Dataset Gates has no {}: run this in ComfyUI itself"
PACK = """
import comfy.sd
import comfy.samplers
from comfy.utils import load_torch_file
from comfy_api.latest import io
from comfy_extras.nodes_lt import LTXVAddGuide
from nodes import EmptyLatentImage, LoraLoader, MAX_RESOLUTION

class Plain:
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"
    OUTPUT_NODE = True
    @classmethod
    def INPUT_TYPES(cls):
        sampler = (comfy.samplers.KSampler.SAMPLERS,)
        return {"required": {"sampler": sampler, "size": ("INT", {"default": 8, "max": MAX_RESOLUTION})}}
    def run(self, sampler, size):
        return {"ui": {"text": [sampler]}, "result": (sampler,)}

class Latent(Plain):
    def run(self, sampler, size):
        return EmptyLatentImage().generate(size, size, 1)

class Lora(LoraLoader):
    RETURN_TYPES = (*LoraLoader.RETURN_TYPES, "STRING")
    @classmethod
    def INPUT_TYPES(cls):
        return super().INPUT_TYPES()

class NoJson(Plain):
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"kind": (comfy.sd.KINDS,)}}

class Guide(LTXVAddGuide):
    @classmethod
    def define_schema(cls):
        return io.Schema(node_id="Guide")

NODE_CLASS_MAPPINGS = {each.__name__: each for each in (Plain, Latent, Lora, NoJson, Guide)}
"""
V3_PACK = """
import comfy.sd
from comfy_api.latest import ComfyExtension, io

class Fine(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(node_id="Fine", inputs=[], outputs=[])
    @classmethod
    def execute(cls): return io.NodeOutput()

class Wanting(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(node_id="Wanting", inputs=[io.Combo.Input("kind", options=[*comfy.sd.KINDS])])
    @classmethod
    def execute(cls, kind): return io.NodeOutput()

class Extension(ComfyExtension):
    async def get_node_list(self):
        return [Wanting, Fine]

async def comfy_entrypoint():
    return Extension()
"""


def packs(place: Path) -> list[Path]:
    found = []
    for name, code in (("models", PACK), ("models_v3", V3_PACK)):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text(dedent(code))
        found.append(place / name)
    return found


def test_a_pack_loads_with_all_that_needs_no_model(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host(packs=packs(tmp_path))
    info = host.get("/api/object_info").json()
    assert {"Plain", "Latent", "Fine"} <= set(info)
    assert not {"Lora", "NoJson", "Guide", "Wanting", "LoraLoader", "EmptyLatentImage"} & set(info)
    assert info["Plain"]["input"]["required"]["sampler"][0][0] == "euler"
    for name, lacking in (
        ("Lora", "nodes.LoraLoader.INPUT_TYPES"),
        ("NoJson", "comfy.sd.KINDS"),
        ("Guide", "comfy_extras.nodes_lt.LTXVAddGuide.INPUT_TYPES"),
    ):
        assert f"the node {name!r} cannot be described and is left out" in host.log
        assert MISSING.format(lacking) in host.log
    named = (
        "comfy.utils.load_torch_file, comfy_extras.nodes_lt.LTXVAddGuide, "
        "nodes.EmptyLatentImage, nodes.LoraLoader"
    )
    assert f"{tmp_path / 'models'} names what the stand-in host has nothing behind: {named}\n" in host.log

    inputs = {"sampler": "euler", "size": 8}
    done = host.submit({"1": {"class_type": "Plain", "inputs": inputs}})
    assert done["outputs"]["1"]["text"] == ["euler"]
    failed = host.submit({"1": {"class_type": "Latent", "inputs": inputs}})
    told = dict(failed["status"]["messages"])["execution_error"]
    assert told["exception_message"].strip() == MISSING.format("nodes.EmptyLatentImage")
