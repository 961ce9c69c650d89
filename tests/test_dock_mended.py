"""What once went wrong in the manifest, requirements, workspaces, settings and the choice of PyTorch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from gates.dock.config import ConfigManager
from gates.dock.places import WorkspacePlaces
from gates.dock.records import NodeInfo
from gates.dock.requirements import MOST_BYTES, checked, scan
from gates.dock.torch_backend import detected, hold_torch
from gates.dock.workspace import WorkspaceManager
from gates.errors import (
    BadConfig,
    BadManifest,
    BadRequirement,
    DockBusy,
    EnvironmentExists,
    ForeignWorkspace,
    UnknownItem,
)
from tests.dock_rig import Rig, written
from tests.test_dock_config import base as config_base
from tests.test_dock_config import manager
from tests.test_dock_pyproject import EDITS, again, of
from tests.test_dock_requirements import lines, pack
from tests.test_dock_torch import crew, manifest
from tests.test_dock_workspace import MANIFEST, base, foreign, opened, pretended, workspace

__all__ = ["base", "config_base", "pack", "workspace"]
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))

# --- test_dock_pyproject.py

HOSTILE = [
    "../x",
    "/abs",
    "C:\\\\x",
    "con",
    "NUL.txt",
    ".git",
    "a\\u0000b",
    "x" * 300,
    "..",
    "a/b",
    "-x",
    "a.",
]
PIECES = [
    "[tool.comfydock]\nversion = '1'\n",
    "[tool.x]\n",
    "[[tool.uv.index]]\nname = 'corp'\nurl = 'u'\n",
    "[dependency-groups]\na = ['q']\n",
    *(f'[tool.comfydock.nodes.{name}]\nsource = "git"\nrepository = "{name}"\n' for name in "abc"),
]
GAPS = st.lists(
    st.sampled_from(["", "\n", "# c{0}\n", "\n# c{0}\n", "\n# d{0}\n\n# e{0}\n"]), min_size=8, max_size=8
)


def spread(pieces: list[str], gaps: list[str]) -> str:
    marked = [gap.format(at) for at, gap in enumerate(gaps)]
    return "".join(one for pair in zip(marked, [*pieces, ""], strict=True) for one in pair)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_refused_before_it_is_a_path(name: str) -> None:
    with pytest.raises(BadManifest, match="no plain name of a folder"):
        of(f'[tool.comfydock.nodes.k]\nname = "{name}"\nrepository = "r"\n').nodes()


@pytest.mark.parametrize(
    "first, second", [("Good", "good"), ("Узел", "узел"), ("\u00e9x", "e\u0301x"), ("a_b", "a-b")]
)
def test_names_of_one_folder_are_refused(first: str, second: str) -> None:
    table = '[tool.comfydock.nodes.{}]\nname = "{}"\nrepository = "r"\n'
    with pytest.raises(BadManifest, match="one folder"):
        of(table.format("k", first) + table.format("l", second)).nodes()


@pytest.mark.parametrize(
    "text", ["a=" + "[" * 100_000, "a=" + "{a=" * 50_000, "a=" + "9" * 6000, "a" + ".a" * 400_000]
)
def test_a_text_beyond_all_measure_is_refused_in_time(text: str) -> None:
    begin = time.monotonic()
    for deed in (lambda: of(text).nodes(), lambda: of(text).set_settings(a="b")):
        with pytest.raises(BadManifest, match="pyproject.toml cannot be read"):
            deed()
    assert time.monotonic() - begin < 5


@quick
@given(st.permutations(PIECES), GAPS, st.lists(st.sampled_from(EDITS[:-1]), max_size=3))
def test_a_comment_stays_above_its_table(pieces: list[str], gaps: list[str], edits: list[object]) -> None:
    text = spread(pieces, gaps)
    changed = of(text)
    for edit in edits:
        edit(changed)  # type: ignore[operator]
    assert changed.values() and "@head" not in changed.text
    assert not [comment for comment in re.findall("#.*", text) if comment not in changed.text]
    for pair in re.findall(r"#.*\n\[.*", text):
        assert pair in changed.text


@quick
@given(st.permutations(PIECES), GAPS, st.sampled_from("bc"))
def test_a_pack_removed_leaves_the_rest_as_it_is(pieces: list[str], gaps: list[str], gone: str) -> None:
    text = spread(pieces, gaps)
    changed = of(text)
    changed.remove_node(gone)
    table = next(piece for piece in pieces if f'"{gone}"' in piece)
    kept = [line for line in text.replace(table, "").splitlines() if line]
    assert [line for line in changed.text.splitlines() if line] == kept


def test_a_pack_removed_byte_for_byte() -> None:
    table = '[tool.comfydock.nodes.{}]\nrepository = "r"\n\n'
    text = f"{table.format('a')}# about b\n{table.format('b')}# x\n"
    changed = of(text)
    changed.remove_node("a")
    assert changed.text == text[text.index("# about b") :]


@quick
@given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 2)
def test_lists_keep_their_comments_line_by_line(old: list[str], new: list[str]) -> None:
    listed = "[\n" + "".join(f'  "{one}",  # c{one}\n' for one in old) + "]  # end\n"
    changed = of(f"[tool.uv]\nconstraint-dependencies = {listed}[project]\ndependencies = {listed}")
    changed.set_constraints(new or ["z"])
    changed.set_dependencies(new)
    assert sorted(again(changed).dependencies()) == sorted(new)
    assert sorted(again(changed).constraints()) == sorted(new or ["z"])
    for one in {*old} & {*new}:
        assert changed.text.count(f'"{one}",  # c{one}') == 2


@quick
@given(*[st.lists(st.sampled_from("abcdef"), unique=True)] * 2)
def test_what_a_pack_asks_for_stands_in_its_order(old: list[str], new: list[str]) -> None:
    changed = of("[dependency-groups]\np = [\n" + "".join(f'"{one}", # c\n' for one in old) + "]\n")
    changed.set_node(NodeInfo("p", "git", repository="r"), new)
    assert again(changed).groups().get("p", []) == new


def test_an_index_in_braces_gets_company() -> None:
    changed = of('[tool.uv]\nindex = [{name = "corp", url = "u"}]\n')
    for url in ("v", "w"):
        changed.set_index("pytorch", url, ["torch"])
    assert [one["url"] for one in again(changed).values()["tool"]["uv"]["index"]] == ["u", "w"]


@pytest.mark.parametrize("index", ["1", "[1]", '{name = "a"}'])
def test_an_index_that_is_none(index: str) -> None:
    with pytest.raises(BadManifest, match="tool.uv.index"):
        of(f"[tool.uv]\nindex = {index}\n").set_index("p", "v", ["torch"])


def test_what_looks_like_a_head_is_none() -> None:
    text = '[tool.x]\na = """\n# c\n[tool.y]\n"""\n\n# about z\n[tool.z]\nb = [\n ["q"],\n # n\n ["r"]\n]\n'
    text += "[tool.comfydock]\n"
    changed = of(text)
    changed.set_settings(k="v")
    assert changed.text == text + 'k = "v"\n'


