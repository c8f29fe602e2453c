"""A stage that only remembers what it was asked, and sheets to lay into its tray."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from scenarios.panel import PanelWindow
from scenarios.panel.client import PanelCard, TerminalState
from scenarios.tours import TOURS, Tour
from scenarios.tours.guide import Guide
from server_stub.interface.clock import STAGE_START
from server_stub.interface.secret import Secret

PIN = "7306"
PASSWORD = "MIHON7306"  # noqa: S105 - of nobody
CARDS = (
    PanelCard("港太一のカード", "6人世帯の世帯主", "港太一"),
    PanelCard("六甲翠のカード", "単身", "六甲翠"),
    PanelCard("六甲翠の失効したカード", "利用者証明用電子証明書が失効している", ""),
)
FAULTS = {
    "center.down": "センターがすべての要求に 503 を返す",
    "issuing.swap_record": "別人の記録で証明書を作る",
}


class Leader(Guide):
    """Leads through all tours over no stage."""

    def __init__(self) -> None:
        self.tour, self.at = None, 0

    def tours(self) -> tuple[Tour, ...]:
        return TOURS

    def start(self, tour: Tour) -> None:
        self.tour, self.at = tour, 0

    def next(self) -> None:
        self.at += 1

    def back(self) -> None:
        self.at = max(0, self.at - 1)

    def again(self) -> None:
        self.at = 0

    def leave(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.tour, self.at = None, 0

    def notice(self, screen: str, card: str, *, look: bool = True) -> bool:
        return False


class FakeClient:
    """`asked` lists what was done; with `broken` set every call raises it instead."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.broken: Exception | None = None
        self.state = TerminalState("TopMenu", 0, 0, 0, ())
        self.moment = STAGE_START
        self.frozen = False
        self.real_pace = False
        self.laid = ""
        self.reader = ""
        self.reader_names: tuple[str, ...] = ()
        self.active: set[str] = set()
        self.folder: Path | None = None
        self.looks = 0
        self.servers = True
        self.in_hand: Sequence[PanelCard] = CARDS
        self.leader: Guide | None = None

    def _ask(self, *what: object) -> None:
        if self.broken is not None:
            raise self.broken
        self.asked.append(what)

    def cards(self) -> Sequence[PanelCard]:
        return self.in_hand

    def laid_card(self) -> str:
        return self.laid

    def lay_card(self, name: str) -> None:
        self._ask("lay", name)
        self.laid = name

    def take_card(self) -> None:
        self._ask("take")
        self.laid = ""

    def pin_of(self, name: str) -> Secret:
        self._ask("pin", name)
        return Secret(PIN)

    def password_of(self, name: str) -> Secret:
        self._ask("password", name)
        return Secret(PASSWORD)

    def guide(self) -> Guide | None:
        return self.leader

    def hold_certificates(self, calling: str) -> None:
        self._ask("hold", calling)

    def readers(self) -> Sequence[str]:
        return self.reader_names

    def chosen_reader(self) -> str:
        return self.reader

    def choose_reader(self, name: str) -> None:
        self._ask("reader", name)
        self.reader = name

    def look(self) -> TerminalState:
        self.looks += 1
        if self.broken is not None:
            raise self.broken
        return self.state

    def drop(self, denomination: int) -> None:
        self._ask("drop", denomination)

    def reject_next(self) -> None:
        self._ask("reject")

    def fill_change(self, full: bool) -> None:
        self._ask("change", full)

    def take_paper(self) -> None:
        self._ask("paper")

    def jam_at(self, sheet: int) -> None:
        self._ask("jam", sheet)

    def paper_empty(self, empty: bool) -> None:
        self._ask("paper_empty", empty)

    def resume(self) -> None:
        self._ask("resume")

    def refund(self) -> None:
        self._ask("refund")

    def settle(self, how: str) -> None:
        self._ask("settle", how)

    def now(self) -> datetime:
        return self.moment

    def first_moment(self) -> datetime:
        return STAGE_START

    def is_frozen(self) -> bool:
        return self.frozen

    def set_clock(self, moment: datetime) -> None:
        self._ask("set", moment)
        self.moment = moment

    def freeze(self) -> None:
        self._ask("freeze")
        self.frozen = True

    def run(self) -> None:
        self._ask("run")
        self.frozen = False

    def paced(self) -> bool:
        return self.real_pace

    def set_pace(self, real: bool) -> None:
        self._ask("pace", real)
        self.real_pace = real

    def has_servers(self) -> bool:
        return self.servers

    def faults(self) -> Mapping[str, str]:
        return FAULTS

    def active_faults(self) -> frozenset[str]:
        return frozenset(self.active)

    def switch_fault(self, name: str, on: bool) -> None:
        self._ask("fault", name, on)
        (self.active.add if on else self.active.discard)(name)

    def trace_folder(self) -> Path | None:
        return self.folder

    def reset(self) -> None:
        self._ask("reset")
        self.laid = ""
        self.active.clear()
        if self.leader is not None:
            self.leader.forget()


def sheet_pdf(*greys: float, size: tuple[float, float] = (210, 297)) -> bytes:
    """One side for each grey (0 black, 1 white), with a black square of 50 mm, 20 mm from the upper left corner."""
    body = io.BytesIO()
    width, height = size
    canvas = Canvas(body, pagesize=(width * mm, height * mm), invariant=1)
    for grey in greys:
        canvas.setFillGray(grey)
        canvas.rect(0, 0, width * mm, height * mm, stroke=0, fill=1)
        canvas.setFillGray(0)
        canvas.rect(20 * mm, (height - 70) * mm, 50 * mm, 50 * mm, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return body.getvalue()


def press(qtbot: QtBot, panel: PanelWindow, name: str) -> None:
    (found,) = [b for b in panel.findChildren(QAbstractButton) if b.accessibleName() == name]
    assert found.isEnabled(), name
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def choose(panel: PanelWindow, name: str) -> None:
    panel.cards.search.setText(name)
    shown = panel.cards.found
    row = next(n for n in range(shown.rowCount()) if shown.index(n, 0).data() == name)
    panel.cards.list.setCurrentIndex(shown.index(row, 0))
