"""Planted defects of a visit's course: screens, printing, records, and what one resident leaves to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import server_stub.center.cancelling as cancelling
import server_stub.center.sessions as sessions
from kiosk_app.devices.printer import SimulatedPrinter
from kiosk_app.flow import money_rows, paper_rows
from server_stub.center.incidents import Incidents
from server_stub.interface.failures import Failed
from tests.planted.defect import defect
from tests.planted.flow import rows_of

JAM, FORGOTTEN = "三枚中の二枚目で紙詰まりし、係員が再開する", "取り忘れられた用紙は端末に収められる"


@defect(
    "紙詰まりのあと、出た用紙をもう一度印刷する",
    harm="四枚目の証明書が、だれも数えないまま世に出る。",
    scenario=JAM,
    sentence="用紙は3枚で、載っているのは「六甲翠」だけである",
)
def printed_again(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedPrinter.clear_jam

    def clear(printer: Any) -> None:
        first = printer.tray()[0]
        real(printer)
        printer.print_sheet(f"{first.sheet_id}-again", first.path.read_bytes())

    patch.setattr(SimulatedPrinter, "clear_jam", clear)


@defect(
    "詰まった用紙を出たものとして先へ進む",
    harm="三部に払った住民が二部しか受け取れない。",
    scenario=JAM,
    sentence="紙詰まりが知らされる",
)
def jam_unsaid(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedPrinter.print_sheet

    def print_sheet(printer: Any, *given: Any) -> None:
        try:
            real(printer, *given)
        except Failed:
            printer.clear_jam()

    patch.setattr(SimulatedPrinter, "print_sheet", print_sheet)


@defect(
    "再開しても、詰まった用紙を飛ばす",
    harm="二部目の抜けた証明書が渡る。",
    scenario=JAM,
    sentence="用紙は3枚で、載っているのは「六甲翠」だけである",
)
def jammed_sheet_skipped(patch: pytest.MonkeyPatch) -> None:
    real, jammed = SimulatedPrinter.print_sheet, []

    def print_sheet(printer: Any, sheet_id: str, *given: Any) -> None:
        if sheet_id in jammed:
            return
        try:
            real(printer, sheet_id, *given)
        except Failed:
            jammed.append(sheet_id)
            raise

    patch.setattr(SimulatedPrinter, "print_sheet", print_sheet)


@defect(
    "用紙切れを紙詰まりと知らせる",
    harm="係員が用紙を補充せず、住民が待たされる。",
    scenario="用紙がなくなり、係員が補充して再開する",
    sentence="「Printer_Paper_Empty」と知らされる",
)
def empty_called_a_jam(patch: pytest.MonkeyPatch) -> None:
    def jam(happening: Any) -> Any:
        visit, effects = paper_rows.jam(happening)
        return replace(visit, failure="Printer_Jam"), effects

    rows_of(patch, lambda row: row.do is paper_rows.jam, do=jam)


@defect(
    "取り忘れられた用紙を取り出し口に残す",
    harm="次の人が他人の証明書を持ち帰る。",
    scenario=FORGOTTEN,
    sentence="用紙は端末に収められ、係員の確認を待つ",
)
def forgotten_paper_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedPrinter, "void", lambda printer, application: 0)


@defect(
    "用紙の取り忘れを知らせずに収める",
    harm="少し離れた住民が、払った証明書を受け取れない。",
    scenario=FORGOTTEN,
    sentence="用紙の取り忘れが知らされる",
)
def forgotten_paper_unsaid(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.when is paper_rows.was_warned, when=lambda happening: True)


@defect(
    "拒まれた硬貨を知らせない",
    harm="戻った硬貨に気づかず、住民が払い直す。",
    scenario="受け付けられない硬貨は返る",
    sentence="100円硬貨が戻ったと知らされる",
)
def rejected_coin_unsaid(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.do is money_rows.show_rejected, do=lambda happening: (happening.visit, ()))


@defect(
    "終わった手続の申請をセンターで取り消さない",
    harm="だれも待っていない証明書が、あとから出せるまま残る。",
    scenario="支払いの前でやめる",
    sentence="申請はセンターと台帳で取り消されている",
)
def not_cancelled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sessions, "cancel_unpaid", lambda connection, session_id, reason, clock, *, expired: [])


@defect(
    "取り消した申請を発行サーバに知らせない",
    harm="出なかった証明書が、台帳では有効なまま残る。",
    scenario="支払いの前でやめる",
    sentence="申請はセンターと台帳で取り消されている",
)
def ledger_not_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(cancelling, "enqueue", lambda connection, application_id, municipality, report: None)


@defect(
    "断られた領収書を出す",
    harm="取られなかった領収書を次の人が見て、前の人の手続を知る。",
    scenario="一人世帯の写しを受け取る",
    sentence="取り出し口には何も残っていない",
)
def receipt_though_declined(patch: pytest.MonkeyPatch) -> None:
    rows_of(patch, lambda row: row.when is paper_rows.wanted, when=lambda happening: True)


@defect(
    "紙と人の食い違いを記録しない",
    harm="別の人の記録が混じった事故に、だれも気づかない。",
    scenario="認証後に記録がすり替わる",
    sentence="センターに重大事象が記録されている",
)
def incident_unrecorded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Incidents, "add", lambda incidents, *given, **named: lambda: None)