# --- test_dock_requirements.py

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,4}([._-][A-Za-z0-9]{1,4})?", fullmatch=True)
EXTRAS = st.sampled_from(["", "[a]", "[a,b-c]"])
MARKS = st.sampled_from(["", "; os_name == 'nt'", "; python_version < '3.12' and extra == 'x'"])
WHAT = st.sampled_from(
    [
        "",
        "==1.0",
        "<2,>=1.5",
        "!=3.*",
        " @ https://h.invalid/a.whl ",
        " @ git+ssh://git@h.invalid/a@v1#subdirectory=s ",
    ]
)


@quick
@given(NAMES, EXTRAS, WHAT, MARKS)
def test_what_packaging_prints_is_read_back_the_same(name: str, extras: str, what: str, mark: str) -> None:
    line = str(Requirement(name + extras + what + mark))
    assert checked(line, "it") == line


@quick
@given(
    NAMES,
    EXTRAS,
    MARKS,
    st.booleans(),
    st.sampled_from(["git+https://h.invalid/a@v1", "https://h.invalid/a.zip"]),
)
def test_a_url_keeps_folder_extras_and_marker(
    name: str, extras: str, mark: str, first: bool, url: str
) -> None:
    parts = [f"egg={name}{extras}", "subdirectory=s"][:: 1 if first else -1]
    wanted = str(Requirement(f"{name}{extras} @ {url}#subdirectory=s {mark}"))
    assert checked(f"{url}#{'&'.join(parts)}{mark}", "it") == wanted


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "x/" * 3000, "loop.txt", "https://h.invalid/x", "."])
def test_an_include_that_no_system_opens(pack: Path, name: str) -> None:
    (pack / "loop.txt").symlink_to("loop.txt")
    with pytest.raises(BadRequirement, match="line 1 includes .* not in the pack"):
        lines(pack, f"-r {name}\n")


def test_an_include_in_quotes_is_not_passed_over(pack: Path) -> None:
    written(pack, {"a b.txt": "q\n"})
    assert lines(pack, "-r 'a b.txt'\n") == ["q"]


