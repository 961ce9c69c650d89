"""A host with the profiler, and what tests ask of it over HTTP and hear over its websocket."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from gates.host.process import Answer, HostProcess

PACKS = [Path(__file__).parent / "data" / name for name in ("rules_pack",)]
P = "/holaf/profiler"
PATIENCE = 30.0
JSON = {"Content-Type": "application/json"}
Prompt = dict[str, dict[str, Any]]


def fresh() -> str:
    return uuid.uuid4().hex


def node(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": f"Rules{kind}", "inputs": inputs}


def texts(text: str | None = None, seconds: float = 0.0) -> Prompt:
    """Three nodes, one after the other; the second sleeps."""
    return {
        "1": node("Text", text=text or fresh()),
        "2": node("Sleep", text=["1", 0], seconds=seconds),
        "3": node("Show", text=["2", 0]),
    }


def change(
    host: HostProcess, method: str, path: str, value: Any = None, headers: dict[str, str] | None = None
) -> Answer:
    return host.request(method, P + path, json.dumps(value).encode(), {**JSON, **(headers or {})})


def code(answer: Answer) -> str:
    """The code of an error, whose sentence is there too."""
    error = answer.json()["error"]
    assert error["message"]
    return str(error["code"])


def status(host: HostProcess) -> dict[str, Any]:
    return dict(host.get(f"{P}/status").json())


def until(true: Callable[[], Any], what: str = "") -> Any:
    """What `true` answers once that is anything; fails after a long time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = true()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"this never came true: {what}")


def runs(host: HostProcess, **query: Any) -> list[dict[str, Any]]:
    words = "&".join(f"{key}={value}" for key, value in query.items())
    answer = host.get(f"{P}/runs?{words}")
    assert answer.status == 200, answer.text
    return list(answer.json()["runs"])


def run_of(host: HostProcess, prompt_id: str) -> dict[str, Any]:
    """The kept run of a prompt, once it has ended; with its steps by node id."""

    def kept() -> dict[str, Any] | None:
        mine = (one for one in runs(host, limit=1000) if one["prompt_id"] == prompt_id)
        return next((one for one in mine if one["status"] != "running"), None)

    found = until(kept, f"a run of {prompt_id}")
    whole = host.get(f"{P}/runs/{found['id']}").json()
    return {**whole["run"], "steps": {step["node_id"]: step for step in whole["steps"]}}


def measured(host: HostProcess, prompt: Prompt | None = None, **ask: Any) -> dict[str, Any]:
    """Run a prompt by POST /run, not held against any reference; the kept run."""
    answer = host.post(f"{P}/run", {"prompt": prompt or texts(), "check": False, **ask})
    assert answer.status == 200, answer.text
    return run_of(host, answer.json()["prompt_ids"][0])


@dataclass
class Heard:
    """What a page heard over its websocket, and when (s of the clock)."""

    client: str
    messages: list[tuple[float, int, dict[str, Any]]] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        wanted = f"holaf.profiler.{kind}"
        return [message["data"] for _, _, message in self.messages if message["type"] == wanted]

    def phases(self) -> list[str]:
        return [data["phase"] for data in self.of("run")]


def hear(
    host: HostProcess, ask: Callable[[str], None], enough: Callable[[Heard], bool], client: str | None = None
) -> Heard:
    """Open a page's socket, let it ask, and listen until that is enough."""

    heard = Heard(client or fresh())

    async def go() -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{host.url}/ws?clientId={heard.client}") as socket,
        ):
            await socket.receive()  # it is open to the server too
            await asyncio.to_thread(ask, heard.client)
            while not enough(heard):
                message = await socket.receive()
                if message.type is aiohttp.WSMsgType.TEXT:
                    heard.messages.append((time.monotonic(), len(message.data), json.loads(message.data)))

    asyncio.run(asyncio.wait_for(go(), PATIENCE))
    return heard
