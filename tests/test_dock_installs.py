"""Where a ComfyUI lies and which Python is its own, on every system; whether it runs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.dock.installs import Install, find_install, find_place
from gates.dock.running import Process, Running, is_running, refuse_while_running, serves
from gates.errors import ComfyUIRuns, NoComfyUI, NoPython

MAC_CORE = "Applications/ComfyUI.app/Contents/Resources/ComfyUI"
WINDOWS_CORE = "Local/Programs/@comfyorgcomfyui-electron/resources/ComfyUI"


def tree(base: Path, *files: str) -> Path:
    for name in files:
        path = base / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", "utf-8")
    return base


def core(at: str = "") -> tuple[str, ...]:
    return (f"{at}main.py", f"{at}comfy/", f"{at}custom_nodes/", f"{at}user/", f"{at}requirements.txt")


BUILD = "ComfyUI_windows_portable"
INSIDE = f"{BUILD}/ComfyUI"
EMBEDDED = f"{BUILD}/python_embeded/python.exe"
PORTABLE = (*core(f"{INSIDE}/"), EMBEDDED)
BASE = ("custom_nodes/", "user/")  # what Desktop keeps apart from its program
NEWER = (*core("ComfyUI/"), "standalone-env/python.exe", "standalone-env/bin/python3")


@pytest.mark.parametrize(
    ("files", "path", "system", "layout", "root", "python"),
    [
        (PORTABLE, ".", "nt", "portable", INSIDE, EMBEDDED),
        (PORTABLE, BUILD, "nt", "portable", INSIDE, EMBEDDED),
        (PORTABLE, INSIDE, "nt", "portable", INSIDE, EMBEDDED),
        ((*core(), "venv/Scripts/python.exe"), ".", "nt", "venv", ".", "venv/Scripts/python.exe"),
        ((*core(), "venv/bin/python"), ".", "posix", "venv", ".", "venv/bin/python"),
        ((*core(), ".venv/bin/python", "venv/bin/python"), ".", "posix", "venv", ".", ".venv/bin/python"),
        ((*core("ComfyUI/"), ".venv/bin/python"), ".", "posix", "venv", "ComfyUI", ".venv/bin/python"),
        ((*BASE, ".venv/bin/python"), ".", "posix", "desktop", ".", ".venv/bin/python"),
        ((*BASE, ".venv/Scripts/python.exe"), ".", "nt", "desktop", ".", ".venv/Scripts/python.exe"),
        (NEWER, ".", "nt", "desktop", "ComfyUI", "standalone-env/python.exe"),
        (NEWER, ".", "posix", "desktop", "ComfyUI", "standalone-env/bin/python3"),
        ((*NEWER, "envs/default/bin/python"), ".", "posix", "desktop", "ComfyUI", "envs/default/bin/python"),
        (
            (*NEWER, "ComfyUI/.venv/bin/python"),
            ".",
            "posix",
            "desktop",
            "ComfyUI",
            "ComfyUI/.venv/bin/python",
        ),
    ],
)
def test_each_layout_is_recognised(
    tmp_path: Path, files: tuple[str, ...], path: str, system: str, layout: str, root: str, python: str
) -> None:
    base = tree(tmp_path / "place", *files)
    found = find_install(Path(path), base, {}, system=system)
    assert (found.layout, found.root, found.python) == (layout, base / root, base / python)
    assert found.custom_nodes == found.root / "custom_nodes" and found.user == found.root / "user"
    assert found.python_from


@pytest.mark.parametrize("variable", ["VIRTUAL_ENV", "CONDA_PREFIX"])
def test_a_checkout_without_a_python_takes_the_active_one(tmp_path: Path, variable: str) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "active/bin/python3", "active/bin/python")
    found = find_install(base / "ComfyUI", base, {variable: str(base / "active")}, system="posix")
    assert (found.layout, found.python) == ("git", base / "active/bin/python")
    assert variable in found.python_from


def test_the_environment_of_this_program_is_not_comfyuis(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "own/bin/python")
    with pytest.raises(NoPython, match="Activate"):
        find_install(base / "ComfyUI", base, {"VIRTUAL_ENV": str(base / "own")}, own=base / "own")


def test_the_one_on_the_path_is_not_comfyuis(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"))
    folder = os.path.dirname(os.path.realpath(sys.executable))
    with pytest.raises(NoPython, match="Activate the environment.*--python PATH"):
        find_install(base / "ComfyUI", base, {"PATH": folder})


@pytest.mark.parametrize(
    ("files", "wrong"),
    [
        (PORTABLE, "python_embeded/python.exe is for Windows"),
        ((*core(f"{INSIDE}/"), f"{BUILD}/python_embeded/"), "is for Windows"),
        ((*core(), ".venv/Scripts/python.exe"), ".venv/bin/python is not there, for it was made on Windows"),
        ((*core(), ".venv/pyvenv.cfg", "venv/bin/python"), ".venv/bin/python is not there"),
        ((*core("ComfyUI/"), "venv/bin/"), "venv/bin/python is not there"),
        ((*BASE, ".venv/Scripts/python.exe"), "made on Windows"),
        ((*core("ComfyUI/"), "standalone-env/python.exe"), "standalone-env/bin/python3 is not there"),
    ],
)
def test_a_python_of_its_own_that_does_not_run_here_is_not_passed_over(
    tmp_path: Path, files: tuple[str, ...], wrong: str
) -> None:
    base = tree(tmp_path / "place", *files, "../active/bin/python")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active"), "PATH": os.path.dirname(sys.executable)}
    with pytest.raises(NoPython, match=f"{wrong}.*--python PATH"):
        find_install(base, base, environ, system="posix")
    given = find_install(base, base, environ, system="posix", python=tmp_path / "active/bin/python")
    assert given.python == tmp_path / "active/bin/python" and given.is_sure


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_broken_links_are_named_and_a_link_to_a_python_is_not_followed(tmp_path: Path) -> None:
    base = tree(tmp_path / "place", *core(), ".venv/bin/")
    (base / ".venv/bin/python").symlink_to(base / "gone")
    with pytest.raises(NoPython, match="is a link that leads nowhere"):
        find_install(base, base, {}, system="posix")
    tree(base, "gone")
    assert find_install(base, base, {}, system="posix").python == base / ".venv/bin/python"
    shutil.rmtree(base / ".venv")
    (base / ".venv").symlink_to(base / "gone too", target_is_directory=True)
    with pytest.raises(NoPython, match="is not there"):
        find_install(base, base, {}, system="posix")


def test_an_active_environment_without_a_python_is_not_passed_over(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "conda/bin/python")
    environ = {"VIRTUAL_ENV": str(base / "gone"), "CONDA_PREFIX": str(base / "conda")}
    with pytest.raises(NoPython, match="the active environment, VIRTUAL_ENV, cannot be run here"):
        find_install(base / "ComfyUI", base, environ, system="posix")


@pytest.mark.parametrize(
    ("files", "is_sure"),
    [
        ((*core("ComfyUI/"), "ComfyUI/.venv/bin/python"), True),
        ((*core("ComfyUI/"), "standalone-env/bin/python3"), True),
        ((*core("ComfyUI/"), ".venv/bin/python"), False),
        ((*core("ComfyUI/"), "active/bin/python"), False),
    ],
)
def test_whether_it_is_comfyuis_for_sure(tmp_path: Path, files: tuple[str, ...], is_sure: bool) -> None:
    base = tree(tmp_path, *files)
    environ = {"VIRTUAL_ENV": str(base / "active")}
    assert find_install(base / "ComfyUI", base, environ, system="posix").is_sure is is_sure


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_shared_environment_behind_a_link_is_not_comfyuis_for_sure(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "shared/bin/python")
    (base / "ComfyUI/venv").symlink_to(base / "shared", target_is_directory=True)
    found = find_install(base / "ComfyUI", base, {}, system="posix")
    assert found.python == base / "ComfyUI/venv/bin/python" and not found.is_sure


def test_a_place_needs_no_python(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"))
    place = find_place(None, base / "ComfyUI", {})
    assert (place.root, place.core, place.layout) == (base / "ComfyUI", base / "ComfyUI", "git")


def test_a_python_may_be_given(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "p/python", "ComfyUI/.venv/bin/python")
    found = find_install(base / "ComfyUI", base, {}, python=Path("p/python"))
    assert found.python == base / "p/python" and found.python_from == "as given"
    for wrong in ("nothing", "p"):
        with pytest.raises(NoPython, match="is no Python"):
            find_install(base / "ComfyUI", base, {}, python=Path(wrong))


@pytest.mark.parametrize(
    ("system", "program", "environ"),
    [("posix", MAC_CORE, "HOME"), ("nt", WINDOWS_CORE, "LOCALAPPDATA")],
)
def test_the_core_of_desktop_lies_elsewhere(tmp_path: Path, system: str, program: str, environ: str) -> None:
    interpreter = ".venv/Scripts/python.exe" if system == "nt" else ".venv/bin/python"
    base = tree(tmp_path / "Documents", "custom_nodes/", "user/", interpreter)
    home = tmp_path / "home"
    assert find_install(base, base, {environ: str(home)}, system=system).core is None
    tree(home, *core(f"{program}/"))
    place = home / "Local" if system == "nt" else home
    assert find_install(base, base, {environ: str(place)}, system=system).core == home / program


def test_it_is_found_from_within(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "ComfyUI/venv/bin/python", "ComfyUI/custom_nodes/pack/sub/")
    found = find_install(None, base / "ComfyUI/custom_nodes/pack/sub", {}, system="posix")
    assert found.root == base / "ComfyUI"
    assert find_install(None, base, {}, system="posix").root == base / "ComfyUI"


def test_nothing_there_is_a_sentence(tmp_path: Path) -> None:
    base = tree(tmp_path, "elsewhere/", "half/main.py", "half/readme")
    for path in ("elsewhere", "half", "missing"):
        with pytest.raises(NoComfyUI, match=f"no ComfyUI in {path}.*--comfyui DIR"):
            find_install(Path(path), base, {})
    with pytest.raises(NoComfyUI, match="nor in a folder above it"):
        find_install(None, base / "elsewhere", {})


# --- running


def an_install(root: Path, with_core: bool = True) -> Install:
    where = root if with_core else None
    return Install(root, "venv", root / "custom_nodes", root / "user", where, python=root / "python")


@pytest.mark.parametrize(
    ("words", "folder", "expected"),
    [
        (("python", "main.py"), "{root}", True),
        (("python", "-s", "ComfyUI/main.py", "--windows-standalone-build"), "{root}/..", True),
        (("python", "{root}/main.py"), None, True),
        (("python", "main.py"), None, False),
        (("python", "main.py"), "{root}/..", False),
        (("python", "{root}/other.py"), "{root}", False),
        (("vim", "main.py"), "{root}", False),
        (("/usr/bin/python3.12", "-u", "./main.py", "--listen"), "{root}", True),
        (("python", "{root}/main.py", "--base-directory", "{root}/../other"), "/", True),
        (("python", "main.py", "--base-directory=/elsewhere"), "{root}", True),
        (("python", "/program/main.py", "--base-directory", "{root}/../other"), "/", False),
        (("python", "/program/main.py", "--base-directory", "{root}"), "/", True),
        (("python", "/program/main.py", "--base-directory={root}"), "/", True),
        (("{root}/python", "main.py"), "/program", True),  # another ComfyUI with the same packages
        (("./python", "/program/main.py"), "{root}", True),
        (("python", "/program/main.py"), "{root}", False),
        (("{root}/python", "other.py"), "/program", False),
        ((), None, False),
    ],
)
def test_which_process_is_that_comfyui(
    tmp_path: Path, words: tuple[str, ...], folder: str | None, expected: bool
) -> None:
    root = tree(tmp_path / "ComfyUI", "main.py")
    told = tuple(word.format(root=root) for word in words)
    process = Process(7, told, folder.format(root=root) if folder else None)
    assert serves(an_install(root), process) is expected


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    root = tree(tmp_path / "ComfyUI", "main.py")
    (root / "main.py").write_text("import time\ntime.sleep(60)\n", "utf-8")
    process = subprocess.Popen([sys.executable, "main.py"], cwd=root)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux shows processes as files")
def test_a_real_process_is_seen(tmp_path: Path, sleeping: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while not (found := is_running(an_install(tmp_path / "ComfyUI"))).runs and time.monotonic() < deadline:
        time.sleep(0.02)
    assert found.runs and found.process == sleeping.pid and "main.py" in found.basis
    assert not is_running(an_install(tree(tmp_path / "another", "main.py"))).runs
    with pytest.raises(ComfyUIRuns, match="Stop it, then try again"):
        refuse_while_running(an_install(tmp_path / "ComfyUI"))


def test_elsewhere_psutil_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path / "ComfyUI", "main.py")
    rows = [
        {"pid": 4, "cmdline": None, "cwd": None},
        {"pid": 7, "cmdline": ["python.exe", "main.py"], "cwd": str(root)},
    ]
    psutil = SimpleNamespace(process_iter=lambda _: [SimpleNamespace(info=row) for row in rows])
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    found = is_running(an_install(root), proc=tmp_path / "none")
    assert (found.runs, found.process) == (True, 7)


def test_without_processes_the_port_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = is_running(an_install(tmp_path), proc=tmp_path / "none", port=port)
        assert found == Running(True, f"something listens on port {port}, where ComfyUI does")
    found = is_running(an_install(tmp_path), proc=tmp_path / "none", port=port)
    assert not found.runs and "cannot be seen" in found.basis
