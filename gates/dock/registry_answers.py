"""What the registry's answers say, each field checked: it goes into files and onto terminals."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from ..errors import BadNodeName, RegistryFailed
from .git import is_url
from .identifiers import checked_id, checked_version
from .processes import CREDENTIALS
from .records import NodeInfo

LONGEST_NAME = 120  # characters
LONGEST_DESCRIPTION = 500
ACTIVE, BANNED, DELETED, FLAGGED, PENDING = "active", "banned", "deleted", "flagged", "pending"
STATUS = {kind.title(): kind for kind in (ACTIVE, BANNED, DELETED, FLAGGED, PENDING)}


@dataclass(frozen=True)
class PublishedVersion:
    version: str
    download_url: str | None
    status: str = ACTIVE
    deprecated: bool = False


@dataclass(frozen=True)
class PublishedNode:
    id: str
    name: str  # for people
    description: str | None
    repository: str | None
    status: str
    latest: PublishedVersion | None

    def info(self, version: PublishedVersion | None) -> NodeInfo:
        return NodeInfo(
            name=self.id,
            source="registry",
            registry_id=self.id,
            version=version.version if version is not None else None,
            repository=self.repository,
            download_url=version.download_url if version is not None else None,
            description=self.description,
        )


def node_of(value: Any, asked: str | None = None) -> PublishedNode:
    """A Node; `asked` is the id that it must have, in whatever spelling. Raises RegistryFailed."""
    table = _table(value, "a node pack")
    own = _id(table.get("id"))
    if asked is not None and spelling(own) != spelling(asked):
        raise RegistryFailed(
            f"The registry was asked for {asked!r} and answered about {own!r}. Nothing is taken."
        )
    latest = table.get("latest_version")
    repository = table.get("repository")
    return PublishedNode(
        id=own,
        name=text(table.get("name"), LONGEST_NAME) or own,
        description=text(table.get("description"), LONGEST_DESCRIPTION),
        repository=_repository(repository),
        status=_status(table.get("status"), "NodeStatus"),
        latest=version_of(latest, own) if isinstance(latest, dict) and latest.get("version") else None,
    )


def version_of(value: Any, node_id: str, asked: str | None = None) -> PublishedVersion:
    """A NodeVersion of the pack `node_id`. Raises RegistryFailed."""
    table = _table(value, "a version")
    try:
        version = checked_version(str(table.get("version", "")))
    except BadNodeName:
        raise RegistryFailed(f"The registry names a version of {node_id} that is none.") from None
    owner = table.get("node_id")
    if (asked is not None and version != asked) or (owner and spelling(str(owner)) != spelling(node_id)):
        raise RegistryFailed(
            f"The registry was asked for {node_id}@{asked or version} and answered about "
            f"{str(owner or node_id)[:80]}@{version}. Nothing is taken."
        )
    url = table.get("downloadUrl")
    return PublishedVersion(
        version,
        url if isinstance(url, str) and url else None,
        _status(table.get("status"), "NodeVersionStatus"),
        table.get("deprecated") is True,
    )


def versions_of(value: Any, node_id: str) -> list[PublishedVersion]:
    if not isinstance(value, list):
        raise RegistryFailed(f"The registry answered no list of the versions of {node_id}.")
    return [version_of(one, node_id) for one in value]


def nodes_of(value: Any) -> list[PublishedNode]:
    """The packs of a search that can be installed; an entry that makes no sense is left out."""
    listed = _table(value, "a search").get("nodes")
    if not isinstance(listed, list):
        raise RegistryFailed("The registry answered a search without a list of nodes.")
    found = [node for one in listed if (node := _node_or_none(one)) is not None]
    return [node for node in found if node.status == ACTIVE]


def _node_or_none(value: Any) -> PublishedNode | None:
    try:
        return node_of(value)
    except RegistryFailed:
        return None


def spelling(node_id: str) -> str:
    """Two ids with the same spelling are one to the registry, which redirects to its own form."""
    return "-".join(part for part in node_id.lower().replace("_", "-").replace(".", "-").split("-") if part)


def text(value: Any, most: int) -> str | None:
    """One line without control characters, so that nothing steers a terminal; None for no text."""
    if not isinstance(value, str):
        return None
    kept = "".join(" " if letter.isspace() else letter for letter in value if _is_shown(letter))
    line = " ".join(kept.split())
    return (line if len(line) <= most else line[: most - 1] + "…") or None


def _is_shown(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _repository(value: Any) -> str | None:
    if (
        not isinstance(value, str)
        or not is_url(value)
        or CREDENTIALS.search(value)
        or not value.isprintable()
    ):
        return None
    return value


def _id(value: Any) -> str:
    try:
        return checked_id(value if isinstance(value, str) else "")
    except BadNodeName:
        raise RegistryFailed("The registry answered with a node pack whose id is none.") from None


def _status(value: Any, prefix: str) -> str:
    known = STATUS.get(value.removeprefix(prefix)) if isinstance(value, str) else ACTIVE
    return known or PENDING


def _table(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RegistryFailed(f"The registry was asked for {what} and answered something else.")
    return value
