"""What holds for every change to a pool over HTTP: revisions, content types, own pages, trash."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gates import pool
from tests.serving import Answer, Served, form, outside, png, serving

SLOT = {"id", "image", "mask", "label", "added", "name", "size", "sha256", "width", "height"}
SUMMARY = {"pool_id", "active", "count", "revision"}
CHANGES: dict[str, dict[str, Any]] = {
    "/grid_pool/remove": {"pool_id": "p", "slot": "img_0001"},
    "/grid_pool/active": {"pool_id": "p", "slot": "img_0002"},
    "/grid_pool/label": {"pool_id": "p", "slot": "img_0001", "label": "a label"},
    "/grid_pool/clear_mask": {"pool_id": "p", "slot": "img_0001"},
    "/grid_pool/reorder": {"pool_id": "p", "order": ["img_0002", "img_0001"]},
    "/grid_pool/copy": {"pool_id": "p", "to": "p"},
    "/grid_pool/restore": {"pool_id": "p", "slot": "img_0003"},
    "/grid_pool/purge": {"pool_id": "p"},
}
UPLOADS = {"/grid_pool/add": "image", "/grid_pool/replace": "image", "/grid_pool/set_mask": "mask"}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as running:
        before = outside(running)
        yield running
        assert outside(running) == before


@pytest.fixture
async def pooled(served: Served) -> Served:
    """A pool `p` of two images, a third one in its trash."""
    await served.filled("p", 3)
    await served.post("/grid_pool/remove", pool_id="p", slot="img_0003")
    served.events.clear()
    return served


async def changed(served: Served, path: str, **more: Any) -> Answer:
    """Ask for the change that stands above, as JSON or as a form."""
    if path in UPLOADS:
        fields = {"pool_id": "p", "slot": "img_0001"} if path != "/grid_pool/add" else {"pool_id": "p"}
        return await served.send(path, UPLOADS[path], [("a.png", png())], **{**fields, **more})
    return await served.post(path, **{**CHANGES[path], **more})


@pytest.mark.parametrize("path", [*CHANGES, *UPLOADS])
async def test_a_revision_is_optional_and_a_stale_one_changes_nothing(pooled: Served, path: str) -> None:
    before = await pooled.listed()
    for stale in (before["revision"] - 1, before["revision"] + 1):
        answer = await changed(pooled, path, revision=stale)
        assert (answer.status, answer.code) == (409, "stale_revision")
    assert await pooled.listed() == before and pooled.events == []
    assert list((pooled.base / ".staging").iterdir()) == []
    answer = await changed(pooled, path, revision=before["revision"])
    assert answer.status == 200 and answer.body["revision"] == before["revision"] + 1, answer
    event, told = pooled.events[-1]
    assert event == "dataset_gates.pool" and told["change"] == path.rpartition("/")[2]
    assert {key: answer.body[key] for key in SUMMARY} == {key: told[key] for key in SUMMARY}
    if path not in ("/grid_pool/restore", "/grid_pool/remove", "/grid_pool/reorder"):
        assert (await changed(pooled, path)).status == 200, "without a revision it is applied"


@pytest.mark.parametrize("path", CHANGES)
async def test_json_routes_want_json(pooled: Served, path: str) -> None:
    before = await pooled.listed()
    text = json.dumps(CHANGES[path])
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json-x",
    ):
        answer = await pooled.ask("POST", path, data=text, headers={"Content-Type": kind})
        assert (answer.status, answer.code) == (415, "wrong_content_type"), kind
    answer = await pooled.ask(
        "POST", path, data=form("image", [], **{k: str(v) for k, v in CHANGES[path].items()})
    )
    assert answer.code == "wrong_content_type"
    assert await pooled.listed() == before
    answer = await pooled.ask(
        "POST", path, data=text, headers={"Content-Type": "Application/JSON; charset=utf-8"}
    )
    assert answer.status == 200


@pytest.mark.parametrize("path", UPLOADS)
async def test_forms_are_forms(pooled: Served, path: str) -> None:
    answer = await pooled.post(path, pool_id="p", slot="img_0001")
    assert (answer.status, answer.code) == (415, "wrong_content_type")


@pytest.mark.parametrize("path", [*CHANGES, *UPLOADS])
async def test_only_pages_of_this_machine_may_change_things(pooled: Served, path: str) -> None:
    before = await pooled.listed()
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ):
        options: dict[str, Any] = {"json": CHANGES.get(path)}
        if path in UPLOADS:
            options = {"data": form(UPLOADS[path], [("a.png", png())], pool_id="p", slot="img_0001")}
        answer = await pooled.ask("POST", path, headers=headers, **options)
        assert (answer.status, answer.code) == (403, "foreign_request"), headers
    assert await pooled.listed() == before and pooled.events == []


@pytest.mark.parametrize("path", [*CHANGES, *UPLOADS])
async def test_a_pool_in_the_trash_or_purged_takes_nothing(served: Served, path: str) -> None:
    pid = await served.profile("gone", 1)
    await served.post("/grid_pool/profiles/delete", id=pid)
    for code in ("pool_in_trash", "pool_purged"):
        if path in UPLOADS:
            answer = await served.send(path, UPLOADS[path], [("a.png", png())], pool_id=pid, slot="img_0001")
        else:
            answer = await served.post(path, **{**CHANGES[path], "pool_id": pid})
        assert (answer.status, answer.code) == (404, code)
        for reading in ("/grid_pool/list", "/grid_pool/trash", "/grid_pool/thumb"):
            answer = await served.get(reading, pool_id=pid, slot="img_0001")
            assert (answer.status, answer.code) == (404, code), reading
        await served.post("/grid_pool/profiles/purge", id=pid)
    assert (await served.post("/grid_pool/copy", pool_id="p", to=pid)).code == "pool_purged"


async def test_several_requests_at_once_lose_nothing(served: Served) -> None:
    await served.filled("p", 4)
    adds = [served.add("p", (f"{n}.png", png((n, 1, 1)))) for n in range(20)]
    labels = [served.post("/grid_pool/label", pool_id="p", index=n % 4, label=f"l{n}") for n in range(20)]
    actives = [served.post("/grid_pool/active", pool_id="p", index=n % 4) for n in range(10)]
    creates = [served.post("/grid_pool/profiles/create", name=f"n{n}") for n in range(10)]
    answers = await asyncio.gather(*adds, *labels, *actives, *creates)
    assert [answer.status for answer in answers] == [200] * 60
    body = await served.listed()
    assert (body["count"], body["revision"]) == (24, 51)
    assert len({slot["id"] for slot in body["slots"]}) == 24
    assert {slot["name"] for slot in body["slots"][4:]} == {f"{n}.png" for n in range(20)}
    profiles = (await served.get("/grid_pool/profiles/list")).body["profiles"]
    assert {entry["name"] for entry in profiles} == {f"n{n}" for n in range(10)}


async def test_an_upload_that_breaks_off_leaves_nothing(served: Served) -> None:
    head = b"POST /grid_pool/add HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: multipart/form-data; boundary=x\r\n"
    body = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + b"y" * 3_000_000
    await served.raw(head + b"Content-Length: 9000000\r\n\r\n" + body, hang_up=True)
    for _ in range(100):
        left = list((served.base / ".staging").iterdir()) if (served.base / ".staging").exists() else []
        if not left:
            break
        await asyncio.sleep(0.02)
    assert left == []


async def test_the_store_and_the_routes_see_one_pool(pooled: Served) -> None:
    """What the node reads is what the grid shows."""
    manifest = pool.read_manifest(pooled.base, "p")
    assert [slot.id for slot in manifest.slots] == await pooled.ids("p")
    pool.set_label(pooled.base, "p", 0, "from the node's side")
    assert (await pooled.listed())["slots"][0]["label"] == "from the node's side"


async def test_a_folder_that_cannot_be_used_is_said(served: Served) -> None:
    """A disk that refuses is no mistake of the person, but still a sentence with a code."""
    served.base.write_bytes(b"a file where the pools should be")
    for answer in (
        await served.add("p", ("a.png", png())),
        await served.post("/grid_pool/profiles/create", name="a"),
    ):
        assert (answer.status, answer.code) == (507, "storage_failed")
    served.base.unlink()
    assert (await served.add("p", ("a.png", png()))).status == 200


async def test_a_change_to_a_pool_that_nobody_filled_makes_none(served: Served) -> None:
    for path, fields in CHANGES.items():
        if path == "/grid_pool/copy":
            continue
        answer = await served.post(path, **{**fields, "pool_id": "never_seen"})
        assert answer.status in (400, 404) or path == "/grid_pool/purge", (path, answer)
        assert not (served.base / "never_seen").exists(), path
    assert (await served.post("/grid_pool/copy", pool_id="never_seen", to="q")).status in (200, 404)
    assert not (served.base / "never_seen").exists() and not (served.base / "q").exists()


# --- several slots ----------------------------------------------------------------------------
