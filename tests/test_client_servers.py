"""The client against a whole server: the stand-in, or the real ComfyUI that COMFYUI_URL names."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from gates.client import (
    CachedNodes,
    Client,
    Event,
    Finished,
    NodeDone,
    NodeStarted,
    Preview,
    Progress,
    Queued,
    Result,
    Started,
    State,
)
from gates.errors import (
    OutputGone,
    PartlyRefused,
    RunCancelled,
    RunFailed,
    RunLost,
    RunTimedOut,
    WorkflowRefused,
)
from tests.client_rig import PATIENT, node, picture, said, server_of
from tests.serving import png


@pytest.fixture(scope="module")
def url(request: pytest.FixtureRequest) -> str:
    return server_of(request)


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    async with Client(url, limits=PATIENT) as made:
        yield made


@pytest.fixture
async def rules(client: Client) -> Client:
    if not await client.node_info("RulesText"):
        pytest.skip("the server that COMFYUI_URL names lacks the nodes of tests/data/rules_pack")
    return client


# --- files -------------------------------------------------------------------------------------------


async def test_a_run_gives_files_of_its_own(client: Client, tmp_path: Path) -> None:
    workflow = picture(**{"3": node("PreviewImage", images=["1", 0])})
    result = await client.run(workflow, job="j" + secrets.token_hex(4))
    saved = [output for output in result.files if output.type == "output"]
    assert [output.filename for output in saved] == [
        f"gen_job_{result.job}_00001_.png",
        f"gen_job_{result.job}_00002_.png",
    ]
    assert {output.type for output in result.files if output.node == "3"} == {"temp"}
    assert (result.status, result.cached, result.server) == (State.DONE, (), client.url)
    assert result.seconds is not None and result.seconds >= 0
    for output in result.files:
        path = await client.download(output, tmp_path)
        with Image.open(path) as image:
            assert image.size == (8, 6)
    assert await client.outputs(result.prompt_id) == result.outputs


async def test_several_saving_nodes_and_a_folder(client: Client) -> None:
    again = node("SaveImage", images=["1", 0], filename_prefix="x")
    job = secrets.token_hex(4)
    result = await client.run(picture(**{"7": again}), job=job)
    assert sorted({output.filename[:-11] for output in result.files}) == [
        f"gen_job_{job}",
        f"gen_job_{job}_7",
    ]
    result = await client.run(picture(), job=job, prefix="of_users/u1/{job}")
    assert {(one.subfolder.replace("\\", "/"), one.filename[:8]) for one in result.files} == {
        ("of_users/u1", job)
    }


async def test_the_same_again_is_cached_and_says_so(client: Client, tmp_path: Path) -> None:
    workflow = picture()
    first = await client.run(workflow, prefix=None)
    second = await client.run(workflow, prefix=None)
    assert [one.filename for one in second.files] == [one.filename for one in first.files]
    assert not any(one.cached for one in first.files) and all(one.cached for one in second.files)
    assert set(second.cached) == {"1", "2"}
    third = await client.run(workflow)
    assert (set(third.cached), [one.cached for one in third.files]) == ({"1"}, [False, False])


async def test_an_uploaded_picture_is_loaded_and_comes_back_inverted(client: Client, tmp_path: Path) -> None:
    uploaded = await client.upload(png((10, 20, 30)), name=f"u{secrets.token_hex(4)}.png")
    again = await client.upload(png((1, 2, 3)), name=uploaded.name)
    assert again.name != uploaded.name, "other content under the same name gets another"
    workflow = {
        "1": node("LoadImage", image=uploaded.value),
        "2": node("ImageInvert", image=["1", 0]),
        "3": node(
            "ImageScale", image=["2", 0], upscale_method="nearest-exact", width=4, height=4, crop="disabled"
        ),
        "4": node("SaveImage", images=["3", 0], filename_prefix="x"),
    }
    (output,) = (await client.run(workflow)).files
    with Image.open(await client.download(output, tmp_path)) as image:
        assert (image.size, image.convert("RGB").getpixel((0, 0))) == ((4, 4), (245, 235, 225))


async def test_a_file_that_is_not_there(client: Client, tmp_path: Path) -> None:
    (output, *_) = (await client.run(picture())).files
    gone = type(output)(output.node, output.kind, "gen_job_of_nobody_00001_.png")
    with pytest.raises(OutputGone, match="any more"):
        await client.download(gone, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_workflow_of_the_page_is_converted_and_goes_along(client: Client, tmp_path: Path) -> None:
    link = [1, 1, 0, 2, 0, "IMAGE"]
    empty = {"id": 1, "type": "EmptyImage", "mode": 0, "inputs": [], "widgets_values": [8, 6, 1, 255]}
    empty["outputs"] = [{"name": "IMAGE", "type": "IMAGE", "links": [1]}]
    save = {"id": 2, "type": "SaveImage", "mode": 0, "outputs": [], "widgets_values": ["of the page"]}
    save["inputs"] = [{"name": "images", "type": "IMAGE", "link": 1}]
    workflow = {"nodes": [empty, save], "links": [link], "groups": [], "version": 0.4}
    job = await client.submit(workflow)
    assert job.prompt["1"]["inputs"] == {"width": 8, "height": 6, "batch_size": 1, "color": 255}
    (output,) = (await client.wait(job)).files
    with Image.open(await client.download(output, tmp_path)) as image:
        assert json.loads(image.info["workflow"]) == workflow
        assert output.filename.startswith(f"gen_job_{job.job}_")


# --- events and order --------------------------------------------------------------------------------


async def test_events_of_a_run(client: Client) -> None:
    job = await client.submit(picture())
    events = [event async for event in client.events(job)]
    kinds = [type(event) for event in events]
    assert kinds == [Queued, Started, NodeStarted, NodeDone, NodeStarted, NodeDone, Finished]
    assert {event.prompt_id for event in events} == {job.prompt_id}
    assert client.ignored == 0


async def test_events_of_a_cached_run(client: Client) -> None:
    workflow = picture()
    await client.run(workflow)
    events: list[Event] = []
    await client.run(workflow, on_event=events.append)
    assert [event.nodes for event in events if isinstance(event, CachedNodes)] == [("1",)]


async def test_progress_and_a_preview(rules: Client) -> None:
    workflow = said("p", **{"2": node("RulesProgress", text=["1", 0]), "3": node("RulesShow", text=["2", 0])})
    events: list[Event] = []
    result = await rules.run(workflow, on_event=events.append)
    assert any(isinstance(event, Progress) and event.max == 3 for event in events)
    (preview,) = [event for event in events if isinstance(event, Preview)]
    with Image.open(io.BytesIO(preview.image)) as image:
        assert (image.format, preview.node) == ("JPEG", "2")
    assert result.texts[0].startswith("3:p")


# --- refusals and failures ----------------------------------------------------------------------------


async def test_refusals(client: Client) -> None:
    with pytest.raises(WorkflowRefused, match="NoSuchNode"):
        await client.run({"1": node("NoSuchNode")})
    with pytest.raises(WorkflowRefused, match=r"node 1 \(EmptyImage\): .*width") as caught:
        await client.run({**picture(), "1": node("EmptyImage", width=-1, height=6, batch_size=1, color=0)})
    assert "1" in caught.value.data["node_errors"]


async def test_a_partial_refusal(client: Client) -> None:
    workflow = picture(**{"5": node("SaveImage", images=["1", 0], filename_prefix=7)})
    del workflow["5"]["inputs"]["images"]
    with pytest.raises(PartlyRefused, match=r"node 5 \(SaveImage\)") as caught:
        await client.run(workflow)
    assert caught.value.data["prompt_id"]
    await stopped(client)
    job = await client.submit(workflow, partial=True)
    assert set(job.node_errors) == {"5"}
    assert {output.node for output in (await client.wait(job)).files} == {"2"}


async def test_a_node_that_raises(rules: Client) -> None:
    workflow = said("x", **{"2": node("RulesFail", text=["1", 0]), "3": node("RulesShow", text=["2", 0])})
    with pytest.raises(RunFailed, match=r"^Node 2 \(RulesFail\) raised ValueError: no x") as caught:
        await rules.run(workflow)
    assert caught.value.data["result"].status is State.FAILED
    assert any("in run" in line for line in caught.value.data["traceback"])


async def test_a_socket_that_went_deaf(url: str) -> None:
    """Another socket with the same id, once closed, takes ours off the server's list."""
    async with Client(url, limits=replace(PATIENT, poll=0.1, slowest_poll=0.2)) as client:
        await client.run(picture())
        first_id = client.client_id
        async with aiohttp.ClientSession() as session:
            thief = await session.ws_connect(f"{url}/ws?clientId={first_id}")
            await thief.receive(60)
            await thief.close()
        assert (await client.run(picture())).status is State.DONE, "by a poll"
        events: list[Event] = []
        await client.run(picture(), on_event=events.append)
        assert client.client_id != first_id
        assert sum(isinstance(event, NodeDone) for event in events) == 2


