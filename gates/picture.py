"""What an uploaded file is: its kind, size and content, its thumbnail, and masks as files. Only Pillow."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from .errors import GatesError, ImageGone, NotAnImage, TooManyBytes, TooManyPixels
from .limits import Limits

# Formats that decode to pixels without running anything. Pillow also opens EPS (Ghostscript) and others.
SUFFIXES = {
    "PNG": ".png",
    "JPEG": ".jpg",
    "MPO": ".jpg",
    "WEBP": ".webp",
    "GIF": ".gif",
    "BMP": ".bmp",
    "TIFF": ".tif",
    "AVIF": ".avif",
}
THUMBNAIL_SIZES = (128, 256, 512)
CHUNK = 2**20
# What Pillow's decoders raise on damaged files (seen by feeding them such). An OSError with a number is the
# disk's, but for EINVAL: a seek to where a damaged header points.
DECODER_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    RuntimeError,
    OverflowError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True)
class Picture:
    """A decodable image file, measured."""

    suffix: str  # with the dot, by content and not by name
    width: int  # pixels, as shown (EXIF orientation applied)
    height: int
    size: int  # bytes
    sha256: str  # hex, of the bytes as they are
    crc32: int
    has_alpha: bool


@dataclass(frozen=True)
class Digest:
    size: int  # bytes
    sha256: str  # hex
    crc32: int


def inspect(path: Path, name: str, limits: Limits, digest: Digest | None = None) -> Picture:
    """Decode the whole first frame of `path` and measure it.

    `name` is what the person calls it, for the sentence. Raises NotAnImage, TooManyPixels, TooManyBytes.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise TooManyBytes(
            f"{name} has {size / 2**20:.0f} MB; at most {limits.file_bytes / 2**20:.0f} MB are taken "
            "(DATASET_GATES_MAX_FILE_MB).",
        )
    with opened(path, name, limits) as image:
        image.load()
        width, height = shown_size(image)
        suffix, alpha = SUFFIXES[str(image.format)], _has_alpha(image)
    digest = digest or digest_of(path)
    return Picture(suffix, width, height, digest.size, digest.sha256, digest.crc32, alpha)


@contextmanager
def opened(path: Path, name: str, limits: Limits | None = None) -> Iterator[Image.Image]:
    """The image in `path`, header read, pixels on demand; every way of failing is one of our errors."""
    try:
        with Image.open(path, formats=_formats()) as image:
            if limits is not None and image.width * image.height > limits.pixels:
                raise TooManyPixels(_too_many(name, image.width * image.height, limits))
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(f"{name} has more pixels than Pillow opens.") from error
    except GatesError:
        raise
    except FileNotFoundError as error:
        raise ImageGone(f"The file of {name} is gone. Restore it or remove the image.") from error
    except DECODER_ERRORS as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise NotAnImage(f"{name} cannot be decoded as an image: {_first_line(error)}") from error


def _formats() -> tuple[str, ...]:
    """The formats of ours that this Pillow was built with."""
    Image.init()
    return tuple(name for name in SUFFIXES if name in Image.OPEN)


def _too_many(name: str, pixels: int, limits: Limits) -> str:
    return (
        f"{name} has {pixels / 1e6:.0f} megapixels; at most {limits.pixels / 1e6:.0f} are taken "
        "(DATASET_GATES_MAX_MEGAPIXELS)."
    )


def _first_line(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    if not text or "cannot identify" in text[0]:
        return "it is none of PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF."
    return text[0].rstrip(".") + "."


def shown_size(image: Image.Image) -> tuple[int, int]:
    """(width, height) in pixels with the EXIF orientation applied."""
    turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
    return (image.height, image.width) if turned else (image.width, image.height)


def is_image(path: Path) -> bool:
    """Whether the header says that `path` is an image that we take."""
    try:
        with opened(path, path.name):
            return True
    except (NotAnImage, TooManyPixels):
        return False


def digest_of(path: Path) -> Digest:
    """Size, sha256 and crc32 of a file, read once in 1 MiB pieces."""
    sha, crc, size = hashlib.sha256(), 0, 0
    with open(path, "rb") as source:
        while piece := source.read(CHUNK):
            sha.update(piece)
            crc = zlib.crc32(piece, crc)
            size += len(piece)
    return Digest(size, sha.hexdigest(), crc)


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def thumbnail_size(wanted: int) -> int:
    """The smallest size that we make which is at least `wanted`, else the largest; in pixels."""
    return next((size for size in THUMBNAIL_SIZES if size >= wanted), THUMBNAIL_SIZES[-1])


def thumbnail(path: Path, size: int) -> bytes:
    """A WebP of at most `size` by `size` pixels, as shown; greyscale masks stay greyscale."""
    with opened(path, path.name) as image:
        image.draft("RGB", (size, size))
        picture: Image.Image = ImageOps.exif_transpose(image)
        picture = eight_bit(picture)
        picture = picture.convert("RGBA" if _has_alpha(picture) else "RGB")
        picture.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
        out = io.BytesIO()
        picture.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def eight_bit(image: Image.Image) -> Image.Image:
    """`image` with 8 bits a channel: greys of 16 bits or of 0.0 to 1.0 are scaled, where Pillow would cut."""
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 257) + 0.5).convert("L")
    if image.mode == "F":
        return image.point(lambda value: value * 255 + 0.5).convert("L")
    return image


def _has_alpha(image: Image.Image) -> bool:
    """Whether something can be transparent; a single clear shade of a 16-bit grey does not count."""
    return image.mode[0] not in "IF" and image.has_transparency_data


def mask_png(source: Path, size: tuple[int, int], limits: Limits) -> bytes:
    """The mask in `source` as an 8-bit greyscale PNG of `size` (width, height); white is painted.

    A file with transparency counts by how bright and opaque it is. Raises NotAnImage, TooManyPixels.
    """
    with opened(source, "The mask", limits) as image:
        flat = _flattened(eight_bit(ImageOps.exif_transpose(image)))
    if flat.size != size:
        flat = flat.resize(size, Image.Resampling.BILINEAR)
    return _png(flat)


def _flattened(image: Image.Image) -> Image.Image:
    if not _has_alpha(image):
        return image.convert("L")
    black = Image.new("RGBA", image.size, (0, 0, 0, 255))
    return Image.alpha_composite(black, image.convert("RGBA")).convert("L")


def alpha_mask_png(source: Path, limits: Limits) -> bytes | None:
    """What is transparent in `source` as a mask (white = transparent, as in ComfyUI); None without alpha."""
    with opened(source, source.name, limits) as image:
        shown = ImageOps.exif_transpose(image)
        if not _has_alpha(shown):
            return None
        alpha = shown.convert("RGBA").getchannel("A")
    return _png(ImageOps.invert(alpha))


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def file_stamp(path: Path) -> tuple[int, int] | None:
    """(bytes, mtime in ns) of a file, None when it is not there: what changes when its content does."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns
