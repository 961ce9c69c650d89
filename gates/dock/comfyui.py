"""The checkout of ComfyUI that an environment has: from a git URL and a ref, and what it asks for."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..errors import BadNodeName, NoComfyUI
from .git import Git, check_ref, is_url
from .processes import redacted
from .requirements import Wanted, read_requirements

REPOSITORY = "https://github.com/comfyanonymous/ComfyUI"  # what is cloned where nothing else is named
VERSION = re.compile(r"__version__\s*=\s*[\"']([^\"']+)")
TORCH_INDEX = "https://download.pytorch.org/whl"
TORCH_PACKAGES = ("torch", "torchvision", "torchaudio")
BACKEND = re.compile(r"cpu|cu\d{2,3}|rocm\d+(\.\d+)*|xpu")


@dataclass(frozen=True)
class Core:
    """What is checked out: `version` as ComfyUI names itself, None for one that does not."""

    repository: str
    ref: str | None
    commit: str
    version: str | None


def parse_source(text: str | None) -> tuple[str, str | None]:
    """URL[@REF], @REF alone or nothing: the URL and the ref. Raises BadNodeName."""
    if not text:
        return REPOSITORY, None
    if text.startswith("@"):
        return REPOSITORY, check_ref(text[1:])
    head, at, ref = text.rpartition("@")
    if at and ("/" in head or ":" in head) and not _is_user(head, ref):
        url, wanted = head, check_ref(ref)
    else:
        url, wanted = text, None
    if not is_url(url) and not Path(url).expanduser().is_dir():
        raise BadNodeName(f"{redacted(url)[:120]!r} is neither a git URL nor a folder. Write URL or URL@REF.")
    if re.match(r"\w+://[^/@]*:[^/]*@", url):
        raise BadNodeName(
            f"{redacted(url)[:120]!r} holds a password, which would stand in the manifest for everybody. "
            "Leave it away and keep it in git's credential helper."
        )
    return (url if is_url(url) else str(Path(url).expanduser().resolve())), wanted


def _is_user(head: str, rest: str) -> bool:
    """Whether what stands before the @ is the user of a URL, such as git@host:owner/name."""
    return "/" in rest or (":" in rest and not head.count("@"))


def clone(git: Git, source: str, ref: str | None, target: Path) -> Core:
    commit = git.clone(source, target, ref)
    if not (target / "main.py").is_file():
        raise NoComfyUI(f"{source} holds no ComfyUI: there is no main.py at {ref or commit[:12]}.")
    (target / "custom_nodes").mkdir(exist_ok=True)  # ComfyUI does not start without it
    return Core(source, ref, commit, version_of(target))


def version_of(core: Path) -> str | None:
    """As its comfyui_version.py says; the file is read, not run."""
    try:
        found = VERSION.search((core / "comfyui_version.py").read_text("utf-8", "replace"))
    except OSError:
        return None
    return found[1] if found else None


def wanted_by(core: Path) -> Wanted:
    """What its requirements.txt says, and no more. A checkout without one wants nothing."""
    file = core / "requirements.txt"
    return read_requirements(file, core) if file.is_file() else Wanted()


def wanted_at(git: Git, core: Path, commit: str, scratch: Path) -> Wanted:
    """What another commit would ask for; the checkout stays as it is."""
    text = git.show(core, commit, "requirements.txt")
    if text is None:
        return Wanted()
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ComfyUI-", dir=scratch) as folder:
        file = Path(folder) / "ComfyUI" / "requirements.txt"
        file.parent.mkdir()
        file.write_text(text, "utf-8")
        return read_requirements(file, file.parent)


def newest(git: Git, core: Path) -> str:
    """What an update without a name goes to: the newest version tag, else the tip of the default branch."""
    done = git.run(core, "tag", "--list", "v*", "--sort=-version:refname")
    tags = [tag for tag in done.out.split() if re.fullmatch(r"v\d+(\.\d+)*", tag)]
    if tags:
        return tags[0]
    head = git.run(core, "rev-parse", "--abbrev-ref", "origin/HEAD").out.strip()
    return head.removeprefix("origin/") or "HEAD"
