"""The open websockets, by session id."""

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

import aiohttp
from aiohttp import web

from . import frames

logger = logging.getLogger("gates.host.sockets")

MAX_UPLOAD_BYTES = 100 * 1024 * 1024

SERVER_FEATURES: dict[str, Any] = {
    "supports_preview_metadata": True,
    "supports_model_type_tags": True,
    "max_upload_size": MAX_UPLOAD_BYTES,
    "extension": {"manager": {"supports_v4": True}},
    "node_replacements": True,
    "assets": False,
}


class Sockets:
    """Sends to one session or to all; a session that asks again takes over from its older socket."""

    def __init__(self) -> None:
        self.open: dict[str, web.WebSocketResponse] = {}
        self.metadata: dict[str, dict[str, Any]] = {}

    def join(self, socket: web.WebSocketResponse, session_id: str) -> str:
        session_id = session_id or uuid.uuid4().hex
        self.open[session_id] = socket
        self.metadata[session_id] = {"feature_flags": {}}
        return session_id

    def leave(self, socket: web.WebSocketResponse, session_id: str) -> None:
        if self.open.get(session_id) is socket:
            del self.open[session_id], self.metadata[session_id]

    async def hear(self, socket: web.WebSocketResponse, session_id: str) -> None:
        """Read until the socket closes; feature flags are answered, as the first JSON object alone."""
        first = True
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            said = _said(message.data)
            if said is None:
                continue
            flags = said.get("data", {}) if first and said.get("type") == "feature_flags" else None
            first = False
            if isinstance(flags, dict) and self.open.get(session_id) is socket:
                self.metadata[session_id]["feature_flags"] = flags
                await self.send("feature_flags", SERVER_FEATURES, session_id)

    def supports(self, session_id: str | None, feature: str) -> bool:
        flags = self.metadata.get(session_id or "", {}).get("feature_flags", {})
        return flags.get(feature) is True

    async def send(self, event: str | int, data: Any, session_id: str | None = None) -> None:
        """`session_id` None is everybody; numbers are binary events."""
        ids = list(self.open) if session_id is None else [session_id]
        sockets = [self.open[each] for each in ids if each in self.open]
        if not sockets:
            return
        binary = _binary(event, data)
        text = json.dumps({"type": event, "data": data}) if binary is None else ""
        for socket in sockets:
            await _deliver(socket, binary, text)

    async def close_all(self) -> None:
        for socket in list(self.open.values()):
            await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY, message=b"the host stops")


async def _deliver(socket: web.WebSocketResponse, binary: bytes | None, text: str) -> None:
    try:
        if binary is not None:
            await socket.send_bytes(binary)
        else:
            await socket.send_str(text)
    except (aiohttp.ClientError, ConnectionError) as error:
        logger.warning("send error: %s", error)


def _binary(event: str | int, data: Any) -> bytes | None:
    if event == frames.UNENCODED_PREVIEW_IMAGE:
        return frames.preview_frame(data)
    if event == frames.PREVIEW_IMAGE_WITH_METADATA:
        return frames.preview_frame_with_metadata(*data)
    if isinstance(data, (bytes, bytearray)):
        return frames.frame(int(event), bytes(data))
    return None


def _said(text: str) -> dict[str, Any] | None:
    try:
        message = json.loads(text)
    except json.JSONDecodeError:
        message = None
    if isinstance(message, dict):
        return message
    logger.warning("a client sent something that is no JSON object over its websocket")
    return None
