"""Goes through tours with nobody at the keyboard, and keeps what the terminal showed at each step beside what is said there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage

from kiosk_app.screens import theme

from . import Tour
from .guide import Guide

if TYPE_CHECKING:
    from scenarios.stage import Stage

INDEX = "index.html"
_STYLE = """body{font-family:"BIZ UDPGothic","Noto Sans CJK JP",sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#1a1a1a}
figure{margin:0 0 2.5em;break-inside:avoid}img{width:100%;border:1px solid #888}figcaption{font-size:1.15em;line-height:1.7}
small{color:#555;display:block}h2{border-bottom:3px solid #1f5fa8;padding-bottom:.2em}"""


def run_tours(
    tours: Iterable[Tour],
    guide: Guide,
    stage: Stage,
    pictures: Path,
    tell: Callable[[str], object] = lambda line: None,
) -> list[Path]:
    """Each tour to its end; the pictures, in order: `pictures`/TOUR/01.png and so on, with a page of all of them.

    Raises what a step raises: AssertionError where something is not as the tour says.
    """
    kept: list[Path] = []
    page = [
        f'<!doctype html><html lang="ja"><meta charset="utf-8"><title>見学コース</title><style>{_STYLE}</style>'
    ]
    for tour in tours:
        tell(f"■ {tour.title.ja}（{tour.name}）")
        page.append(f"<h2>{escape(tour.title.ja)}<small>{escape(tour.title.en)}</small></h2>")
        folder = pictures / tour.name
        folder.mkdir(parents=True, exist_ok=True)
        guide.start(tour)
        while True:
            step = guide.step
            assert step is not None
            path = folder / f"{guide.at + 1:02d}.png"
            path.write_bytes(stage.kiosk.terminal.picture()) if guide.is_on() else _dark(path)
            kept.append(path)
            tell(f"{guide.at + 1:2d}. {step.says.ja}")
            page.append(
                f'<figure><img src="{tour.name}/{path.name}" alt=""><figcaption>{escape(step.says.ja)}'
                f"<small>{escape(step.says.en)}</small></figcaption></figure>"
            )
            if guide.ended:
                break
            guide.do()
    (pictures / INDEX).write_text("\n".join(page), encoding="utf-8")
    return kept


def _dark(path: Path) -> None:
    """The screen without power."""
    picture = QImage(QSize(theme.WIDTH, theme.HEIGHT), QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    picture.save(str(path))
