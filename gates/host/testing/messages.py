"""What comes over a websocket, read once."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image

from .. import frames


@dataclass(frozen=True)
class Message:
    """A text message: its kind, such as `executing`, and what it says."""

    type: str
    data: dict[str, Any]

    @property
    def prompt_id(self) -> str | None:
        return self.data.get("prompt_id")

    @property
    def ends_prompt(self) -> bool:
        """Whether nothing of its prompt runs any more, however it ended."""
        return self.type == "executing" and self.data.get("node") is None


@dataclass(frozen=True)
class Preview:
    """A picture that a node showed while it ran; node and prompt are None where the frame does not say."""

    node: str | None
    prompt_id: str | None
    data: bytes

    @property
    def image(self) -> Image.Image:
        opened = Image.open(BytesIO(self.data))
        opened.load()
        return opened


def read_text(text: str) -> Message:
    said = json.loads(text)
    data = said.get("data")
    return Message(str(said["type"]), data if isinstance(data, dict) else {"value": data})


def read_binary(frame: bytes) -> Preview | Message:
    """A preview, or a text that a node sent as `progress_text`; other frames keep their bytes."""
    (event,) = struct.unpack(">I", frame[:4])
    if event == frames.PREVIEW_IMAGE:
        return Preview(None, None, frame[8:])
    if event == frames.PREVIEW_IMAGE_WITH_METADATA:
        described, data = _counted(frame[4:])
        told = json.loads(described)
        return Preview(told.get("node_id"), told.get("prompt_id"), data)
    if event == frames.TEXT:
        node, text = _counted(frame[4:])
        said = {"node": node.decode("utf-8", "replace"), "text": text.decode("utf-8", "replace")}
        return Message("progress_text", said)
    return Message("binary", {"event": event, "data": frame[4:]})


def _counted(data: bytes) -> tuple[bytes, bytes]:
    """What a length stands before, and the rest."""
    (length,) = struct.unpack(">I", data[:4])
    return data[4 : 4 + length], data[4 + length :]
