"""The 利用登録申請 as it will be signed, and its result: the 申請番号, shown once and in no picture."""

from __future__ import annotations

import segno
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QWidget

from kiosk_app.flow.events import Acknowledged, Confirmed, SlipTouched
from kiosk_app.flow.views import ConfirmRegistration, ShowNumber
from server_stub.interface.secret import MASK, Secret

from . import theme
from .button import Kind
from .names import Name, needs_register_face
from .parts import Placed, rect
from .screen import Screen

LABEL_WIDE = 236.0
NUMBER_SIZE = 60
QR_WIDE = 152.0
GAP = "\u3000"


class ConfirmRegistrationScreen(Screen[ConfirmRegistration]):
    """Every line of the text stands here as it will be signed: its first line as the heading, of the others the label before the first
    blank and the value behind it. They are Japanese on every screen."""

    def title(self) -> str:
        return self.words("registration.confirm.title")

    def fill(self) -> None:
        c = self.content
        heading, *lines = self.view.text.splitlines()
        told = rect(c.left(), c.bottom() - 76, c.width(), 76)
        paper = rect(c.left(), c.top(), c.width(), c.height() - 88)
        self.panel(paper)
        inner = paper.adjusted(28, 12, -28, -12)
        self.text(
            rect(inner.left(), inner.top(), inner.width(), 52), heading, theme.LEAD, bold=True, language="ja"
        )
        values = [line.partition(GAP) for line in lines]
        register = needs_register_face([value for _, _, value in values])
        top = inner.top() + 60
        # a place may need two lines
        shares = [2 if len(value) > 34 else 1 for _, _, value in values]
        high = (inner.bottom() - top) / sum(shares)
        for (label, _, value), share in zip(values, shares, strict=True):
            self.panel(rect(inner.left(), top, inner.width(), 2), self.colours.rule)
            box = rect(inner.left(), top, LABEL_WIDE - 12, high * share)
            self.text(box, label, theme.SMALL, colour=self.colours.soft, language="ja")
            box = rect(inner.left() + LABEL_WIDE, top, inner.width() - LABEL_WIDE, high * share)
            Name(self, box, value, theme.LEAD, register=register, least=theme.SMALL)
            top += high * share
        self.text(told, self.words("registration.confirm.note"), theme.TEXT, least=theme.SMALL)
        self.main(self.words("main.next"), lambda: self.tell(Confirmed()))


class SecretText(Placed, QWidget):
    """A secret that a person must read: drawn and nowhere written, so that no list of the screen's words has it; and `masked` while a
    picture is taken."""

    masked = False

    def __init__(self, parent: QWidget, box: QRectF, secret: Secret, size: int, colour: str) -> None:
        super().__init__(parent)
        self._secret, self._size, self._colour = secret, size, colour
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(box)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        painter.setFont(theme.font(self._size // 2 if self.masked else self._size, bold=True, figures=True))
        painter.setPen(QColor(self._colour))
        told = "-".join([MASK] * 4) if self.masked else self._secret.reveal()
        painter.drawText(self.area, Qt.AlignmentFlag.AlignCenter, told)
        painter.end()


class QrCode(Placed, QWidget):
    """`text` as a QR code, on white with its quiet zone."""

    def __init__(self, parent: QWidget, box: QRectF, text: str) -> None:
        super().__init__(parent)
        self.rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.place(box)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = self.pen()
        painter.setRenderHint(painter.RenderHint.Antialiasing, False)
        painter.fillRect(self.area, QColor(theme.GROUND))
        side = self.area.width() / (len(self.rows) + 8)
        for y, row in enumerate(self.rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(QRectF((x + 4) * side, (y + 4) * side, side, side), QColor(theme.INK))
        painter.end()


class ShowNumberScreen(Screen[ShowNumber]):
    """It tells of the card without being built anew under a finger."""

    MORE = "countdown.stay"
    RENEWS = True

    def title(self) -> str:
        return self.words("registration.done.title")

    def fill(self) -> None:
        from server_stub.interface.registration import grouped

        c, view = self.content, self.view
        head = rect(c.left(), c.top(), c.width(), 92)
        self.panel(head, self.colours.tint)
        label = rect(head.left() + 28, head.top(), 250, head.height())
        self.text(label, self.words("registration.done.number"), theme.LARGE, bold=True)
        box = rect(head.left() + 290, head.top(), head.width() - 318, head.height())
        SecretText(self, box, grouped(view.number), NUMBER_SIZE, self.colours.accent)
        top = head.bottom() + 8
        fee = self.words.money(view.slip_fee)
        sentences = [self.words("registration.done.1"), self.words("registration.done.2")]
        if view.slip_fee:
            sentences.append(self.words("registration.done.slip", fee=fee))
        between = self.words("between.sentences")
        wide = c.width() - (QR_WIDE + 24 if view.site else 0)
        self.text(rect(c.left(), top, wide, 152), between.join(sentences), theme.TEXT, least=theme.SMALL)
        if view.site:
            QrCode(self, rect(c.right() - QR_WIDE, top, QR_WIDE, QR_WIDE), view.site)
            line = self.words("registration.done.site", site=view.site)
            self.text(
                rect(c.left(), top + 156, c.width(), 40), line, theme.TEXT, bold=True, single=True, least=18
            )
        top += 204
        frame = rect(c.left(), top, c.width(), c.bottom() - top)
        self.panel(frame)
        inner = frame.adjusted(28, 10, -28, -10)
        told = view.municipality
        name = self.words.either(f"{told.prefecture}{told.name}", told.name_en)
        card = 44 if view.card_inside else 0
        self.text(
            rect(inner.left(), inner.top(), inner.width(), 36),
            self.words("registration.done.from", name=name),
            theme.SMALL,
            colour=self.colours.soft,
        )
        body = rect(inner.left(), inner.top() + 40, inner.width(), inner.height() - 40 - card)
        self.text(body, self.words.offered(view.message), theme.TEXT, least=theme.SMALL)
        if card:
            box = rect(inner.left(), inner.bottom() - card, inner.width(), card)
            self.text(box, self.words("refusal.card"), theme.TEXT, bold=True, colour=self.colours.accent)
        if view.slip_fee:
            foot = theme.FOOTER
            box = rect(foot.left(), foot.top(), 460, foot.height())
            label_of_slip = self.words("registration.done.print")
            self.button(box, label_of_slip, lambda: self.tell(SlipTouched()), Kind.CHOICE)
        self.main(self.words("main.end"), lambda: self.tell(Acknowledged()))
