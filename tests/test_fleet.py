"""Several servers that are busy, dead, dying and coming back: who gets a job, and who never does."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gates.client import Limits, Preview, Queued, Started
from gates.fleet import decisions
from gates.fleet.alone import run_alone
from gates.fleet.book import Book
from gates.fleet.decisions import Ended, Given, Gone, LookedUp, Ranked, Standing, Told, told_as_json
from gates.fleet.errand import Rules
from gates.fleet.naming import read_pattern
from gates.fleet.order import Order, batch_id, derived_id, digest_of
from gates.fleet.port import refused_for, refuses
from gates.fleet.records import Record
from tests.scripted_behaviour import answers, stays_pending, waits
from tests.scripted_server import Prompt, ScriptedServer, begins, finishes, serving

WORKFLOW = {"2": {"class_type": "Saver", "inputs": {"filename_prefix": "x"}}}
BATCH = batch_id("of the tests")
QUICK = Rules(patience=0.3, limits=Limits(silence=1.0, retries=1, backoff=0.01, poll=0.05, slowest_poll=0.1))
ROADS = ("GET /api/jobs", "GET /queue", "GET /history", "GET /ws", "GET /prompt")
PATIENT = replace(QUICK, patience=30.0)


@contextlib.asynccontextmanager
async def servers(count: int) -> AsyncIterator[list[ScriptedServer]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(serving()) for _ in range(count)]


def order(job: str = "job") -> Order:
    digest = digest_of(WORKFLOW, (), (), "default")
    return Order(job, WORKFLOW, derived_id(BATCH, job, digest), digest)


class Desk:
    """Runs jobs below a folder and keeps what was told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[Told] = []

    async def run(self, servers: Sequence[str], rules: Rules = QUICK, asked: Order | None = None) -> Record:
        book = Book(asked or order(), read_pattern("{job}/{n}-{filename}", self.folder), BATCH)
        return await run_alone(book, servers, self.told.append, rules)

    def of(self, kind: type[Any]) -> list[Any]:
        return [told for told in self.told if isinstance(told, kind)]

    def given_to(self) -> list[str]:
        return [told.server for told in self.of(Given)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "a" / "b" / "c")


async def started(server: ScriptedServer) -> Prompt:
    """The prompt that a server runs, once it does."""
    while not server.running:
        await asyncio.sleep(0.01)
    return server.running[0]


async def test_the_least_busy_is_asked_first_and_the_unreachable_last(desk: Desk) -> None:
    async with servers(3) as (busy, free, dead):
        busy.plan = stays_pending
        for number in range(2):
            busy.take({"prompt_id": f"other-{number}", "client_id": "x", "prompt": {}})
        await dead.die()
        record = await desk.run([dead.url, busy.url, free.url])
    (ranked,) = desk.of(Ranked)
    assert [(one.server, one.waiting) for one in ranked.servers] == [
        (free.url, 0),
        (busy.url, 2),
        (dead.url, None),
    ]
    assert "" not in [one.trouble for one in ranked.servers if one.waiting is None]
    assert (record.status, record.server, desk.given_to()) == ("done", free.url, [free.url])


async def test_one_that_is_down_is_passed_over(desk: Desk) -> None:
    async with servers(2) as (dead, alive):
        dead.fault("GET /api/jobs", forever=answers(503))
        record = await desk.run([dead.url, alive.url])
    assert (record.status, record.server, record.tries) == ("done", alive.url, ())


async def test_a_server_that_dies_hands_the_job_on_and_the_record_says_so(desk: Desk) -> None:
    async with servers(2) as (first, second):
        first.plan = waits
        running = asyncio.create_task(desk.run([first.url, second.url]))
        await started(first)
        await first.die()
        record = await running
    assert (record.status, record.server) == ("done", second.url)
    assert [(one.server, one.outcome) for one in record.tries] == [(first.url, "refused_connection")]
    assert desk.given_to() == [first.url, second.url]
    assert [told.reason for told in desk.of(Gone)] == ["refused_connection"]
    assert len(second.prompts) == 1


