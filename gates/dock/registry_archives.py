"""Archives of the registry: fetched once, held against their pin, unpacked from the store."""

from __future__ import annotations

from pathlib import Path

from ..errors import RegistryFailed
from . import node_archive, tracking
from .node_store import NodeStore, changed
from .records import NodeInfo
from .registry_client import RegistryClient
from .registry_http import Http


class RegistryArchives:
    def __init__(self, client: RegistryClient, http: Http, store: NodeStore) -> None:
        self._client = client
        self._http = http
        self._store = store

    def unpack(self, info: NodeInfo, target: Path) -> str:
        """The version of `info` in the new folder `target`; the hash of its archive.

        Raises ArchiveChanged, HostileArchive, BadArchive, TooManyBytes, RegistryFailed, UnknownNode.
        """
        node_id, version = _named(info)
        expected = self._store.expected(node_id, version, info.sha256)
        pinned = self._store.pinned(node_id, version)
        # An archive counts as this one only where it was fetched as this one: a manifest can name any hash.
        kept = self._store.find(pinned) if pinned is not None else None
        if pinned is None or kept is None:
            pinned, kept = self._fetched(info, expected)
            self._store.pin(node_id, version, pinned)
        tracking.write(target, node_archive.unpack(kept, target, f"{node_id}@{version}"))
        return pinned

    def _fetched(self, info: NodeInfo, expected: str | None) -> tuple[str, Path]:
        """Looked through before it is kept, so that nothing hostile is ever pinned."""
        node_id, version = _named(info)
        with self._store.incoming() as path:
            found = self._http.download(self._address(info), path)
            if expected is not None and found != expected:
                pin_file = self._store.pin_file(node_id, version)
                raise changed(f"{node_id}@{version}", expected, found, pin_file)
            node_archive.check(path, f"{node_id}@{version}")
            return found, self._store.take(path, found)

    def _address(self, info: NodeInfo) -> str:
        node_id, version = _named(info)
        url = info.download_url or self._client.version(node_id, version).download_url
        if not url:
            raise RegistryFailed(f"The registry names no archive of {node_id}@{version}. Ask its author.")
        return url


def _named(info: NodeInfo) -> tuple[str, str]:
    return info.registry_id or "", info.version or ""
