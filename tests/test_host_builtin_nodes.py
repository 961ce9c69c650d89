"""The built-in nodes, run over HTTP; pixels are looked at in the files that come out."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from gates.host.process import HostProcess, PromptRefused


def empty(width: int = 8, height: int = 6, batch: int = 1, color: int = 0) -> dict[str, Any]:
    inputs = {"width": width, "height": height, "batch_size": batch, "color": color}
    return {"class_type": "EmptyImage", "inputs": inputs}


def pictures(host: HostProcess, nodes: dict[str, Any], source: str) -> list[Image.Image]:
    """What a node puts out, as the page would see it."""
    show = {"class_type": "PreviewImage", "inputs": {"images": [source, 0]}}
    entry = host.submit({**nodes, "show": show})
    assert entry["status"]["status_str"] == "success", entry["status"]
    out = []
    for file in entry["outputs"]["show"]["images"]:
        answer = host.get(f"/api/view?filename={file['filename']}&type={file['type']}")
        out.append(Image.open(BytesIO(answer.body)).convert("RGB"))
    return out


def test_empty_image(shared_host: HostProcess) -> None:
    images = pictures(shared_host, {"1": empty(5, 4, 2, 0x3366CC)}, "1")
    assert [(image.size, image.getpixel((0, 0))) for image in images] == [((5, 4), (0x33, 0x66, 0xCC))] * 2


def test_image_invert(shared_host: HostProcess) -> None:
    nodes = {"1": empty(color=0x3366CC), "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}}}
    (image,) = pictures(shared_host, nodes, "2")
    # What is left of 0.8 is a little less than 0.2, and pixels are cut, not rounded.
    assert image.getpixel((0, 0)) == (0xCC, 0x99, 0x32)


@pytest.mark.parametrize("method", ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"])
def test_image_scale_by_each_method(shared_host: HostProcess, method: str) -> None:
    scale = {"upscale_method": method, "width": 16, "height": 10, "crop": "center"}
    nodes = {
        "1": empty(color=0x406080),
        "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0], **scale}},
    }
    (image,) = pictures(shared_host, nodes, "2")
    assert (image.size, image.getpixel((8, 5))) == ((16, 10), (0x40, 0x60, 0x80))


@pytest.mark.parametrize(("width", "height", "size"), [(0, 0, (8, 6)), (16, 0, (16, 12)), (0, 3, (4, 3))])
def test_image_scale_keeps_proportions(
    shared_host: HostProcess, width: int, height: int, size: tuple[int, int]
) -> None:
    scale = {"upscale_method": "area", "width": width, "height": height, "crop": "disabled"}
    nodes = {"1": empty(), "2": {"class_type": "ImageScale", "inputs": {"image": ["1", 0], **scale}}}
    (image,) = pictures(shared_host, nodes, "2")
    assert image.size == size


def test_image_batch_takes_the_first_ones_size(shared_host: HostProcess) -> None:
    batch = {"image1": ["1", 0], "image2": ["2", 0]}
    nodes = {
        "1": empty(8, 6, 1, 0xFF0000),
        "2": empty(20, 20, 2, 0x00FF00),
        "3": {"class_type": "ImageBatch", "inputs": batch},
    }
    images = pictures(shared_host, nodes, "3")
    assert [(image.size, image.getpixel((4, 3))) for image in images] == [
        ((8, 6), (255, 0, 0)),
        ((8, 6), (0, 255, 0)),
        ((8, 6), (0, 255, 0)),
    ]


def test_load_image_reads_what_lies_in_input(shared_host: HostProcess) -> None:
    Image.new("RGB", (7, 5), (1, 2, 3)).save(shared_host.base / "input" / "load me.png")
    nodes = {"1": {"class_type": "LoadImage", "inputs": {"image": "load me.png"}}}
    assert "load me.png" in shared_host.get("/api/object_info/LoadImage").text
    (image,) = pictures(shared_host, nodes, "1")
    assert (image.size, image.getpixel((6, 4))) == ((7, 5), (1, 2, 3))


def test_load_image_runs_again_when_the_file_is_another(shared_host: HostProcess) -> None:
    file = shared_host.base / "input" / "changing.png"
    nodes = {"1": {"class_type": "LoadImage", "inputs": {"image": "changing.png"}}}
    seen = []
    for colour in ((9, 9, 9), (200, 0, 0)):
        Image.new("RGB", (4, 4), colour).save(file)
        seen.append(pictures(shared_host, nodes, "1")[0].getpixel((0, 0)))
    assert seen == [(9, 9, 9), (200, 0, 0)]


def test_load_image_turns_a_photo_upright(shared_host: HostProcess) -> None:
    photo = Image.new("RGB", (6, 3), "white")
    exif = photo.getexif()
    exif[0x0112] = 6
    photo.save(shared_host.base / "input" / "turned.jpg", exif=exif)
    nodes = {"1": {"class_type": "LoadImage", "inputs": {"image": "turned.jpg"}}}
    (image,) = pictures(shared_host, nodes, "1")
    assert image.size == (3, 6)


@pytest.mark.parametrize("name", ["nosuch.png", "../../etc/passwd"])
def test_load_image_refuses_what_is_not_there(shared_host: HostProcess, name: str) -> None:
    nodes = {
        "1": {"class_type": "LoadImage", "inputs": {"image": name}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    with pytest.raises(PromptRefused, match="Invalid image file"):
        shared_host.submit(nodes)


def test_save_image_numbers_its_files_and_puts_the_workflow_inside(host: HostProcess) -> None:
    save = {"images": ["1", 0], "filename_prefix": "job/gen_%width%"}
    nodes = {"1": empty(batch=2), "2": {"class_type": "SaveImage", "inputs": save}}
    workflow = {"nodes": [], "id": "w"}
    first = host.submit(nodes, extra_data={"extra_pnginfo": {"workflow": workflow}})
    assert first["outputs"]["2"]["images"] == [
        {"filename": f"gen_8_0000{number}_.png", "subfolder": "job", "type": "output"} for number in (1, 2)
    ]
    saved = Image.open(host.base / "output/job/gen_8_00001_.png")
    assert json.loads(saved.text["workflow"]) == workflow  # type: ignore[attr-defined]
    assert json.loads(saved.text["prompt"])["1"]["class_type"] == "EmptyImage"  # type: ignore[attr-defined]
    again = host.submit(nodes)
    assert again["outputs"] == first["outputs"]  # nothing changed, so nothing was saved again
    assert len(list((host.base / "output/job").iterdir())) == 2


def test_save_image_outside_of_output_is_an_error_of_the_node(shared_host: HostProcess) -> None:
    save = {"images": ["1", 0], "filename_prefix": "../../out"}
    entry = shared_host.submit({"1": empty(), "2": {"class_type": "SaveImage", "inputs": save}})
    (_, error) = entry["status"]["messages"][-1]
    assert (error["node_type"], error["exception_type"]) == ("SaveImage", "ValueError")
    assert not list(shared_host.base.parent.rglob("out_*"))
