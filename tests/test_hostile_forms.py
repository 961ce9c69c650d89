"""Hostile forms, file names and bodies that break off, over HTTP: refused, and nothing of them stays."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.serving import Answer, Served, outside, png, serving

FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="pool_id"\r\n\r\np\r\n'
FILE = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + png() + b"\r\n"
END = b"--x--\r\n"
FORMS = {
    "no boundary": ("multipart/form-data", PART + FILE + END),
    "an empty boundary": ("multipart/form-data; boundary=", PART + FILE + END),
    "a long boundary": ("multipart/form-data; boundary=" + "x" * 200, PART + FILE + END),
    "another boundary": ("multipart/form-data; boundary=y", PART + FILE + END),
    "no parts": (FORM, END),
    "nothing at all": (FORM, b""),
    "a premature end in a part": (FORM, PART + FILE[:-10]),
    "a premature end in a header": (FORM, PART + FILE[:30]),
    "no end": (FORM, PART[:-2]),
    "a part without a name": (FORM, PART + b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n" + END),
    "a part without a disposition": (FORM, PART + b"--x\r\nX: y\r\n\r\nx\r\n" + END),
    "a disposition that is none": (FORM, b"--x\r\nContent-Disposition: ;;;=\r\n\r\nx\r\n" + END),
    "a header without a colon": (FORM, b"--x\r\nnonsense\r\n\r\nx\r\n" + END),
    "a huge header": (FORM, b"--x\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n" + END),
    "many headers": (FORM, b"--x\r\n" + b"X: y\r\n" * 5_000 + b"\r\nx\r\n" + END),
    "a huge name": (FORM, PART.replace(b"pool_id", b"n" * 50_000) + END),
    "a huge field": (FORM, PART.replace(b"\r\n\r\np", b"\r\n\r\n" + b"p" * 200_000) + FILE + END),
    "thousands of parts": (FORM, PART * 12_000 + FILE + END),
    "a field that is no text": (FORM, PART.replace(b"\r\n\r\np", b"\r\n\r\n\xff\xfe") + FILE + END),
    "a nested form": (
        FORM,
        PART
        + b"--x\r\nContent-Type: multipart/mixed; boundary=z\r\n\r\n--z\r\n\r\nq\r\n--z--\r\n"
        + FILE
        + END,
    ),
    "a nested form without a boundary": (FORM, b"--x\r\nContent-Type: multipart/mixed\r\n\r\nq\r\n" + END),
    "an encoding that is none": (
        FORM,
        PART + b'--x\r\nContent-Transfer-Encoding: rot13\r\nContent-Disposition: form-data; name="image"; '
        b'filename="a"\r\n\r\nx\r\n' + END,
    ),
    "a length that lies": (FORM, PART + FILE.replace(b"\r\n\r\n", b"\r\nContent-Length: 999999\r\n\r\n", 1)),
    "no file": (FORM, PART + END),
    "a file in another part": (FORM, PART + FILE.replace(b'name="image"', b'name="picture"') + END),
    "an image without a file name": (FORM, PART + FILE.replace(b'; filename="a.png"', b"") + END),
    "an empty file": (FORM, PART + FILE.replace(png(), b"") + END),
    "no pool": (FORM, FILE + END),
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


def is_refusal(answer: Answer, where: object) -> None:
    assert 400 <= answer.status < 500, (where, answer)
    assert answer.code is not None and len(answer.data) <= 4096, (where, answer)


@pytest.mark.filterwarnings("ignore::aiohttp.BadContentDispositionHeader")
@pytest.mark.parametrize("case", FORMS.values(), ids=FORMS.keys())
async def test_forms_that_are_none(served: Served, case: tuple[str, bytes]) -> None:
    for path in ("/grid_pool/add", "/grid_pool/replace", "/grid_pool/set_mask", "/grid_pool/profiles/import"):
        answer = await served.ask("POST", path, data=case[1], headers={"Content-Type": case[0]})
        is_refusal(answer, path)
    assert list((served.base / ".staging").iterdir()) == []
    assert len(await served.ids("p")) == 2


FILE_NAMES = (
    b"../../aside/img_0001.png",
    b"..\\..\\aside\\img_0001.png",
    b"/one/aside/img_0001.png",
    b"C:\\one\\aside\\img_0001.png",
    b"\xff\xfe.png",
    b"nul",
    b"con.png",
    b"x" * 5_000,
    "\u202egnp.exe".encode(),
    "日本 \U0001f600.png".encode(),
    b"",
    b".",
    b"..",
    b"a;b=c.png",
    b'a\\"b.png',
)


@pytest.mark.parametrize("name", FILE_NAMES, ids=lambda name: ascii(name[:20]))
async def test_a_file_name_is_only_told(served: Served, name: bytes) -> None:
    """The name that a file had is kept as text; what is stored lies under a name of ours."""
    body = PART + FILE.replace(b"a.png", name) + FILE.replace(b"a.png", name).replace(png(), b"none") + END
    answer = await served.ask("POST", "/grid_pool/add", data=body, headers={"Content-Type": FORM})
    assert answer.status == 200, answer
    kept, refused = answer.body["added"][0]["name"], answer.body["refused"][0]
    assert "/" not in kept and "\\" not in kept.replace('\\"', "") and 0 < len(kept) <= 255
    assert refused["name"] == kept and refused["code"] == "not_an_image"
    assert len(answer.data) <= 4096
    stored = [path.name for path in (served.base / "p").iterdir()]
    assert all(re.fullmatch(r"img_\d+\.png|manifest\..*|\.trash|\.thumbs", one) for one in stored)


RAW = {
    "a broken chunk": b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    "a chunk cut short": b"Transfer-Encoding: chunked\r\n\r\n50\r\n{short",
    "a body cut short": b"Content-Length: 500\r\n\r\n{short",
    "gzip that is none": b"Content-Encoding: gzip\r\nContent-Length: 6\r\n\r\nnonono",
    "deflate that is none": b"Content-Encoding: deflate\r\nContent-Length: 6\r\n\r\nnonono",
    "an unknown encoding": b"Content-Encoding: rot13\r\nContent-Length: 2\r\n\r\n{}",
}


@pytest.mark.parametrize("rest", RAW.values(), ids=RAW.keys())
@pytest.mark.parametrize("kind", ["application/json", FORM])
async def test_requests_that_break_off(served: Served, kind: str, rest: bytes) -> None:
    for path in ("/grid_pool/remove", "/grid_pool/add", "/grid_pool/profiles/import"):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\n"
        answer = await served.raw(head.encode() + rest, hang_up=b"short" in rest)
        assert answer == b"" or re.match(rb"HTTP/1.[01] 4\d\d ", answer), answer[:300]
    assert list((served.base / ".staging").iterdir()) == []
