"""Asking a server over HTTP: any status is an answer, no answer is an error."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

SECONDS_TO_ANSWER = 60.0


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


class PromptRefused(RuntimeError):
    """The host took no part of a prompt; carries what it said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"the host refused the prompt with {answer.status}: {answer.text}")
        self.answer = answer

    @property
    def type(self) -> str:
        """The kind of the refusal, such as `prompt_outputs_failed_validation`; empty where it is no JSON."""
        return str(self._said().get("error", {}).get("type", ""))

    @property
    def node_errors(self) -> dict[str, Any]:
        """By node id: `{"errors": [{"type", "message", "details", "extra_info"}], "class_type", …}`."""
        return dict(self._said().get("node_errors") or {})

    def types_of(self, node: str) -> list[str]:
        """The kinds of the complaints about one node, such as `value_bigger_than_max`."""
        return [error["type"] for error in self.node_errors.get(str(node), {}).get("errors", [])]

    def _said(self) -> dict[str, Any]:
        try:
            said = self.answer.json()
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


def ask(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = SECONDS_TO_ANSWER,
) -> Answer:
    """Any status is an answer; no answer at all is an OSError. `timeout` in seconds."""
    asked = urllib.request.Request(url, body, dict(headers or {}), method=method)
    # A host on this machine is never asked through a proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(asked, timeout=timeout) as response:
            return _answer(response.status, response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error)


def _answer(status: int, response: IO[bytes]) -> Answer:
    headers = {name.lower(): value for name, value in getattr(response, "headers", {}).items()}
    return Answer(status, headers, response.read())
