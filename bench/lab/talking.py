"""Talking to a ComfyUI-compatible server as a page does: prompts over HTTP, their ends over a websocket."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

Prompt = dict[str, dict[str, Any]]
SECONDS_FOR_A_PROMPT = 120.0
JOIN, PLAIN = "RulesJoin", "PrimitiveInt"


class Talker:
    """One client of one server."""

    def __init__(self, session: aiohttp.ClientSession, url: str, client_id: str) -> None:
        self.url = url
        self._session = session
        self._client_id = client_id
        self._ends: dict[str, asyncio.Future[None]] = {}
        self.events: dict[str, list[str]] = {}

    async def submit(self, prompt: Prompt, extra_data: Mapping[str, Any] | None = None) -> str:
        prompt_id = str(uuid.uuid4())
        self._ends[prompt_id] = asyncio.get_running_loop().create_future()
        body = {"prompt": prompt, "client_id": self._client_id, "prompt_id": prompt_id}
        if extra_data is not None:
            body["extra_data"] = dict(extra_data)
        async with self._session.post(f"{self.url}/prompt", json=body) as answer:
            if answer.status != 200:
                raise RuntimeError(f"{self.url} refused a prompt: {await answer.text()}")
        return prompt_id

    async def ended(self, prompt_id: str) -> None:
        await asyncio.wait_for(self._ends[prompt_id], SECONDS_FOR_A_PROMPT)

    async def seconds(self, prompt: Prompt) -> float:
        """From sending the prompt to the last message about it."""
        began = time.perf_counter()
        await self.ended(await self.submit(prompt))
        return time.perf_counter() - began

    async def get(self, path: str) -> Any:
        async with self._session.get(self.url + path) as answer:
            return await answer.json()

    async def listen(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._hear(json.loads(message.data))

    def _hear(self, message: Mapping[str, Any]) -> None:
        data = message.get("data") or {}
        prompt_id = data.get("prompt_id")
        if prompt_id not in self._ends:
            return
        self.events.setdefault(prompt_id, []).append(message["type"])
        end = self._ends[prompt_id]
        if message["type"] == "executing" and data["node"] is None and not end.done():
            end.set_result(None)


@asynccontextmanager
async def talking(url: str) -> AsyncIterator[Talker]:
    client_id = uuid.uuid4().hex
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url.replace('http', 'ws', 1)}/ws?clientId={client_id}") as socket,
    ):
        talker = Talker(session, url, client_id)
        listener = asyncio.create_task(talker.listen(socket))
        try:
            yield talker
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)


async def shared_kind(talkers: list[Talker]) -> str:
    """A trivial node that all of the servers have."""
    known = [await talker.get(f"/object_info/{JOIN}") for talker in talkers]
    return JOIN if all(known) else PLAIN


def chain(kind: str, length: int, first: int) -> Prompt:
    """`length` trivial nodes, each fed by the one before, and one that shows the end.

    Another `first` makes every one of them run again.
    """
    if kind == PLAIN:
        nodes = [{"class_type": PLAIN, "inputs": {"value": [str(at - 1), 0]}} for at in range(1, length)]
        start = {"class_type": PLAIN, "inputs": {"value": first}}
    else:
        nodes = [
            {"class_type": JOIN, "inputs": {"a": [str(at - 1), 0], "b": ["text", 0]}}
            for at in range(1, length)
        ]
        start = {"class_type": "RulesText", "inputs": {"text": str(first)}}
    prompt = {str(at): node for at, node in enumerate([start, *nodes])}
    if kind == JOIN:
        prompt["text"] = {"class_type": "RulesText", "inputs": {"text": ""}}
    return {**prompt, "show": {"class_type": "PreviewAny", "inputs": {"source": [str(length - 1), 0]}}}
