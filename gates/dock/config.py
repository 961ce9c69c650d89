"""The workspace's settings, the person's own, and API keys: never in a log, a URL or git."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .. import atomic
from ..errors import BadConfig
from .tools import optional
from .workspace_file import change_object, read_object

KEYS: Mapping[str, str] = {
    "comfyui": "URL or URL@REF that `create` clones where nothing else is named",
    "python": "path or version that `create` takes where nothing else is named",
    "registry_url": "address of the Comfy registry",
    "models": "folder of models that all environments share",
}
SERVICES: Mapping[str, str] = {
    "registry": "COMFY_REGISTRY_TOKEN",
    "civitai": "CIVITAI_API_TOKEN",
    "huggingface": "HF_TOKEN",
    "github": "GITHUB_TOKEN",
}
KEYRING = "dataset-gates-dock"
LONGEST = 2000  # characters of a value


class ConfigManager:
    """`workspace_file` is .metadata/workspace.json; `user_folder` holds a person's config.json, keys.json."""

    def __init__(
        self,
        workspace_file: Path | None,
        user_folder: Path,
        outside: Mapping[str, str] | None = None,
        keyring: Callable[[], Any] = lambda: optional("keyring"),
    ) -> None:
        self._workspace_file = workspace_file
        self._user_file = user_folder / "config.json"
        self._key_file = user_folder / "keys.json"
        self._outside = dict(os.environ if outside is None else outside)
        self._keyring = keyring

    # --- settings

    def get_workspace_config(self) -> dict[str, str]:
        if self._workspace_file is None:
            return {}
        found = read_object(self._workspace_file).get("config", {})
        if not isinstance(found, dict):
            raise BadConfig(f"{self._workspace_file}: config is no JSON object. Mend it.")
        return _texts(found, self._workspace_file)

    def set_workspace_config(self, key: str, value: str | None) -> None:
        """None takes the key away. Raises BadConfig."""
        if self._workspace_file is None:
            raise BadConfig("There is no workspace here. `gates dock init` makes one.")
        self.get_workspace_config()  # what cannot be meant is said before anything is written
        change_object(
            self._workspace_file,
            lambda data: {**data, "config": _with(data.get("config", {}), key, value)},
        )

    def get_user_config(self) -> dict[str, str]:
        return _texts(read_object(self._user_file), self._user_file)

    def set_user_config(self, key: str, value: str | None) -> None:
        self.get_user_config()
        change_object(self._user_file, lambda data: _with(data, key, value))

    def models(self) -> Path | None:
        """The folder that is set; None: the workspace's own."""
        found = self.value("models")
        return Path(found).expanduser() if found else None

    def value(self, key: str) -> str | None:
        """The workspace's word, else the person's own; None where neither says anything."""
        return self.get_workspace_config().get(key) or self.get_user_config().get(key)

    # --- API keys

    def get_api_keys(self) -> dict[str, str]:
        """Services that have a key, and where it lies: environment, keyring or file. Never the keys."""
        found = {}
        for service in SERVICES:
            where = self._where(service)
            if where is not None:
                found[service] = where
        return found

    def api_key(self, service: str) -> str | None:
        """The key itself, for a request to that service."""
        variable = SERVICES[_service(service)]
        outside = self._from_outside(service)
        if outside and not _is_key(outside):
            raise BadConfig(f"What {variable} holds is no API key: it is too long or holds odd characters.")
        return outside or self._from_keyring(service) or self._kept().get(service)

    def _from_outside(self, service: str) -> str:
        return self._outside.get(SERVICES[service], "").strip()

    def _kept(self) -> dict[str, str]:
        return _texts(read_object(self._key_file), self._key_file)

    def _where(self, service: str) -> str | None:
        if self._from_outside(service):
            return "environment"
        if self._from_keyring(service):
            return "keyring"
        return "file" if self._kept().get(service) else None

    def set_api_key(self, service: str, key: str | None) -> str:
        """Keep a key, or with None forget it; where it was put: keyring or file."""
        _service(service)
        key = key.strip() if key is not None else None
        if key is not None and not _is_key(key):
            raise BadConfig(
                f"This is no API key for {service}: it is empty, too long or holds odd characters."
            )
        where = "keyring" if self._to_keyring(service, key) else "file"
        kept = self._kept()
        rest = {name: value for name, value in kept.items() if name != service}
        wanted = {**rest, service: key} if where == "file" and key is not None else rest
        if wanted != kept:
            _write_secret(self._key_file, wanted)
        return where

    def _from_keyring(self, service: str) -> str | None:
        library = self._keyring()
        if library is None:
            return None
        try:
            found: str | None = library.get_password(KEYRING, service)
        except Exception:  # a back end that is locked or absent raises what it likes
            return None
        return found

    def _to_keyring(self, service: str, key: str | None) -> bool:
        library = self._keyring()
        if library is None:
            return False
        try:
            if key is None:
                library.delete_password(KEYRING, service)
            else:
                library.set_password(KEYRING, service, key)
        except Exception:
            return False
        return True

    # --- asking

    def interactive_setup(self, ask: Callable[[str, str], str]) -> dict[str, str]:
        """Ask for each setting of the workspace; `ask` gets the question and what stands there now."""
        changed = {}
        for key, text in KEYS.items():
            now = self.get_workspace_config().get(key, "")
            answer = ask(f"{key} ({text})", now).strip()
            if answer != now:
                self.set_workspace_config(key, answer or None)
                changed[key] = answer
        return changed


def _service(name: str) -> str:
    if name not in SERVICES:
        raise BadConfig(f"There is no service {name[:40]!r}; keys are kept for {', '.join(SERVICES)}.")
    return name


def _is_key(key: str) -> bool:
    """Whether it can stand in the header of a request: what cannot would be quoted in an error."""
    return 0 < len(key) <= LONGEST and key.isascii() and key.isprintable()


def _texts(values: Mapping[str, Any], file: Path) -> dict[str, str]:
    wrong = [name for name, value in values.items() if not isinstance(value, str)]
    if wrong:
        raise BadConfig(f"{file}: {wrong[0][:40]!r} is no text. Mend it, or take it away.")
    return dict(values)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _with(config: Mapping[str, str], key: str, value: str | None) -> dict[str, str]:
    if key not in KEYS:
        raise BadConfig(f"There is no setting {key[:40]!r}; there is: {', '.join(KEYS)}.")
    rest = {name: kept for name, kept in config.items() if name != key}
    if value is None:
        return rest
    if not value or len(value) > LONGEST or not value.isprintable():
        raise BadConfig(f"{key} wants a text of one line.")
    if re.match(r"\w+://[^/@]*:[^/]*@", value) or (key == "registry_url" and "@" in value):
        raise BadConfig(
            f"{key} holds a password or a key, which would stand there for everybody. Leave it out."
        )
    if key == "models" and not Path(value).expanduser().is_absolute():
        raise BadConfig(f"models wants the whole path of a folder, not {value[:80]!r}.")
    if key == "registry_url" and not _is_address(value):
        raise BadConfig(f"registry_url wants an address that begins with https://, not {value[:80]!r}.")
    return {**rest, key: value}


def _write_secret(file: Path, data: Mapping[str, Any]) -> None:
    """Readable by its owner alone from its first byte on."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = atomic.sibling(file)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(json.dumps(data).encode("utf-8"))
        atomic.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
