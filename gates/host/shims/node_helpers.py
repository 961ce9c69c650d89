"""`node_helpers`: small functions that nodes use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from PIL import ImageFile, UnidentifiedImageError

T = TypeVar("T")
U = TypeVar("U")
Conditioning = list[list[Any]]


def pillow(fn: Callable[[T], U], arg: T) -> U:
    """Call a function of Pillow's; if it fails, once more with truncated files allowed."""
    try:
        return fn(arg)
    except (OSError, UnidentifiedImageError, ValueError):
        before = ImageFile.LOAD_TRUNCATED_IMAGES
        ImageFile.LOAD_TRUNCATED_IMAGES = True
        try:
            return fn(arg)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = before


def hasher() -> Callable[..., Any]:
    return hashlib.sha256


def conditioning_set_values(
    conditioning: Conditioning, values: Mapping[str, Any] | None = None, append: bool = False
) -> Conditioning:
    """The same conditioning with values set in each part, or added to what is there."""
    out = []
    for first, options in conditioning:
        new = dict(options)
        for key, value in (values or {}).items():
            new[key] = new[key] + value if append and new.get(key) is not None else value
        out.append([first, new])
    return out


def string_to_torch_dtype(string: str) -> Any:
    import torch

    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}.get(string)


def image_alpha_fix(destination: Any, source: Any) -> tuple[Any, Any]:
    """Give both images as many channels: alpha is dropped, or opaque where it was missing."""
    import torch

    missing = destination.shape[-1] - source.shape[-1]
    if missing < 0:
        source = source[..., : destination.shape[-1]]
    elif missing > 0:
        source = torch.nn.functional.pad(source, (0, missing), value=1.0)
    return destination, source
