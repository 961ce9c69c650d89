"""Nodes that make or change images: tensors of (batch, height, width, channels), 0 to 1."""

from __future__ import annotations

from typing import Any

from .resize import METHODS, resized_images

MAX_RESOLUTION = 16_384
CROPS = ["disabled", "center"]

Tensor = Any


def _size(default: int, least: int) -> tuple[str, dict[str, int]]:
    return "INT", {"default": default, "min": least, "max": MAX_RESOLUTION, "step": 1}


class EmptyImage:
    CATEGORY = "image"
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "generate"

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        colour = {"default": 0, "min": 0, "max": 0xFFFFFF, "step": 1, "display": "color"}
        return {
            "required": {
                "width": _size(512, 1),
                "height": _size(512, 1),
                "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
                "color": ("INT", colour),
            }
        }

    def generate(self, width: int, height: int, batch_size: int = 1, color: int = 0) -> tuple[Tensor]:
        import torch

        parts = [(color >> shift & 0xFF) / 0xFF for shift in (16, 8, 0)]
        pixel = torch.tensor(parts, dtype=torch.float32)
        return (pixel.expand(batch_size, height, width, 3).clone(),)


class ImageInvert:
    CATEGORY = "image/color"
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "invert"
    ESSENTIALS_CATEGORY = "Image Tools"
    SEARCH_ALIASES = ["reverse colors"]

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image": ("IMAGE",)}}

    def invert(self, image: Tensor) -> tuple[Tensor]:
        return (1.0 - image,)


class ImageScale:
    CATEGORY = "image/upscaling"
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "upscale"
    ESSENTIALS_CATEGORY = "Image Tools"
    SEARCH_ALIASES = [
        "resize",
        "resize image",
        "scale image",
        "image resize",
        "zoom",
        "zoom in",
        "change size",
    ]
    # Packs offer these in nodes of their own.
    upscale_methods = list(METHODS)
    crop_methods = CROPS

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {
            "required": {
                "image": ("IMAGE",),
                "upscale_method": (cls.upscale_methods,),
                "width": _size(512, 0),
                "height": _size(512, 0),
                "crop": (cls.crop_methods,),
            }
        }

    def upscale(
        self, image: Tensor, upscale_method: str, width: int, height: int, crop: str
    ) -> tuple[Tensor]:
        """A side of 0 follows the other one; both 0 change nothing."""
        if width == 0 and height == 0:
            return (image,)
        old_height, old_width = image.shape[1:3]
        width = width or max(1, round(old_width * height / old_height))
        height = height or max(1, round(old_height * width / old_width))
        return (resized_images(image, width, height, upscale_method, crop),)


class ImageBatch:
    CATEGORY = "image/batch"
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "batch"
    DEPRECATED = True
    SEARCH_ALIASES = ["combine images", "merge images", "stack images"]

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        return {"required": {"image1": ("IMAGE",), "image2": ("IMAGE",)}}

    def batch(self, image1: Tensor, image2: Tensor) -> tuple[Tensor]:
        """The second one takes the first one's size; a missing alpha channel is opaque."""
        import torch

        channels = max(image1.shape[-1], image2.shape[-1])
        first, second = (_with_channels(image, channels) for image in (image1, image2))
        if first.shape[1:3] != second.shape[1:3]:
            height, width = first.shape[1:3]
            second = resized_images(second, width, height, "bilinear", "center")
        return (torch.cat((first, second), dim=0),)


def _with_channels(image: Tensor, channels: int) -> Tensor:
    import torch

    missing = channels - image.shape[-1]
    return torch.nn.functional.pad(image, (0, missing), value=1.0) if missing else image
