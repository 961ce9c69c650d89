"""Routes that the page and its panels ask now and then; the facts are those of ComfyUI 0.29.0."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gates.host.process import HostProcess

KINDS = [
    "checkpoints",
    "configs",
    "loras",
    "vae",
    "text_encoders",
    "diffusion_models",
    "clip_vision",
    "style_models",
    "embeddings",
    "diffusers",
    "vae_approx",
    "controlnet",
    "gligen",
    "upscale_models",
    "latent_upscale_models",
    "custom_nodes",
    "datasets",
    "hypernetworks",
    "photomaker",
    "classifiers",
    "model_patches",
    "audio_encoders",
    "background_removal",
    "frame_interpolation",
    "geometry_estimation",
    "optical_flow",
    "detection",
]


def test_the_kinds_of_models_and_their_order(shared_host: HostProcess) -> None:
    assert shared_host.get("/api/models").json() == KINDS


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/assets"),
        ("POST", "/api/assets"),
        ("HEAD", "/api/assets/hash/abc"),
        ("DELETE", "/api/assets/a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("GET", "/api/tags"),
    ],
)
def test_assets_are_switched_off(shared_host: HostProcess, method: str, path: str) -> None:
    answer = shared_host.request(method, path)
    assert answer.status == 503
    if method != "HEAD":
        assert answer.json()["error"]["code"] == "SERVICE_DISABLED"


def test_an_asset_without_an_id_is_no_address(shared_host: HostProcess) -> None:
    assert shared_host.get("/api/assets/x").status == 404


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("loras/0/named.safetensors", 200),
        ("loras/0/other.safetensors", 200),
        ("loras/0/nothing.safetensors", 404),
        ("loras/9/named.safetensors", 404),
        ("loras/-1/named.safetensors", 404),
        ("loras/x/named.safetensors", 400),
        ("nothing/0/named.safetensors", 404),
        ("loras/0/..%2F..%2Fnamed.safetensors", 403),
    ],
)
def test_the_picture_beside_a_model(shared_host: HostProcess, place: str, status: int) -> None:
    loras = shared_host.base / "models/loras"
    loras.mkdir(parents=True, exist_ok=True)
    for name in ("named.png", "other.preview.jpg"):
        Image.new("RGB", (4, 4), "red").save(loras / name)
    answer = shared_host.get(f"/api/experiment/models/preview/{place}")
    assert answer.status == status
    if status == 200:
        assert Image.open(BytesIO(answer.body)).format == "WEBP"


def test_templates_are_an_empty_list(shared_host: HostProcess) -> None:
    assert shared_host.get("/templates/index.json").json() == []
    assert shared_host.get("/templates/index_logo.json").json() == {}
    assert shared_host.get("/templates/fuse_options.json").json() is None
    assert shared_host.get("/templates/index.zh.json").status == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/queue", b"[]", 200),
        ("/api/history", b"[]", 200),
        ("/api/queue", b"null", 500),
        ("/api/queue", b"", 500),
        ("/api/queue", b'{"delete": 5}', 500),
        ("/api/queue", b'{"delete": "abc"}', 200),
        ("/api/interrupt", b"", 200),
        ("/api/interrupt", b"[]", 500),
        ("/api/free", b"{}", 200),
        ("/api/settings", b"[1]", 500),
    ],
)
def test_bodies_that_nobody_sends(shared_host: HostProcess, path: str, body: bytes, status: int) -> None:
    assert shared_host.request("POST", path, body).status == status


def test_a_file_is_no_folder_for_user_data(shared_host: HostProcess) -> None:
    assert shared_host.request("POST", "/api/userdata/plain.txt", b"x").status == 200
    answer = shared_host.request("POST", "/api/userdata/plain.txt%2Fchild", b"x")
    assert (answer.status, answer.body) == (400, b"")


def test_no_status_is_not_every_status(shared_host: HostProcess) -> None:
    """`status=` asks for every job, `status=,` names none."""
    empty = {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 7}}
    shared_host.submit({"1": empty, "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}})
    assert shared_host.get("/api/jobs?status=").json()["pagination"]["total"] >= 1
    assert shared_host.get("/api/jobs?status=,").json()["pagination"]["total"] == 0


def value(kind: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": kind, "inputs": inputs}


def test_file_names_of_batches(shared_host: HostProcess) -> None:
    prompt = {
        "1": value("EmptyImage", width=16, height=8, batch_size=2, color=1),
        "2": value("SaveImage", images=["1", 0], filename_prefix="n%batch_num%/%width%x%height%_%batch_num%"),
    }
    shown = shared_host.submit(prompt)["outputs"]["2"]["images"]
    assert [(file["subfolder"], file["filename"]) for file in shown] == [
        ("n%batch_num%", "16x8_0_00001_.png"),
        ("n%batch_num%", "16x8_1_00002_.png"),
    ]
    assert Path(shared_host.base / "output" / shown[0]["subfolder"] / shown[0]["filename"]).is_file()
    assert json.loads(Image.open(shared_host.base / "output/n%batch_num%/16x8_0_00001_.png").info["prompt"])
