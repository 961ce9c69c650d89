"""The client for scripts, against a whole server."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from gates.client import Event, Finished, State, SyncClient, run_workflow
from gates.errors import RunTimedOut
from gates.host.process import HostProcess
from tests.client_rig import PATIENT, node, picture, server_of
from tests.serving import png

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    return server_of(request)


@pytest.fixture
def script(url: str) -> Iterator[SyncClient]:
    with SyncClient(url, limits=PATIENT) as made:
        yield made


def test_the_client_for_scripts(script: SyncClient, tmp_path: Path) -> None:
    assert "comfyui_version" in script.system_stats()["system"]
    assert list(script.node_info("SaveImage")) == ["SaveImage"] and script.node_info("Nope") == {}
    job = script.submit(picture())
    events = list(script.events(job))
    assert isinstance(events[-1], Finished)
    result = script.wait(job)
    assert script.outputs(job.prompt_id) == result.outputs
    assert script.download(result.files[0], tmp_path).is_file()
    assert script.lookup(job.prompt_id) is State.DONE and not script.cancel(job)
    assert script.queue().length == 0 and script.history(max_items=1)
    assert script.upload(png(), name=f"s{secrets.token_hex(4)}.png").type == "input"
    assert script.client_id and script.ignored == 0 and script.url.startswith("http")
    with pytest.raises(RunTimedOut):
        list(script.events("6f1c3ad2-6f5b-4f0c-9d4e-2a86e2f1a111", timeout=0.05))


def test_one_call(url: str, tmp_path: Path) -> None:
    workflow = picture(**{"3": node("PreviewImage", images=["1", 0])})
    heard: list[Event] = []
    result = run_workflow(url, workflow, tmp_path / "out", on_event=heard.append, limits=PATIENT)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        output.filename for output in result.files if output.type == "output"
    )
    assert isinstance(heard[-1], Finished)


async def test_a_script_in_a_running_loop(url: str) -> None:
    """As in a notebook, where a loop runs already."""
    with SyncClient(url, limits=PATIENT) as script:
        assert script.run(picture()).status is State.DONE


INTERRUPTED = """
import sys
from gates.client import Started, SyncClient

def told(event):
    if isinstance(event, Started):
        print("started", flush=True)

workflow = {
    "1": {"class_type": "RulesText", "inputs": {"text": sys.argv[2]}},
    "2": {"class_type": "RulesSleep", "inputs": {"text": ["1", 0], "seconds": 60}},
    "3": {"class_type": "RulesShow", "inputs": {"text": ["2", 0]}},
}
with SyncClient(sys.argv[1]) as client:
    client.run(workflow, on_event=told, prompt_id=sys.argv[3])
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_stops_that_run(rules_host: HostProcess) -> None:
    prompt_id = str(uuid.uuid4())
    command = [sys.executable, "-c", INTERRUPTED, rules_host.url, secrets.token_hex(4), prompt_id]
    script = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with script:
        assert script.stdout is not None and script.stderr is not None
        assert script.stdout.readline() == "started\n"
        script.send_signal(signal.SIGINT)
        assert "KeyboardInterrupt" in script.stderr.read()
    with SyncClient(rules_host.url) as client:
        while client.lookup(prompt_id) is State.RUNNING:
            time.sleep(0.02)
        assert client.lookup(prompt_id) is State.CANCELLED
