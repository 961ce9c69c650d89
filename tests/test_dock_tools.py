"""Programs are run with exactly this, end together with what they started, and tell nobody a password."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gates.dock import tools
from gates.dock.git import HERMETIC, Git, check_ref, is_url
from gates.dock.packs import head_of, is_edited, make_link
from gates.dock.processes import (
    PASSED,
    PASSED_GIT,
    PASSED_UV,
    Command,
    Finished,
    SystemRunner,
    basic_environment,
    redacted,
)
from gates.dock.uv import UVInterface, locked_packages
from gates.errors import (
    BadManifest,
    BadNodeName,
    CommandFailed,
    CommandTimedOut,
    NoPython,
    PackageConflict,
    ToolMissing,
    UnknownCommit,
)
from tests.dock_rig import git, repository, written

OUTSIDE = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
posix = pytest.mark.skipif(os.name == "nt", reason="groups of processes are of POSIX")


@dataclass
class Recorded:
    """Runs nothing; answers in turn."""

    answers: list[tuple[int, str, str]] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)

    def run(self, command: Command) -> Finished:
        self.commands.append(command)
        code, out, err = self.answers.pop(0) if self.answers else (0, "", "")
        return Finished(command, code, out, err)


def words(command: Command) -> list[str]:
    """Without the program and what stands before every command of git."""
    argv = list(command.argv[1:])
    return argv[len(HERMETIC) :] if tuple(argv[: len(HERMETIC)]) == HERMETIC else argv


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "some" / "where" / "deep"
    made.mkdir(parents=True)
    return made


# --- processes


def python(base: Path, code: str, timeout: float = 20.0) -> Command:
    return Command((sys.executable, "-c", code), base, {"PATH": os.environ["PATH"]}, timeout)


def test_a_program_is_heard_whole(base: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print(sorted(os.environ)); sys.exit(3)"
    done = SystemRunner().run(python(base, code))
    assert done.exit_code == 3 and str(base) in done.out and "HOME" not in done.out
    with pytest.raises(CommandFailed, match="Doing it failed: python.* ended with 3") as caught:
        done.checked("Doing it")
    assert caught.value.data["exit_code"] == 3


def test_nobody_is_asked(base: Path) -> None:
    assert SystemRunner().run(python(base, "import sys; print(repr(sys.stdin.read()))")).out == "''\n"


def test_bytes_that_are_no_text(base: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(b'a\\xff\\x00b')"
    assert SystemRunner().run(python(base, code)).out == "a\ufffd\0b"


def test_much_output_blocks_nobody(base: Path) -> None:
    code = "import sys; sys.stdout.write('x' * 3000000); sys.stderr.write('y' * 3000000)"
    done = SystemRunner().run(python(base, code))
    assert len(done.out) == len(done.err) == 3_000_000


@pytest.mark.parametrize(
    "argv, folder", [(("/nowhere/uv",), "."), ((sys.executable, "-c", "1"), "gone"), (("FILE", "x"), ".")]
)
def test_what_cannot_be_started(base: Path, argv: tuple[str, ...], folder: str) -> None:
    (base / "file").write_text("no program", "utf-8")
    argv = tuple(str(base / "file") if word == "FILE" else word for word in argv)
    with pytest.raises(ToolMissing):
        SystemRunner().run(Command(argv, base / folder))
    with pytest.raises(ToolMissing, match="cannot be started"):
        SystemRunner().run(Command((sys.executable, "a\0b"), base))


STUBBORN = """
import os, signal, subprocess, sys, time
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True)"
child = subprocess.Popen([sys.executable, "-c", code + "; time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@posix
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asked of /proc")
def test_a_timeout_ends_all_that_it_started(base: Path) -> None:
    """Also a child that does not listen, whose parent did."""
    noted = base / "pid"
    command = Command((sys.executable, "-c", STUBBORN, str(noted)), base, OUTSIDE, timeout=1.5)
    begin = time.monotonic()
    with pytest.raises(CommandTimedOut, match="took longer than 2 s and was stopped"):
        SystemRunner().run(command)
    assert time.monotonic() - begin < 8
    end = time.monotonic() + 5
    while is_alive(int(noted.read_text())) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(int(noted.read_text()))


def test_a_timeout_names_what_was_done(base: Path) -> None:
    argv = (sys.executable, "-c", "import time; time.sleep(9)", "clone")
    with pytest.raises(CommandTimedOut, match="^python[0-9.]* clone took"):
        SystemRunner().run(Command(argv, base, OUTSIDE, timeout=0.2))


@pytest.mark.parametrize(
    "text",
    [
        "https://me:secret@host/x",
        "https://secret@host/x",
        "https://me:se@cret@host/x",
        "ssh://git:secret@host:22/x and http://a:secret@b",
    ],
)
def test_a_password_in_an_address_is_not_told(base: Path, text: str) -> None:
    log = base / "logs" / "one.log"
    done = SystemRunner(log).run(python(base, f"print({text!r}); raise SystemExit(1)"))
    with pytest.raises(CommandFailed) as caught:
        done.checked(f"Cloning {text}")
    for told in (redacted(text), log.read_text("utf-8"), str(caught.value), str(caught.value.data)):
        assert "secret" not in told and "cret@" not in told and "***@" in told


def test_an_address_without_one_stays() -> None:
    text = "https://host/x@v1 and mail a@b.c and git@host:o/r"
    assert redacted(text) == text


def test_what_is_passed_on_is_the_way_to_the_world(base: Path) -> None:
    outside = dict.fromkeys([*PASSED, *PASSED_UV, *PASSED_GIT], "1")
    others = dict.fromkeys(
        [
            "PYTHONPATH",
            "PYTHONHOME",
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_CONFIG_GLOBAL",
            "GIT_EXTERNAL_DIFF",
            "GIT_EDITOR",
            "UV_PROJECT_ENVIRONMENT",
            "UV_PYTHON",
            "UV_LINK_MODE",
            "UV_CACHE_DIR",
            "UV_PYTHON_DOWNLOADS",
            "LD_PRELOAD",
            "HF_TOKEN",
            "GITHUB_TOKEN",
            "CIVITAI_API_TOKEN",
            "COMFY_REGISTRY_TOKEN",
        ],
        "bad",
    )
    keys = {"UV_INDEX_CORP_PASSWORD": "1", "UV_INDEX_CORP_USERNAME": "1"}
    assert basic_environment({**outside, **others, **keys}) == dict.fromkeys(PASSED, "1")
    assert set(basic_environment({**outside, **others, **keys}, PASSED_UV)) == {*PASSED, *PASSED_UV, *keys}
    runner = Recorded()
    full = {**outside, **others, "PATH": os.environ["PATH"]}
    Git(runner, full).run(base, "status")
    UVInterface(runner, base / "cache", base / "pythons", full).run(base, "lock")
    assert not [c for c in runner.commands if "bad" in c.environment.values()]
    for name in ("HTTPS_PROXY", "SSL_CERT_FILE", "NO_PROXY"):
        assert all(command.environment[name] == "1" for command in runner.commands)


# --- git


def test_git_is_run_with_exactly_this(base: Path) -> None:
    runner = Recorded()
    outside = {**OUTSIDE, "GIT_SSL_CAINFO": "/ca", "GIT_DIR": "/evil"}
    Git(runner, outside).run(base, "status", "--porcelain")
    command = runner.commands[0]
    assert Path(command.argv[0]).is_absolute() and command.argv[1:] == (*HERMETIC, "status", "--porcelain")
    assert command.environment == {
        **OUTSIDE,
        "GIT_SSL_CAINFO": "/ca",
        "GIT_CEILING_DIRECTORIES": str(base.parent),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "LC_ALL": "C",
    }
    for fixed in ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.ext.allow=never"):
        assert command.argv[command.argv.index(fixed) - 1] == "-c"


def test_the_words_of_git(base: Path) -> None:
    runner = Recorded([(0, "", ""), (0, "c0ffee\n", ""), (0, "", "")])
    made = Git(runner, OUTSIDE)
    made.clone("https://h.invalid/x", base / "x", "v1")
    made.fetch(base)
    made.restore_tree(base, "c0ffee")
    said = [words(command) for command in runner.commands]
    url = ["--", "https://h.invalid/x", str(base / "x")]
    from_origin = ["--upload-pack", "git-upload-pack", "origin"]
    assert said == [
        ["clone", "--quiet", "--no-recurse-submodules", "--no-checkout", *url],
        ["rev-parse", "--verify", "--quiet", "refs/remotes/origin/v1^{commit}"],
        ["checkout", "--quiet", "--detach", "c0ffee"],
        ["fetch", "--quiet", "--tags", "--force", "--no-recurse-submodules", *from_origin],
        ["read-tree", "--reset", "-u", "c0ffee"],
    ]


def real(base: Path, **more: str) -> Git:
    home = base / "home"
    home.mkdir(exist_ok=True)
    return Git(SystemRunner(), {**OUTSIDE, "HOME": str(home), **more})


def test_commits_have_an_identity_where_there_is_none(base: Path) -> None:
    made, folder = real(base), base / "repo"
    folder.mkdir()
    made.init(folder)
    (folder / "a").write_text("1", "utf-8")
    assert made.commit_all(folder, "one") is not None and made.commit_all(folder, "two") is None
    assert git(folder, "log", "-1", "--format=%an <%ae>") == "Dataset Gates dock <dock@dataset-gates.invalid>"
    (base / "home" / ".gitconfig").write_text("[user]\n\temail = me@host.invalid\n\tname = Me\n", "utf-8")
    (folder / "a").write_text("2", "utf-8")
    made.commit_all(folder, "three")
    assert git(folder, "log", "-1", "--format=%an <%ae>") == "Me <me@host.invalid>"


def test_half_an_identity_is_none(base: Path) -> None:
    made, folder = real(base), base / "repo"
    folder.mkdir()
    made.init(folder)
    (base / "home" / ".gitconfig").write_text("[user]\n\temail = me@host.invalid\n", "utf-8")
    (folder / "a").write_text("1", "utf-8")
    assert made.commit_all(folder, "one") is not None


def test_what_a_person_ignores_elsewhere_is_committed_here(base: Path) -> None:
    made, folder = real(base), base / "repo"
    folder.mkdir()
    made.init(folder)
    (base / "home" / ".gitconfig").write_text("[core]\n\texcludesFile = ~/ignored\n", "utf-8")
    (base / "home" / "ignored").write_text("*.lock\n", "utf-8")
    (folder / "uv.lock").write_text("1", "utf-8")
    commit = made.commit_all(folder, "one")
    assert commit is not None and made.show(folder, commit, "uv.lock") == "1"


def test_a_repository_around_is_never_taken_for_ours(base: Path) -> None:
    """Where our own is gone, the one that the workspace lies in stays as it is."""
    repository(base / "around", {"a": "1"})
    inner = base / "around" / "inner"
    written(inner, {"b": "1"})
    made = real(base)
    for deed in (lambda: made.commit_all(inner, "oops"), lambda: made.changes(inner)):
        with pytest.raises(CommandFailed):
            deed()
    assert made.head(inner) is None and made.log(inner) == []
    assert git(base / "around", "log", "--format=%s") == "first"


ALLOWED = '[protocol "ext"]\n\tallow = always\n[protocol]\n\tallow = always\n'
# A program that a repository names in one way or another; each leaves a mark behind.
CONFIGS: Mapping[str, str] = {
    "fsmonitor": "[core]\n\tfsmonitor = MARK\n",
    "hooks": "[core]\n\thooksPath = HOOKS\n",
    "filter": '[filter "x"]\n\tclean = MARK\n\tsmudge = MARK\n\trequired = true\n',
    "process": '[filter "x"]\n\tprocess = MARK\n',
    "odd filter": '[filter "x=y.z"]\n\tclean = MARK\n',
    "diff": "[diff]\n\texternal = MARK\n",
    "textconv": '[diff "x"]\n\ttextconv = MARK\n\tcommand = MARK\n',
    "merge": '[merge "x"]\n\tdriver = MARK\n',
    "ssh": "[core]\n\tsshCommand = MARK\n",
    "pager": "[core]\n\tpager = MARK\n\teditor = MARK\n\taskPass = MARK\n",
    "gpg": "[gpg]\n\tprogram = MARK\n[commit]\n\tgpgSign = true\n[log]\n\tshowSignature = true\n",
    "upload": '[remote "origin"]\n\tuploadpack = MARK\n',
    "vcs": '[remote "origin"]\n\tvcs = ext\n',
    "ext": '[remote "origin"]\n\turl = ext::MARK\n' + ALLOWED,
    "instead": '[url "ext::MARK "]\n\tinsteadOf = file://\n[protocol]\n\tallow = always\n',
    "include": "[include]\n\tpath = INCLUDED\n",
    "worktree": "[extensions]\n\tworktreeConfig = true\n",
    "alternates": "[core]\n\talternateRefsCommand = MARK\n\tgitProxy = MARK\n",
    "helper": "[credential]\n\thelper = !MARK\n",
    "alias": "[alias]\n\tstatus = !MARK\n\tcheckout = !MARK\n",
}
BY_FILTER = '[filter "x"]\n\tclean = MARK\n[core]\n\tfsmonitor = MARK\n'


def hostile(base: Path, kind: str) -> tuple[Path, Path]:
    """A repository whose configuration names a program, and the mark that the program would leave."""
    source = base / "source"
    repository(source, {"a.txt": "1", ".gitattributes": "* filter=x diff=x merge=x\n"}, tag="v1")
    repository(source, {"a.txt": "2"}, "second", tag="v2")
    folder, marked = base / "hostile", base / "RAN"
    git(base, "clone", "--quiet", str(source), str(folder))
    program = base / "mark.sh"
    program.write_text(f"#!/bin/sh\ntouch '{marked}'\ncat\n", "utf-8")
    program.chmod(0o755)
    hooks = base / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction", "post-merge"):
        shutil.copy(program, hooks / name)
        shutil.copy(program, folder / ".git" / "hooks" / name)
    (base / "included").write_text(BY_FILTER.replace("MARK", str(program)), "utf-8")
    (folder / ".git" / "config.worktree").write_text(BY_FILTER.replace("MARK", str(program)), "utf-8")
    (folder / ".git" / "info" / "attributes").write_text('* filter=x\na.txt filter="x=y.z"\n', "utf-8")
    text = CONFIGS[kind].replace("MARK", str(program)).replace("HOOKS", str(hooks))
    with open(folder / ".git" / "config", "a", encoding="utf-8") as out:
        out.write(text.replace("INCLUDED", str(base / "included")))
    return folder, marked


@posix
@pytest.mark.parametrize("kind", CONFIGS)
def test_a_repository_runs_nothing_of_its_own(base: Path, kind: str) -> None:
    folder, marked = hostile(base, kind)
    made = real(base)
    (folder / "a.txt").write_text("3", "utf-8")
    os.utime(folder / "a.txt", (1, 1))
    (folder / "new.txt").write_text("new", "utf-8")
    deeds: list[Callable[[], object]] = [
        lambda: made.changes(folder),
        lambda: made.is_dirty(folder),
        lambda: is_edited(folder, None, made),
        lambda: made.diff(folder),
        lambda: made.describe(folder),
        lambda: made.log(folder),
        lambda: made.stash(folder, "kept"),
        lambda: made.unstash(folder, "kept"),
        lambda: made.commit_all(folder, "mine"),
        lambda: made.checkout(folder, "v1"),
        lambda: made.restore_tree(folder, "HEAD"),
        lambda: made.fetch(folder),
        lambda: made.clone(str(folder), base / "copy", "v1"),
    ]
    for number, deed in enumerate(deeds):
        try:
            deed()
        except CommandFailed:
            assert kind in ("vcs", "ext", "instead", "worktree") or number > 6, (kind, number)
        assert not marked.exists(), (kind, number)


def test_a_foreign_work_tree_is_not_touched(base: Path) -> None:
    folder, _ = hostile(base, "alias")
    elsewhere = written(base / "elsewhere", {"a.txt": "mine"})
    git(folder, "config", "core.worktree", str(elsewhere))
    made = real(base)
    made.checkout(folder, "v1")
    made.restore_tree(folder, "HEAD")
    assert (elsewhere / "a.txt").read_text("utf-8") == "mine" and os.listdir(elsewhere) == ["a.txt"]
    assert (folder / "a.txt").read_text("utf-8") == "1"


@posix
def test_a_repository_in_a_repository_runs_nothing(base: Path) -> None:
    """git asks each submodule for its state, without what the dock forbade the outer one."""
    outer = base / "outer"
    repository(outer, {"a": "1"})
    inner, marked = hostile(base, "fsmonitor")
    moved = inner.rename(outer / "inner")
    git(moved, "-c", "core.fsmonitor=false", "rev-parse", "HEAD")
    head = git(moved, "rev-parse", "HEAD")
    git(outer, "update-index", "--add", "--cacheinfo", f"160000,{head},inner")
    written(outer, {".gitmodules": '[submodule "inner"]\n\tpath = inner\n\turl = x\n\tignore = none\n'})
    made = real(base)
    for deed in (made.changes, made.diff, made.is_dirty, lambda f: made.stash(f, "kept")):
        deed(outer)
        assert not marked.exists()
    assert is_edited(outer, None, made)


@pytest.mark.parametrize(
    "url", ["ext::sh -c touch% RAN", "fd::17", "ftp://x/y", "-uevil", "x", "http:", "a b"]
)
def test_what_is_no_address(base: Path, url: str) -> None:
    assert not is_url(url)
    if url.startswith("ext"):
        with pytest.raises(CommandFailed):
            real(base).clone(url, base / "x")
        assert not list(base.rglob("RAN"))


@pytest.mark.parametrize(
    "url", ["https://h/x", "ssh://git@h:22/x", "git@h:o/r.git", "file:///x", "git://h/x"]
)
def test_what_is_an_address(url: str) -> None:
    assert is_url(url)


@pytest.mark.parametrize(
    "ref", ["", "-x", "--upload-pack=evil", "a b", "a..b", "@{1}", "a:b", "x.lock", "a\n", "a~1"]
)
def test_what_is_no_ref(base: Path, ref: str) -> None:
    with pytest.raises(BadNodeName):
        check_ref(ref)
    if ref:
        with pytest.raises((BadNodeName, UnknownCommit)):
            real(base).find(base, ref)


def test_a_commit_is_read_from_its_files(base: Path) -> None:
    folder = base / "repo"
    commit = repository(folder, {"a": "1"})
    assert head_of(folder) == commit
    git(folder, "pack-refs", "--all")
    assert head_of(folder) == commit
    git(folder, "checkout", "--quiet", "--detach")
    assert head_of(folder) == commit
    (folder / ".git" / "HEAD").write_bytes(b"\xff\n")
    assert head_of(folder) is None and head_of(base) is None


def test_a_link_of_windows_is_a_junction(base: Path) -> None:
    runner = Recorded()
    make_link(base / "from", base / "to", runner, system="nt")
    assert runner.commands[0].argv == ("cmd", "/c", "mklink", "/J", str(base / "to"), str(base / "from"))


# --- uv


def uv_words(runner: Recorded) -> list[list[str]]:
    return [list(command.argv[1:]) for command in runner.commands]


def test_the_words_of_uv(base: Path) -> None:
    runner = Recorded()
    made = UVInterface(runner, base / "cache", base / "pythons", OUTSIDE)
    project, venv = base / "cec", base / "venv"
    made.lock(project, upgrade=["a"])
    made.is_locked(project)
    made.sync(project, venv)
    made.dry_sync(project, venv)
    made.uninstall(venv, ["a", "b"])
    made.uninstall(venv, [])
    made.install(venv, "a==1")
    made.make_venv(venv, base / "python")
    groups = ["--all-groups", "--no-install-project"]
    at = ["--project", str(project)]
    assert uv_words(runner) == [
        ["lock", *at, "--no-build", "--upgrade-package", "a"],
        ["lock", *at, "--no-build", "--check", "--offline"],
        ["sync", *at, "--no-build", "--frozen", "--inexact", *groups],
        ["sync", *at, "--no-build", "--frozen", "--dry-run", *groups],
        ["pip", "uninstall", "--quiet", "--python", str(venv), "a", "b"],
        ["pip", "install", "--quiet", "--no-deps", "--python", str(venv), "a==1"],
        ["venv", "--quiet", "--no-project", "--allow-existing", "--python", str(base / "python"), str(venv)],
    ]
    sync = runner.commands[2]
    assert sync.environment == {
        **OUTSIDE,
        "UV_NO_PROGRESS": "1",
        "NO_COLOR": "1",
        "PYTHONNOUSERSITE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(base / "cache"),
        "UV_LINK_MODE": "clone",
        "UV_PYTHON_INSTALL_DIR": str(base / "pythons"),
        "UV_PROJECT_ENVIRONMENT": str(venv),
    }


def test_an_interpreter_is_held_to(base: Path) -> None:
    runner = Recorded()
    made = UVInterface(runner, outside={**OUTSIDE, "UV_PYTHON": "9.9"})
    made.lock(base)
    made.at(base / "python").lock(base)
    assert "UV_PYTHON" not in runner.commands[0].environment
    assert runner.commands[1].environment["UV_PYTHON"] == str(base / "python")


def test_what_may_be_built(base: Path) -> None:
    runner = Recorded()
    made = UVInterface(runner, outside=OUTSIDE).building()
    made.lock(base)
    made.is_locked(base)
    made.sync(base, base / "venv")
    made.dry_sync(base, base / "venv")
    assert not any("--no-build" in words for words in uv_words(runner))
    made.building(False).lock(base)
    assert "--no-build" in uv_words(runner)[-1]


def test_an_interpreter_is_looked_for_where_uv_puts_one_and_in_the_workspace(base: Path) -> None:
    find = ["python", "find", "--no-python-downloads", "--no-project", "--system", "--", "3.12"]
    usual = {**OUTSIDE, "UV_PYTHON_INSTALL_DIR": str(base / "usual")}
    for outside, first in ((OUTSIDE, None), (usual, str(base / "usual"))):
        runner = Recorded([(2, "", "no"), (0, "/there/python\n", "")])
        made = UVInterface(runner, base / "cache", base / "pythons", outside)
        assert made.find_python("3.12", base) == Path("/there/python")
        assert uv_words(runner) == [find, find]
        folders = [command.environment.get("UV_PYTHON_INSTALL_DIR") for command in runner.commands]
        assert folders == [first, str(base / "pythons")]


@pytest.mark.parametrize("wanted", ["/nope/python", "./python", "foo", "--help"])
def test_another_word_for_an_interpreter_that_is_not_there(base: Path, wanted: str) -> None:
    made = UVInterface(Recorded([(2, "", "no")]), outside=OUTSIDE)
    with pytest.raises(NoPython, match="There is no Python at .* a version such as 3.12") as told:
        made.find_python(wanted, base)
    assert "install" not in str(told.value)
    with pytest.raises(BadManifest, match="is no version"):  # of a manifest: it would be started
        made.find_version(wanted, base)


def test_an_interpreter_that_is_not_there(base: Path) -> None:
    made = UVInterface(Recorded([(2, "", "no"), (0, "", "")]), outside=OUTSIDE)
    for _ in range(2):
        with pytest.raises(NoPython, match="uv python install 3.99"):
            made.find_python("3.99", base)


def test_a_conflict_and_another_failure(base: Path) -> None:
    said = "  × No solution found when resolving dependencies:\n  ╰─▶ Because a wants b<1 and c wants b>2\n"
    with pytest.raises(PackageConflict, match="Because a wants b<1") as caught:
        UVInterface(Recorded([(1, "", said)]), outside=OUTSIDE).lock(base)
    assert "×" not in str(caught.value)
    with pytest.raises(CommandFailed, match="https://\\*\\*\\*@h.invalid"):
        UVInterface(Recorded([(2, "", "error: https://me:pw@h.invalid is away")]), outside=OUTSIDE).lock(base)


GIT_SAID = """Cloning into '/x'...
fatal: '/nope/x' does not appear to be a git repository
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""
UV_SAID = """error: Request failed after 3 retries in 7.7s
  cause: Failed to fetch: https://me:pw@h.invalid/simple/x/
  cause: client error (Connect)
"""


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (GIT_SAID, "'/nope/x' does not appear to be a git repository"),
        (UV_SAID, "Request failed after 3 retries in 7.7s: Failed to fetch: https://***@h.invalid/simple/x/"),
        (
            "ssh: connect to host h.invalid: refused\nfatal: Could not read.\n",
            "connect to host h.invalid: refused",
        ),
        ("git@h.invalid: Permission denied (publickey).\nfatal: no\n", "Permission denied (publickey)"),
        (
            "error: These would be overwritten:\n\tnew.py\nPlease move them.\n",
            "These would be overwritten: new.py",
        ),
        ("a\nb\n", "b"),
        ("warning: x\nERROR: Repository not found.\n", "Repository not found"),
        ("fatal: " + "x" * 999, "x" * 300),
        ("", None),
    ],
)
def test_a_report_of_many_lines_becomes_one_sentence(base: Path, said: str, reason: str | None) -> None:
    log = base / "logs" / "main.log"
    for done, rest in ((said, ""), (said, " The whole of it: logs/main.log")):
        finished = Finished(Command(("git",), base), 1, "", done, log if rest else None)
        with pytest.raises(CommandFailed) as told:
            finished.checked("Cloning x")
        why = f" ({reason})" if reason else ""
        assert str(told.value) == f"Cloning x failed: git ended with 1{why}.{rest}"


def test_the_log_that_holds_all_of_it_is_named(base: Path) -> None:
    done = SystemRunner(base / "logs" / "one.log").run(python(base, "raise SystemExit(1)"))
    with pytest.raises(CommandFailed, match="The whole of it: logs/one.log"):
        done.checked("Doing it")


def test_packages_of_a_lock() -> None:
    text = (
        '[[package]]\nname = "one"\nversion = "0.1.0"\nsource = { virtual = "." }\n'
        '[[package]]\nname = "Core_Lib"\nversion = "1.0"\nsource = { registry = "x" }\n'
        '[[package]]\nname = "late"\nsource = { registry = "x" }\n'
    )
    assert locked_packages(text) == {"core-lib": "1.0"} and locked_packages("") == {}


# --- finding programs


def test_a_program_beside_a_pack_is_never_taken(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "git.exe"):
        (base / name).write_text("#!/bin/sh\n", "utf-8")
        (base / name).chmod(0o755)
    monkeypatch.chdir(base)
    for path in ("", ".", "./", f".{os.pathsep}", "relative"):
        with pytest.raises(ToolMissing, match="git-scm"):
            tools.git_program({"PATH": path})
    assert os.path.isabs(tools.git_program(OUTSIDE))


def test_a_library_that_is_missing_says_how_to_get_it() -> None:
    with pytest.raises(ToolMissing, match=r"needs no_such_library.*\[dock\]"):
        tools.library("no_such_library")
    assert tools.optional("no_such_library") is None
