"""What a job is made from: a workflow out of JSON or of a PNG that ComfyUI wrote, and files to upload."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BadInputFile, NotAWorkflow
from ..workflow import is_api, is_ui
from .order import InputFile

LARGEST_WORKFLOW = 64 * 2**20  # bytes
LARGEST_TEXT = 64 * 2**20  # bytes of one text in a PNG, unpacked
PNG = b"\x89PNG\r\n\x1a\n"
TARGETED = re.compile(r"(?P<target>[^=]+\.[^.=/\\]+)=(?P<file>.+)", re.S)
NAME_BYTES = 80


def read_workflow(path: Path) -> dict[str, Any]:
    """The workflow in a file, in API or UI format. Raises NotAWorkflow with the reason, OSError."""
    if path.stat().st_size > LARGEST_WORKFLOW:
        raise NotAWorkflow(f"{path} is larger than {LARGEST_WORKFLOW // 2**20} MB.")
    data = path.read_bytes()
    if data.startswith(PNG):
        return workflow_in_png(data, path)
    try:
        value = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotAWorkflow(f"{path} is neither JSON nor a PNG: {error}") from error
    return checked(value, str(path))


def checked(value: Any, where: str) -> dict[str, Any]:
    if isinstance(value, dict) and (is_api(value) or is_ui(value)):
        return value
    raise NotAWorkflow(
        f"{where} holds no workflow: neither what ComfyUI saves nor what File > Export (API) writes."
    )


def workflow_in_png(data: bytes, path: Path) -> dict[str, Any]:
    """What ran when ComfyUI wrote the picture (`prompt`), else what the page showed (`workflow`)."""
    texts = dict(png_texts(data))
    for name in ("prompt", "workflow"):
        try:
            return checked(json.loads(texts[name]), f"{path}, in its text {name!r},")
        except (KeyError, ValueError, RecursionError):
            continue
    raise NotAWorkflow(f"{path} is a PNG without a workflow of ComfyUI in it.")


def png_texts(data: bytes) -> Iterator[tuple[str, str]]:
    """The texts of a PNG, by name; the file may be cut or wrong anywhere."""
    at = len(PNG)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        name, _, rest = body.partition(b"\0")
        if kind == b"tEXt":
            yield name.decode("latin-1"), rest.decode("latin-1")
        elif kind == b"zTXt":
            yield name.decode("latin-1"), unpacked(rest[1:]).decode("latin-1")
        elif kind == b"iTXt":
            text = rest[2:].split(b"\0", 2)[-1]
            yield (
                name.decode("latin-1"),
                (unpacked(text) if rest[:1] == b"\1" else text).decode("utf-8", "replace"),
            )
        at += length + 12


def unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, LARGEST_TEXT)
    except zlib.error:
        return b""


def read_input(text: str, root: Path) -> InputFile:
    """`FILE` or `NODE.INPUT=FILE`, relative to `root`. Raises BadInputFile."""
    found = TARGETED.fullmatch(text)
    if (root / text).is_file() or not found:
        return input_file(root / text)
    return input_file(root / found["file"], found["target"])


def input_file(path: Path, target: str | None = None) -> InputFile:
    try:
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while piece := file.read(2**20):
                digest.update(piece)
    except OSError as error:
        raise BadInputFile(f"The input {path} cannot be read: {error.strerror or error}.") from error
    return InputFile(str(path), name_on_server(path, digest.hexdigest()), digest.hexdigest(), None, target)


def name_on_server(path: Path, sha256: str) -> str:
    """A name that stands for the content: nobody's file is replaced, and a retry sends nothing twice."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", path.stem)[:NAME_BYTES].strip("._") or "input"
    return f"{stem}-{sha256[:12]}{path.suffix.lower()}"
