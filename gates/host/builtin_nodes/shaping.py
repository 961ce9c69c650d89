"""Nodes that cut, scale, turn, repeat, blur or join images."""

from __future__ import annotations

import math
from typing import Any

from .masks import as_batch
from .resize import METHODS, resized_images
from .simple import SimpleNode, Tensor, choice, image, mask, number, whole

IMAGES = "comfy_extras.nodes_images"
POST_PROCESSING = "comfy_extras.nodes_post_processing"
QUARTER_TURNS = ("none", "90 degrees", "180 degrees", "270 degrees")
FLIPS = ("x-axis: vertically", "y-axis: horizontally")
PADDING = 0.5  # grey


def crop(image: Tensor, width: int, height: int, x: int, y: int) -> tuple[Tensor]:
    """Starts within the image, whatever x and y are."""
    x, y = min(x, image.shape[2] - 1), min(y, image.shape[1] - 1)
    return (image[:, y : y + height, x : x + width],)


def scale_by(image: Tensor, upscale_method: str, scale_by: float) -> tuple[Tensor]:
    height, width = (round(side * scale_by) for side in image.shape[1:3])
    return (resized_images(image, width, height, upscale_method, "disabled"),)


def scale_to_pixels(
    image: Tensor, upscale_method: str, megapixels: float, resolution_steps: int = 1
) -> tuple[Tensor]:
    """A megapixel is 1024 x 1024; both sides become multiples of `resolution_steps`."""
    height, width = image.shape[1:3]
    factor = math.sqrt(megapixels * 1024 * 1024 / (width * height))
    width, height = (round(side * factor / resolution_steps) * resolution_steps for side in (width, height))
    return (resized_images(image, width, height, upscale_method, "disabled"),)


def turn(image: Tensor, rotation: str) -> tuple[Tensor]:
    import torch

    return (torch.rot90(image, k=QUARTER_TURNS.index(rotation), dims=[2, 1]),)


def flip(image: Tensor, flip_method: str) -> tuple[Tensor]:
    import torch

    return (torch.flip(image, dims=[1 + FLIPS.index(flip_method)]),)


def repeat(image: Tensor, amount: int) -> tuple[Tensor]:
    return (image.repeat(amount, 1, 1, 1),)


def pick(image: Tensor, batch_index: int, length: int) -> tuple[Tensor]:
    """Images from `batch_index` on, a negative one counted from the end; always at least one."""
    count = image.shape[0]
    start = batch_index + count if batch_index < 0 else batch_index
    start = max(0, min(count - 1, start))
    return (image[start : start + length].clone(),)


def blur(image: Tensor, blur_radius: int, sigma: float) -> tuple[Tensor]:
    """A Gaussian whose `sigma` counts in radii; edges are mirrored."""
    import torch

    line = torch.linspace(-1, 1, 2 * blur_radius + 1)
    weights = torch.exp(-(line**2) / (2 * sigma**2))
    kernel = torch.outer(weights, weights)
    channels = image.shape[-1]
    kernels = (kernel / kernel.sum()).expand(channels, 1, -1, -1)
    padded = torch.nn.functional.pad(image.movedim(-1, 1), (blur_radius,) * 4, mode="reflect")
    return (torch.nn.functional.conv2d(padded, kernels, groups=channels).movedim(1, -1),)


def pad_for_outpaint(
    image: Tensor, left: int, top: int, right: int, bottom: int, feathering: int
) -> tuple[Tensor, Tensor]:
    """The image on a grey ground, and a mask: 1 in the ground, fading into the image over `feathering`."""
    import torch

    count, height, width, channels = image.shape
    ground = torch.full((count, height + top + bottom, width + left + right, channels), PADDING)
    ground[:, top : top + height, left : left + width] = image
    mask = torch.ones(ground.shape[1:3])
    mask[top : top + height, left : left + width] = _fade(
        height, width, (left, top, right, bottom), feathering
    )
    return ground, mask.unsqueeze(0)


def _fade(height: int, width: int, sides: tuple[int, int, int, int], feathering: int) -> Tensor:
    import torch

    if feathering <= 0 or feathering * 2 >= min(height, width):
        return torch.zeros(height, width)
    left, top, right, bottom = sides
    rows, columns = torch.arange(height).float()[:, None], torch.arange(width).float()[None, :]
    # How far each pixel is from the nearest side that has padding.
    away = torch.full((height, width), float(min(height, width)))
    for padded, distance in (
        (top, rows),
        (bottom, height - rows),
        (left, columns),
        (right, width - columns),
    ):
        if padded:
            away = torch.minimum(away, distance.expand(height, width))
    return ((feathering - away).clamp(min=0) / feathering) ** 2


