from __future__ import annotations

from typing import Any

import pytest

from gates.host.job_outputs import normalised, summary
from gates.host.jobs import JobQuery, one, read_query, select

FILE = {"filename": "a.png", "subfolder": "", "type": "output"}


def entry(status: str = "success", start: int = 0, end: int = 0, **messages: Any) -> dict[str, Any]:
    told = [("execution_start", {"timestamp": start})]
    told += messages.get("messages", [("execution_success", {"timestamp": end})])
    return {
        "prompt": (1, "id", {}, {"create_time": start}, []),
        "outputs": {},
        "status": {"status_str": status, "messages": told},
    }


def test_a_saved_file_is_shown_before_a_temporary_one_before_a_text() -> None:
    temporary = {**FILE, "type": "temp"}
    outputs = {"1": {"text": ["t"]}, "2": {"images": [temporary]}, "3": {"images": [FILE]}}
    assert summary(outputs) == (2, {**FILE, "nodeId": "3", "mediaType": "images"})
    del outputs["3"]
    assert summary(outputs) == (1, {"content": "t", "nodeId": "1", "mediaType": "text"})
    del outputs["1"]
    assert summary(outputs)[1] == {**temporary, "nodeId": "2", "mediaType": "images"}


def test_what_can_be_shown_is_known_by_kind_form_or_name() -> None:
    for kind, item in (
        ("gifs", {"filename": "a.gif", "format": "video/h264"}),
        ("odd", {"filename": "a.GLB"}),
        ("odd", {"filename": "notes.md"}),
    ):
        assert summary({"1": {kind: [item]}})[1] is not None
    assert summary({"1": {"odd": [{"filename": "a.bin"}], "animated": [True]}}) == (1, None)
    assert summary({"1": None}) == (0, None)


def test_a_model_given_by_name_is_a_file_and_a_long_text_is_cut() -> None:
    assert summary({"1": {"result": ["mesh.obj"]}})[1] == {
        "filename": "mesh.obj",
        "type": "output",
        "subfolder": "",
        "mediaType": "3d",
        "nodeId": "1",
    }
    _, preview = summary({"1": {"text": ["x" * 2000]}})
    assert preview is not None
    assert (len(preview["content"]), preview["truncated"]) == (1024, True)
    assert normalised({"1": {"result": ["mesh.obj", None, "t"], "animated": (True,)}, "2": 5}) == {
        "1": {
            "result": [
                {"filename": "mesh.obj", "type": "output", "subfolder": "", "mediaType": "3d"},
                "t",
            ],
            "animated": (True,),
        },
        "2": 5,
    }


def test_an_interrupted_run_is_cancelled_and_a_failed_one_says_why() -> None:
    interrupted = entry("error", messages=[("execution_interrupted", {"timestamp": 5})])
    failed = entry("error", messages=[("execution_error", {"timestamp": 6, "exception_message": "no"})])
    assert one("a", [], [], {"a": interrupted})["status"] == "cancelled"  # type: ignore[index]
    found = one("a", [], [], {"a": failed})
    assert found is not None
    assert (found["status"], found["execution_error"]["exception_message"]) == ("failed", "no")


def test_jobs_are_filtered_sorted_and_paged() -> None:
    history = {"a": entry(start=1, end=9), "b": entry(start=3, end=4), "c": entry(start=2, end=4)}
    running: list[tuple[Any, ...]] = [
        (0, "r", {}, {"create_time": 9, "extra_pnginfo": {"workflow": {"id": "w"}}}, [])
    ]

    def ids(query: JobQuery) -> list[str]:
        return [job["id"] for job in select(running, [], history, query)[0]]

    assert ids(JobQuery()) == ["r", "b", "c", "a"]
    assert ids(JobQuery(descending=False)) == ["a", "c", "b", "r"]
    assert ids(JobQuery(statuses=("completed",), sort_by="execution_duration")) == ["a", "c", "b"]
    assert ids(JobQuery(limit=2, offset=1)) == ["b", "c"]
    assert ids(JobQuery(workflow_id="w")) == ["r"]
    assert select(running, [], history, JobQuery(limit=1))[1] == 4


def test_a_query_is_read() -> None:
    asked = {"status": "pending, FAILED", "sort_order": "ASC", "limit": "5", "offset": "-3"}
    assert read_query(asked) == JobQuery(("pending", "failed"), None, "created_at", False, 5, 0)
    with pytest.raises(ValueError, match="limit must be an integer"):
        read_query({"limit": "x"})
