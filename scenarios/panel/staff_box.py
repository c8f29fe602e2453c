"""係員: what staff of the shop do, and what makes them come: a jam, no paper."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from .client import Attempt, PanelClient, TerminalState
from .parts import Box, button, even, label, row

MOST_SHEETS = 12
_JAMMED = "Jammed"


class StaffBox(Box):
    def __init__(self, client: PanelClient, attempt: Attempt) -> None:
        super().__init__("係員")
        self._client, self._attempt = client, attempt
        self.need = label("", "bad", name="staff_need")
        self.heading.addWidget(self.need)
        self.sheet = QComboBox()
        self.sheet.setAccessibleName("紙が詰まる枚数目")
        for number in range(1, MOST_SHEETS + 1):
            self.sheet.addItem(f"{number}枚目", number)
        self.jam = button("で詰まらせる", self._jam, tip="申請ごとに数えて、その枚数目で一度だけ詰まります")
        self.empty = button("用紙を空にする", self._switch_paper, tip="もう一度押すと、用紙を補充します")
        self.empty.setCheckable(True)
        first = row(self.sheet, self.jam, self.empty)
        first.setStretch(1, 1)
        first.setStretch(2, 1)
        self.inside.addLayout(first)
        self.resume = button(
            "紙詰まりを直して再開", self._resume, role="main", tip="用紙を取り除き、足りない用紙も補充します"
        )
        self.refund = button("返金する", self._refund, tip="全額を返し、印刷済みの用紙を無効にします")
        self.inside.addLayout(even(self.resume, self.refund))

    def refresh(self, state: TerminalState | None) -> None:
        """Resume and refund can be pressed while the terminal calls for staff."""
        called = state is not None and state.screen == _JAMMED
        self.need.setText("端末が係員を呼んでいます" if called else "")
        self.resume.setEnabled(called)
        self.refund.setEnabled(called)

    def forget(self) -> None:
        """The stage was reset."""
        self._set_empty(False)

    def _jam(self) -> None:
        sheet = int(self.sheet.currentData())
        self._attempt(lambda: self._client.jam_at(sheet), f"{sheet}枚目で紙が詰まります。")

    def _switch_paper(self) -> None:
        empty = self.empty.isChecked()
        done = "用紙を空にしました。" if empty else "用紙を補充しました。"
        if not self._attempt(lambda: self._client.paper_empty(empty), done):
            empty = not empty
        self._set_empty(empty)

    def _resume(self) -> None:
        if self._attempt(self._client.resume, "用紙を直して再開しました。"):
            self._set_empty(False)

    def _refund(self) -> None:
        self._attempt(self._client.refund, "返金しました。")

    def _set_empty(self, empty: bool) -> None:
        self.empty.setChecked(empty)
        self.empty.setText("用紙は空（補充する）" if empty else "用紙を空にする")
