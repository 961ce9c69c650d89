"""What the conversion refuses, in which words, and the rules that no recording shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gates.errors import BadWorkflow, GatesError
from gates.workflow import is_api, is_ui, links, nodes, to_api
from tests.recorded_workflows import as_text, converted, recorded
from tests.saved_graph import IMAGE, MASK, NODE_INFO, SavedGraph, class_info, subgraph

PART = "11111111-2222-4333-8444-555500000001"
ADVICE = "in the page choose Export (API) and use that file"


def one(type: str, **more: Any) -> dict[str, Any]:
    graph = SavedGraph()
    graph.node(type, **more)
    return graph.json()


def error_of(workflow: Any, node_info: Any = None) -> BadWorkflow:
    with pytest.raises(BadWorkflow) as caught:
        to_api(workflow, NODE_INFO if node_info is None else node_info)
    return caught.value


def holding_itself() -> dict[str, Any]:
    inner, graph = SavedGraph(), SavedGraph()
    inner.node(PART, title="again", id=5)
    graph.node(PART)
    graph.subgraphs = [subgraph(PART, inner)]
    return graph.json()


def in_a_circle() -> dict[str, Any]:
    graph = SavedGraph()
    first, second, keep = graph.node("Reroute"), graph.node("Reroute"), graph.node("Keep")
    graph.link(first, 0, second, "")
    graph.link(second, 0, first, "")
    graph.link(second, 0, keep, "images")
    return graph.json()


def of_many() -> dict[str, Any]:
    """Each subgraph holds the next one four times: over a million nodes in a file of a few lines."""
    ids = [f"11111111-2222-4333-8444-5555000000{at:02}" for at in range(12)]
    graph = SavedGraph()
    graph.node(ids[0])
    for id, inside in zip(ids, [*ids[1:], "Make"], strict=True):
        inner = SavedGraph()
        for _ in range(4):
            inner.node(inside)
        graph.subgraphs.append(subgraph(id, inner))
    return graph.json()


NO_CLASS = (
    "cannot run: the server has no such class. Install its pack there, or bypass the node in the page; "
    f"if a script of the page resolves it, {ADVICE}"
)
CASES = [
    (
        {},
        "not_a_workflow",
        "This is no workflow: the page saves an object with a list of nodes, a server runs nodes by their id",
    ),
    (
        {"nodes": [{"type": "Make"}]},
        "not_a_workflow",
        "A node of the workflow has no id or no type; the file is damaged",
    ),
    (
        {"nodes": [7]},
        "not_a_workflow",
        "An entry in the list of nodes of the workflow is no object; the file is damaged",
    ),
    (
        {"nodes": [], "links": {}},
        "not_a_workflow",
        "The list of links of the workflow is no list; the file is damaged",
    ),
    (
        {"nodes": [], "links": [[1, 2]]},
        "not_a_workflow",
        "A link of the workflow is no list of id, origin, slot, target, slot; the file is damaged",
    ),
    (
        {"nodes": [{"id": 3, "type": "Make"}, {"id": "3", "type": "Make"}]},
        "not_a_workflow",
        "Two nodes of the workflow have the id 3; give one of them another",
    ),
    (one("Gone", title="Größer 图"), "unknown_node_class", f"Node 1 “Größer 图” of class Gone {NO_CLASS}"),
    (one("Gone"), "unknown_node_class", f"Node 1 of class Gone {NO_CLASS}"),
    (
        one("GetNode"),
        "page_only_node",
        f"Node 1 of class GetNode is resolved by a script of its pack: {ADVICE}",
    ),
    (
        one("WebcamCapture"),
        "page_only_node",
        f"Node 1 of class WebcamCapture takes a picture with the browser's camera: {ADVICE}",
    ),
    (
        one("workflow>mine"),
        "page_only_node",
        "Node 1 of class workflow>mine is a group of an old page; open and save it in a new one, "
        "then it is a subgraph",
    ),
    (
        one(PART),
        "broken_graph",
        "Node 1 is a subgraph that the file does not have; save it again in the page",
    ),
    (
        holding_itself(),
        "broken_graph",
        "Take node 1:5 “again” out of the subgraph “Part”, which would hold itself",
    ),
    (
        in_a_circle(),
        "broken_graph",
        "The links through node 2 of class Reroute run in a circle; disconnect one of them",
    ),
    (of_many(), "broken_graph", "With all subgraphs open the workflow has more than 50000 nodes"),
]


@pytest.mark.parametrize(("workflow", "code", "sentence"), CASES, ids=[code for _, code, _ in CASES])
def test_what_cannot_be_sent_is_said_in_one_sentence(workflow: Any, code: str, sentence: str) -> None:
    error = error_of(workflow)
    assert (error.code, str(error)) == (code, sentence)
    assert isinstance(error, ValueError)


def test_a_node_in_a_subgraph_is_named_by_the_id_that_the_server_sees() -> None:
    inner, graph = SavedGraph(), SavedGraph()
    inner.node("Gone", id=7, title="deep")
    graph.node(PART, id=12)
    graph.subgraphs = [subgraph(PART, inner)]
    error = error_of(graph.json())
    assert str(error).startswith("Node 12:7 “deep” of class Gone cannot run")
    assert error.data == {"node": "12:7", "class_type": "Gone"}


@pytest.mark.parametrize("workflow", [None, 3, "text", [], [[]], {"a": 1}, {"nodes": {}}])
def test_other_json_is_no_workflow(workflow: Any) -> None:
    assert not is_ui(workflow) and not is_api(workflow)
    assert error_of(workflow).code == "not_a_workflow"


def test_a_workflow_nested_without_end_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for read in (lambda flow: to_api(flow, NODE_INFO), nodes, links):
        with pytest.raises(BadWorkflow, match="nested deeper"):
            read({"nodes": [], "extra": deep})


@pytest.mark.parametrize("mode", [2, 4])
def test_a_class_that_the_server_lacks_may_be_muted_or_bypassed(mode: int) -> None:
    graph = SavedGraph()
    make = graph.node("Make")
    gone = graph.node("Gone", mode=mode, outputs=[{"name": "image", "type": IMAGE}])
    keep = graph.node("Keep")
    graph.link(make, 0, gone, "picture")
    graph.link(gone, 0, keep, "images")
    inputs = to_api(graph.json(), NODE_INFO)["3"]["inputs"]
    assert inputs == {"name": "kept"} | ({"images": ["1", 0]} if mode == 4 else {})


def test_a_chain_of_thousands_of_reroutes_is_followed() -> None:
    graph = SavedGraph()
    last = graph.node("Make")
    for _ in range(3000):
        reroute = graph.node("Reroute")
        graph.link(last, 0, reroute, "")
        last = reroute
    keep = graph.node("Keep")
    graph.link(last, 0, keep, "images")
    assert to_api(graph.json(), NODE_INFO)[str(keep)]["inputs"]["images"] == ["1", 0]


def test_a_link_to_a_node_that_is_gone_is_no_link() -> None:
    graph = SavedGraph()
    keep = graph.node("Keep", ["mine"])
    graph.link(99, 0, keep, "images")
    assert to_api(graph.json(), NODE_INFO)["1"]["inputs"] == {"name": "mine"}


def test_values_by_name_win_where_the_names_are_not_those_of_the_class() -> None:
    """A class that lost an input since, and one whose pack's script adds widgets."""
    named = {"seed": 5, "control_after_generate": "fixed", "lora_1": {"on": True}, "button": None, "width": 9}
    graph = SavedGraph()
    graph.node("Make", list(named.values()), widgets_values_named=named)
    assert to_api(graph.json(), NODE_INFO)["1"]["inputs"] == {
        "width": 9,
        "seed": 5,
        "lora_1": {"on": True},
    }


