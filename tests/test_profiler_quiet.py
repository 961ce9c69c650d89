"""What the profiler leaves alone: an idle host, the thread of a prompt, other requests; and after a crash."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gates import pool
from gates.host.process import HostProcess, PromptRefused
from tests.profiler_rig import (
    PACKS,
    P,
    Prompt,
    change,
    fresh,
    measured,
    node,
    run_of,
    runs,
    status,
    texts,
    until,
)
from tests.serving import png

ROOT = Path(__file__).resolve().parents[1]
# Says which threads and driver the process has, and which files our code opened on the thread of a prompt.
WATCHER = """
import sys
import threading

from aiohttp import web
from server import PromptServer

OPENED = []
ON_PROMPT = set()


def heard(event, args):
    if event not in ("open", "sqlite3.connect", "os.mkdir", "os.rename", "os.remove", "os.listdir"):
        return
    if threading.get_ident() not in ON_PROMPT:
        return
    frame = sys._getframe(1)
    while frame is not None:
        if "profiler" in frame.f_code.co_filename:
            OPENED.append([event, str(args[0]) if args else ""])
            return
        frame = frame.f_back


sys.addaudithook(heard)


class Mark:
    CATEGORY = "watcher"
    RETURN_TYPES = ("STRING",)
    FUNCTION = "run"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"text": ("STRING", {"default": ""})}}

    def run(self, text):
        ON_PROMPT.add(threading.get_ident())
        return (text,)


@PromptServer.instance.routes.get("/watcher")
async def told(request):
    threads = [one.name for one in threading.enumerate() if one.name.startswith("gates-profiler")]
    return web.json_response({"threads": threads, "driver": "pynvml" in sys.modules, "opened": OPENED})


NODE_CLASS_MAPPINGS = {"WatcherMark": Mark}
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    place = tmp_path_factory.mktemp("quiet")
    watcher = place / "watcher"
    watcher.mkdir()
    (watcher / "__init__.py").write_text(WATCHER)
    with HostProcess(place / "host", [*PACKS, watcher]) as host:
        yield host


def watched(host: HostProcess) -> dict[str, Any]:
    return dict(host.get("/watcher").json())


def test_no_thread_and_no_driver_before_a_run_and_no_thread_after_it(host: HostProcess) -> None:
    host.submit(texts())
    assert status(host)["recording"] is None
    before = watched(host)
    assert (before["threads"], before["driver"]) == ([], False)
    run = measured(host, texts(seconds=0.3))
    assert run["status"] == "success" and run["steps"]["2"]["n_samples"] >= 1
    assert "gates-profiler-sampler" not in watched(host)["threads"]
    until(lambda: not watched(host)["threads"], "the end of all threads of the profiler")


def test_putting_it_together_loads_no_driver() -> None:
    code = """if True:
        import sys
        from gates.profiler.probes.finding import all_probes
        all_probes()
        print(sorted({"pynvml", "torch"} & set(sys.modules)))"""
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_thread_of_the_prompt_opens_no_file_for_us(host: HostProcess) -> None:
    """A run of several seconds, so that it is written while it is on too."""
    prompt: Prompt = {"0": {"class_type": "WatcherMark", "inputs": {"text": fresh()}}}
    for number in range(1, 40):
        seconds = 0.07 if number % 2 else 0.0
        prompt[str(number)] = node("Sleep", text=[str(number - 1), 0], seconds=seconds)
    prompt["40"] = node("Show", text=["39", 0])
    host.submit(texts())
    for _ in range(2):  # the second time the thread is known from the beginning
        prompt["0"]["inputs"]["text"] = fresh()
        assert len(measured(host, prompt)["steps"]) == 41
    opened = watched(host)["opened"]
    assert [one for one in opened if not one[1].startswith(("/proc/", "/sys/"))] == []


