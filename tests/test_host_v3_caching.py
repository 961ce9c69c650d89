"""When V3 nodes run again, and how they stop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from gates.host.process import HostProcess
from tests.v3_graphs import Graph, node, show, text

if TYPE_CHECKING:
    from tests.conftest import Play

SECONDS_TO_START = 30.0


def test_a_second_run_is_cached(play_v3: Play) -> None:
    graph = {"1": text("again"), "2": node("V3Show", text=["1", 0])}
    play_v3(graph)
    played = play_v3(graph)
    assert played.of("execution_cached")[0]["nodes"] == ["1", "2"]
    assert played.shown == {"2": ["2:again"]}


@pytest.mark.parametrize(
    ("class_type", "inputs", "first", "second"),
    [
        ("V3Counter", {"tag": "same", "how": "same"}, "same1", "same1"),
        ("V3Counter", {"tag": "always", "how": "always"}, "always1", "always2"),
        ("V3Counter", {"tag": "raises", "how": "raise"}, "raises1", "raises2"),
        ("V3FingerprintAsync", {"tags": "t"}, "['t'] run 1", "['t'] run 1"),
        ("V3IsChanged", {"tag": "v1"}, "v1 run 1", "v1 run 2"),
    ],
)
def test_fingerprints(
    play_v3: Play, class_type: str, inputs: dict[str, str], first: str, second: str
) -> None:
    graph = {"1": node(class_type, **inputs), "2": show("1")}
    assert play_v3(graph).shown == {"2": [f"2:{first}"]}
    assert play_v3(graph).shown == {"2": [f"2:{second}"]}


def test_a_fingerprint_sees_its_id_and_no_links(play_v3: Play) -> None:
    def graph(counter: str) -> Graph:
        seen = node("V3Counter", tag="seen", how="seen", text=["1", 0])
        return {"1": text("linked"), counter: seen, "3": show(counter)}

    assert play_v3(graph("2")).shown == {"3": ["3:seen1"]}
    assert play_v3(graph("2")).shown == {"3": ["3:seen1"]}
    assert play_v3(graph("7")).shown == {"3": ["3:seen2"]}


def twins(class_type: str, tag: str) -> Graph:
    return {
        "1": node(class_type, tag=tag),
        "11": node(class_type, tag=tag),
        "2": node("V3Join", a=["1", 0], b=["11", 0]),
        "3": show("2"),
    }


def test_an_id_that_a_v3_node_asks_for_is_no_part_of_its_key(play_v3: Play) -> None:
    played = play_v3(twins("V3Id", "shared"))
    ran = [told["node"] for told in played.of("executing") if told["node"] in ("1", "11")]
    assert len(ran) == 1
    assert played.shown == {"3": [f"3:shared {ran[0]}-shared {ran[0]}"]}


def test_an_id_is_a_part_of_the_key_of_what_is_not_idempotent(play_v3: Play) -> None:
    assert play_v3(twins("V3IdAlone", "alone")).shown == {"3": ["3:alone 1-alone 11"]}


def test_a_list_on_the_class_outlives_the_copies(play_v3: Play) -> None:
    shown = [
        play_v3({each: node("V3State", how="list"), "9": show(each)}).shown["9"][0] for each in ("1", "2")
    ]
    assert shown == ["9:1", "9:2"]


def test_one_object_for_each_node(play_v3: Play) -> None:
    assert play_v3({"1": node("V3Instance"), "2": show("1")}).shown == {"2": ["2:1"]}
    again = {"5": node("V3Instance"), "1": node("V3Instance"), "2": show("5"), "3": show("1")}
    assert play_v3(again).shown == {"2": ["2:2"], "3": ["3:1"]}


def test_what_is_shown_on_the_way_is_shown_again_from_the_cache(play_v3: Play) -> None:
    graph = {"1": node("V3Intermediate", tag="way"), "2": show("1")}
    first, second = play_v3(graph), play_v3(graph)
    assert first.shown == second.shown == {"1": ["on the way: way"], "2": ["2:way"]}


@pytest.mark.parametrize("class_type", ["V3Sleep", "V3SleepAsync"])
def test_interrupt(v3_host: HostProcess, class_type: str) -> None:
    graph = {"1": text(class_type), "2": node(class_type, text=["1", 0], seconds=60.0), "3": show("2")}
    prompt_id = v3_host.queue(graph)
    deadline = time.monotonic() + SECONDS_TO_START
    entry: dict[str, Any] = {}
    # Asked until it is heard: an interrupt that comes before the prompt starts is forgotten.
    while not entry and time.monotonic() < deadline:
        v3_host.post("/api/interrupt", {"prompt_id": prompt_id})
        time.sleep(0.05)
        entry = v3_host.get(f"/api/history/{prompt_id}").json()
    kind, told = entry[prompt_id]["status"]["messages"][-1]
    assert kind == "execution_interrupted"
    assert told["node_id"] in ("1", "2")
    assert told["node_type"] in ("V3Text", class_type)
