from __future__ import annotations

from pathlib import Path

import pytest

from gates.host.options import HostOptions, parse


def test_only_the_base_directory_is_needed() -> None:
    assert parse(["--base-directory", "b"]) == HostOptions(Path("b"), "127.0.0.1", 8188, (), None, False)


def test_everything_can_be_said() -> None:
    line = "--base-directory b --listen 0.0.0.0 --port 1 --pack p --pack q --front-end-root f --multi-user"
    assert parse([*line.split(), "--only-named-packs"]) == HostOptions(
        Path("b"), "0.0.0.0", 1, (Path("p"), Path("q")), Path("f"), True, True
    )


def test_without_a_base_directory_nothing_starts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([])
    assert "--base-directory" in capsys.readouterr().err
