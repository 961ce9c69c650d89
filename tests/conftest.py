"""Fixtures for everything that needs a running host.

`host` is a fresh one for one test, `shared_host` one for the whole session (leave nothing in it that
another test could trip over), `start_host` makes as many as a test wants, with packs and options.
`rules_host` has a pack whose nodes show one rule of running graphs each, and `play` queues a prompt there
and hears what a client hears; `v3_host` and `play_v3` are the same with V3 nodes. All speak real HTTP on a
free port and keep their data to themselves.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from gates.host.process import HostProcess

StartHost = Callable[..., HostProcess]
RULES_PACK = Path(__file__).parent / "data" / "rules_pack"
V3_PACKS = [Path(__file__).parent / "data" / "v3_pack" / name for name in ("entry", "mapped")]
SECONDS_TO_HEAR = 60.0


@pytest.fixture
def start_host(tmp_path: Path) -> Iterator[StartHost]:
    """Start a host: `start_host(packs=[...], base=..., front_end_root=..., multi_user=...)`."""
    started: list[HostProcess] = []

    def start(
        packs: Sequence[Path] = (),
        base: Path | None = None,
        front_end_root: Path | None = None,
        multi_user: bool = False,
    ) -> HostProcess:
        place = base if base is not None else tmp_path / f"host{len(started)}"
        host = HostProcess(place, packs, front_end_root, multi_user)
        started.append(host)
        host.start()
        return host

    yield start
    for host in started:
        host.stop()


@pytest.fixture
def host(start_host: StartHost) -> HostProcess:
    return start_host()


@pytest.fixture(scope="session")
def shared_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("shared") / "host") as host:
        yield host


@pytest.fixture(scope="session")
def rules_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("rules") / "host", [RULES_PACK]) as host:
        yield host


@pytest.fixture(scope="session")
def v3_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("v3") / "host", V3_PACKS) as host:
        yield host


@dataclass
class Played:
    """One prompt as its client saw it: what came over the websocket, and the history afterwards."""

    prompt_id: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)
    entry: dict[str, Any] = field(default_factory=dict)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [message["data"] for message in self.messages if message["type"] == kind]

    def kinds(self) -> list[str]:
        """Kinds of messages in their order, without those that depend on timing."""
        timing = ("status", "progress", "progress_state", "feature_flags", "dataset_gates.pool")
        return [message["type"] for message in self.messages if message["type"] not in timing]

    @property
    def shown(self) -> dict[str, Any]:
        """The texts that nodes showed, by node."""
        return {node: output["text"] for node, output in self.entry["outputs"].items()}

    @property
    def status(self) -> str:
        return str(self.entry["status"]["status_str"])


Play = Callable[..., Played]


@pytest.fixture
def play(rules_host: HostProcess) -> Play:
    """`play(prompt, flags={...}, **more of the request)`: queue with a client of its own, hear to the end."""

    def played(prompt: dict[str, Any], flags: dict[str, Any] | None = None, **body: Any) -> Played:
        return asyncio.run(_play(rules_host, prompt, flags or {}, body))

    return played


@pytest.fixture
def play_v3(v3_host: HostProcess) -> Play:
    """As `play`, with the V3 packs."""

    def played(prompt: dict[str, Any], flags: dict[str, Any] | None = None, **body: Any) -> Played:
        return asyncio.run(_play(v3_host, prompt, flags or {}, body))

    return played


async def _play(
    host: HostProcess, prompt: dict[str, Any], flags: dict[str, Any], body: dict[str, Any]
) -> Played:
    client = uuid.uuid4().hex
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{host.url}/ws?clientId={client}") as socket,
    ):
        await socket.send_json({"type": "feature_flags", "data": flags})
        request = {"prompt": prompt, "client_id": client, **body}
        async with session.post(f"{host.url}/prompt", json=request) as response:
            answer = await response.json()
            assert response.status == 200, answer
        out = Played(answer["prompt_id"])
        await asyncio.wait_for(_hear(socket, out), SECONDS_TO_HEAR)
        async with session.get(f"{host.url}/history/{out.prompt_id}") as response:
            out.entry = (await response.json())[out.prompt_id]
        return out


async def _hear(socket: aiohttp.ClientWebSocketResponse[bool], out: Played) -> None:
    """Everything up to the message that says that nothing of this prompt runs any more."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY:
            out.frames.append(message.data)
            continue
        heard = json.loads(message.data)
        out.messages.append(heard)
        if heard["type"] == "executing" and heard["data"]["node"] is None:
            return
