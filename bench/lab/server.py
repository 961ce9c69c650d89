"""Starting the measured server, and asking it things over one connection that costs as little as it can."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from . import serving

ROOT = Path(__file__).resolve().parents[2]
PIECE = 2**20
BOUNDARY = "----------------figures"


@dataclass(frozen=True)
class Stall:
    """How late an event loop was at most, and how long it worked itself at a stretch, in seconds."""

    longest: float
    worked: float


class Answered(Exception):
    """The server answered something else than success."""


class Client:
    """A keep-alive connection. What it reads it throws away; what it sends the system copies."""

    def __init__(self, port: int) -> None:
        self._http = HTTPConnection("127.0.0.1", port, timeout=300)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> Any:
        self._http.request("GET", path)
        return _json(self._http.getresponse())

    def post(self, path: str, **fields: Any) -> Any:
        body = json.dumps(fields).encode()
        self._http.request("POST", path, body, {"Content-Type": "application/json"})
        return _json(self._http.getresponse())

    def upload(self, path: str, part: str, name: str, data: bytes, fields: Mapping[str, str]) -> Any:
        """A form with one small file, from memory."""
        body = _form_head(part, name, fields) + data + _form_tail()
        self._http.request("POST", path, body, _form_headers(len(body)))
        return _json(self._http.getresponse())

    def send_file(self, path: str, part: str, source: Path) -> Any:
        """A form with one large file, sent by the system as a browser would."""
        head, tail = _form_head(part, source.name, {}), _form_tail()
        self._http.putrequest("POST", path)
        size = len(head) + source.stat().st_size + len(tail)
        for key, value in _form_headers(size).items():
            self._http.putheader(key, value)
        self._http.endheaders(head)
        with open(source, "rb") as opened:
            self._http.sock.sendfile(opened)
        self._http.send(tail)
        return _json(self._http.getresponse())

    def drain(self, path: str) -> int:
        """Read an answer to its end; how many bytes it had."""
        self._http.request("GET", path)
        response, buffer, size = self._http.getresponse(), memoryview(bytearray(PIECE)), 0
        while count := response.readinto(buffer):
            size += count
        _require_success(response, b"")
        return size

    def save(self, path: str, target: Path) -> None:
        self._http.request("GET", path)
        response = self._http.getresponse()
        with open(target, "wb") as out:
            while data := response.read(PIECE):
                out.write(data)
        _require_success(response, b"")

    def drain_bare(self, path: Path) -> int:
        return self.drain(f"{serving.BARE}?path={quote(str(path))}")

    @contextmanager
    def heartbeat(self) -> Iterator[list[Stall]]:
        """While open, the server watches its event loop; afterwards the list holds what it saw."""
        seen: list[Stall] = []
        self.get(serving.START)
        time.sleep(0.05)
        yield seen
        seen.append(Stall(**self.get(serving.STOP)))


def _json(response: HTTPResponse) -> Any:
    body = response.read()
    _require_success(response, body)
    return json.loads(body)


def _require_success(response: HTTPResponse, body: bytes) -> None:
    if response.status != 200:
        raise Answered(f"The server answered {response.status}: {body[:300].decode(errors='replace')}")


def _form_head(part: str, name: str, fields: Mapping[str, str]) -> bytes:
    named = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    texts = [f'{named}"{key}"\r\n\r\n{value}\r\n' for key, value in fields.items()]
    return "".join([*texts, f'{named}"{part}"; filename="{name}"\r\n\r\n']).encode()


def _form_tail() -> bytes:
    return f"\r\n--{BOUNDARY}--\r\n".encode()


def _form_headers(size: int) -> dict[str, str]:
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(size)}


@contextmanager
def running(base: Path) -> Iterator[Client]:
    """The server on `base` in its own process, and a client of it."""
    command = [sys.executable, "-m", "bench.lab.serving", str(base)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            with closing(Client(int(process.stdout.readline()))) as client:
                yield client
        finally:
            process.stdin.close()
            process.wait(20)
