"""The routes of the profiles over HTTP: names, trash, export and import, and who made what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.serving import NOW, Answer, Served, outside, png, serving

PROFILES = "/grid_pool/profiles"
EVENT = "dataset_gates.profiles"
CHANGES: dict[str, dict[str, str]] = {
    "create": {"name": "new"},
    "rename": {"id": "id1", "name": "other"},
    "duplicate": {"id": "id1"},
    "delete": {"id": "id1"},
    "restore": {"id": "id2"},
    "purge": {"id": "id2"},
    "seed": {"from": "p", "id": "id1"},
}


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


# --- names ------------------------------------------------------------------------------------


async def test_no_profiles_at_first(served: Served) -> None:
    assert (await served.get(f"{PROFILES}/list")).body == {"profiles": []}
    assert (await served.get(f"{PROFILES}/trash")).body == {"profiles": []}
    assert not served.base.exists(), "asking makes nothing"


async def test_create_answers_the_entry(served: Served) -> None:
    answer = await served.post(f"{PROFILES}/create", name="  Set A ")
    assert answer.status == 200
    assert answer.body == {"id": "id1", "name": "Set A", "created": NOW, "count": 0, "cover": None}
    assert served.events == [(EVENT, {"change": "create", "id": "id1"})]
    assert (await served.get(f"{PROFILES}/list")).body == {"profiles": [answer.body]}


async def test_list_counts_and_shows_the_active_image(kept: Served) -> None:
    ids = await kept.filled("id1", 3)
    await kept.post("/grid_pool/active", pool_id="id1", slot=ids[2])
    (entry,) = (await kept.get(f"{PROFILES}/list")).body["profiles"]
    assert (entry["count"], entry["cover"]) == (3, ids[2])


@pytest.mark.parametrize("name", ["Set A", "set a", " SET A\t", "Se\u0074 A"])
async def test_a_taken_name_is_a_conflict(kept: Served, name: str) -> None:
    for change, fields in (
        ("create", {"name": name}),
        ("duplicate", {"id": "id1", "name": name}),
        ("rename", {"id": (await kept.post(f"{PROFILES}/create", name="B")).body["id"], "name": name}),
    ):
        answer = await kept.post(f"{PROFILES}/{change}", **fields)
        assert (answer.status, answer.code) == (409, "duplicate_name"), change
    assert await names(kept) == ["Set A", "B"]


async def test_names_are_compared_after_normalising(served: Served) -> None:
    await served.profile("Caf\u00e9 Stra\u00dfe")
    assert (await served.post(f"{PROFILES}/create", name="CAFE\u0301 STRASSE")).code == "duplicate_name"


@pytest.mark.parametrize(
    "name", ["", " ", "\t\n", "x" * 121, "a\0b", "a\nb", "a\x7fb", "a\u202eb", "a\u2066b", "\ud800", "\u200e"]
)
async def test_a_name_that_cannot_be_shown(kept: Served, name: str) -> None:
    for change in ("create", "rename", "duplicate"):
        answer = await kept.post(f"{PROFILES}/{change}", **{"id": "id1", "name": name})
        assert (answer.status, answer.code) == (400, "bad_name"), change
    assert await names(kept) == ["Set A"] and kept.events == []


@pytest.mark.parametrize("name", [None, 1, ["x"], {"a": "b"}, True])
async def test_a_name_that_is_no_text(kept: Served, name: Any) -> None:
    answer = await kept.post(f"{PROFILES}/create", name=name)
    assert (answer.status, answer.code) == (400, "bad_field")


async def test_a_name_of_120_characters_of_any_script(served: Served) -> None:
    for name in ("\U0001f600" * 120, "日" * 120, "العربية"):
        assert (await served.post(f"{PROFILES}/create", name=name)).body["name"] == name


async def test_rename_keeps_id_and_images(kept: Served) -> None:
    await kept.filled("id1", 1)
    answer = await kept.post(f"{PROFILES}/rename", id="id1", name="set a")
    assert answer.status == 200, "its own name in another spelling is free"
    assert {key: answer.body[key] for key in ("id", "name", "created")} == {
        "id": "id1",
        "name": "set a",
        "created": NOW,
    }
    assert kept.events[-1] == (EVENT, {"change": "rename", "id": "id1"})
    assert len(await kept.ids("id1")) == 1


async def test_duplicate_with_and_without_a_name(kept: Served) -> None:
    await kept.filled("id1", 2)
    first = (await kept.post(f"{PROFILES}/duplicate", id="id1")).body
    second = (await kept.post(f"{PROFILES}/duplicate", id="id1")).body
    third = (await kept.post(f"{PROFILES}/duplicate", id="id1", name="Mine")).body
    assert [one["name"] for one in (first, second, third)] == ["Set A (2)", "Set A (3)", "Mine"]
    assert [one["count"] for one in (first, second, third)] == [2, 2, 2]
    assert len({one["id"] for one in (first, second, third)}) == 3
    await kept.post("/grid_pool/remove", pool_id=first["id"], index=0)
    assert len(await kept.ids("id1")) == 2, "a copy is its own pool"


@pytest.mark.parametrize("change", [name for name in CHANGES if name != "create"])
async def test_an_unknown_profile(kept: Served, change: str) -> None:
    for pid in ("nobody", "id1" if change in ("restore", "purge") else "id2", "p"):
        answer = await kept.post(f"{PROFILES}/{change}", **{**CHANGES[change], "id": pid})
        assert (answer.status, answer.code) == (404, "unknown_profile"), pid
    assert await names(kept) == ["Set A"] and kept.events == []


@pytest.mark.parametrize("change", CHANGES)
async def test_json_is_required_and_foreign_pages_are_refused(kept: Served, change: str) -> None:
    path, text = f"{PROFILES}/{change}", json.dumps(CHANGES[change])
    answer = await kept.ask("POST", path, data=text, headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.code) == (415, "wrong_content_type")
    for headers in (
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await kept.ask("POST", path, json=CHANGES[change], headers=headers)
        assert (answer.status, answer.code) == (403, "foreign_request"), headers
    assert await names(kept) == ["Set A"] and kept.events == []
    answer = await kept.post(path, **CHANGES[change])
    assert answer.status == 200 and kept.changes(EVENT) == [change]


# --- trash ------------------------------------------------------------------------------------


async def test_delete_restore_and_purge(kept: Served) -> None:
    ids = await kept.filled("id1", 2)
    kept.clock[0] += 5
    answer = await kept.post(f"{PROFILES}/delete", id="id1")
    assert answer.body["deleted"]["id"] == "id1" and answer.body["profiles"] == []
    newest, oldest = (await kept.get(f"{PROFILES}/trash")).body["profiles"]
    assert (newest["id"], newest["name"], newest["deleted"]) == ("id1", "Set A", NOW + 5)
    assert oldest["id"] == "id2"
    assert (await kept.post(f"{PROFILES}/delete", id="id1")).code == "unknown_profile"
    answer = await kept.post(f"{PROFILES}/restore", id="id1")
    assert (answer.body["id"], answer.body["name"], answer.body["count"]) == ("id1", "Set A", 2)
    assert await kept.ids("id1") == ids
    assert (await kept.post(f"{PROFILES}/purge", id="id1")).code == "unknown_profile", "not in the trash"
    await kept.post(f"{PROFILES}/delete", id="id1")
    assert (await kept.post(f"{PROFILES}/purge", id="id1")).body == {"purged": "id1"}
    assert not (kept.base / "id1").exists() and not (kept.base / ".trash" / "id1").exists()
    assert (await kept.post(f"{PROFILES}/restore", id="id1")).code == "unknown_profile"
    for path in ("/grid_pool/list", "/grid_pool/trash"):
        assert (await kept.get(path, pool_id="id1")).status == 404
    assert (await kept.add("id1", ("a.png", png()))).status == 404
    assert kept.changes(EVENT)[-1] == "purge"


async def test_a_restored_profile_whose_name_was_taken_gets_a_suffix(kept: Served) -> None:
    await kept.profile("gone")
    assert (await kept.post(f"{PROFILES}/restore", id="id2")).body["name"] == "Gone (2)"


async def test_seed_fills_an_empty_profile_only(kept: Served) -> None:
    await kept.post("/grid_pool/label", pool_id="p", index=1, label="kept")
    answer = await kept.post(f"{PROFILES}/seed", **{"from": "p", "id": "id1"})
    assert answer.body == {"copied": 2} and kept.changes(EVENT)[-1] == "seed"
    slots = (await kept.get("/grid_pool/list", pool_id="id1")).body["slots"]
    assert [slot["label"] for slot in slots] == ["", "kept"]
    assert len(await kept.ids("p")) == 2, "the pool keeps its images"
    answer = await kept.post(f"{PROFILES}/seed", **{"from": "p", "id": "id1"})
    assert (answer.status, answer.code) == (409, "pool_not_empty")
    for source, code in (("id2", "pool_in_trash"), ("../p", "bad_id")):
        assert (await kept.post(f"{PROFILES}/seed", **{"from": source, "id": "id1"})).code == code
    assert (await kept.post(f"{PROFILES}/seed", id="id1")).code == "bad_field"


# --- users ------------------------------------------------------------------------------------


async def test_profiles_are_shared_and_say_who_made_them(tmp_path: Path) -> None:
    def user_of(request: web.Request) -> str | None:
        return request.headers.get("comfy-user")

    async with serving(tmp_path, user_of=user_of) as served:
        path = f"{PROFILES}/create"
        made = await served.ask("POST", path, json={"name": "hers"}, headers={"comfy-user": "anna"})
        await served.post(path, name="nobody's")
        assert made.body["owner"] == "anna"
        copied = await served.ask(
            "POST", f"{PROFILES}/duplicate", json={"id": made.body["id"]}, headers={"comfy-user": "bob"}
        )
        assert copied.body["owner"] == "bob"
        data = await exported(served, made.body["id"])
        assert (await imported(served, data)).body.get("owner") is None, "an archive does not say whose it is"
        listed = (await served.ask("GET", f"{PROFILES}/list", headers={"comfy-user": "bob"})).body["profiles"]
        owners = {entry["name"]: entry.get("owner") for entry in listed}
        assert owners == {"hers": "anna", "nobody's": None, "hers (2)": "bob", "hers (3)": None}
        renamed = await served.ask(
            "POST",
            f"{PROFILES}/rename",
            json={"id": made.body["id"], "name": "x"},
            headers={"comfy-user": "bob"},
        )
        assert renamed.status == 200 and renamed.body["owner"] == "anna"


async def test_several_profiles_at_once(served: Served) -> None:
    answers = await asyncio.gather(*(served.post(f"{PROFILES}/create", name="same") for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 7
    pid = next(answer.body["id"] for answer in answers if answer.status == 200)
    copies = await asyncio.gather(*(served.post(f"{PROFILES}/duplicate", id=pid) for _ in range(8)))
    assert all(answer.status == 200 for answer in copies)
    assert sorted(await names(served)) == sorted(["same", *(f"same ({n})" for n in range(2, 10))])


async def test_reading_while_a_profile_goes_and_comes_back(served: Served) -> None:
    """Whoever looks in between sees the profile or is told that it is in the trash."""
    pid = await served.profile("Set A", 3)
    looks = [f"list?pool_id={pid}", f"thumb?index=1&pool_id={pid}", f"trash?pool_id={pid}"]
    looks += ["profiles/list", "profiles/trash", f"profiles/export?id={pid}"]
    done = asyncio.Event()

    async def look(number: int) -> int:
        answers = 0
        while not done.is_set():
            answer = await served.ask("GET", "/grid_pool/" + looks[answers % len(looks)])
            assert answer.status in (200, 404), (looks[answers % len(looks)], answer)
            answer = await served.post("/grid_pool/label", pool_id=pid, index=0, label=f"{number} {answers}")
            assert answer.status in (200, 404), answer
            answers += 1
        return answers

    watchers = [asyncio.create_task(look(number)) for number in range(3)]
    for _ in range(40):
        assert (await served.post(f"{PROFILES}/delete", id=pid)).status == 200
        assert (await served.post(f"{PROFILES}/restore", id=pid)).status == 200
    done.set()
    assert min(await asyncio.gather(*watchers)) > 0
    assert len(await served.ids(pid)) == 3
