"""What V3 nodes return, and what becomes of it: results, blocks, graphs, things to show."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from gates.host.frames import PREVIEW_IMAGE, PREVIEW_IMAGE_WITH_METADATA
from gates.host.process import HostProcess
from tests.v3_graphs import Graph, node, show, text

if TYPE_CHECKING:
    from tests.conftest import Play


def returns(way: str) -> Graph:
    return {"1": node("V3Returns", way=way), "2": show("1"), "3": show("1", 1)}


@pytest.mark.parametrize(
    ("way", "shown"),
    [
        ("tuple", {"2": ["2:from a tuple"], "3": ["3:1"]}),
        ("dict", {"2": ["2:from a dict"], "3": ["3:2"]}),
        ("dict with ui", {"1": ["shown"], "2": ["2:from a dict"], "3": ["3:3"]}),
        ("index", {"2": ["2:second"], "3": ["3:5"]}),
        ("ui object", {"1": ["told"], "2": ["2:with ui"], "3": ["3:6"]}),
    ],
)
def test_results_in_every_form(play_v3: Play, way: str, shown: dict[str, list[str]]) -> None:
    played = play_v3(returns(way))
    assert (played.status, played.shown) == ("success", shown)


@pytest.mark.parametrize("way", ["nothing", "empty", "dict blocked", "too few", "ui only"])
def test_less_than_others_wait_for(play_v3: Play, way: str) -> None:
    played = play_v3(returns(way))
    [error] = played.of("execution_error")
    assert (error["node_id"], error["exception_type"]) == ("1", "IndexError")
    assert error["exception_message"] == "list index out of range\n"


def test_less_than_it_declares_is_fine_where_nobody_waits(play_v3: Play) -> None:
    played = play_v3({"1": node("V3Returns", way="too few"), "2": show("1")})
    assert (played.status, played.shown) == ("success", {"2": ["2:alone"]})


@pytest.mark.parametrize(("way", "kind"), [("number", "int"), ("text", "str")])
def test_what_is_no_result(play_v3: Play, way: str, kind: str) -> None:
    [error] = play_v3(returns(way)).of("execution_error")
    assert error["exception_message"] == f"Invalid return type from node: <class '{kind}'>\n"


def blocks(way: str) -> Graph:
    return {
        "1": node("V3Block", way=way),
        "2": node("V3Join", a=["1", 0], b=["1", 1]),
        "3": show("2"),
        "4": node("V3Show", text=["1", 0]),
    }


@pytest.mark.parametrize(
    ("way", "shown", "blocked"),
    [
        (
            "result",
            {},
            {
                "2": "Execution Blocked: stopped with results",
                "4": "Execution Blocked: stopped with results",
            },
        ),
        ("empty", {}, {"2": "Execution Blocked: ", "4": "Execution Blocked: "}),
        ("silent", {"3": ["3:a-b"], "4": ["4:a"]}, {}),
        ("value", {}, {}),
        ("one of two", {"4": ["4:passes"]}, {"2": "Execution Blocked: the second"}),
    ],
)
def test_blocks(play_v3: Play, way: str, shown: dict[str, Any], blocked: dict[str, str]) -> None:
    played = play_v3(blocks(way))
    assert (played.status, played.shown) == ("success", shown)
    assert {each["node_id"]: each["exception_message"] for each in played.of("execution_error")} == blocked


@pytest.mark.parametrize("way", ["message", "blocker"])
def test_a_block_without_results_blocks_nothing(play_v3: Play, way: str) -> None:
    [error] = play_v3(blocks(way)).of("execution_error")
    assert (error["node_id"], error["exception_type"]) == ("1", "IndexError")


@pytest.mark.parametrize(
    ("way", "shown"),
    [
        ("links", {"3": ["3:e-e-e"]}),
        ("values", {"3": ["3:a value"]}),
        ("dict", {"3": ["3:e-e-e"]}),
        ("shown", {"2.0.0.3": ["2.0.0.3:e-e-e"], "3": ["3:e-e-e"]}),
        ("blocked", {}),
    ],
)
def test_expansion(play_v3: Play, way: str, shown: dict[str, list[str]]) -> None:
    graph = {"1": text("e"), "2": node("V3Expand", text=["1", 0], times=2, way=way), "3": show("2")}
    played = play_v3(graph)
    assert (played.status, played.shown) == ("success", shown)


def test_expansion_within_expansion(play_v3: Play) -> None:
    graph = {
        "1": text("d"),
        "2": node("V3ExpandDeep", text=["1", 0], depth=2),
        "3": show("2"),
        "4": show("2", 1),
    }
    played = play_v3(graph)
    assert played.shown == {
        "2.0.0.2": ["2.0.0.2:d-d"],
        "2.0.0.3.0.0.2": ["2.0.0.3.0.0.2:d-d-d-d"],
        "3": ["3:d-d-d-d"],
        "4": ["4:2"],
    }
    assert {told["display_node"] for told in played.of("executed") if told["node"].startswith("2.")} == {"2"}


def test_expansion_that_the_schema_does_not_announce(play_v3: Play) -> None:
    graph = {"1": text("u"), "2": node("V3ExpandUnannounced", text=["1", 0]), "3": show("2")}
    [error] = play_v3(graph).of("execution_error")
    assert error["exception_message"].startswith("Node V3ExpandUnannouncedClone is not expandable")
    assert "set enable_expand=True" in error["exception_message"]


def test_progress_is_told_as_states_alone(play_v3: Play) -> None:
    for class_type in ("V3Progress", "V3ProgressSync"):
        more = {"preview": False} if class_type == "V3Progress" else {}
        graph = {
            "1": text(class_type),
            "2": node(class_type, text=["1", 0], steps=3, **more),
            "3": show("2"),
        }
        played = play_v3(graph)
        states = [told["nodes"]["2"]["value"] for told in played.of("progress_state") if "2" in told["nodes"]]
        assert states[:4] == [0, 1, 2, 3], class_type
        assert not played.of("progress")


def test_a_progress_bar_tells_both(play_v3: Play) -> None:
    graph = {"1": text("bar"), "2": node("V3ProgressBar", text=["1", 0], steps=3), "3": show("2")}
    assert [told["value"] for told in play_v3(graph).of("progress")][-1] == 3


@pytest.mark.parametrize("negotiated", [True, False])
def test_previews_of_set_progress_need_metadata(play_v3: Play, negotiated: bool) -> None:
    graph = {
        "1": text(f"preview {negotiated}"),
        "2": node("V3Progress", text=["1", 0], steps=2, preview=True),
        "3": show("2"),
    }
    played = play_v3(graph, flags={"supports_preview_metadata": negotiated})
    kinds = [int.from_bytes(frame[:4], "big") for frame in played.frames]
    assert kinds == [PREVIEW_IMAGE_WITH_METADATA] * (2 if negotiated else 0)
    assert PREVIEW_IMAGE not in kinds


def pictures(way: str, count: int = 2) -> Graph:
    return {"1": node("V3Pictures", way=way, count=count, prefix=f"v3/{way.replace(' ', '_')}")}


@pytest.mark.parametrize(
    ("way", "count", "kind", "files", "animated"),
    [
        ("preview", 2, "temp", 2, [False]),
        ("mask", 2, "temp", 2, [False]),
        ("save", 2, "output", 2, None),
        ("animated png", 2, "output", 1, [True]),
        ("animated png", 1, "output", 1, None),
        ("animated webp", 2, "output", 1, [True]),
    ],
)
def test_pictures(
    play_v3: Play, v3_host: HostProcess, way: str, count: int, kind: str, files: int, animated: Any
) -> None:
    extra = {"extra_pnginfo": {"workflow": {"a": 1}}}
    output = play_v3(pictures(way, count), extra_data=extra).entry["outputs"]["1"]
    assert output.get("animated") == animated
    assert [image["type"] for image in output["images"]] == [kind] * files
    first = output["images"][0]
    where = f"filename={first['filename']}&subfolder={first['subfolder']}&type={kind}"
    picture = Image.open(BytesIO(v3_host.get(f"/view?{where}").body))
    assert picture.size == (4, 6)
    assert getattr(picture, "n_frames", 1) == (count if way.startswith("animated") else 1)
    if not way.startswith("animated"):
        assert picture.info["workflow"] == '{"a": 1}'
        assert '"V3Pictures"' in picture.info["prompt"]


def test_results_that_a_node_saved_itself(play_v3: Play) -> None:
    output = play_v3(pictures("saved results")).entry["outputs"]["1"]
    assert output == {
        "images": [{"filename": "x.png", "subfolder": "sub", "type": "temp"}],
        "animated": [True],
    }
