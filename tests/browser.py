"""A real browser for pages: Debian's Chromium without a window, driven by Playwright; and axe-core.

Where one of them is not installed a test is skipped by name; `.ci/run` demands both (KONBINI_BROWSER=1), so that they are never skipped in
silence there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scenarios import paths

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
DEMANDED = bool(os.environ.get("KONBINI_BROWSER"))
AXE = "axe-core@4.10.2"
SMALLEST_TARGET = 44
"""CSS pixels of a side (WCAG 2.2, 2.5.5)."""


@contextmanager
def opened_browser() -> Iterator[Any]:
    if not CHROMIUM and not DEMANDED:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if DEMANDED:
            raise
        pytest.skip("Playwright is not installed (make setup)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--disable-gpu", "--no-sandbox", "--disable-background-networking", "--lang=ja"],
        )
        yield browser
        browser.close()


def axe() -> str:
    """The source of axe-core, which is fetched from npm and kept in the home folder; none of it is in the repository."""
    place = paths.home() / "axe-core"
    file = place / f"{AXE}.js"
    if not file.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("npm is not installed, so axe-core cannot be had")
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run([npm, "pack", "--silent", AXE], cwd=place, capture_output=True, check=False)
        packed = next(iter(place.glob("axe-core-*.tgz")), None)
        if done.returncode or packed is None:
            pytest.skip("axe-core cannot be had from npm")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            file.write_bytes(member.read())
    return file.read_text(encoding="utf-8")


def fits(page: Any) -> bool:
    """Nothing has to be scrolled sideways. (Playwright asks; the page itself runs no script.)"""
    return bool(
        page.evaluate("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    )


def keep(page: Any, name: str) -> None:
    """Keep a picture for whoever looks at it (KONBINI_PICTURES names a folder)."""
    target = os.environ.get("KONBINI_PICTURES")
    if target:
        page.screenshot(path=str(Path(target) / f"{name}-{page.viewport_size['width']}.png"), full_page=True)


def assert_large_and_legible(page: Any) -> None:
    """Our own few checks of a page for everybody (axe-core runs with `make fuzz`): sizes of targets, one heading, contrast."""
    assert page.get_by_role("heading", level=1).count() == 1 and page.get_by_role("main").count() == 1
    sizes = page.locator("a:visible:not(.skip), button, input").evaluate_all(
        "found => found.map(one => [one.innerText, one.getBoundingClientRect().height])"
    )
    assert sizes and [one for one in sizes if one[1] < SMALLEST_TARGET] == []
    colours = page.locator("main *, header *").evaluate_all(
        "found => found.map(one => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor])"
    )
    grounded = [(ink, ground) for ink, ground in colours if ground != "rgba(0, 0, 0, 0)"]
    assert grounded and [one for one in grounded if contrast(*one) < 7] == []
    white = {ink for ink, ground in colours if ground == "rgba(0, 0, 0, 0)" and ink != "rgb(255, 255, 255)"}
    assert [ink for ink in white if contrast(ink, "rgb(255, 255, 255)") < 7] == []


def contrast(ink: str, ground: str) -> float:
    """Of two colours `rgb(…)`, by WCAG 2.2."""
    light = sorted(_luminance(colour) for colour in (ink, ground))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
