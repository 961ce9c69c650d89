"""Files down and up: every name is data, a file is whole or not there, nothing is overwritten unasked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.client import Client, Limits, Output, Uploaded
from gates.errors import (
    AnswerTooLarge,
    BadAnswer,
    GatesError,
    HostileName,
    NoAnswer,
    OutputCut,
    OutputExists,
    OutputGone,
    ServerFailed,
    StorageFailed,
    Unreachable,
    UploadRefused,
)
from tests.scripted_behaviour import answers, cuts, ends_early, stalls, streams
from tests.scripted_server import IMAGE, ScriptedServer, serving

QUICK = Limits(backoff=0.01, longest_pause=0.05, retries=2)
OUTPUT = Output("2", "images", "a.png", "sub/deeper", "temp")
LEVELS = "one/two/three/four/files"


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """A folder several levels deep, so that a name that climbs stays in the test's own folder."""
    folder = tmp_path / LEVELS
    folder.mkdir(parents=True)
    return folder


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@asynccontextmanager
async def speaking(limits: Limits = QUICK) -> AsyncIterator[tuple[ScriptedServer, Client]]:
    async with serving() as server, Client(server.url, limits=limits) as client:
        yield server, client


async def test_a_file_is_asked_for_with_its_type_and_folder(into: Path) -> None:
    async with speaking() as (server, client):
        assert await client.download(OUTPUT, into) == into / "a.png"
    assert (into / "a.png").read_bytes() == IMAGE
    assert server.queries[-1] == {"filename": "a.png", "subfolder": "sub/deeper", "type": "temp"}


async def test_a_folder_is_made_and_a_name_can_be_chosen(into: Path) -> None:
    async with speaking() as (_, client):
        await client.download(OUTPUT, into / "new" / "folder", name="mine.png")
    assert everything(into) == ["new/folder/mine.png"]


HOSTILE = (
    "../a.png", "..", ".", "", "/etc/a.png", "a/b.png", "..\\a.png", "C:\\a.png", "C:a.png",
    "\\\\host\\a.png",
    "a\0.png", "a\n.png", "con", "NUL.png", "com1.txt", "aux.", "a.png:stream", "a.png ", "a.png.", "x" * 300,
    "é" * 200, "\ud800.png", "a?.png", "a*.png", "%2e%2e/a.png", "~/a.png",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:20])
async def test_a_hostile_name_becomes_no_file(name: str, into: Path, tmp_path: Path) -> None:
    output = replace(OUTPUT, filename=name)
    async with speaking() as (_, client):
        with pytest.raises((HostileName, OutputGone) if not name else HostileName):
            await client.download(output, into)
    assert everything(tmp_path) == []


async def test_a_hostile_name_can_be_replaced(into: Path) -> None:
    async with speaking() as (server, client):
        await client.download(replace(OUTPUT, filename="a/../b?.png"), into, name="b.png")
        assert server.queries[-1]["filename"] == "a/../b?.png"
    assert everything(into) == ["b.png"]


