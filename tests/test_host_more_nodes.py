"""Masks, shapes and values among the built-in nodes; the pixels are those of ComfyUI 0.29.0."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from gates.host.builtin_nodes import masks, shaping, values
from gates.host.builtin_nodes.simple import SimpleNode
from gates.host.process import HostProcess

Tensor = torch.Tensor


def image(height: int = 4, width: int = 6, channels: int = 3) -> Tensor:
    count = height * width * channels
    return (torch.arange(count).reshape(1, height, width, channels) % 256) / 255.0


def one(result: tuple[Any, ...]) -> Tensor:
    (found,) = result
    assert isinstance(found, Tensor)
    return found


def test_masks_and_images_turn_into_each_other() -> None:
    mask = torch.tensor([[0.0, 1.0], [0.5, 0.25]])
    picture = one(masks.mask_to_image(mask))
    assert picture.shape == (1, 2, 2, 3)
    assert torch.equal(one(masks.image_to_mask(picture, "blue"))[0], mask)
    assert one(masks.invert_mask(mask))[0, 1] == 0.0
    assert one(masks.threshold_mask(mask, 0.25)).tolist() == [[0, 1], [1, 0]]
    assert one(masks.crop_mask(mask, 1, 0, 9, 1)).tolist() == [[[1.0]]]
    assert one(masks.solid_mask(0.25, 3, 2)).tolist() == [[[0.25] * 3] * 2]


def test_alpha_joins_and_splits() -> None:
    mask = torch.zeros(2, 2, 3)
    mask[:, :, 0] = 1.0
    joined = one(masks.join_alpha(image(), mask))
    assert joined.shape == (2, 4, 6, 4)  # the mask is stretched to the image, the image repeated for the mask
    assert joined[0, 0, :, 3].tolist()[::5] == [0.0, 1.0]
    pixels, back = masks.split_alpha(joined)
    assert torch.equal(pixels[1], image()[0])
    assert back[0, 0].tolist()[::5] == [1.0, 0.0]
    assert masks.split_alpha(image())[1].sum() == 0


def test_cropping_starts_within_the_image() -> None:
    assert one(shaping.crop(image(), 3, 2, 1, 1)).shape == (1, 2, 3, 3)
    assert one(shaping.crop(image(), 10, 100, 5, 500)).shape == (1, 1, 1, 3)


@pytest.mark.parametrize(
    ("factor", "size"), [(0.5, (2, 3)), (0.33, (1, 2)), (2.0, (8, 12))], ids=["half", "third", "double"]
)
def test_scaling_by(factor: float, size: tuple[int, int]) -> None:
    assert one(shaping.scale_by(image(), "area", factor)).shape[1:3] == size


def test_scaling_to_a_number_of_pixels() -> None:
    assert one(shaping.scale_to_pixels(image(30, 40), "area", 0.02, 8)).shape[1:3] == (128, 168)


def test_turning_and_flipping() -> None:
    first, last = image()[0, 0, 0], image()[0, 0, 5]
    turned = one(shaping.turn(image(), "90 degrees"))
    assert turned.shape == (1, 6, 4, 3)
    assert torch.equal(turned[0, 0, 3], first)
    assert torch.equal(turned[0, 5, 3], last)
    assert torch.equal(one(shaping.turn(image(), "none")), image())
    assert torch.equal(one(shaping.flip(image(), "x-axis: vertically"))[0, 3, 0], first)
    assert torch.equal(one(shaping.flip(image(), "y-axis: horizontally"))[0, 0, 5], first)


@pytest.mark.parametrize(
    ("index", "length", "found"), [(0, 2, [0, 1]), (-1, 5, [2]), (7, 1, [2]), (-9, 1, [0])], ids=str
)
def test_picking_from_a_batch(index: int, length: int, found: list[int]) -> None:
    batch = torch.arange(3).reshape(3, 1, 1, 1).float()
    assert one(shaping.pick(batch, index, length)).flatten().tolist() == found
    assert one(shaping.repeat(batch, 2)).flatten().tolist() == [0, 1, 2, 0, 1, 2]


def test_blurring_keeps_what_is_even() -> None:
    even = torch.full((1, 9, 9, 3), 0.25)
    assert torch.allclose(one(shaping.blur(even, 4, 1.0)), even)
    point = torch.zeros(1, 9, 9, 1)
    point[0, 4, 4, 0] = 1.0
    blurred = one(shaping.blur(point, 1, 1.0))
    # The eight around it and itself share it: 1, exp(-1/2) four times, exp(-1) four times.
    assert blurred[0, 4, 4, 0].item() == pytest.approx(0.20418, abs=1e-4)
    assert blurred[0, 4, 5, 0].item() == pytest.approx(0.12384, abs=1e-4)
    assert blurred.sum().item() == pytest.approx(1.0)


def test_padding_for_outpainting() -> None:
    picture, mask = shaping.pad_for_outpaint(torch.ones(1, 10, 12, 3), 8, 0, 0, 4, 4)
    assert (picture.shape, mask.shape) == ((1, 14, 20, 3), (1, 14, 20))
    assert picture[0, 0, :, 0].tolist()[::8] == [0.5, 1.0, 1.0]
    assert [mask[0, 0, x].item() for x in (7, 8, 19)] == [1.0, 1.0, 0.0]
    assert mask[0, 0, 10].item() == pytest.approx(((4 - 2) / 4) ** 2)
    assert mask[0, 9, 19].item() == pytest.approx(((4 - 1) / 4) ** 2)  # the last row is one away from the pad
    assert shaping.pad_for_outpaint(torch.ones(1, 10, 12, 3), 8, 0, 0, 4, 5)[1][0, :10, 8:].sum() == 0


def test_compositing_cuts_what_reaches_beyond() -> None:
    ground, patch = torch.zeros(1, 4, 4, 3), torch.ones(1, 3, 3, 3)
    laid = one(shaping.composite(ground, patch, 3, 2, False))
    assert laid.sum() == 2 * 1 * 3
    assert ground.sum() == 0
    assert one(shaping.composite(ground, patch, 9, 0, False)).sum() == 0
    half = one(shaping.composite(ground, patch, 0, 0, True, torch.full((2, 2), 0.5)))
    assert torch.equal(half, torch.full((1, 4, 4, 3), 0.5))


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("t", "t"),
        (True, "True"),
        (None, "None"),
        (1.5, "1.5"),
        ([1, {"b": None}], json.dumps([1, {"b": None}], indent=4)),
        (torch.zeros(1), "tensor([0.])"),
    ],
)
def test_anything_is_shown_as_text(source: Any, text: str) -> None:
    assert values.as_text(source) == {"ui": {"text": (text,)}, "result": (text,)}


def test_every_node_describes_itself(shared_host: HostProcess) -> None:
    known = shared_host.get("/api/object_info").json()
    described: tuple[SimpleNode, ...] = (*masks.NODES, *shaping.NODES, *values.NODES)
    for node in described:
        assert known[node.name]["display_name"] == node.display_name
        assert known[node.name]["python_module"] == node.module
    assert known["GetImageSize"]["output_name"] == ["width", "height", "batch_size"]
    assert known["LoadImageMask"]["input_order"] == {"required": ["image", "channel"]}
    assert known["LoadImageOutput"]["input"]["required"]["image"][0] == "COMBO"
    assert known["PrimitiveInt"]["input"]["required"]["value"][1]["control_after_generate"] == "fixed"


def test_values_run_through_a_prompt(shared_host: HostProcess) -> None:
    prompt = {
        "1": {"class_type": "PrimitiveInt", "inputs": {"value": 24}},
        "2": {
            "class_type": "EmptyImage",
            "inputs": {"width": ["1", 0], "height": 8, "batch_size": 3, "color": 0},
        },
        "3": {"class_type": "GetImageSize", "inputs": {"image": ["2", 0]}},
        "4": {"class_type": "PreviewAny", "inputs": {"source": ["3", 0]}},
        "5": {"class_type": "PreviewAny", "inputs": {"source": ["3", 2]}},
    }
    outputs = shared_host.submit(prompt)["outputs"]
    assert (outputs["4"], outputs["5"]) == ({"text": ["24"]}, {"text": ["3"]})
