"""What the plugin for authors of packs hands out: servers, listeners, results, messages."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from gates.host.process import HostProcess
from gates.host.testing import HostFailed, Message, Preview, PromptRefused, Queued, ServerUnderTest
from gates.host.testing.browsers import found_browser
from gates.host.testing.hosts import MissingPack, found_packs
from gates.host.testing.messages import read_binary, read_text
from gates.host.testing.page_parts import Allowed
from gates.host.testing.result import Result, result_of
from tests.conftest import RULES_PACK

HAPPY = {
    "1": {"class_type": "RulesText", "inputs": {"text": "x"}},
    "2": {"class_type": "RulesShow", "inputs": {"text": ["1", 0]}},
}
SLEEPING = {
    "1": {"class_type": "RulesText", "inputs": {"text": "x"}},
    "2": {"class_type": "RulesSleep", "inputs": {"text": ["1", 0], "seconds": 60.0}},
    "3": {"class_type": "RulesShow", "inputs": {"text": ["2", 0]}},
}


@pytest.fixture
def server(rules_host: HostProcess) -> ServerUnderTest:
    return ServerUnderTest(rules_host.url, rules_host)


def test_a_refusal_can_be_read(server: ServerUnderTest) -> None:
    with pytest.raises(PromptRefused) as refused:
        server.submit({"2": {"class_type": "RulesShow", "inputs": {}}})
    assert refused.value.type == "prompt_outputs_failed_validation"
    assert refused.value.types_of("2") == ["required_input_missing"] and refused.value.types_of("9") == []
    with pytest.raises(PromptRefused) as refused:
        server.queue([])  # type: ignore[arg-type]
    assert (refused.value.type, refused.value.node_errors) == ("", {})


def test_a_prompt_that_does_not_end_in_time(server: ServerUnderTest) -> None:
    with server.listen() as listener:
        queued = listener.queue(SLEEPING)
        with pytest.raises(HostFailed, match="did not end within 0 s"):
            listener.wait(queued, timeout=0.2)
        with pytest.raises(HostFailed, match="did not come within 0 s"):
            listener.wait_for_type("nothing", timeout=0.1)
        server.interrupt(queued.prompt_id)
        assert listener.wait(queued).status == "interrupted"


def test_the_end_is_seen_without_its_message(server: ServerUnderTest) -> None:
    """A prompt of nobody's ends without a word."""
    with server.listen() as listener:
        said = server.queue(HAPPY)
        result = listener.wait(Queued(said["prompt_id"], said["number"], said["node_errors"], 0))
    assert result.texts(2) == ["2:x"] and result.executed == ()


def test_nobody_there(tmp_path: Path) -> None:
    gone = ServerUnderTest("http://127.0.0.1:9")
    with pytest.raises(HostFailed, match="no websocket"):
        gone.submit(HAPPY)
    assert gone.log == ""


def test_pictures_by_name(server: ServerUnderTest) -> None:
    picture = Image.new("RGB", (4, 4), "red")
    assert server.put_image('a "b".png', picture) == 'a "b".png'
    assert server.view('a "b".png', type="input")[:4] == b"\x89PNG"
    assert server.put_image("raw.bin", b"x") == "raw.bin"
    with pytest.raises(FileNotFoundError, match="404"):
        server.view("gone.png")
    with pytest.raises(OSError, match="did not take"):
        server.put_image("", b"x")


class NoFiles:
    def view(self, filename: str, subfolder: str = "", type: str = "output") -> bytes:
        return f"{type}/{subfolder}/{filename}".encode()


def result(history: Mapping[str, Any], *heard: Message | Preview) -> Result:
    return result_of("p", heard, history, {}, NoFiles())


def test_what_a_result_reads_from_messages_and_history() -> None:
    ends = [["execution_start", {}], ["execution_success", {}]]
    shown = {
        "3": {"gifs": [{"filename": "a.mp4", "subfolder": "s", "type": "temp"}], "odd": 1, "text": ["t"]}
    }
    heard: list[Message | Preview] = [
        Message("execution_cached", {"nodes": ["1"], "prompt_id": "p"}),
        Message("executing", {"node": "2", "prompt_id": "p"}),
        Message("executing", {"node": "3", "prompt_id": "p"}),
        Message("executing", {"node": "2", "prompt_id": "p"}),
        Preview("2", "p", b""),
        Message("executing", {"node": None, "prompt_id": "p"}),
    ]
    found = result({"status": {"messages": ends}, "outputs": shown}, *heard)
    assert found.ok and found.executed == ("2", "3") and found.cached == {"1"} and len(found.previews) == 1
    (file,) = found.files()
    assert (file.node, file.key, file.read()) == ("3", "gifs", b"temp/s/a.mp4")
    assert found.images() == [] and found.texts(3) == ["t"]
    with pytest.raises(LookupError, match=r"node 9 showed nothing; .* \['3'\]"):
        found.output(9)


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("execution_error", "error"),
        ("execution_interrupted", "interrupted"),
        ("execution_success", "success"),
    ],
)
def test_how_it_ended(last: str, status: str) -> None:
    assert result({"status": {"messages": [["execution_start", {}], [last, {}]]}}).status == status


def test_binary_frames() -> None:
    told = b'{"node_id": "2", "prompt_id": "p"}'
    assert read_binary(struct.pack(">II", 1, 1) + b"jpeg") == Preview(None, None, b"jpeg")
    assert read_binary(struct.pack(">II", 4, len(told)) + told + b"jpeg") == Preview("2", "p", b"jpeg")
    text = read_binary(struct.pack(">II", 3, 2) + b"12half")
    assert text == Message("progress_text", {"node": "12", "text": "half"})
    assert read_binary(struct.pack(">I", 99) + b"x") == Message("binary", {"event": 99, "data": b"x"})
    assert read_text('{"type": "own", "data": [1]}') == Message("own", {"value": [1]})


def test_which_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled, named = tmp_path / "chrome", tmp_path / "mine"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GATES_BROWSER", raising=False)
    assert found_browser(str(bundled)) is None
    bundled.write_text("")
    assert found_browser(str(bundled)) == bundled
    monkeypatch.setenv("GATES_BROWSER", str(named))
    assert found_browser(str(bundled)) == named


def test_packs_are_found_from_the_ini_file(tmp_path: Path) -> None:
    assert found_packs(["."], RULES_PACK) == (RULES_PACK,)
    (tmp_path / "single.py").write_text("")
    assert found_packs(["single.py"], tmp_path) == (tmp_path / "single.py",)
    with pytest.raises(MissingPack, match=r"no __init__\.py"):
        found_packs(["empty"], tmp_path)


def test_what_an_allowance_explains() -> None:
    row = Allowed("404", r"/user\.css$", "")
    assert row.explains("status of 404", "http://h/user.css")
    assert not row.explains("status of 404", "http://h/other.css")
