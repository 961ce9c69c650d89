"""`NODE.INPUT=VALUE`: which node is meant, what the value is, and what is said where nothing fits."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.errors import BadSetting, NotAWorkflow
from gates.workflow import apply

PROMPT: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 1, "cfg": 7.5, "model": ["4", 0]},
        "_meta": {"title": "Sampler"},
    },
    "4": {"class_type": "Loader", "inputs": {"name": "a.safetensors", "strong": False}},
    "12:6": {
        "class_type": "Text",
        "inputs": {"text": "a cat", "size.width": 8},
        "_meta": {"title": "v1.5 = best"},
    },
    "12:7": {"class_type": "Text", "inputs": {"text": "", "list": None}, "_meta": {"title": "4"}},
}


@pytest.mark.parametrize(
    ("setting", "node", "input", "value"),
    [
        ("3.seed=7", "3", "seed", 7),
        ("3.seed=18446744073709551615", "3", "seed", 18446744073709551615),
        ("Sampler.cfg=8.25", "3", "cfg", 8.25),
        ("KSampler.cfg=abc", "3", "cfg", "abc"),
        ("Loader.strong=true", "4", "strong", True),
        ("4.name=7", "4", "name", "7"),
        ("4.name=", "4", "name", ""),
        ("4.name=a=b.c", "4", "name", "a=b.c"),
        ("12:6.text=a dog, {red|blue}", "12:6", "text", "a dog, {red|blue}"),
        ("12:6.size.width=9", "12:6", "size.width", 9),
        ("v1.5 = best.text=x", "12:6", "text", "x"),
        ("v1.5 = best.size.width=10", "12:6", "size.width", 10),
        ("12:7.list=[1, 2]", "12:7", "list", {"__value__": [1, 2]}),
        ('12:7.list=["4", 0]', "12:7", "list", ["4", 0]),
        ('12:7.list=["5", 0]', "12:7", "list", {"__value__": ["5", 0]}),
        ('12:7.list={"a": [1]}', "12:7", "list", {"a": [1]}),
        ("12:7.list=NaN", "12:7", "list", "NaN"),
        ("12:7.list=null", "12:7", "list", None),
        ("3.model=none", "3", "model", "none"),
    ],
)
def test_one_input_of_one_node_is_set(setting: str, node: str, input: str, value: Any) -> None:
    before = copy.deepcopy(PROMPT)
    done = apply(PROMPT, [setting])
    assert done[node]["inputs"].pop(input) == value
    expected = copy.deepcopy(PROMPT)
    del expected[node]["inputs"][input]
    assert done == expected
    assert before == PROMPT


def test_settings_are_applied_in_their_order() -> None:
    assert apply(PROMPT, ["3.seed=1", "3.seed=2"])["3"]["inputs"]["seed"] == 2
    assert apply(PROMPT, []) == PROMPT


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("seed", "“seed” is not NODE.INPUT=VALUE, as in 3.seed=7"),
        ("seed=7", "“seed=7” is not NODE.INPUT=VALUE, as in 3.seed=7"),
        ("3.seed", "“3.seed” is not NODE.INPUT=VALUE, as in 3.seed=7"),
        ("3.sede=7", "“3.sede=7”: node 3 has no input sede; it has seed, cfg, model"),
        ("Text.text=x", "“Text.text=x”: 2 nodes are called Text; name one by its id: 12:6, 12:7"),
        (
            "9.seed=7",
            "“9.seed=7”: there is no node 9; there are 3 (Sampler), 4 (Loader), 12:6 (v1.5 = best), 12:7 (4)",
        ),
    ],
)
def test_what_fits_no_node_is_said(setting: str, sentence: str) -> None:
    with pytest.raises(BadSetting) as caught:
        apply(PROMPT, [setting])
    assert str(caught.value) == sentence
    assert caught.value.code == "bad_setting"
    assert caught.value.data == {"setting": setting}


def test_an_id_goes_before_a_title() -> None:
    assert apply(PROMPT, ["4.name=b"])["4"]["inputs"]["name"] == "b"


def test_only_prompts_are_set() -> None:
    with pytest.raises(NotAWorkflow):
        apply({"nodes": []}, ["1.a=2"])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ids=st.lists(NAMES, min_size=1, max_size=4, unique=True), input=NAMES, value=JSON, text=st.text())
def test_what_is_written_comes_back(ids: list[str], input: str, value: Any, text: str) -> None:
    """Any id and any input can be named; a value written as JSON is that value, a text that text."""
    prompt = {id: {"class_type": "Any", "inputs": {input: None, "text": "old"}} for id in ids}
    try:
        done = apply(prompt, [f"{ids[0]}.{input}={json.dumps(value)}", f"{ids[0]}.text={text}"])
    except BadSetting:  # names made of dots and equals signs can be read in two ways
        assert {".", "="} & set("".join(ids) + input)
        return
    if {".", "="} & set("".join(ids) + input):
        return
    inputs = done[ids[0]]["inputs"]
    if input != "text":
        expected = {"__value__": value} if isinstance(value, list) else value
        is_link = isinstance(value, list) and inputs[input] == value
        assert is_link or inputs[input] == expected
    assert inputs["text"] == text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(st.sampled_from('34.=: KSampleredtx1v5best[{"')))
def test_no_setting_breaks_it(setting: str) -> None:
    try:
        apply(PROMPT, [setting])
    except BadSetting as error:
        assert len(str(error)) <= 600
