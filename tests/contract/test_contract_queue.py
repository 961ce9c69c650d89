"""Interrupts, the queue, the history and the jobs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from gates.host.testing import ServerUnderTest
from tests.contract.playing import HAPPY, fresh, new_tag, node, play, sleeping, told

LONG = 60.0
Needs = Callable[[str], None]


def other_id() -> str:
    return str(uuid.uuid4())


def test_an_interrupt_without_an_id_stops_what_runs(server: ServerUnderTest) -> None:
    tag = new_tag()
    with server.listen() as listener:
        queued = listener.queue(fresh(sleeping(LONG), tag))
        listener.wait_for_type("executing", node="2")
        assert server.post("/interrupt", {}).status == 200
        result = listener.wait(queued)
    assert told(result, tag) == "start / cached / run 1 / run 2 / interrupted 2 / over"
    assert (result.status, result.history["status"]["completed"]) == ("interrupted", False)
    assert result.history["status"]["status_str"] == "error"
    (said,) = result.heard("execution_interrupted")
    assert (said["node_type"], said["executed"]) == ("RulesSleep", ["1"])


def test_an_interrupt_stops_the_prompt_that_it_names_alone(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        queued = listener.queue(fresh(sleeping(LONG)))
        listener.wait_for_type("executing", node="2")
        assert server.post("/interrupt", {"prompt_id": other_id()}).status == 200
        assert server.history(queued.prompt_id) is None
        server.interrupt(queued.prompt_id)
        result = listener.wait(queued)
    assert result.status == "interrupted"


def test_an_interrupt_of_a_waiting_prompt_does_nothing(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        waiting = listener.queue(fresh(HAPPY))
        listener.wait_for_type("executing", node="2")
        server.interrupt(waiting.prompt_id)
        server.interrupt(running.prompt_id)
        assert listener.wait(running).status == "interrupted"
        assert listener.wait(waiting).ok


def test_the_next_prompt_runs_after_an_interrupt_while_nothing_ran(server: ServerUnderTest) -> None:
    server.post("/interrupt", {})
    assert play(server, [HAPPY], new_tag()).ok


def test_the_queue_lists_what_runs_and_what_waits(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        listener.wait_for_type("executing", node="2")
        prompt = fresh(HAPPY)
        waiting = listener.queue(prompt)
        queue = server.get("/queue").json()
        (runs,), (waits,) = queue["queue_running"], queue["queue_pending"]
        assert runs[1] == running.prompt_id
        assert waits[:3] == [waiting.number, waiting.prompt_id, prompt]
        assert waits[3]["client_id"] == listener.client_id and waits[4] == ["2"] and len(waits) == 5
        assert server.get("/prompt").json() == {"exec_info": {"queue_remaining": 2}}
        server.post("/queue", {"delete": [waiting.prompt_id, other_id()]})
        assert server.get("/queue").json()["queue_pending"] == []
        server.interrupt(running.prompt_id)
        listener.wait(running)
    assert server.history(waiting.prompt_id) is None


def test_the_queue_is_cleared_of_what_waits(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        listener.wait_for_type("executing", node="2")
        for _ in range(3):
            listener.queue(fresh(HAPPY))
        assert server.post("/queue", {"clear": True}).body == b""
        queue = server.get("/queue").json()
        assert (len(queue["queue_running"]), len(queue["queue_pending"])) == (1, 0)
        server.interrupt(running.prompt_id)
        listener.wait(running)


def test_the_front_and_the_lowest_number_go_first(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        listener.wait_for_type("executing", node="2")
        last = listener.queue(fresh(HAPPY))
        first = listener.queue(fresh(HAPPY), number=-1e6)
        front = listener.queue(fresh(HAPPY), front=True)
        assert (first.number, front.number < 0 < last.number) == (-1e6, True)
        server.interrupt(running.prompt_id)
        for each in (last, first, front):
            listener.wait(each)
        began = [one.prompt_id for one in listener.heard if getattr(one, "type", "") == "execution_start"]
    assert began == [each.prompt_id for each in (running, first, front, last)]


def test_numbers_count_refused_prompts_too(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        first = listener.queue(fresh(HAPPY))
        assert server.post("/prompt", {"prompt": {}}).status == 400
        second = listener.queue(fresh(HAPPY))
        assert second.number == first.number + 2
        assert listener.wait(first).ok and listener.wait(second).ok


def test_a_prompt_id_of_ones_own(server: ServerUnderTest) -> None:
    given = other_id()
    result = play(server, [HAPPY], new_tag(), {"prompt_id": given})
    assert result.prompt_id == given and server.history(given) is not None


def test_the_history_of_a_prompt(server: ServerUnderTest) -> None:
    tag = new_tag()
    result = play(server, [HAPPY], tag, {"extra_data": {"mine": 1}})
    entry = result.history
    number, prompt_id, prompt, extra_data, outputs = entry["prompt"]
    assert (prompt_id, prompt, outputs) == (result.prompt_id, fresh(HAPPY, tag), ["2"])
    assert isinstance(number, (int, float)) and extra_data["mine"] == 1
    assert entry["outputs"] == {"2": {"text": [f"2:{tag}"]}}
    meta = {"node_id": "2", "display_node": "2", "parent_node": None, "real_node_id": "2"}
    assert entry["meta"] == {"2": meta}
    assert entry["status"]["status_str"] == "success" and entry["status"]["completed"] is True
    kinds = [kind for kind, _ in entry["status"]["messages"]]
    assert kinds == ["execution_start", "execution_cached", "execution_success"]


def test_the_history_knows_nothing_of_what_never_ended(server: ServerUnderTest) -> None:
    answer = server.get(f"/history/{other_id()}")
    assert (answer.status, answer.json()) == (200, {})


def test_the_history_forgets_one_and_all(server: ServerUnderTest) -> None:
    first, second = (play(server, [HAPPY], new_tag()).prompt_id for _ in range(2))
    assert server.post("/history", {"delete": [first]}).status == 200
    assert server.history(first) is None and server.history(second) is not None
    assert server.post("/history", {"clear": True}).status == 200
    assert server.get("/history").json() == {}


def test_the_newest_of_the_history(server: ServerUnderTest) -> None:
    ids = [play(server, [HAPPY], new_tag()).prompt_id for _ in range(3)]
    assert list(server.get("/history?max_items=2").json()) == ids[1:]


def test_the_results_of_a_cached_run_are_those_of_the_first(server: ServerUnderTest) -> None:
    tag = new_tag()
    first = play(server, [HAPPY], tag)
    second = play(server, [HAPPY], tag)
    assert second.outputs == first.outputs and second.cached == {"1", "2"}


def jobs(server: ServerUnderTest, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get(f"/api/jobs{query}").json()["jobs"]
    return found


def test_jobs_tell_how_prompts_ended(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.6")
    done = play(server, [HAPPY], new_tag())
    failed = play(server, [{**HAPPY, "1": node("Fail", text="{tag}")}], new_tag())
    found = {job["id"]: job for job in jobs(server)}
    assert found[done.prompt_id]["status"] == "completed"
    assert found[done.prompt_id]["outputs_count"] == 0  # texts are counted as nothing
    assert found[failed.prompt_id]["status"] == "failed"
    assert found[failed.prompt_id]["execution_error"]["node_type"] == "RulesFail"
    assert isinstance(found[done.prompt_id]["create_time"], (int, float))


def test_jobs_that_run_and_wait(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.6")
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        listener.wait_for_type("executing", node="2")
        waiting = listener.queue(fresh(HAPPY))
        assert [job["id"] for job in jobs(server, "?status=in_progress")] == [running.prompt_id]
        assert [job["id"] for job in jobs(server, "?status=pending")] == [waiting.prompt_id]
        server.interrupt(running.prompt_id)
        assert listener.wait(running).status == "interrupted"
        assert listener.wait(waiting).ok
    assert {job["id"]: job["status"] for job in jobs(server)}[running.prompt_id] == "cancelled"


def test_a_job_by_its_id(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.6")
    result = play(server, [HAPPY], new_tag())
    job = server.get(f"/api/jobs/{result.prompt_id}").json()
    assert job["outputs"] == dict(result.outputs) and "2" in job["workflow"]["prompt"]
    missing = server.get(f"/api/jobs/{other_id()}")
    assert (missing.status, missing.json()) == (404, {"error": "Job not found"})


def test_pages_of_jobs(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.6")
    ids = [play(server, [HAPPY], new_tag()).prompt_id for _ in range(2)]
    page = server.get("/api/jobs?limit=1&status=completed").json()
    assert [job["id"] for job in page["jobs"]] == ids[1:]
    assert page["pagination"]["limit"] == 1 and page["pagination"]["has_more"] is True
    assert server.get("/api/jobs?status=nosuch").status == 400


def test_jobs_are_cancelled_by_their_ids(server: ServerUnderTest, needs: Needs) -> None:
    needs("0.26")
    with server.listen() as listener:
        running = listener.queue(fresh(sleeping(LONG)))
        waiting = listener.queue(fresh(HAPPY))
        listener.wait_for_type("executing", node="2")
        for queued in (waiting, running):
            assert server.post(f"/api/jobs/{queued.prompt_id}/cancel").json() == {"cancelled": True}
        assert listener.wait(running).status == "interrupted"
        assert server.post(f"/api/jobs/{running.prompt_id}/cancel").json() == {"cancelled": False}
    assert server.history(waiting.prompt_id) is None
    assert json.loads(server.get("/queue").body)["queue_pending"] == []
