"""SaveImage and PreviewImage: images as PNG files with the workflow inside."""

from __future__ import annotations

import json
import os
import random
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..folders import Folders

Tensor = Any
Saved = dict[str, str]

SAVE_COMPRESSION = 4
PREVIEW_COMPRESSION = 1
HIDDEN = {"prompt": "PROMPT", "extra_pnginfo": "EXTRA_PNGINFO"}


@dataclass(frozen=True)
class Place:
    directory: str
    kind: str
    prefix: str


def make_save_image(folders: Folders) -> type[Any]:
    class SaveImage:
        CATEGORY = "image"
        RETURN_TYPES = ("IMAGE",)
        RETURN_NAMES = ("images",)
        FUNCTION = "save_images"
        OUTPUT_NODE = True
        ESSENTIALS_CATEGORY = "Basics"
        DESCRIPTION = "Saves the input images to the output directory."
        SEARCH_ALIASES = ["save", "save image", "export image", "output image", "write image", "download"]

        def __init__(self) -> None:
            # Packs build upon this class and set these to save elsewhere.
            self.output_dir = folders.get_output_directory()
            self.type = "output"
            self.prefix_append = ""
            self.compress_level = SAVE_COMPRESSION

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
            place = Place(self.output_dir, self.type, filename_prefix + self.prefix_append)
            saved = save_pictures(folders, images, place, prompt, extra_pnginfo, self.compress_level)
            return {"ui": {"images": saved}, "result": (images,)}

    return SaveImage


def make_preview_image(folders: Folders, save_image: type[Any]) -> type[Any]:
    class PreviewImage(save_image):  # type: ignore[misc]
        DESCRIPTION = "Shows the input images without keeping them."
        SEARCH_ALIASES = [
            "preview",
            "preview image",
            "show image",
            "view image",
            "display image",
            "image viewer",
        ]

        def __init__(self) -> None:
            self.output_dir = folders.get_temp_directory()
            self.type = "temp"
            self.prefix_append = "_temp_" + "".join(random.choices(string.ascii_lowercase, k=5))
            self.compress_level = PREVIEW_COMPRESSION

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {"images": ("IMAGE",)}, "hidden": dict(HIDDEN)}

    return PreviewImage


def save_pictures(
    folders: Folders,
    images: Tensor,
    place: Place,
    prompt: Any,
    extra: Mapping[str, Any] | None,
    compression: int,
) -> list[Saved]:
    """One file for each image of a batch, named `<prefix>_<counter>_.png`."""
    height, width = images[0].shape[:2]
    found = folders.get_save_image_path(place.prefix, place.directory, width, height)
    folder, stem, counter, subfolder, _ = found
    saved = []
    for number, image in enumerate(images):
        name = f"{stem.replace('%batch_num%', str(number))}_{counter + number:05}_.png"
        _write(Path(os.path.join(folder, name)), image, prompt, extra, compression)
        saved.append({"filename": name, "subfolder": subfolder, "type": place.kind})
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
