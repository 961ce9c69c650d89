"""Whatever a server does, a run ends in one defined way: one row for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gates.client import (
    Cancelled,
    Client,
    Event,
    Failed,
    Finished,
    Limits,
    Lost,
    Started,
)
from gates.errors import GatesError
from tests.scripted_behaviour import (
    after_taking,
    answers,
    babbles,
    cuts,
    fails,
    loses_its_socket,
    stalls,
    stays_pending,
    streams,
)
from tests.scripted_server import SAVED, Prompt, ScriptedServer, begins, finishes, serving

WORKFLOW = {"2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
QUICK = Limits(poll=0.05, slowest_poll=0.1, backoff=0.01, longest_pause=0.05, retries=3)
IMPATIENT = replace(QUICK, answer=0.4, connect=5.0, silence=0.6, settle=0.5)
HTML = "<!doctype html><title>Sign in</title>"


# --- plans of rows -------------------------------------------------------------------------------


async def dies(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.die()


async def forgets(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.restart()


async def goes_silent(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    server.fault("GET /", forever=stalls)


async def is_late_with_history(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.say(prompt, "execution_success")
    await server.say(prompt, "executing", node=None)
    await asyncio.sleep(0.2)
    server.end(prompt)


async def keeps_no_history(server: ScriptedServer, prompt: Prompt) -> None:
    await finishes(server, prompt)
    server.history.clear()


async def repeats_itself(server: ScriptedServer, prompt: Prompt) -> None:
    for _ in range(2):
        await begins(server, prompt)
        await server.say(prompt, "executed", node="2", display_node="2", output=SAVED)
    await server.say(prompt, "execution_success")
    server.running.clear()
    server.end(prompt)
    for _ in range(3):
        await server.say(prompt, "executing", node=None)


async def says_nan(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.say(prompt, "progress", node="2", value=float("nan"), max=float("inf"))
    prompt.messages.append(["execution_success", {"value": float("nan")}])
    server.end(prompt)
    await server.say(prompt, "executing", node=None)


async def stops(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.say(prompt, "execution_interrupted", node_id="2")
    server.end(prompt, "error", {})
    await server.say(prompt, "executing", node=None)


async def shows_too_much(server: ScriptedServer, prompt: Prompt) -> None:
    await begins(server, prompt)
    await server.send(prompt, b"\0\0\0\1\0\0\0\1" + bytes(200_000))
    server.end(prompt)


# --- the table -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    name: str
    outcome: str  # "done", or the code of the error
    plan: Callable[[ScriptedServer, Prompt], Any] = finishes
    faults: tuple[tuple[str, Any], ...] = ()  # request: a list of faults, or one for ever
    limits: Limits = QUICK
    posts: int | None = 1  # how often the workflow was sent
    server: tuple[tuple[str, Any], ...] = ()


POST, JOB, HISTORY, ANY, WS = "POST /prompt", "GET /api/jobs", "GET /history", "GET /", "GET /ws"
DEAF = (("deaf", True),)
OLD = (("has_jobs", False),)
PAGE = answers(200, HTML)
ODD_JOB = answers(200, '{"status": 1}')
BROKEN = answers(500, "Server got itself in trouble")
ROWS = (
    Row("is polite", "done"),
    Row("dies while it runs", "unreachable", dies, limits=IMPATIENT),
    Row("restarts and forgets", "run_lost", forgets),
    Row("restarts and forgets, without jobs", "run_lost", forgets, server=OLD),
    Row("says nothing any more", "no_answer", goes_silent, limits=IMPATIENT),
    Row("has no websocket", "done", server=(("has_socket", False),)),
    Row("has no websocket and no jobs", "done", server=(("has_socket", False), *OLD)),
    Row("never finishes the handshake", "done", faults=((WS, stalls),), limits=replace(QUICK, connect=0.3)),
    Row("cuts the socket", "done", loses_its_socket),
    Row("has deaf sockets", "done", server=DEAF),
    Row("has deaf sockets and no jobs", "done", server=(*DEAF, *OLD)),
    Row("fails with a deaf socket", "run_failed", fails, server=DEAF),
    Row("stops it with a deaf socket", "run_cancelled", stops, server=DEAF),
    Row("stops it, deaf and without jobs", "run_cancelled", stops, server=(*DEAF, *OLD)),
    Row("sends a message over the limit", "done", shows_too_much, limits=replace(QUICK, message_bytes=65536)),
    Row("redirects the websocket", "done", faults=((WS, answers(302, Location="http://127.0.0.1:9/ws")),)),
    Row("says success before the history", "done", is_late_with_history),
    Row("has no history of it", "done", keeps_no_history, limits=replace(QUICK, settle=0.1)),
    Row("answers 500 to every poll", "done", faults=((JOB, BROKEN),)),
    Row("stalls every poll", "done", faults=((JOB, stalls),)),
    Row("has a broken history", "done", faults=((HISTORY, BROKEN),), limits=replace(QUICK, settle=0.1)),
    Row("says everything again", "done", repeats_itself),
    Row("talks nonsense", "done", babbles),
    Row("says NaN", "done", says_nan),
    Row("fails", "run_failed", fails),
    Row("is interrupted by somebody", "run_cancelled", stops),
    Row("chooses ids itself", "done", server=(("own_ids", True),)),
    Row("answers garbage to every question", "bad_answer", stays_pending, ((ANY, PAGE),), IMPATIENT),
    Row("gives jobs an unknown status", "bad_answer", stays_pending, ((JOB, ODD_JOB),), IMPATIENT),
    # Sending the workflow
    Row("breaks the line while it is sent", "done", faults=((POST, [cuts]),), posts=2),
    Row("takes it, then the line breaks", "done", faults=((POST, [after_taking(cuts)]),)),
    Row("takes it, then says 503", "done", faults=((POST, [after_taking(answers(503))]),)),
    Row("takes it, then says garbage", "done", faults=((POST, [after_taking(PAGE)]),)),
    Row("takes it, then stalls", "done", faults=((POST, [after_taking(stalls)]),), limits=IMPATIENT),
    Row("stalls and does not take it", "no_answer", faults=((POST, stalls),), limits=IMPATIENT),
    Row("says 429 twice", "done", faults=((POST, [answers(429, Retry_After="1")] * 2),), posts=3),
    Row("says 429 for ever", "server_busy", faults=((POST, answers(429)),), posts=4),
    Row("says 502 once", "done", faults=((POST, [answers(502, HTML)]),), posts=2),
    Row("says 500", "server_failed", faults=((POST, BROKEN),)),
    Row("says garbage", "bad_answer", faults=((POST, PAGE),)),
    Row("says JSON of another kind", "bad_answer", faults=((POST, answers(200, "[1]")),)),
    Row("says half a JSON", "bad_answer", faults=((POST, answers(200, '{"prompt_id": "a')),)),
    Row("says JSON of great depth", "bad_answer", faults=((POST, answers(200, "[" * 200_000)),)),
    Row("says 400 in HTML", "bad_answer", faults=((POST, answers(400, HTML)),)),
    Row("says 401", "access_denied", faults=((POST, answers(401)),)),
    Row("says 404", "server_failed", faults=((POST, answers(404)),)),
    Row("redirects the workflow", "bad_answer", faults=((POST, answers(307, Location="http://127.0.0.1:9/")),)),
    Row(
        "answers gigabytes", "answer_too_large", faults=((POST, streams(b"x" * 65536)),),
        limits=replace(QUICK, body_bytes=2**20),
    ),
    Row("answers for ever, slowly", "no_answer", faults=((POST, streams(b" ", 0.02)),), limits=IMPATIENT),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_server_that(row: Row) -> None:
    async with serving() as server:
        server.plan = row.plan
        for name, value in row.server:
            setattr(server, name, value)
        for request, faults in row.faults:
            if isinstance(faults, list):
                server.fault(request, *faults)
            else:
                server.fault(request, forever=faults)
        events: list[Event] = []
        async with Client(server.url, limits=row.limits) as client:
            outcome = await asyncio.wait_for(outcome_of(client, events), 60)
        assert outcome == row.outcome
        if row.posts is not None:
            assert server.count("POST", "/prompt") == row.posts
        ends = [event for event in events if isinstance(event, Finished | Failed | Cancelled | Lost)]
        assert ends == events[-1:] if events else outcome != "done"
        assert sum(isinstance(event, Started) for event in events) <= 1
        assert None not in server.interrupts, "that would stop somebody else's run"


async def outcome_of(client: Client, events: list[Event]) -> str:
    try:
        result = await client.run(WORKFLOW, on_event=events.append)
    except GatesError as error:
        assert client.url in str(error) or error.code == "run_failed", "the message says which server"
        return error.code
    assert [(one.filename, one.subfolder, one.type) for one in result.files] in (
        [("a.png", "sub", "output")],
        [],
    )
    return str(result.status.value)
