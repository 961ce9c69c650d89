"""Settings and keys: who is heard first, and where a key is never seen."""

from __future__ import annotations

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from gates.dock.config import KEYRING, KEYS, LONGEST, SERVICES, ConfigManager
from gates.errors import BadConfig

KEY = "sk-secret-0123"


class Keyring:
    """As much of the library as is used."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self.kept[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        if (service, name) not in self.kept:
            raise RuntimeError("no such password")
        del self.kept[service, name]


class LockedKeyring(Keyring):
    def get_password(self, service: str, name: str) -> str | None:
        raise RuntimeError("locked")

    def set_password(self, service: str, name: str, value: str) -> None:
        raise RuntimeError("locked")

    delete_password = get_password  # type: ignore[assignment]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    made = tmp_path / "some" / "where" / "workspace"
    (made / ".metadata").mkdir(parents=True)
    (made / ".metadata" / "workspace.json").write_text('{"made_by": "us", "more": [1]}', "utf-8")
    return made


def manager(
    base: Path, keyring: Keyring | None = None, outside: dict[str, str] | None = None
) -> ConfigManager:
    file = base / ".metadata" / "workspace.json"
    return ConfigManager(file, base.parent / "user", outside or {}, keyring=lambda: keyring)


def test_the_workspace_is_heard_before_the_person(base: Path) -> None:
    config = manager(base)
    assert config.value("python") is None
    config.set_user_config("python", "3.12")
    assert config.value("python") == "3.12" and config.get_workspace_config() == {}
    config.set_workspace_config("python", "3.11")
    assert config.value("python") == "3.11" and config.get_user_config() == {"python": "3.12"}
    config.set_workspace_config("python", None)
    assert config.value("python") == "3.12"


def test_what_else_stands_in_the_file_stays(base: Path) -> None:
    config = manager(base)
    config.set_workspace_config("models", "/models")
    data = json.loads((base / ".metadata" / "workspace.json").read_text("utf-8"))
    assert data == {"made_by": "us", "more": [1], "config": {"models": "/models"}}


@pytest.mark.parametrize("key", ["", "token", "Python", "python\n", "a" * 5000])
def test_a_key_that_there_is_not(base: Path, key: str) -> None:
    for set_one in (manager(base).set_workspace_config, manager(base).set_user_config):
        with pytest.raises(BadConfig, match="There is no setting") as caught:
            set_one(key, "x")
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", ["", "a\nb", "a\0", "x" * (LONGEST + 1)])
def test_a_value_that_is_none(base: Path, value: str) -> None:
    with pytest.raises(BadConfig):
        manager(base).set_workspace_config("python", value)


@pytest.mark.parametrize("url", ["ftp://x", "registry", "file:///etc", "javascript:1"])
def test_the_registry_has_an_address_of_the_web(base: Path, url: str) -> None:
    with pytest.raises(BadConfig, match="registry_url"):
        manager(base).set_workspace_config("registry_url", url)


@pytest.mark.parametrize("text", ["{", "[]", "", '{"config": [1]}', '{"config": "x"}'])
def test_a_broken_file_is_never_written_over(base: Path, text: str) -> None:
    file = base / ".metadata" / "workspace.json"
    file.write_text(text, "utf-8")
    with pytest.raises(BadConfig, match="workspace.json"):
        manager(base).set_workspace_config("python", "3.12")
    with pytest.raises(BadConfig):
        manager(base).get_workspace_config()
    assert file.read_text("utf-8") == text


def test_without_a_workspace(base: Path) -> None:
    config = ConfigManager(None, base.parent / "user", {}, keyring=lambda: None)
    assert config.get_workspace_config() == {}
    with pytest.raises(BadConfig, match="gates dock init"):
        config.set_workspace_config("python", "3.12")


@pytest.mark.skipif(os.name == "nt", reason="there are no such modes there")
def test_a_key_in_a_file_is_its_owners_alone(base: Path) -> None:
    config = manager(base)
    file = base.parent / "user" / "keys.json"
    assert config.set_api_key("civitai", KEY) == "file" and config.api_key("civitai") == KEY
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    config.set_api_key("github", "other")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert config.get_api_keys() == {"civitai": "file", "github": "file"}
    assert sorted(path.name for path in file.parent.iterdir()) == ["keys.json"]


def test_who_is_asked_for_a_key(base: Path) -> None:
    keyring = Keyring()
    manager(base).set_api_key("github", "of the file")
    assert manager(base, keyring).api_key("github") == "of the file"
    keyring.set_password(KEYRING, "github", "of the ring")
    assert manager(base, keyring).api_key("github") == "of the ring"
    outside = {SERVICES["github"]: "of outside"}
    config = manager(base, keyring, outside)
    assert config.api_key("github") == "of outside" and config.get_api_keys() == {"github": "environment"}


def test_a_key_in_a_ring_leaves_no_copy_in_a_file(base: Path) -> None:
    manager(base).set_api_key("civitai", KEY)
    config = manager(base, Keyring())
    assert config.set_api_key("civitai", KEY) == "keyring"
    assert KEY not in (base.parent / "user" / "keys.json").read_text("utf-8")
    assert config.get_api_keys() == {"civitai": "keyring"}


def test_a_forgotten_key_is_nowhere(base: Path) -> None:
    keyring = Keyring()
    manager(base).set_api_key("civitai", KEY)
    keyring.set_password(KEYRING, "civitai", KEY)
    config = manager(base, keyring)
    config.set_api_key("civitai", None)
    assert config.api_key("civitai") is None and config.get_api_keys() == {}
    config.set_api_key("civitai", None)


def test_a_ring_that_is_locked_is_done_without(base: Path) -> None:
    config = manager(base, LockedKeyring())
    assert config.set_api_key("civitai", KEY) == "file" and config.api_key("civitai") == KEY
    config.set_api_key("civitai", None)
    assert config.api_key("civitai") is None


@pytest.mark.parametrize("key", ["", "  ", "a\nb", "x" * (LONGEST + 1)])
def test_what_is_no_key(base: Path, key: str) -> None:
    with pytest.raises(BadConfig) as caught:
        manager(base).set_api_key("civitai", key)
    assert len(str(caught.value)) < 200
    with pytest.raises(BadConfig, match="There is no service"):
        manager(base).set_api_key("ftp", KEY)


def test_a_key_is_never_seen(base: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        config = manager(base, Keyring(), {"HF_TOKEN": KEY})
        config.set_api_key("civitai", KEY)
        config.set_workspace_config("python", "3.12")
    seen = [repr(config), str(config.get_api_keys()), str(config.get_workspace_config()), caplog.text]
    seen += [path.read_text("utf-8") for path in base.rglob("*") if path.is_file()]
    assert not [text for text in seen if KEY in text]


def test_it_asks_for_each_setting_once(base: Path) -> None:
    asked = []

    def ask(question: str, now: str) -> str:
        asked.append(question)
        return {"python": " 3.12 ", "models": ""}.get(question.split()[0], now)

    assert manager(base).interactive_setup(ask) == {"python": "3.12"}
    assert len(asked) == len(KEYS) and manager(base).get_workspace_config() == {"python": "3.12"}
    assert manager(base).interactive_setup(lambda question, now: now) == {}
    assert manager(base).interactive_setup(lambda question, now: "") == {"python": ""}
    assert manager(base).get_workspace_config() == {}
