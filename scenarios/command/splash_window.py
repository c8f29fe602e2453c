"""The first window of the demo: what is being started. A program of its own, which imports Qt alone and so is there at once.

On its standard input come lines `DONE OF TEXT`; it says `shown` when it is seen, and goes when its input ends.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

WIDTH, HEIGHT = 560, 300
GROUND, INK, SOFT, BAR, TROUGH = "#17202B", "#F1F5F9", "#B4C1CF", "#7FB6E8", "#33445A"
FAMILIES = ["BIZ UDPGothic", "BIZ UDPゴシック", "Noto Sans CJK JP", "Yu Gothic UI", "Meiryo", "sans-serif"]
_FILE = "BIZUDPGothic-Regular.ttf"


class Lines(QObject):
    came = Signal(str)
    ended = Signal()

    def read(self) -> None:
        for line in sys.stdin:
            self.came.emit(line.rstrip("\n"))
        self.ended.emit()


class Splash(QWidget):
    def __init__(self) -> None:
        # the terminal comes before the panel, and would cover it
        super().__init__(None, Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint)
        self._done, self._of, self._text = 0, 1, "始めています"
        self._told = False
        self.setWindowTitle("コンビニ交付キオスク（見本）")
        self.setAccessibleName(self._text)
        free = QGuiApplication.primaryScreen().availableGeometry()
        self._scale = max(1.0, min(free.width() / 1920, free.height() / 1080))
        self.setFixedSize(round(WIDTH * self._scale), round(HEIGHT * self._scale))
        self.move(free.center() - self.rect().center())

    def take(self, line: str) -> None:
        done, of, text = (line.split(" ", 2) + ["", ""])[:3]
        if done.isdecimal() and of.isdecimal():
            self._done, self._of, self._text = int(done), max(1, int(of)), text
            self.setAccessibleName(text)
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(GROUND))
        painter.scale(self._scale, self._scale)
        for text, size, bold, colour, top in (
            ("見本", 44, True, INK, 36),
            ("コンビニ交付キオスク", 26, True, INK, 104),
            ("試験用・証明書としての効力はありません", 15, False, SOFT, 146),
            (f"{self._text}…", 17, False, INK, 196),
        ):
            font = QFont()
            font.setFamilies(FAMILIES)
            font.setPixelSize(size)
            font.setBold(bold)
            painter.setFont(font)
            painter.setPen(QColor(colour))
            painter.drawText(QRectF(20, top, WIDTH - 40, size * 1.6), Qt.AlignmentFlag.AlignCenter, text)
        trough = QRectF(60, 246, WIDTH - 120, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(TROUGH))
        painter.drawRoundedRect(trough, 4, 4)
        trough.setWidth(trough.width() * min(1.0, self._done / self._of))
        painter.setBrush(QColor(BAR))
        painter.drawRoundedRect(trough, 4, 4)
        painter.end()
        if not self._told:
            self._told = True
            QTimer.singleShot(0, _say_shown)


def _say_shown() -> None:
    print("shown", flush=True)  # noqa: T201


def main() -> None:
    application = QApplication(sys.argv[:1])
    for folder in filter(None, os.environ.get("KONBINI_FONTS", "").split(os.pathsep)):
        if (Path(folder) / _FILE).is_file():
            QFontDatabase.addApplicationFont(str(Path(folder) / _FILE))
    splash, lines = Splash(), Lines()
    lines.came.connect(splash.take)
    lines.ended.connect(application.quit)
    threading.Thread(target=lines.read, daemon=True).start()
    splash.show()
    application.exec()


if __name__ == "__main__":
    main()
