"""Files of a finished run: fetched to a folder of their own, then put where the pattern says."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..atomic import copy_file, replace, sibling, write_bytes
from ..client import Client, Output, Result
from ..errors import FileTrouble, OutputExists
from .naming import Pattern, names, output_values
from .records import Kept


@dataclass(frozen=True)
class Piece:
    """One output as it was fetched: a file on this machine (`path`), its bytes (`data`), or why neither."""

    output: Output
    size: int = 0  # bytes
    sha256: str = ""
    path: str | None = None
    data: bytes | None = None
    trouble: FileTrouble | None = None


async def fetch(client: Client, result: Result, folder: Path) -> tuple[Piece, ...]:
    """Every output; files go to `folder` as 1, 2, 3… One file's own trouble is told in its piece."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return tuple([await piece(client, output, folder, n) for n, output in enumerate(result.outputs, 1)])


async def piece(client: Client, output: Output, folder: Path, n: int) -> Piece:
    if not output.is_file:
        return Piece(output)
    try:
        path = await client.download(output, folder, name=str(n))
    except FileTrouble as trouble:
        return Piece(output, trouble=trouble)
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(2**20):
            digest.update(block)
    return Piece(output, path.stat().st_size, digest.hexdigest(), str(path))


def carried_along(piece: Piece) -> Piece:
    """The piece with its bytes in it: for a machine that does not share this one's disk."""
    if piece.path is None:
        return piece
    return Piece(piece.output, piece.size, piece.sha256, None, Path(piece.path).read_bytes())


class Delivery:
    """Puts the pieces of one job in place. `folder` is that of its record, whose paths are relative to it."""

    def __init__(
        self, pattern: Pattern, values: Mapping[str, str], record: Path, overwrite: bool = False
    ) -> None:
        self.troubles: list[FileTrouble] = []
        self._pattern = pattern
        self._values = values
        self._folder = record.parent
        self._overwrite = overwrite
        self._taken = {record}

    def keep(self, pieces: Sequence[Piece]) -> tuple[Kept, ...]:
        """Write what can be written; what cannot is among the `troubles`, and is returned without a path."""
        return tuple(self._keep(piece, n) for n, piece in enumerate(pieces, 1))

    def _keep(self, piece: Piece, n: int) -> Kept:
        path = None
        if piece.output.is_file:
            try:
                path = self._write(piece, n)
            except FileTrouble as trouble:
                self.troubles.append(trouble)
        return self._kept(piece, path)

    def _kept(self, piece: Piece, path: Path | None) -> Kept:
        output = piece.output
        there = path is not None
        return Kept(
            node=output.node,
            kind=output.kind,
            filename=output.filename,
            subfolder=output.subfolder,
            type=output.type if output.is_file else "",
            cached=output.cached,
            path=Path(os.path.relpath(path, self._folder)).as_posix() if path is not None else None,
            size=piece.size if there else None,
            sha256=piece.sha256 if there else None,
            text=output.text,
        )

    def _write(self, piece: Piece, n: int) -> Path:
        if piece.trouble is not None:
            raise piece.trouble
        wanted = self._pattern.path({**self._values, **output_values(piece.output, n)})
        target = next(path for path in names(wanted) if path not in self._taken)
        self._taken.add(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(target) and not self._overwrite:
            if same_content(target, piece):
                return target
            raise OutputExists(
                f"{target} is there, with another content. Use another --out or --job, or --overwrite; "
                f"{piece.output.filename} is kept on the server."
            )
        put(piece, target)
        return target


def same_content(path: Path, piece: Piece) -> bool:
    if not path.is_file() or path.stat().st_size != piece.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == piece.sha256


def put(piece: Piece, target: Path) -> None:
    """Replace `target` by the piece, at once: from the same disk, from another one, or from memory."""
    if piece.path is None:
        write_bytes(target, piece.data or b"")
        return
    try:
        replace(Path(piece.path), target)
    except OSError:  # another file system
        beside = sibling(target)
        try:
            copy_file(Path(piece.path), beside)
            replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