# --- waiting and cancelling ---------------------------------------------------------------------------


def sleeping(seconds: float, name: str = "s") -> dict[str, Any]:
    asleep = node("RulesSleep", text=["1", 0], seconds=seconds)
    return said(name, **{"2": asleep, "3": node("RulesShow", text=["2", 0])})


async def begun(client: Client, prompt_id: str) -> None:
    while await client.lookup(prompt_id) is not State.RUNNING:
        await asyncio.sleep(0.02)


async def stopped(client: Client) -> None:
    """Nothing runs or waits; what was interrupted may take a moment."""
    while (await client.queue()).length:
        await asyncio.sleep(0.02)


async def test_cancelling_what_runs_and_what_waits(rules: Client) -> None:
    running = await rules.submit(sleeping(60))
    await begun(rules, running.prompt_id)
    waiting = await rules.submit(sleeping(60))
    last = await rules.submit(sleeping(0))
    queue = await rules.queue()
    assert [one.prompt_id for one in (*queue.running, *queue.pending)] == [
        running.prompt_id,
        waiting.prompt_id,
        last.prompt_id,
    ]
    assert queue.running[0].client_id == rules.client_id
    assert await rules.lookup(waiting.prompt_id) is State.PENDING
    for job in (waiting, running):
        assert await rules.cancel(job) is True
        with pytest.raises(RunCancelled):
            await rules.wait(job)
    assert (await rules.wait(last)).status is State.DONE
    assert await rules.cancel(last) is False
    assert await rules.lookup(running.prompt_id) is State.CANCELLED


