"""Export and import over HTTP: what was sent comes back, and nothing waits for it."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientPayloadError

from gates import profiles
from gates.limits import Limits
from tests.serving import NOW, Answer, Pulse, Served, outside, png, serving

PROFILES = "/grid_pool/profiles"
EVENT = "dataset_gates.profiles"


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path) as running:
        before = outside(running)
        yield running
        assert outside(running) == before


@pytest.fixture
async def kept(served: Served) -> Served:
    """A profile id1 named "Set A", one id2 in the trash, and a pool `p` of two images."""
    await served.profile("Set A")
    await served.profile("Gone", 1)
    await served.post(f"{PROFILES}/delete", id="id2")
    await served.filled("p", 2)
    served.events.clear()
    return served


async def names(served: Served) -> list[str]:
    return [entry["name"] for entry in (await served.get(f"{PROFILES}/list")).body["profiles"]]


async def imported(served: Served, data: bytes, **fields: str) -> Answer:
    return await served.send(f"{PROFILES}/import", "file", [("set.zip", data)], **fields)


async def exported(served: Served, pid: str) -> bytes:
    answer = await served.get(f"{PROFILES}/export", id=pid)
    assert answer.status == 200, answer
    return answer.data


def import_from_a_thread(port: int, data: bytes) -> tuple[int, bytes]:
    """Import with a client of its own, so that the event loop has the server alone to run."""
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="set.zip"\r\n\r\n'
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        connection.request("POST", f"{PROFILES}/import", head + data + b"\r\n--x--\r\n", kind)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


# --- export -----------------------------------------------------------------------------------


async def test_an_export_is_a_stored_zip_with_sums(kept: Served) -> None:
    await kept.filled("id1", 3, (600, 400))
    await kept.post("/grid_pool/remove", pool_id="id1", index=0)
    answer = await kept.get(f"{PROFILES}/export", id="id1")
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Length"] == str(len(answer.data))
    with zipfile.ZipFile(io.BytesIO(answer.data)) as opened:
        assert opened.testzip() is None
        assert {one.compress_type for one in opened.infolist()} == {zipfile.ZIP_STORED}
        meta = json.loads(opened.read("profile_meta.json"))
        assert (meta["name"], meta["format"], meta["version"]) == ("Set A", "dataset-gates-profile", 1)
        pool_files = {name for name in opened.namelist() if name.startswith("pool/")}
        assert (
            pool_files
            == set(meta["files"])
            == {
                "pool/manifest.json",
                "pool/img_0002.png",
                "pool/img_0003.png",
            }
        ), "what lies in the trash stays there"
        assert len(opened.read("pool/img_0002.png")) == meta["files"]["pool/img_0002.png"]["size"]


@pytest.mark.parametrize(
    "name",
    ['a"b', "日本", "\U0001f600 cat", "e\u0301", "../../x", "C:\\x", "a;b=c", "%41", "a'b", ".hidden", "CON"],
)
async def test_a_download_carries_any_name(served: Served, name: str) -> None:
    pid = (await served.post(f"{PROFILES}/create", name=name)).body["id"]
    answer = await served.get(f"{PROFILES}/export", id=pid)
    header = answer.headers["Content-Disposition"]
    assert header.startswith('attachment; filename="') and header.count('"') == 2 and header.isascii()
    entry = (await served.get(f"{PROFILES}/list")).body["profiles"][0]
    assert unquote(header.partition("filename*=UTF-8''")[2]) == entry["name"] + ".zip"


async def test_only_registered_profiles_are_exported(kept: Served) -> None:
    for pid, code in (("p", "unknown_profile"), ("id2", "unknown_profile"), ("..", "bad_id"), ("", "bad_id")):
        assert (await kept.get(f"{PROFILES}/export", id=pid)).code == code
    assert (await kept.get(f"{PROFILES}/export")).code == "bad_field"


async def test_exports_leave_no_file_behind(kept: Served) -> None:
    await exported(kept, "id1")
    before = sorted(kept.root.rglob("*"))
    await exported(kept, "id1")
    await kept.ask("HEAD", f"{PROFILES}/export?id=id1")
    assert sorted(kept.root.rglob("*")) == before


async def test_a_slow_export_goes_on_while_the_pool_is_edited(served: Served) -> None:
    """Files that go to the trash in between, even with their whole profile, are still what was planned."""
    pid = await served.profile("Set A")
    big = [(f"{n}.bmp", png((n, n, n), (1400, 1000), kind="BMP")) for n in range(6)]
    await served.add(pid, *big, ("small.png", png()))
    async with served.client.get(f"{served.url}{PROFILES}/export?id={pid}") as answer:
        first = await answer.content.readexactly(100_000)
        await served.post("/grid_pool/remove", pool_id=pid, slots=[4, 5, 6])
        await served.send("/grid_pool/replace", "image", [("x.png", png())], pool_id=pid, index=3)
        await served.post("/grid_pool/reorder", pool_id=pid, order=[3, 2, 1, 0])
        await served.post(f"{PROFILES}/delete", id=pid)
        data = first + await answer.read()
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None and len(opened.namelist()) == 9
        assert [opened.read(f"pool/img_{n + 1:04d}.bmp") for n in range(6)] == [content for _, content in big]


@pytest.mark.parametrize("large", [True, False])
async def test_an_export_whose_file_changed_breaks_off(
    served: Served, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """A connection that breaks is seen by every client; an archive with other bytes in it by none."""
    pid = await served.profile("Set A")
    size = (700, 500) if large else (20, 20)
    await served.add(pid, ("a.bmp", png(size=size, kind="BMP")), ("b.png", png()))
    plan = profiles.export_pieces

    def then_cut(base: str, which: str) -> Any:
        planned = plan(base, which)
        path = Path(base) / which / "img_0001.bmp"
        path.write_bytes(path.read_bytes()[:-10])
        return planned

    monkeypatch.setattr(profiles, "export_pieces", then_cut)
    with pytest.raises((ClientPayloadError, ConnectionResetError, OSError)):
        await exported(served, pid)
    monkeypatch.undo()
    assert await names(served) == ["Set A"], "the server goes on"


async def test_an_image_that_is_gone_is_said_before_the_download(kept: Served) -> None:
    await kept.filled("id1", 2)
    (kept.base / "id1" / "img_0001.png").unlink()
    answer = await kept.get(f"{PROFILES}/export", id="id1")
    assert (answer.status, answer.code) == (404, "image_gone")


async def test_export_and_import_leave_the_event_loop_free(served: Served) -> None:
    pid = await served.profile("Set A")
    noise = [(f"{n}.bmp", png((n, 7, 7), (2000, 1500), kind="BMP")) for n in range(10)]  # 90 MB
    for one in noise:
        await served.add(pid, one)
    async with Pulse() as pulse, served.client.get(f"{served.url}{PROFILES}/export?id={pid}") as answer:
        size = 0
        async for chunk in answer.content.iter_chunked(2**16):
            size += len(chunk)
    assert size > 90_000_000 and pulse.is_steady()
    data = await exported(served, pid)
    async with Pulse() as pulse:
        status, body = await asyncio.to_thread(import_from_a_thread, served.port, data)
    assert status == 200 and json.loads(body)["count"] == 10
    assert pulse.is_steady()


# --- import -----------------------------------------------------------------------------------


async def test_what_was_exported_comes_back(kept: Served) -> None:
    await kept.filled("id1", 3)
    await kept.post("/grid_pool/label", pool_id="id1", index=2, label="日本")
    await kept.send("/grid_pool/set_mask", "mask", [("m.png", png())], pool_id="id1", index=1)
    await kept.post("/grid_pool/active", pool_id="id1", index=2)
    answer = await imported(kept, await exported(kept, "id1"))
    entry = answer.body
    assert answer.status == 200 and (entry["name"], entry["count"], entry["created"]) == ("Set A (2)", 3, NOW)
    assert entry["carried"] == [] and entry["cover"] == "img_0003"
    assert kept.events[-1] == (EVENT, {"change": "import", "id": entry["id"]})
    old = (await kept.get("/grid_pool/list", pool_id="id1")).body
    new = (await kept.get("/grid_pool/list", pool_id=entry["id"])).body
    assert new["slots"] == old["slots"] and new["active"] == 2
    for slot in new["slots"]:
        assert (kept.base / entry["id"] / slot["image"]).read_bytes() == (
            kept.base / "id1" / slot["image"]
        ).read_bytes()


async def test_import_under_a_name(kept: Served) -> None:
    data = await exported(kept, "id1")
    assert (await imported(kept, data, name="Mine")).body["name"] == "Mine"
    assert (await imported(kept, data, name="mine")).body["name"] == "mine (2)"
    assert (await imported(kept, data, name="")).body["name"] == "Set A (2)"
    assert (await imported(kept, data, name="a\u202eb")).code == "bad_name"


async def test_files_that_are_no_images_are_carried_along(served: Served) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("profile_meta.json", json.dumps({"name": "old"}))
        made.writestr("pool/img_0001.png", png())
        made.writestr("pool/img_0002.png", b"not an image")
        made.writestr("pool/notes.txt", b"remember")
    answer = await imported(served, out.getvalue())
    assert answer.status == 200 and (answer.body["name"], answer.body["count"]) == ("old", 1)
    carried = answer.body["carried"]
    assert sorted(one["name"] for one in carried) == ["img_0002.png", "notes.txt"]
    assert all(set(one) == {"name", "reason"} and one["reason"] for one in carried)
    assert (served.base / answer.body["id"] / "img_0002.png").read_bytes() == b"not an image"
    assert (served.base / answer.body["id"] / "notes.txt").read_bytes() == b"remember"


async def test_an_import_needs_its_file(kept: Served) -> None:
    answer = await kept.send(f"{PROFILES}/import", "zip", [("a.zip", b"")])
    assert (answer.status, answer.code) == (400, "bad_field")
    answer = await kept.post(f"{PROFILES}/import", file="x")
    assert (answer.status, answer.code) == (415, "wrong_content_type")
    answer = await imported(kept, b"no zip")
    assert (answer.status, answer.code) == (422, "bad_archive")
    headers = {"Origin": "http://evil.example"}
    answer = await kept.ask("POST", f"{PROFILES}/import", data=b"", headers=headers)
    assert (answer.status, answer.code) == (403, "foreign_request")
    assert await names(kept) == ["Set A"] and list((kept.base / ".staging").iterdir()) == []


async def test_an_archive_above_the_limit(tmp_path: Path) -> None:
    async with serving(tmp_path, limits=Limits(archive_bytes=100_000)) as served:
        answer = await imported(served, b"PK" + b"x" * 200_000)
        assert (answer.status, answer.code) == (413, "too_many_bytes")
        assert list((served.base / ".staging").iterdir()) == []


async def test_an_export_of_many_files_survives_the_deletion_of_its_profile(served: Served) -> None:
    pid = await served.profile("Set A")
    big = [(f"{n}.bmp", png((n, n, n), (600, 500), kind="BMP")) for n in range(60)]
    await served.add(pid, *big)
    async with served.client.get(f"{served.url}{PROFILES}/export?id={pid}") as answer:
        first = await answer.content.readexactly(100_000)
        await served.post(f"{PROFILES}/delete", id=pid)
        data = first + await answer.read()
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None and len(opened.namelist()) == 62
