"""Planted defects that let a secret out: every step passes, and the search after the steps must find it."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import pytest

import server_stub.certificates.residence as residence
from cards.trace import ObservedConnection
from kiosk_app.center_gateway import CenterGateway
from kiosk_app.devices.printer import SimulatedPrinter
from scenarios.steps.judge import AFTERWARDS
from server_stub.interface.failures import Failed
from tests.planted.defect import defect

NUMBER = "世帯の一人だけ、個人番号を記載した写しを受け取る"
UNPRINTABLE = "フォントにない異体字"


@defect(
    "暗証番号を記録に書く",
    harm="記録を読める人が、住民のカードを使える。",
    scenario="支払いの前でやめる",
    sentence=AFTERWARDS,
)
def pin_in_the_trace(patch: pytest.MonkeyPatch) -> None:
    real = CenterGateway._authenticate

    def authenticate(centre: Any, effect: Any, visit: int) -> Any:
        centre._trace.emit("card", "pin_entered", pin=effect.pin.reveal())
        return real(centre, effect, visit)

    patch.setattr(CenterGateway, "_authenticate", authenticate)


@defect(
    "カードに送った命令の本体を記録に書く",
    harm="十六進で書かれた暗証番号が、調査のために渡した記録から読める。",
    scenario="支払いの前でやめる",
    sentence=AFTERWARDS,
)
def bodies_in_the_trace(patch: pytest.MonkeyPatch) -> None:
    real = ObservedConnection.__init__

    def watched(connection: Any, inner: Any, observer: Any, **_: Any) -> None:
        real(connection, inner, observer, bodies=True)

    patch.setattr(ObservedConnection, "__init__", watched)
    patch.setattr(ObservedConnection, "_public", lambda connection, command: True)


@defect(
    "個人番号を例外の文に入れる",
    harm="断られた住民の個人番号が、記録と相手のサーバに渡る。",
    scenario=UNPRINTABLE,
    sentence=AFTERWARDS,
)
def number_in_a_refusal(patch: pytest.MonkeyPatch) -> None:
    real = residence.Residence.render

    def render(kind: Any, copies: Any, *given: Any) -> Any:
        try:
            return real(kind, copies, *given)
        except Failed as failed:
            person = copies[0].persons[0]
            raise Failed(failed.failure, **failed.facts, detail=person.my_number.reveal()) from failed

    patch.setattr(residence.Residence, "render", render)


@defect(
    "個人番号の入った例外を標準エラーに出す",
    harm="保守の画面やログに、住民の個人番号が残る。",
    scenario=UNPRINTABLE,
    sentence=AFTERWARDS,
)
def number_in_a_stack_trace(patch: pytest.MonkeyPatch) -> None:
    real = residence.Residence.render

    def render(kind: Any, copies: Any, *given: Any) -> Any:
        try:
            raise ValueError(f"record {copies[0].persons[0].my_number.reveal()} cannot be set")
        except ValueError:
            traceback.print_exc(file=sys.stderr)
        return real(kind, copies, *given)

    patch.setattr(residence.Residence, "render", render)


@defect(
    "印刷した紙を記録に添える",
    harm="個人番号の載った住民票が、記録の中に残り続ける。",
    scenario=NUMBER,
    sentence=AFTERWARDS,
)
def paper_in_the_trace(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedPrinter.print_sheet

    def print_sheet(printer: Any, sheet_id: str, pdf: bytes, *given: Any) -> None:
        real(printer, sheet_id, pdf, *given)
        printer._trace.store(pdf, ".pdf")

    patch.setattr(SimulatedPrinter, "print_sheet", print_sheet)
