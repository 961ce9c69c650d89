"""Which of the models that are known a name means: case, slashes and forms of accents do not count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePath

from .records import ModelInfo

DIGITS = re.compile(r"[0-9a-f]{8,}")  # as much of a hash as tells models apart


def named(models: Iterable[ModelInfo], name: str) -> list[ModelInfo]:
    """Those called so, the closest first: by the path as it is written, by the path, by the file's name."""
    ranked = [(rank, model) for model in models if (rank := _closeness(model, name)) is not None]
    return [model for _, model in sorted(ranked, key=_order)]


def _closeness(model: ModelInfo, name: str) -> int | None:
    asked = name.replace("\\", "/").strip("/")
    if not asked:
        return None
    if any(_ends(_slashed(path), asked) for path in model.paths):
        return 0
    if any(_ends(plain(_slashed(path)), plain(asked)) for path in model.paths):
        return 1
    last = plain(asked).rpartition("/")[2]
    names = {plain(path.name) for path in model.paths} | {plain(model.name), plain(model.original_name or "")}
    return 2 if last in names else None


def _order(found: tuple[int, ModelInfo]) -> tuple[int, str, tuple[str, ...], str]:
    rank, model = found
    return rank, model.name, model.relative, model.hash


def _ends(path: str, asked: str) -> bool:
    return path == asked or path.endswith(f"/{asked}")


def _slashed(path: PurePath) -> str:
    return str(path).replace("\\", "/")


def plain(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def matching(models: Iterable[ModelInfo], query: str) -> list[ModelInfo]:
    """Those with every word, the best first: the name itself, its beginning, within it, in a folder."""
    words = plain(query).split()
    if not words:
        return []
    found = [(_rank(model, words), model) for model in models if all(_has(model, word) for word in words)]
    return [model for _, model in sorted(found, key=_order)]


def _has(model: ModelInfo, word: str) -> bool:
    texts = [model.name, model.original_name or "", *model.relative]
    return any(word in plain(text) for text in texts) or _begins_hash(model, word)


def _begins_hash(model: ModelInfo, word: str) -> bool:
    kind, _, digits = word.rpartition(":")
    if not DIGITS.fullmatch(digits):
        return False
    return any(value.startswith(digits) for one, value in model.hashes.items() if kind in ("", one))


def _rank(model: ModelInfo, words: list[str]) -> int:
    name, asked = plain(model.name), " ".join(words)
    if asked in (name, PurePath(name).stem):
        return 0
    if name.startswith(asked):
        return 1
    return 2 if all(word in name for word in words) else 3