def test_a_locked_database_holds_up_neither_the_server_nor_a_prompt(host: HostProcess) -> None:
    first = measured(host)
    answers: list[int] = []

    def rename() -> None:
        answers.append(change(host, "PATCH", f"/runs/{first['id']}", {"name": "waits"}).status)

    with closing(sqlite3.connect(status(host)["store"]["path"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=rename)
        waiting.start()
        queued = host.queue(texts(), extra_data={"holaf_profile": {"name": "meanwhile"}})
        slowest = 0.0
        begin = time.monotonic()
        while time.monotonic() - begin < 1.5:
            asked = time.monotonic()
            assert host.get("/api/system_stats").status == host.get(f"{P}/runs").status == 200
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(0.05)
        assert host.result(queued)["status"]["status_str"] == "success"
        assert waiting.is_alive() and answers == []
        other.execute("ROLLBACK")
    waiting.join(60)
    assert slowest < 1.0 and answers == [200]
    assert run_of(host, queued)["name"] == "meanwhile"


def test_a_run_is_in_the_list_two_seconds_after_it_is_in_the_history(host: HostProcess) -> None:
    late: list[float] = []
    for _ in range(3):
        prompt_id = host.queue(texts(), extra_data={"holaf_profile": {}})
        host.result(prompt_id)
        begin = time.monotonic()
        assert run_of(host, prompt_id)["status"] == "success"
        late.append(time.monotonic() - begin)
    assert min(late) < 2.0, late


def test_what_comfyui_refuses_leaves_nothing_recording(host: HostProcess) -> None:
    total = host.get(f"{P}/runs").json()["total"]
    client = fresh()
    host.post(f"{P}/run", {"client_id": client})
    wrong = {"1": node("Text", text="a"), "2": node("Show")}
    bodies: list[dict[str, Any]] = [{"client_id": client}, {"extra_data": {"holaf_profile": {}}}]
    for body in bodies:
        with pytest.raises(PromptRefused):
            host.queue(wrong, **body)
    now = status(host)
    assert (now["recording"], now["armed"]) == (None, [])
    assert "gates-profiler-sampler" not in watched(host)["threads"]
    host.submit(texts())
    assert host.get(f"{P}/runs").json()["total"] == total


def test_the_content_of_a_pool_is_kept_with_the_run(host: HostProcess) -> None:
    pools = host.base / "input" / "grid_pool"
    pool.add_image(str(pools), "cats", png(), 1, name="a.png")
    prompt = {
        "1": {"class_type": "GridImagePool", "inputs": {"pool_id": "cats", "index": 0}},
        "2": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}},
    }
    run = measured(host, prompt)
    assert run["pools"]["cats"]["images"] == 1 and run["pools"]["cats"]["fingerprint"]


def test_a_run_that_a_crash_cut_off_is_kept_up_to_two_seconds_before(start_host: Any) -> None:
    host = start_host(packs=PACKS)
    prompt: Prompt = {"0": node("Text", text=fresh())}
    for number in range(1, 9):
        prompt[str(number)] = node("Sleep", text=[str(number - 1), 0], seconds=0.4)
    prompt["9"] = node("Sleep", text=["8", 0], seconds=60.0)
    prompt["10"] = node("Show", text=["9", 0])
    prompt_id = host.queue(prompt, extra_data={"holaf_profile": {"name": "cut off"}})

    def written() -> bool:
        found = runs(host)
        whole = host.get(f"{P}/runs/{found[0]['id']}").json() if found else {"steps": []}
        return len(whole["steps"]) == 9

    until(written, "nine steps of the run, while it is on")
    host.kill()
    host.start()
    (run,) = runs(host)
    assert (run["prompt_id"], run["status"], run["name"]) == (prompt_id, "aborted", "cut off")
    steps = host.get(f"{P}/runs/{run['id']}").json()["steps"]
    assert [step["node_id"] for step in steps] == [str(n) for n in range(9)]
    assert {step["status"] for step in steps} == {"executed"}
    assert json.loads(host.get(f"{P}/runs/{run['id']}/export?format=json").text)["run"]["status"] == "aborted"
