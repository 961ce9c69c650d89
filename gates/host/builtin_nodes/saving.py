"""SaveImage and PreviewImage: images as PNG files with the workflow inside."""

from __future__ import annotations

import json
import os
import random
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..folders import Folders

Tensor = Any
Saved = dict[str, str]

SAVE_COMPRESSION = 4
PREVIEW_COMPRESSION = 1
HIDDEN = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}


def make_save_image(folders: Folders) -> type[Any]:
    class SaveImage:
        CATEGORY = "image"
        RETURN_TYPES = ("IMAGE",)
        RETURN_NAMES = ("images",)
        FUNCTION = "save_images"
        OUTPUT_NODE = True
        ESSENTIALS_CATEGORY = "Basics"
        DESCRIPTION = "Saves the input images to the output directory."
        SEARCH_ALIASES = ["save", "export image", "output image", "write image", "download"]

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            prefix = {"default": "ComfyUI", "tooltip": "The start of the name of each file."}
            images = ("IMAGE", {"tooltip": "The images to save."})
            return {
                "required": {"images": images, "filename_prefix": ("STRING", prefix)},
                "hidden": dict(HIDDEN),
            }

        def save_images(
            self,
            images: Tensor,
            filename_prefix: str = "ComfyUI",
            prompt: Any = None,
            extra_pnginfo: Mapping[str, Any] | None = None,
        ) -> dict[str, Any]:
            saved = save_pictures(
                folders, images, "output", filename_prefix, prompt, extra_pnginfo, SAVE_COMPRESSION
            )
            return {"ui": {"images": saved}, "result": (images,)}

    return SaveImage


def make_preview_image(folders: Folders) -> type[Any]:
    class PreviewImage:
        CATEGORY = "image"
        RETURN_TYPES = ("IMAGE",)
        RETURN_NAMES = ("images",)
        FUNCTION = "save_images"
        OUTPUT_NODE = True
        ESSENTIALS_CATEGORY = "Basics"
        DESCRIPTION = "Shows the input images without keeping them."
        SEARCH_ALIASES = ["preview", "show image", "view image", "display image"]

        def __init__(self) -> None:
            self._prefix = "ComfyUI_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {"images": ("IMAGE",)}, "hidden": dict(HIDDEN)}

        def save_images(
            self, images: Tensor, prompt: Any = None, extra_pnginfo: Mapping[str, Any] | None = None
        ) -> dict[str, Any]:
            saved = save_pictures(
                folders, images, "temp", self._prefix, prompt, extra_pnginfo, PREVIEW_COMPRESSION
            )
            return {"ui": {"images": saved}, "result": (images,)}

    return PreviewImage


def save_pictures(
    folders: Folders,
    images: Tensor,
    kind: str,
    prefix: str,
    prompt: Any,
    extra: Mapping[str, Any] | None,
    compression: int,
) -> list[Saved]:
    """One file for each image of a batch, named `<prefix>_<counter>_.png`."""
    height, width = images[0].shape[:2]
    directory = folders.get_directory_by_type(kind) or ""
    place = folders.get_save_image_path(prefix, directory, width, height)
    folder, stem, counter, subfolder, _ = place
    saved = []
    for number, image in enumerate(images):
        name = f"{stem.replace('%batch_num%', str(number))}_{counter + number:05}_.png"
        _write(Path(os.path.join(folder, name)), image, prompt, extra, compression)
        saved.append({"filename": name, "subfolder": subfolder, "type": kind})
    return saved


def _write(path: Path, image: Tensor, prompt: Any, extra: Mapping[str, Any] | None, compression: int) -> None:
    import numpy
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    known = {} if prompt is None else {"prompt": prompt}
    for key, value in {**known, **(extra or {})}.items():
        texts.add_text(key, json.dumps(value))
    pixels = numpy.clip(255.0 * image.cpu().numpy(), 0, 255).astype(numpy.uint8)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    picture.save(path, pnginfo=texts, compress_level=compression)