def test_includes_beyond_all_measure(pack: Path) -> None:
    files = {f"f{at}": f"-r f{at + 1}.txt\n" for at in range(9)}
    with pytest.raises(BadRequirement, match="includes deep"):
        lines(pack, "-r f0.txt\n", **files, f9="a\n")
    os.truncate(pack / "f0.txt", MOST_BYTES + 2**36)
    with pytest.raises(BadRequirement, match="larger than"):
        lines(pack, "-r f0.txt\n")


def test_a_project_that_is_a_link_to_outside(pack: Path) -> None:
    secret = written(pack.parents[1], {"s.toml": '[project]\ndependencies = ["hidden-word"]\n'}) / "s.toml"
    (pack / "pyproject.toml").symlink_to(secret)
    with pytest.raises(BadRequirement, match="link to outside"):
        scan(pack)


# --- test_dock_workspace.py


@pytest.mark.parametrize("names", [["THEIRS"], ["z z", "z?z"]])
def test_all_are_taken_over_or_none(base: Path, workspace: WorkspaceManager, names: list[str]) -> None:
    other = foreign(base)
    written(other, {f"environments/{name}/.cec/pyproject.toml": MANIFEST for name in names})
    with pytest.raises(EnvironmentExists, match="cannot be told apart"):
        workspace.take_over(other)
    assert not list(workspace.places.environments.iterdir())
    assert [one.name for one in workspace.places.metadata.iterdir()] == ["workspace.json"]


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("my env", "my-env"),
        ("  été 2024 ", "t-2024"),
        ("aux", "env-aux"),
        ("日本語", "env"),
        ("-x-", "x"),
        ("n" * 90, "n" * 64),
    ],
)
def test_a_name_that_cannot_be_one_here_is_made_one(
    base: Path, workspace: WorkspaceManager, there: str, here: str
) -> None:
    other = foreign(base)
    written(other, {f"environments/{there}/.cec/pyproject.toml": MANIFEST})
    assert workspace.take_over(other) == {here: there, "theirs": "theirs"}
    assert workspace.get_environment(here).log()[0].message == f"Take over {here}"


def test_nothing_behind_a_link_is_taken_over(base: Path, workspace: WorkspaceManager) -> None:
    other, secret = (
        base / "other",
        written(base / "secret", {"pyproject.toml": MANIFEST, "w/a.json": "hidden"}),
    )
    mine = written(other / "environments" / "mine" / ".cec", {"pyproject.toml": MANIFEST})
    (mine / "workflows").symlink_to(secret / "w")
    linked = written(other / "environments" / "linked" / ".cec", {"uv.lock": ""})
    (linked / "pyproject.toml").symlink_to(secret / "pyproject.toml")
    assert [*workspace.take_over(other)] == ["mine"] and not list(workspace.places.root.rglob("a.json"))


@pytest.mark.parametrize("where", ["workspace", "workspace/below"])
def test_a_file_where_a_workspace_was_to_be(base: Path, where: str) -> None:
    (base / "workspace").write_text("mine", "utf-8")
    with pytest.raises(ForeignWorkspace, match="Choose another folder"):
        WorkspaceManager.create(base / where, Rig(base).crew_of)
    assert (base / "workspace").read_text("utf-8") == "mine"


@pytest.mark.parametrize("text", ["[" * 200_000, '{"made_by": "dataset-gates", "config": {"python": 5}}'])
def test_a_file_that_is_odd(base: Path, workspace: WorkspaceManager, text: str) -> None:
    workspace.places.file.write_text(text, "utf-8")
    with pytest.raises((ForeignWorkspace, BadConfig), match="workspace.json"):
        opened(base).get_config()


