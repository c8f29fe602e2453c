"""Planted defects about money: what is taken, given back, and written into the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

import kiosk_app.devices.coin_unit as coin_unit
import server_stub.center.notes as center_notes
import server_stub.issuing.ledger as ledger
import server_stub.issuing.rights.request as request_rules
from kiosk_app.correspondence import Correspondence
from kiosk_app.devices.coin_unit import SimulatedCoinUnit
from kiosk_app.devices.printer import SimulatedPrinter
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import NoteKind
from server_stub.issuing import tables
from tests.planted.defect import defect

ALONE, NOTE = "一人世帯の写しを受け取る", "千円札で払うと釣銭が出る"
CHARGED = "手数料250円が一度だけ記録されている"
NOTHING_MOVED = "お金も用紙も動いていない"


@defect(
    "手数料を二度取る",
    harm="住民が一通の証明書に二通分を払わされる。",
    scenario=NOTE,
    sentence="お釣りは750円である",
)
def charged_twice(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedCoinUnit.take
    patch.setattr(SimulatedCoinUnit, "take", lambda unit, due, application: real(unit, 2 * due, application))


@defect(
    "釣銭を金庫に残す",
    harm="千円札を入れた住民に釣銭が戻らない。",
    scenario=NOTE,
    sentence="お釣りは750円である",
)
def change_kept(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedCoinUnit.take

    def take(unit: Any, due: int, application: str) -> int:
        return real(unit, unit.state().inserted, application)

    patch.setattr(SimulatedCoinUnit, "take", take)


@defect(
    "台帳に手数料を二倍で記す",
    harm="市の収入の記録が、住民から受け取った額と合わない。",
    scenario=ALONE,
    sentence=CHARGED,
)
def booked_double(patch: pytest.MonkeyPatch) -> None:
    real = ledger.book

    def book(connection: Any, application_id: str, note: Any) -> None:
        real(connection, application_id, note)
        if note.kind is NoteKind.PAID:
            connection.execute(update(tables.charges).values(amount=2 * note.amount))

    patch.setattr(ledger, "book", book)


@defect(
    "支払いの知らせを発行サーバへ送らない",
    harm="受け取った手数料が市の台帳に載らない。",
    scenario=ALONE,
    sentence=CHARGED,
)
def charge_lost(patch: pytest.MonkeyPatch) -> None:
    real = center_notes.enqueue

    def enqueue(connection: Any, application_id: str, municipality: str, note: Any) -> None:
        if note.kind not in (NoteKind.PAID, NoteKind.HANDED_OVER):
            real(connection, application_id, municipality, note)

    patch.setattr(center_notes, "enqueue", enqueue)


@defect(
    "返金を台帳に記さない",
    harm="返したお金が市の収入として残る。",
    scenario="用紙がなくなり、係員が返金する",
    sentence=NOTHING_MOVED,
)
def refund_unbooked(patch: pytest.MonkeyPatch) -> None:
    real = ledger.book

    def book(connection: Any, application_id: str, note: Any) -> None:
        if note.kind is not NoteKind.CANCELLED:
            real(connection, application_id, note)

    patch.setattr(ledger, "book", book)


@defect(
    "釣銭が足りなくても受け取る",
    harm="釣銭切れの端末が五百円を飲み込み、釣銭を出さない。",
    scenario="釣銭切れ",
    sentence="「Money_Change_Short」で断られる",
)
def short_of_change(patch: pytest.MonkeyPatch) -> None:
    real = coin_unit.make_change
    patch.setattr(coin_unit, "make_change", lambda amount, stock: real(amount, stock) or {})


@defect(
    "途中まで入れた硬貨を返さない",
    harm="手続をやめた住民のお金が端末に残る。",
    scenario="途中まで入れた硬貨はやめると返る",
    sentence="100円が返却される",
)
def escrow_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedCoinUnit, "give_back", lambda unit: 0)


@defect(
    "時間切れのとき、入れたお金を次の人に残す",
    harm="前の人の二百円が次の人の支払いに使われる。",
    scenario="お金が足りないまま時間切れ",
    sentence="200円が返却される",
)
def left_to_the_next(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedCoinUnit, "give_back", lambda unit: unit.state().inserted)


@defect(
    "紙が届く前に硬貨を受け取る",
    harm="証明書が出ないかもしれないのに、お金だけが先に取られる。",
    scenario="紙が届くまで、お金は受け取らない",
    sentence="硬貨は受け付けられていない",
)
def coins_too_early(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedCoinUnit.drop

    def drop(unit: Any, denomination: int) -> bool:
        if unit._on_change is None:
            unit.open(lambda inserted: None, lambda yen: None)
        return real(unit, denomination)

    patch.setattr(SimulatedCoinUnit, "drop", drop)


@defect(
    "確認のあとで変わった手数料を確かめない",
    harm="改定前の手数料で証明書が出て、市の収入が不足する。",
    scenario="選んでいる間に手数料が変わると断られ、やり直すと新しい手数料で受け取れる",
    sentence="「Fee_Changed」で断られる",
)
def old_fee_accepted(patch: pytest.MonkeyPatch) -> None:
    rules = tuple(r for r in request_rules.REQUEST_RULES if r is not request_rules.fee_is_what_was_confirmed)
    patch.setattr(request_rules, "REQUEST_RULES", rules)


@defect(
    "返金しても、出た用紙を収めない",
    harm="お金を返したあとの証明書を、次の人が持ち帰れる。",
    scenario="三枚中の二枚目で紙詰まりし、係員が返金する",
    sentence=NOTHING_MOVED,
)
def refunded_paper_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(SimulatedPrinter, "void", lambda printer, application: 0)


@defect(
    "あとから分かった支払いを台帳が受け付けない",
    harm="通信が切れていた間に払った住民の手数料が記録されない。",
    scenario="支払い後にサーバが20分止まっても、手数料は一度だけ記録される",
    sentence=CHARGED,
)
def late_payment_dropped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger, "standing_before", lambda connection, application_id, state, note: state)


@defect(
    "センターに届かなかった知らせを捨てる",
    harm="センターが止まっている間の支払いが、どこにも残らない。",
    scenario="支払い後にサーバが止まっても紙は出て、記録はあとから届く",
    sentence=CHARGED,
)
def notes_thrown_away(patch: pytest.MonkeyPatch) -> None:
    real = Correspondence.send

    def send(centre: Any, message: Any) -> None:
        try:
            real(centre, message)
        except Failed:
            return

    patch.setattr(Correspondence, "send", send)
