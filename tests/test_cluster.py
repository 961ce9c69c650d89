"""Batches on a local Ray: what dies takes no job with it, and nothing is rendered twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gates.host.process import HostProcess
from tests.fleet_rig import PACK, ROOT, gates_run, lines_of, render, write_jobs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills processes by POSIX signals")


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[HostProcess]]:
    """Three stand-in hosts, started at once."""
    started = [HostProcess(tmp_path / f"host{n}", [PACK]) for n in range(3)]
    try:
        with ThreadPoolExecutor() as pool:
            list(pool.map(HostProcess.start, started))
        yield started
    finally:
        for host in started:
            host.stop()


def servers(hosts: list[HostProcess]) -> list[str]:
    return [part for host in hosts for part in ("--server", host.url)]


def test_a_dead_actor_and_a_dead_host_lose_no_job_and_render_none_twice(
    tmp_path: Path, hosts: list[HostProcess]
) -> None:
    log, gate, work = tmp_path / "log", tmp_path / "gate", tmp_path / "work"
    names = [f"job{n}" for n in range(7)]
    lines = [{"workflow": render(name, 0.0, log, gate), "job": name, "user": "ann"} for name in names]
    jobs = write_jobs(work / "jobs.jsonl", *lines)
    arguments = ["--batch", str(jobs), *servers(hosts), "--patience", "1"]
    with gates_run(*arguments, cwd=tmp_path) as batch:
        pids: dict[str, int] = {}
        while len(pids) < 3:
            joined = batch.until("joined")
            pids[joined["server"]] = joined["pid"]
        while len(lines_of(log)) < 3:  # one job waits at the gate of each host
            batch.until("progress")
        os.kill(pids[hosts[0].url], signal.SIGKILL)
        hosts[1].kill()
        found = batch.once("looked_up", server=hosts[0].url)
        assert found["state"] == "running"  # the actor came back, and so did what it knows
        batch.once("gone", server=hosts[1].url, reason="refused_connection")
        gate.touch()
        envelope = batch.end()
        assert (envelope["status"], batch.errors()) == ("success", ""), envelope
    assert envelope["data"]["counts"] == {"done": 7, "not_started": 0}
    ended = [line for line in lines_of(log) if line.startswith("end ")]
    assert sorted(ended) == [f"end {name}" for name in names]  # each once: none lost, none twice
    for name in names:
        assert (work / "ann" / name / f"gen_job_{name}.txt").read_text("utf-8") == name
    moved = [one["job"] for one in batch.of("gone")]
    assert {"server": hosts[1].url, "outcome": "refused_connection"}.items() <= tries_of(
        work, moved[0]
    ).items()
    assert batch.left_behind() == []
    resumed(tmp_path, arguments, log, names)


def tries_of(work: Path, job: str) -> dict[str, str]:
    """The first server that lost a job, by its record."""
    record = json.loads((work / "ann" / job / f"{job}.json").read_text("utf-8"))
    return dict(record["tries"][0])


def resumed(tmp_path: Path, arguments: list[str], log: Path, names: list[str]) -> None:
    """The same batch again renders nothing."""
    before = lines_of(log)
    with gates_run(*arguments, cwd=tmp_path) as again:
        assert again.end()["data"]["counts"] == {"done": 7, "not_started": 0}
    assert sorted(one["job"] for one in again.of("already_done")) == names
    assert lines_of(log) == before


def test_what_a_batch_started_ends_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = [
        {"workflow": render(name, seconds, log), "job": name} for name, seconds in (("a", 0.1), ("b", 60))
    ]
    jobs = write_jobs(tmp_path / "jobs.jsonl", *lines)
    host = f"{sys.executable} -m gates.host --base-directory {{folder}}/base --port {{port}} --pack {PACK}"
    start = ["--start", f"env PYTHONPATH={ROOT} {host}", "--gpus", "0"]
    with gates_run("--batch", str(jobs), *start, cwd=tmp_path) as batch:
        batch.until("joined")
        batch.until("ended", job="a", status="done")
        batch.until("progress")
        batch.process.send_signal(signal.SIGINT)
        envelope = batch.end()
        assert (batch.process.returncode, batch.errors()) == (130, "")
    assert envelope["data"]["counts"] == {"done": 1, "cancelled": 1, "not_started": 0}
    assert lines_of(log) == ["start a", "end a", "start b"]
    assert batch.left_behind() == []


def test_no_cluster_at_an_address_is_told_at_once(tmp_path: Path) -> None:
    jobs = write_jobs(tmp_path / "jobs.jsonl", {"workflow": render("x")})
    with gates_run("--batch", str(jobs), "--cluster", "127.0.0.1:1", cwd=tmp_path) as batch:
        envelope = batch.end()
    assert (envelope["exit_code"], envelope["errors"][0]["code"]) == (4, "cluster_failed")


def test_without_ray_the_extra_is_named_and_nothing_else_needs_it(tmp_path: Path) -> None:
    jobs = write_jobs(tmp_path / "jobs.jsonl", {"workflow": render("x")})
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.modules['ray'] = None\n"
        "import gates.client, gates.cli.run_alone\n"
        "assert 'torch' not in sys.modules\n"
        f"from gates.cli.main import main; sys.exit(main(['run', '--batch', {str(jobs)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'comfyui-dataset-gates[cluster]'" in done.stderr
