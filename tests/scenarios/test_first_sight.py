"""`konbini gallery --composed`: the READMEs' picture comes from one visit that is really made."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from scenarios import paths
from scenarios.command import first_sight
from tests.command_line import konbini
from tests.long import LONG

PARTS = {
    "terminal": (60, 90, 820, 560),
    "panel": (880, 100, 1560, 510),
    "front": (40, 630, 470, 1090),
    "back": (505, 640, 830, 1090),
    "evidence": (880, 600, 1560, 1090),
}
"""Where each part stands: left, top, right, bottom."""


def told_apart(picture: Image.Image) -> None:
    assert picture.size == (1600, 1130)
    for name, box in PARTS.items():
        colours = picture.convert("RGB").crop(box).getcolors(1_000_000)
        assert colours is not None and len(colours) > 100, f"{name}: nothing is drawn there"


def test_the_picture_of_the_readmes_has_all_its_parts() -> None:
    with Image.open(paths.ROOT / "docs" / "first-sight.png") as picture:
        told_apart(picture)


def test_without_a_browser_it_is_told_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(first_sight, "_BROWSERS", ("no-such-browser",))
    told = konbini("gallery", "--composed", str(tmp_path / "sight.png"))
    assert told.code == 2 and "Chromium" in told.err and not (tmp_path / "sight.png").exists()


@pytest.mark.skipif(not LONG, reason="KONBINI_LONG=1 makes the visit and draws it")
def test_a_visit_becomes_one_picture(tmp_path: Path) -> None:
    if not any(map(shutil.which, first_sight._BROWSERS)):
        pytest.skip("Chromium is not installed")
    first_sight.compose(tmp_path / "sight.png")
    with Image.open(tmp_path / "sight.png") as picture:
        told_apart(picture)
