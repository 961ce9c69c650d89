"""Which ComfyUI a manifest means: its two keys may be edited by hand, in any word that git resolves."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadManifest, GatesError, UnknownCommit
from . import comfyui
from .git import COMMIT, Git
from .installed import Installed, InstalledCore
from .packs import head_of
from .places import EnvironmentPlaces
from .pyproject import PyprojectManager
from .records import short
from .requirements import added_by_hand

WHOLE = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class WantedCore:
    """`key` is the one of the two that says it, `ref` what stands there, `commit` the whole of it.

    Without `commit` the checkout does not know the ref yet; `by_hand`: somebody edited one of the keys,
    `renamed`: comfyui_version was among them.
    """

    key: str
    ref: str | None
    commit: str | None
    by_hand: bool
    renamed: bool

    @property
    def is_pinned(self) -> bool:
        return self.key == "comfyui_commit" and (self.ref is None or bool(WHOLE.fullmatch(self.ref)))


def named_core(manifest: PyprojectManager) -> InstalledCore:
    settings = manifest.settings()
    version, commit = (settings.get(key) for key in ("comfyui_version", "comfyui_commit"))
    return InstalledCore(
        str(version) if version is not None else None, str(commit) if commit is not None else None
    )


def made_core(places: EnvironmentPlaces, manifest: PyprojectManager, git: Git) -> InstalledCore:
    """What is real after going back: a version whose tag is another commit was not yet followed then."""
    named = named_core(manifest)
    tags = [f"refs/tags/{name}" for name in (named.version, f"v{named.version}") if named.version]
    commits = [commit for tag in tags if (commit := _commit(git, places.core, tag))]
    is_followed = not commits or named.commit is None or commits[0] == named.commit
    return named if is_followed else InstalledCore(None, named.commit)


def wanted_core(
    places: EnvironmentPlaces, manifest: PyprojectManager, installed: Installed, git: Git
) -> WantedCore:
    """Where both keys were edited since the last sync, comfyui_commit wins. Nothing is fetched."""
    now = named_core(manifest)
    made = installed.core or _committed(places, manifest, git)
    version_edited = made is not None and now.version not in (None, made.version)
    commit_edited = made is not None and now.commit != made.commit
    by_version = version_edited and not commit_edited
    key, ref = ("comfyui_version", now.version) if by_version else ("comfyui_commit", now.commit)
    commit = whole_commit(places, git, ref) if ref else None
    return WantedCore(key, ref, commit, version_edited or commit_edited, version_edited)


def _committed(places: EnvironmentPlaces, manifest: PyprojectManager, git: Git) -> InstalledCore | None:
    """An environment that was not synced since dock notes it: as the last commit says."""
    if not places.cec.is_dir():
        return None
    text = git.show(places.cec, "HEAD", "pyproject.toml")
    if text is None or text == manifest.text:
        return None
    last = PyprojectManager(places.manifest)
    last.text = text
    try:
        return named_core(last)
    except BadManifest:
        return None


def whole_commit(places: EnvironmentPlaces, git: Git, ref: str) -> str | None:
    """The commit of a ref as far as the checkout knows it; git is started for none that is whole."""
    there = head_of(places.core)
    if WHOLE.fullmatch(ref):
        return ref
    if there is not None and COMMIT.fullmatch(ref) and there.startswith(ref):
        return there
    for name in (ref, f"v{ref}"):  # ComfyUI calls v0.3.64 0.3.64
        try:
            return git.find(places.core, name) if places.core.is_dir() else None
        except GatesError:
            continue
    return None


def settle(
    places: EnvironmentPlaces, manifest: PyprojectManager, wanted: WantedCore, git: Git, fetch: bool
) -> list[str]:
    """Write into the manifest which commit is meant, and what ComfyUI asks for there; what was done.

    Without `fetch` only what the checkout knows: a dry run. Raises UnknownCommit, CommandFailed.
    """
    if wanted.ref is None or (wanted.is_pinned and not wanted.by_hand):
        return []
    if not places.core.exists():  # cloning it finds the commit
        manifest.set_settings(
            comfyui_commit=wanted.ref, comfyui_version=_version(wanted, manifest, places, git)
        )
        return []
    commit = _fetched(places, git, wanted) if fetch else wanted.commit
    if commit is None:
        manifest.set_settings(comfyui_commit=wanted.ref)
        return [f"which commit of ComfyUI {wanted.ref} is, and what it asks for, is known once it is fetched"]
    notes = _ask_as(places, manifest, git, commit) if wanted.by_hand else []
    before = named_core(manifest)
    manifest.set_settings(comfyui_commit=commit, comfyui_version=_version(wanted, manifest, places, git))
    now = named_core(manifest)
    if now == before:
        return notes
    return [f"ComfyUI {now.version} is commit {short(commit)}: so it stands in pyproject.toml", *notes]


def _version(
    wanted: WantedCore, manifest: PyprojectManager, places: EnvironmentPlaces, git: Git
) -> str | None:
    """What the person called it; where they wrote a commit alone, the old version is none any more."""
    said = named_core(manifest).version
    if wanted.ref is None or wanted.renamed or not wanted.by_hand:
        return said
    if not COMMIT.fullmatch(wanted.ref):
        return wanted.ref
    is_same = said and wanted.commit and whole_commit(places, git, said) == wanted.commit
    return said if is_same else wanted.ref[:12]


def _fetched(places: EnvironmentPlaces, git: Git, wanted: WantedCore) -> str:
    """A tag or a commit that is there needs no network; a branch moves, and all else is not there yet."""
    core, ref = places.core, str(wanted.ref)
    if _has(git, core, wanted.commit) and not _has(git, core, f"refs/remotes/origin/{ref}"):
        return str(wanted.commit)
    git.fetch(core)
    commit = whole_commit(places, git, ref)
    if commit is None or not _has(git, core, commit):
        raise UnknownCommit(
            f"{places.manifest}: {wanted.key} is {ref[:80]!r}: ComfyUI has no such branch, tag or commit. "
            "Write another one, or let `gates dock update-comfyui` choose the newest."
        )
    return commit


def _has(git: Git, core: Path, name: str | None) -> bool:
    return name is not None and _commit(git, core, name) is not None


def _commit(git: Git, core: Path, name: str) -> str | None:
    done = git.run(core, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return done.out.strip() or None if done.exit_code == 0 else None


def _ask_as(places: EnvironmentPlaces, manifest: PyprojectManager, git: Git, commit: str) -> list[str]:
    """[project].dependencies as ComfyUI has them at `commit`; those that somebody wrote stay as written."""
    if head_of(places.core) == commit or not _has(git, places.core, commit):
        return []
    before = comfyui.wanted_at(git, places.core, "HEAD", places.staging)
    asked = comfyui.wanted_at(git, places.core, commit, places.staging)
    written = manifest.dependencies()
    if set(before.lines) <= set(written):
        manifest.set_dependencies([*asked.lines, *added_by_hand(written, before, asked)])
        return []
    if set(asked.lines) <= set(written):
        return []
    return ["[project] dependencies stay as you wrote them, and not as ComfyUI asks for there"]
