"""Loading V3 packs, and what they find of `comfy_api`."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from gates.host.process import HostProcess

if TYPE_CHECKING:
    from tests.conftest import StartHost

NODE = """
from comfy_api.latest import ComfyExtension, io

class Node(io.ComfyNode):
    @classmethod
    def define_schema(cls):
        return io.Schema(node_id=cls.__module__.rsplit("/", 1)[-1], display_name="Loaded")
    @classmethod
    def execute(cls): ...

class Extension(ComfyExtension):
    async def get_node_list(self): return [Node]
"""


def pack(place: Path, name: str, code: str) -> Path:
    folder = place / name
    folder.mkdir()
    (folder / "__init__.py").write_text(NODE + dedent(code))
    return folder


def test_every_form_of_an_entrypoint(start_host: StartHost, tmp_path: Path) -> None:
    forms = {
        "plain": "def comfy_entrypoint(): return Extension()",
        "coroutine": "async def comfy_entrypoint(): return Extension()",
        "a_class": "comfy_entrypoint = Extension",
        "empty_mappings": "NODE_CLASS_MAPPINGS = None\ncomfy_entrypoint = Extension",
        "mappings_win": "NODE_CLASS_MAPPINGS = {'InMappings': Node}\ncomfy_entrypoint = Extension",
        "raises": "def comfy_entrypoint(): raise ValueError('out of order')",
        "no_function": "comfy_entrypoint = 3",
        "no_extension": "def comfy_entrypoint(): return Node",
        "awaitable": "def comfy_entrypoint():\n    async def late(): return Extension()\n    return late",
        "no_list": "class Other(Extension):\n    async def get_node_list(self): return (Node,)\n"
        "comfy_entrypoint = Other",
        "no_execute": "del Node.execute\ncomfy_entrypoint = Extension",
        "fails_later": "class Other(Extension):\n    async def get_node_list(self): return [Node, 3]\n"
        "comfy_entrypoint = Other",
    }
    host = start_host(packs=[pack(tmp_path, name, code) for name, code in forms.items()])
    found = host.get("/api/object_info").json()
    loaded = {name for name in [*forms, "InMappings"] if name in found}
    # What was registered before a pack failed stays.
    assert loaded == {"plain", "coroutine", "a_class", "empty_mappings", "InMappings", "fails_later"}
    assert found["plain"]["display_name"] == "Loaded"
    assert found["plain"]["python_module"] == "custom_nodes.plain"
    failed = {line.rsplit("/", 1)[-1] for line in host.log.splitlines() if "IMPORT FAILED" in line}
    assert failed == {
        "raises",
        "no_function",
        "no_extension",
        "awaitable",
        "no_list",
        "no_execute",
        "fails_later",
    }
    assert "No execute function was defined for node class Node" in host.log


def test_on_load_comes_before_the_nodes_are_asked_for(start_host: StartHost, tmp_path: Path) -> None:
    code = """
    class Other(Extension):
        async def on_load(self): self.nodes = [Node]
        async def get_node_list(self): return self.nodes
    comfy_entrypoint = Other
    """
    host = start_host(packs=[pack(tmp_path, "loads", code)])
    assert "loads" in host.get("/api/object_info").json()


NAMES = """
import sys
assert "torch" not in sys.modules
import comfy_api.latest
from comfy_api.latest import *
from comfy_api.latest import IO, UI, ComfyAPI, ComfyAPISync, Input, InputImpl, Types, VideoComponents, ui
from comfy_api.latest._io import NodeOutput, Schema, _UIOutput, DynamicSlot, HiddenHolder, comfytype
from comfy_api.latest._ui import ImageSaveHelper
from comfy_api.latest._util.video_types import VideoCodec
from comfy_api.latest._input_impl.video_types import VideoFromComponents
from comfy_api.input import AudioInput, ImageInput, VideoInput
from comfy_api.input_impl import VideoFromFile
from comfy_api.input_impl.video_types import VideoFromComponents as Same
from comfy_api.util import VideoContainer
from comfy_api.torch_helpers import set_torch_compile_wrapper
import comfy_api.v0_0_2
assert comfy_api.v0_0_2.io is io is IO is comfy_api.latest.io and Same is VideoFromComponents

def annotated(
    image: io.Image.Type | None, masks: list[io.Mask.Type], more: Input.Image, mesh: io.Mesh.Type
) -> Types.VideoComponents: ...

def more(camera: io.Load3DCamera.CameraInfo, pooled: io.Conditioning.PooledDict): ...

assert io.MultiType.Output("either").io_type == "COMFY_MULTITYPED_V3"
assert not isinstance(3, io.Image.Type)
assert "torch" not in sys.modules
import torch
assert isinstance(torch.zeros(1), io.Image.Type) and isinstance(torch.zeros(1), Input.Mask)
video = InputImpl.VideoFromComponents(Types.VideoComponents(images=torch.zeros(6, 4, 2, 3), frame_rate=3))
assert (video.get_dimensions(), video.get_duration()) == ((2, 4), 2.0)
NODE_CLASS_MAPPINGS = {"Named": Node}
"""


def test_the_names_that_packs_import(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host(packs=[pack(tmp_path, "names", NAMES)])
    assert "Named" in host.get("/api/object_info").json(), host.log


LACKING = {
    "from comfy_api.latest import Caching": "comfy_api.latest.Caching",
    "io.DynamicSlot": "comfy_api.latest._io_public.DynamicSlot",
    "from comfy_api.latest import ui; ui.PreviewAudio": "comfy_api.latest._ui_public.PreviewAudio",
    "from comfy_api.latest import ComfyAPI; ComfyAPI().caching": "comfy_api.latest.ComfyAPI().caching",
    "import comfy_api.generate_api_stubs": "comfy_api.generate_api_stubs",
    "from comfy_api.latest import InputImpl; InputImpl.VideoFromFile('x').get_components()": (
        "decoder for video"
    ),
}


@pytest.fixture(scope="module")
def lacking_log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The log of one host with a pack for each case."""
    place = tmp_path_factory.mktemp("lacking")
    packs = [pack(place, f"pack{index}", code) for index, code in enumerate(LACKING)]
    with HostProcess(place / "host", packs) as host:
        return host.log


@pytest.mark.parametrize("code", LACKING)
def test_what_is_lacking_is_named(lacking_log: str, code: str) -> None:
    assert f"the stand-in host of Dataset Gates has no {LACKING[code]}" in lacking_log


def test_replacements_are_told(v3_host: HostProcess) -> None:
    found = v3_host.get("/api/node_replacements").json()
    assert found["V3Gone"] == [
        {
            "new_node_id": "V3Join",
            "old_node_id": "V3Gone",
            "old_widget_ids": ["first"],
            "input_mapping": [
                {"new_id": "a", "old_id": "first"},
                {"new_id": "b", "old_id": "second"},
                {"new_id": "sep", "set_value": "~"},
            ],
            "output_mapping": [{"new_idx": 0, "old_idx": 1}],
        }
    ]
