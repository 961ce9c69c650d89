"""Uploading and viewing files of input, output and temp."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gates.host.process import Answer, HostProcess


def png(size: tuple[int, int] = (8, 6), colour: str = "red", mode: str = "RGB", text: str = "") -> bytes:
    info = PngInfo()
    if text:
        info.add_text("workflow", text)
    out = BytesIO()
    Image.new(mode, size, colour).save(out, "PNG", pnginfo=info)
    return out.getvalue()


def upload(
    host: HostProcess,
    name: str,
    data: bytes,
    path: str = "/api/upload/image",
    fields: Mapping[str, str] | None = None,
) -> Answer:
    edge = secrets.token_hex(8)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in (fields or {}).items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
    parts.append(head.encode() + b"Content-Type: image/png\r\n\r\n" + data + b"\r\n")
    body = b"".join(parts) + f"--{edge}--\r\n".encode()
    return host.request("POST", path, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def test_an_upload_lands_in_input_and_can_be_viewed(shared_host: HostProcess) -> None:
    data = png(colour="blue")
    answer = upload(shared_host, "landed.png", data, fields={"subfolder": "deep/down"})
    assert answer.json() == {"name": "landed.png", "subfolder": "deep/down", "type": "input"}
    assert (shared_host.base / "input/deep/down/landed.png").read_bytes() == data
    viewed = shared_host.get("/api/view?filename=landed.png&subfolder=deep/down&type=input")
    assert viewed.body == data
    assert viewed.headers["content-type"] == "image/png"
    assert viewed.headers["content-disposition"] == 'filename="landed.png"'
    assert viewed.headers["x-content-type-options"] == "nosniff"


def test_one_name_with_other_bytes_gets_a_number(shared_host: HostProcess) -> None:
    first, second = png(colour="red"), png(colour="green")
    names = [
        upload(shared_host, "twice.png", data, fields=fields).json()["name"]
        for data, fields in (
            (first, {}),
            (second, {}),
            (first, {}),
            (second, {"overwrite": "true"}),
        )
    ]
    assert names == ["twice.png", "twice (1).png", "twice.png", "twice.png"]
    assert (shared_host.base / "input/twice.png").read_bytes() == second


@pytest.mark.parametrize("subfolder", ["../..", "/etc", "a/../../b"])
def test_an_upload_cannot_leave_its_folder(shared_host: HostProcess, subfolder: str) -> None:
    before = set(shared_host.base.rglob("*"))
    assert upload(shared_host, "x.png", png(), fields={"subfolder": subfolder}).status == 400
    assert set(shared_host.base.rglob("*")) == before


def test_an_upload_without_a_file_is_refused(shared_host: HostProcess) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert shared_host.request("POST", "/api/upload/image", b"other=text", headers).status == 400
    assert shared_host.request("POST", "/api/upload/mask", b"other=text", headers).status == 400
    assert (
        shared_host.request("POST", "/api/upload/image", b"image=text", headers).status == 500
    )  # as ComfyUI
    assert upload(shared_host, "x.png", png(), fields={"type": "odd"}).status == 500  # as ComfyUI


def test_a_mask_becomes_the_alpha_of_its_original(shared_host: HostProcess) -> None:
    upload(shared_host, "original.png", png((4, 4), "red", text='{"kept": 1}'))
    mask = Image.new("RGBA", (4, 4), (0, 0, 0, 255))
    mask.putpixel((1, 2), (0, 0, 0, 0))
    out = BytesIO()
    mask.save(out, "PNG")
    reference = json.dumps({"filename": "original.png", "type": "input", "subfolder": ""})
    answer = upload(
        shared_host,
        "masked.png",
        out.getvalue(),
        "/api/upload/mask",
        {"original_ref": reference, "subfolder": "clipspace"},
    )
    assert answer.json()["subfolder"] == "clipspace"
    saved = Image.open(shared_host.base / "input/clipspace/masked.png")
    assert saved.getpixel((1, 2)) == (255, 0, 0, 0)
    assert saved.getpixel((0, 0)) == (255, 0, 0, 255)
    assert saved.text["workflow"] == '{"kept": 1}'  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "original",
    [
        {"filename": "../secret.png"},
        {"filename": "/etc/passwd"},
        {"filename": "a.png", "subfolder": "../.."},
        {"filename": "missing.png", "type": "input"},
    ],
)
def test_a_mask_without_an_original_writes_nothing(
    shared_host: HostProcess, original: dict[str, str]
) -> None:
    """ComfyUI answers it like any other."""
    fields = {"original_ref": json.dumps(original)}
    answer = upload(shared_host, "nothing.png", png(), "/api/upload/mask", fields)
    assert answer.json() == {"name": "nothing.png", "subfolder": "", "type": "input"}
    assert not (shared_host.base / "input/nothing.png").exists()


def test_previews_and_channels(shared_host: HostProcess) -> None:
    transparent = Image.new("RGBA", (5, 3), (10, 20, 30, 40))
    out = BytesIO()
    transparent.save(out, "PNG")
    upload(shared_host, "channels.png", out.getvalue())
    address = "/api/view?filename=channels.png&type=input"
    small = shared_host.get(f"{address}&preview=webp;50")
    assert (small.headers["content-type"], opened(small.body).format) == ("image/webp", "WEBP")
    jpeg = shared_host.get(f"{address}&preview=jpeg;50")
    assert opened(jpeg.body).format == "JPEG"
    assert opened(shared_host.get(f"{address}&preview=odd").body).format == "WEBP"
    rgb = opened(shared_host.get(f"{address}&channel=rgb").body)
    assert (rgb.mode, rgb.getpixel((0, 0))) == ("RGB", (10, 20, 30))
    alpha = opened(shared_host.get(f"{address}&channel=a").body)
    assert alpha.getpixel((0, 0)) == (0, 0, 0, 40)


def test_an_annotation_in_the_name_wins(shared_host: HostProcess) -> None:
    (shared_host.base / "output" / "out.png").write_bytes(png())
    assert shared_host.get(f"/api/view?filename={quote('out.png [output]')}&type=input").status == 200


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("filename=nosuch.png&type=input", 404),
        ("filename=../../etc/passwd&type=input", 400),
        ("filename=/etc/passwd&type=input", 400),
        ("filename=&type=input", 400),
        ("filename=a.png&subfolder=../..&type=input", 403),
        ("filename=a.png&subfolder=/etc&type=input", 403),
        ("filename=a.png&type=nosuch", 400),
        ("filename=a%00b.png&type=input", 404),
        ("filename=blake3:00&type=input", 404),
        ("", 404),
    ],
)
def test_what_cannot_be_viewed(shared_host: HostProcess, query: str, status: int) -> None:
    answer = shared_host.get(f"/api/view?{query}")
    assert (answer.status, answer.body) == (status, b"")


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "code.js", "data.xml"])
def test_what_could_run_in_a_page_is_a_download(shared_host: HostProcess, name: str) -> None:
    (shared_host.base / "input" / name).write_text("<script>alert(1)</script>")
    headers = shared_host.get(f"/api/view?filename={name}&type=input").headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == f'attachment; filename="{name}"'


def test_metadata_of_a_model_file(shared_host: HostProcess) -> None:
    folder = shared_host.base / "models" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    header = json.dumps({"__metadata__": {"author": "me"}}).encode()
    (folder / "a.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    (folder / "short.safetensors").write_bytes(b"x")
    get = shared_host.get
    assert get("/api/view_metadata/loras?filename=a.safetensors").json() == {"author": "me"}
    for name in ("short.safetensors", "none.safetensors", "a.txt"):
        assert get(f"/api/view_metadata/loras?filename={name}").status == 404
    assert get("/api/models/loras").json() == ["a.safetensors", "short.safetensors"]
    assert {file["name"] for file in get("/api/experiment/models/loras").json()} == {
        "a.safetensors",
        "short.safetensors",
    }
    assert get("/api/models/nosuch").status == 404


def test_lists_for_the_page(shared_host: HostProcess) -> None:
    get = shared_host.get
    assert "loras" in get("/api/models").json()
    assert {entry["name"] for entry in get("/api/experiment/models").json()}.isdisjoint({"custom_nodes"})
    assert get("/api/embeddings").json() == []
    assert get("/internal/folder_paths").json()["loras"] == [
        str(shared_host.base / place / "loras") for place in ("models", "output")
    ]
    Path(shared_host.base / "output" / "newest.png").write_bytes(png())
    assert get("/internal/files/output").json()[0] == "newest.png [output]"
    assert get("/internal/files/odd").status == 400
    assert "To see the GUI" in get("/internal/logs").json()
    assert get("/internal/logs/raw").json()["entries"]
