"""Questions to the registry, through the cache: what it answered in the last day is not asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ..errors import BadConfig, NodeBanned, RegistryFailed, UnknownNode
from .api_cache import ApiCache, Kept
from .identifiers import checked_id, checked_version, shown
from .registry_answers import (
    BANNED,
    DELETED,
    PublishedNode,
    PublishedVersion,
    node_of,
    nodes_of,
    version_of,
    versions_of,
)
from .registry_http import Http, host_of

SHOWN_VERSIONS = 5
Check = Callable[[Any], object]


class RegistryClient:
    """Looks up and never installs: `/install` counts an installation on the other side."""

    def __init__(self, base_url: str, http: Http, cache: ApiCache, note: Callable[[str], None]) -> None:
        self._base = checked_base(base_url)
        self._http = http
        self._cache = cache
        self._note = note

    def node(self, node_id: str) -> PublishedNode:
        """Raises UnknownNode, NodeBanned, RegistryFailed."""
        node = node_of(self._asked(_path(node_id), node_id, lambda value: node_of(value, node_id)), node_id)
        check_status(node.status, node.id)
        return node

    def version(self, node_id: str, version: str) -> PublishedVersion:
        """Raises UnknownNode, which names the versions that are there, NodeBanned, RegistryFailed."""
        pack = f"{node_id}@{version}"
        path = f"{_path(node_id)}/versions/{quote(checked_version(version), safe='')}"
        try:
            value = self._asked(path, pack, lambda value: version_of(value, node_id, version))
        except UnknownNode:
            raise _unknown_version(node_id, version, self.versions(node_id)) from None
        published = version_of(value, node_id, version)
        check_status(published.status, pack)
        return published

    def versions(self, node_id: str) -> list[PublishedVersion]:
        path = f"{_path(node_id)}/versions"
        return versions_of(self._asked(path, node_id, lambda value: versions_of(value, node_id)), node_id)

    def search(self, query: str, limit: int) -> list[PublishedNode]:
        """Raises RegistryFailed; an old answer is no answer to a search, the index has more."""
        path = f"/nodes/search?{urlencode({'search': query, 'limit': limit})}"
        return nodes_of(self._asked(path, query, nodes_of, stale=False))

    def _asked(self, path: str, what: str, check: Check, stale: bool = True) -> Any:
        url = self._base + path
        kept = self._cache.find(url)
        if kept is not None and kept.fresh:
            return kept.value
        try:
            answer = self._http.get(url)
            if answer.status == 200:
                check(answer.value)
        except RegistryFailed as error:
            if kept is None or not stale:
                raise
            return self._old(kept, error)
        if answer.status != 200:
            self._cache.forget(url)
            raise _refusal(answer.status, what)
        self._cache.keep(url, answer.value)
        return answer.value

    def _old(self, kept: Kept, error: RegistryFailed) -> Any:
        day = time.strftime("%Y-%m-%d", time.gmtime(kept.fetched_at))
        self._note(f"{error.message} What {host_of(self._base)} said on {day} is used.")
        return kept.value


def _path(node_id: str) -> str:
    return f"/nodes/{quote(checked_id(node_id), safe='')}"


def checked_base(url: str) -> str:
    """Raises BadConfig."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        good = good and (parts.port or 1) and not parts.query and not parts.fragment and url.isprintable()
    except ValueError:
        good = None
    if not good or not url.isascii() or " " in url:
        raise BadConfig(
            f"{shown(url)} is no address of a registry. COMFY_REGISTRY_URL is such as https://api.comfy.org, "
            "without name and password."
        )
    return url.rstrip("/")


def _unknown_version(node_id: str, version: str, there: list[PublishedVersion]) -> UnknownNode:
    names = [one.version for one in there if one.status not in (BANNED, DELETED)]
    more = " …" if len(names) > SHOWN_VERSIONS else ""
    listed = (
        f"It has {', '.join(names[:SHOWN_VERSIONS])}{more}."
        if names
        else "It has none that can be installed."
    )
    return UnknownNode(f"{node_id} has no version {version} in the registry. {listed}")


def check_status(status: str, pack: str) -> None:
    """Raises NodeBanned, UnknownNode."""
    if status == BANNED:
        raise _refusal(403, pack)
    if status == DELETED:
        raise UnknownNode(f"{pack} was taken out of the registry by its author. Is there a git URL of it?")


def _refusal(status: int, what: str) -> UnknownNode | NodeBanned:
    if status == 403:
        return NodeBanned(f"The registry banned {what}. It is not installed; remove it where it is.")
    return UnknownNode(
        f"The registry knows no {shown(what)}. Look for it with `gates dock node find`, or give a git URL."
    )
