"""Copies of the repositories of node packs, from which every environment clones, offline too."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import atomic
from ..errors import ArchiveChanged, CommandFailed, CommandTimedOut, DockBusy, UnknownCommit
from .git import Git
from .processes import SLOW, redacted

WHOLE_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# Branches and tags; not the pull requests, of which there may be thousands.
REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
HEAD = re.compile(r"^ref: (refs/heads/\S+)\tHEAD$", re.M)


class GitMirrors:
    def __init__(self, git: Git, folder: Path, note: Callable[[str], None]) -> None:
        self._git = git
        self._folder = folder
        self._note = note

    def clone(self, url: str, target: Path, ref: str | None) -> str:
        """Clone into the new folder `target` and check `ref` out; the commit.

        Raises CommandFailed, CommandTimedOut, UnknownCommit, DockBusy; ArchiveChanged where `ref` is a whole
        commit and something else came of it.
        """
        with self._held(url) as mirror:
            if mirror.is_dir() and self._refreshed(mirror, url, ref):
                commit = self._from(mirror, target, ref)
            else:
                self._make(mirror, url)
                commit = self._from(mirror, target, ref)
        self._git.run(target, "remote", "set-url", "origin", url).checked("Naming the origin")
        if ref is not None and WHOLE_COMMIT.fullmatch(ref) and commit != ref:
            raise ArchiveChanged(
                f"{redacted(url)} gives {commit} where {ref} was asked for. Nothing is taken."
            )
        return commit

    @contextmanager
    def _held(self, url: str) -> Iterator[Path]:
        name = hashlib.sha256(url.encode("utf-8")).hexdigest()[:40]
        try:
            with atomic.hold(self._folder / f"{name}.lock"):
                yield self._folder / f"{name}.git"
        except TimeoutError as error:
            if isinstance(error, CommandTimedOut):
                raise
            raise DockBusy(
                f"Another command is fetching {redacted(url)}. Try again when it is done."
            ) from None

    def _from(self, mirror: Path, target: Path, ref: str | None) -> str:
        try:
            return self._git.clone(str(mirror), target, ref)
        except UnknownCommit:
            raise UnknownCommit(f"{target.name} has no branch, tag or commit {ref or 'HEAD'!r}.") from None

    def _make(self, mirror: Path, url: str) -> None:
        """Beside its place first: what is killed on the way is no mirror."""
        _discard(mirror)
        fresh = atomic.sibling(mirror)
        words = ("clone", "--quiet", "--bare", "--no-recurse-submodules", "--", url, str(fresh))
        try:
            self._git.run(self._folder, *words, timeout=SLOW).checked(f"Cloning {redacted(url)}")
            atomic.replace(fresh, mirror)
        finally:
            _discard(fresh)

    def _refreshed(self, mirror: Path, url: str, ref: str | None) -> bool:
        """Whether the mirror can be cloned from; out of reach, it can if it has what is asked for."""
        if ref is not None and WHOLE_COMMIT.fullmatch(ref) and self._has(mirror, ref):
            return True
        words = ("fetch", "--quiet", "--prune", "--force", "--no-recurse-submodules", "origin", *REFS)
        try:
            self._git.run(mirror, *words, timeout=SLOW).checked(f"Fetching {redacted(url)}")
            self._follow_head(mirror)
            return self._has(mirror, "HEAD")
        except (CommandFailed, CommandTimedOut):
            if not self._has(mirror, ref or "HEAD"):
                return False
        self._note(f"{redacted(url)} cannot be reached. The copy from the last time is used.")
        return True

    def _has(self, mirror: Path, ref: str) -> bool:
        return self._git.run(mirror, "cat-file", "-e", f"{ref}^{{commit}}").exit_code == 0

    def _follow_head(self, mirror: Path) -> None:
        """The default branch may be another one by now."""
        said = HEAD.search(self._git.run(mirror, "ls-remote", "--symref", "origin", "HEAD").out)
        if said is not None:
            self._git.run(mirror, "symbolic-ref", "HEAD", said[1]).checked("Following the default branch")


def _discard(folder: Path) -> None:
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
