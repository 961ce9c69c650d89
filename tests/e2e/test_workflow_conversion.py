"""What the page saves is converted to what the page itself sends, so that a change in either is noticed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gates.workflow import to_api
from tests.recorded_workflows import as_text
from tests.saved_graph import SavedGraph, subgraph

if TYPE_CHECKING:
    from tests.e2e.conftest import ComfyPage

PART = "3d5c1a52-6a0e-4a1c-9b07-2f8e7d1c4b11"
SENT_AND_SAVED = """async () => {
  const { output } = await app.graphToPrompt()
  return JSON.stringify([output, app.rootGraph.serialize()])
}"""


def inside() -> dict[str, Any]:
    """A subgraph: the width of one image is shown outside, another image passes through."""
    graph = SavedGraph()
    graph.node("EmptyImage", [64, 32, 1, 7], id=21)
    graph.node("ImageInvert", id=22)
    graph.node("PrimitiveNode", [5, "fixed"], id=23, outputs=[{"name": "INT", "type": "INT"}])
    graph.link(23, 0, 21, "height", "INT")
    definition = subgraph(PART, graph)
    graph.nodes[0]["inputs"].append({"name": "width", "type": "INT", "link": 5, "widget": {"name": "width"}})
    graph.nodes[1]["inputs"].append({"name": "image", "type": "IMAGE", "link": 6})
    ends = [
        (5, -10, 0, 21, 1, "INT"),
        (6, -10, 1, 22, 0, "IMAGE"),
        (7, 21, 0, -20, 0, "IMAGE"),
        (8, 22, 0, -20, 1, "IMAGE"),
    ]
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    definition["links"] += [dict(zip(names, end, strict=True)) for end in ends]
    walls = {"inputs": ["size", "picture"], "outputs": ["made", "passed"]}
    for side, first in (("inputs", 5), ("outputs", 7)):
        types = ["INT", "IMAGE"] if side == "inputs" else ["IMAGE", "IMAGE"]
        definition[side] = [
            {"id": f"{PART[:-2]}{first + at:02}", "name": name, "type": type, "linkIds": [first + at]}
            for at, (name, type) in enumerate(zip(walls[side], types, strict=True))
        ]
    nodes = {
        "inputNode": {"id": -10, "bounding": [0, 0, 9, 9]},
        "outputNode": {"id": -20, "bounding": [0, 0, 9, 9]},
    }
    state = {"lastGroupId": 0, "lastNodeId": 23, "lastLinkId": 8, "lastRerouteId": 0}
    return {**definition, **nodes, "version": 1, "state": state, "revision": 0, "config": {}, "groups": []}


def whole() -> dict[str, Any]:
    """Pools, reroutes, primitives, notes, muted and bypassed nodes, one subgraph twice."""
    graph = SavedGraph()
    profile = graph.node("PoolProfile", ["", ""], title="Profil 图")
    pool = graph.node("GridImagePool", [-1, "default"])
    reroute = graph.node("Reroute", outputs=[{"name": "", "type": "IMAGE"}])
    bypassed, muted = graph.node("ImageInvert", mode=4), graph.node("EmptyImage", mode=2)
    outputs = [{"name": "made", "type": "IMAGE"}, {"name": "passed", "type": "IMAGE"}]
    parts = [graph.node(PART, [size], outputs=json.loads(json.dumps(outputs))) for size in (128, 256)]
    keep = graph.node("SaveImage", ["%EmptyImage.width%_kept"])
    shown, lost = graph.node("PreviewImage"), graph.node("PreviewImage")
    number = graph.node("PrimitiveNode", [48, "fixed"], outputs=[{"name": "INT", "type": "INT"}])
    drawn = graph.node("EmptyImage", [12, 34, 1, 0xFFFFFF])
    graph.node("Note", ["a note"])
    graph.link(profile, 0, pool, "profile", "POOL_PROFILE")
    graph.link(pool, 0, reroute, "", "*")
    graph.link(reroute, 0, bypassed, "image")
    graph.link(bypassed, 0, parts[0], "picture")
    graph.link(drawn, 0, parts[1], "picture")
    graph.link(parts[0], 1, keep, "images")
    graph.link(parts[1], 0, shown, "images")
    graph.link(muted, 0, lost, "images")
    graph.link(number, 0, drawn, "height", "INT")
    graph.subgraphs = [inside()]
    for at, node in enumerate(graph.nodes):
        node |= {"pos": [60 * at, 40 * at], "size": [200, 80], "flags": {}, "order": at}
    return {**graph.json(), "groups": [], "config": {}, "extra": {}}


def test_what_is_saved_becomes_what_is_sent(comfy: ComfyPage) -> None:
    comfy.load(whole())
    comfy.page.wait_for_function("() => app.rootGraph.nodes.length === 13")
    source = comfy.add_node("EmptyImage", 900, 300, width=40, height=30, color=0x3366CC)
    target = comfy.add_node("PreviewImage", 1200, 300)
    comfy.connect(source, 0, target, "images")
    sent, saved = json.loads(comfy.evaluate(SENT_AND_SAVED))
    info = comfy.host.get("/api/object_info").json()
    assert as_text(to_api(saved, info)) == as_text(sent)
    assert {node["class_type"] for node in sent.values()} >= {"GridImagePool", "PoolProfile", "SaveImage"}
    assert sorted(id for id in sent if ":" in id) == ["6:21", "6:22", "7:21", "7:22"]
    assert [sent[f"{id}:21"]["inputs"]["width"] for id in (6, 7)] == [128, 256]
    assert sent["8"]["inputs"]["images"] == ["6:22", 0]
