"""Who asks, and where that user's files lie. Packs reach it as `PromptServer.instance.user_manager`."""

from __future__ import annotations

import json
import os
import re
import uuid
from urllib.parse import unquote

from aiohttp import web

from .folders import SYSTEM_USER_PREFIX, Folders

DEFAULT_USER = "default"


class UserManager:
    def __init__(self, folders: Folders, multi_user: bool) -> None:
        self._folders = folders
        self.multi_user = multi_user
        self.users: dict[str, str] = self._known_users() if multi_user else {DEFAULT_USER: DEFAULT_USER}

    def get_users_file(self) -> str:
        return os.path.join(self._folders.get_user_directory(), "users.json")

    def _known_users(self) -> dict[str, str]:
        path = self.get_users_file()
        if not os.path.isfile(path):
            return {}
        with open(path, encoding="utf-8") as file:
            return dict(json.load(file))

    def get_request_user_id(self, request: web.Request) -> str:
        """Raises KeyError for a user that is not known."""
        user = request.headers.get("comfy-user", DEFAULT_USER) if self.multi_user else DEFAULT_USER
        if user.startswith(SYSTEM_USER_PREFIX) or user not in self.users:
            raise KeyError(f"Unknown user: {user}")
        return user

    def get_request_user_filepath(
        self, request: web.Request, file: str | None, type: str = "userdata", create_dir: bool = True
    ) -> str | None:
        """The path of one file of the asking user, None where the name leads out of the user's folder."""
        if type != "userdata":
            raise KeyError(f"Unknown filepath type: {type}")
        root = self._folders.get_public_user_directory(self.get_request_user_id(request))
        if root is None or not _inside(self._folders.get_user_directory(), root):
            return None
        path = root if file is None else os.path.abspath(os.path.join(root, _decoded(file)))
        if not _inside(root, path):
            return None
        parent = os.path.dirname(path)
        if create_dir and not os.path.exists(parent):  # a file there is told when it is written to
            os.makedirs(parent, exist_ok=True)
        return path

    def add_user(self, name: str) -> str:
        name = name.strip()
        if not name:
            raise ValueError("username not provided")
        user_id = re.sub("[^a-zA-Z0-9-_]+", "-", name)
        if user_id.startswith(SYSTEM_USER_PREFIX):
            raise ValueError("System User prefix not allowed")
        user_id = f"{user_id}_{uuid.uuid4()}"
        self.users[user_id] = name
        with open(self.get_users_file(), "w", encoding="utf-8") as file:
            json.dump(self.users, file)
        return user_id


def _decoded(file: str) -> str:
    return unquote(file) if "%" in file else file


def _inside(directory: str, path: str) -> bool:
    return os.path.commonpath((directory, path)) == directory
