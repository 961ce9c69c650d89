"""LoadImage and its two variants: a file of the input or output folder as image and mask."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from ..folders import Folders

Tensor = Any
COLOURS = ("red", "green", "blue")


def make_load_image(folders: Folders) -> type[Any]:
    class LoadImage:
        CATEGORY = "image"
        RETURN_TYPES = ("IMAGE", "MASK")
        FUNCTION = "load_image"
        ESSENTIALS_CATEGORY = "Basics"
        SEARCH_ALIASES = [
            "load image",
            "open image",
            "import image",
            "image input",
            "upload image",
            "read image",
            "image loader",
        ]

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            return {"required": {"image": (_input_images(folders), {"image_upload": True})}}

        @classmethod
        def IS_CHANGED(cls, image: str) -> str:
            path = Path(folders.get_annotated_filepath(image))
            return hashlib.sha256(path.read_bytes()).hexdigest()

        @classmethod
        def VALIDATE_INPUTS(cls, image: str) -> bool | str:
            return folders.exists_annotated_filepath(image) or f"Invalid image file: {image}"

        def load_image(self, image: str) -> tuple[Tensor, Tensor]:
            return load_image_and_mask(Path(folders.get_annotated_filepath(image)))

    return LoadImage


def make_load_image_mask(load_image: Any) -> type[Any]:
    class LoadImageMask(load_image):  # type: ignore[misc]
        RETURN_TYPES = ("MASK",)
        FUNCTION = "load_image_mask"
        ESSENTIALS_CATEGORY = "Image Tools"
        SEARCH_ALIASES = ["import mask", "alpha mask", "channel mask"]

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            required = super().INPUT_TYPES()["required"]
            return {"required": {**required, "channel": (["alpha", *COLOURS],)}}

        @classmethod
        def IS_CHANGED(cls, image: str, channel: str) -> str:
            return str(super().IS_CHANGED(image))

        def load_image_mask(self, image: str, channel: str) -> tuple[Tensor]:
            pixels, mask = self.load_image(image)
            return (mask if channel == "alpha" else pixels[..., COLOURS.index(channel)].clone(),)

    return LoadImageMask


def make_load_image_output(load_image: Any) -> type[Any]:
    class LoadImageOutput(load_image):  # type: ignore[misc]
        DESCRIPTION = "Loads an image from the output folder; the button reads the list again."
        EXPERIMENTAL = True
        SEARCH_ALIASES = ["output image", "previous generation"]

        @classmethod
        def INPUT_TYPES(cls) -> dict[str, Any]:
            remote = {
                "route": "/internal/files/output",
                "refresh_button": True,
                "control_after_refresh": "first",
            }
            options = {"image_upload": True, "image_folder": "output", "remote": remote}
            return {"required": {"image": ("COMBO", options)}}

    return LoadImageOutput


def _input_images(folders: Folders) -> list[str]:
    directory = folders.get_input_directory()
    files = [entry.name for entry in os.scandir(directory) if entry.is_file()]
    return sorted(folders.filter_files_content_types(files, ["image"]))


def load_image_and_mask(path: Path) -> tuple[Tensor, Tensor]:
    """All frames of the first one's size, upright; the mask is 1 where a frame is transparent."""
    import torch
    from PIL import Image, ImageSequence

    images: list[Tensor] = []
    masks: list[Tensor] = []
    with Image.open(path) as file:
        for frame in ImageSequence.Iterator(file):
            image, mask = _frame(frame)
            if not images or image.shape == images[0].shape:
                images.append(image)
                masks.append(mask)
    return torch.stack(images), torch.stack(masks)


def _frame(frame: Any) -> tuple[Tensor, Tensor]:
    import numpy
    import torch
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(frame)
    pixels = numpy.asarray(upright.convert("RGB"), dtype=numpy.float32) / 255.0
    image = torch.from_numpy(pixels)
    if upright.mode == "P" and "transparency" in upright.info:
        upright = upright.convert("RGBA")
    if "A" not in upright.getbands():
        return image, torch.zeros(64, 64)  # the size ComfyUI gives a mask that is not there
    alpha = numpy.asarray(upright.getchannel("A"), dtype=numpy.float32) / 255.0
    return image, 1.0 - torch.from_numpy(alpha)
