"""V3 nodes as ComfyUI 0.29.0 runs them: each case was played there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.v3_graphs import Graph, node, show, text

if TYPE_CHECKING:
    from tests.conftest import Play

ITEMS = {"1": node("V3List", csv="x,y,z")}
RUNS: dict[str, tuple[Graph, dict[str, list[str]]]] = {
    "a V3 output node": (
        {"1": text("happy"), "2": node("V3Show", text=["1", 0])},
        {"2": ["2:happy"]},
    ),
    "V1 and V3 side by side": (
        {
            "1": text("mix"),
            "2": node("V1Join", a=["1", 0], b=["1", 0]),
            "3": node("V3Join", a=["2", 0], b=["1", 0], sep="/"),
            "4": show("3"),
            "5": node("V3Show", text=["3", 0]),
        },
        {"4": ["4:mix-mix/mix"], "5": ["5:mix-mix/mix"]},
    ),
    "a list maps the next node, and is gathered": (
        {
            **ITEMS,
            "2": node("V3Join", a=["1", 0], b=["1", 0]),
            "3": node("V3Gather", texts=["2", 0], sep="+"),
            "4": show("3"),
            "5": show("1", 1),
        },
        {"4": ["4:x-x+y-y+z-z"], "5": ["5:3"]},
    ),
    "an output node mapped over a list": (
        {**ITEMS, "2": node("V3Show", text=["1", 0])},
        {"2": ["2:x", "2:y", "2:z"]},
    ),
    "coroutines mapped over a list": (
        {**ITEMS, "2": node("V3Async", text=["1", 0], seconds=0.02), "3": show("2")},
        {"3": ["3:x", "3:y", "3:z"]},
    ),
    "an empty list gathered": (
        {
            "1": node("V3List", csv=""),
            "2": node("V3Gather", texts=["1", 0], sep="+"),
            "3": node("V3Show", text=["2", 0]),
        },
        {"3": ["3:"]},
    ),
    "the lazy input that was asked for": (
        {
            "1": text("first"),
            "2": text("second"),
            "3": node("V3Lazy", pick=1, a=["1", 0], b=["2", 0]),
            "4": show("3"),
        },
        {"4": ["4:second"]},
    ),
    "a constant asked for as if it were lazy": (
        {
            "1": text("c1"),
            "2": text("c2"),
            "3": node("V3Lazy", pick=2, a=["1", 0], b=["2", 0]),
            "4": show("3"),
        },
        {"4": ["4:None"]},
    ),
    "a lazy input that nobody asks for": (
        {"1": text("unasked"), "2": node("V3LazyUnasked", a=["1", 0]), "3": show("2")},
        {"3": ["3:a is None"]},
    ),
    "lazy lists, asked for by a coroutine": (
        {**ITEMS, "2": node("V3LazyLists", a=["1", 0], b=["1", 0]), "3": show("2")},
        {"3": ["3:x!", "3:y!", "3:z!"]},
    ),
    "hidden values that were not asked for": (
        {"1": node("V3NotHidden", tag="n"), "2": show("1")},
        {"2": ["2:None None None"]},
    ),
    "a node runs as a copy of its class": (
        {"1": node("V3State", how="name"), "2": show("1")},
        {"2": ["2:V3StateClone V3State helped by V3StateClone"]},
    ),
    "super() works in the copy": (
        {"1": node("V3State", how="super"), "2": show("1")},
        {"2": ["2:ComfyNode"]},
    ),
    "the copy is made from the class": (
        {"1": node("V3State", how="bases"), "2": show("1")},
        {"2": ["2:True True False"]},
    ),
    "inputs outside the schema, all taken": (
        {"1": text("more"), "2": node("V3AcceptAll", tag="t", extra=5, linked=["1", 0]), "3": show("2")},
        {"3": ["3:t [('extra', 5), ('linked', 'more')]"]},
    ),
    "inputs outside the schema, links alone taken": (
        {"1": text("more"), "2": node("V3AcceptSome", tag="t", extra=5, linked=["1", 0]), "3": show("2")},
        {"3": ["3:t [('linked', 'more')]"]},
    ),
    "a V3 class under another name in the mappings": (
        {"1": node("V3Mapped", text="x"), "2": show("1")},
        {"2": ["2:mapped x"]},
    ),
    "a class made from an output node is one too": (
        {"1": node("V3Parent"), "2": node("V3Child", more=4)},
        {"1": ["run as V3ParentClone"]},
    ),
    "classes made from a common stem": (
        {
            "1": node("V3Branch"),
            "2": node("V3Leaf"),
            "3": node("V3Join", a=["1", 0], b=["2", 0]),
            "4": show("3"),
        },
        {"4": ["4:word of V3BranchClone-leaf, word of V3LeafClone"]},
    ),
    "types of a pack's own": (
        {
            "1": node("V3OwnTypes", own="v"),
            "2": node("V3OwnTypes", own=["1", 0], bare=["1", 1]),
            "3": show("2"),
        },
        {"3": ["3:v", "3:v"]},
    ),
    "a node that stands in for one that is gone": (
        {
            "1": text("re"),
            "2": node("V3Gone", first=["1", 0], second=["1", 0]),
            "3": show("2", 1),
        },
        {"3": ["3:re~re"]},
    ),
}


@pytest.mark.parametrize("case", RUNS)
def test_what_is_shown(play_v3: Play, case: str) -> None:
    graph, shown = RUNS[case]
    played = play_v3(graph)
    assert (played.status, played.shown) == ("success", shown)


def test_hidden_values(play_v3: Play) -> None:
    extra = {
        "extra_pnginfo": {"workflow": {"a": 1}},
        "auth_token_comfy_org": "secret",
        "api_key_comfy_org": "key",
    }
    played = play_v3({"1": node("V3Hidden", tag="h")}, extra_data=extra)
    assert json.loads(played.shown["1"][0]) == {
        "id": "1",
        "nodes": ["1"],
        "pnginfo": {"workflow": {"a": 1}},
        "display": "1",
        "token": "secret",
        "key": "key",
        "unknown": None,
    }


ERRORS: dict[str, tuple[Graph, tuple[str, str, str, str]]] = {
    "a node raises": (
        {"1": text("boom"), "2": node("V3Fail", text=["1", 0], later=False), "3": show("2")},
        ("2", "V3Fail", "KeyError", "'v3 failure on boom'\n"),
    ),
    "a coroutine raises": (
        {"1": text("later"), "2": node("V3Fail", text=["1", 0], later=True), "3": show("2")},
        ("2", "V3Fail", "KeyError", "'v3 failure on later'\n"),
    ),
    "nothing to map over": (
        {
            "1": node("V3List", csv=""),
            "2": node("V3Join", a=["1", 0], b=["1", 0]),
            "3": node("V3Show", text=["2", 0]),
        },
        (
            "2",
            "V3Join",
            "TypeError",
            "V3Join.execute() missing 2 required positional arguments: 'a' and 'b'\n",
        ),
    ),
    "an attribute set on the class": (
        {"1": node("V3State", how="set"), "2": show("1")},
        (
            "1",
            "V3State",
            "AttributeError",
            "Cannot modify class attribute 'KEPT' on locked class 'V3StateClone'\n",
        ),
    ),
    "an attribute set on an object": (
        {"1": node("V3State", how="new"), "2": show("1")},
        (
            "1",
            "V3State",
            "AttributeError",
            "Cannot set attribute 'kept' on immutable instance of V3StateClone\n",
        ),
    ),
    "a lazy input that is not there": (
        {
            "1": text("l1"),
            "2": text("l2"),
            "3": node("V3Lazy", pick=3, a=["1", 0], b=["2", 0]),
            "4": show("3"),
        },
        (
            "3",
            "V3Lazy",
            "comfy_execution.graph.NodeInputError",
            "Node 3 says it needs input nothing, but there is no input to that node at all\n",
        ),
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_fails(play_v3: Play, case: str) -> None:
    graph, expected = ERRORS[case]
    played = play_v3(graph)
    [error] = played.of("execution_error")
    told = (error["node_id"], error["node_type"], error["exception_type"], error["exception_message"])
    assert told == expected
    assert played.status == "error"
    assert error["traceback"]
