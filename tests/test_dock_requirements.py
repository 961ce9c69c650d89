"""Lists of requirements as packs have them: read whole, never obeyed, never followed out of the pack."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gates.dock.requirements import MOST_BYTES, name_of, read_requirements, scan, scripts_of
from gates.errors import BadRequirement
from tests.dock_rig import written


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "some" / "where" / "pack"
    folder.mkdir(parents=True)
    return folder


def lines(pack: Path, text: str | bytes, **files: str) -> list[str]:
    (pack / "requirements.txt").write_bytes(text if isinstance(text, bytes) else text.encode())
    written(pack, {f"{name}.txt": content for name, content in files.items()})
    return list(scan(pack).lines)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", []),
        ("# only this\n\n", []),
        ("numpy\r\ntorch\r\n", ["numpy", "torch"]),
        ("numpy  # why\n", ["numpy"]),
        ("a#b\n", None),
        ("numpy >= 1 , <2\n", ["numpy<2,>=1"]),
        ("numpy\nnumpy\n", ["numpy"]),
        ("numpy>=\\\n1.0\n", ["numpy>=1.0"]),
        ("numpy==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\ntorch\n", ["numpy==1", "torch"]),
        ("numpy==1 --hash=sha256:aa\n", ["numpy==1"]),
        ("numpy \\", ["numpy"]),
        ("a[x,y]==1; python_version < '3.12'\n", ['a[x,y]==1; python_version < "3.12"']),
        (
            "a @ https://host.invalid/a-1-py3-none-any.whl\n",
            ["a @ https://host.invalid/a-1-py3-none-any.whl"],
        ),
        ("git+https://host.invalid/a.git@v1#egg=a\n", ["a @ git+https://host.invalid/a.git@v1"]),
        ("a @ git+https://host.invalid/a@v1 ; os_name == 'nt'\n", None),
        (b"\xef\xbb\xbfnumpy\n", ["numpy"]),
        ("numpy\ntorch\n".encode("utf-16"), ["numpy", "torch"]),
        (b"\xfe\xff" + "numpy\n".encode("utf-16-be"), ["numpy"]),
        (b"numpy # caf\xe9\n", ["numpy"]),
    ],
)
def test_lines(pack: Path, text: str | bytes, expected: list[str] | None) -> None:
    if expected is not None:
        assert lines(pack, text) == expected
    elif b"git" in (text if isinstance(text, bytes) else text.encode()):
        assert lines(pack, text) == ['a @ git+https://host.invalid/a@v1 ; os_name == "nt"']
    else:
        with pytest.raises(BadRequirement, match="pack/requirements.txt line 1"):
            lines(pack, text)


def test_options_are_noted_and_not_obeyed(pack: Path) -> None:
    text = "--index-url https://evil.invalid\n-i x\n-e .\n-c limits.txt\n--find-links=/x\nnumpy\n--pre\n"
    (pack / "requirements.txt").write_text(text, "utf-8")
    wanted = scan(pack)
    assert wanted.lines == ("numpy",)
    named = ["--index-url", "-i", "-e", "-c", "--find-links", "--pre"]
    places = [1, 2, 3, 4, 5, 7]
    assert list(wanted.notes) == [
        f"pack/requirements.txt line {at}: the option {name} is not taken over"
        for at, name in zip(places, named, strict=True)
    ]


def test_includes_are_read_where_they_stand(pack: Path) -> None:
    written(pack, {"sub/more.txt": "torch\n-r ../base.txt\n", "base.txt": "a\n"})
    assert lines(pack, "numpy\n-r sub/more.txt\n--requirement=base.txt\n") == ["numpy", "torch", "a"]


@pytest.mark.parametrize("include", ["../../secret.txt", "gone.txt", "sub", "link.txt", "ABS"])
def test_an_include_stays_in_the_pack(pack: Path, include: str) -> None:
    secret = pack.parents[1] / "secret.txt"
    secret.write_text("hidden-word\n", "utf-8")
    (pack / "sub").mkdir()
    (pack / "link.txt").symlink_to(secret)
    include = str(secret) if include == "ABS" else include
    with pytest.raises(BadRequirement, match="line 2 includes .* not in the pack") as caught:
        lines(pack, f"numpy\n-r {include}\n")
    assert "hidden-word" not in str(caught.value)


def test_a_list_that_is_a_link_to_outside_is_not_read(pack: Path) -> None:
    secret = pack.parents[1] / "secret.txt"
    secret.write_text("not a requirement = hidden-word\n", "utf-8")
    (pack / "requirements.txt").symlink_to(secret)
    with pytest.raises(BadRequirement, match="link to outside") as caught:
        scan(pack)
    assert "hidden-word" not in str(caught.value)


def test_includes_in_a_ring(pack: Path) -> None:
    with pytest.raises(BadRequirement, match="includes itself"):
        lines(pack, "-r requirements.txt\n")
    with pytest.raises(BadRequirement, match="includes itself"):
        lines(pack, "-r b.txt\n", b="-r c.txt\n", c="-r b.txt\n")


def test_many_includes_of_many_cost_no_time(pack: Path) -> None:
    files = {f"f{n}": f"-r f{n + 1}.txt\n" * 300 for n in range(4)}
    begin = time.monotonic()
    assert lines(pack, "-r f0.txt\n" * 300, **files, f4="numpy\n") == ["numpy"]
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("text", ["\\\n" * 400_000 + "numpy\n", "a" * 900_000, "numpy " + "#" * 900_000])
def test_long_lines_cost_no_time(pack: Path, text: str) -> None:
    begin = time.monotonic()
    assert len(lines(pack, text)) == 1
    assert time.monotonic() - begin < 5


def test_a_list_beyond_all_measure(pack: Path) -> None:
    (pack / "requirements.txt").touch()
    os.truncate(pack / "requirements.txt", MOST_BYTES + 2**36)
    with pytest.raises(BadRequirement, match="larger than"):
        scan(pack)


@pytest.mark.parametrize("line", ["= = no", "numpy==", "./local.whl", "git+https://h.invalid/x", "a b", "a;"])
def test_what_is_no_requirement_is_named_with_its_line(pack: Path, line: str) -> None:
    with pytest.raises(BadRequirement, match="pack/requirements.txt line 3: .* is no requirement"):
        lines(pack, f"numpy\n# so\n{line}\n")


def test_a_password_in_a_line_is_not_repeated(pack: Path) -> None:
    with pytest.raises(BadRequirement) as caught:
        lines(pack, "git+https://me:secret@host.invalid/x\n")
    assert "secret" not in str(caught.value)


def test_a_project_is_read_where_there_is_no_list(pack: Path) -> None:
    text = '[project]\nname = "x"\ndependencies = ["numpy<2", "torch"]\n'
    written(pack, {"pyproject.toml": text})
    assert scan(pack).lines == ("numpy<2", "torch")
    written(pack, {"requirements.txt": "other\n"})
    assert scan(pack).lines == ("other",)


@pytest.mark.parametrize("text", ["project = 1", "[project]\nname = 'x'", "[project]\ndependencies = [1]"])
def test_a_project_that_asks_for_nothing(pack: Path, text: str) -> None:
    written(pack, {"pyproject.toml": text})
    assert scan(pack).lines == ()


def test_an_address_without_a_name_says_what_it_lacks(pack: Path) -> None:
    for line in (
        "git+https://me:pw@h.invalid/x.git",
        "https://h.invalid/x.zip",
        "git+ssh://git@h.invalid/x@v1",
    ):
        written(pack, {"requirements.txt": f"{line}\n"})
        with pytest.raises(
            BadRequirement, match="line 1: .* no name, such as NAME @ URL.* add ./COPY"
        ) as told:
            scan(pack)
        assert "pw" not in str(told.value)
    written(pack, {"requirements.txt": "git+https://h.invalid/x.git#egg=x\n"})
    assert scan(pack).lines == ("x @ git+https://h.invalid/x.git",)


def test_a_project_that_cannot_be_read(pack: Path) -> None:
    written(pack, {"pyproject.toml": "[project\n"})
    with pytest.raises(BadRequirement, match=r"pack/pyproject.toml cannot be read: .* line 1.* add ./COPY"):
        scan(pack)


def test_a_pack_without_any(pack: Path) -> None:
    assert scan(pack).lines == () and scripts_of(pack) == ()
    written(pack, {"install.py": "", "setup.py": "", "install.bat": ""})
    assert scripts_of(pack) == ("install.py", "install.bat")


def test_names_are_canonical(pack: Path) -> None:
    assert name_of("Foo.Bar_baz[x]>=1; python_version < '4'") == "foo-bar-baz"


def test_a_list_by_itself(pack: Path) -> None:
    file = written(pack, {"wanted.txt": "a\n"}) / "wanted.txt"
    assert read_requirements(file, pack).lines == ("a",)