async def test_a_timeout_stops_its_own_run_alone(rules: Client, url: str) -> None:
    async with Client(url, limits=PATIENT) as other:
        theirs = await other.submit(sleeping(0.3))
        with pytest.raises(RunTimedOut):
            await rules.run(sleeping(60), timeout=1.0)
        assert (await other.wait(theirs)).status is State.DONE
        await stopped(other)


async def test_front_of_the_queue_and_targets(rules: Client) -> None:
    first = await rules.submit(sleeping(0.5))
    await begun(rules, first.prompt_id)
    later = await rules.submit(sleeping(0))
    sooner = await rules.submit(sleeping(0), front=True)
    assert [one.prompt_id for one in (await rules.queue()).pending] == [sooner.prompt_id, later.prompt_id]
    for job in (first, later, sooner):
        await rules.wait(job)
    both = said("t", **{"2": node("RulesShow", text=["1", 0]), "3": node("RulesShow", text=["1", 0])})
    assert {one.node for one in (await rules.run(both, targets=["3"])).outputs} == {"3"}


async def test_a_run_can_be_found_again_by_its_id(client: Client, url: str) -> None:
    result = await client.run(picture())
    async with Client(url, limits=PATIENT) as other:
        found = await other.wait(result.prompt_id)
        assert (found.outputs, found.status, found.job) == (result.outputs, State.DONE, "")
        assert list(await other.history(result.prompt_id)) == [result.prompt_id]
        nobody = "6f1c3ad2-6f5b-4f0c-9d4e-2a86e2f1a111"
        assert await other.lookup(nobody) is State.UNKNOWN
        with pytest.raises(RunLost):
            await other.outputs(nobody)


async def test_many_runs_of_many_clients_lose_nothing(url: str) -> None:
    async def all_of(client: Client) -> list[Result]:
        return await asyncio.gather(*(client.run(picture()) for _ in range(10)))

    clients = [Client(url, limits=PATIENT) for _ in range(6)]
    for client in clients:
        await client.__aenter__()
    try:
        results = [one for some in await asyncio.gather(*map(all_of, clients)) for one in some]
    finally:
        for client in clients:
            await client.__aexit__(None, None, None)
    names = [output.filename for result in results for output in result.files]
    assert len(results) == 60 and len(set(names)) == len(names) == 120
    assert {client.ignored for client in clients} == {0}
