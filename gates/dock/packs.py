"""The packs that lie in custom_nodes: which they are, in what state, and whether somebody edited them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from .. import atomic
from ..errors import CommandFailed
from .git import Git
from .installed import InstalledNode
from .operation import is_link
from .processes import Command, Runner
from .records import NodeInfo

IGNORED = {"__pycache__", ".git"}
CHUNK = 1 << 20


def folders(custom_nodes: Path) -> list[str]:
    """Names of what ComfyUI would load as packs, files left out."""
    if not custom_nodes.is_dir():
        return []
    with os.scandir(custom_nodes) as entries:
        return sorted(
            entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.name not in IGNORED and _is_folder(entry)
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir() or entry.is_symlink()
    except OSError:
        return True


def folder_of(custom_nodes: Path, name: str) -> Path:
    """Where a pack lies or would lie. Raises PathOutside; a link is not followed."""
    if not atomic.is_plain_name(name):
        return atomic.confined(custom_nodes, name)  # raises, with a sentence
    return custom_nodes / name


def taken(custom_nodes: Path, name: str) -> str | None:
    """The folder that has this name already, whatever its case."""
    return next((found for found in folders(custom_nodes) if found.casefold() == name.casefold()), None)


@dataclass(frozen=True)
class OnDisk:
    """`version` is a commit for git, what dock noted for an archive, the target of a link."""

    name: str
    version: str | None
    is_link: bool


def state_of(custom_nodes: Path, info: NodeInfo, noted: InstalledNode | None) -> OnDisk | None:
    """The pack as it lies there; None where it does not. No program is run for it."""
    folder = custom_nodes / info.name
    if not os.path.lexists(folder):
        return None
    if is_link(folder):
        return OnDisk(info.name, os.path.realpath(folder), True)
    commit = head_of(folder)
    if commit is not None:
        return OnDisk(info.name, commit, False)
    return OnDisk(info.name, noted.version if noted is not None else None, False)


def is_as_wanted(info: NodeInfo, there: OnDisk | None) -> bool:
    if there is None:
        return False
    if info.source == "local":
        return there.is_link and info.path is not None and there.version == os.path.realpath(info.path)
    return not there.is_link and (info.version is None or there.version == info.version)


def head_of(folder: Path) -> str | None:
    """The commit of a repository, read from its files: a fiftieth of what starting git costs."""
    git = folder / ".git"
    try:
        head = (git / "HEAD").read_text("ascii").strip()
        if not head.startswith("ref: "):
            return head or None
        name = head.removeprefix("ref: ")
        loose = git / name
        if loose.is_file():
            return loose.read_text("ascii").strip() or None
        for line in (git / "packed-refs").read_text("utf-8").splitlines():
            if line.endswith(f" {name}"):
                return line.split()[0]
    except (OSError, UnicodeDecodeError):
        return None
    return None


def digest_of(folder: Path) -> str:
    """One hash over names and contents of all files, without what Python and git make by themselves."""
    whole = hashlib.sha256()
    for path in sorted(_files(folder)):
        whole.update(str(path.relative_to(folder).as_posix()).encode("utf-8", "surrogatepass"))
        whole.update(b"\0" + _file_digest(path) + b"\n")
    return whole.hexdigest()


def _files(folder: Path) -> list[Path]:
    found = []
    for root, names, files in os.walk(folder):
        names[:] = [name for name in names if name not in IGNORED]
        found += [Path(root, name) for name in files if not name.endswith(".pyc")]
    return found


def _file_digest(path: Path) -> bytes:
    if path.is_symlink():
        return os.readlink(path).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        while data := source.read(CHUNK):
            digest.update(data)
    return digest.digest()


def is_edited(folder: Path, noted: InstalledNode | None, git: Git) -> bool:
    """Whether it differs from what was installed; where that cannot be told it counts as edited."""
    if is_link(folder):
        return False
    if (folder / ".git").exists():
        try:
            if noted is None or head_of(folder) != noted.version or _holds_repositories(folder):
                return True
            return git.is_dirty(folder)
        except CommandFailed:
            return True
    return noted is None or noted.digest != digest_of(folder)


def was_touched(folder: Path, mark: str | None, git: Git) -> bool:
    """Whether anything came to a folder since it had this commit or digest, also what git would ignore."""
    try:
        if not (folder / ".git").exists():
            return mark != digest_of(folder)
        if mark != head_of(folder) or _holds_repositories(folder):
            return True
        return bool(git.changes(folder) or unknown_files(folder, git))
    except (CommandFailed, OSError):
        return True


def unknown_files(folder: Path, git: Git) -> list[str]:
    """Files in a repository that git does not track, with slashes."""
    names = {path.relative_to(folder).as_posix() for path in _files(folder)}
    return sorted(names - git.tracked(folder))


def _holds_repositories(folder: Path) -> bool:
    """Whether somebody fetched its submodules; git is not let loose in those."""
    nested = (root for root, names, files in os.walk(folder) if ".git" in (*names, *files))
    return any(Path(root) != folder for root in nested)


def make_link(source: Path, target: Path, runner: Runner, system: str = os.name) -> None:
    """A development link: a symbolic one, on Windows a junction, which needs no special right there."""
    if system == "nt":
        words = ("cmd", "/c", "mklink", "/J", str(target), str(source))
        runner.run(Command(words, target.parent, dict(os.environ))).checked(f"Linking {target.name}")
        return
    target.symlink_to(source, target_is_directory=True)
