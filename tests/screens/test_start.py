"""The terminal opens quickly, and the gallery shows every screen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage

from kiosk_app.screens import gallery
from kiosk_app.screens.gallery import samples

FIRST_PAINT = """
import sys
from PySide6.QtWidgets import QApplication
application = QApplication([])
from kiosk_app.flow.views import TopMenu
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
window = KioskWindow(Clock())
window.show_view(TopMenu())
window.show()
application.processEvents()
assert not window.picture().isNull()
print(*sys.modules)
"""


def test_the_first_screen_loads_nothing_of_the_later_ones() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_PAINT], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "kiosk_app.screens.menus" in loaded
    assert (
        not {"uharfbuzz", "pydantic", "kiosk_app.screens.names", "kiosk_app.screens.confirm_and_pay"} & loaded
    )


def test_the_gallery_is_one_page_with_every_screen_in_both_languages(
    qapp: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {name: view for name, view in samples().items() if name in ("TopMenu", "EnterPin")}
    monkeypatch.setattr(gallery, "samples", lambda: few)
    page = gallery.write_gallery(tmp_path / "gallery")
    html = page.read_text(encoding="utf-8")
    for name in few:
        for language in ("ja", "en"):
            file = f"{name}.{language}.png"
            assert f'src="{file}"' in html
            picture = QImage(str(page.parent / file))
            assert (picture.width(), picture.height()) == (1280, 800)
