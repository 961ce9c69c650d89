"""The manifest is edited and read back, and nothing that somebody else wrote in it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gates.dock.pyproject import PyprojectManager, new_manifest
from gates.dock.records import NodeInfo, node_key
from gates.dock.toml_reading import read_toml
from gates.errors import BadManifest

RICH = """\
# the head
[project]   # of the project
name = "mine"   # why
version = "0.1.0"
requires-python = "==3.12.*"
dependencies = [
    "torch",  # the big one
    "numpy<2",
]

[tool.other]
keep = {}

[tool.empty]

# packages
[dependency-groups]
# of good
good = ["extra-lib>=1"]
dev = ["pytest", { include-group = "good" }]

[tool.uv]
package = false
[[tool.uv.index]]
name = "corp"
url = "https://corp.invalid/simple"

[tool.comfydock]
version = "1.0.0"
comfyui_commit = "abc"   # pinned
torch_backend = "cpu"

[tool.comfydock.workflows."a/b"]
nodes = ["good"]

[tool.comfydock.nodes.good]
# asked for by Ann
name = "good"
source = "git"
repository = "https://host.invalid/good"   # mirror
extra = [1, 2]

[tool.comfydock.models]

[tool.zlast]
z = 1
a = 2
"""

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,10}[A-Za-z0-9]", fullmatch=True)
LINES = st.lists(
    st.sampled_from(["numpy<2", "torch", "a-b>=1.0", "c ; sys_platform == 'win32'"]), unique=True
)
GIT = st.builds(
    NodeInfo, NAMES, st.just("git"), version=st.none() | TEXTS, repository=TEXTS, ref=st.none() | TEXTS
)
REGISTRY = st.builds(NodeInfo, NAMES, st.just("registry"), registry_id=TEXTS, sha256=st.none() | TEXTS)
LOCAL = st.builds(NodeInfo, NAMES, st.just("local"), path=TEXTS)
NODES = st.one_of(GIT, REGISTRY, LOCAL).filter(lambda one: bool(node_key(one.name)))
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
FOREIGN = (("tool", "other"), ("tool", "empty"), ("tool", "zlast"), ("tool", "comfydock", "workflows"))


def of(text: str, file: Path = Path("pyproject.toml")) -> PyprojectManager:
    manifest = PyprojectManager(file)
    manifest.text = text
    return manifest


def at(values: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        values = values[key]
    return values


def again(manifest: PyprojectManager) -> PyprojectManager:
    """As another process reads it."""
    return of(manifest.text)


def usable(name: str) -> bool:
    try:
        return bool(of(f'[tool.comfydock.nodes."{name}"]\nrepository = "r"\n').nodes())
    except BadManifest:
        return False


@quick
@given(st.lists(NODES.filter(lambda one: usable(one.name)), max_size=5), LINES)
def test_packs_are_read_back_as_written(nodes: list[NodeInfo], lines: list[str]) -> None:
    manifest, wanted = of(RICH), {}
    for info in nodes:
        manifest.set_node(info, lines)
        wanted[info.key] = info
    read = again(manifest)
    assert {key: one for key, one in read.nodes().items() if key in wanted} == wanted
    assert all(read.groups().get(key, []) == lines for key in wanted)
    for key in wanted:
        manifest.remove_node(key)
    left = again(manifest)
    assert not set(left.nodes()) & set(wanted) and not set(left.groups()) & set(wanted)
    for path in FOREIGN:
        assert at(left.values(), path) == at(of(RICH).values(), path), path


EDITS: list[Callable[[PyprojectManager], None]] = [
    lambda m: m.set_settings(comfyui_version="v9", comfyui_commit=None),
    lambda m: m.set_project(requires_python="==3.11.*"),
    lambda m: m.set_dependencies(["core-lib==1", "torch"]),
    lambda m: m.set_constraints(["torch==2.1"]),
    lambda m: m.set_constraints([]),
    lambda m: m.set_index("pytorch", "https://w.invalid/cpu", ["torch"]),
    lambda m: m.set_environments(["sys_platform == 'linux'"]),
    lambda m: m.set_environments([]),
    lambda m: m.set_node(NodeInfo("New_Pack", "git", repository="r"), ["numpy<2"]),
    lambda m: m.set_node(NodeInfo("good", "git", repository="r2", version="v"), ["numpy<2"]),
    lambda m: m.remove_node("good"),
]


@quick
@given(st.lists(st.sampled_from(EDITS[:-1]), max_size=6))
def test_foreign_tables_comments_and_order_survive(edits: list[Callable[[PyprojectManager], None]]) -> None:
    manifest = of(RICH)
    for edit in edits:
        edit(manifest)
    before, after = of(RICH).values(), again(manifest).values()
    for path in FOREIGN:
        assert at(after, path) == at(before, path), path
    comments = [line for line in RICH.splitlines() if "#" in line and "torch" not in line]
    for line in comments:
        comment = line[line.index("#") :]
        assert comment in manifest.text or comment in ("# pinned",), comment
    heads = [line for line in RICH.splitlines() if line.startswith("[")]
    rest = iter(manifest.text.splitlines())
    assert all(head in rest for head in heads), "tables changed places"
    assert list(at(after, ("tool", "zlast"))) == ["z", "a"]
    assert at(after, ("tool", "comfydock", "nodes", "good", "extra")) == [1, 2]
    assert at(after, ("tool", "uv", "index"))[0] == {"name": "corp", "url": "https://corp.invalid/simple"}
    assert at(after, ("tool", "comfydock", "torch_backend")) == "cpu"


def test_no_edit_changes_no_byte() -> None:
    manifest = of(RICH)
    manifest._edited()
    manifest._done()
    assert manifest.text == RICH


def test_an_edit_of_a_pack_keeps_its_comments_and_foreign_keys() -> None:
    manifest = of(RICH)
    manifest.set_node(NodeInfo("good", "git", repository="https://host.invalid/good", version="f00"), ["x"])
    assert "# asked for by Ann" in manifest.text and "# mirror" in manifest.text
    assert again(manifest).nodes()["good"].version == "f00"


SHAPES = {
    "inline": '[tool.comfydock]\nnodes = { good = { repository = "r" } }\n',
    "dotted": 'tool.comfydock.nodes.good.repository = "r"\n',
    "spread": (
        '[tool.comfydock.nodes.good]\nrepository = "r"\n[tool.mine]\na = 1\n'
        '[tool.comfydock.nodes.other]\nrepository = "s"\n[tool.comfydock]\nversion = "1"\n'
    ),
    "head": '[tool.comfydock.nodes]\n[tool.comfydock.nodes.good]\nrepository = "r"\n',
    "underscore": '[tool.comfydock.nodes.my_pack]\nrepository = "r"\n[dependency-groups]\nmy_pack = ["a"]\n',
    "newer inline": '[tool.comfydock.nodes]\ngood = {\n  repository = "r", # so\n}\n',
    "bare": "",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_the_same_tables(shape: str) -> None:
    manifest = of(SHAPES[shape])
    before = manifest.nodes()
    fresh = NodeInfo("fresh", "git", repository="f")
    manifest.set_node(fresh, ["numpy"])
    assert again(manifest).nodes() == {**before, "fresh": fresh}
    for key, info in before.items():
        changed = NodeInfo(info.name, "git", repository="changed")
        manifest.set_node(changed, ["torch"])
        assert again(manifest).nodes()[key] == changed and again(manifest).groups()[key] == ["torch"]
    for key in [*before, "fresh"]:
        manifest.remove_node(key)
    assert again(manifest).nodes() == {} and not any(again(manifest).groups().values())
    tomlkit.parse(manifest.text)


def test_the_seeds_own_example_is_read() -> None:
    """A table in braces over several lines is TOML 1.1, which the standard library refuses."""
    text = '[tool.comfydock.workflows.a]\nrequires = {\n  nodes = ["x"],\n  models = []\n}\n'
    assert read_toml(text, "it")["tool"]["comfydock"]["workflows"]["a"]["requires"]["nodes"] == ["x"]
    manifest = of(text)
    manifest.set_settings(comfyui_version="1")
    assert 'requires = {\n  nodes = ["x"],\n  models = []\n}' in manifest.text


@pytest.mark.parametrize("data", [RICH.replace("\n", "\r\n").encode(), b"\xef\xbb\xbf" + RICH.encode()])
def test_line_ends_of_windows_survive(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "pyproject.toml"
    file.write_bytes(data)
    manifest = PyprojectManager(file)
    manifest.set_settings(comfyui_version="v9")
    manifest.save()
    lines = set(file.read_bytes().split(b"\n"))
    assert {line.removeprefix(b"\xef\xbb\xbf") for line in data.split(b"\n")} <= lines
    assert PyprojectManager(file).settings()["comfyui_version"] == "v9"


@pytest.mark.parametrize(
    "data, said",
    [
        (b"[project\n", "line 1"),
        (b'a = 1\nb = "\n', "line 2"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"a = 1\na = 2\n", "pyproject.toml"),
        (None, "is not there"),
        (b"tool = 1", r"\[tool\] is no table"),
        (b"[tool]\ncomfydock = 1", r"\[tool.comfydock\] is no table"),
        (b"[tool.comfydock]\nnodes = 1", r"\[tool.comfydock.nodes\] is no table"),
        (b"[tool.comfydock.nodes]\ngood = 1", r"\[tool.comfydock.nodes.good\] is no table"),
        (b"[tool.comfydock.nodes.good]\nsource = 1", "source is no text"),
        (b"[tool.comfydock.nodes.good]\nsource = 'git'", "comes from registry"),
        (b"[tool.comfydock.nodes.good]\nsource = 'ftp'\nrepository = 'r'", "comes from registry"),
        (
            b"[tool.comfydock.nodes.a_b]\nrepository='r'\n[tool.comfydock.nodes.a-b]\nrepository='r'",
            "one fold",
        ),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(tmp_path: Path, data: bytes | None, said: str) -> None:
    file = tmp_path / "pyproject.toml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(BadManifest, match=said) as caught:
        PyprojectManager(file).nodes()
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    "text", ["project = 1", "dependency-groups = 1", "[tool]\nuv = 1", "[project]\ndependencies = 1"]
)
def test_tables_of_another_kind_are_an_error_of_ours(text: str) -> None:
    manifest = of(text)
    with pytest.raises(BadManifest):
        (manifest.dependencies(), manifest.groups(), manifest.constraints())
    with pytest.raises(BadManifest):
        manifest.set_node(NodeInfo("a", "git", repository="r"), ["b"])
        manifest.set_constraints(["c"])
        manifest.set_dependencies(["d"])


def test_a_new_manifest_has_what_uv_and_the_dock_read() -> None:
    values = of(new_manifest("one", "3.12")).values()
    assert values["project"] == {
        "name": "one",
        "version": "0.1.0",
        "requires-python": "==3.12.*",
        "dependencies": [],
    }
    assert values["tool"]["uv"] == {"package": False}
    assert values["tool"]["comfydock"] == {"version": "1.0.0", "python_version": "3.12"}


@pytest.mark.parametrize(
    "name, key", [("ComfyUI_Pack", "comfyui-pack"), ("a..b--c", "a-b-c"), ("-x-", "x"), ("___", "")]
)
def test_keys_of_packs(name: str, key: str) -> None:
    assert node_key(name) == key


def test_a_name_of_other_letters_has_a_key_of_ascii() -> None:
    assert node_key("узел") != node_key("пакет") and node_key("узел").isascii()
