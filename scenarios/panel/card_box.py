"""カード: the cards in the presenter's hand, the one on the reader, its PIN on demand, and the report of a loss."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor, QHideEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from server_stub.interface.secret import MASK

from . import theme
from .client import TROUBLE, Attempt, PanelCard, PanelClient
from .parts import Box, Elided, button, draw_ground, even, label, row, set_role

_NAME, _PURPOSE = Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.UserRole + 1
_SEARCHED, _CARD, _LAID = (Qt.ItemDataRole.UserRole + n for n in (2, 3, 4))
NOBODY = "カードはありません"
BY_HAND = (
    "お手元のカードを、カードリーダに置いたり取ったりしてください。暗証番号は、端末の画面で入力してください。"
)
HOLD_NOT = "住所地の職員：一時停止はふだんのカードだけ"
REVEALED_MS = 10_000
"""A PIN stays on the panel for so long after one click: four digits are read and entered, and the next visitor sees none."""
_LOOK_AT_PIN = f"暗証番号を{REVEALED_MS // 1000}秒見る"
_LOOK_AT_PASSWORD = f"パスワードを{REVEALED_MS // 1000}秒見る"
Index = QModelIndex | QPersistentModelIndex


def plain(text: str) -> str:
    """For searching: width, case and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class CardRow(QStyledItemDelegate):
    """A card in two lines: whose, and what it is for."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.px(100), theme.px(46))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        box = draw_ground(painter, option)
        laid = bool(index.data(_LAID))
        if laid:
            painter.fillRect(QRect(box.left(), box.top(), theme.px(4), box.height() - 1), QColor(theme.GOOD))
        inner = box.adjusted(theme.px(12), theme.px(5), -theme.px(8), -theme.px(5))
        for size, bold, colour, text, top in (
            (theme.SIZE, True, theme.GOOD if laid else theme.INK, str(index.data(_NAME)), 0),
            (theme.SMALL, False, theme.SOFT, str(index.data(_PURPOSE)), 19),
        ):
            painter.setFont(theme.font(size, bold))
            painter.setPen(QColor(colour))
            fitting = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inner.width())
            line = QRect(inner.left(), inner.top() + theme.px(top), inner.width(), theme.px(18))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), fitting)
        painter.restore()


class CardBox(Box):
    """`attempt` does what may fail and tells the presenter."""

    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__("カード")
        self._client, self._attempt = client, attempt
        self._shown = ""
        self.on_reader = Elided(NOBODY)
        self.on_reader.setObjectName("on_reader")
        self.readers = QComboBox(self)
        self.readers.setAccessibleName("カードリーダ")
        self.readers.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.readers.setMinimumContentsLength(10)
        self.readers.addItems(client.readers())
        self.readers.setCurrentText(client.chosen_reader())
        self.readers.textActivated.connect(self._choose_reader)
        self.by_hand = label(BY_HAND, "soft", wrap=True)
        self.by_hand.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.search = QLineEdit()
        self.search.setAccessibleName("カードを探す")
        self.search.setPlaceholderText("氏名や用途で探す（例：支援措置）")
        self.search.setClearButtonEnabled(True)
        self.list = QListView()
        self.list.setAccessibleName("カードの一覧")
        self.list.setItemDelegate(CardRow(self.list))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._items = QStandardItemModel(self)
        for card in client.cards():
            self._items.appendRow(_item(card))
        self.found = QSortFilterProxyModel(self)
        self.found.setSourceModel(self._items)
        self.found.setFilterRole(_SEARCHED)
        self.list.setModel(self.found)
        self.purpose = label("", "soft", wrap=True)
        self.purpose.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.purpose.setFixedHeight(theme.px(36))
        self.lay = button("カードを置く", self._lay, tip="選んだカードを、端末の読み取り部に置きます")
        self.take = button("カードを取る", self._take, tip="読み取り部のカードを取ります")
        self.show_pin = button(_LOOK_AT_PIN, self._reveal, tip="カードを選び直すと、すぐに隠します")
        self._password = False
        self.cover = QTimer(self)
        self.cover.setSingleShot(True)
        self.cover.setInterval(REVEALED_MS)
        self.cover.timeout.connect(self.conceal)
        self.pin = label("", "large", name="pin")
        self.pin.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.holder = Elided()
        self.holder.setProperty("role", "soft")
        self.hold = button("電子証明書を一時停止", self._hold, tip="紛失の届出を受けた職員として行います")
        self._lay_out()
        self.search.textChanged.connect(self._search)
        self.search.returnPressed.connect(self.list.setFocus)
        self.list.selectionModel().currentChanged.connect(self._changed)
        self.list.doubleClicked.connect(lambda *_: self._lay())
        self.conceal()
        self.list.setCurrentIndex(self.found.index(0, 0))
        self._offer()

    def _offer(self) -> None:
        """Real hands lay their own cards, and somebody's servers hold nobody's certificate from here."""
        for part in (self.search, self.list, self.purpose, self.lay, self.take, self.show_pin, self.pin):
            part.setVisible(bool(self._client.cards()))
        for part in (self.holder, self.hold):
            part.setVisible(self._client.has_servers())
        self.by_hand.setVisible(not self._client.cards())

    def _lay_out(self) -> None:
        self.readers.setVisible(self.readers.count() > 0)
        if self.readers.count():
            choice = row(label("リーダ", "soft"), self.readers)
            choice.setStretch(1, 1)
            self.inside.addLayout(choice)
        on_reader = row(label("読み取り部", "soft"), self.on_reader)
        on_reader.setStretch(1, 1)
        self.inside.addLayout(on_reader)
        self.inside.addWidget(self.by_hand, 1)
        self.inside.addWidget(self.search)
        self.inside.addWidget(self.list, 1)
        self.inside.addWidget(self.purpose)
        self.inside.addLayout(even(self.lay, self.take))
        self.inside.addLayout(even(self.show_pin, self.pin))
        self.inside.addWidget(self.holder)
        self.inside.addWidget(self.hold)

    def chosen(self) -> PanelCard | None:
        """The card that is selected in the list."""
        index = self.list.currentIndex()
        card = index.data(_CARD) if index.isValid() else None
        return card if isinstance(card, PanelCard) else None

    def watch(self) -> None:
        """See whether real hands have laid a card, or taken it."""
        if self._laid() != self._shown:
            self.refresh()

    def choose(self, name: str) -> None:
        """Select the card of that name in the list, if it is there."""
        self.search.clear()
        for number in range(self.found.rowCount()):
            if self.found.index(number, 0).data(_NAME) == name:
                self.list.setCurrentIndex(self.found.index(number, 0))
                return

    def ask_password(self, asked: bool) -> None:
        """Whether the terminal asks for the password of the signature certificate, and not for the PIN."""
        if asked != self._password:
            self._password = asked
            self.conceal()
            self.show_pin.setText(_LOOK_AT_PASSWORD if asked else _LOOK_AT_PIN)

    def _laid(self) -> str:
        """A terminal that does not answer sees no card."""
        try:
            return self._client.laid_card()
        except TROUBLE:
            return ""

    def refresh(self) -> None:
        """Show which card lies on the reader."""
        laid = self._shown = self._laid()
        self.on_reader.setText(laid or NOBODY)
        set_role(self.on_reader, "good" if laid else "soft")
        for number in range(self._items.rowCount()):
            item = self._items.item(number)
            if bool(item.data(_LAID)) != (item.text() == laid):
                item.setData(item.text() == laid, _LAID)
        self._selected()

    # --- what the presenter does -----------------------------------------------------------------------------------------

    def _search(self, text: str) -> None:
        self.found.setFilterFixedString(plain(text))
        if not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.found.index(0, 0))
        self._selected()

    def _changed(self) -> None:
        """Another card's PIN is not this one's."""
        self.conceal()
        self._selected()

    def _selected(self) -> None:
        card, laid = self.chosen(), self._laid()
        text = card.purpose if card else "当てはまるカードがありません。"
        self.purpose.setText(text)
        self.purpose.setToolTip(text)
        self.lay.setEnabled(card is not None and not laid)
        self.take.setEnabled(bool(laid))
        self.show_pin.setEnabled(card is not None)
        self.hold.setEnabled(card is not None and bool(card.calling))
        self.holder.setText(f"住所地の職員：{card.calling}さん" if card and card.calling else HOLD_NOT)

    def _do(self, action: Callable[[], object], done: str) -> None:
        self._attempt(action, done)
        self.refresh()

    def _lay(self) -> None:
        card = self.chosen()
        if card is not None and not self._laid():
            self._do(lambda: self._client.lay_card(card.name), f"「{card.name}」を置きました。")

    def _choose_reader(self, name: str) -> None:
        if name != self._client.chosen_reader():
            self.conceal()
            self._do(lambda: self._client.choose_reader(name), f"「{name}」を使います。最初に戻しました。")

    def _take(self) -> None:
        self._do(self._client.take_card, "カードを取りました。")

    def _hold(self) -> None:
        card = self.chosen()
        if card is not None and card.calling:
            self._do(
                lambda: self._client.hold_certificates(card.calling),
                f"{card.calling}さんの利用者証明用電子証明書を一時停止しました。",
            )

    def _reveal(self) -> None:
        card = self.chosen()
        if card is None:
            return
        asked = self._client.password_of if self._password else self._client.pin_of
        if self._attempt(lambda: self.pin.setText(asked(card.name).reveal())):
            self.cover.start()

    def conceal(self) -> None:
        """Cover the PIN at once."""
        self.cover.stop()
        self.pin.setText(MASK)

    def hideEvent(self, event: QHideEvent) -> None:
        self.conceal()
        super().hideEvent(event)


def _item(card: PanelCard) -> QStandardItem:
    item = QStandardItem(card.name)
    item.setData(card.purpose, _PURPOSE)
    item.setData(plain(card.name + card.purpose), _SEARCHED)
    item.setData(card, _CARD)
    item.setToolTip(card.purpose)
    return item
