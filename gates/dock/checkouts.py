"""A git checkout that others made: looked at and moved, while nothing that it names is run.

A pack may bring a `.git` whose configuration names programs: filters, helpers, other files to include.
Filters are switched off one by one; with anything else of the kind the checkout is left alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import CommandFailed, GatesError
from .git import Git, is_url
from .operation import is_link
from .packs import head_of
from .processes import SLOW, Finished

FILTER = re.compile(r"filter\.(.+)\.[^.]+", re.S)
PLAIN = re.compile(r"[\w+-]+")
NAMES_PROGRAMS = re.compile(
    r"(include|includeif|url|hook|credential)\..*"
    r"|core\.(worktree|gitproxy|alternaterefscommand)"
    r"|extensions\.(worktreeconfig|partialclone)"
    r"|remote\..*\.(promisor|partialclonefilter|vcs|uploadpack)"
    r"|diff\.(external|.*\.(command|textconv))",
    re.S,
)
SECRET = re.compile(r"^(https?://)[^/\s@]+@")


class Checkout:
    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self.folder = folder
        self._settings: dict[str, str] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """Its own configuration: read, not obeyed."""
        if self._settings is None:
            file = str(self.folder / ".git" / "config")
            done = self._git.run(self.folder, "config", "--file", file, "--no-includes", "--null", "--list")
            rows = [row.partition("\n") for row in done.out.split("\0") if row]
            self._settings = {key: value for key, _, value in rows} if done.exit_code == 0 else {}
        return self._settings

    @property
    def obstacle(self) -> str | None:
        """Why git is not run in it; None where it may be."""
        own = self.folder / ".git"
        if is_link(own) or not own.is_dir() or (own / "commondir").exists():
            return "its repository lies elsewhere"
        for key in self.settings:
            driver = FILTER.fullmatch(key)
            if NAMES_PROGRAMS.fullmatch(key) or (driver and not PLAIN.fullmatch(driver[1])):
                return f"its git configuration has {key[:60]!r}, which could run a program"
        return None

    def run(self, *words: str, timeout: float = SLOW, identity: bool = False) -> Finished:
        """Line ends alone make no edit, wherever it was cloned."""
        quiet = [word for key in self.settings for word in _silenced(key)]
        return self._git.run(
            self.folder, "-c", "core.autocrlf=input", *quiet, *words, timeout=timeout, identity=identity
        )

    @property
    def head(self) -> str | None:
        return head_of(self.folder)

    @property
    def url(self) -> str | None:
        """Where it came from, without a password; None where that is no URL."""
        found = SECRET.sub(r"\1", self.settings.get("remote.origin.url", ""))
        return found if is_url(found) else None

    @property
    def is_dirty(self) -> bool:
        """Whether a tracked file was edited; unknown counts as yes."""
        if self.obstacle is not None:
            return True
        done = self.run("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=dirty")
        return done.exit_code != 0 or bool(done.out)

    def stash(self, message: str) -> str | None:
        """Keep edits of tracked files under a name; what git does not track stays where it is.

        The commit that holds them, None where git found nothing to keep.
        """
        before = self._stashed()
        words = ("stash", "push", "--quiet", "--message", message)
        self.run(*words, identity=True).checked("Keeping local edits aside")
        after = self._stashed()
        return after if after != before else None

    def _stashed(self) -> str | None:
        return self.run("rev-parse", "--verify", "--quiet", "refs/stash").out.strip() or None

    def unstash(self) -> None:
        """Put back what was stashed last, where it came from."""
        self.run("stash", "pop", "--quiet", identity=True).checked("Putting local edits back")

    def keep(self, name: str) -> None:
        """A name for the commit that is checked out, so that git never forgets it."""
        self.run("update-ref", f"refs/dataset-gates/{name}", "HEAD").checked("Naming the commit")

    def has(self, commit: str) -> bool:
        return self.run("cat-file", "-e", f"{commit}^{{commit}}").exit_code == 0

    def fetch_from(self, url: str, commit: str, staging: Path) -> None:
        """Bring a commit, by a clone of our own: the checkout's own remotes are not asked."""
        clone = staging / self.folder.name
        self._git.clone(url, clone, commit)
        self._git.run(clone, "update-ref", "refs/heads/dataset-gates", commit).checked("Fetching")
        words = ("fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head")
        self.run(*words, str(clone), "refs/heads/dataset-gates").checked(f"Fetching {commit[:12]}")

    def move(self, commit: str) -> None:
        self.run("checkout", "--quiet", "--detach", commit).checked("Checking out")
        if not (self.head or "").startswith(commit):
            raise CommandFailed(f"{self.folder.name} is at {self.head}, not at {commit}.")

    @property
    def has_submodules(self) -> bool:
        return (self.folder / ".gitmodules").exists()


def _silenced(key: str) -> list[str]:
    driver = FILTER.fullmatch(key)
    if driver is None:
        return []
    off = [f"filter.{driver[1]}.{what}=" for what in ("clean", "smudge", "process")]
    return [word for one in (*off, f"filter.{driver[1]}.required=false") for word in ("-c", one)]


def sentence_of(error: GatesError | OSError) -> str:
    return str(error) if isinstance(error, GatesError) else (error.strerror or str(error))
