"""Every screen in both languages as pictures on one page (`konbini gallery DIR`)."""

from __future__ import annotations

import html
from pathlib import Path

from PySide6.QtWidgets import QApplication

from server_stub.interface.clock import Clock

from .samples import MOMENT, in_language, samples
from .texts import LANGUAGES
from .window import KioskWindow

_PAGE = """<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><title>画面一覧 / Screens</title><style>
body {{ font-family: "BIZ UDPGothic", sans-serif; margin: 32px; color: #1a1a1a; background: #f2f4f7; }}
section {{ margin-bottom: 40px; }} h2 {{ font-size: 20px; margin: 0 0 8px; }}
div {{ display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }}
img {{ width: 100%; border: 1px solid #6b7280; }}
</style></head><body><h1>画面一覧 / Screens</h1>
{sections}
</body></html>
"""


def write_gallery(folder: Path) -> Path:
    """Write NAME.LANGUAGE.png for every sample view and `index.html`; returns the page. Needs the GUI thread."""
    application = QApplication.instance() or QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    sections = []
    for name, view in samples().items():
        figures = []
        for language in LANGUAGES:
            window.show_view(in_language(view, language))
            file = f"{name}.{language}.png"
            if not window.picture().save(str(folder / file)):
                raise OSError(f"cannot write {folder / file}")
            figures.append(f'<img src="{html.escape(file)}" alt="{html.escape(name)} {language}">')
            application.processEvents()
        sections.append(f"<section><h2>{html.escape(name)}</h2><div>{''.join(figures)}</div></section>")
    window.close()
    page = folder / "index.html"
    page.write_text(_PAGE.format(sections="\n".join(sections)), encoding="utf-8")
    return page