def test_a_folder_in_the_way_of_a_restoring(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    where = workspace.delete_environment("one")
    written(places.root, {"my": "x"})
    with pytest.raises(EnvironmentExists, match="left alone"):
        workspace.restore_environment("one")
    assert (places.root / "my").read_text("utf-8") == "x" and (where / "state").is_dir()


def test_links_in_the_trash_are_not_followed(base: Path, workspace: WorkspaceManager) -> None:
    outside = written(base / "outside", {"environment/.cec/pyproject.toml": MANIFEST})
    workspace.places.trash.mkdir(parents=True)
    (workspace.places.trash / "one").symlink_to(outside)
    (workspace.places.trash / "two").symlink_to("nowhere")
    for name in ("one", "two"):
        with pytest.raises(UnknownItem, match="It holds: nothing"):
            workspace.restore_environment(name)
    assert (outside / "environment").is_dir()


HOLDER = """
import sys
from pathlib import Path
from gates.dock.places import WorkspacePlaces
with WorkspacePlaces(Path(sys.argv[1])).environment("one").held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_at_one_environment(workspace: WorkspaceManager) -> None:
    places = pretended(workspace, "one")
    argv = [sys.executable, "-c", HOLDER, str(workspace.places.root)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        with pytest.raises(DockBusy), places.held(patience=0.2):
            raise AssertionError("two at once")
        other.communicate("")
    with WorkspacePlaces(workspace.places.root).environment("one").held(patience=1):
        assert places.root.is_dir()


# --- test_dock_config.py


@pytest.mark.parametrize(
    "url", ["http://[", "http://", "https:///x", "http://h.invalid:99999", "https://h.invalid:0"]
)
def test_an_address_without_a_host(config_base: Path, url: str) -> None:
    with pytest.raises(BadConfig, match="registry_url wants an address"):
        manager(config_base).set_workspace_config("registry_url", url)


@pytest.mark.parametrize("key", ["registry_url", "comfyui"])
def test_no_password_in_an_address(config_base: Path, key: str) -> None:
    with pytest.raises(BadConfig, match="password") as caught:
        manager(config_base).set_workspace_config(key, "https://me:secret@h.invalid/x")
    assert "secret" not in str(caught.value) and not manager(config_base).get_workspace_config()


@pytest.mark.parametrize("key", ["a\nb", "é", "x" * 2001])
def test_a_key_of_outside_that_no_header_takes(config_base: Path, key: str) -> None:
    config = manager(config_base, outside={"HF_TOKEN": key})
    with pytest.raises(BadConfig, match="What HF_TOKEN holds is no API key") as caught:
        config.api_key("huggingface")
    assert key not in str(caught.value)


def test_space_around_a_key_is_not_of_it(config_base: Path) -> None:
    config = manager(config_base, outside={"HF_TOKEN": " abc\n", "GITHUB_TOKEN": " "})
    config.set_api_key("civitai", " def\n")
    assert (config.api_key("huggingface"), config.api_key("civitai")) == ("abc", "def")
    assert config.api_key("github") is None and "github" not in config.get_api_keys()


@pytest.mark.parametrize(
    "text", ['{"civitai": 5}', '{"civitai": {}}', '["sk-secret"]', '{"civitai": "sk-secret"']
)
def test_a_file_of_keys_that_is_odd(config_base: Path, text: str) -> None:
    written(config_base.parent / "user", {"keys.json": text})
    with pytest.raises(BadConfig, match="keys.json") as caught:
        manager(config_base).api_key("civitai")
    assert "sk-secret" not in str(caught.value)


def test_a_key_is_its_owners_alone_from_its_first_byte(
    config_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    real = os.open

    def spy(path: str, flags: int, mode: int = 0o777) -> int:
        seen.append((bool(flags & os.O_EXCL), mode))
        return real(path, flags, mode)

    monkeypatch.setattr(os, "open", spy)
    manager(config_base).set_api_key("civitai", "k")
    assert seen == [(True, 0o600)]


def test_settings_of_a_person_are_texts_too(config_base: Path) -> None:
    written(config_base.parent / "user", {"config.json": json.dumps({"python": ["x"]})})
    config: ConfigManager = manager(config_base)
    with pytest.raises(BadConfig, match="'python' is no text"):
        config.value("python")


# --- test_dock_torch.py


@pytest.mark.parametrize(
    "says, build",
    [
        ("| NVIDIA-SMI 610.43.02    KMD Version: 610.43.02    CUDA UMD Version: 13.3 |", "cu130"),
        ("CUDA UMD Version: 12.7", "cu126"),
        ("CUDA Version: 12.10", "cu129"),
        ("CUDA Version: " + "9" * 5000 + ".1", "cpu"),
        ("CUDA Version: ERR!", "cpu"),
    ],
)
def test_drivers_of_all_ages(tmp_path: Path, says: str, build: str) -> None:
    assert detected(crew(tmp_path, says)[0]) == build


@pytest.mark.parametrize(
    "hand", ["Torch==2.0", " torch==2.0", "torch ==2.0", "torch[x]==2", "torch; os_name=='nt'"]
)
def test_a_constraint_by_hand_is_replaced_however_it_is_spelled(tmp_path: Path, hand: str) -> None:
    held = manifest(tmp_path)
    held.set_constraints([hand, "numpy"])
    hold_torch(held, {"torch": "2.13"})
    assert held.constraints() == ["numpy", "torch==2.13"]
