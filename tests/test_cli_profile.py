"""`gates profile`, on the stand-in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gates.cli.main import main
from gates.cli.profile import EXIT_CODES, share
from gates.cli.profile_view import comparison_lines, seconds, size, table
from gates.host.process import HostProcess
from tests.profiler_rig import PACKS, fresh, node, status, texts

ROOT = Path(__file__).resolve().parents[1]
TRIES = 3


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)["data"]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    with HostProcess(tmp_path_factory.mktemp("shell") / "host", PACKS) as host:
        yield host


@pytest.fixture
def gates(host: HostProcess, capsys: pytest.CaptureFixture[str]) -> Any:
    """`gates("list", …)`: the command against the host, and what it said."""

    def call(verb: str, *args: str, server: str = host.url) -> Said:
        capsys.readouterr()
        code = main(["profile", verb, *args, "--server", server])
        return Said(code, *capsys.readouterr())

    return call


def written(folder: Path, prompt: dict[str, Any]) -> str:
    path = folder / f"{fresh()}.json"
    path.write_text(json.dumps(prompt), "utf-8")
    return str(path)


def measured(gates: Any, folder: Path, series: str, text: str, sleep: float, repeat: int = 5) -> None:
    flow = written(folder, texts(text, sleep))
    said = gates("run", flow, "--repeat", str(repeat), "--mode", "warm", "--series", series)
    assert said.code == 0, said


def test_a_run_names_its_slowest_node_first(gates: Any, tmp_path: Path) -> None:
    prompt = texts(seconds=0.2)
    prompt["2"]["_meta"] = {"title": "the slow \x1b[31mone"}
    said = gates("run", written(tmp_path, prompt), "--name", "shell")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0].startswith("Run ") and "shell: success" in lines[0]
    assert lines[2].split()[:2] == ["node", "title"]
    assert lines[3].startswith("2 ") and "the slow" in lines[3] and "ms" in lines[3]
    assert "\x1b" not in said.out
    number = lines[0].split()[1]
    assert gates("show", number).out == said.out
    assert "and 2 more" in gates("show", number, "--limit", "1").out


def test_a_run_as_json(gates: Any, tmp_path: Path) -> None:
    said = gates("run", written(tmp_path, texts()), "--json", "--comment", "words")
    (run,) = said.data["runs"]
    assert run["status"] == "success" and len(run["steps"]) == 3 and run["global_comment"] == "words"


def test_a_workflow_of_the_page_is_measured(gates: Any, tmp_path: Path) -> None:
    workflow = {
        "nodes": [
            {"id": 1, "type": "RulesText", "mode": 0, "widgets_values": [fresh()], "title": "mine",
             "outputs": [{"name": "STRING", "type": "STRING", "links": [1]}], "inputs": []},
            {"id": 2, "type": "RulesShow", "mode": 0, "widgets_values": [], "outputs": [],
             "inputs": [{"name": "text", "type": "STRING", "link": 1}]},
        ],
        "links": [[1, 1, 0, 2, 0, "STRING"]],
        "version": 0.4,
    }  # fmt: skip
    said = gates("run", written(tmp_path, workflow), "--json")
    assert said.code == 0, said
    assert [step["node_title"] for step in said.data["runs"][0]["steps"]][:1] == ["mine"]


def test_series_are_listed_compared_and_checked(gates: Any, tmp_path: Path, host: HostProcess) -> None:
    text = fresh()
    measured(gates, tmp_path, "fast", text, 0.0)
    listed = gates("list", "--series", "fast", "--json")
    assert len(listed.data["runs"]) == 5 and {run["mode"] for run in listed.data["runs"]} == {"warm"}
    number = listed.data["runs"][0]["id"]
    assert gates("check", "--baseline", str(number), "--fail-above", "5%").code == 7  # nothing beside it
    measured(gates, tmp_path, "slow", text, 0.3)
    said = gates("check", "--baseline", str(number), "--fail-above", "5%")
    assert said.code == 1 and "node 2 (RulesSleep)" in said.out and "Slower than allowed (5.0%)" in said.out
    assert gates("check", "--baseline", "series:slow", "--against", "series:fast").code == 0
    compared = gates("compare", "series:fast", "series:slow")
    assert compared.code == 0 and "A: 5 runs, B: 5 runs" in compared.out
    assert "Different input of node 2: seconds: 0.0 -> 0.3" in compared.out
    alone = gates("compare", "series:fast", "series:slow", "--metric", "exec_time", "--json").data[
        "comparison"
    ]
    assert alone["totals"] == [] and alone["nodes"][0]["findings"][0]["verdict"] == "more"
    few = gates("check", "--baseline", f"{number},{number - 1}", "--against", "series:slow")
    assert few.code == 7 and "This cannot be told" in few.out


def test_the_same_work_is_no_slower(gates: Any, tmp_path: Path) -> None:
    """Other load on this machine may come between two series: that would be a true difference."""
    text = fresh()
    for attempt in range(TRIES):
        a, b = f"one {attempt}", f"two {attempt}"
        measured(gates, tmp_path, a, text, 0.05)
        measured(gates, tmp_path, b, text, 0.05)
        said = gates("check", "--baseline", f"series:{a}", "--against", f"series:{b}", "--fail-above", "100%")
        if said.code == 0:
            return
    assert "Not slower" in said.out


def test_a_baseline_may_be_a_file(gates: Any, tmp_path: Path, host: HostProcess) -> None:
    flow = written(tmp_path, texts())
    number = str(gates("run", flow, "--json").data["runs"][0]["id"])
    out = tmp_path / "base.json"
    assert gates("export", number, "--out", str(out)).out.strip() == str(out)
    assert json.loads(out.read_text("utf-8"))["run"]["id"] == int(number)
    again = gates("export", number, "--out", str(out))
    assert again.code == 1 and "[output_exists]" in again.err
    assert gates("export", number, "--out", str(out), "--overwrite").code == 0
    assert gates("run", flow).code == 0
    said = gates("check", "--baseline", str(out))
    assert said.code == 7 and "not enough runs" in said.out
    csv = tmp_path / "base.csv"
    gates("export", number, "--format", "csv", "--out", str(csv))
    assert csv.read_bytes().startswith(b"node_id,")


def test_a_run_that_fails_says_so(gates: Any, tmp_path: Path) -> None:
    failing = {**texts(), "2": node("Fail", text=["1", 0])}
    said = gates("run", written(tmp_path, failing))
    assert said.code == 1 and ": error, " in said.out and "Error: " in said.out


def test_a_timeout_cancels_the_rest(gates: Any, tmp_path: Path, host: HostProcess) -> None:
    said = gates("run", written(tmp_path, texts(seconds=30.0)), "--repeat", "3", "--timeout", "0.3")
    assert said.code == 5 and "[run_timed_out]" in said.err
    assert status(host)["series"][-1]["state"] == "stopped"


def test_what_is_refused(gates: Any, tmp_path: Path, host: HostProcess) -> None:
    wrong = written(tmp_path, {"1": node("Text", text="a"), "2": node("Show")})
    said = gates("run", wrong)
    assert said.code == 3 and "[profiler_refused]" in said.err and "queue" in said.err
    assert gates("show", "999999").code == 3
    assert gates("compare", "no such file", "1").code == 2
    assert gates("compare", "series:none", "1").code == 2
    assert gates("run", written(tmp_path, {"no": "workflow"})).code == 2
    assert gates("list", server="http://127.0.0.1:9").code == 4


def test_a_server_without_the_profiler(gates: Any, tmp_path: Path) -> None:
    with HostProcess(tmp_path / "bare" / "host", only_named_packs=True) as bare:
        said = gates("list", server=bare.url)
    assert said.code == 4 and "[profiler_missing]" in said.err


def test_lines_for_people() -> None:
    assert [seconds(one) for one in (None, 0.0, 0.0123, 12.345)] == ["-", "0.0 ms", "12.3 ms", "12.35 s"]
    assert [size(one) for one in (None, 0, 5 * 2**20, 3 * 2**30)] == ["-", "0 MB", "5 MB", "3.00 GB"]
    assert table(("a", " b"), [("xx", "1"), ("y", "22")]) == ["a    b", "xx   1", "y   22"]
    empty = {"runs": [1, 0], "left_out": [0, 1], "totals": [], "nodes": [], "differing": []}
    assert comparison_lines(empty)[0] == "A: 1 runs, B: 0 runs (1 that did not succeed are left out)"
    assert share("5%") == share("0.05") == 0.05


def test_exit_codes_are_documented() -> None:
    page = (ROOT / "docs" / "profiler.md").read_text("utf-8")
    for code, meaning in EXIT_CODES.items():
        assert f"| {code} | {meaning} |" in page
