"""お金: what the presenter drops in, and where the money lies."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from kiosk_app.devices.interface import DENOMINATIONS

from .client import Attempt, PanelClient, TerminalState
from .coins import MoneyButton
from .parts import Box, button, even, label, row

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
        self.empty = button("釣銭を空にする", self._switch_change, tip="もう一度押すと、釣銭を補充します")
        self.empty.setCheckable(True)
        self.inside.addLayout(even(self.reject, self.empty))

    def refresh(self, state: TerminalState | None) -> None:
        """None: the terminal does not answer."""
        for place, amount in self.amounts.items():
            amount.setText("―" if state is None else f"{getattr(state, place):,}円")
        for coin in self.coins:
            coin.setEnabled(state is not None)

    def forget(self) -> None:
        """The stage was reset."""
        self._set_empty(False)

    def _drop(self, yen: int) -> None:
        self._attempt(lambda: self._client.drop(yen))

    def _reject(self) -> None:
        self._attempt(self._client.reject_next, "次に入れる硬貨は、受け付けられずに戻ります。")

    def _switch_change(self) -> None:
        empty = self.empty.isChecked()
        done = "釣銭を空にしました。" if empty else "釣銭を補充しました。"
        if not self._attempt(lambda: self._client.fill_change(not empty), done):
            empty = not empty
        self._set_empty(empty)

    def _set_empty(self, empty: bool) -> None:
        self.empty.setChecked(empty)
        self.empty.setText("釣銭は空（補充する）" if empty else "釣銭を空にする")
