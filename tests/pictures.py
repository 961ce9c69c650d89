"""Image files that tests are made of: every format that we take, and what only looks like one."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import Any, NamedTuple

import numpy
from PIL import Image

ORIENTATION = 0x0112
Size = tuple[int, int]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@cache
def png(number: int = 1, size: Size = (8, 6)) -> bytes:
    """A PNG unlike those of other numbers."""
    color = (number * 37 % 256, number // 256 % 256, number // 65536 % 256)
    return encoded(Image.new("RGB", size, color), "PNG")


def photo(size: Size = (48, 32)) -> Image.Image:
    """Something that no two pixels of are alike: red grows to the right, green downwards."""
    pixels = numpy.zeros((size[1], size[0], 3), numpy.uint8)
    pixels[:, :, 0] = numpy.linspace(0, 255, size[0], dtype=numpy.uint8)[None, :]
    pixels[:, :, 1] = numpy.linspace(0, 255, size[1], dtype=numpy.uint8)[:, None]
    return Image.fromarray(pixels)


def see_through(size: Size = (8, 6)) -> Image.Image:
    """Its left half is opaque, its right half transparent."""
    image = Image.new("RGBA", size, (10, 200, 30, 255))
    image.paste((10, 200, 30, 0), (size[0] // 2, 0, size[0], size[1]))
    return image


def turned(orientation: int, size: Size = (40, 20), kind: str = "JPEG") -> bytes:
    """A photo whose EXIF says how to turn it; orientations 5 to 8 exchange width and height."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(photo(size), kind, exif=exif)


def grey16(size: Size = (64, 64)) -> bytes:
    """A PNG of 16 bits a pixel, from black on top to white at the bottom."""
    rows = numpy.linspace(0, 65535, size[1], dtype=numpy.uint16)
    return encoded(Image.fromarray(numpy.repeat(rows[:, None], size[0], axis=1)), "PNG")


def floats(size: Size = (64, 64)) -> bytes:
    """A TIFF of floats, from 0.0 on top to 1.0 at the bottom."""
    rows = numpy.linspace(0, 1, size[1], dtype=numpy.float32)
    return encoded(Image.fromarray(numpy.repeat(rows[:, None], size[0], axis=1)), "TIFF")


def palette(*, transparent: bool = False, kind: str = "PNG") -> bytes:
    image = photo((8, 6)).quantize(8)
    return encoded(image, kind, transparency=image.getpixel((0, 0))) if transparent else encoded(image, kind)


def animated(kind: str) -> bytes:
    """Three frames: red, green, blue."""
    frames = [Image.new("RGB", (8, 6), color) for color in ((255, 0, 0), (0, 255, 0), (0, 0, 255))]
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=50, **options)


def painted(size: Size = (8, 6), box: tuple[int, int, int, int] = (0, 0, 4, 6)) -> bytes:
    """A mask as the painter sends it: white inside `box`."""
    mask = Image.new("L", size, 0)
    mask.paste(255, box)
    return encoded(mask, "PNG")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it has `width` times `height` pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


class Taken(NamedTuple):
    """A file that is taken, and what is to be known of it."""

    data: bytes
    suffix: str
    size: Size
    has_alpha: bool = False


@cache
def taken() -> dict[str, Taken]:
    """Every kind of file that a pool takes."""
    small = photo((8, 6))
    clear = see_through()
    return {
        "png": Taken(encoded(small, "PNG"), ".png", (8, 6)),
        "png with alpha": Taken(encoded(clear, "PNG"), ".png", (8, 6), True),
        "png grey with alpha": Taken(encoded(clear.convert("LA"), "PNG"), ".png", (8, 6), True),
        "png of 16 bits": Taken(grey16((8, 6)), ".png", (8, 6)),
        "png of 1 bit": Taken(encoded(small.convert("1"), "PNG"), ".png", (8, 6)),
        "png with palette": Taken(palette(), ".png", (8, 6)),
        "png with clear palette": Taken(palette(transparent=True), ".png", (8, 6), True),
        "png animated": Taken(animated("PNG"), ".png", (8, 6)),
        "jpeg": Taken(encoded(small, "JPEG"), ".jpg", (8, 6)),
        "jpeg grey": Taken(encoded(small.convert("L"), "JPEG"), ".jpg", (8, 6)),
        "jpeg cmyk": Taken(encoded(small.convert("CMYK"), "JPEG"), ".jpg", (8, 6)),
        "jpeg turned": Taken(turned(6), ".jpg", (20, 40)),
        "mpo": Taken(encoded(small, "MPO", save_all=True, append_images=[small]), ".jpg", (8, 6)),
        "webp": Taken(encoded(small, "WEBP"), ".webp", (8, 6)),
        "webp with alpha": Taken(encoded(clear, "WEBP", lossless=True), ".webp", (8, 6), True),
        "webp animated": Taken(animated("WEBP"), ".webp", (8, 6)),
        "gif": Taken(palette(kind="GIF"), ".gif", (8, 6)),
        "gif animated": Taken(animated("GIF"), ".gif", (8, 6)),
        "bmp": Taken(encoded(small, "BMP"), ".bmp", (8, 6)),
        "tiff": Taken(encoded(small, "TIFF"), ".tif", (8, 6)),
        "tiff of floats": Taken(floats((8, 6)), ".tif", (8, 6)),
        "avif": Taken(encoded(small, "AVIF"), ".avif", (8, 6)),
    }


@cache
def refused() -> dict[str, bytes]:
    """Files that are no image that a pool takes."""
    whole = encoded(photo(), "PNG")
    return {
        "nothing": b"",
        "text": b"hello",
        "page": b"<html><script>alert(1)</script></html>",
        "svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="6"/>',
        "postscript": encoded(photo((8, 6)), "EPS"),
        "icon": encoded(photo((16, 16)), "ICO"),
        "pdf": encoded(photo((8, 6)), "PDF"),
        "ppm": encoded(photo((8, 6)), "PPM"),
        "head of a png": whole[:8],
        "png cut off": whole[: len(whole) // 2],
        "jpeg cut off": encoded(photo((200, 200)), "JPEG")[:1500],
        "avif damaged": _damaged(encoded(photo(), "AVIF")),
        "zeros": b"\0" * 4096,
    }


def _damaged(data: bytes) -> bytes:
    """`data` with what its boxes point to cut away."""
    return data[: data.index(b"mdat") + 8]
