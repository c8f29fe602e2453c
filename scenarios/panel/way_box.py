"""申請の道筋: the nodes of the way, who is at work now, the milliseconds of each, where it was stopped; and the switch of the pace."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QPushButton, QSizePolicy, QWidget

from kiosk_app.screens.texts import RefusalWords, Words
from scenarios.trace_labels import values
from server_stub.interface.trace import Event

from . import theme
from .client import Attempt, PanelClient
from .parts import Box, button, label, row, set_role
from .two_languages import JA, LANGUAGE, say
from .way import (
    AUTHORITY,
    CARD_REGISTRY,
    CENTRE,
    EXISTING,
    IDENTITY,
    ISSUING,
    PAPER,
    REGISTRATION,
    STANDING,
    TERMINAL,
    Hop,
    Way,
    Ways,
    hops,
)

ERRANDS = (IDENTITY, PAPER, REGISTRATION, STANDING)
_OTHER = "other"
_NEAR, _FAR, _ROW, _BETWEEN = 68, 104, 38, 16
"""Widths of the nodes left and right, height of a node, room between two, like all here of a screen of 1920 x 1080."""
_HEAD = 5
_LANE = 5
"""Pixels from the middle to the line there, and to the line back."""


class WayBox(Box):
    """`began` is emitted when something begins on the way."""

    began = Signal()

    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__()
        self._client, self._attempt = client, attempt
        self._ways = Ways()
        self._chosen = ""
        """The errand that is shown; '' for the one that began last."""
        self._title = label("", "head")
        self.pace = button("", role="way")
        self.pace.setCheckable(True)
        self.pace.clicked.connect(self._set_pace)
        self.language = button("", LANGUAGE.toggle, role="way")
        self.inside.addLayout(row(self._title, 1, self.pace, self.language))
        self.choices = {errand: self._choice(errand) for errand in ERRANDS}
        group = QButtonGroup(self)
        group.setExclusive(True)
        self._line = QGridLayout()
        self._line.setSpacing(theme.GAP)
        for choice in self.choices.values():
            group.addButton(choice)
            self._line.addWidget(choice, 0, 0)
        self.inside.addLayout(self._line)
        self.drawing = Drawing(whole=client.has_servers())
        self.inside.addWidget(self.drawing)
        self.told = label("", "soft", wrap=True, name="way_told")
        self.inside.addWidget(self.told)
        LANGUAGE.changed.connect(self._speak)
        self._speak()

    def _choice(self, errand: str) -> QPushButton:
        made = button("", lambda: self._choose(errand), role="way")
        made.setCheckable(True)
        made.hide()
        return made

    def _arrange(self) -> None:
        """The choices in one line, or two abreast where there is no room for that: they never widen the column."""
        shown = [choice for choice in self.choices.values() if not choice.isHidden()]
        wide = sum(choice.sizeHint().width() + theme.GAP for choice in shown) - theme.GAP
        margins = self.inside.contentsMargins()
        abreast = len(shown) if wide <= self.width() - margins.left() - margins.right() else 2
        for choice in self.choices.values():
            self._line.removeWidget(choice)
        for number, choice in enumerate(shown):
            self._line.addWidget(choice, number // abreast, number % abreast)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    # --- what happened ---------------------------------------------------------------------------------------------------------

    def take(self, events: Sequence[Event]) -> None:
        """Take in what was written to the trace."""
        before = len(self._ways.ways()), sum(hop.calls for hop in hops(self._ways.ways()))
        if not self._ways.take(events):
            return
        after = len(self._ways.ways()), sum(hop.calls for hop in hops(self._ways.ways()))
        if after != before:
            self._chosen = ""
        self._show()
        if after > before:
            self.began.emit()

    def forget(self) -> None:
        """Nothing from before counts."""
        self._ways.forget()
        self._chosen = ""
        self._show()

    def look(self) -> None:
        """Show the pace as it is."""
        real = self._client.paced()
        self.pace.setChecked(real)
        self.pace.setText(f"{say('pace')}：{say('on' if real else 'off')}")
        self.pace.setAccessibleName(self.pace.text())

    def shown(self) -> Way | None:
        """The way that is shown."""
        ways = {way.errand: way for way in self._ways.ways()}
        if self._chosen in ways:
            return ways[self._chosen]
        *_, last = None, *ways.values()
        if last is not None and last.errand == STANDING and last.ended and not last.stopped_at:
            return ways.get(PAPER, last)  # a matter of a moment, between the paper and the money
        return last

    # --- what is seen ----------------------------------------------------------------------------------------------------------

    def _speak(self) -> None:
        self._title.setText(say("way"))
        self.setAccessibleName(say("way"))
        self.language.setText(say("language"))
        self.language.setAccessibleName(say("language"))
        self.language.setToolTip(say("language.tip"))
        self.pace.setToolTip(say("pace.tip"))
        self.look()
        self._show()

    def _choose(self, errand: str) -> None:
        self._chosen = errand
        self._show()

    def _show(self) -> None:
        ways, way = self._ways.ways(), self.shown()
        there = {one.errand: one for one in ways}
        for errand, choice in self.choices.items():
            choice.setVisible(errand in there or (not ways and errand in (IDENTITY, PAPER)))
            choice.setEnabled(errand in there)
            choice.setText(say(f"errand.{errand}"))
            choice.setAccessibleName(choice.text())
            choice.setChecked(way is not None and way.errand == errand)
        self._arrange()
        self.drawing.show_way(way, with_existing=any(hop.node == EXISTING for hop in hops(ways)))
        self.told.setText(_told(way))
        set_role(self.told, "bad" if way is not None and way.stopped_at else "soft")

    def _set_pace(self, real: bool) -> None:
        self._attempt(lambda: self._client.set_pace(real), say("pace.on" if real else "pace.off"))
        self.look()


def _told(way: Way | None) -> str:
    """The way in one sentence."""
    if way is None:
        return say("way.empty")
    if way.stopped_at == TERMINAL:
        return say("way.stopped.terminal")
    if way.stopped_at:
        key = f"way.{'silent' if way.unanswered else 'stopped'}.{way.stopped_at}"
        return say(key, cause=_cause(way.failure))
    if not way.ended:
        return say(f"way.at_work.{way.at_work() or TERMINAL}")
    return say("way.done", errand=say(f"errand.{way.errand}"), ms=f"{way.milliseconds:,}")


def _cause(failure: str) -> str:
    known = values("cause").get(failure)
    if known is None:
        return say("way.cause.unknown")
    return known if LANGUAGE.now == JA else RefusalWords(Words(LANGUAGE.now), failure, {}).happened


def said(hop: Hop | None) -> str:
    """What the authority has answered, in a word; '' for nothing."""
    if hop is None or not hop.said:
        return ""
    worst = next((one for one in hop.said if one != "good"), "good")
    if "hold" in worst.lower() or worst == "held":
        return say("said.held")
    return say(f"said.{worst.split()[0]}" if worst.split()[0] in ("good", "revoked") else "said.other")


class Drawing(QWidget):
    """The nodes and the lines between them."""

    def __init__(self, *, whole: bool) -> None:
        """`whole`: the servers' events are there too, and not the terminal's alone."""
        super().__init__()
        self._whole = whole
        self._way: Way | None = None
        self._with_existing = False
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        LANGUAGE.changed.connect(self.update)

    def show_way(self, way: Way | None, *, with_existing: bool) -> None:
        self._way = way
        if with_existing != self._with_existing:
            self._with_existing = with_existing
            self.updateGeometry()
        self.setAccessibleName(_told(way))
        self.update()

    def sizeHint(self) -> QSize:
        rows = 3 if self._with_existing else 2
        return QSize(theme.px(376), theme.px(rows * _ROW + (rows - 1) * _BETWEEN + 4))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(200), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(theme.SCALE, theme.SCALE)
        self._draw(painter, self.width() / theme.SCALE)
        painter.end()

    # in pixels of a screen of 1920 x 1080 from here on

    def rooms(self, width: float) -> dict[str, QRectF]:
        """Where each node stands in a drawing of that width."""
        tall = 2 * _ROW + _BETWEEN
        between = max(40.0, (width - 2 * _NEAR - _FAR - 4) / 2)
        terminal = QRectF(2, 2, _NEAR, tall)
        centre = QRectF(terminal.right() + between, 2, _NEAR, tall)
        upper = QRectF(centre.right() + between, 2, _FAR, _ROW)
        lower, below = (upper.translated(0, rows * (_ROW + _BETWEEN)) for rows in (1, 2))
        return {
            TERMINAL: terminal, CENTRE: centre, AUTHORITY: upper, CARD_REGISTRY: upper, ISSUING: lower, EXISTING: below,
            _OTHER: upper.united(lower),
        }  # fmt: skip

    def _draw(self, painter: QPainter, width: float) -> None:
        rooms = self.rooms(width)
        terminal, centre, upper, lower = (rooms[one] for one in (TERMINAL, CENTRE, AUTHORITY, ISSUING))
        self._line(painter, terminal, centre, terminal.center().y(), self._hop(CENTRE), CENTRE)
        self._node(painter, terminal, TERMINAL)
        self._node(painter, centre, CENTRE)
        if not self._whole:
            self._node(painter, rooms[_OTHER], _OTHER)
            return
        proof = CARD_REGISTRY if self._hop(CARD_REGISTRY) is not None else AUTHORITY
        self._line(painter, centre, upper, upper.center().y(), self._hop(proof), proof)
        self._line(painter, centre, lower, lower.center().y(), self._hop(ISSUING), ISSUING)
        self._node(painter, upper, proof)
        self._node(painter, lower, ISSUING)
        if self._with_existing:
            self._down(painter, lower, rooms[EXISTING], centre.left())
            self._node(painter, rooms[EXISTING], EXISTING)

    def _hop(self, node: str) -> Hop | None:
        return self._way.hops.get(node) if self._way is not None else None

    def _state(self, node: str) -> str:
        """The colour of a node."""
        way, hop = self._way, self._hop(node)
        if way is None or node == _OTHER:
            return theme.RULE
        if way.stopped_at == node:
            return theme.BAD
        if way.ended and node == TERMINAL:
            return theme.GOOD if not way.stopped_at else theme.RULE
        if node == TERMINAL:
            return theme.RULE
        if hop is None:
            return theme.RULE
        return theme.ACCENT if hop.at_work else theme.GOOD if hop.good else theme.RULE

    def _node(self, painter: QPainter, box: QRectF, node: str) -> None:
        colour = self._state(node)
        lit = self._way is not None and self._way.at_work() == node
        painter.setPen(QPen(theme.colour(colour), 1 if colour == theme.RULE else 2))
        painter.setBrush(theme.colour(theme.ACCENT if lit else theme.RAISED))
        painter.drawRoundedRect(box, 6, 6)
        painter.setPen(theme.colour(theme.ON_ACCENT if lit else theme.INK))
        small = theme.font(theme.SMALL, bold=True, enlarged=False)
        painter.setFont(small)
        text = say(f"way.{node}")
        if node == AUTHORITY and (answer := said(self._hop(node))):
            text += f"\n{answer}"
        if node == _OTHER:
            text += f"\n{say('way.other.note')}"
        if self._way is not None and self._way.stopped_at == node:
            text += " ✕" if "\n" in text else "\n✕"
        around = box.adjusted(3, 1, -3, -1)
        painter.drawText(around, int(_MIDDLE | Qt.TextFlag.TextWordWrap), text)

    def _line(
        self, painter: QPainter, start: QRectF, end: QRectF, y: float, hop: Hop | None, node: str
    ) -> None:
        left, right = start.right() + 4, end.left() - 4
        there, back = self._lanes(hop, node)
        _arrow(painter, QPointF(left, y - _LANE), QPointF(right, y - _LANE), there)
        _arrow(painter, QPointF(right, y + _LANE), QPointF(left, y + _LANE), back)
        self._time(painter, QRectF(left - 4, y - _LANE - 19, right - left + 8, 16), hop, _MIDDLE)

    def _down(self, painter: QPainter, upper: QRectF, lower: QRectF, left: float) -> None:
        hop = self._hop(EXISTING)
        there, back = self._lanes(hop, EXISTING)
        x = lower.center().x()
        _arrow(painter, QPointF(x - _LANE, upper.bottom() + 2), QPointF(x - _LANE, lower.top() - 2), there)
        _arrow(painter, QPointF(x + _LANE, lower.top() - 2), QPointF(x + _LANE, upper.bottom() + 2), back)
        box = QRectF(left, lower.top(), lower.left() - left - 6, lower.height())
        self._time(painter, box, hop, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _lanes(self, hop: Hop | None, node: str) -> tuple[str, str]:
        """The colours of the line there and of the line back."""
        way = self._way
        if way is not None and way.unanswered and way.stopped_at == node:
            return theme.BAD, theme.RULE
        if hop is None:
            return theme.RULE, theme.RULE
        if hop.at_work:
            return theme.ACCENT, theme.RULE
        return theme.GOOD, theme.GOOD if hop.good else theme.BAD

    def _time(self, painter: QPainter, box: QRectF, hop: Hop | None, flags: Qt.AlignmentFlag) -> None:
        if hop is None:
            return
        painter.setFont(theme.font(theme.SMALL, enlarged=False))
        painter.setPen(theme.colour(theme.ACCENT if hop.at_work else theme.INK))
        painter.drawText(box, int(flags), "…" if hop.at_work else time_told(hop.milliseconds))


def time_told(milliseconds: int) -> str:
    """What stands above a line: no wider than the room between two nodes."""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


_MIDDLE = Qt.AlignmentFlag.AlignCenter


def _arrow(painter: QPainter, start: QPointF, end: QPointF, colour: str) -> None:
    painter.setPen(QPen(theme.colour(colour), 1.5 if colour == theme.RULE else 2.5))
    painter.drawLine(start, end)
    length = max(1.0, ((end.x() - start.x()) ** 2 + (end.y() - start.y()) ** 2) ** 0.5)
    along = QPointF((end.x() - start.x()) / length, (end.y() - start.y()) / length)
    across = QPointF(-along.y(), along.x())
    foot = end - along * (_HEAD * 1.6)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(colour))
    painter.drawPolygon(QPolygonF([end, foot + across * _HEAD * 0.8, foot - across * _HEAD * 0.8]))
