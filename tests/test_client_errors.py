"""What a person is told: the codes, bases, exit codes and sentences of the client's errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gates.client import Client, Limits, Output
from gates.errors import ClientError, GatesError
from tests.scripted_behaviour import answers, ends_early, fails, stalls, stays_pending
from tests.scripted_server import Fault, ScriptedServer, serving

DOCS = Path(__file__).resolve().parents[1] / "docs" / "client.md"
LIMITS = Limits(answer=0.5, poll=0.05, backoff=0.01, longest_pause=0.02, retries=1, settle=0.1)
WORKFLOW = {"2": {"class_type": "SaveImage", "inputs": {}}}
ERRORS = {
    "bad_server": (2, ValueError),
    "unreachable": (4, ConnectionError),
    "no_answer": (4, TimeoutError),
    "server_busy": (4, ClientError),
    "server_failed": (4, ClientError),
    "access_denied": (4, PermissionError),
    "bad_answer": (4, ValueError),
    "answer_too_large": (4, ValueError),
    "workflow_refused": (3, ValueError),
    "partly_refused": (6, ValueError),
    "run_failed": (1, RuntimeError),
    "run_cancelled": (1, ClientError),
    "run_lost": (4, LookupError),
    "run_timed_out": (5, TimeoutError),
    "hostile_name": (1, ValueError),
    "output_exists": (1, FileExistsError),
    "output_gone": (1, FileNotFoundError),
    "output_cut": (1, ConnectionError),
    "upload_refused": (1, ValueError),
}


def leaves(kind: type[ClientError]) -> list[type[ClientError]]:
    return [leaf for child in kind.__subclasses__() for leaf in leaves(child)] or [kind]


def test_codes_exit_codes_and_bases() -> None:
    found = {leaf.code: leaf for leaf in leaves(ClientError)}
    pinned = {code: exit_code for code, (exit_code, _) in ERRORS.items()}
    assert {code: found[code].exit_code for code in pinned} == pinned
    assert [code for code, (_, base) in ERRORS.items() if not issubclass(found[code], base)] == []


def test_exit_codes_as_documented() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d) \|$", DOCS.read_text("utf-8"), re.M)
    assert {code: int(exit_code) for code, exit_code in rows} == {
        leaf.code: leaf.exit_code for leaf in leaves(ClientError)
    }


async def sentence(server: ScriptedServer, timeout: float | None = None) -> str:
    async with Client(server.url, limits=LIMITS) as client:
        with pytest.raises(GatesError) as caught:
            await client.run(WORKFLOW, prompt_id="6f1c3ad2-6f5b-4f0c-9d4e-2a86e2f1a111", timeout=timeout)
    return str(caught.value).replace(server.url, "URL").replace("6f1c3ad2-6f5b-4f0c-9d4e-2a86e2f1a111", "ID")


REFUSAL = '{"error": {"type": "t", "message": "Prompt has no outputs", "details": ""}, "node_errors": {}}'
SENTENCES = (
    (answers(429, "slow down"), "URL answered 429: slow down. Try later."),
    (answers(404), "URL answered 404. Is this a ComfyUI server? Its log may say more."),
    (answers(401), "URL answered 401. Pass the headers that it wants."),
    (
        answers(200, "<html>"),
        "URL: The answer to the workflow is no JSON but starts with '<html>'. Is this a ComfyUI server?",
    ),
    (answers(200, "[]"), "URL: The answer to the workflow is no JSON object. Is this a ComfyUI server?"),
    (answers(400, REFUSAL), "URL refuses the workflow. Prompt has no outputs"),
    (stalls, "URL took the request and did not answer in time."),
    (
        answers(307, Location="http://other.test/prompt"),
        "URL wants to be asked at http://other.test:80/prompt. Name that server instead.",
    ),
)


@pytest.mark.parametrize(("fault", "told"), SENTENCES, ids=[told[:40] for _, told in SENTENCES])
async def test_sentences_about_sending(fault: Fault, told: str) -> None:
    async with serving() as server:
        server.fault("POST /prompt", forever=fault)
        assert await sentence(server) == told


async def test_sentences_about_runs() -> None:
    async with serving() as server:
        server.plan = fails
        assert await sentence(server) == "Node 2 (Sampler) raised RuntimeError: out of paint"
        server.plan = stays_pending
        assert await sentence(server, 0.1) == "The run ID on URL was not done in time."


async def test_a_sentence_about_a_server_that_is_not_there() -> None:
    async with serving() as server:
        pass
    told = await sentence(server)
    assert told.startswith("URL takes no connection (") and told.endswith(" Is ComfyUI running there?")


async def test_sentences_about_files(tmp_path: Path) -> None:
    async with serving() as server, Client(server.url, limits=LIMITS) as client:
        for fault, name, told in (
            (
                answers(404),
                "a.png",
                "has no file 'a.png' any more. A cached result names the file of an earlier",
            ),
            (ends_early(b"abc", 9), "a.png", "The file 'a.png' ended early. Download it again."),
            (
                answers(200),
                "../a.png",
                "The file name '../a.png' of the server cannot be used here. Pass name=",
            ),
        ):
            server.fault("GET /view", forever=fault)
            with pytest.raises(GatesError, match=re.escape(told)):
                await client.download(Output("1", "images", name), tmp_path)


async def test_a_client_that_is_not_open() -> None:
    with pytest.raises(RuntimeError, match="async with Client"):
        await Client("127.0.0.1:1").queue()
