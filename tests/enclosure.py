"""A pool base deep inside a test's own folder, with things around it that nothing may touch.

Hostile cases climb at most four levels, and every absolute path that they name lies in the test's folder:
even a program that obeys them harms nothing but the folder of its test.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

LEVELS = ("one", "two", "three", "four")


class Enclosure(NamedTuple):
    root: Path
    base: Path  # of pools: root/one/two/three/four/input/grid_pool
    before: dict[str, bytes]

    def untouched(self) -> bool:
        """Whether everything around the base is as it was, and nothing came to it."""
        return around(self.root, self.base) == self.before

    def absolute(self) -> str:
        """An absolute path to a file around the base."""
        return str(self.root / "one" / "kept.png")


def enclosed(tmp_path: Path) -> Enclosure:
    root = tmp_path / "root"
    base = root.joinpath(*LEVELS, "input", "grid_pool")
    base.mkdir(parents=True)
    for folder in (base.parent, *base.parents):
        (folder / "kept.png").write_bytes(b"kept")
        if folder == root:
            break
    return Enclosure(root, base, around(root, base))


def around(root: Path, base: Path) -> dict[str, bytes]:
    """Every file outside of the base, with its bytes."""
    paths = sorted(path for path in root.rglob("*") if base not in (path, *path.parents))
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in paths}


def inside(base: Path) -> dict[str, bytes]:
    """Every file of a base but locks and temporary ones, with its bytes."""
    return {
        path.relative_to(base).as_posix(): path.read_bytes()
        for path in sorted(base.rglob("*"))
        if path.is_file() and ".locks" not in path.parts
    }


CLIMBING = (
    "",
    ".",
    "..",
    "../kept.png",
    "../../kept.png",
    "../../../../kept.png",
    "..\\kept.png",
    "a/../../kept.png",
    "a/b",
    "./a",
    "a/",
    "C:kept.png",
    "a:stream",
    "a\0.png",
    "a\n",
    "con",
    "NUL.png",
    "lpt1",
    "a.",
    "a ",
    "\ud800",
    "x" * 300,
)
"""What no id and no file name may be. Nothing of it leads out of an enclosure."""
