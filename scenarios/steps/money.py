"""Money: what is dropped and what comes back, the fee and its changes, the receipt."""

from __future__ import annotations

from datetime import datetime

from .sentences import Needs, given, then, when
from .world import World, expect, pieces_told, screen_told

# --- what is dropped -----------------------------------------------------------------------------------------------------


@when("{amount:money}円を入れる")
def drop(world: World, amount: int) -> None:
    """Notes and coins, the largest first."""
    world.terminal.wait_for("Pay")
    world.drop(amount)


@when("受け付けられない{denomination:coin}円硬貨を入れる")
def rejected_coin(world: World, denomination: int) -> None:
    world.terminal.call("reject_next")
    world.drop_coin(denomination)


@when("内容を確認し、返事を待つ間に{denomination:coin}円硬貨を入れる")
def too_early(world: World, denomination: int) -> None:
    world.leave_by("この内容で申請する")
    world.terminal.wait_until(
        lambda: world.terminal.screen() == "PleaseWait", "しばらくお待ちくださいの画面になる"
    )
    world.eventually(lambda: bool(world.applications()), "申請がセンターに届く")
    world.drop_coin(denomination)


@then("硬貨は受け付けられていない")
def not_accepted(world: World) -> None:
    """What was dropped fell through: it is neither held for the fee nor taken."""
    money = world.terminal.money()
    expect(world.fell_through > 0, "入れた硬貨が返却口に落ちている", "返却口に落ちた硬貨はない")
    expect(
        money["inserted"] == world.taken() == 0,
        "預り0円",
        f"投入{money['inserted']}円、収納{world.taken()}円",
    )
    world.check_returned(0)


@then("{denomination:coin}円硬貨が戻ったと知らされる")
def told_rejected(world: World, denomination: int) -> None:
    world.waits_to_say(f"{denomination}円はお取り扱いできませんでした。")
    expect(
        world.return_tray().get(denomination, 0) > 0,
        f"返却口に{denomination}円硬貨がある",
        pieces_told(world.return_tray()),
    )


# --- what comes back -----------------------------------------------------------------------------------------------------


@given("おつりがない")
def no_change(world: World) -> None:
    world.terminal.call("change_stock", stock={})


@then("{amount:yen}円が返却される")
def returned(world: World, amount: int) -> None:
    """By the coin unit's counter, and as coins in the return tray."""
    world.check_returned(amount)


@then("おつりは{amount:yen}円である", needs=Needs.PAPER)
def change(world: World, amount: int) -> None:
    """By the coin unit's counter, and as coins in the return tray."""
    world.check_returned(amount)


@then("返却口に{pieces}ある")
def in_the_return_tray(world: World, pieces: dict[int, int]) -> None:
    """Exactly these coins and notes lie there."""
    world.until(
        lambda: world.return_tray() == pieces,
        f"返却口に{pieces_told(pieces)}",
        lambda: f"返却口に{pieces_told(world.return_tray())}",
    )


@then("返却口は空である")
def return_tray_empty(world: World) -> None:
    expect(not world.return_tray(), "返却口は空", f"返却口に{pieces_told(world.return_tray())}")


@when("返却口のお金を取る")
def take_money(world: World) -> None:
    expect(bool(world.return_tray()), "返却口にお金がある", "返却口は空")
    world.terminal.call("empty_return_tray")


# --- the fee -------------------------------------------------------------------------------------------------------------


@given("手数料は{amount:yen}円に改定されている", "手数料は0円に改定されている")
@when("選んでいる間に、手数料が{amount:yen}円に改定される", "選んでいる間に、手数料が300円に改定される")
def fee_revised(world: World, amount: int) -> None:
    world.stage.servers.fault_on("issuing.fee_revised", {"fee": amount})


@then("確認画面の手数料の合計は{amount:yen}円である")
def total_to_confirm(world: World, amount: int) -> None:
    """The whole amount that stands under 「手数料の合計」."""
    world.terminal.wait_for("Confirm")
    texts = world.terminal.call("texts")
    expect("手数料の合計" in texts, "確認画面に手数料の合計がある", world.refusal())
    shown = texts[texts.index("手数料の合計") + 2]
    expect(shown == f"{amount:,}円", f"手数料の合計 {amount:,}円", f"手数料の合計 {shown}")


