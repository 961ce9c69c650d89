"""Single questions: what comes back is read within its limits, or is one known error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from gates.client import Client, Limits
from gates.errors import (
    AccessDenied,
    AnswerTooLarge,
    BadAnswer,
    GatesError,
    NoAnswer,
    ServerBusy,
    ServerFailed,
    Unreachable,
)
from tests.scripted_behaviour import answers, cuts, ends_early, stalls, streams
from tests.scripted_server import ScriptedServer, serving

QUICK = Limits(backoff=0.01, longest_pause=0.05, retries=2, body_bytes=10_000)
IMPATIENT = replace(QUICK, answer=0.4)
QUESTIONS: dict[str, Callable[[Client], Awaitable[Any]]] = {
    "queue": lambda client: client.queue(),
    "history": lambda client: client.history(),
    "one history": lambda client: client.history("p"),
    "outputs": lambda client: client.outputs("p"),
    "node info": lambda client: client.node_info(),
    "one node": lambda client: client.node_info("A/B c"),
    "stats": lambda client: client.system_stats(),
    "lookup": lambda client: client.lookup("p"),
    "cancel": lambda client: client.cancel("p"),
}


def failing(server: ScriptedServer, fault: Any) -> None:
    server.fault("GET /", forever=fault)
    server.fault("POST /", forever=fault)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("body", ["", "<html>", "[1, 2", '"text"', "7", "null", "[]", "\x00"])
async def test_no_question_takes_nonsense(question: str, body: str) -> None:
    async with serving() as server, Client(server.url, limits=QUICK) as client:
        failing(server, answers(200, body))
        with pytest.raises(BadAnswer, match="Is this a ComfyUI server"):
            await QUESTIONS[question](client)


TROUBLES = (
    ("says 401", answers(401), AccessDenied, QUICK, 1),
    ("says 403", answers(403), AccessDenied, QUICK, 1),
    ("says 400", answers(400), ServerFailed, QUICK, 1),
    ("says 500", answers(500), ServerFailed, QUICK, 1),
    ("says 502", answers(502), ServerFailed, QUICK, 3),
    ("says 503", answers(503, Retry_After="3600"), ServerBusy, QUICK, 3),
    ("says 429", answers(429, Retry_After="soon"), ServerBusy, QUICK, 3),
    ("breaks the line", cuts, Unreachable, QUICK, None),
    ("stalls", stalls, NoAnswer, IMPATIENT, 1),
    ("ends early", ends_early(b'{"a', 900), Unreachable, QUICK, 3),
    ("announces too much", ends_early(b"{}", 10**12), AnswerTooLarge, QUICK, 1),
    ("never ends", streams(b"x" * 4000), AnswerTooLarge, QUICK, 1),
    ("drips", streams(b" ", 0.02), NoAnswer, IMPATIENT, 1),
    ("packs", answers(200, b"\x1f\x8b", Content_Encoding="gzip"), BadAnswer, QUICK, 1),
    ("redirects in a ring", answers(301, Location="/queue?x"), BadAnswer, QUICK, 1 + QUICK.redirects),
    ("redirects nowhere", answers(302), BadAnswer, QUICK, None),
)


@pytest.mark.parametrize(
    ("name", "fault", "error", "limits", "asked"), TROUBLES, ids=[row[0] for row in TROUBLES]
)
async def test_a_server_that(
    name: str, fault: Any, error: type[GatesError], limits: Limits, asked: int | None
) -> None:
    async with serving() as server, Client(server.url, limits=limits) as client:
        failing(server, fault)
        with pytest.raises(error):
            await client.queue()
        assert asked in (None, len(server.requests))


async def test_patience_pays() -> None:
    async with serving() as server, Client(server.url, limits=QUICK) as client:
        server.fault("GET /queue", cuts, answers(429, Retry_After="0"))
        assert (await client.queue()).length == 0
        assert server.count("GET", "/queue") == 3


RAW = (
    (b"", Unreachable),
    (b"SSH-2.0-OpenSSH_9\r\n", BadAnswer),
    (b"HTTP/1.1 200 OK\r\nContent-Length: nine\r\n\r\n", BadAnswer),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", BadAnswer),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", (BadAnswer, Unreachable)),
    (b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\n\r\n", BadAnswer),
)


@pytest.mark.parametrize(("said", "error"), RAW, ids=[repr(said[:30]) for said, _ in RAW])
async def test_what_is_no_http(said: bytes, error: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(said)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        port = server.sockets[0].getsockname()[1]
        async with Client(f"127.0.0.1:{port}", limits=QUICK) as client:
            with pytest.raises(error):
                await client.queue()
    finally:
        server.close()
        await server.wait_closed()


async def test_a_name_is_a_name_and_no_path() -> None:
    async with serving() as server, Client(server.url, limits=QUICK) as client:
        await client.node_info("../queue?x=1")
        await client.history("../../queue")
        assert [path for _, path in server.requests] == ["/object_info/../queue?x=1", "/history/../../queue"]


async def test_a_server_below_a_path() -> None:
    async with serving() as server, Client(f"{server.url}/comfy/", limits=QUICK) as client:
        server.fault("GET /comfy/queue", answers(200, '{"queue_running": [], "queue_pending": []}'))
        assert (await client.queue()).length == 0
        assert client.url == f"{server.url}/comfy"


async def test_a_password_in_the_address_is_used_and_not_shown() -> None:
    async with serving() as server:
        url = server.url.replace("http://", "http://me:secret@")
        async with Client(url, limits=QUICK) as client:
            await client.queue()
            assert "secret" not in client.url
            failing(server, answers(500, "no"))
            with pytest.raises(ServerFailed) as caught:
                await client.queue()
        assert "secret" not in str(caught.value)
        assert server.headers[0]["Authorization"].startswith("Basic ")
