"""Prompts with V3 nodes that ComfyUI 0.29.0 refuses, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gates.host.process import HostProcess
from tests.v3_graphs import Graph, node, show, text

if TYPE_CHECKING:
    from tests.conftest import Play

RIGHT = {"word": "ok", "mode": "x", "colour": "red", "n": 1}
Reasons = set[tuple[str, str]]


def checked(class_type: str, **inputs: Any) -> Graph:
    return {"1": node(class_type, **inputs), "2": show("1")}


def refused(host: HostProcess, graph: Graph) -> dict[str, Reasons]:
    answer = host.post("/api/prompt", {"prompt": graph})
    assert answer.status == 400, answer.text
    assert answer.json()["error"]["type"] == "prompt_outputs_failed_validation"
    return {
        node_id: {(each["type"], each["details"]) for each in found["errors"]}
        for node_id, found in answer.json()["node_errors"].items()
    }


CUSTOM = ("custom_validation_failed", "word - word must be ok, got no")
MODE = ("value_not_in_list", "mode: 'z' not in ['x', 'y']")
WHY = "because of ['mode', 'n', 'say']"


@pytest.mark.parametrize(
    ("wrong", "reasons"),
    [
        ({"word": "no"}, {CUSTOM}),
        ({"mode": "z"}, {MODE}),
        ({"colour": "RED"}, {("value_not_in_list", "colour: 'RED' not in ['red', 'blue']")}),
        ({"n": 11}, {("value_bigger_than_max", "n")}),
        ({"f": -1.0}, {("value_smaller_than_min", "f")}),
        (
            {"n": "q"},
            {("invalid_input_type", "n, q, invalid literal for int() with base 10: 'q'")},
        ),
        ({"n": [1]}, {("bad_linked_input", "n")}),
        ({"n": 11, "mode": "z", "word": "no"}, {("value_bigger_than_max", "n"), MODE, CUSTOM}),
    ],
)
def test_one_input_checked_by_the_node(v3_host: HostProcess, wrong: dict[str, Any], reasons: Reasons) -> None:
    assert refused(v3_host, checked("V3Validate", **{**RIGHT, **wrong})) == {"1": reasons}


def test_inputs_that_are_missing(v3_host: HostProcess) -> None:
    reasons = {("required_input_missing", name) for name in ("mode", "colour", "n")}
    assert refused(v3_host, checked("V3Validate", word="ok")) == {"1": reasons}


@pytest.mark.parametrize(
    ("say", "reasons"),
    [
        ("no", {("custom_validation_failed", name) for name in ("mode", "n", "say")}),
        ("why", {("custom_validation_failed", f"{name} - {WHY}") for name in ("mode", "n", "say")}),
        ("id", {("custom_validation_failed", f"{name} - I am 1") for name in ("mode", "n", "say")}),
        ("raise", {("exception_during_inner_validation", "cannot say")}),
    ],
)
def test_a_coroutine_that_checks_every_input(v3_host: HostProcess, say: str, reasons: Reasons) -> None:
    assert refused(v3_host, checked("V3ValidateAll", n=99, mode="zz", say=say)) == {"1": reasons}


def test_whoever_checks_everything_is_not_checked(play_v3: Play) -> None:
    assert play_v3(checked("V3ValidateAll", n=99, mode="zz", say="yes")).shown == {"2": ["2:99 zz"]}


def test_constants_are_converted(play_v3: Play) -> None:
    played = play_v3(checked("V3Validate", **{**RIGHT, "n": "7"}, f="0.5", b=1))
    assert played.shown == {"2": ["2:ok x red 7 0.5 True"]}


def test_types_checked_by_the_node(play_v3: Play, v3_host: HostProcess) -> None:
    graph = {"1": text("12"), "2": node("V3ValidateTypes", value=["1", 0]), "3": show("2")}
    assert play_v3(graph).shown == {"3": ["3:'12'"]}
    graph["1"] = node("V3List", csv="1")
    graph["2"] = node("V3ValidateTypes", value=["1", 1])
    assert refused(v3_host, graph) == {
        "2": {("custom_validation_failed", "input_types - got {'value': 'INT'}")}
    }


@pytest.mark.parametrize(("value", "shown"), [({"__value__": ["a", "c"]}, "['a', 'c']"), ("b", "'b'")])
def test_more_than_one_choice(play_v3: Play, value: Any, shown: str) -> None:
    assert play_v3(checked("V3MultiCombo", some=value)).shown == {"2": [f"2:{shown}"]}


def test_one_of_the_choices_is_wrong(v3_host: HostProcess) -> None:
    found = refused(v3_host, checked("V3MultiCombo", some={"__value__": ["a", "z"]}))
    assert found == {"1": {("value_not_in_list", "some: 'z' not in ['a', 'b', 'c']")}}


MISMATCH = "return_type_mismatch"


@pytest.mark.parametrize(
    ("inputs", "reasons"),
    [
        (
            {"number": ["9", 0]},
            {(MISMATCH, "number, received_type(STRING) mismatch input_type(FLOAT,INT)")},
        ),
        ({"number": 3.0}, {("value_bigger_than_max", "number")}),
        (
            {"number": "abc"},
            {
                (
                    "exception_during_inner_validation",
                    "'<' not supported between instances of 'str' and 'float'",
                )
            },
        ),
        (
            {"number": 1.0, "own": ["9", 0]},
            {(MISMATCH, "own, received_type(STRING) mismatch input_type(V3_OWN)")},
        ),
    ],
)
def test_unions_and_own_types(v3_host: HostProcess, inputs: dict[str, Any], reasons: Reasons) -> None:
    assert refused(v3_host, {"9": text("un"), **checked("V3Union", **inputs)}) == {"1": reasons}


def test_unions_take_each_of_their_types(play_v3: Play) -> None:
    graph = {
        "0": node("V3List", csv="a,b"),
        "9": text("un"),
        "1": node("V3Union", number=["0", 1], either=["9", 0], anything=["0", 1]),
        "2": node("V3Union", number=2, own=["1", 2], either=["0", 1]),
        "3": show("2"),
    }
    assert play_v3(graph).shown == {"3": ["3:2 2 None 'mine'"]}


def test_a_schema_name_that_the_mappings_do_not_have(v3_host: HostProcess) -> None:
    answer = v3_host.post("/api/prompt", {"prompt": checked("V3NamedOtherwise", text="x")})
    assert answer.json()["error"]["type"] == "missing_node_type"


def test_a_part_is_refused(v3_host: HostProcess) -> None:
    graph = {
        "1": text("good"),
        "2": show("1"),
        "3": node("V3Validate", **{**RIGHT, "word": "no"}),
        "4": node("V3Show", text=["3", 0]),
    }
    answer = v3_host.post("/api/prompt", {"prompt": graph})
    assert answer.status == 200
    assert list(answer.json()["node_errors"]) == ["3"]
    assert v3_host.result(answer.json()["prompt_id"])["outputs"] == {"2": {"text": ["2:good"]}}
