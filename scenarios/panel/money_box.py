"""お金: coins and the 1,000-yen note to drop, and where the money lies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy

from kiosk_app.devices.interface import DENOMINATIONS

from . import theme
from .client import Attempt, PanelClient, TerminalState
from .parts import Box, button, even, label, row

_METALS = {
    10: ("#E3A878", "#9C5B2E", "#4A2409"),
    50: ("#F0F3F6", "#98A4B0", "#27323D"),
    100: ("#F0F3F6", "#98A4B0", "#27323D"),
    500: ("#F6E7AE", "#B89A45", "#463607"),
}
"""Light, shadow and letters."""
_DIAMETERS = {10: 50.0, 50: 46.0, 100: 48.0, 500: 54.0}
_NOTE = QSize(86, 44)
HEIGHT = 60


class MoneyButton(QAbstractButton):
    """One coin or note; a click drops it."""

    def __init__(self, yen: int, action: Callable[[], object]) -> None:
        super().__init__()
        self.yen = yen
        self.lit = False
        self.setText(f"{yen:,}円")
        self.setAccessibleName(f"{yen}円を入れる")
        self.setToolTip(f"{yen:,}円を投入口に入れます")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda: action())

    def sizeHint(self) -> QSize:
        wide = _NOTE.width() if self.yen == 1000 else int(_DIAMETERS[self.yen])
        return QSize(theme.px(wide + 2), theme.px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(theme.SCALE, theme.SCALE)
        wide, high = self.width() / theme.SCALE, self.height() / theme.SCALE
        centre = QPointF(wide / 2, high / 2 + (1.5 if self.isDown() else 0))
        if not self.isEnabled():
            painter.setOpacity(0.4)
        if self.yen == 1000:
            self._draw_note(painter, centre)
        else:
            self._draw_coin(painter, centre)
        if self.lit or self.hasFocus():
            painter.setPen(QPen(QColor(theme.ACCENT if self.lit else theme.FOCUS), 3 if self.lit else 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(1.5, 1.5, wide - 3, high - 3), 8, 8)
        painter.end()

    def _draw_coin(self, painter: QPainter, centre: QPointF) -> None:
        light, shadow, letters = _METALS[self.yen]
        radius = _DIAMETERS[self.yen] / 2
        shape = QPainterPath()
        shape.addEllipse(centre, radius, radius)
        if self.yen == 50:
            shape.addEllipse(centre, 6.5, 6.5)
        fill = QLinearGradient(
            centre.x() - radius, centre.y() - radius, centre.x() + radius, centre.y() + radius
        )
        fill.setColorAt(0, QColor(light))
        fill.setColorAt(1, QColor(shadow))
        painter.setPen(QPen(QColor(shadow).darker(130), 1))
        painter.setBrush(fill)
        painter.drawPath(shape)
        if self.yen == 500:  # the inner disc of two metals
            inner = QLinearGradient(
                centre.x() - radius, centre.y() - radius, centre.x() + radius, centre.y() + radius
            )
            inner.setColorAt(0, QColor("#F4F6F8"))
            inner.setColorAt(1, QColor("#B9C1C9"))
            painter.setBrush(inner)
            painter.setPen(QPen(QColor(shadow), 1))
            painter.drawEllipse(centre, radius - 7, radius - 7)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(shadow), 1))
            painter.drawEllipse(centre, radius - 3.5, radius - 3.5)
        painter.setPen(QColor(letters))
        if self.yen == 50:  # the figure stands above the hole
            painter.setFont(theme.font(13, bold=True, enlarged=False))
            painter.drawText(
                QRectF(centre.x() - radius, centre.y() - radius + 3, 2 * radius, 15), _MIDDLE, "50"
            )
            return
        painter.setFont(theme.font(17 if self.yen < 500 else 18, bold=True, enlarged=False))
        painter.drawText(
            QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius), _MIDDLE, str(self.yen)
        )

    def _draw_note(self, painter: QPainter, centre: QPointF) -> None:
        box = QRectF(0, 0, _NOTE.width(), _NOTE.height())
        box.moveCenter(centre)
        fill = QLinearGradient(box.topLeft(), box.bottomRight())
        fill.setColorAt(0, QColor("#DDE8EF"))
        fill.setColorAt(1, QColor("#A9C2D3"))
        painter.setPen(QPen(QColor("#5C7A8E"), 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(box, 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor("#7F9DB0"), 1))
        painter.drawRoundedRect(box.adjusted(4, 4, -4, -4), 2, 2)
        painter.setPen(QColor("#1D3442"))
        painter.setFont(theme.font(18, bold=True, enlarged=False))
        painter.drawText(box, _MIDDLE, "1,000")


_MIDDLE = Qt.AlignmentFlag.AlignCenter


_PLACES = (("inserted", "投入中"), ("taken", "収納（金庫）"), ("returned", "返却口"))


class MoneyBox(Box):
    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__("お金")
        self._client, self._attempt = client, attempt
        self.heading.addWidget(label("押すと、端末の投入口に入れます", "small"))
        coins = row(1)
        self.coins = [MoneyButton(yen, partial(self._drop, yen)) for yen in sorted(DENOMINATIONS)]
        for coin in self.coins:
            coins.addWidget(coin)
            coins.addStretch(1)
        self.inside.addLayout(coins)
        amounts = QGridLayout()
        amounts.setVerticalSpacing(2)
        self.amounts = {}
        for column, (place, word) in enumerate(_PLACES):
            title, amount = label(word, "soft"), label("―", "large", name=place)
            amount.setAccessibleName(word)
            for line, item in enumerate((title, amount)):
                item.setAlignment(Qt.AlignmentFlag.AlignCenter)
                amounts.addWidget(item, line, column)
            amounts.setColumnStretch(column, 1)
            self.amounts[place] = amount
        self.inside.addLayout(amounts)
        self.reject = button("次の硬貨を受け付けない", self._reject, tip="次に入れた硬貨が、そのまま戻ります")
        self.empty = button("おつりを空にする", self._switch_change, tip="もう一度押すと、おつりを補充します")
        self.empty.setCheckable(True)
        self.inside.addLayout(even(self.reject, self.empty))

    def refresh(self, state: TerminalState | None) -> None:
        """None: the terminal does not answer."""
        for place, amount in self.amounts.items():
            amount.setText("―" if state is None else f"{getattr(state, place):,}円")
        for coin in self.coins:
            coin.setEnabled(state is not None)

    def for_amount(self, yen: int) -> MoneyButton:
        """What to drop next where so much is missing: the largest that is not too much, else the smallest."""
        fitting = [coin for coin in self.coins if coin.yen <= yen]
        return fitting[-1] if fitting else self.coins[0]

    def forget(self) -> None:
        """The stage was reset."""
        self._set_empty(False)

    def _drop(self, yen: int) -> None:
        self._attempt(lambda: self._client.drop(yen))

    def _reject(self) -> None:
        self._attempt(self._client.reject_next, "次に入れる硬貨は、受け付けられずに戻ります。")

    def _switch_change(self) -> None:
        empty = self.empty.isChecked()
        done = "おつりを空にしました。" if empty else "おつりを補充しました。"
        if not self._attempt(lambda: self._client.fill_change(not empty), done):
            empty = not empty
        self._set_empty(empty)

    def _set_empty(self, empty: bool) -> None:
        self.empty.setChecked(empty)
        self.empty.setText("おつりは空（補充する）" if empty else "おつりを空にする")
