"""The folders of one host, under the names of ComfyUI's module `folder_paths`."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .folder_contents import (
    KIND_BY_EXTENSION,
    files_below,
    files_of_kinds,
    is_dangerous_content_type,
    next_counter,
)
from .model_folders import LEGACY_NAMES, MODEL_EXTENSIONS, standard_folders

logger = logging.getLogger("gates.host.folders")

SYSTEM_USER_PREFIX = "__"
MADE_AT_START = ("input", "output", "temp", "user", "custom_nodes")
ANNOTATIONS = ("output", "input", "temp")


class Folders:
    """Where everything lies. Packs call these methods as functions of `folder_paths`."""

    SYSTEM_USER_PREFIX = SYSTEM_USER_PREFIX

    def __init__(self, base: Path) -> None:
        self.base_path = str(base.resolve())
        self.models_dir = self._below("models")
        self.supported_pt_extensions = set(MODEL_EXTENSIONS)
        self.folder_names_and_paths = standard_folders(self.base_path, self.models_dir)
        # Packs empty these to have a folder read again; here nothing is kept in them.
        self.filename_list_cache: dict[str, Any] = {}
        self.extension_mimetypes_cache: dict[str, str] = dict(KIND_BY_EXTENSION)
        self.input_directory = self._below("input")
        self.output_directory = self._below("output")
        self.temp_directory = self._below("temp")
        self.user_directory = self._below("user")

    def make_standard_directories(self) -> None:
        for name in MADE_AT_START:
            os.makedirs(self._below(name), exist_ok=True)

    def _below(self, name: str) -> str:
        return os.path.join(self.base_path, name)

    def get_input_directory(self) -> str:
        return self.input_directory

    def get_output_directory(self) -> str:
        return self.output_directory

    def get_temp_directory(self) -> str:
        return self.temp_directory

    def get_user_directory(self) -> str:
        return self.user_directory

    def set_input_directory(self, input_dir: str) -> None:
        self.input_directory = input_dir

    def set_output_directory(self, output_dir: str) -> None:
        self.output_directory = output_dir

    def set_temp_directory(self, temp_dir: str) -> None:
        self.temp_directory = temp_dir

    def set_user_directory(self, user_dir: str) -> None:
        self.user_directory = user_dir

    def get_directory_by_type(self, type_name: str) -> str | None:
        """The folder behind `type=` in an address; these three may be reached from outside, no other."""
        return {
            "input": self.input_directory,
            "output": self.output_directory,
            "temp": self.temp_directory,
        }.get(type_name)

    def get_public_user_directory(self, user_id: str) -> str | None:
        if not user_id or user_id.startswith(SYSTEM_USER_PREFIX):
            return None
        return os.path.join(self.user_directory, user_id)

    def get_system_user_directory(self, name: str = "system") -> str:
        """A folder of the server's own, which no address reaches."""
        if not name or name.startswith("_") or not name.replace("_", "").isalnum():
            raise ValueError(
                f"{name!r} is no name for a system user: letters, digits and _ only, not _ first"
            )
        return os.path.join(self.user_directory, SYSTEM_USER_PREFIX + name)

    def annotated_filepath(self, name: str) -> tuple[str, str | None]:
        """Split `a.png [output]` into the name and the folder that the annotation means."""
        for kind in ANNOTATIONS:
            annotation = f"[{kind}]"
            if name.endswith(annotation):
                return name[: -len(annotation) - 1], self.get_directory_by_type(kind)
        return name, None

    def get_annotated_filepath(self, name: str, default_dir: str | None = None) -> str:
        bare, directory = self.annotated_filepath(name)
        directory = directory or default_dir or self.input_directory
        path = os.path.abspath(os.path.join(directory, bare))
        if not self.is_within_directory(directory, path):
            raise ValueError(f"Invalid file path: {bare!r}")
        return path

    def exists_annotated_filepath(self, name: str) -> bool:
        try:
            return os.path.exists(self.get_annotated_filepath(name))
        except ValueError:
            return False

    @staticmethod
    def is_within_directory(directory: str, target: str) -> bool:
        """Whether `target`, links followed, lies in `directory`."""
        try:
            real = os.path.realpath(directory)
            return os.path.commonpath((real, os.path.realpath(target))) == real
        except ValueError:  # a NUL byte, or another drive on Windows
            return False

    @staticmethod
    def is_dangerous_content_type(content_type: str | None) -> bool:
        return is_dangerous_content_type(content_type)

    @staticmethod
    def filter_files_content_types(files: list[str], content_types: Iterable[str]) -> list[str]:
        return files_of_kinds(files, content_types)

    @staticmethod
    def filter_files_extensions(files: Iterable[str], extensions: Iterable[str]) -> list[str]:
        wanted = set(extensions)
        return sorted(name for name in files if not wanted or os.path.splitext(name)[1].lower() in wanted)

    @staticmethod
    def recursive_search(
        directory: str, excluded_dir_names: list[str] | None = None
    ) -> tuple[list[str], dict[str, float]]:
        return files_below(directory, excluded_dir_names or [])

    @staticmethod
    def map_legacy(folder_name: str) -> str:
        return LEGACY_NAMES.get(folder_name, folder_name)

    def add_model_folder_path(
        self, folder_name: str, full_folder_path: str, is_default: bool = False
    ) -> None:
        paths, _ = self.folder_names_and_paths.setdefault(self.map_legacy(folder_name), ([], set()))
        if is_default and full_folder_path in paths:
            paths.remove(full_folder_path)
        if is_default:
            paths.insert(0, full_folder_path)
        elif full_folder_path not in paths:
            paths.append(full_folder_path)

    def get_folder_paths(self, folder_name: str) -> list[str]:
        return list(self.folder_names_and_paths[self.map_legacy(folder_name)][0])

    def get_filename_list(self, folder_name: str) -> list[str]:
        directories, extensions = self.folder_names_and_paths[self.map_legacy(folder_name)]
        found = {name for path in directories for name in files_below(path, [".git"])[0]}
        return self.filter_files_extensions(found, extensions)

    def get_filename_list_(self, folder_name: str) -> tuple[list[str], dict[str, float], float]:
        """The names, the folders that were read with their times, and when that was."""
        directories = self.get_folder_paths(folder_name)
        read = {path: when for each in directories for path, when in files_below(each, [".git"])[1].items()}
        return self.get_filename_list(folder_name), read, time.perf_counter()

    def cached_filename_list_(self, folder_name: str) -> None:
        """Nothing is kept, so that what a test has just written is found."""

    def get_full_path(self, folder_name: str, filename: str) -> str | None:
        directories, _ = self.folder_names_and_paths.get(self.map_legacy(folder_name), ([], set()))
        relative = os.path.relpath(os.path.join("/", filename), "/")
        candidates = (os.path.join(directory, relative) for directory in directories)
        return next((path for path in candidates if os.path.isfile(path)), None)

    def get_full_path_or_raise(self, folder_name: str, filename: str) -> str:
        path = self.get_full_path(folder_name, filename)
        if path is None:
            raise FileNotFoundError(f"there is no model {filename!r} in folder {folder_name!r}")
        return path

    def get_save_image_path(
        self, filename_prefix: str, output_dir: str, image_width: int = 0, image_height: int = 0
    ) -> tuple[str, str, int, str, str]:
        """Folder, file name stem, next free counter, subfolder and expanded prefix for a new file."""
        prefix = _expanded(filename_prefix, image_width, image_height)
        subfolder, stem = os.path.split(os.path.normpath(prefix))
        folder = os.path.join(output_dir, subfolder)
        if os.path.commonpath((output_dir, os.path.abspath(folder))) != output_dir:
            raise ValueError(
                f"the prefix {filename_prefix!r} leaves the output folder {output_dir}: nothing was saved"
            )
        os.makedirs(folder, exist_ok=True)
        return folder, stem, next_counter(folder, stem), subfolder, prefix

    def get_input_subfolders(self) -> list[str]:
        found = (os.path.relpath(path, self.input_directory) for path, _, _ in os.walk(self.input_directory))
        return sorted(path.replace(os.sep, "/") for path in found if path != ".")


def _expanded(prefix: str, width: int, height: int) -> str:
    now = time.localtime()
    values = {
        "width": str(width),
        "height": str(height),
        "year": str(now.tm_year),
        "month": f"{now.tm_mon:02}",
        "day": f"{now.tm_mday:02}",
        "hour": f"{now.tm_hour:02}",
        "minute": f"{now.tm_min:02}",
        "second": f"{now.tm_sec:02}",
    }
    for name, value in values.items():
        prefix = prefix.replace(f"%{name}%", value)
    return prefix
