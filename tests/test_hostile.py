"""Hostile ids, names, fields, forms and bodies over HTTP: a sentence with a code, and nothing touched.

No case can reach anything outside of its own temporary folder, even if the code were wrong: the pool base
lies six levels deep in it, relative paths climb four levels at most, absolute ones lead back into it.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from tests.serving import Answer, Served, outside, png, serving

DEEPEST = 4  # levels that a path of a case climbs, of the six above the base
WRONG_TYPES: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    [],
    ["a"],
    {},
    {"a": "b"},
    [[[["a"]]]],
    "",
    " ",
    "\ud800",
)
IDS = ("pool_id", "to", "from", "id")
JSON_ROUTES: dict[str, dict[str, Any]] = {
    "/grid_pool/remove": {"pool_id": "p", "slot": "img_0002"},
    "/grid_pool/active": {"pool_id": "p", "slot": "img_0001"},
    "/grid_pool/label": {"pool_id": "p", "slot": "img_0001", "label": "x"},
    "/grid_pool/clear_mask": {"pool_id": "p", "slot": "img_0001"},
    "/grid_pool/reorder": {"pool_id": "p", "order": ["img_0001"]},
    "/grid_pool/copy": {"pool_id": "p", "to": "q", "slots": ["img_0001"]},
    "/grid_pool/restore": {"pool_id": "p", "item": "t0001", "slot": "img_0001"},
    "/grid_pool/purge": {"pool_id": "p", "item": "t0001", "slot": "img_0001"},
    "/grid_pool/profiles/create": {"name": "n"},
    "/grid_pool/profiles/rename": {"id": "id1", "name": "n"},
    "/grid_pool/profiles/delete": {"id": "id1"},
    "/grid_pool/profiles/duplicate": {"id": "id1", "name": "n"},
    "/grid_pool/profiles/restore": {"id": "id1"},
    "/grid_pool/profiles/purge": {"id": "id1"},
    "/grid_pool/profiles/seed": {"from": "p", "id": "id1"},
}
FORM_ROUTES = {
    "/grid_pool/add": ("image", {"pool_id": "p"}),
    "/grid_pool/replace": ("image", {"pool_id": "p", "slot": "img_0001", "index": "0"}),
    "/grid_pool/set_mask": ("mask", {"pool_id": "p", "slot": "img_0001", "index": "0"}),
}
READING = {
    "/grid_pool/list": {"pool_id": "p"},
    "/grid_pool/trash": {"pool_id": "p"},
    "/grid_pool/thumb": {"pool_id": "p", "slot": "img_0001", "size": "64", "part": "image"},
    "/grid_pool/profiles/export": {"id": "id1"},
}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    """A base with a pool of two images, a profile of one, and something in each trash."""
    async with serving(tmp_path) as running:
        await running.filled("p", 3)
        await running.post("/grid_pool/remove", pool_id="p", slot="img_0003")
        await running.profile("kept", 1)
        await running.profile("gone")
        await running.post("/grid_pool/profiles/delete", id="id2")
        before = outside(running)
        yield running
        assert outside(running) == before
        (await running.get("/grid_pool/profiles/list")).body["profiles"][0]["id"]


def hostile_ids(root: Path) -> Iterator[str]:
    """Ids that would lead elsewhere, or nowhere good, if they were joined to the base as they are."""
    inside = str(root / "one" / "aside")
    windows = str(PureWindowsPath("C:" + inside.replace("/", "\\"))) if inside[1:2] != ":" else inside
    for climb in range(1, DEEPEST + 1):
        yield "/".join([".."] * climb)
        yield "\\".join([".."] * climb)
        yield "/".join([".."] * climb + ["aside"])
        yield "p/" + "/".join([".."] * climb)
    yield from (
        "",
        " ",
        ".",
        "..",
        "./p",
        "p/.",
        "p/",
        "/p",
        "p/../p",
        "..\\aside",
        "....//aside",
        "p\\..\\p",
    )
    yield from (
        inside,
        inside + "/",
        "/" + inside,
        windows,
        windows[2:],
        "\\\\?\\" + windows,
        windows[:2] + "p",
    )
    yield "\\\\localhost\\C$" + windows[2:]
    yield from ("p\0", "\0", "p\0/../..", "%2e%2e", "%2e%2e%2faside", "..%2faside", "%00", "p%00")
    yield from (
        "a" * 65,
        "a" * 4096,
        "\u2025",
        "\u2024\u2024/aside",
        "\uff0e\uff0e",
        "\uff0e\uff0e\uff0faside",
    )
    yield from (
        "nul",
        "CON",
        "com1",
        "LPT9",
        "aux",
        "conin$",
        "p\n",
        "p\r\nX: y",
        "-p",
        "_p",
        "p.",
        "p ",
        "p:x",
    )
    yield from (
        "profiles.json",
        ".trash",
        ".staging",
        ".locks",
        "~",
        "$HOME",
        "日本",
        "é",
        "\U0001f600",
        "p;ls",
    )


def is_refusal(answer: Answer, where: object) -> None:
    assert 400 <= answer.status < 500, (where, answer)
    assert answer.code is not None and len(answer.data) <= 4096, (where, answer)


async def test_no_id_field_of_a_json_route_takes_a_hostile_id(served: Served) -> None:
    for path, good in JSON_ROUTES.items():
        for field in [name for name in IDS if name in good]:
            for bad in hostile_ids(served.root):
                answer = await served.post(path, **{**good, field: bad})
                is_refusal(answer, (path, field, bad))
                assert answer.code == "bad_id", (path, field, bad, answer)


async def test_no_query_takes_a_hostile_id(served: Served) -> None:
    for path, good in READING.items():
        for field in [name for name in IDS if name in good]:
            for bad in hostile_ids(served.root):
                answer = await served.get(path, **{**good, field: bad})
                is_refusal(answer, (path, field, bad))
                assert answer.code == "bad_id", (path, field, bad, answer)


async def test_no_form_takes_a_hostile_id(served: Served) -> None:
    for path, (part, good) in FORM_ROUTES.items():
        for bad in hostile_ids(served.root):
            answer = await served.send(path, part, [("a.png", png())], **{**good, "pool_id": bad})
            is_refusal(answer, (path, bad))
            assert answer.code == "bad_id", (path, bad, answer)
    assert list((served.base / ".staging").iterdir()) == []


async def test_no_slot_and_no_item_is_a_path(served: Served) -> None:
    texts = [
        *hostile_ids(served.root),
        "img_0001.png",
        "img_0001/../img_0002",
        "img_99999",
        "t0001",
        "x" * 100_000,
    ]
    for path, good in {**JSON_ROUTES, **READING}.items():
        for field in [name for name in ("slot", "item") if name in good]:
            for bad in texts:
                fields = {**good, field: bad}
                fields = {**fields, "item": None} if field == "slot" and path in JSON_ROUTES else fields
                if path in JSON_ROUTES:
                    answer = await served.post(path, **fields)
                elif len(bad) < 4096:
                    answer = await served.get(path, **fields)
                is_refusal(answer, (path, field, bad[:80]))


async def test_hostile_slots_in_forms_and_lists(served: Served) -> None:
    for bad in hostile_ids(served.root):
        for path, (part, good) in list(FORM_ROUTES.items())[1:]:
            answer = await served.send(path, part, [("a.png", png())], **{**good, "slot": bad})
            is_refusal(answer, (path, bad))
        for path in ("/grid_pool/remove", "/grid_pool/copy"):
            is_refusal(
                await served.post(path, **{**JSON_ROUTES[path], "slots": ["img_0001", bad]}), (path, bad)
            )
        is_refusal(await served.post("/grid_pool/reorder", pool_id="p", order=["img_0001", bad]), bad)
    assert await served.ids("p") == ["img_0001", "img_0002"]


async def test_names_of_profiles_are_text_or_refused(served: Served) -> None:
    """A name is never a path, so one that looks like a path is a name; its profile lies under its own id."""
    for bad in hostile_ids(served.root):
        answer = await served.post("/grid_pool/profiles/create", name=bad)
        assert answer.status in (200, 400, 409), (bad, answer)
        if answer.status == 200:
            exported = await served.get("/grid_pool/profiles/export", id=answer.body["id"])
            assert exported.status == 200 and '"' not in exported.headers["Content-Disposition"].split('"')[1]
    for path in served.base.iterdir():
        assert re.fullmatch(r"p|id\d+|profiles\.json(\.bak)?|\.(trash|staging|locks)", path.name), path


async def test_wrong_types_are_named_and_refused(served: Served) -> None:
    for path, good in JSON_ROUTES.items():
        for field in good:
            for bad in WRONG_TYPES:
                body = json.dumps({**good, field: bad})
                answer = await served.ask(
                    "POST", path, data=body, headers={"Content-Type": "application/json"}
                )
                assert answer.status < 500 and answer.status != 405, (path, field, bad, answer)
                if answer.status >= 400:
                    is_refusal(answer, (path, field, bad))


@pytest.mark.parametrize("name", ["index", "revision"])
async def test_numbers_that_are_none(served: Served, name: str) -> None:
    texts = ["--5", "- 5", "+5", "5-", "٣", "0x10", "1e3", "", "-", "9" * 19, "9" * 500, "1_0", "⁵", "nan"]
    for path, (part, good) in FORM_ROUTES.items():
        for text in texts:
            fields = {**good, name: text}
            fields.pop("slot", None)
            answer = await served.send(path, part, [("a.png", png())], **fields)
            assert answer.status < 500, (path, text, answer)
            if path != "/grid_pool/add":
                is_refusal(answer, (path, text))
    for number in (-1, -(2**63), 2**63, 2**200, 10**400, 1.5, True):
        for path in ("/grid_pool/active", "/grid_pool/label", "/grid_pool/clear_mask", "/grid_pool/remove"):
            wrong: dict[str, Any] = {"pool_id": "p", "label": "x", "index": 0, name: number}
            is_refusal(await served.post(path, **wrong), (path, number))


async def test_numbers_in_a_query(served: Served) -> None:
    for text in ("--5", "", "-", "x", "1.5", "9" * 400, "-1", "0"):
        answer = await served.get("/grid_pool/thumb", pool_id="p", slot="img_0001", size=text)
        is_refusal(answer, text)
        assert answer.code == "bad_field"
    for part in ("../image", "IMAGE", "label"):
        answer = await served.get("/grid_pool/thumb", pool_id="p", slot="img_0001", part=part)
        assert (answer.status, answer.code) == (400, "bad_field"), part


BODIES = {
    "empty": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "a text": b'"x"',
    "null": b"null",
    "deep lists": b"[" * 200_000,
    "deep objects": b'{"a":' * 100_000,
    "a closed deep list": b'{"pool_id":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "no UTF-8": b'{"pool_id": "\xff\xfe"}',
    "UTF-16": '{"pool_id": "../.."}'.encode("utf-16"),
    "a long number": b'{"pool_id": ' + b"9" * 100_000 + b"}",
    "NaN": b'{"pool_id": NaN}',
    "infinite": b'{"pool_id": "p", "index": 1e999}',
    "keys twice": b'{"pool_id": "p", "pool_id": ".."}',
    "a lone surrogate": b'{"pool_id": "\\ud800"}',
    "a NUL": b'{"pool_id": "p\\u0000"}',
    "too long": b'{"pool_id": "' + b"a" * (9 * 2**20) + b'"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
async def test_bodies_that_are_no_fields(served: Served, body: bytes) -> None:
    for path in JSON_ROUTES:
        if len(body) > 2**20 and path != "/grid_pool/remove":
            continue
        answer = await served.ask("POST", path, data=body, headers={"Content-Type": "application/json"})
        is_refusal(answer, path)


async def test_paths_below_our_prefix_lead_nowhere(served: Served) -> None:
    tails = [
        "..%2f..%2fkeep.txt",
        "%2e%2e/aside",
        "p/img_0001.png",
        "list%00",
        "list/..%2f",
        "%ff",
        "a" * 4000,
    ]
    for tail in tails:
        for prefix in ("/grid_pool/", "/api/grid_pool/", "/dataset_gates/"):
            head = f"GET {prefix}{tail} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            answer = await served.raw(head)
            assert re.match(rb"HTTP/1.1 40[04] ", answer), (tail, answer[:200])


async def test_encoded_ids_are_decoded_once(served: Served) -> None:
    for text in ("%252e%252e", "..%252faside"):
        head = f"GET /grid_pool/list?pool_id={text} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        assert b"bad_id" in await served.raw(head.encode())
