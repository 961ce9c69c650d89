"""`gates run` against the stand-in host: files, records, events, exit codes, and what Ctrl-C leaves alone."""

from __future__ import annotations

import json
import signal
import socket
import struct
import sys
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.cli.main import main
from gates.cli.run import EXIT_CODES
from gates.host.process import HostProcess
from tests.fleet_rig import PACK, gates_run, lines_of, render, write_json

UI = {  # as the page saves it
    "version": 0.4,
    "nodes": [
        {
            "id": 1,
            "type": "FleetRender",
            "mode": 0,
            "inputs": [],
            "outputs": [{"name": "STRING", "type": "STRING", "links": None}],
            "widgets_values": ["from the page", 0, "", "", "mine"],
            "properties": {"Node name for S&R": "FleetRender"},
        }
    ],
    "links": [],
}


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.lines[-1]["data"])


Run = Callable[..., Done]


@pytest.fixture(scope="module")
def fleet_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("fleet") / "host", [PACK]) as host:
        yield host


@pytest.fixture
def run(
    fleet_host: HostProcess,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`run(workflow, *options)` in a folder of the test's own, on the host unless servers are named."""
    monkeypatch.chdir(tmp_path)

    def ran(workflow: Any, *options: str) -> Done:
        path = workflow if isinstance(workflow, Path) else write_json(tmp_path / "workflow.json", workflow)
        there = () if "--server" in options else ("--server", fleet_host.url)
        code = main(["run", str(path), *there, *options])
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return ran


def test_a_file_comes_and_its_path_is_all_that_stdout_holds(run: Run, tmp_path: Path) -> None:
    done = run(render("a cat"), "--job", "cat", "--user", "ann")
    assert (done.code, done.out) == (0, "ann/cat/gen_job_cat.txt\n")
    assert (tmp_path / "ann" / "cat" / "gen_job_cat.txt").read_text("utf-8") == "a cat"
    assert "Queued at" in done.err and "Painter" in done.err


def test_the_record_has_these_fields(run: Run, tmp_path: Path, fleet_host: HostProcess) -> None:
    run(render("a dog"), "--job", "dog", "--set", "1.text=two dogs")
    record = json.loads((tmp_path / "default" / "dog" / "dog.json").read_text("utf-8"))
    known = {name: record.pop(name) for name in ("digest", "workflow_hash", "prompt_id", "seconds")}
    assert len(known["digest"]) == len(known["workflow_hash"]) == 64 and uuid.UUID(known["prompt_id"])
    assert record.pop("asked_at") <= record.pop("ended_at")
    (output,) = record.pop("outputs")
    assert len(output.pop("sha256")) == 64
    assert output == {
        "node": "1",
        "kind": "files",
        "filename": "gen_job_dog.txt",
        "subfolder": "",
        "type": "output",
        "cached": False,
        "path": "gen_job_dog.txt",
        "size": 8,
        "text": None,
    }
    assert record == {
        "version": 1,
        "job": "dog",
        "user": "default",
        "status": "done",
        "exit_code": 0,
        "server": fleet_host.url,
        "attempt": 1,
        "workflow": str(tmp_path / "workflow.json"),
        "settings": ["1.text=two dogs"],
        "inputs": [],
        "out": "{user}/{job}/{filename}",
        "cached": False,
        "cached_nodes": [],
        "tries": [],
        "error": None,
    }


def test_json_is_a_line_for_each_event_and_the_envelope_last(run: Run) -> None:
    done = run(render("x", 0.2), "--json", "--job", "lines")
    *events, envelope = done.lines
    names = [one["event"] for one in events if one["event"] != "progress"]
    order = ["given", "queued", "started", "node_started", "node_done", "finished", "saved", "ended"]
    assert [name for name in names if name in order] == order
    assert all(one["job"] == "lines" for one in events)
    assert list(envelope) == ["version", "command", "status", "exit_code", "data", "errors"]
    assert (envelope["version"], envelope["command"], envelope["status"]) == (1, "run", "success")
    assert list(envelope["data"])[:7] == [
        "record", "version", "job", "user", "status", "exit_code", "server",
    ]  # fmt: skip


def test_a_workflow_of_the_page_and_one_in_a_picture(run: Run, tmp_path: Path) -> None:
    assert run(UI, "--set", "FleetRender.text=drawn", "--out", "a/{n}.{ext}").code == 0
    assert (tmp_path / "a" / "1.txt").read_text("utf-8") == "drawn"
    picture = tmp_path / "picture.png"
    picture.write_bytes(png(b"tEXt", b"prompt\0" + json.dumps(render("in a picture")).encode()))
    assert run(picture, "--out", "b/").code == 0
    assert [path.read_text("utf-8") for path in (tmp_path / "b").glob("*.txt")] == ["in a picture"]


def png(kind: bytes, body: bytes) -> bytes:
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return b"\x89PNG\r\n\x1a\n" + chunk


LOADS = {
    "1": {"class_type": "FleetLoad", "inputs": {"image": "none.png"}},
    "2": {"class_type": "FleetSay", "inputs": {"text": ["1", 0]}},
}


@pytest.mark.parametrize("form", ["{file}", "1.image={file}", "FleetLoad.image={file}"])
def test_an_input_is_uploaded_and_given_to_its_loader(run: Run, tmp_path: Path, form: str) -> None:
    file = tmp_path / "some picture.png"
    file.write_text(f"pixels for {form}", "utf-8")
    done = run(LOADS, "--input", form.format(file=file.name), "--json")
    assert done.code == 0, done.err
    assert [one["text"] for one in done.data["outputs"]] == [f"pixels for {form}"]


# --- exit codes --------------------------------------------------------------------------------------


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


FAILS = {
    "1": {"class_type": "FleetRender", "inputs": {**render("x")["1"]["inputs"]}},
    "2": {"class_type": "FleetFail", "inputs": {"text": ["1", 0]}},
}
REFUSED = {"1": {"class_type": "FleetRender", "inputs": {"text": "x", "seconds": "long"}}}
PARTLY = {
    "1": {"class_type": "FleetRender", "inputs": {**render("good")["1"]["inputs"]}},
    "2": {"class_type": "FleetSay", "inputs": {}},
}


@pytest.mark.parametrize(
    ("workflow", "options", "code", "error", "status"),
    [
        (FAILS, [], 1, "run_failed", "failed"),
        (REFUSED, [], 3, "workflow_refused", "refused"),
        (render("slow", 30), ["--timeout", "0.5"], 5, "run_timed_out", "timed_out"),
        (PARTLY, [], 6, "partly_refused", "partly_refused"),
        (PARTLY, ["--partial"], 6, "", "done"),
    ],
)
def test_exit_codes_of_runs(
    run: Run, workflow: Any, options: list[str], code: int, error: str, status: str
) -> None:
    done = run(workflow, "--json", *options)
    assert (done.code, done.data["status"]) == (code, status)
    assert [one["code"] for one in done.lines[-1]["errors"]] == ([error] if error else [])
    assert code in EXIT_CODES


def test_no_server_is_exit_code_4(run: Run) -> None:
    done = run(render("x"), "--server", closed_port(), "--patience", "0")
    assert (done.code, done.out) == (4, "")
    assert "[unreachable]" in done.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--set", "1.nothing"], "bad_setting"),
        (["--set", "9.text=x"], "bad_setting"),
        (["--out", "{colour}/x"], "The fields are: date, ext, filename"),
        (["--input", "not there.png"], "bad_input_file"),
        (["--job", "../x"], "bad_name"),
        (["--user", "a/b"], "bad_name"),
        (["--header", "nothing"], "NAME:VALUE"),
        (["--count", "2"], "goes with --batch"),
        (["--batch", "x.jsonl"], "not both"),
    ],
)
def test_wrong_options_are_exit_code_2_and_nothing_runs(run: Run, options: list[str], told: str) -> None:
    done = run(render("x"), *options)
    assert (done.code, done.out) == (2, "")
    assert told in done.err


