"""What a server says over the websocket, read: text as JSON, frames as previews and node texts. No I/O.

Nothing here raises: a message that makes no sense is None, and the caller counts it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PREVIEW, TEXT, PREVIEW_WITH_METADATA = 1, 3, 4  # the first big-endian uint32 of a frame
FORMATS = {1: "jpeg", 2: "png"}
WORD = 4  # bytes


@dataclass(frozen=True)
class Heard:
    """One text message; `prompt_id` is None where the server does not say whose it is."""

    kind: str
    data: Mapping[str, Any]
    prompt_id: str | None = None


@dataclass(frozen=True)
class PreviewFrame:
    kind: str  # jpeg, png or webp
    image: bytes
    node: str | None = None
    prompt_id: str | None = None


@dataclass(frozen=True)
class TextFrame:
    node: str
    text: str


def read_json(raw: str | bytes) -> Any:
    """JSON as servers of this kind write it, NaN included. Raises ValueError, whatever is wrong."""
    try:
        return json.loads(raw)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_text(raw: str) -> Heard | None:
    try:
        message = read_json(raw)
    except ValueError:
        return None
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return None
    data = message.get("data", {})
    if not isinstance(data, dict):
        return None
    return Heard(message["type"], data, name_of(data.get("prompt_id")))


def read_frame(raw: bytes) -> PreviewFrame | TextFrame | None:
    if len(raw) < 2 * WORD:
        return None
    kind, number = struct.unpack_from(">II", raw)
    rest = raw[2 * WORD :]
    if kind == PREVIEW:
        return PreviewFrame(FORMATS[number], rest) if number in FORMATS and rest else None
    if kind == TEXT:
        return _text_frame(rest[:number], rest[number:]) if number <= len(rest) else None
    if kind == PREVIEW_WITH_METADATA:
        return _preview_with_metadata(rest[:number], rest[number:]) if number < len(rest) else None
    return None


def _text_frame(node: bytes, text: bytes) -> TextFrame | None:
    try:
        return TextFrame(node.decode("utf-8"), text.decode("utf-8"))
    except UnicodeDecodeError:
        return None


def _preview_with_metadata(metadata: bytes, image: bytes) -> PreviewFrame | None:
    try:
        said = read_json(metadata)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    kind = str(said.get("image_type", "")).rpartition("/")[2].lower()
    known = {"jpeg": "jpeg", "jpg": "jpeg", "png": "png", "webp": "webp"}.get(kind)
    if known is None:
        return None
    return PreviewFrame(known, image, name_of(said.get("node_id")), name_of(said.get("prompt_id")))


def name_of(value: Any) -> str | None:
    """An id as text; node ids are numbers in some workflows. None for what is no id."""
    if isinstance(value, str) and value:
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