async def test_one_that_comes_back_with_its_memory_keeps_the_job(desk: Desk) -> None:
    async with servers(2) as (first, second):
        first.plan = waits
        running = asyncio.create_task(desk.run([first.url, second.url], PATIENT))
        prompt = await started(first)
        await first.die()
        first.end(prompt)  # it goes on behind a broken connection
        await first.start()
        record = await running
    assert (record.status, record.server, record.tries) == ("done", first.url, ())
    assert (len(first.prompts), len(second.prompts)) == (1, 0)


async def test_one_that_comes_back_without_gives_it_to_the_next(desk: Desk) -> None:
    async with servers(2) as (first, second):
        first.plan = waits
        running = asyncio.create_task(desk.run([first.url, second.url], PATIENT))
        await started(first)
        await first.restart()
        record = await running
    assert (record.status, record.server) == ("done", second.url)
    assert [one.outcome for one in record.tries] == ["forgotten"]
    assert "unknown" in [told.state for told in desk.of(LookedUp)]


async def test_the_only_one_is_given_it_again(desk: Desk) -> None:
    async with servers(1) as (only,):
        only.plan = waits
        running = asyncio.create_task(desk.run([only.url], PATIENT))
        await started(only)
        only.plan = finishes
        await only.restart()
        record = await running
    assert (record.status, len(record.tries)) == ("done", 1)


async def test_a_job_that_ends_every_server_is_given_to_three(desk: Desk) -> None:
    async def dies(server: ScriptedServer, prompt: Prompt) -> None:
        await begins(server, prompt)
        await server.die()

    async with servers(5) as many:
        for server in many:
            server.plan = dies
        record = await desk.run([server.url for server in many])
        assert sum(len(server.prompts) for server in many) == 3
    assert (record.status, record.exit_code, len(record.tries)) == ("lost", 4, 3)


async def test_a_silent_server_may_still_run_it_so_nobody_else_does(desk: Desk) -> None:
    async with servers(2) as (silent, other):
        silent.plan = waits
        running = asyncio.create_task(desk.run([silent.url, other.url]))
        await started(silent)
        for request in ROADS:
            silent.fault(request, forever=answers(502))
        await silent.cut_sockets()
        record = await running
        assert len(other.prompts) == 0
        assert record.error is not None
        assert (record.status, record.exit_code, record.error["code"]) == ("lost", 4, "run_unsettled")
        for request in ROADS:
            silent.fault(request)
        silent.go.set()
        again = await desk.run([other.url], PATIENT)  # looked up where it was, though that one is not named
    assert (again.status, again.server, len(other.prompts)) == ("done", silent.url, 0)


async def test_a_rendered_job_whose_files_did_not_come_is_not_rendered_again(desk: Desk) -> None:
    async def breaks(server: ScriptedServer, request: web.Request) -> web.StreamResponse | None:
        server.fault("GET /view")
        await server.die()
        await server.start()
        return web.Response(status=500)

    async with servers(1) as (only,):
        only.fault("GET /view", breaks)
        record = await desk.run([only.url], PATIENT)
    assert (record.status, len(only.prompts)) == ("done", 1)
    assert (desk.folder / "job" / "1-a.png").read_bytes() == only.file


async def test_a_cancelled_task_cancels_the_run_and_is_a_record(desk: Desk) -> None:
    async with servers(1) as (only,):
        only.plan = waits
        other = only.take({"prompt_id": "theirs", "client_id": "x", "prompt": {}})
        running = asyncio.create_task(desk.run([only.url]))
        while len(only.running) < 2:
            await asyncio.sleep(0.01)
        running.cancel()
        record = await running
        assert [one.prompt_id for one in only.running] == [other["prompt_id"]]
        assert None not in only.interrupts
    assert (record.status, record.exit_code) == ("cancelled", 130)
    assert isinstance(desk.told[-1], Ended)


