"""What servers say, read: whatever it is, it is a value or a known error."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.client.answers import (
    complaints,
    read_accepted,
    read_entry,
    read_job_state,
    read_queue,
    read_refusal,
    read_uploaded,
)
from gates.client.messages import Heard, PreviewFrame, TextFrame, read_frame, read_json, read_text
from gates.client.output_lists import read_outputs
from gates.client.values import Output, State
from gates.errors import BadAnswer

SERVER = "http://server.test"
steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
NAMES = """
type data prompt_id node nodes outputs status messages images filename error node_errors errors name
queue_running queue_pending subfolder p animated timestamp"""
words = st.sampled_from(NAMES.split())
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=20,
)


# --- text messages ------------------------------------------------------------------------------------


def test_a_message_with_and_without_a_prompt() -> None:
    assert read_text('{"type": "executing", "data": {"node": "3", "prompt_id": "p"}}') == Heard(
        "executing", {"node": "3", "prompt_id": "p"}, "p"
    )
    assert read_text('{"type": "status"}') == Heard("status", {}, None)


@pytest.mark.parametrize(
    "raw", ["", "{", "null", "[1]", '{"type": 1}', '{"data": {}}', "[" * 200_000, "1" * 5000]
)
def test_text_without_sense(raw: str) -> None:
    assert read_text(raw) is None


def test_nan_is_taken_in() -> None:
    heard = read_text('{"type": "progress", "data": {"value": NaN, "max": Infinity}}')
    assert heard is not None and heard.data["max"] == float("inf")


@steady
@given(st.text() | anything.map(json.dumps))
def test_any_text_is_read_or_ignored(raw: str) -> None:
    read_text(raw)


# --- frames ---------------------------------------------------------------------------------------------


def frame(*numbers: int, rest: bytes = b"") -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers) + rest


def test_previews() -> None:
    assert read_frame(frame(1, 1, rest=b"\xff\xd8")) == PreviewFrame("jpeg", b"\xff\xd8")
    assert read_frame(frame(1, 2, rest=b"\x89P")) == PreviewFrame("png", b"\x89P")
    said = json.dumps({"node_id": 7, "prompt_id": "p", "image_type": "image/webp"}).encode()
    assert read_frame(frame(4, len(said), rest=said + b"RIFF")) == PreviewFrame("webp", b"RIFF", "7", "p")


def test_a_text_frame() -> None:
    assert read_frame(frame(3, 2, rest="12läuft".encode())) == TextFrame("12", "läuft")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\0\1",
        frame(1, 1),
        frame(1, 9, rest=b"x"),
        frame(2, 1, rest=b"x"),
        frame(3, 9, rest=b"short"),
        frame(3, 1, rest=b"\xff\xff"),
        frame(4, 2, rest=b"{}"),
        frame(4, 2, rest=b"{}x"),
        frame(4, 2, rest=b"[]x"),
        frame(4, 4_000_000_000, rest=b"{}x"),
        frame(7, 7, rest=b"x"),
    ],
)
def test_frames_without_sense(raw: bytes) -> None:
    assert read_frame(raw) is None


@steady
@given(st.binary(max_size=64), st.integers(0, 5), st.integers(0, 70))
def test_any_frame_is_read_or_ignored(rest: bytes, kind: int, number: int) -> None:
    read_frame(rest)
    read_frame(frame(kind, number, rest=rest))


@steady
@given(st.text(max_size=9), st.text(max_size=30))
def test_text_frames_come_back(node: str, text: str) -> None:
    name = node.encode("utf-8", "replace")
    raw = frame(3, len(name), rest=name + text.encode("utf-8", "replace"))
    assert read_frame(raw) == TextFrame(name.decode(), text.encode("utf-8", "replace").decode())


# --- answers --------------------------------------------------------------------------------------------

READERS: tuple[Any, ...] = (
    read_accepted,
    read_queue,
    read_job_state,
    read_uploaded,
    read_refusal,
    lambda body: read_entry(body, "p"),
)


@steady
@given(anything, st.sampled_from(READERS))
def test_any_answer_is_read_or_bad(body: Any, reader: Any) -> None:
    try:
        reader(body)
    except BadAnswer as error:
        assert str(error).endswith((".", "?"))


@steady
@given(st.fixed_dictionaries({"outputs": anything, "status": anything}))
def test_any_entry_with_the_right_frame_makes_a_result(entry: Any) -> None:
    if isinstance(entry["outputs"], dict):
        found = read_entry({"p": entry}, "p")
        assert found is not None
        result = found.result("p", "j", SERVER)
        assert result.seconds is None or result.seconds >= 0


def test_the_queue_is_in_the_order_of_running() -> None:
    def item(number: float, prompt_id: str) -> list[Any]:
        return [number, prompt_id, {}, {"client_id": "c"}, []]

    heap = [item(-52, "c"), item(51, "a"), item(-5.5, "b"), item(51, "Z")]
    queue = read_queue({"queue_running": [item(3, "r")], "queue_pending": heap})
    assert [one.prompt_id for one in queue.pending] == ["c", "b", "Z", "a"]
    assert [queue.position(one) for one in ("r", "c", "a", "?")] == [0, 1, 4, None]
    assert (queue.length, queue.pending[0].client_id) == (5, "c")


@pytest.mark.parametrize("pending", [None, {}, [1], [["a", "b"]], [[1]], [[1, 2]]])
def test_a_queue_of_another_shape(pending: Any) -> None:
    with pytest.raises(BadAnswer):
        read_queue({"queue_running": [], "queue_pending": pending})


def test_acceptance() -> None:
    taken = read_accepted({"prompt_id": "p", "number": 3.5, "node_errors": {"1": {}}})
    assert (taken.prompt_id, taken.number, taken.node_errors) == ("p", 3.5, {"1": {}})
    assert read_accepted({"prompt_id": "p", "number": True, "node_errors": []}).number is None


def test_refusals_say_node_class_and_reason() -> None:
    body = {
        "error": {
            "type": "prompt_outputs_failed_validation",
            "message": "Prompt outputs failed",
            "details": "",
        },
        "node_errors": {
            str(node): {"class_type": "K", "errors": [{"message": "Too small", "details": "seed"}]}
            for node in range(7)
        },
    }
    sentence, node_errors = read_refusal(body) or ("", {})
    assert sentence.startswith("Prompt outputs failed: node 0 (K): Too small: seed; node 1")
    assert sentence.endswith("and 2 more") and len(node_errors) == 7
    assert read_refusal({"error": {"message": "No.", "details": "why"}}) == ("No: why", {})
    assert read_refusal({"error": "no body"}) == ("no body", {})
    assert read_refusal({"detail": "Not Found"}) is None
    assert complaints({"1": None, "2": {"errors": 3}, "3": {"errors": [None]}}) == []


def history(status: str, *messages: tuple[str, dict[str, Any]], outputs: Any = None) -> dict[str, Any]:
    said = [[kind, data] for kind, data in messages]
    return {"p": {"outputs": outputs or {}, "status": {"status_str": status, "messages": said}}}


def test_ends() -> None:
    stopped = ("execution_interrupted", {"node_id": "1"})
    for body, state in (
        (history("success"), State.DONE),
        (history("error"), State.FAILED),
        (history("error", stopped), State.CANCELLED),
        ({"p": {"outputs": {}, "status": None}}, State.DONE),
    ):
        entry = read_entry(body, "p")
        assert entry is not None and entry.state is state
    assert read_entry({}, "p") is None


def test_an_entry_tells_what_was_cached_and_how_long_it_took() -> None:
    body = history(
        "success",
        ("execution_start", {"timestamp": 1000}),
        ("execution_cached", {"nodes": ["1", 2]}),
        ("execution_success", {"timestamp": 3500}),
        outputs={"1": {"images": [{"filename": "a.png"}]}, "3": {"text": ["hi"]}},
    )
    entry = read_entry(body, "p")
    assert entry is not None
    result = entry.result("p", "j", SERVER)
    assert (result.cached, result.seconds) == (("1", "2"), 2.5)
    assert [one.cached for one in result.outputs] == [True, False]
    assert ([one.filename for one in result.files], result.texts) == (["a.png"], ("hi",))


# --- outputs -----------------------------------------------------------------------------------------------


def test_outputs_of_any_kind() -> None:
    clip = {"filename": "v.mp4", "subfolder": "a b", "type": "temp", "format": "video/h264"}
    nodes = {
        "1": {"images": [{"filename": "i.png", "subfolder": "", "type": "output"}], "animated": [True]},
        "2": {"gifs": [clip], "audio": [{"filename": "s.flac"}], "text": ["words.glb", 3, None]},
        "5:1": {"result": ["mesh/m.glb", {"camera": 1}], "odd": "x", "more": [[1, 2]]},
        "6": None,
    }
    found = [(one.node, one.kind, one.filename or one.text) for one in read_outputs(nodes, SERVER)]
    assert found == [
        ("1", "images", "i.png"),
        ("2", "gifs", "v.mp4"),
        ("2", "audio", "s.flac"),
        ("2", "text", "words.glb"),
        ("2", "text", "3"),
        ("5:1", "3d", "m.glb"),
        ("5:1", "result", '{"camera": 1}'),
        ("5:1", "more", "[1, 2]"),
    ]
    video = read_outputs(nodes, SERVER)[1]
    assert video == Output("2", "gifs", "v.mp4", "a b", "temp", video.url)
    assert video.url == f"{SERVER}/view?filename=v.mp4&subfolder=a+b&type=temp"
    assert read_outputs(nodes, SERVER)[5].subfolder == "mesh"


@steady
@given(st.dictionaries(st.text(max_size=4), anything, max_size=4))
def test_any_outputs_are_read(nodes: dict[str, Any]) -> None:
    for one in read_outputs(nodes, SERVER):
        assert one.is_file == (one.text is None)
        assert not one.is_file or one.url.startswith(f"{SERVER}/view?filename=")


@steady
@given(anything)
def test_json_comes_back(value: Any) -> None:
    assert json.dumps(read_json(json.dumps(value))) == json.dumps(value)
