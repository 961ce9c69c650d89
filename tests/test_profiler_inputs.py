"""Inputs as they ran: names, links, tensors by shape, a bound, no secrets."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from gates.profiler.inputs import (
    LEFT_OUT,
    MOST_BYTES,
    Redactor,
    described,
    inputs_hash,
    inputs_json,
    is_secret,
)


class Model:
    pass


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.5, 0.5),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        ("text", "text"),
        (["12:3", 0], ["12:3", 0]),
        ([1, "two", [3.0]], [1, "two", [3.0]]),
        ({"a": {"b": [1]}}, {"a": {"b": [1]}}),
        (Model(), "<Model>"),
        ({1, 2}, "<set>"),
        (
            torch.zeros(1, 8, 4),
            {"type": "Tensor", "shape": [1, 8, 4], "dtype": "torch.float32", "device": "cpu"},
        ),
    ],
)
def test_values_become_small_json(value: Any, shown: Any) -> None:
    assert described(value) == shown


def test_what_is_big_is_cut() -> None:
    assert len(described("x" * 10_000)) == 4097
    assert described(list(range(1000)))[-1] == "… 936 more"
    assert described({str(n): n for n in range(100)})["…"] == 36
    deep: Any = 1
    for _ in range(50):
        deep = [deep]
    assert "<list>" in json.dumps(described(deep))


def test_sixteen_kib_and_then_it_says_so() -> None:
    small = inputs_json({"seed": 7, "text": "x"}, Redactor())
    assert json.loads(small) == {"seed": 7, "text": "x"}
    inputs: dict[str, Any] = {f"t{n}": "é" * 2000 for n in range(9)} | {"seed": 7, "model": ["4", 0]}
    text = inputs_json(inputs, Redactor())
    assert len(text.encode()) <= MOST_BYTES
    kept = json.loads(text)
    assert kept["truncated"] is True and kept["seed"] == 7 and kept["model"] == ["4", 0]


def test_surrogates_can_be_written() -> None:
    assert inputs_json({"text": "\ud800"}, Redactor()).encode("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "apiKey",
        "API-KEY",
        "auth_token_comfy_org",
        "api_key_comfy_org",
        "password",
        "hf_token",
        "token",
    ]
    + ["client_secret", "my_credentials", "Authorization", "civitai_token", "accessToken", "private_key"],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "seed",
        "max_tokens",
        "token_normalization",
        "keyframe",
        "text",
        "author",
        "key",
        "monkey",
        "passes",
        "tokens",
    ],
)
def test_names_of_ordinary_inputs(name: str) -> None:
    assert not is_secret(name)


def test_secrets_are_left_out_wherever_they_turn_up() -> None:
    inputs = {"api_key": "sk-123456", "text": "curl -H sk-123456"}
    prompt = {"1": {"inputs": inputs}, "2": {"inputs": None}, "3": 4}
    redactor = Redactor.of(prompt, {"auth_token_comfy_org": "tok-abcdef", "client_id": "visible"})
    shown = json.loads(inputs_json(inputs, redactor))
    assert shown == {"api_key": LEFT_OUT, "text": f"curl -H {LEFT_OUT}"}
    workflow = {"nodes": [{"widgets_values": ["sk-123456", "tok-abcdef", 3]}], "sk-123456": 1, "on": True}
    cleaned = json.dumps(redactor.clean(workflow))
    assert "sk-123456" not in cleaned and "tok-abcdef" not in cleaned and "on" in cleaned


def test_a_link_stays_a_link_whatever_its_name() -> None:
    assert json.loads(inputs_json({"api_key": ["4", 0], "token": ""}, Redactor())) == {
        "api_key": ["4", 0],
        "token": "",
    }


def test_what_comfyui_fills_in_is_no_input() -> None:
    assert json.loads(inputs_json({"prompt": {"1": {}}, "unique_id": "3", "seed": 1}, Redactor())) == {
        "seed": 1
    }


def test_the_hash_follows_values_and_nothing_else() -> None:
    def prompt(**inputs: Any) -> dict[str, Any]:
        return {"1": {"class_type": "A", "inputs": inputs, "_meta": {"title": "x"}}}

    one = inputs_hash(prompt(seed=1, a="x" * 9000))
    assert one == inputs_hash(prompt(a="x" * 9000, seed=1)) and len(one) == 64
    assert one != inputs_hash(prompt(seed=1, a="x" * 8999 + "y"))
    assert one == inputs_hash(
        prompt(seed=1, a="x" * 9000, control_after_generate="randomize", api_key="secret")
    )
    assert inputs_hash({"1": "odd", "2": {"inputs": []}}) != one