def test_a_drop_down_without_choices_sends_nothing_unless_something_was_saved() -> None:
    info = {"Load": class_info({"name": [[]], "kind": ["COMBO", {"options": ["a", "b"]}]})}
    graph = SavedGraph()
    graph.node("Load")
    graph.node("Load", ["x", None])
    sent = [node["inputs"] for node in to_api(graph.json(), info).values()]
    assert sent == [{"kind": "a"}, {"name": "x", "kind": "a"}]


def test_values_saved_as_an_object_go_by_name() -> None:
    graph = SavedGraph()
    graph.node("Make", {"seed": 6, "frames": [1, 2]})
    assert to_api(graph.json(), NODE_INFO)["1"]["inputs"] == {
        "width": 8,
        "seed": 6,
        "frames": {"__value__": [1, 2]},
    }


def test_titles_are_those_of_the_node_else_of_the_class() -> None:
    graph = SavedGraph()
    graph.node("Keep")
    graph.node("Keep", title="Mein „Bild“ 图")
    graph.node("Make", properties={"cnr_id": "a-pack", "ver": "1.0", "aux_id": 3})
    metas = [node["_meta"] for node in to_api(graph.json(), NODE_INFO).values()]
    assert metas == [
        {"title": "Keep it"},
        {"title": "Mein „Bild“ 图"},
        {"title": "Make", "cnr_id": "a-pack", "ver": "1.0"},
    ]


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("9007199254740993", 9007199254740992),
        ("18446744073709551615", 18446744073709552000),
        ("2.0", 2),
        ("1e22", 1e22),
        ("-0.5", -0.5),
        ("NaN", None),
        ("Infinity", None),
        ("1" + "0" * 400, None),
    ],
)
def test_numbers_are_those_that_the_page_would_read(written: str, sent: Any) -> None:
    graph = SavedGraph()
    graph.node("Make", json.loads(f"[8, {written}, 1]"))
    value = to_api(graph.json(), NODE_INFO)["1"]["inputs"]["seed"]
    assert (value, type(value)) == (sent, type(sent))


