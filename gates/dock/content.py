"""What a model file is: `blake3:` and 64 hex digits over all of it, as ComfyUI's own assets say."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ModelChanged
from .model_files import ModelFile, look
from .tools import library

KIND = "blake3"
CHUNK = 8 << 20  # bytes of a read: with smaller ones threads wait for each other
Read = Callable[[int], None]  # gets the bytes of each read; what it raises ends the reading


def content_id(file: ModelFile, read: Read = lambda _: None) -> str:
    """Of the whole file. It is read and never mapped: a mapped file that is cut short kills the process.

    Raises ModelChanged where it is not the file any more that was looked at, OSError where it cannot be read.
    """
    blake3 = library("blake3").blake3
    hasher = blake3(max_threads=blake3.AUTO)
    with open(file.path, "rb", buffering=0) as opened:
        buffer = memoryview(bytearray(min(CHUNK, file.size + 1)))
        left = file.size + 1  # a file may grow as fast as it is read
        while left > 0 and (size := opened.readinto(buffer)):
            hasher.update(buffer[:size])
            read(size)
            left -= size
    if look(file.path).identity != file.identity:
        raise ModelChanged(f"{file.path} was written to while it was read. Scan again when it is whole.")
    return f"{KIND}:{hasher.hexdigest()}"