def test_what_is_no_workflow_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello", "utf-8")
    for path in (tmp_path / "x.txt", write_json(tmp_path / "list.json", [1])):
        done = run(path)
        assert (done.code, "[not_a_workflow]" in done.err) == (2, True)


# --- the same job again -----------------------------------------------------------------------------------


def test_a_named_job_is_done_once(run: Run, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run(render("once", log=log), "--job", "once").code == 0
    again = run(render("once", log=log), "--job", "once")
    assert (again.code, again.out) == (0, "default/once/gen_job_once.txt\n")
    assert "Done before" in again.err
    (tmp_path / "default" / "once" / "gen_job_once.txt").unlink()
    fetched = run(render("once", log=log), "--job", "once")  # the server still has it
    assert fetched.code == 0 and (tmp_path / "default" / "once" / "gen_job_once.txt").exists()
    assert lines_of(log) == ["start once", "end once"]


def test_a_name_stands_for_one_job(run: Run) -> None:
    assert run(render("one"), "--job", "same").code == 0
    other = run(render("two"), "--job", "same")
    assert (other.code, "[duplicate_name]" in other.err) == (1, True)
    assert run(render("two"), "--job", "same", "--overwrite").code == 0


def test_nothing_is_overwritten_unasked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    done = run(render("x"), "--out", "mine.txt")
    assert (done.code, "[output_exists]" in done.err) == (1, True)
    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"
    assert run(render("x"), "--out", "mine.txt", "--overwrite").code == 0
    assert (tmp_path / "mine.txt").read_text("utf-8") == "x"


# --- signals ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_this_run_alone(
    fleet_host: HostProcess, tmp_path: Path, number: signal.Signals
) -> None:
    log = tmp_path / "log"
    path = write_json(tmp_path / "long.json", render("long", 60, log))
    with gates_run(str(path), "--server", fleet_host.url, "--job", "long", cwd=tmp_path) as mine:
        mine.until("progress")
        theirs = fleet_host.queue(render(f"theirs {number}", 0.0, log))  # waits behind it
        mine.process.send_signal(number)
        envelope = mine.end()
        assert (mine.process.returncode, mine.errors()) == (130, "")
    assert (envelope["status"], envelope["exit_code"]) == ("error", 130)
    assert envelope["errors"][0]["code"] == "interrupted"
    assert fleet_host.result(theirs)["status"]["status_str"] == "success"
    assert lines_of(log) == ["start long", f"start theirs {number}", f"end theirs {number}"]
    record = json.loads((tmp_path / "default" / "long" / "long.json").read_text("utf-8"))
    assert (record["status"], record["exit_code"]) == ("cancelled", 130)
