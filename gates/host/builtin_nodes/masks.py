"""Nodes on masks: tensors of (batch, height, width), 0 to 1."""

from __future__ import annotations

from .resize import resized_images
from .simple import SimpleNode, Tensor, choice, image, mask, number, whole

MODULE = "comfy_extras.nodes_mask"
CHANNELS = ("red", "green", "blue", "alpha")


def _side() -> tuple[str, dict[str, int]]:
    return whole(512, 1, step=1)


def _offset() -> tuple[str, dict[str, int]]:
    return whole(0, 0, step=1)


def as_batch(mask: Tensor) -> Tensor:
    return mask.reshape((-1, mask.shape[-2], mask.shape[-1]))


def mask_to_image(mask: Tensor) -> tuple[Tensor]:
    return (as_batch(mask).unsqueeze(-1).expand(-1, -1, -1, 3),)


def image_to_mask(image: Tensor, channel: str) -> tuple[Tensor]:
    return (image[..., CHANNELS.index(channel)],)


def solid_mask(value: float, width: int, height: int) -> tuple[Tensor]:
    import torch

    return (torch.full((1, height, width), value, dtype=torch.float32),)


def invert_mask(mask: Tensor) -> tuple[Tensor]:
    return (1.0 - mask,)


def crop_mask(mask: Tensor, x: int, y: int, width: int, height: int) -> tuple[Tensor]:
    return (as_batch(mask)[:, y : y + height, x : x + width],)


def threshold_mask(mask: Tensor, value: float) -> tuple[Tensor]:
    return ((mask > value).float(),)


def join_alpha(image: Tensor, alpha: Tensor) -> tuple[Tensor]:
    """Where the mask is 1, the image becomes transparent; the shorter batch repeats."""
    import torch

    opaque = 1.0 - as_batch(alpha).unsqueeze(-1)
    if opaque.shape[1:3] != image.shape[1:3]:
        height, width = image.shape[1:3]
        opaque = resized_images(opaque, width, height, "bilinear", "disabled")
    count = max(image.shape[0], opaque.shape[0])
    parts = (_repeated(image[..., :3], count), _repeated(opaque, count))
    return (torch.cat(parts, dim=-1),)


def _repeated(batch: Tensor, count: int) -> Tensor:
    times = -(-count // batch.shape[0])
    return batch.repeat(times, *[1] * (batch.ndim - 1))[:count]


def split_alpha(image: Tensor) -> tuple[Tensor, Tensor]:
    import torch

    alpha = image[..., 3] if image.shape[-1] > 3 else torch.ones_like(image[..., 0])
    return image[..., :3], 1.0 - alpha


COMPOSITING = "comfy_extras.nodes_compositing"
ON_MASK, ON_IMAGE = {"mask": mask()}, {"image": image()}

NODES = (
    SimpleNode(
        "MaskToImage", "Convert Mask to Image", "image/mask", ON_MASK, ("IMAGE",), mask_to_image, MODULE
    ),
    SimpleNode(
        "ImageToMask",
        "Convert Image to Mask",
        "image/mask",
        {**ON_IMAGE, "channel": choice(*CHANNELS)},
        ("MASK",),
        image_to_mask,
        MODULE,
    ),
    SimpleNode(
        "SolidMask",
        "Create Solid Mask",
        "image/mask",
        {"value": number(1.0, 0.0, 1.0, 0.01), "width": _side(), "height": _side()},
        ("MASK",),
        solid_mask,
        MODULE,
    ),
    SimpleNode("InvertMask", "Invert Mask", "image/mask", ON_MASK, ("MASK",), invert_mask, MODULE),
    SimpleNode(
        "CropMask",
        "Crop Mask",
        "image/mask",
        {**ON_MASK, "x": _offset(), "y": _offset(), "width": _side(), "height": _side()},
        ("MASK",),
        crop_mask,
        MODULE,
    ),
    SimpleNode(
        "ThresholdMask",
        "Threshold Mask",
        "image/mask",
        {**ON_MASK, "value": number(0.5, 0.0, 1.0, 0.01)},
        ("MASK",),
        threshold_mask,
        MODULE,
    ),
    SimpleNode(
        "JoinImageWithAlpha",
        "Join Image with Alpha",
        "image/compositing",
        {**ON_IMAGE, "alpha": mask()},
        ("IMAGE",),
        join_alpha,
        COMPOSITING,
    ),
    SimpleNode(
        "SplitImageWithAlpha",
        "Split Image with Alpha",
        "image/compositing",
        ON_IMAGE,
        ("IMAGE", "MASK"),
        split_alpha,
        COMPOSITING,
    ),
)
