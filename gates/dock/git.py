"""The git command line with a configuration of its own: nothing that a repository brings along is run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from ..errors import BadNodeName, CommandFailed, UnknownCommit
from .processes import PASSED_GIT, QUICK, SLOW, Command, Finished, Runner, basic_environment
from .records import Commit
from .tools import git_program

# A hook, a pager, an editor, a filter or a monitor that a repository names is a program of strangers.
HERMETIC = (
    "-c", f"core.hooksPath={os.devnull}",
    "-c", "core.fsmonitor=false",
    "-c", "core.pager=cat",
    "-c", "core.editor=true",
    "-c", "core.sshCommand=ssh",
    "-c", "core.autocrlf=false",
    "-c", "core.quotePath=false",
    "-c", f"core.excludesFile={os.devnull}",
    "-c", "log.showSignature=false",
    "-c", "protocol.ext.allow=never",
    "-c", "commit.gpgSign=false",
    "-c", "tag.gpgSign=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "advice.detachedHead=false",
    "-c", "init.defaultBranch=main",
    "-c", "init.defaultRefFormat=files",
    "-c", "submodule.recurse=false",
    "-c", "diff.ignoreSubmodules=dirty",
    "-c", "safe.directory=*",
)  # fmt: skip
DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules=dirty")
IDENTITY = ("Dataset Gates dock", "dock@dataset-gates.invalid")
SEPARATOR = "\x1f"
URL = re.compile(r"(https?|ssh|git|file)://[^\s]+|[\w.-]+@[\w.-]+:[^\s]+")
# A configuration that may name a program under a name of its own choosing is read before git obeys it.
SUSPICIOUS = re.compile(rb"filter|include|merge|diff|remote|worktree|gitproxy|alternaterefs|gpg|vcs", re.I)
NAMES_PROGRAM = re.compile(
    r"filter\..*\.(clean|smudge|process|required)|diff\.external|diff\..*\.(command|textconv)"
    r"|merge\..*\.driver|remote\..*\.vcs|gpg\.(.*\.)?program|core\.(gitproxy|alternaterefscommand)",
    re.S,
)
# What `clone` writes by itself.
DEFAULT_REMOTE = re.compile(
    rb'\[remote "origin"\]\s+url = [^\n]*\s+fetch = [^\n]*\n'
    rb'|\[branch "[^"\n]*"\]\s+remote = origin\s+merge = refs/heads/[^\n]*\n'
)
OWN_SCOPES = ("local", "worktree")
COMMIT = re.compile(r"[0-9a-f]{7,64}")


def is_url(text: str) -> bool:
    return URL.fullmatch(text) is not None


def check_ref(ref: str) -> str:
    """A branch, tag or commit as git allows it; never an option. Raises BadNodeName."""
    if not ref or ref.startswith("-") or re.search(r"[\s~^:?*\[\\\x00-\x1f\x7f]|\.\.|@\{|//|\.lock$|/$", ref):
        raise BadNodeName(f"{ref[:80]!r} is no branch, tag or commit of git.")
    return ref


def _is_suspicious(git: Path) -> bool:
    """Most configurations name no program: then git is not asked for it."""
    if not os.path.lexists(git):
        return False
    try:
        return bool(SUSPICIOUS.search(DEFAULT_REMOTE.sub(b"", (git / "config").read_bytes())))
    except OSError:
        return True  # a repository that lies elsewhere


def _harmless(key: str) -> str:
    return "false" if key.endswith(".required") else ""


def _settings(values: Mapping[str, str]) -> dict[str, str]:
    """As git takes them from its environment, whatever characters a key is of."""
    found = {"GIT_CONFIG_COUNT": str(len(values))} if values else {}
    for at, (key, value) in enumerate(sorted(values.items())):
        found |= {f"GIT_CONFIG_KEY_{at}": key, f"GIT_CONFIG_VALUE_{at}": value}
    return found


class Git:
    """`outside` is the environment of this process; only what concerns the network is passed on from it."""

    def __init__(self, runner: Runner, outside: Mapping[str, str] | None = None) -> None:
        self._runner = runner
        self._outside = dict(os.environ if outside is None else outside)
        self._program: str | None = None

    def run(self, folder: Path, *words: str, timeout: float = QUICK, identity: bool = False) -> Finished:
        """One git command in `folder`; the answer is not checked."""
        environment = {**self._environment(folder, identity), **self._tamed(folder)}
        return self._runner.run(Command((self._git(), *HERMETIC, *words), folder, environment, timeout))

    def _git(self) -> str:
        if self._program is None:
            self._program = git_program(self._outside)
        return self._program

    def _tamed(self, folder: Path) -> dict[str, str]:
        """What overrides the programs that a repository's own configuration names."""
        if not _is_suspicious(folder / ".git"):
            return {}
        argv = (self._git(), *HERMETIC, "config", "--list", "--show-scope", "-z")
        done = self._runner.run(Command(argv, folder, self._environment(folder), QUICK))
        parts = done.out.split("\0")
        rows = zip(parts[::2], parts[1::2], strict=False)
        own = {row.partition("\n")[0] for scope, row in rows if scope in OWN_SCOPES}
        tree = {"GIT_WORK_TREE": str(folder)} if "core.worktree" in own else {}
        return {**tree, **_settings({key: _harmless(key) for key in own if NAMES_PROGRAM.fullmatch(key)})}

    def _environment(self, folder: Path, identity: bool = False) -> dict[str, str]:
        fixed = {
            "GIT_CEILING_DIRECTORIES": str(folder.parent),  # never a repository that `folder` lies in
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "LC_ALL": "C",
        }
        if identity:
            name, mail = IDENTITY
            fixed |= {
                f"GIT_{who}_{what}": value
                for who in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", name), ("EMAIL", mail))
            }
        return {**basic_environment(self._outside, PASSED_GIT), **fixed}

    # --- the environment's own repository

    def init(self, folder: Path) -> None:
        self.run(folder, "init", "--quiet", "--template=").checked("Making the repository of the environment")

    def commit_all(self, folder: Path, message: str) -> str | None:
        """Commit everything in `folder`; the new commit, or None where nothing changed."""
        self.run(folder, "add", "--all", ".").checked("Recording the change")
        same = self.run(folder, *DIFF, "--cached", "--quiet")
        if same.exit_code == 0 and self.head(folder) is not None:
            return None
        words = ("commit", "--quiet", "--no-verify", "--allow-empty", "--cleanup=verbatim", "-m", message)
        self.run(folder, *words, identity=not self._has_identity(folder)).checked("Recording the change")
        return self.head(folder)

    def _has_identity(self, folder: Path) -> bool:
        return all(self.run(folder, "config", f"user.{what}").exit_code == 0 for what in ("email", "name"))

    def unstage(self, folder: Path) -> None:
        """Forget what was marked for a commit; the files stay as they are."""
        self.run(folder, "read-tree", "--reset", "HEAD").checked("Going back")

    def is_repository(self, folder: Path) -> bool:
        """Whether `folder` itself is one, and not only something that lies in one."""
        return folder.is_dir() and self.run(folder, "rev-parse", "--git-dir").exit_code == 0

    def tracked(self, folder: Path) -> set[str]:
        """Files that git knows there, with slashes."""
        done = self.run(folder, "ls-files", "-z").checked("Listing files")
        return {name for name in done.out.split("\0") if name}

    def blobs(self, folder: Path, commit: str) -> dict[str, str]:
        """What git calls the content of each file of a commit; nothing where there is no such commit."""
        done = self.run(folder, "ls-tree", "-r", "-z", commit)
        found = (row.partition("\t") for row in done.out.split("\0") if row)
        return {name: info.split()[2] for info, _, name in found} if done.exit_code == 0 else {}

    def head(self, folder: Path) -> str | None:
        done = self.run(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        return done.out.strip() or None if done.exit_code == 0 else None

    def resolve(self, folder: Path, name: str) -> str:
        """The whole id of a commit that is there. Raises UnknownCommit."""
        check = re.fullmatch(r"(?!-)[\w./~^@{}+-]+", name)
        done = self.run(folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}") if check else None
        if done is None or done.exit_code != 0 or not done.out.strip():
            raise UnknownCommit(f"There is no commit {name[:80]!r}. `gates dock log` lists them.")
        return done.out.strip()

    def log(self, folder: Path, most: int | None = None) -> list[Commit]:
        """Newest first, all of them by default."""
        words = ["log", f"--format=%H{SEPARATOR}%cI{SEPARATOR}%s", "-z"]
        done = self.run(folder, *words, *([f"--max-count={most}"] if most is not None else []))
        if done.exit_code != 0:
            return []
        rows = [row.strip("\n").split(SEPARATOR, 2) for row in done.out.split("\0") if row.strip()]
        return [Commit(row[0], row[1], row[2]) for row in rows if len(row) == 3]

    def changes(self, folder: Path) -> list[str]:
        """Paths that differ from the last commit, with git's two letters before each."""
        words = ("status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=dirty")
        done = self.run(folder, *words)
        done.checked("Looking for changes")
        return [entry for entry in done.out.split("\0") if entry]

    def show(self, folder: Path, commit: str, path: str) -> str | None:
        """A file as it was in a commit; None where it was not there."""
        done = self.run(folder, "show", f"{commit}:{path}")
        return done.out if done.exit_code == 0 else None

    def log_line(self, folder: Path, commit: str) -> str:
        return self.run(folder, "log", "-1", "--format=%s", commit).checked("Looking at a commit").out.strip()

    def diff(self, folder: Path) -> str:
        """Uncommitted changes of tracked files as git prints them."""
        return self.run(folder, *DIFF, "--no-color", "HEAD").out

    def unstash(self, folder: Path, message: str) -> bool:
        """Bring back what was set aside under this message; False where there is nothing like it."""
        rows = self.run(folder, "stash", "list", "-z", "--format=%gd%x1f%s").out.split("\0")
        for name, _, said in (row.partition(SEPARATOR) for row in rows if row.strip()):
            if said.endswith(message):
                self.run(folder, "stash", "pop", "--quiet", name).checked("Bringing uncommitted work back")
                return True
        return False

    def stash(self, folder: Path, message: str, untracked: bool = True) -> str | None:
        """Set uncommitted work aside under a name; the commit that holds it, or None where there is none."""
        before = self.run(folder, "rev-parse", "--verify", "--quiet", "refs/stash").out.strip()
        more = ("--include-untracked",) if untracked else ()
        words = ("stash", "push", *more, "--quiet", "--message", message)
        own = self._has_identity(folder)
        if self.run(folder, "ls-files", "--unmerged").out:  # two edits of one file: git would refuse
            self.run(folder, "add", "--all")
        self.run(folder, *words, identity=not own).checked("Keeping uncommitted work aside")
        after = self.run(folder, "rev-parse", "--verify", "--quiet", "refs/stash").out.strip()
        return after if after and after != before else None

    def unlock(self, folder: Path) -> None:
        """Take away the locks of a git that was killed; the caller knows that none is at work."""
        own = folder / ".git"
        if own.is_dir() and not own.is_symlink():
            for lock in own.rglob("*.lock"):
                lock.unlink(missing_ok=True)

    def restore_tree(self, folder: Path, commit: str) -> None:
        """Make the files those of `commit`; the history stays as it is."""
        self.run(folder, "read-tree", "--reset", "-u", commit).checked("Going back")

    # --- repositories of others

    def clone(self, url: str, target: Path, ref: str | None = None) -> str:
        """Clone into the new folder `target` and check out `ref`; the commit. Submodules are not fetched."""
        words = ["clone", "--quiet", "--no-recurse-submodules", "--no-checkout", "--", url, str(target)]
        self.run(target.parent, *words, timeout=SLOW).checked(f"Cloning {url}")
        return self.checkout(target, ref)

    def find(self, folder: Path, ref: str | None) -> str:
        """The commit of a branch of the remote, a tag or a commit. Raises UnknownCommit."""
        wanted = check_ref(ref) if ref else "HEAD"
        for candidate in (f"refs/remotes/origin/{wanted}", f"refs/tags/{wanted}", wanted):
            done = self.run(folder, "rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}")
            if done.exit_code == 0:
                return done.out.strip()
        raise UnknownCommit(f"{folder.name} has no branch, tag or commit {wanted!r}.")

    def checkout(self, folder: Path, ref: str | None) -> str:
        """Check out what `find` finds, detached; the commit."""
        commit = self.find(folder, ref)
        words = ("checkout", "--quiet", "--detach", commit)
        self.run(folder, *words, timeout=SLOW).checked(f"Checking out {folder.name}")
        return commit

    def fetch(self, folder: Path) -> None:
        words = ("fetch", "--quiet", "--tags", "--force", "--no-recurse-submodules")
        # In words, for of two settings git takes the first, which is the repository's.
        asked = ("--upload-pack", "git-upload-pack", "origin")
        self.run(folder, *words, *asked, timeout=SLOW).checked(f"Fetching what is new for {folder.name}")

    def remote(self, folder: Path) -> str | None:
        done = self.run(folder, "config", "--get", "remote.origin.url")
        return done.out.strip() or None if done.exit_code == 0 else None

    def is_dirty(self, folder: Path) -> bool:
        """Whether files differ from the commit, or lie there untracked and not ignored."""
        try:
            return bool(self.changes(folder))
        except CommandFailed:
            return True

    def describe(self, folder: Path) -> str | None:
        done = self.run(folder, "describe", "--tags", "--always")
        return done.out.strip() or None if done.exit_code == 0 else None
