"""What a person calls a node pack, read into a NodeInfo: a registry id, a git URL or a folder."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from .. import atomic
from ..errors import BadNodeName
from .git import check_ref, is_url
from .processes import redacted
from .records import NodeInfo

ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}")
UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
LOCAL_STARTS = ("./", "../", "/", "~/", ".\\", "..\\")
WINDOWS_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
REF = re.compile(r"(.*[^/@])@([^@]*)")  # an @ at the beginning of a part belongs to the path
WAYS = "Give a registry id (ID or ID@VERSION), a git URL (https://host/repo@REF) or a folder (./PACK)."
IGNORED_BY_COMFYUI = ("__pycache__",)


def parse(identifier: str, is_local: bool = False) -> NodeInfo:
    """What `identifier` says by itself; nothing is asked and no disk is looked at. Raises BadNodeName."""
    text = identifier.strip()
    if not text or UNSPEAKABLE.search(text):
        raise BadNodeName(f"{shown(text)} names no node pack. {WAYS}")
    if is_local or text in (".", "..") or text.startswith(LOCAL_STARTS) or _is_windows_path(text):
        return _local(text)
    if "://" in text or is_url(text):
        return _git(text)
    return _registry(text)


def identifier_of(info: NodeInfo) -> str:
    """What `parse` reads as the same pack."""
    if info.source == "local":
        return info.path or ""
    if info.source == "git":
        return f"{info.repository}@{info.ref}" if info.ref else str(info.repository)
    return f"{info.registry_id}@{info.version}" if info.version else str(info.registry_id)


def checked(info: NodeInfo) -> NodeInfo:
    """Itself: an info may come from a file that others wrote. Raises BadNodeName."""
    checked_name(info.name)
    if info.source == "registry":
        checked_id(info.registry_id or "")
        if info.version is not None:
            checked_version(info.version)
    elif info.source == "git":
        _git(info.repository or "", with_ref=False)
        for ref in (info.ref, info.version):
            _ = check_ref(ref) if ref is not None else None
    elif info.source != "local" or not info.path:
        raise BadNodeName(f"The pack {shown(info.name)} comes from nowhere that is known. {WAYS}")
    return info


def checked_name(name: str) -> str:
    """A name that can be a pack's folder everywhere, and that ComfyUI loads. Raises BadNodeName."""
    plain = atomic.is_plain_name(name) and not UNSPEAKABLE.search(name)
    if not plain or name.startswith((".", "-")) or not NodeInfo(name, "git").key:
        raise BadNodeName(f"{shown(name)} cannot be the folder of a node pack: no plain name. {WAYS}")
    if name.casefold() in IGNORED_BY_COMFYUI or name.casefold().endswith(".disabled"):
        raise BadNodeName(f"{shown(name)} cannot be the folder of a node pack: ComfyUI skips such a folder.")
    return name


def checked_id(text: str) -> str:
    if not ID.fullmatch(text):
        raise BadNodeName(f"{shown(text)} is no registry id: letters, digits, - _ and dots. {WAYS}")
    return checked_name(text)


def checked_version(text: str) -> str:
    if not VERSION.fullmatch(text) or not atomic.is_plain_name(text):
        raise BadNodeName(
            f"{shown(text)} is no version of the registry. Give ID@VERSION, such as my-pack@1.2.0."
        )
    return text


def collides(name: str, others: Iterable[str]) -> str | None:
    """The one of `others` that would be the same folder on some system, or None."""
    return next((other for other in others if _folded(other) == _folded(name)), None)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def shown(text: str) -> str:
    """For a message: quoted, of bounded length, without credentials."""
    return repr(redacted(text)[:80])


def _is_windows_path(text: str) -> bool:
    return os.name == "nt" and WINDOWS_DRIVE.match(text) is not None


def _local(text: str) -> NodeInfo:
    path = os.path.abspath(os.path.expanduser(text))
    return NodeInfo(checked_name(os.path.basename(path)), "local", path=path)


def _registry(text: str) -> NodeInfo:
    name, _, version = text.partition("@")
    checked_id(name)
    if text.endswith("@"):
        raise BadNodeName(f"{shown(text)} ends before its version. Leave the @ away for the newest one.")
    wanted = checked_version(version) if version not in ("", "latest") else None
    return NodeInfo(name, "registry", registry_id=name, version=wanted)


def _git(text: str, with_ref: bool = True) -> NodeInfo:
    head, path = _split(text)
    found = REF.fullmatch(path) if with_ref else None
    ref = check_ref(found[2]) if found else None
    path = (found[1] if found else path).rstrip("/")
    _check_way(text, head, path)
    name = unquote(path.rpartition("/")[2]).removesuffix(".git")
    if "@" in name:
        raise BadNodeName(
            f"{shown(text)}: one @ stands between the repository and its branch, tag or commit."
        )
    return NodeInfo(checked_name(name), "git", repository=head + path, ref=ref)


def _split(text: str) -> tuple[str, str]:
    """Up to the host, and the path: `https://me@host` + `/owner/repo`, `git@host:` + `owner/repo`."""
    if not is_url(text):
        raise BadNodeName(f"{shown(text)} is no URL that git is given here: https, ssh, git or file. {WAYS}")
    if "://" in text:
        scheme, rest = text.split("://", 1)
        host, slash, path = rest.partition("/")
        return f"{scheme}://{host}", slash + path
    host, _, path = text.partition(":")
    return f"{host}:", path


def _check_way(text: str, head: str, path: str) -> None:
    """Raises BadNodeName for a password, an option in a host's place, and what is no repository's address."""
    host = head.partition("://")[2] or head
    if any(part.startswith("-") for part in host.split("@")) or "?" in path or "#" in path:
        raise BadNodeName(f"{shown(text)} is no address of a git repository. {WAYS}")
    if ":" in host.rpartition("@")[0]:
        raise BadNodeName(
            f"{shown(text)} holds a password, which would stand in the manifest for everybody. "
            "Leave it away and keep it in git's credential helper."
        )
    page = re.match(r"(/[^/]+/[^/]+)/(tree|blob|commit|releases|pull|issues)/", path + "/")
    if page and urlsplit(head).hostname in ("github.com", "gitlab.com", "codeberg.org"):
        raise BadNodeName(
            f"{shown(text)} is a page. The repository is {head}{page[1]}; add @REF for a branch."
        )
