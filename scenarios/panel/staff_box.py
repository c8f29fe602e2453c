"""係員: what staff of the shop do, and what makes them come: a jam, no paper, a terminal that is out of service."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QComboBox

from scenarios.trace_labels import values
from server_stub.interface.failures import by_name

from .client import Attempt, PanelClient, TerminalState
from .parts import Box, Spaced, button, even, label, row

MOST_SHEETS = 12
_JAMMED, _STOPPED = "Jammed", "OutOfService"
_TO_COMPARE = ("Books_Differ", "Report_Refused")
"""What no money that goes out settles."""
SHOWN = 2
"""Differences that are told one by one."""


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
            "紙詰まりを直して再開", self._resume, tip="用紙を取り除き、足りない用紙も補充します"
        )
        self.refund = button("返金する", self._refund, tip="全額を返し、印刷済みの用紙を無効にします")
        self.inside.addLayout(even(self.resume, self.refund))
        self.why = Spaced("", "why_stopped")
        self.returned = button(
            "返金して再開",
            partial(self._settle, "returned"),
            tip="残っているお金を返却口に返し、途中の申請を締めます。お金は、その利用者に渡してください",
        )
        self.checked = button(
            "照合して再開",
            partial(self._settle, "checked"),
            tip="日誌・現金・用紙・台帳を照合したものとして記録し、再開します",
        )
        self.inside.addWidget(self.why)
        self.inside.addLayout(even(self.returned, self.checked))
        self.way_out = self.returned
        """What opens the terminal again."""
        self.refresh(None)

    def refresh(self, state: TerminalState | None) -> None:
        """Resume and refund can be pressed while the terminal calls for staff, the other two while it is out of service."""
        called = state is not None and state.screen == _JAMMED
        stopped = state is not None and state.screen == _STOPPED
        need = "端末が係員を呼んでいます" if called else "端末は休止しています" if stopped else ""
        self.need.setText(need)
        for one in (self.resume, self.refund):
            one.setEnabled(called)
            one.setVisible(not stopped)
        self.why.setText(_why(state) if state is not None and stopped else "")
        compare = stopped and state is not None and state.trouble in _TO_COMPARE
        self.way_out = self.checked if compare else self.returned
        for two in (self.why, self.returned, self.checked):
            two.setVisible(stopped)

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

    def _settle(self, how: str) -> None:
        done = "返金を記録しました。" if how == "returned" else "照合を記録しました。"
        self._attempt(partial(self._client.settle, how), f"{done}端末の画面を確かめてください。")

    def _set_empty(self, empty: bool) -> None:
        self.empty.setChecked(empty)
        self.empty.setText("用紙は空（補充する）" if empty else "用紙を空にする")


def _why(state: TerminalState) -> str:
    """The reason, what to do, and what was found, as far as there is room."""
    entry = by_name(state.trouble)
    lines = [f"{entry.cause}{entry.remedy}"]
    lines += [difference(one) for one in state.found[:SHOWN]]
    if len(state.found) > SHOWN:
        lines.append(f"ほか{len(state.found) - SHOWN}件（記録の「次の利用を受け付けない」をご覧ください）")
    return "\n".join(lines)


def difference(key: str) -> str:
    """One of kiosk_app.books.Difference.key, or of a refused report, in an official's words."""
    what, _, rest = key.partition(":")
    parts = [*rest.split(":"), "", "", ""]
    match what:
        case "charge":
            return f"申請 {_end(parts[0])}：日誌では{parts[1]}円、硬貨の装置では{parts[2]}円を収納"
        case "earlier_charges":
            return f"以前の収納（件数/円）：日誌では{parts[1]}、硬貨の装置では{parts[2]}"
        case "sheet":
            return f"用紙 {_end(parts[0])}：{_PLACES.get((parts[1], parts[2]), '日誌と一致しません')}"
        case "report":
            return f"日誌の記録{parts[0]}番がありません（送信待ちの記録にはあります）"
        case _:
            return f"申請 {_end(what)}：{values('report').get(parts[0], parts[0])}の報告（{by_name(parts[1]).cause}）"


def _end(number: str) -> str:
    """The end of a long number, by which it is found in the records."""
    return f"…{number[-12:]}"


_PLACES = {
    ("unknown", "tray"): "日誌にない用紙が取り出し口にあります",
    ("drawn in", "tray"): "回収したはずの用紙が取り出し口にあります",
    ("printed", "nowhere"): "印刷したはずの用紙がどこにもありません",
}
