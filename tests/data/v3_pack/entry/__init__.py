"""V3 nodes, one rule of the node contract each, as packs write them. Loads in ComfyUI 0.3.64 and newer."""

# mypy: ignore-errors
# Written as a pack's author writes: ComfyUI's modules have no types here.

from comfy_api.latest import ComfyExtension

from . import caching, calls, described, returned, validated

try:
    from . import dynamic
except (AttributeError, TypeError):  # ComfyUI 0.3.64 has none of these types
    dynamic = None

LOADED = []


class Extension(ComfyExtension):
    async def on_load(self):
        LOADED.append("on_load")

    async def get_node_list(self):
        modules = [calls, caching, described, returned, validated, dynamic]
        return [node for module in modules if module is not None for node in module.NODES]


async def comfy_entrypoint():
    return Extension()
