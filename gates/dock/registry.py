"""Finding and fetching node packs: of the ComfyUI Registry, of git, or a folder of one's own."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from .. import atomic
from ..errors import BadNodeName, NodeExists, RegistryFailed, UnknownNode
from . import identifiers
from .git import Git
from .records import Issue, NodeInfo, ValidationResult

if TYPE_CHECKING:
    from .git_mirrors import GitMirrors
    from .node_index import NodeIndex
    from .node_store import NodeStore
    from .registry_archives import RegistryArchives
    from .registry_client import RegistryClient
    from .registry_http import Http, Opener

BASE_URL = "https://api.comfy.org"
TIMEOUT = 20.0  # s
MOST_FOUND = 100
MIRRORS = "git"


def no_note(sentence: str) -> None:
    """Where nobody wants to hear that an old answer was used."""


class NodeRegistry:
    """`cache` is the workspace's node store, `metadata` its folder of databases; both are made when needed.

    `note` hears sentences about what was not ideal and went on. What reaches the network is loaded when it
    is first asked for: most commands never do.
    """

    def __init__(
        self,
        git: Git,
        cache: Path,
        metadata: Path,
        base_url: str = BASE_URL,
        clock: Callable[[], float] = time.time,
        timeout: float = TIMEOUT,
        opener: Opener | None = None,
        sleep: Callable[[float], None] = time.sleep,
        note: Callable[[str], None] = no_note,
    ) -> None:
        self._git = git
        self._cache = cache
        self._metadata = metadata
        self._base_url = base_url
        self._clock = clock
        self._timeout = timeout
        self._opener = opener
        self._sleep = sleep
        self._note = note

    # --- looking up

    def get_node(self, identifier: str, is_local: bool = False) -> NodeInfo:
        """What `identifier` means by now; of git and folders only what it says itself.

        Raises BadNodeName, UnknownNode, NodeBanned, RegistryFailed.
        """
        info = identifiers.parse(identifier, is_local)
        if info.source == "registry":
            return self._published(info)
        if info.source == "local" and not Path(info.path or "").is_dir():
            raise UnknownNode(f"{info.path} is no folder. Give the folder of the pack, such as ./my-pack.")
        return info

    def _published(self, info: NodeInfo) -> NodeInfo:
        from .registry_client import check_status

        node = self._client.node(info.registry_id or "")
        self._index.remember([node])
        version = node.latest
        if info.version is not None and (version is None or version.version != info.version):
            version = self._client.version(node.id, info.version)
        elif version is not None and version.download_url is None:
            version = self._client.version(node.id, version.version)
        if version is None:
            raise UnknownNode(f"{node.id} has no published version. Is there a git URL of it?")
        check_status(version.status, f"{node.id}@{version.version}")
        if version.status != "active":
            self._note(f"The registry has {node.id}@{version.version} as {version.status}: look at it first.")
        return replace(node.info(version), sha256=self._store.pinned(node.id, version.version))

    def search_nodes(self, query: str, limit: int = 10) -> list[NodeInfo]:
        """Best first; without the registry, of the packs that it told of before."""
        from .node_index import rank

        words = " ".join(query.split())
        if not words or identifiers.UNSPEAKABLE.search(query):
            raise BadNodeName("Say what to look for: a part of the name, or a word of the description.")
        most = max(1, min(limit, MOST_FOUND))
        try:
            found = self._client.search(words, most)
        except RegistryFailed as error:
            self._note(f"{error.message} Only packs seen before are searched.")
            return self._index.search(words, most)
        self._index.remember(found)
        ranked = sorted(found, key=lambda node: rank(words, node.id, node.name) > 0)
        return [node.info(node.latest) for node in ranked[:most]]

    def validate_node(self, identifier: str) -> ValidationResult:
        """Whether it could be added, as far as that can be told without fetching it."""
        from .node_checks import result_of

        return result_of(self._issues(identifier))

    def _issues(self, identifier: str) -> Iterator[Issue]:
        from . import node_checks

        info = self.get_node(identifier)
        if info.source == "git":
            yield from node_checks.remote_issues(self._git, info)
        elif info.source == "local":
            yield from node_checks.folder_issues(Path(info.path or ""))
        else:
            version = self._client.version(info.registry_id or "", info.version or "")
            yield from node_checks.version_issues(f"{info.registry_id}@{info.version}", version)

    # --- fetching

    def download_node(self, info: NodeInfo, target: Path) -> NodeInfo:
        """The pack in the new folder `target`; `info` with the commit or the hash that it is.

        Nothing of the pack is run. After any error `target` is not there. Raises NodeExists, ArchiveChanged,
        HostileArchive, BadArchive, RegistryFailed, CommandFailed, UnknownCommit, …
        """
        identifiers.checked(info)
        if info.source == "local":
            raise BadNodeName(f"{info.path} is a folder of your own: it is linked, and not downloaded.")
        with _new(target):
            return self._clone(info, target) if info.source == "git" else self._unpack(info, target)

    def _clone(self, info: NodeInfo, target: Path) -> NodeInfo:
        commit = self._mirrors.clone(info.repository or "", target, info.version or info.ref)
        if (target / ".gitmodules").is_file():
            self._note(f"{info.name} has submodules, which are not fetched: a pack could bring in anything.")
        return replace(info, version=commit)

    def _unpack(self, info: NodeInfo, target: Path) -> NodeInfo:
        known = info if info.version is not None else self.get_node(info.registry_id or "")
        return replace(known, name=info.name, sha256=self._archives.unpack(known, target))

    def get_node_requirements(self, info: NodeInfo | Path) -> list[str]:
        """What the pack wants installed. Of a pack that is not on this disk a copy is fetched and looked at.

        Raises BadRequirement, and what `download_node` raises.
        """
        from .node_checks import requirements_of

        if isinstance(info, Path):
            return requirements_of(info)
        if info.source == "local":
            return requirements_of(Path(info.path or ""))
        with tempfile.TemporaryDirectory(prefix="gates-dock-") as folder:
            target = Path(folder) / info.name
            self.download_node(info, target)
            return requirements_of(target)

    # --- what is made when it is first needed

    @cached_property
    def _http(self) -> Http:
        from .registry_http import Http

        return Http(self._opener, self._timeout, self._sleep)

    @cached_property
    def _client(self) -> RegistryClient:
        from .api_cache import ApiCache
        from .registry_client import RegistryClient

        cache = ApiCache(self._metadata / "api_cache.db", self._clock)
        return RegistryClient(self._base_url, self._http, cache, self._note)

    @cached_property
    def _index(self) -> NodeIndex:
        from .node_index import NodeIndex

        return NodeIndex(self._metadata / "node_index.db", self._clock)

    @cached_property
    def _store(self) -> NodeStore:
        from .node_store import NodeStore

        return NodeStore(self._cache)

    @cached_property
    def _archives(self) -> RegistryArchives:
        from .registry_archives import RegistryArchives

        return RegistryArchives(self._client, self._http, self._store)

    @cached_property
    def _mirrors(self) -> GitMirrors:
        from .git_mirrors import GitMirrors

        return GitMirrors(self._git, self._cache / MIRRORS, self._note)


@contextmanager
def _new(target: Path) -> Iterator[None]:
    """Raises NodeExists. Whatever goes wrong, `target` is gone afterwards."""
    if os.path.lexists(target):
        raise NodeExists(f"{target} is there already. Nothing is written over it.")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic.full_disk():
            yield
    except BaseException:
        _discard(target)
        raise


def _discard(target: Path) -> None:
    if target.is_symlink() or not target.is_dir():
        return
    if os.name == "nt":  # git's objects are read-only, and Windows keeps such files
        for folder, _, names in os.walk(target):
            for name in names:
                os.chmod(os.path.join(folder, name), 0o666)
    shutil.rmtree(target)
