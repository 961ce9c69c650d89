"""Archives of node packs under their hash, and which hash each version had when it was first seen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import atomic
from ..errors import ArchiveChanged, BadNodeName
from .identifiers import checked_id, checked_version, shown

SHA256 = re.compile(r"[0-9a-f]{64}")
PINS = "pins"
CHUNK = 1 << 20


class NodeStore:
    """`folder` is made when something is kept. Written to by several processes: files are replaced whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, sha256: str) -> Path | None:
        """The archive with this hash, read through; one that was damaged on the disk is thrown away."""
        path = self._path(sha256)
        if not path.is_file() or path.is_symlink():
            return None
        if hash_of(path) == sha256:
            return path
        path.unlink(missing_ok=True)
        return None

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A name in the store for a download; what lies there afterwards is removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = atomic.sibling(self.folder / "incoming.zip")
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def take(self, incoming: Path, sha256: str) -> Path:
        path = self._path(sha256)
        atomic.replace(incoming, path)
        atomic.sync_folder(self.folder)
        return path

    def pinned(self, node_id: str, version: str) -> str | None:
        """The hash that this version had when it was first seen here."""
        try:
            text = self.pin_file(node_id, version).read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return None
        return text if SHA256.fullmatch(text) else None

    def pin(self, node_id: str, version: str, sha256: str) -> None:
        file = self.pin_file(node_id, version)
        file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write_bytes(file, f"{sha256}\n".encode("ascii"))

    def pin_file(self, node_id: str, version: str) -> Path:
        return self.folder / PINS / f"{checked_id(node_id).lower()}@{checked_version(version)}"

    def expected(self, node_id: str, version: str, manifest: str | None) -> str | None:
        """The hash that an archive must have; None: any. Raises ArchiveChanged, BadNodeName.

        ArchiveChanged where the manifest and what was first seen here disagree.
        """
        here = self.pinned(node_id, version)
        if manifest is not None:
            self._path(manifest)  # that it is a hash at all
        if manifest is not None and manifest != here and manifest in self._hashes_of(node_id):
            return here  # of another version: somebody edited the version and left its hash
        if manifest is not None and here is not None and manifest != here:
            raise changed(f"{node_id}@{version}", manifest, here, self.pin_file(node_id, version))
        return here if manifest is None else manifest

    def _hashes_of(self, node_id: str) -> set[str | None]:
        """Of all versions of a pack that were seen here."""
        files = (self.folder / PINS).glob(f"{checked_id(node_id).lower()}@*")
        return {self.pinned(node_id, file.name.partition("@")[2]) for file in files}

    def _path(self, sha256: str) -> Path:
        if not SHA256.fullmatch(sha256):
            raise BadNodeName(f"{shown(sha256)} is no sha256 of an archive. Mend it in the manifest.")
        return self.folder / f"{sha256}.zip"


def changed(pack: str, expected: str, found: str, pin_file: Path) -> ArchiveChanged:
    return ArchiveChanged(
        f"The archive of {pack} is not the one first seen: pinned is sha256 {expected}, this one has "
        f"{found}. Ask its author; if it is meant, remove the pack and {pin_file.name} "
        f"in {pin_file.parent}, and add it again.",
        expected=expected,
        found=found,
    )


def hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        while data := source.read(CHUNK):
            digest.update(data)
    return digest.hexdigest()
