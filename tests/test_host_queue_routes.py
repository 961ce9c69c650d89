"""Queue, history and jobs over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from gates.host.process import HostProcess

UNKNOWN = "33333333-3333-4333-8333-333333333333"


def prompt(text: str, seconds: float = 0.0) -> dict[str, Any]:
    return {
        "1": {"class_type": "RulesText", "inputs": {"text": text}},
        "2": {"class_type": "RulesSleep", "inputs": {"text": ["1", 0], "seconds": seconds}},
        "3": {"class_type": "RulesShow", "inputs": {"text": ["2", 0]}},
    }


@pytest.fixture
def busy(rules_host: HostProcess) -> Iterator[str]:
    """The id of a prompt that runs until the test is over."""
    prompt_id = rules_host.queue(prompt(f"busy {time.time()}", 30.0))
    while not rules_host.get("/api/queue").json()["queue_running"]:
        time.sleep(0.02)
    yield prompt_id
    rules_host.post("/api/queue", {"clear": True})
    rules_host.post("/api/interrupt", {})
    rules_host.result(prompt_id)


def job(host: HostProcess, job_id: str) -> dict[str, Any]:
    return dict(host.get(f"/api/jobs/{job_id}").json())


def test_pending_prompts_are_listed_and_deleted(rules_host: HostProcess, busy: str) -> None:
    first = rules_host.queue(prompt("first"))
    second = rules_host.queue(prompt("second"), extra_data={"api_key_comfy_org": "secret"})
    queue = rules_host.get("/api/queue").json()
    assert [item[1] for item in queue["queue_running"]] == [busy]
    assert {item[1] for item in queue["queue_pending"]} == {first, second}
    assert all(len(item) == 5 for item in queue["queue_pending"])
    assert "secret" not in str(queue)
    assert rules_host.get("/api/prompt").json() == {"exec_info": {"queue_remaining": 3}}
    rules_host.post("/api/queue", {"delete": [first]})
    assert [item[1] for item in rules_host.get("/api/queue").json()["queue_pending"]] == [second]
    assert rules_host.get(f"/api/history/{first}").json() == {}


def test_jobs_tell_of_every_state(rules_host: HostProcess, busy: str) -> None:
    pending = rules_host.queue(prompt("pending"))
    assert (job(rules_host, busy)["status"], job(rules_host, pending)["status"]) == (
        "in_progress",
        "pending",
    )
    listed = rules_host.get("/api/jobs?status=in_progress,pending").json()
    assert {each["id"] for each in listed["jobs"]} == {busy, pending}
    assert all(isinstance(each["create_time"], int) for each in listed["jobs"])
    assert listed["pagination"] == {"offset": 0, "limit": None, "total": 2, "has_more": False}


def test_a_finished_job_has_times_and_a_preview(rules_host: HostProcess) -> None:
    extra = {"extra_pnginfo": {"workflow": {"id": "the-workflow"}}}
    prompt_id = rules_host.queue(prompt("finished"), extra_data=extra)
    rules_host.result(prompt_id)
    found = job(rules_host, prompt_id)
    assert found["status"] == "completed"
    assert found["execution_end_time"] >= found["execution_start_time"]
    assert found["preview_output"] == {"content": "3:finished", "nodeId": "3", "mediaType": "text"}
    assert found["workflow"]["prompt"]["1"]["class_type"] == "RulesText"
    listed = rules_host.get("/api/jobs?workflow_id=the-workflow&limit=1").json()
    assert [each["id"] for each in listed["jobs"]] == [prompt_id]
    assert "outputs" not in listed["jobs"][0]


def test_a_running_job_is_cancelled_by_its_id(rules_host: HostProcess, busy: str) -> None:
    pending = rules_host.queue(prompt("never runs"))
    both = rules_host.post("/api/jobs/cancel", {"job_ids": [busy, pending]})
    assert both.json() == {"cancelled": True}
    rules_host.result(busy, timeout=5)
    assert job(rules_host, busy)["status"] == "cancelled"
    assert job(rules_host, pending) == {"error": "Job not found"}
    again = rules_host.post(f"/api/jobs/{busy}/cancel")
    assert (again.status, again.json()) == (200, {"cancelled": False})


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("status=odd", "Invalid status"),
        ("sort_by=odd", "sort_by"),
        ("sort_order=odd", "sort_order"),
        ("limit=0", "positive"),
        ("limit=x", "limit must be an integer"),
        ("offset=x", "offset must be an integer"),
    ],
)
def test_a_wrong_query_for_jobs_is_told(rules_host: HostProcess, query: str, word: str) -> None:
    answer = rules_host.get(f"/api/jobs?{query}")
    assert answer.status == 400
    assert word in answer.json()["error"]


def test_wrong_ids_to_cancel_are_named(rules_host: HostProcess) -> None:
    answer = rules_host.post("/api/jobs/cancel", {"job_ids": [UNKNOWN, "x", 5]})
    assert (answer.status, answer.json()["invalid_ids"]) == (400, ["x", "5"])
    assert rules_host.post("/api/jobs/cancel", {"job_ids": "x"}).status == 400
    assert rules_host.request("POST", "/api/jobs/cancel", b"no json").status == 400


def test_history_is_listed_deleted_and_cleared(host: HostProcess) -> None:
    picture = {
        "1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 0}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    ids = [host.queue(picture) for _ in range(3)]
    host.result(ids[-1])
    assert list(host.get("/api/history").json()) == ids
    assert list(host.get("/api/history?max_items=2").json()) == ids[1:]
    assert list(host.get("/api/history?max_items=1&offset=0").json()) == ids[:1]
    assert host.get("/api/history?max_items=x").status == 500
    host.post("/api/history", {"delete": [ids[0]]})
    assert list(host.get("/api/history").json()) == ids[1:]
    host.post("/api/history", {"clear": True})
    assert host.get("/api/history").json() == {}
    assert host.get(f"/api/history/{UNKNOWN}").json() == {}


def test_freeing_memory_forgets_results(rules_host: HostProcess) -> None:
    def run() -> list[str]:
        entry = rules_host.submit(prompt("forget me"))
        return list(dict(entry["status"]["messages"])["execution_cached"]["nodes"])

    run()
    assert run() == ["1", "2", "3"]
    assert rules_host.post("/api/free", {"free_memory": True}).status == 200
    time.sleep(0.2)
    assert run() == []


def test_the_front_of_the_queue_and_a_number_decide_who_runs_next(rules_host: HostProcess, busy: str) -> None:
    ids = [
        rules_host.queue(prompt("back")),
        rules_host.queue(prompt("front"), front=True),
        rules_host.queue(prompt("first"), number=-1e9),
    ]
    rules_host.post(f"/api/jobs/{busy}/cancel")
    for prompt_id in ids:
        rules_host.result(prompt_id)
    ran = [each for each in rules_host.get("/api/history").json() if each in ids]
    assert ran == [ids[2], ids[1], ids[0]]
