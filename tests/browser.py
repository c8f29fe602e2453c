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
from typing import Any

import pytest

from scenarios import paths

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
DEMANDED = bool(os.environ.get("KONBINI_BROWSER"))
AXE = "axe-core@4.10.2"


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
