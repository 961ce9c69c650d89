"""Where a ComfyUI lies and which Python is its own, on every system; whether it runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gates.dock.installs import Install, find_install
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


def test_else_the_one_on_the_path(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"))
    folder = os.path.dirname(os.path.realpath(sys.executable))
    found = find_install(base / "ComfyUI", base, {"PATH": folder})
    assert found.layout == "git" and found.python.parent == Path(folder)


def test_a_python_may_be_given(tmp_path: Path) -> None:
    base = tree(tmp_path, *core("ComfyUI/"), "p/python")
    found = find_install(base / "ComfyUI", base, {}, python=Path("p/python"))
    assert found.python == base / "p/python" and found.python_from == "as given"
    with pytest.raises(NoPython, match="is no Python"):
        find_install(base / "ComfyUI", base, {}, python=Path("nothing"))


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


def test_a_portable_one_is_for_windows_alone(tmp_path: Path) -> None:
    base = tree(tmp_path, *PORTABLE)
    with pytest.raises(NoPython, match="portable ComfyUI for Windows"):
        find_install(base, base, {}, system="posix")


# --- running


def an_install(root: Path, with_core: bool = True) -> Install:
    return Install(
        root, root / "p", "venv", root / "custom_nodes", root / "user", root if with_core else None
    )


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
        (("python", "{root}/main.py", "--base-directory", "{root}/../other"), "/", False),
        (("python", "/program/main.py", "--base-directory", "{root}"), "/", True),
        (("python", "/program/main.py", "--base-directory={root}"), "/", True),
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