async def test_a_link_out_of_the_folder_is_not_followed(into: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.png").write_bytes(b"kept")
    os.symlink(tmp_path / "outside" / "b.png", into / "a.png")
    async with speaking() as (_, client):
        with pytest.raises(HostileName):
            await client.download(OUTPUT, into, overwrite=True)
    assert (tmp_path / "outside" / "b.png").read_bytes() == b"kept"


@pytest.mark.parametrize("name", ["a.png", "A.PNG"])
async def test_nothing_is_overwritten_unasked(name: str, into: Path) -> None:
    (into / name).write_bytes(b"kept")
    async with speaking() as (server, client):
        with pytest.raises(OutputExists, match="is there already"):
            await client.download(OUTPUT, into)
        assert server.requests == [], "it is not even fetched"
    assert {path.name: path.read_bytes() for path in into.iterdir()} == {name: b"kept"}


async def test_a_file_that_appears_meanwhile_is_kept(into: Path) -> None:
    async def appears(server: ScriptedServer, request: Any) -> None:
        (into / "a.png").write_bytes(b"kept")

    async with speaking() as (server, client):
        server.fault("GET /view", appears)
        with pytest.raises(OutputExists):
            await client.download(OUTPUT, into)
    assert {path.name: path.read_bytes() for path in into.iterdir()} == {"a.png": b"kept"}


async def test_overwriting_when_told(into: Path) -> None:
    (into / "a.png").write_bytes(b"old")
    async with speaking() as (_, client):
        await client.download(OUTPUT, into, overwrite=True)
    assert (into / "a.png").read_bytes() == IMAGE
    assert everything(into) == ["a.png"]


SMALL = replace(QUICK, file_bytes=1000)
IMPATIENT = replace(QUICK, transfer=0.5, answer=0.4)
TROUBLES = (
    ("ends early", ends_early(b"half", 8), OutputCut, QUICK),
    ("ends early, in pieces", streams(b"x", chunks=3, abort=True), OutputCut, QUICK),
    ("is gone", answers(404), OutputGone, QUICK),
    ("is refused", answers(400), ServerFailed, QUICK),
    ("is announced too large", ends_early(b"", 10**9), AnswerTooLarge, SMALL),
    ("has no end", streams(b"x" * 100), AnswerTooLarge, SMALL),
    ("comes by drops", streams(b"x", 0.05), NoAnswer, IMPATIENT),
    ("stalls", stalls, NoAnswer, IMPATIENT),
    ("comes packed", answers(200, b"x" * 20, Content_Encoding="gzip"), BadAnswer, QUICK),
    ("breaks off every time", cuts, Unreachable, QUICK),
    ("is a redirect without end", answers(302, Location="/view"), BadAnswer, QUICK),
    ("is a redirect to a file of ours", answers(302, Location="file:///etc/hostname"), BadAnswer, QUICK),
)


@pytest.mark.parametrize(("name", "fault", "error", "limits"), TROUBLES, ids=[row[0] for row in TROUBLES])
async def test_a_file_that(
    name: str, fault: Any, error: type[GatesError], limits: Limits, into: Path, tmp_path: Path
) -> None:
    async with speaking(limits) as (server, client):
        server.fault("GET /view", forever=fault)
        with pytest.raises(error):
            await client.download(OUTPUT, into)
    assert everything(tmp_path) == [], "nothing is left"


@pytest.mark.parametrize("fault", [cuts, answers(503), ends_early(b"h", 4)], ids=["cut", "503", "short"])
async def test_a_file_is_fetched_again(fault: Any, into: Path) -> None:
    async with speaking() as (server, client):
        server.fault("GET /view", fault)
        await client.download(OUTPUT, into)
        assert server.count("GET", "/view") == 2
    assert (into / "a.png").read_bytes() == IMAGE


async def test_a_folder_that_cannot_be_made(into: Path) -> None:
    (into / "taken").write_bytes(b"")
    async with speaking() as (server, client):
        with pytest.raises(StorageFailed, match="cannot be written"):
            await client.download(OUTPUT, into / "taken" / "below")
        assert server.requests == []


async def test_a_text_is_no_file(into: Path) -> None:
    async with speaking() as (_, client):
        with pytest.raises(HostileName):
            await client.download(Output("2", "text", text="hello"), into)
        with pytest.raises(OutputGone, match=r"Read output\.text"):
            await client.download(Output("2", "text", text="hello"), into, name="a.txt")


async def test_another_host_gets_no_header_of_ours(into: Path) -> None:
    ours = {"Authorization": "Bearer x", "Cookie": "a=b", "Comfy-User": "u", "X-Key": "secret"}
    async with serving() as elsewhere, serving() as server:
        server.fault("GET /view", answers(302, Location=f"{elsewhere.url}/other", Set_Cookie="c=d"))
        elsewhere.fault("GET /other", answers(200, b"theirs"))
        async with Client(server.url, limits=QUICK, headers=ours) as client:
            await client.download(OUTPUT, into)
            await client.download(OUTPUT, into, name="again.png")
    assert (into / "a.png").read_bytes() == b"theirs"
    assert server.headers[0].items() >= ours.items()
    assert not {"authorization", "cookie", "comfy-user", "x-key"} & {
        key.lower() for key in elsewhere.headers[0]
    }
    assert server.headers[1]["Cookie"] == "a=b", "and what others set does not come back"


async def test_redirects_within_the_server_keep_headers(into: Path) -> None:
    async with serving() as server, Client(server.url, limits=QUICK, headers={"X-Key": "k"}) as client:
        server.fault("GET /view", answers(302, Location="/moved?x=1"))
        server.fault("GET /moved", answers(200, b"here"))
        await client.download(OUTPUT, into)
    assert (into / "a.png").read_bytes() == b"here"
    assert server.headers[1]["X-Key"] == "k"


# --- up ------------------------------------------------------------------------------------------------


async def test_upload_of_a_file_and_of_bytes(into: Path) -> None:
    (into / "näme ü.png").write_bytes(IMAGE)
    async with speaking() as (server, client):
        assert await client.upload(into / "näme ü.png") == Uploaded("given.png", "s", "input")
        await client.upload(b"bytes", name="b.png", subfolder="x", type="temp", overwrite=True)
    first, second = server.uploads
    assert first == {"type": "input", "subfolder": "", "image": ("näme ü.png", IMAGE)}
    assert second == {"type": "temp", "subfolder": "x", "overwrite": "true", "image": ("b.png", b"bytes")}


async def test_what_an_upload_is_called_in_a_workflow() -> None:
    assert Uploaded("a.png", "", "input").value == "a.png"
    assert Uploaded("a.png", "s", "temp").value == "s/a.png [temp]"


@pytest.mark.parametrize("status", [400, 413])
async def test_an_upload_that_is_refused(status: int) -> None:
    async with speaking() as (server, client):
        server.fault("POST /upload/image", forever=answers(status))
        with pytest.raises(UploadRefused, match="does not take 'b.png'"):
            await client.upload(b"x" * 300_000, name="b.png")


@pytest.mark.parametrize("name", [None, "", "a\r\nX: y"])
async def test_an_upload_without_a_name(name: str | None) -> None:
    async with speaking() as (_, client):
        with pytest.raises(UploadRefused, match="names no file"):
            await client.upload(b"x", name=name)


async def test_an_upload_is_sent_again_after_a_broken_line() -> None:
    async with speaking() as (server, client):
        server.fault("POST /upload/image", cuts, answers(429))
        await client.upload(b"x", name="b.png")
        assert server.count("POST", "/upload") == 3
