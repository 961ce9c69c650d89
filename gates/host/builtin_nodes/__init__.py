"""The few nodes of ComfyUI's own that the host has: images, masks and plain values, nothing with a model."""

from __future__ import annotations

from ..folders import Folders
from ..registry import NodeRegistry
from . import masks, shaping, values
from .loading import make_load_image, make_load_image_mask, make_load_image_output
from .pictures import EmptyImage, ImageBatch, ImageInvert, ImageScale
from .saving import make_preview_image, make_save_image
from .values import SendText

DISPLAY_NAMES = {
    "LoadImage": "Load Image",
    "LoadImageMask": "Load Image (as Mask)",
    "LoadImageOutput": "Load Image (from Outputs)",
    "SaveImage": "Save Image",
    "PreviewImage": "Preview Image",
    "EmptyImage": "Empty Image",
    "ImageScale": "Upscale Image",
    "ImageInvert": "Invert Image Colors",
    "ImageBatch": "Batch Images (DEPRECATED)",
}


def add_builtin_nodes(nodes: NodeRegistry, folders: Folders, send_text: SendText) -> None:
    load_image, save_image = make_load_image(folders), make_save_image(folders)
    nodes.classes.update(
        {
            "LoadImage": load_image,
            "LoadImageMask": make_load_image_mask(load_image),
            "LoadImageOutput": make_load_image_output(load_image),
            "SaveImage": save_image,
            "PreviewImage": make_preview_image(folders, save_image),
            "EmptyImage": EmptyImage,
            "ImageInvert": ImageInvert,
            "ImageScale": ImageScale,
            "ImageBatch": ImageBatch,
        }
    )
    nodes.display_names.update(DISPLAY_NAMES)
    for each in (*masks.NODES, *shaping.NODES, *values.NODES, values.size_node(send_text)):
        nodes.classes[each.name] = each.make()
        nodes.display_names[each.name] = each.display_name