def test_a_subgraph_may_lead_its_input_straight_out() -> None:
    """The page gives up on this, though it can be drawn; here it means what it looks like."""
    graph, inner = SavedGraph(), SavedGraph()
    make, part, keep = graph.node("Make"), graph.node(PART, outputs=[{"name": "o", "type": IMAGE}]), 3
    graph.node("Keep")
    graph.link(make, 0, part, "i")
    graph.link(part, 0, keep, "images")
    definition = subgraph(PART, inner)
    definition["inputs"] = [{"name": "i", "type": IMAGE, "linkIds": [1]}]
    definition["outputs"] = [{"name": "o", "type": IMAGE, "linkIds": [1]}]
    definition["links"] = [{"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": -20, "target_slot": 0}]
    graph.subgraphs = [definition]
    assert to_api(graph.json(), NODE_INFO)["3"]["inputs"]["images"] == ["1", 0]


def test_chained_copies_of_one_subgraph_are_no_circle() -> None:
    """Both ways through are the same in the definition, and two in the workflow."""
    graph = SavedGraph()
    make, first, second = graph.node("Make"), graph.node(PART), graph.node(PART)
    keep = graph.node("Keep")
    graph.link(make, 0, first, "i")
    graph.link(first, 0, second, "i")
    graph.link(second, 0, keep, "images")
    inner = SavedGraph()
    reroute = inner.node("Reroute", id=50)
    definition = subgraph(PART, inner)
    definition["nodes"][0]["inputs"] = [{"name": "", "type": "*", "link": 1}]
    definition["inputs"] = [{"name": "i", "type": IMAGE, "linkIds": [1]}]
    definition["outputs"] = [{"name": "o", "type": IMAGE, "linkIds": [2]}]
    definition["links"] = [
        {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": reroute, "target_slot": 0},
        {"id": 2, "origin_id": reroute, "origin_slot": 0, "target_id": -20, "target_slot": 0},
    ]
    graph.subgraphs = [definition]
    assert to_api(graph.json(), NODE_INFO)["4"]["inputs"]["images"] == ["1", 0]


def test_the_answer_for_all_classes_does_as_well_as_that_for_some() -> None:
    info = {
        **recorded("widgets", "object_info"),
        "Unread": None,
        "Other": {"input": 5},
        "Odd": class_info({"a": []}),
    }
    prompt = converted(recorded("widgets", "workflow"), info)
    assert as_text(prompt) == as_text(recorded("widgets", "prompt"))


def test_links_are_named_as_they_are_drawn() -> None:
    graph = SavedGraph()
    make, turn, keep = graph.node("Make", title="A"), graph.node("Turn", mode=4), graph.node("Keep")
    graph.link(make, 0, turn, "image")
    graph.link(turn, 1, keep, "images", MASK)
    found = [(link.source, link.slot, link.target, link.input) for link in links(graph.json())]
    assert found == [("1", 0, "2", "image"), ("2", 1, "3", "images")]


def test_what_is_neither_has_no_nodes() -> None:
    for read in (nodes, links):
        with pytest.raises(GatesError, match="no workflow"):
            read({"a": 1})
