"""Resizing tensors, under the rules of `comfy.utils.common_upscale`."""

from __future__ import annotations

from typing import Any

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")

Tensor = Any


def resized_images(image: Tensor, width: int, height: int, method: str, crop: str) -> Tensor:
    """Images with their channels last."""
    return common_upscale(image.movedim(-1, 1), width, height, method, crop).movedim(1, -1)


def common_upscale(samples: Tensor, width: int, height: int, upscale_method: str, crop: str) -> Tensor:
    """Resize (batch, channels, height, width); crop "center" keeps the proportions and cuts the rest."""
    import torch

    if samples.ndim != 4:
        raise ValueError(f"the stand-in host resizes images alone, not {samples.ndim} dimensions")
    if crop == "center":
        samples = _cut_to_proportion(samples, width / height)
    if upscale_method == "lanczos":
        return lanczos(samples, width, height)
    if upscale_method not in METHODS:
        raise ValueError(f"the stand-in host cannot resize by {upscale_method!r}, but by {METHODS}")
    return torch.nn.functional.interpolate(samples, size=(height, width), mode=upscale_method)


def _cut_to_proportion(samples: Tensor, wanted: float) -> Tensor:
    height, width = samples.shape[-2:]
    x = round((width - height * wanted) / 2) if width / height > wanted else 0
    y = round((height - width / wanted) / 2) if width / height < wanted else 0
    return samples[..., y : height - y, x : width - x]


def lanczos(samples: Tensor, width: int, height: int) -> Tensor:
    import numpy
    import torch
    from PIL import Image

    out = []
    for sample in samples.movedim(1, -1).cpu().numpy():
        pixels = numpy.clip(255.0 * sample, 0, 255).astype(numpy.uint8)
        image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
        resized = numpy.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
        out.append(torch.from_numpy(resized.astype(numpy.float32) / 255.0).reshape(height, width, -1))
    return torch.stack(out).movedim(-1, 1).to(samples.device, samples.dtype)
