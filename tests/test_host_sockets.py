"""The websocket: who hears what."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from gates.host.process import HostProcess

PICTURE = {
    "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 7}},
    "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
}


async def heard(socket: aiohttp.ClientWebSocketResponse[bool], kind: str) -> dict[str, Any]:
    """The next message of one kind."""
    while True:
        message = json.loads((await socket.receive(timeout=20)).data)
        if message["type"] == kind:
            return dict(message["data"])


async def test_a_new_socket_is_greeted_and_gets_an_id(shared_host: HostProcess) -> None:
    async with aiohttp.ClientSession(shared_host.url) as session, session.ws_connect("/ws") as socket:
        greeting = await heard(socket, "status")
        assert len(greeting["sid"]) == 32
        assert greeting["status"]["exec_info"]["queue_remaining"] == 0
    async with (
        aiohttp.ClientSession(shared_host.url) as session,
        session.ws_connect("/ws?clientId=me") as socket,
    ):
        assert (await heard(socket, "status"))["sid"] == "me"


async def test_only_a_first_message_with_flags_is_answered(shared_host: HostProcess) -> None:
    flags = {"type": "feature_flags", "data": {"supports_preview_metadata": True}}
    async with aiohttp.ClientSession(shared_host.url) as session, session.ws_connect("/ws") as socket:
        await socket.send_json(flags)
        answer = await heard(socket, "feature_flags")
        assert answer["max_upload_size"] == 104857600
    async with aiohttp.ClientSession(shared_host.url) as session, session.ws_connect("/ws") as socket:
        await heard(socket, "status")
        for text in ("no json", "[1]"):  # not counted: neither is a message
            await socket.send_str(text)
        await socket.send_json(flags)
        assert "assets" in await heard(socket, "feature_flags")
    async with aiohttp.ClientSession(shared_host.url) as session, session.ws_connect("/ws") as socket:
        await heard(socket, "status")
        await socket.send_json({"type": "other"})
        await socket.send_json(flags)
        await socket.send_bytes(b"\0")
        async with session.post("/api/prompt", json={"prompt": PICTURE, "client_id": "nobody"}) as answered:
            assert answered.status == 200
        assert "status" in await heard(socket, "status")  # it is still listened to


async def test_a_run_is_told_to_its_client_alone(shared_host: HostProcess) -> None:
    async with (
        aiohttp.ClientSession(shared_host.url) as session,
        session.ws_connect("/ws?clientId=mine") as mine,
        session.ws_connect("/ws?clientId=other") as other,
    ):
        body = {"prompt": PICTURE, "client_id": "mine"}
        async with session.post("/api/prompt", json=body) as answered:
            prompt_id = (await answered.json())["prompt_id"]
        assert (await heard(mine, "execution_start"))["prompt_id"] == prompt_id
        assert (await heard(mine, "execution_success"))["prompt_id"] == prompt_id
        kinds = set()
        for _ in range(4):  # its greeting, and three for a prompt that comes, begins and ends
            kinds.add(json.loads((await other.receive(timeout=20)).data)["type"])
        assert kinds == {"status"}


async def test_the_newer_of_two_sockets_with_one_id_hears(shared_host: HostProcess) -> None:
    async with aiohttp.ClientSession(shared_host.url) as session:
        older = await session.ws_connect("/ws?clientId=twice")
        async with session.ws_connect("/ws?clientId=twice") as newer:
            await heard(newer, "status")
            await older.close()
            async with session.post("/api/prompt", json={"prompt": PICTURE, "client_id": "twice"}):
                assert "prompt_id" in await heard(newer, "execution_start")


async def test_log_lines_reach_the_tabs_that_watch(shared_host: HostProcess) -> None:
    async with (
        aiohttp.ClientSession(shared_host.url) as session,
        session.ws_connect("/ws?clientId=watcher") as socket,
    ):
        await heard(socket, "status")
        watch = {"clientId": "watcher", "enabled": True}
        async with session.patch("/internal/logs/subscribe", json=watch) as answered:
            assert answered.status == 200
        async with session.post("/api/prompt", json={"prompt": {}}):
            told = await heard(socket, "logs")
        assert "invalid prompt" in told["entries"][0]["m"]
        async with session.patch("/internal/logs/subscribe", json={**watch, "enabled": False}):
            pass
