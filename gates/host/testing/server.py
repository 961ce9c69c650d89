"""A server that tests speak to: the stand-in in a process of its own, or a real ComfyUI by its address."""

from __future__ import annotations

import json
import urllib.parse
import uuid
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from ..asking import SECONDS_TO_ANSWER, Answer, PromptRefused, ask
from ..process import HostProcess
from .listener import FLAGS, SECONDS_TO_WAIT, Listener
from .result import Result

Picture = bytes | Path | Image.Image


class ServerUnderTest:
    """`url` without a slash at its end; `process` None is a server that was started elsewhere."""

    def __init__(self, url: str, process: HostProcess | None = None) -> None:
        self.url = url.rstrip("/")
        self.process = process

    def __repr__(self) -> str:
        return f"ServerUnderTest({self.url!r})"

    @property
    def is_stand_in(self) -> bool:
        return self.process is not None

    @property
    def log(self) -> str:
        """Everything that it wrote; of a server that was started elsewhere, nothing."""
        return self.process.log if self.process is not None else ""

    @property
    def base_directory(self) -> Path:
        """Where input, output, temp and user lie. Raises LookupError where it was started elsewhere."""
        if self.process is None:
            raise LookupError(f"the folders of {self.url} are not known here; speak to it over HTTP")
        return self.process.base

    @property
    def input_directory(self) -> Path:
        return self.base_directory / "input"

    @property
    def output_directory(self) -> Path:
        return self.base_directory / "output"

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = SECONDS_TO_ANSWER,
    ) -> Answer:
        """Any status is an answer; no answer at all is an OSError. `timeout` in seconds."""
        return ask(self.url + path, method, body, headers, timeout)

    def get(self, path: str) -> Answer:
        return self.request("GET", path)

    def post(self, path: str, value: Any = None) -> Answer:
        """Send a value as JSON."""
        return self.request("POST", path, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def queue(self, prompt: Mapping[str, Any], **body: Any) -> dict[str, Any]:
        """Queue a prompt in API format: `{"prompt_id", "number", "node_errors"}`. Raises PromptRefused."""
        answer = self.post("/api/prompt", {"prompt": prompt, **body})
        if answer.status != 200:
            raise PromptRefused(answer)
        return dict(answer.json())

    def listen(self, flags: Mapping[str, Any] | None = FLAGS) -> Listener:
        """A client with a websocket of its own, for tests that do something while a prompt runs."""
        return Listener(self, flags)

    def submit(self, prompt: Mapping[str, Any], timeout: float = SECONDS_TO_WAIT, **body: Any) -> Result:
        """Queue a prompt in API format with a client of its own and hear to its end.

        A node that fails is a result with an `error`. Raises PromptRefused where validation takes nothing
        of it, HostFailed where it does not end within `timeout` seconds.
        """
        with self.listen() as listener:
            return listener.submit(prompt, timeout, **body)

    def history(self, prompt_id: str) -> Mapping[str, Any] | None:
        """What the server keeps of a prompt that ended; None before."""
        entries = self.get(f"/api/history/{prompt_id}").json()
        found: Mapping[str, Any] | None = entries.get(prompt_id)
        return found

    def interrupt(self, prompt_id: str) -> None:
        """Stop this prompt if it is the one that runs."""
        self.post("/api/interrupt", {"prompt_id": prompt_id})

    def object_info(self, class_type: str | None = None) -> dict[str, Any]:
        """What the server says of its nodes, by class; of one class, that class alone or `{}`."""
        path = "/api/object_info" if class_type is None else f"/api/object_info/{_quoted(class_type)}"
        return dict(self.get(path).json())

    def view(self, filename: str, subfolder: str = "", type: str = "output") -> bytes:
        """A file of the server. Raises FileNotFoundError."""
        query = urllib.parse.urlencode({"filename": filename, "subfolder": subfolder, "type": type})
        answer = self.get(f"/api/view?{query}")
        if answer.status != 200:
            raise FileNotFoundError(f"/view?{query} answered {answer.status}")
        return answer.body

    def put_image(self, name: str, picture: Picture) -> str:
        """Upload a picture into the input folder, over one of that name: what LoadImage takes as `image`."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="overwrite"\r\n\r\ntrue\r\n'
        head += f"--{boundary}\r\n"
        head += f'Content-Disposition: form-data; name="image"; filename="{_in_header(name)}"\r\n'
        head += "Content-Type: application/octet-stream\r\n\r\n"
        body = head.encode() + _bytes_of(picture) + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        answer = self.request("POST", "/api/upload/image", body, kind)
        if answer.status != 200:
            raise OSError(f"{self.url} did not take {name}: {answer.status} {answer.text}")
        said = answer.json()
        return f"{said['subfolder']}/{said['name']}" if said.get("subfolder") else str(said["name"])


def _bytes_of(picture: Picture) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, Path):
        return picture.read_bytes()
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _quoted(part: str) -> str:
    return urllib.parse.quote(part, safe="")


def _in_header(name: str) -> str:
    return name.translate({34: r"\"", 92: r"\\", 13: "%0D", 10: "%0A"})
