"""The verbs of `gates dock model`: scan, find and list."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from ..dock.hashing import Progress
from ..dock.model_index import ModelIndex
from ..dock.records import ModelInfo
from .dock_answer import result
from .dock_setting import Setting
from .dock_view import gigabytes, model_rows, scan_lines
from .result import Result, redraw, remark


class _Reading:
    """How much of the models is read, of one folder after the other, and what could not be."""

    def __init__(self, is_shown: bool) -> None:
        self._is_shown = is_shown
        self.files = 0
        self.size = 0  # bytes
        self.left_out: list[str] = []

    def tell(self, done: Progress) -> None:
        if done.files == done.of_files:
            self.files += done.files
            self.size += done.size
        elif self._is_shown:
            size = f"{gigabytes(done.size)} of {gigabytes(done.of_size)}"
            redraw(f"Reading models: {done.files} of {done.of_files}, {size}")

    def note(self, text: str) -> None:
        self.left_out.append(text)
        if self._is_shown:
            redraw("")
        remark(text)


def model(setting: Setting, args: argparse.Namespace) -> Result:
    reading = _Reading(setting.shows_progress)
    return MODEL_VERBS[args.model_verb](args, setting.model_index(reading.note, reading.tell), reading)


def _scan(args: argparse.Namespace, index: ModelIndex, reading: _Reading) -> Result:
    if args.folders:
        scanned = [index.scan_directory(Path(one), again=args.again) for one in args.folders]
        found = [*{one.hash: one for models in scanned for one in models}.values()]
    else:
        found = index.scan_standard_locations(args.again)
    read = {"files": reading.files, "bytes": reading.size}
    lines = scan_lines(found, reading.files, reading.size)
    return result(lines, models=found, read=read, left_out=reading.left_out)


def _find(args: argparse.Namespace, index: ModelIndex, reading: _Reading) -> Result:
    query = " ".join(args.query)
    exact = index.resolve_by_hash(query)
    found = [exact] if exact is not None else index.search_models(query)[: args.limit]
    return result(model_rows(found, with_hash=True) or ["Nothing was found."], models=found)


def _list(args: argparse.Namespace, index: ModelIndex, reading: _Reading) -> Result:
    models = index.list_models()
    if args.copies:
        models = sorted((one for one in models if one.copies > 1), key=_spare, reverse=True)
    none = "No model lies there twice." if args.copies else "No models yet: gates dock model scan [DIR]"
    return result(model_rows(models) or [none], models=models)


def _spare(model: ModelInfo) -> int:
    """Bytes that all copies but one take."""
    return model.size * (model.copies - 1)


ModelVerb = Callable[[argparse.Namespace, ModelIndex, _Reading], Result]
MODEL_VERBS: Mapping[str, ModelVerb] = {"scan": _scan, "find": _find, "list": _list}
