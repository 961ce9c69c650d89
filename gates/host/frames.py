"""Binary websocket frames: previews and texts, big-endian, the kind of event first."""

from __future__ import annotations

import json
import struct
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

PREVIEW_IMAGE = 1
UNENCODED_PREVIEW_IMAGE = 2  # never sent as such: it is encoded on the way
TEXT = 3
PREVIEW_IMAGE_WITH_METADATA = 4

JPEG, PNG = 1, 2

# Format ("JPEG" or "PNG"), picture, longest side in pixels or None.
Preview = tuple[str, Image.Image, "int | None"]


class BinaryEventTypes:
    """The numbers under the names of ComfyUI's module `protocol`."""

    PREVIEW_IMAGE = PREVIEW_IMAGE
    UNENCODED_PREVIEW_IMAGE = UNENCODED_PREVIEW_IMAGE
    TEXT = TEXT
    PREVIEW_IMAGE_WITH_METADATA = PREVIEW_IMAGE_WITH_METADATA


def frame(event: int, payload: bytes) -> bytes:
    return struct.pack(">I", event) + payload


def preview_frame(preview: Preview) -> bytes:
    kind = PNG if preview[0] == "PNG" else JPEG
    return frame(PREVIEW_IMAGE, struct.pack(">I", kind) + _encoded(preview))


def preview_frame_with_metadata(preview: Preview, metadata: dict[str, Any]) -> bytes:
    image_type = "image/png" if preview[0] == "PNG" else "image/jpeg"
    described = json.dumps({**metadata, "image_type": image_type}).encode()
    return frame(
        PREVIEW_IMAGE_WITH_METADATA,
        struct.pack(">I", len(described)) + described + _encoded(preview),
    )


def text_payload(text: str | bytes, node_id: str) -> bytes:
    name = str(node_id).encode()
    body = text.encode() if isinstance(text, str) else bytes(text)
    return struct.pack(">I", len(name)) + name + body


def _encoded(preview: Preview) -> bytes:
    kind, image, longest = preview
    if longest is not None:
        image = ImageOps.contain(image, (longest, longest), Image.Resampling.BILINEAR)
    out = BytesIO()
    image.save(out, format=kind, quality=95, compress_level=1)
    return out.getvalue()
