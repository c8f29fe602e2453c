"""`konbini doctor` looks for fonts where paper, receipt and screen find them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.command.doctor import examine
from server_stub.interface.font_files import font_file

FONTS = ("フォント IPAmj明朝", "フォント BIZ UDGothic", "フォント BIZ UDPGothic")


@pytest.fixture(autouse=True)
def _searched_anew() -> Iterator[None]:
    font_file.cache_clear()
    yield
    font_file.cache_clear()


def fonts() -> dict[str, bool]:
    return {finding.name: finding.found for finding in examine() if finding.name in FONTS}


def test_the_fonts_of_this_machine_are_found() -> None:
    assert fonts() == dict.fromkeys(FONTS, True)


def test_folders_that_are_configured_are_the_only_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "BIZUDPGothic-Regular.ttf").touch()
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    assert fonts() == {FONTS[0]: False, FONTS[1]: False, FONTS[2]: True}
