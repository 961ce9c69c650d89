"""V3 nodes, one rule of the node contract each, as packs write them. Loads in ComfyUI 0.3.64 and newer."""

# mypy: ignore-errors
# Written as a pack's author writes: ComfyUI's modules have no types here.

from comfy_api.latest import ComfyAPI, ComfyExtension, io

from . import caching, calls, described, further, returned, validated

try:
    from . import dynamic
except (AttributeError, TypeError):  # ComfyUI 0.3.64 has none of these types
    dynamic = None

LOADED = []


class Extension(ComfyExtension):
    async def on_load(self):
        LOADED.append("on_load")
        if hasattr(io, "NodeReplace"):
            await ComfyAPI().node_replacement.register(
                io.NodeReplace(
                    new_node_id="V3Join",
                    old_node_id="V3Gone",
                    old_widget_ids=["first"],
                    input_mapping=[
                        {"new_id": "a", "old_id": "first"},
                        {"new_id": "b", "old_id": "second"},
                        {"new_id": "sep", "set_value": "~"},
                    ],
                    output_mapping=[{"new_idx": 0, "old_idx": 1}],
                )
            )

    async def get_node_list(self):
        modules = [calls, caching, described, further, returned, validated, dynamic]
        return [node for module in modules if module is not None for node in module.NODES]


async def comfy_entrypoint():
    return Extension()
