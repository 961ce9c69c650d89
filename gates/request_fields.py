"""What a request asks: its JSON or its form, read within bounds and checked field by field."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError

from . import atomic, places
from .errors import BadField, BadJson, GatesError, TooManyBytes, UnknownSlot, WrongContentType
from .manifest import text
from .places import Base
from .pool import Ref

LONGEST_JSON = 8 * 2**20  # bytes: an order of 100,000 ids fits
LONGEST_FIELD = 64 * 2**10  # bytes
ALL_FIELDS = 2**20  # bytes, of one form
MOST_PARTS = 10_000
PIECE = 2**20
NUMBER = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,19})?")
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,19}")
BROKEN = (web.RequestPayloadError, HttpProcessingError)  # a body that is not encoded as its headers say
MALFORMED = (ValueError, AssertionError, LookupError, RuntimeError, EOFError, *BROKEN)


class Fields:
    """The fields of a request, by name. Every getter raises BadField with a sentence that names the field."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        value = self._values.get(name)
        if not isinstance(value, str):
            raise BadField(f"The field {name!r} is needed, as text.")
        return value

    def optional_text(self, name: str) -> str | None:
        return self.text(name) if self.has(name) else None

    def pool_id(self, name: str = "pool_id") -> str:
        """A pool id. Raises BadId for what is none, BadField when it is missing."""
        return places.check_id(self.text(name))

    def whole_number(self, name: str) -> int:
        """A whole number; form fields carry it as text."""
        value = self._values.get(name)
        if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
            value = int(value)
        if type(value) is not int or abs(value) >= 2**63:
            raise BadField(f"The field {name!r} must be a whole number.")
        return value

    def within(self, name: str, least: int, most: int, default: int) -> int:
        """A whole number in these bounds; `default` where it is missing."""
        value = self.whole_number(name) if self.has(name) else default
        if not least <= value <= most:
            raise BadField(f"The field {name!r} must be a whole number from {least} to {most}.", field=name)
        return value

    def number(self, name: str) -> float | None:
        """A number, in a query as text; None where it is missing."""
        value = self._values.get(name)
        if value is None or type(value) in (int, float):
            found = value
        else:
            found = float(value) if isinstance(value, str) and NUMBER.fullmatch(value) else math.inf
        if found is not None and not abs(found) < 1e300:
            raise BadField(f"The field {name!r} must be a number.", field=name)
        return None if found is None else float(found)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._values.get(name, default)
        if not isinstance(value, bool):
            raise BadField(f"The field {name!r} must be true or false.", field=name)
        return value

    def mapping(self, name: str) -> dict[str, Any] | None:
        """A JSON object; None where it is missing."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            raise BadField(f"The field {name!r} must be a JSON object.", field=name)
        return value

    def only(self, *names: str) -> dict[str, Any]:
        """All fields that were sent. Raises BadField where there are others than these, or none."""
        unknown = next((name for name in self._values if name not in names), None)
        if unknown is not None or not self._values:
            said = f"There is no field {str(unknown)[:80]!r} here" if self._values else "There is no field"
            raise BadField(f"{said}. Send some of: {', '.join(names)}.", field=unknown)
        return dict(self._values)

    def all(self) -> dict[str, Any]:
        return dict(self._values)

    def revision(self) -> int | None:
        return self.whole_number("revision") if self.has("revision") else None

    def ref(self) -> Ref:
        """The slot that is meant: `slot` (its id) or `index` (its position)."""
        if self.has("slot"):
            return self.text("slot")
        if not self.has("index"):
            raise BadField("Name the image: 'slot' with its id, or 'index' with its position.")
        index = self.whole_number("index")
        if index < 0:
            raise UnknownSlot(f"There is no position {index}; positions count from 0.")
        return index

    def refs(self, name: str) -> Sequence[Ref]:
        """Several slots, each by id or by position."""
        value = self._values.get(name)
        if not isinstance(value, list) or not all(type(one) in (int, str) for one in value):
            raise BadField(f"The field {name!r} must be a list of ids or of positions.")
        return value


class Most(NamedTuple):
    """How many bytes the files of a form may have: one of them, and all."""

    file: int
    in_all: int

    def after(self, size: int) -> Most:
        """What is left for the files that follow one of `size` bytes."""
        return self._replace(in_all=self.in_all - size)


@dataclass(frozen=True)
class Upload:
    """A file of a form, written to staging. `error` when it was too large to take."""

    field: str
    name: str
    path: Path
    error: TooManyBytes | None = None


@dataclass(frozen=True)
class Form:
    fields: Fields
    uploads: tuple[Upload, ...]

    def discard(self) -> None:
        """Remove what is left of the uploads in staging."""
        for upload in self.uploads:
            upload.path.unlink(missing_ok=True)

    def one(self, field: str) -> Upload:
        """The single file of a field. Raises BadField, TooManyBytes."""
        found = next((upload for upload in self.uploads if upload.field == field), None)
        if found is None:
            raise BadField(f"The form holds no file in a part named {field!r}.")
        if found.error is not None:
            raise found.error
        return found


async def read_json(request: web.Request) -> Fields:
    """The JSON object of a request. Raises WrongContentType, BadJson, TooManyBytes."""
    if request.content_type != "application/json":
        raise WrongContentType("Send the fields as JSON, with the content type application/json.")
    try:
        value = json.loads(await _body(request))
    except BROKEN as error:
        raise BadJson("The body of the request cannot be read.") from error
    except (ValueError, RecursionError) as error:
        raise BadJson("The body of the request is no JSON.") from error
    if not isinstance(value, dict):
        raise BadJson("The body of the request must be one JSON object.")
    return Fields(value)


async def _body(request: web.Request) -> bytes:
    body = bytearray()
    async for data in request.content.iter_chunked(PIECE):
        body += data
        if len(body) > LONGEST_JSON:
            raise TooManyBytes("The JSON of this request is too long.")
    return bytes(body)


def query(request: web.Request) -> Fields:
    return Fields(dict(request.query))


async def read_form(request: web.Request, base: Base, most: Most) -> Form:
    """The multipart form of a request, its files written to staging as they arrive.

    A file that is too large is read to its end and marked, so that the others still count; files that are
    too large together are refused, and then nothing stays in staging.
    Raises WrongContentType, BadField, TooManyBytes.
    """
    if request.content_type != "multipart/form-data":
        raise WrongContentType("Send the fields as a form, with the content type multipart/form-data.")
    values: dict[str, str] = {}
    uploads: list[Upload] = []
    try:
        await _read_parts(request, base, most, values, uploads)
    except BaseException as error:
        await asyncio.to_thread(Form(Fields({}), tuple(uploads)).discard)
        if isinstance(error, MALFORMED) and not isinstance(error, GatesError):
            raise BadField("The form of this request is malformed.") from error
        raise
    return Form(Fields(values), tuple(uploads))


async def _read_parts(
    request: web.Request,
    base: Base,
    most: Most,
    values: dict[str, str],
    uploads: list[Upload],
) -> None:
    reader = await request.multipart()
    count, fields_left = 0, ALL_FIELDS
    while (part := await reader.next()) is not None:
        count += 1
        if count > MOST_PARTS or not isinstance(part, BodyPartReader):
            raise BadField(f"A form holds at most {MOST_PARTS} plain parts.")
        if part.filename is not None:
            most = most.after(await _to_staging(part, base, most, uploads))
            continue
        value = values[part.name or ""] = await _field(part, min(LONGEST_FIELD, fields_left))
        fields_left -= len(value)
        await asyncio.sleep(0)  # parts that came together are read without any wait


async def _field(part: BodyPartReader, most_bytes: int) -> str:
    data = bytearray()
    while piece := await part.read_chunk():
        data += piece
        if len(data) > most_bytes:
            raise TooManyBytes(f"The field {str(part.name)[:80]!r} makes this form too long.")
    return data.decode("utf-8")


async def _to_staging(part: BodyPartReader, base: Base, most: Most, uploads: list[Upload]) -> int:
    """Write a file of the form to staging; how many bytes came in."""
    name = text((part.filename or "").replace("\\", "/").rpartition("/")[2], 255) or "unnamed"
    path = await asyncio.to_thread(places.new_file, base)
    upload = Upload(part.name or "", name, path)
    uploads.append(upload)
    size = await _write(part, path, most)
    if size > most.file:
        await asyncio.to_thread(path.unlink, missing_ok=True)  # gigabytes take a file system long
        error = TooManyBytes(
            f"{name} has {size / 2**20:.0f} MB; at most {most.file / 2**20:.0f} MB are taken."
        )
        uploads[-1] = Upload(upload.field, name, path, error)
    return size


async def _write(part: BodyPartReader, path: Path, most: Most) -> int:
    """Write a part to a file a megabyte at a time, off the event loop; how many bytes came in all."""
    size, buffer = 0, bytearray()
    with await asyncio.to_thread(open, path, "xb") as out:

        async def flush() -> None:
            if buffer and size <= most.file:
                with atomic.full_disk():
                    await asyncio.to_thread(out.write, bytes(buffer))
            buffer.clear()

        while piece := await part.read_chunk(2**18):
            size += len(piece)
            if size > most.in_all:
                raise TooManyBytes("The files of this request are more than is taken at once.")
            buffer += piece
            if len(buffer) >= PIECE:
                await flush()
        await flush()
    return size