def composite(
    destination: Tensor, source: Tensor, x: int, y: int, resize_source: bool, mask: Tensor | None = None
) -> tuple[Tensor]:
    """`source` laid on `destination` at (x, y), as far as `mask` is 1; what reaches beyond is cut."""
    import torch

    out = destination.clone()
    if resize_source:
        source = resized_images(source, out.shape[2], out.shape[1], "bilinear", "disabled")
    source = source[:, : max(0, out.shape[1] - y), : max(0, out.shape[2] - x)]
    height, width = source.shape[1:3]
    if height == 0 or width == 0:
        return (out,)
    amount = torch.ones(1, height, width, 1)
    if mask is not None:
        amount = resized_images(as_batch(mask).unsqueeze(-1), width, height, "bilinear", "disabled")
    below = out[:, y : y + height, x : x + width]
    out[:, y : y + height, x : x + width] = amount * source + (1.0 - amount) * below
    return (out,)


def _offsets(step: int = 1) -> dict[str, Any]:
    return {"x": whole(0, 0, step=step), "y": whole(0, 0, step=step)}


ON_IMAGE = {"image": image()}
SIZE = {"width": whole(512, 1, step=1), "height": whole(512, 1, step=1)}
PIXELS = {"megapixels": number(1.0, 0.01, 16.0, 0.01), "resolution_steps": whole(1, 1, 256, advanced=True)}
SIDES = {name: whole(0, 0, step=8) for name in ("left", "top", "right", "bottom")}

NODES = (
    SimpleNode(
        "ImageCrop",
        "Crop Image (DEPRECATED)",
        "image/transform",
        {**ON_IMAGE, **SIZE, **_offsets()},
        ("IMAGE",),
        crop,
        IMAGES,
        marks={"DEPRECATED": True, "ESSENTIALS_CATEGORY": "Image Tools"},
    ),
    SimpleNode(
        "ImageScaleBy",
        "Upscale Image By",
        "image/upscaling",
        {"image": image(), "upscale_method": (list(METHODS), {}), "scale_by": number(1.0, 0.01, 8.0, 0.01)},
        ("IMAGE",),
        scale_by,
        "nodes",
        marks={"ESSENTIALS_CATEGORY": "Image Tools"},
    ),
    SimpleNode(
        "ImageScaleToTotalPixels",
        "Scale Image to Total Pixels",
        "image/upscaling",
        {**ON_IMAGE, "upscale_method": choice(*METHODS), **PIXELS},
        ("IMAGE",),
        scale_to_pixels,
        POST_PROCESSING,
    ),
    SimpleNode(
        "ImageRotate",
        "Rotate Image",
        "image/transform",
        {**ON_IMAGE, "rotation": choice(*QUARTER_TURNS)},
        ("IMAGE",),
        turn,
        IMAGES,
    ),
    SimpleNode(
        "ImageFlip",
        "Flip Image",
        "image/transform",
        {**ON_IMAGE, "flip_method": choice(*FLIPS)},
        ("IMAGE",),
        flip,
        IMAGES,
    ),
    SimpleNode(
        "RepeatImageBatch",
        "Repeat Image Batch",
        "image/batch",
        {**ON_IMAGE, "amount": whole(1, 1, 4096)},
        ("IMAGE",),
        repeat,
        IMAGES,
    ),
    SimpleNode(
        "ImageFromBatch",
        "Get Image from Batch",
        "image/batch",
        {**ON_IMAGE, "batch_index": whole(0, -16_384), "length": whole(1, 1, 4096)},
        ("IMAGE",),
        pick,
        IMAGES,
    ),
    SimpleNode(
        "ImageBlur",
        "Blur Image",
        "image/filters",
        {**ON_IMAGE, "blur_radius": whole(1, 1, 31, step=1), "sigma": number(1.0, 0.1, 10.0, 0.1)},
        ("IMAGE",),
        blur,
        POST_PROCESSING,
    ),
    SimpleNode(
        "ImagePadForOutpaint",
        "Pad Image for Outpainting",
        "image/transform",
        {**ON_IMAGE, **SIDES, "feathering": whole(40, 0, step=1, advanced=True)},
        ("IMAGE", "MASK"),
        pad_for_outpaint,
        "nodes",
    ),
    SimpleNode(
        "ImageCompositeMasked",
        "Image Composite Masked",
        "image/compositing",
        {
            "destination": image(),
            "source": image(),
            **_offsets(),
            "resize_source": ("BOOLEAN", {"default": False}),
        },
        ("IMAGE",),
        composite,
        "comfy_extras.nodes_mask",
        optional={"mask": mask()},
    ),
)