@then("支払いの画面は表示されていない", needs=Needs.PAPER)
def no_pay_screen(world: World) -> None:
    """At no time in this visit, from its beginning to the paper."""
    shown = world.screens()
    expect("Pay" not in shown, "支払いの画面が出ない", f"表示された画面 {'→'.join(map(screen_told, shown))}")
    expect(
        "TakePaper" in shown, "用紙を取る画面まで進む", f"表示された画面 {'→'.join(map(screen_told, shown))}"
    )


@then("手数料{amount:yen}円が一度だけ記録されている")
def charged_once(world: World, amount: int) -> None:
    """In the ledger, for this visit; and as much lies in the cash box."""
    world.check_charges(amount)
    expect(world.taken() == amount, f"収納{amount}円", f"収納{world.taken()}円")


# --- the receipt ---------------------------------------------------------------------------------------------------------


@when("領収書を「{answer:receipt}」")
def answer_receipt(world: World, answer: str) -> None:
    world.leave_by(answer)
    world.terminal.wait_for("Thanks", "TopMenu")


@then("領収書に「{text}」と印字されている", needs=Needs.RECEIPT)
def receipt_says(world: World, text: str) -> None:
    """A whole field or a whole line."""
    lines = world.receipt().lines
    fields = {field for line in lines for field in (*line, "".join(line))}
    expect(text in fields, f"領収書に「{text}」", f"領収書に {'／'.join('　'.join(line) for line in lines)}")


@then("領収書の合計は{amount:yen}円である", needs=Needs.RECEIPT)
def receipt_total(world: World, amount: int) -> None:
    read = world.receipt()
    expect(read.total == amount, f"領収書の合計 {amount}円", f"領収書の合計 {read.total}円")


@then(
    "領収書のお預りは{paid:yen}円、おつりは{amount:yen}円である",
    "領収書のお預りは300円、おつりは50円である",
    needs=Needs.RECEIPT,
)
def receipt_change(world: World, paid: int, amount: int) -> None:
    read = world.receipt()
    expect(
        (read.paid, read.change) == (paid, amount),
        f"領収書のお預り {paid}円、おつり {amount}円",
        f"領収書のお預り {read.paid}円、おつり {read.change}円",
    )


@then("領収書は{municipality}の「{kind}」{copies}部のものである", needs=Needs.RECEIPT)
def receipt_kind(world: World, municipality: str, kind: str, copies: int) -> None:
    read = world.receipt()
    wanted = f"{municipality}の「{kind}」{copies}部"
    found = f"{read.municipality}の「{read.kind}」{read.copies}部"
    expect(wanted == found, f"領収書は{wanted}", f"領収書は{found}")


@then("領収書の日時は{moment}である", "領収書の日時は令和8年6月3日10時00分である", needs=Needs.RECEIPT)
def receipt_time(world: World, moment: datetime) -> None:
    read = world.receipt()
    told = "{0.year}年{0.month}月{0.day}日{0.hour}時{0.minute:02}分"
    expect(read.at == moment, f"領収書の日時 {told.format(moment)}", f"領収書の日時 {told.format(read.at)}")


@then("領収書の申請番号は台帳と一致している", needs=Needs.RECEIPT)
def receipt_number(world: World) -> None:
    """The one application of this visit, as centre and ledger know it."""
    read, row = world.receipt(), world.in_ledger()
    expect(
        read.number == row.application_id,
        f"領収書の申請番号 {row.application_id}",
        f"領収書の申請番号 {read.number}",
    )


@then(
    "台帳に{municipality}の「{kind}」{copies}部、{amount:yen}円、店舗「{shop}」と記録されている",
)
def in_the_ledger(world: World, municipality: str, kind: str, copies: int, amount: int, shop: str) -> None:
    """What was issued in this visit, and at which terminal."""
    row = world.in_ledger()
    told = "台帳に{}の「{}」{}部、{}円、店舗「{}」"
    found = (row.municipality, world.name_of(str(row.kind)), row.copies, row.fee_total, row.shop)
    wanted = (world.municipality_code(municipality), kind, copies, amount, shop)
    names = (
        world.municipality_name(row.municipality),
        *found[1:],
    )
    expect(found == wanted, told.format(municipality, kind, copies, amount, shop), told.format(*names))
