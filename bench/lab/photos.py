"""Pictures that weigh and decode like photographs: a few are drawn, the others differ from them in bytes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

SIZES = ((2016, 1512), (1600, 1200), (1920, 1280))  # pixels


def tiny_png(number: int) -> bytes:
    """A picture so small that the cost of keeping it is bookkeeping."""
    out = io.BytesIO()
    Image.new("RGB", (32, 32), (number % 256, number // 256 % 256, 90)).save(out, "PNG")
    return out.getvalue()


def photos(total: int) -> Iterator[tuple[str, bytes]]:
    """(file name, bytes) until `total` bytes are reached: JPEG mostly, every fourth a PNG, no two equal."""
    sources = [_jpeg(size, seed) for seed, size in enumerate(SIZES)] + [_png((720, 540), len(SIZES))]
    made = number = 0
    while made < total:
        kind = number % len(sources)
        comment = f"photograph {number}".encode()
        data, suffix = sources[kind], ".jpg"
        if kind == len(SIZES):
            data, suffix = _with_text_chunk(data, comment), ".png"
        else:
            data = _with_comment_segment(data, comment)
        yield f"photo {number:04d}{suffix}", data
        made += len(data)
        number += 1


def write_photos(folder: Path, total: int) -> list[Path]:
    """`photos` as files."""
    folder.mkdir(parents=True)
    paths = []
    for name, data in photos(total):
        paths.append(folder / name)
        paths[-1].write_bytes(data)
    return paths


def _scene(size: tuple[int, int], seed: int) -> Image.Image:
    """Soft shapes with the grain of a sensor on them."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    shapes = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), dtype=np.int16)
    grain = random.normal(0, 6, shapes.shape).astype(np.int16)
    return Image.fromarray(np.clip(shapes + grain, 0, 255).astype(np.uint8))


def _jpeg(size: tuple[int, int], seed: int) -> bytes:
    out = io.BytesIO()
    _scene(size, seed).save(out, "JPEG", quality=92)
    return out.getvalue()


def _png(size: tuple[int, int], seed: int) -> bytes:
    out = io.BytesIO()
    _scene(size, seed).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _with_comment_segment(data: bytes, comment: bytes) -> bytes:
    return data[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + data[2:]


def _with_text_chunk(data: bytes, comment: bytes) -> bytes:
    body = b"tEXtComment\0" + comment
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]  # after the signature and IHDR
