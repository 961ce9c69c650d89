"""Runs as the caller sees them, on a scripted server: events, waiting, cancelling, reconnecting."""

from __future__ import annotations

import asyncio
import json

import pytest

from gates.client import (
    Client,
    Event,
    Finished,
    Limits,
    NodeDone,
    Reconnected,
    Started,
    State,
)
from gates.errors import GatesError, PartlyRefused, RunFailed, RunTimedOut, Unreachable
from tests.scripted_behaviour import (
    after_taking,
    babbles,
    fails,
    loses_its_socket,
    stalls,
    stays_pending,
    waits,
)
from tests.scripted_server import Prompt, ScriptedServer, begins, serving

WORKFLOW = {"2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
QUICK = Limits(poll=0.05, slowest_poll=0.1, backoff=0.01, longest_pause=0.05, retries=3)


async def test_nobody_listens_there() -> None:
    async with serving() as server:
        url = server.url
    async with Client(url, limits=QUICK) as client:
        with pytest.raises(Unreachable, match="Is ComfyUI running there") as caught:
            await client.run(WORKFLOW)
        assert caught.value.data["reached"] is False


async def test_a_server_that_comes_back_with_its_queue_is_waited_for() -> None:
    async def comes_back(server: ScriptedServer, prompt: Prompt) -> None:
        await begins(server, prompt)
        await server.die()
        await asyncio.sleep(0.3)
        server.end(prompt)
        await server.start()

    async with serving() as server:
        server.plan = comes_back
        async with Client(server.url, limits=QUICK) as client:
            assert (await client.run(WORKFLOW)).status is State.DONE
        assert server.count("POST", "/prompt") == 1


async def test_what_was_missed_while_the_socket_was_cut_is_said() -> None:
    async with serving() as server:
        server.plan = loses_its_socket
        events: list[Event] = []
        async with Client(server.url, limits=QUICK) as client:
            await client.run(WORKFLOW, on_event=events.append)
        assert sum(isinstance(event, Reconnected) for event in events) == 1
        assert len(set(server.seen_ids)) == 1, "a queued prompt speaks to the id that it was sent with"


async def test_a_deaf_socket_is_not_used_for_the_next_run() -> None:
    async with serving() as server:
        server.deaf = True
        async with Client(server.url, limits=QUICK) as client:
            await client.run(WORKFLOW)
            server.deaf = False
            events: list[Event] = []
            await client.run(WORKFLOW, on_event=events.append)
        assert any(isinstance(event, NodeDone) for event in events)
        assert len(set(server.seen_ids)) == 2


async def test_nothing_is_asked_while_nobody_waits() -> None:
    async with serving() as server:
        server.plan = stays_pending
        async with Client(server.url, limits=QUICK) as client:
            job = await client.submit(WORKFLOW)
            with pytest.raises(RunTimedOut):
                await client.wait(job, timeout=0.2)
            asked = len(server.requests)
            await server.cut_sockets()
            await asyncio.sleep(0.3)  # several polls long
            assert len(server.requests) == asked
        assert asked > 3


async def test_messages_without_sense_are_counted_and_previews_of_others_ignored() -> None:
    async with serving() as server:
        server.plan = babbles
        async with Client(server.url, limits=QUICK) as client:
            await client.run(WORKFLOW)
            assert client.ignored == 7


async def test_a_failure_says_which_node_and_what() -> None:
    async with serving() as server:
        server.plan = fails
        async with Client(server.url, limits=QUICK) as client:
            with pytest.raises(
                RunFailed, match=r"^Node 2 \(Sampler\) raised RuntimeError: out of paint$"
            ) as caught:
                await client.run(WORKFLOW)
    assert caught.value.data["traceback"] == ["line 1"]
    assert caught.value.data["result"].status is State.FAILED


NODE_ERRORS = {
    "9": {
        "errors": [
            {"type": "value_not_in_list", "message": "Value not in list", "details": "ckpt: 'x' not in []"}
        ],
        "class_type": "Loader",
    }
}


async def test_a_partial_refusal_cancels_the_rest() -> None:
    async with serving() as server:
        server.plan, server.node_errors = waits, NODE_ERRORS
        async with Client(server.url, limits=QUICK) as client:
            with pytest.raises(PartlyRefused, match="node 9 .Loader.: Value not in list: ckpt") as caught:
                await client.run(WORKFLOW)
            assert await client.lookup(caught.value.data["prompt_id"]) is not State.RUNNING
        assert server.count("POST", "/api/jobs") == 1


async def test_a_partial_refusal_may_be_welcome() -> None:
    async with serving() as server:
        server.node_errors = NODE_ERRORS
        async with Client(server.url, limits=QUICK) as client:
            job = await client.submit(WORKFLOW, partial=True)
            assert job.node_errors == NODE_ERRORS
            assert (await client.wait(job)).status is State.DONE


@pytest.mark.parametrize("has_jobs", [True, False])
async def test_a_timeout_cancels_that_run_alone(has_jobs: bool) -> None:
    async with serving() as server:
        server.plan, server.has_jobs = waits, has_jobs
        async with Client(server.url, limits=QUICK) as client:
            other = await client.submit(WORKFLOW)
            with pytest.raises(RunTimedOut, match="was not done in time"):
                await client.run(WORKFLOW, timeout=0.3)
            assert [one.prompt_id for one in server.running] == [other.prompt_id]
            assert None not in server.interrupts, "never without the id"
            server.go.set()
            assert (await client.wait(other)).status is State.DONE


async def test_a_cancelled_task_cancels_its_run() -> None:
    async with serving() as server:
        server.plan = waits
        async with Client(server.url, limits=QUICK) as client:
            task = asyncio.create_task(client.run(WORKFLOW))
            while not server.running:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert server.running == []


async def test_a_task_cancelled_while_it_sends_leaves_no_orphan() -> None:
    async with serving() as server:
        server.plan = stays_pending
        server.fault("POST /prompt", after_taking(stalls))
        async with Client(server.url, limits=QUICK) as client:
            task = asyncio.create_task(client.run(WORKFLOW))
            while not server.pending:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert server.pending == []


@pytest.mark.parametrize("has_jobs", [True, False])
async def test_cancelling_what_waits(has_jobs: bool) -> None:
    async with serving() as server:
        server.plan, server.has_jobs = stays_pending, has_jobs
        async with Client(server.url, limits=QUICK) as client:
            job = await client.submit(WORKFLOW)
            assert await client.cancel(job) is True
            assert await client.cancel(job) is False
            with pytest.raises(GatesError) as caught:
                await client.wait(job)
            assert caught.value.code == "run_cancelled"
        assert server.interrupts == []


async def test_an_event_handler_that_raises_stops_its_run() -> None:
    def raises(event: Event) -> None:
        if isinstance(event, Started):
            raise ZeroDivisionError

    async with serving() as server:
        server.plan = waits
        async with Client(server.url, limits=QUICK) as client:
            with pytest.raises(ZeroDivisionError):
                await client.run(WORKFLOW, on_event=raises)
        assert server.running == []


async def test_two_readers_hear_the_same_and_the_late_one_from_the_start() -> None:
    async with serving() as server:
        server.plan = waits
        async with Client(server.url, limits=QUICK) as client:
            job = await client.submit(WORKFLOW)

            async def all_events() -> list[Event]:
                return [event async for event in client.events(job)]

            first = asyncio.create_task(all_events())
            while not server.running:
                await asyncio.sleep(0.01)
            second = asyncio.create_task(all_events())
            await asyncio.sleep(0)
            server.go.set()
            assert await first == await second
            assert isinstance((await first)[-1], Finished)


async def test_a_run_of_somebody_else_can_be_waited_for() -> None:
    async with serving() as server, Client(server.url, limits=QUICK) as one:
        job = await one.submit(WORKFLOW)
        async with Client(server.url, limits=QUICK) as other:
            result = await other.wait(job.prompt_id)
            assert (result.prompt_id, result.files[0].filename) == (job.prompt_id, "a.png")
            with pytest.raises(GatesError) as caught:
                await other.wait("6f1c3ad2-6f5b-4f0c-9d4e-2a86e2f1a111")
            assert caught.value.code == "run_lost"


async def test_what_is_sent() -> None:
    async with serving() as server:
        async with Client(server.url, limits=QUICK, headers={"Comfy-User": "u"}) as client:
            job = await client.submit(WORKFLOW, job="j1", front=True, targets=["2"], extra_data={"a": 1})
            await client.wait(job)
        (prompt,) = server.prompts
        assert server.requests[0] == ("GET", "/ws"), "the websocket stands before the workflow is sent"
        assert {headers.get("Comfy-User") for headers in server.headers} == {"u"}
    assert json.loads(json.dumps(prompt.body)) == {
        "prompt": {"2": {"class_type": "SaveImage", "inputs": {"filename_prefix": "gen_job_j1"}}},
        "client_id": server.seen_ids[0],
        "prompt_id": job.prompt_id,
        "front": True,
        "extra_data": {"a": 1},
        "partial_execution_targets": ["2"],
    }


async def test_a_timeout_holds_for_sending_too() -> None:
    async with serving() as server:
        server.fault("POST /prompt", after_taking(stalls))
        server.plan = stays_pending
        async with Client(server.url, limits=QUICK) as client:
            with pytest.raises(RunTimedOut, match="did not take the workflow in time"):
                await client.run(WORKFLOW, timeout=0.2)
        assert server.pending == []
