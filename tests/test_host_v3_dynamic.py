"""Inputs that come and go with what a prompt sends, as ComfyUI 0.29.0 has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gates.host.process import HostProcess
from gates.host.running.dynamic_inputs import CHOICE, GROWING, SLOT, Dynamic, expanded, nested
from tests.v3_graphs import node, show, text

if TYPE_CHECKING:
    from tests.conftest import Play

INNER = ("INT", {"max": 5})
GROWS = (GROWING, {"template": {"input": {"required": {"one": INNER}}, "prefix": "n", "min": 1, "max": 3}})
CHOOSES = (
    CHOICE,
    {
        "options": [
            {"key": "a", "inputs": {"required": {"x": INNER}}},
            {"key": "b", "inputs": {"required": {"x": GROWS}, "optional": {"y": INNER}}},
        ]
    },
)


def test_a_list_grows_to_what_was_sent() -> None:
    declared, dynamic = expanded({"required": {"g": GROWS}}, {"g.n0": 1, "g.n2": 3})
    assert declared == {"required": {"g.n0": INNER}, "optional": {"g.n1": INNER, "g.n2": INNER}}
    assert dynamic == Dynamic({"g.n0": "g.n0", "g.n2": "g.n2"})
    assert nested({"g.n0": 1, "g.n2": 3, "z": 4}, dynamic) == {"g": {"n0": 1, "n2": 3}, "z": 4}


def test_a_list_that_got_nothing_is_empty() -> None:
    _, dynamic = expanded({"optional": {"g": GROWS}}, {})
    assert dynamic == Dynamic({"g": "g"}, frozenset({"g"}))
    assert nested({}, dynamic) == {"g": {}}


def test_a_choice_brings_its_inputs() -> None:
    declared, dynamic = expanded({"required": {"c": CHOOSES}}, {"c": "a", "c.x": 2})
    assert declared == {"required": {"c.x": INNER, "c": CHOOSES}, "optional": {}}
    assert nested({"c": "a", "c.x": 2}, dynamic) == {"c": {"x": 2, "c": "a"}}
    pairs = nested({"c": "a", "c.x": None}, dynamic, with_names=True)
    assert pairs == {"c": {"x": (None, "c.x"), "c": ("a", "c")}}


def test_a_choice_within_reach_of_a_list() -> None:
    declared, dynamic = expanded({"required": {"c": CHOOSES}}, {"c": "b", "c.x.n1": 7})
    assert list(declared["required"]) == ["c.x.n0", "c"]
    assert list(declared["optional"]) == ["c.x.n1", "c.x.n2", "c.y"]
    assert nested({"c": "b", "c.x.n1": 7}, dynamic) == {"c": {"x": {"n1": 7}, "y": None, "c": "b"}}


@pytest.mark.parametrize("live", [{}, {"c": "unknown"}, {"c.x": 1}])
def test_a_choice_that_was_not_made_is_not_there(live: dict[str, Any]) -> None:
    assert expanded({"required": {"c": CHOOSES}}, live) == ({"required": {}, "optional": {}}, Dynamic())


def test_a_slot_brings_its_inputs_once_it_has_something() -> None:
    slot = (SLOT, {"inputs": {"required": {"x": INNER}}})
    assert expanded({"optional": {"s": slot}}, {})[0] == {"required": {}, "optional": {}}
    declared, _ = expanded({"optional": {"s": slot}}, {"s": 1})
    assert declared == {"required": {"s.x": INNER}, "optional": {"s": slot}}


@pytest.mark.parametrize(
    ("class_type", "inputs", "shown"),
    [
        (
            "V3Grow",
            {"texts.text0": "a", "texts.text1": "b", "texts.text3": "d", "numbers.x": 4},
            [{"text0": "a", "text1": "b", "text3": "d"}, {"x": 4}],
        ),
        ("V3Grow", {"texts.text0": "a", "texts.text1": "b"}, [{"text0": "a", "text1": "b"}, {}]),
        ("V3Choose", {"kind": "word", "kind.word": "w"}, [{"word": "w", "kind": "word"}, "o"]),
        (
            "V3Choose",
            {"kind": "nested", "kind.inner": "deep", "kind.inner.depth": 2},
            [{"inner": {"depth": 2, "inner": "deep"}, "kind": "nested"}, "o"],
        ),
        ("V3Choose", {"kind": "none", "kind.word": "left over"}, [{"kind": "none"}, "o"]),
        ("V3ChooseSeen", {"kind": "word", "kind.word": "ok"}, {"word": "ok", "kind": "word"}),
        ("V3Slot", {}, None),
        ("V3Slot", {"slot": "s", "slot.amount": 2}, {"amount": 2, "slot": "s"}),
    ],
)
def test_what_the_node_gets(play_v3: Play, class_type: str, inputs: dict[str, Any], shown: Any) -> None:
    more = {"other": "o"} if class_type == "V3Choose" else {}
    played = play_v3({"1": node(class_type, **inputs, **more), "2": show("1")})
    assert json.loads(played.shown["2"][0].removeprefix("2:")) == shown


@pytest.mark.parametrize(
    ("class_type", "inputs", "reasons"),
    [
        (
            "V3Grow",
            {},
            {("required_input_missing", "text0"), ("required_input_missing", "text1")},
        ),
        ("V3Choose", {"kind": "size", "kind.width": 3}, {("required_input_missing", "height")}),
        (
            "V3Choose",
            {"kind": "size", "kind.width": 30, "kind.height": 1},
            {("value_bigger_than_max", "kind.width")},
        ),
        (
            "V3Choose",
            {"kind": "nested", "kind.inner": "deep"},
            {("required_input_missing", "depth")},
        ),
        ("V3Slot", {"slot": "s", "slot.amount": 9}, {("value_bigger_than_max", "slot.amount")}),
    ],
)
def test_what_is_refused(
    v3_host: HostProcess, class_type: str, inputs: dict[str, Any], reasons: set[tuple[str, str]]
) -> None:
    more = {"other": "o"} if class_type == "V3Choose" else {}
    graph = {"1": node(class_type, **inputs, **more), "2": show("1")}
    answer = v3_host.post("/api/prompt", {"prompt": graph}).json()
    assert {(each["type"], each["details"]) for each in answer["node_errors"]["1"]["errors"]} == reasons


def test_the_names_in_a_complaint_are_whole(v3_host: HostProcess) -> None:
    graph = {"1": node("V3Choose", kind="size", other="o", **{"kind.width": 3}), "2": show("1")}
    [error] = v3_host.post("/api/prompt", {"prompt": graph}).json()["node_errors"]["1"]["errors"]
    assert error["extra_info"] == {"input_name": "kind.height"}


def test_a_choice_that_is_unknown_fails_when_the_node_runs(play_v3: Play) -> None:
    played = play_v3({"1": node("V3Choose", kind="what", other="o"), "2": show("1")})
    [error] = played.of("execution_error")
    assert error["exception_message"].startswith("V3Choose.execute() missing 1 required positional argument")


def test_lazy_inputs_of_a_list_are_links_like_any(play_v3: Play) -> None:
    lazy = node("V3GrowLazy", pick="t1", **{"texts.t0": ["0", 0], "texts.t1": ["1", 0]})
    played = play_v3({"0": text("zero"), "1": text("one"), "2": lazy, "3": show("2")})
    assert played.shown == {"3": ["3:[('t0', 'zero'), ('t1', 'one')]"]}


def test_raw_links_and_matched_types(play_v3: Play) -> None:
    graph = {
        "1": text("raw"),
        "2": node("V3RawLink", text=["1", 0]),
        "3": node("V3Match", pick=True, a=["1", 0], b=["7", 0]),
        "7": text("never asked for"),
        "4": show("2"),
        "5": show("3"),
        "6": show("3", 1),
    }
    assert play_v3(graph).shown == {"4": ["4:raw ['1', 0]"], "5": ["5:raw"], "6": ["6:None"]}
