"""Files down and up. A name from a server is data: it becomes a path through the confined join alone."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import aiohttp

from ..atomic import confined, full_disk, move_new, replace
from ..errors import (
    AnswerTooLarge,
    GatesError,
    HostileName,
    OutputCut,
    OutputExists,
    OutputGone,
    PathOutside,
    StorageFailed,
    UploadRefused,
)
from .answers import read_uploaded
from .exchange import Answer, Exchange
from .values import Output, Uploaded

PIECE = 2**18  # bytes


async def download(exchange: Exchange, output: Output, target: Path, overwrite: bool) -> Path:
    """The file of `output` at `target`: whole or not at all, and in the place of nothing unless told."""
    if not output.is_file:
        raise OutputGone(f"Node {output.node} put out a text, which is no file. Read output.text.")
    await asyncio.to_thread(_make_room, target, overwrite)
    partial = target.with_name(f".gates-{secrets.token_hex(8)}.part")
    try:
        answer = await exchange.again(lambda: _fetch(exchange, output, partial))
        if answer.status != 200:
            raise _refused(exchange, output, answer)
        await asyncio.to_thread(_publish, partial, target, overwrite)
    finally:
        await asyncio.to_thread(partial.unlink, missing_ok=True)
    return target


async def _fetch(exchange: Exchange, output: Output, partial: Path) -> Answer:
    """Write the file to `partial`; the answer, without the body of a 200."""
    query = {"filename": output.filename, "subfolder": output.subfolder, "type": output.type}
    if not _can_be_said(query):
        raise HostileName(f"{output.filename!r} cannot be asked for: it holds half a letter.")
    async with exchange.stream("GET", "/view", seconds=exchange.limits.transfer, params=query) as response:
        if response.status != 200:
            body = await response.content.read(1000)
            return Answer(response.status, response.headers, body)
        exchange.check_encoding(response)
        announced = response.content_length
        if (announced or 0) > exchange.limits.file_bytes:
            raise _too_large(exchange, output)
        try:
            size = await _write(exchange, output, response, partial)
        except aiohttp.ClientPayloadError as error:
            raise _cut(output, "") from error
    if announced is not None and size != announced:
        raise _cut(output, f" {size} of {announced} bytes came.")
    return Answer(200, response.headers, b"")


async def _write(exchange: Exchange, output: Output, response: aiohttp.ClientResponse, partial: Path) -> int:
    size = 0
    with _on_disk(partial):
        file = open(partial, "wb")  # noqa: SIM115
    with file:
        async for piece in response.content.iter_chunked(PIECE):
            size += len(piece)
            if size > exchange.limits.file_bytes:
                raise _too_large(exchange, output)
            await asyncio.to_thread(_put, file, piece)
    return size


def _put(file: BinaryIO, piece: bytes) -> None:
    with _on_disk(Path(file.name)):
        file.write(piece)


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    """Trouble with our own disk is not to be mistaken for trouble with the line."""
    try:
        with full_disk():
            yield
    except GatesError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageFailed(f"{path.parent} cannot be written ({reason}).", path=str(path)) from error


def target_of(into: Path, name: str) -> Path:
    """`into/name`, for a name that is a plain file name on every system. Raises HostileName."""
    try:
        return confined(into, name)
    except PathOutside as error:
        raise HostileName(
            f"The file name {name[:200]!r} of the server cannot be used here. Pass name= for your own.",
            name=name,
        ) from error


def _make_room(target: Path, overwrite: bool) -> None:
    with _on_disk(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if not overwrite:
            _check_free(target)


def _check_free(target: Path) -> None:
    """Raise OutputExists where a file has this name, or one that Windows and macOS take for the same."""
    same = target.name.casefold()
    if any(name.casefold() == same for name in os.listdir(target.parent)):
        raise OutputExists(
            f"{target} is there already. Pass overwrite=True, or name= for another.", path=str(target)
        )


def _publish(partial: Path, target: Path, overwrite: bool) -> None:
    """Give the finished file its name; without `overwrite` only if nobody took that meanwhile."""
    with _on_disk(target):
        if overwrite:
            replace(partial, target)
            return
        try:
            os.link(partial, target)
        except FileExistsError as error:
            raise OutputExists(f"{target} is there already.", path=str(target)) from error
        except OSError:  # a file system without hard links
            _check_free(target)
            move_new(partial, target)


def _refused(exchange: Exchange, output: Output, answer: Answer) -> Exception:
    if answer.status == 404:
        return OutputGone(
            f"{exchange.name} has no file {output.filename!r} any more. A cached result names the file of an"
            " earlier run, which may have been deleted: change the prefix or an input and run it again."
        )
    return exchange.trouble(answer)


def _cut(output: Output, told: str) -> OutputCut:
    return OutputCut(f"The file {output.filename!r} ended early.{told} Download it again.")


def _too_large(exchange: Exchange, output: Output) -> AnswerTooLarge:
    most = exchange.limits.file_bytes
    return AnswerTooLarge(f"The file {output.filename!r} is larger than {most} bytes.", limit=most)


def _can_be_said(query: dict[str, str]) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for text in query.values() for letter in text)


@contextmanager
def _opened(source: Path | bytes) -> Iterator[BinaryIO]:
    with BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        yield file


async def upload(exchange: Exchange, source: Path | bytes, name: str, place: dict[str, str]) -> Uploaded:
    """Send a file; the server may give it another name, which the answer says."""

    async def attempt() -> Answer:
        with _opened(source) as file:
            form = aiohttp.FormData(quote_fields=False)
            for key, value in place.items():
                form.add_field(key, value)
            form.add_field("image", file, filename=name, content_type="application/octet-stream")
            seconds = exchange.limits.transfer
            return await exchange.once("POST", "/upload/image", seconds=seconds, data=form)

    answer = await exchange.again(attempt)
    if answer.status == 200:
        return exchange.read(answer, "The answer to an upload", read_uploaded)
    if answer.status in (400, 413):
        raise UploadRefused(
            f"{exchange.name} does not take {name!r}"
            + (f": {answer.excerpt}" if answer.excerpt else f" ({answer.status}).")
        )
    raise exchange.trouble(answer)
