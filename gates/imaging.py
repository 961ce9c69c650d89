"""Files of a pool as tensors, and the hash that says whether they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy
import torch
from PIL import Image, ImageOps

from . import picture
from .errors import ImageGone

Path_ = str | Path


def load_image_tensor(path: Path_) -> torch.Tensor:
    """The first frame of an image as float32 [1, H, W, 3], 0 to 1, turned as its EXIF says.

    Transparency is dropped, not painted. Raises ImageGone, NotAnImage.
    """
    with picture.opened(Path(path), Path(path).name) as image:
        pixels = _rgb(ImageOps.exif_transpose(image))
    return torch.from_numpy(pixels).unsqueeze(0)


def _rgb(image: Image.Image) -> numpy.typing.NDArray[numpy.float32]:
    if image.mode.startswith("I"):  # 16 bits a pixel
        grey = numpy.asarray(image.convert("I"), dtype=numpy.float32) / 65535.0
    elif image.mode == "F":
        grey = numpy.asarray(image, dtype=numpy.float32)
    else:
        return numpy.asarray(image.convert("RGB"), dtype=numpy.float32) / 255.0
    return numpy.repeat(numpy.clip(grey, 0.0, 1.0)[:, :, None], 3, axis=2)


def load_mask_tensor(path: Path_ | None, h: int, w: int) -> torch.Tensor:
    """A mask as float32 [1, h, w], 1 where it is painted; all 0 without a mask.

    A mask of another size is scaled to the image's. Raises ImageGone, NotAnImage.
    """
    if path is None:
        return torch.zeros((1, h, w), dtype=torch.float32)
    if not Path(path).exists():
        raise ImageGone(f"The mask {Path(path).name} is gone. Clear the mask or restore it.")
    with picture.opened(Path(path), Path(path).name) as image:
        grey = picture.eight_bit(image).convert("L")
        if grey.size != (w, h):
            grey = grey.resize((w, h), Image.Resampling.BILINEAR)
        pixels = numpy.asarray(grey, dtype=numpy.float32) / 255.0
    return torch.from_numpy(pixels).unsqueeze(0)


def change_hash(pool_id: str, index: object, stamps: Iterable[object]) -> str:
    """sha256 (hex) over everything that a run puts out, so that ComfyUI runs it again when one changes."""
    return hashlib.sha256(repr((pool_id, index, tuple(stamps))).encode("utf-8")).hexdigest()
