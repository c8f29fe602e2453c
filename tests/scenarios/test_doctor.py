"""`konbini doctor` looks for fonts where paper, receipt and screen find them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.command.doctor import examine
from server_stub.interface.font_files import font_file

LANGUAGE_FONTS = ("フォント Open Sans", "フォント Noto Sans CJK SC", "フォント Noto Sans CJK KR")
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


def test_a_language_without_its_face_is_told_and_needed_by_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "OpenSans-Regular.ttf").touch()
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    told = {finding.name: finding for finding in examine()}
    assert [told[name].found for name in LANGUAGE_FONTS] == [True, False, False]
    assert not any(told[name].needed for name in LANGUAGE_FONTS)


def test_how_much_of_a_language_nobody_has_read_is_told() -> None:
    told = {finding.name: finding.detail for finding in examine()}
    assert "機械翻訳のまま" in told["画面の訳 Tiếng Việt"]
    assert "画面の訳 English" not in told
