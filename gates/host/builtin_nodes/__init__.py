"""The few nodes of ComfyUI's own that the host has: images in, images out, and something to do with them."""

from __future__ import annotations

from ..folders import Folders
from ..registry import NodeRegistry
from .loading import make_load_image
from .pictures import EmptyImage, ImageBatch, ImageInvert, ImageScale
from .saving import make_preview_image, make_save_image

DISPLAY_NAMES = {
    "LoadImage": "Load Image",
    "SaveImage": "Save Image",
    "PreviewImage": "Preview Image",
    "ImageScale": "Upscale Image",
    "ImageInvert": "Invert Image Colors",
    "ImageBatch": "Batch Images (DEPRECATED)",
}


def add_builtin_nodes(nodes: NodeRegistry, folders: Folders) -> None:
    nodes.classes.update(
        {
            "LoadImage": make_load_image(folders),
            "SaveImage": make_save_image(folders),
            "PreviewImage": make_preview_image(folders),
            "EmptyImage": EmptyImage,
            "ImageInvert": ImageInvert,
            "ImageScale": ImageScale,
            "ImageBatch": ImageBatch,
        }
    )
    nodes.display_names.update(DISPLAY_NAMES)
