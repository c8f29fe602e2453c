"""Planted defects about money: what is taken, given back, and written into the ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

import kiosk_app.devices.coin_unit as coin_unit
import kiosk_app.devices.receipt as receipts
import server_stub.center.status_reports as center_reports
import server_stub.issuing.ledger as ledger
import server_stub.issuing.rights as request_rules
import server_stub.issuing.service as service
from kiosk_app.center_gateway import CenterGateway
from kiosk_app.devices.coin_unit import SimulatedCoinUnit
from kiosk_app.devices.printer import SimulatedPrinter
from kiosk_app.flow import certificate_rows, views
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind
from server_stub.issuing import tables
from tests.planted.defect import defect
from tests.planted.flow import rows_of

ALONE, NOTE, RECEIPT = "一人世帯の写しを受け取る", "千円札で払うとおつりが出る", "領収書を受け取る"
CHARGED = "手数料250円が一度だけ記録されている"
NOTHING_MOVED = "お金も用紙も動いていない"


@defect(
    "手数料を二度取る",
    harm="住民が一通の証明書に二通分を払わされる。",
    scenario=NOTE,
    sentence="おつりは750円である",
)
def charged_twice(patch: pytest.MonkeyPatch) -> None:
    real = SimulatedCoinUnit.take
    patch.setattr(SimulatedCoinUnit, "take", lambda unit, due, application: real(unit, 2 * due, application))


@defect(
    "おつりを金庫に残す",
    harm="千円札を入れた住民におつりが戻らない。",
    scenario=NOTE,
    sentence="おつりは750円である",
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

    def book(connection: Any, application_id: str, report: Any) -> None:
        real(connection, application_id, report)
        if report.kind is ReportKind.PAID:
            connection.execute(update(tables.charges).values(amount=2 * report.amount))

    patch.setattr(ledger, "book", book)


@defect(
    "支払いの知らせを発行サーバへ送らない",
    harm="受け取った手数料が市の台帳に載らない。",
    scenario=ALONE,
    sentence=CHARGED,
)
def charge_lost(patch: pytest.MonkeyPatch) -> None:
    real = center_reports.enqueue

    def enqueue(connection: Any, application_id: str, municipality: str, report: Any) -> None:
        if report.kind not in (ReportKind.PAID, ReportKind.HANDED_OVER):
            real(connection, application_id, municipality, report)

    patch.setattr(center_reports, "enqueue", enqueue)


@defect(
    "返金を台帳に記さない",
    harm="返したお金が市の収入として残る。",
    scenario="用紙がなくなり、係員が返金する",
    sentence=NOTHING_MOVED,
)
def refund_unbooked(patch: pytest.MonkeyPatch) -> None:
    real = ledger.book

    def book(connection: Any, application_id: str, report: Any) -> None:
        if report.kind is not ReportKind.CANCELLED:
            real(connection, application_id, report)

    patch.setattr(ledger, "book", book)


@defect(
    "おつりが足りなくても受け取る",
    harm="おつり切れの端末が五百円を飲み込み、おつりを出さない。",
    scenario="おつり切れ",
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
    patch.setattr(ledger, "state_before", lambda connection, application_id, state, report: state)


@defect(
    "センターに届かなかった知らせを捨てる",
    harm="センターが止まっている間の支払いが、どこにも残らない。",
    scenario="支払い後にサーバが止まっても紙は出て、記録はあとから届く",
    sentence=CHARGED,
)
def notes_thrown_away(patch: pytest.MonkeyPatch) -> None:
    real = CenterGateway.send

    def send(centre: Any, message: Any) -> None:
        try:
            real(centre, message)
        except Failed:
            return

    patch.setattr(CenterGateway, "send", send)


# --- pieces in the return tray --------------------------------------------------------------------------------------


@defect(
    "おつりが硬貨一枚分足りない",
    harm="計数は合っているのに、返却口に出る硬貨が一枚少ない。",
    scenario=NOTE,
    sentence="おつりは750円である",
)
def one_coin_short(patch: pytest.MonkeyPatch) -> None:
    short = iter([1])
    real = SimulatedCoinUnit._move

    def move(unit: Any, place: str, yen: int, count: int) -> None:
        real(unit, place, yen, count - next(short, 0) if place == "tray" else count)

    patch.setattr(SimulatedCoinUnit, "_move", move)


@defect(
    "返金で計数だけ動き、硬貨が出ない",
    harm="返金したという記録があり、住民の手には一円も戻らない。",
    scenario="用紙がなくなり、係員が返金する",
    sentence="250円が返却される",
)
def refund_without_coins(patch: pytest.MonkeyPatch) -> None:
    swallow(patch)


@defect(
    "やめた人の硬貨が返却口に出ない",
    harm="返却したという記録があり、硬貨は端末の中に残る。",
    scenario="途中まで入れた硬貨はやめると返る",
    sentence="100円が返却される",
)
def escrow_without_coins(patch: pytest.MonkeyPatch) -> None:
    swallow(patch)


@defect(
    "拒んだ硬貨を飲み込む",
    harm="使えないと言われた百円玉が戻らない。",
    scenario="受け付けられない硬貨は返る",
    sentence="100円硬貨が戻ったと知らされる",
)
def rejected_coin_swallowed(patch: pytest.MonkeyPatch) -> None:
    swallow(patch)


def swallow(patch: pytest.MonkeyPatch) -> None:
    """Nothing ever comes into the return tray."""
    real = SimulatedCoinUnit._move

    def move(unit: Any, place: str, yen: int, count: int) -> None:
        if place != "tray":
            real(unit, place, yen, count)

    patch.setattr(SimulatedCoinUnit, "_move", move)


@defect(
    "おつりを十円玉ばかりで出す",
    harm="七百五十円が七十五枚の十円玉で出て、次の人のおつりが切れる。",
    scenario=NOTE,
    sentence="返却口に500円硬貨が1枚、100円硬貨が2枚、50円硬貨が1枚ある",
)
def change_in_small_coins(patch: pytest.MonkeyPatch) -> None:
    real = coin_unit.make_change

    def make_change(amount: int, stock: Any) -> Any:
        plenty = {**stock, 500: 0, 100: 2}
        return real(amount, plenty) or real(amount, {yen: 99 for yen in (10, 50, 100)})

    patch.setattr(coin_unit, "make_change", make_change)


# --- confirmation, receipt, ledger ----------------------------------------------------------------------------------


def on_receipt(patch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The receipt is set with other values, each made of the right receipt."""
    real = receipts.receipt_pdf

    def receipt_pdf(receipt: Any, at: Any, terminal_id: str) -> bytes:
        values = {name: value(receipt) for name, value in changed.items()}
        return real(replace(receipt, **values), at, terminal_id)

    patch.setattr(receipts, "receipt_pdf", receipt_pdf)