async def test_a_failed_job_gets_a_new_prompt_id_when_it_is_run_again(desk: Desk) -> None:
    async def fails(server: ScriptedServer, prompt: Prompt) -> None:
        await begins(server, prompt)
        server.end(prompt, "error", {})
        await server.say(prompt, "executing", node=None)

    async with servers(1) as (only,):
        only.plan = fails
        first = await desk.run([only.url])
        only.plan = finishes
        second = await desk.run([only.url])
    assert (first.status, second.status) == ("failed", "done")
    assert (first.attempt, second.attempt) == (1, 2)
    assert first.prompt_id != second.prompt_id == order().again(BATCH).prompt_id


async def test_hostile_names_stay_out_and_the_rest_is_kept(desk: Desk) -> None:
    async def names(server: ScriptedServer, prompt: Prompt) -> None:
        files = [
            {"filename": name, "subfolder": "", "type": "output"} for name in ("../../up.png", "fine.png")
        ]
        await begins(server, prompt)
        server.end(prompt, outputs={"2": {"images": files}})
        await server.say(prompt, "executing", node=None)

    async with servers(1) as (only,):
        only.plan = names
        record = await desk.run([only.url])
    assert record.error is not None
    assert (record.status, record.exit_code, record.error["code"]) == ("failed", 1, "hostile_name")
    assert [one.path for one in record.outputs] == [None, "2-fine.png"]
    assert sorted(path.name for path in desk.folder.rglob("*") if path.is_file()) == [
        "2-fine.png",
        "job.json",
    ]


async def test_nobody_listens_is_not_the_same_as_silence() -> None:
    async with servers(1) as (only,):
        assert not await refuses(only.url)
        await only.die()
        assert await refuses(only.url)
        await asyncio.wait_for(refused_for(only.url, 0.0), 30.0)
    assert not await refuses("http://nobody.invalid:1")


def test_decisions_as_json_are_these() -> None:
    asked = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
    told: list[Told] = [
        Ranked("j", (Standing("http://a", 2), Standing("http://b", None, "no"))),
        Given("j", "http://a", asked),
        decisions.InTrouble("j", "http://a", asked, "unreachable", "It is gone."),
        LookedUp("j", "http://a", asked, "unknown"),
        Gone("j", "http://a", asked, "forgotten"),
        decisions.Saved("j", "/x/y.png", 3),
        decisions.AlreadyDone("j", "/x/j.json"),
        Ended("j", "done", 0, "/x/j.json"),
        decisions.Joined("", "http://a", "node", 7),
        Queued(asked, "j", "http://a", 1.0),
        Started(asked),
        Preview(asked, "2", "png", b"1234"),
    ]
    at = {"server": "http://a", "prompt_id": asked}
    assert [json.loads(json.dumps(told_as_json(one, "j"))) for one in told] == [
        {
            "event": "ranked",
            "job": "j",
            "servers": [
                {"server": "http://a", "waiting": 2, "trouble": ""},
                {"server": "http://b", "waiting": None, "trouble": "no"},
            ],
        },
        {"event": "given", "job": "j", **at},
        {"event": "in_trouble", "job": "j", **at, "code": "unreachable", "message": "It is gone."},
        {"event": "looked_up", "job": "j", **at, "state": "unknown"},
        {"event": "gone", "job": "j", **at, "reason": "forgotten"},
        {"event": "saved", "job": "j", "path": "/x/y.png", "size": 3},
        {"event": "already_done", "job": "j", "record": "/x/j.json"},
        {
            "event": "ended",
            "job": "j",
            "status": "done",
            "exit_code": 0,
            "record": "/x/j.json",
            "message": "",
        },
        {"event": "joined", "job": "", "server": "http://a", "node": "node", "pid": 7},
        {"event": "queued", "job": "j", **at, "number": 1.0},
        {"event": "started", "job": "j", "prompt_id": asked},
        {"event": "preview", "job": "j", "prompt_id": asked, "node": "2", "kind": "png", "image": 4},
    ]