@defect(
    "確認画面に一部分の手数料だけを出す",
    harm="二部で五百円かかることを、お金を入れる段になって知る。",
    scenario="二部を受け取る",
    sentence="確認画面の手数料の合計は500円である",
)
def total_of_one_copy(patch: pytest.MonkeyPatch) -> None:
    real = views.Confirm

    def confirm(**told: Any) -> Any:
        return real(**{**told, "fee_total": told["fee"]})

    patch.setattr(views, "Confirm", confirm)


@defect(
    "前の案内の手数料を次の手続に使う",
    harm="改定された手数料を知らされないまま、何度やり直しても断られる。",
    scenario="選んでいる間に手数料が変わると断られ、やり直すと新しい手数料で受け取れる",
    sentence="確認画面に「300円」と表示される",
)
def offers_remembered(patch: pytest.MonkeyPatch) -> None:
    first: list[Any] = []

    def know_offers(happening: Any) -> Any:
        visit, effects = certificate_rows.know_offers_ask_card(happening)
        first.append(visit.offers)
        return replace(visit, offers=first[0]), effects

    rows_of(patch, lambda row: row.do is certificate_rows.know_offers_ask_card, do=know_offers)


@defect(
    "領収書の合計を誤る",
    harm="経費として精算する額が、払った額と違う。",
    scenario=RECEIPT,
    sentence="領収書の合計は250円である",
)
def wrong_total(patch: pytest.MonkeyPatch) -> None:
    on_receipt(
        patch,
        purchase=lambda receipt: replace(receipt.purchase, due=receipt.purchase.due + 10),
        change=lambda receipt: receipt.change - 10,
    )


@defect(
    "領収書のおつりを誤る",
    harm="受け取ったおつりと領収書が合わず、端末が疑われる。",
    scenario=RECEIPT,
    sentence="領収書のお預りは300円、おつりは50円である",
)
def wrong_change(patch: pytest.MonkeyPatch) -> None:
    on_receipt(
        patch, inserted=lambda receipt: receipt.inserted + 10, change=lambda receipt: receipt.change + 10
    )


@defect(
    "領収書の年を和暦のまま西暦と印字する",
    harm="八年の領収書が、会計で受け付けられない。",
    scenario=RECEIPT,
    sentence="領収書の日時は令和8年6月3日10時00分である",
)
def wrong_year(patch: pytest.MonkeyPatch) -> None:
    real = receipts.receipt_pdf
    patch.setattr(
        receipts, "receipt_pdf", lambda receipt, at, terminal: real(receipt, at.replace(year=2008), terminal)
    )


@defect(
    "領収書に別の申請番号を印字する",
    harm="問い合わせても、どの手続の領収書か分からない。",
    scenario=RECEIPT,
    sentence="領収書の申請番号は台帳と一致している",
)
def wrong_number(patch: pytest.MonkeyPatch) -> None:
    on_receipt(patch, purchase=lambda receipt: replace(receipt.purchase, id=receipt.purchase.id[::-1]))


@defect(
    "領収書に別の証明書の名前を印字する",
    harm="何に払ったかの証拠が、買っていないものになる。",
    scenario=RECEIPT,
    sentence="領収書は神戸市の「住民票の写し」1部のものである",
)
def wrong_certificate(patch: pytest.MonkeyPatch) -> None:
    on_receipt(patch, purchase=lambda receipt: replace(receipt.purchase, words={"ja": "印鑑登録証明書"}))


@defect(
    "台帳に別の証明書の種類を記す",
    harm="種類ごとの交付件数と収入の集計が誤る。",
    scenario="印鑑登録証明書を受け取る",
    sentence="台帳に神戸市の「印鑑登録証明書」1部、250円、店舗「見本町一丁目店」と記録されている",
)
def wrong_kind_booked(patch: pytest.MonkeyPatch) -> None:
    booked(patch, kind="residence")


@defect(
    "台帳に別の店舗を記す",
    harm="どの端末で出た証明書か、事故のときに追えない。",
    scenario=RECEIPT,
    sentence="台帳に神戸市の「住民票の写し」1部、250円、店舗「見本町一丁目店」と記録されている",
)
def wrong_shop_booked(patch: pytest.MonkeyPatch) -> None:
    booked(patch, shop="見本区役所")


def booked(patch: pytest.MonkeyPatch, **changed: Any) -> None:
    """The issuing server writes an application into its ledger with other values."""
    real = service.ledger_entry
    patch.setattr(service, "ledger_entry", lambda *given: replace(real(*given), **changed))
