"""What must be true in the end: the screen, the paper, the money, the records."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any

from pytest_bdd import parsers, then, when

from kiosk_app.screens.texts import Words
from scenarios import places
from scenarios.driver import NotReached

from .world import Unmet, World, expect, moment


@then(parsers.parse("確認画面に「{text}」と表示される"))
@then(parsers.parse("画面に「{text}」と表示される"))
def shows(world: World, text: str) -> None:
    assert world.terminal.shows(text), world.refusal()


@then(parsers.parse("画面に「{text}」と表示されない"))
def does_not_show(world: World, text: str) -> None:
    assert not world.terminal.shows(text), world.refusal()


@then(parsers.parse("「{failure}」で断られる"))
def refused(world: World, failure: str) -> None:
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows(failure), world.refusal()


@then("お金も用紙も動いていない")
def nothing_moved(world: World) -> None:
    """No coin kept, no charge in the ledger, no sheet in the tray; what was on the way has been settled."""
    world.visit  # noqa: B018
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    inserted, taken = world.terminal.money()["inserted"], world.taken()
    expect(taken == inserted == 0, "お金を預かっていない", f"収納{taken}円、投入口に{inserted}円")
    expect(
        not world.sheets() and not world.papers,
        "用紙がない",
        f"用紙が{len(world.sheets() + world.papers)}枚ある",
    )
    settled(world, [])


def settled(world: World, charges: list[int]) -> None:
    """Until the ledger has just these charges of this visit."""
    until(
        world,
        lambda: world.charges() == charges,
        lambda: f"台帳の手数料 {world.charges()}",
        f"台帳の手数料 {charges}",
    )


def until(world: World, held: Callable[[], bool], found: Callable[[], str], expected: str) -> None:
    """Wait until it `held`. Raises Unmet."""
    try:
        world.eventually(held, expected)
    except NotReached as error:
        raise Unmet(expected, found()) from error


@then(parsers.parse("{amount:d}円が返却される"))
def returned(world: World, amount: int) -> None:
    """By the counter of the coin unit, and as coins in the return tray (what staff paid by hand does not lie there)."""
    until(
        world, lambda: world.returned() == amount, lambda: f"{world.returned()}円の返却", f"{amount}円の返却"
    )
    by_hand = int(world.terminal.call("paid_by_hand")) - world.visit.by_hand
    lies = sum(yen * count for yen, count in world.return_tray().items())
    wanted = amount - by_hand + world.fell_through
    expect(lies == wanted, f"返却口に{wanted}円", f"返却口に{lies}円（{pieces_told(world.return_tray())}）")


@then(parsers.parse("お釣りは{amount:d}円である"))
def change(world: World, amount: int) -> None:
    world.paper()
    returned(world, amount)


def pieces_told(pieces: dict[int, int]) -> str:
    """「100円硬貨が2枚、50円硬貨が1枚」; 「なし」 for nothing."""
    told = (
        f"{yen}円{'札' if yen >= 1000 else '硬貨'}が{pieces[yen]}枚" for yen in sorted(pieces, reverse=True)
    )
    return "、".join(told) or "なし"


def pieces(text: str) -> dict[int, int]:
    """What `pieces_told` says, read. Raises ValueError."""
    found: dict[int, int] = {}
    for one in text.split("、"):
        match = re.fullmatch(r"(\d+)円(?:硬貨|札)が(\d+)枚", one)
        if match is None:
            raise ValueError(f"「{one}」 is not of the form 100円硬貨が2枚")
        found[int(match[1])] = found.get(int(match[1]), 0) + int(match[2])
    return found


@then(parsers.re("返却口に(?P<text>.+枚)ある"))
def in_the_return_tray(world: World, text: str) -> None:
    """Exactly these, piece by piece."""
    world.visit  # noqa: B018
    wanted = pieces(text)
    until(
        world,
        lambda: world.return_tray() == wanted,
        lambda: f"返却口に{pieces_told(world.return_tray())}",
        f"返却口に{pieces_told(wanted)}",
    )


@then("返却口は空である")
def return_tray_empty(world: World) -> None:
    world.visit  # noqa: B018
    expect(not world.return_tray(), "返却口は空", f"返却口に{pieces_told(world.return_tray())}")


@when("返却口のお金を取る")
def take_money(world: World) -> None:
    expect(bool(world.return_tray()), "返却口にお金がある", "返却口は空")
    world.terminal.call("empty_return_tray")


@then(parsers.parse("手数料{amount:d}円が一度だけ記録されている"))
def charged_once(world: World, amount: int) -> None:
    settled(world, [amount])
    expect(world.taken() == amount, f"収納{amount}円", f"収納{world.taken()}円")


@then(parsers.parse("確認画面の手数料の合計は{amount:d}円である"))
def total_to_confirm(world: World, amount: int) -> None:
    """The whole amount below 「手数料の合計」, and no other amount stands for it."""
    world.terminal.wait_for("Confirm")
    texts = world.terminal.call("texts")
    shown = texts[texts.index("手数料の合計") + 2] if "手数料の合計" in texts else "なし"
    expect(shown == f"{amount:,}円", f"手数料の合計 {amount:,}円", f"手数料の合計 {shown}")


# --- the receipt -------------------------------------------------------------------------------------------------------


def receipt(world: World) -> Any:
    """The one receipt of this visit, read back. Raises Unmet where there is none."""
    world.visit  # noqa: B018
    until(world, lambda: bool(world.receipts()), lambda: "領収書はない", "領収書が出ている")
    found = world.receipts()
    expect(len(found) == 1, "領収書が1枚", f"領収書が{len(found)}枚")
    return importlib.import_module("tests.readback.receipt").read_receipt(found[0].read_bytes())


@then(parsers.parse("領収書の合計は{amount:d}円である"))
def receipt_total(world: World, amount: int) -> None:
    read = receipt(world)
    expect(read.total == amount, f"領収書の合計 {amount}円", f"領収書の合計 {read.total}円")


@then(parsers.parse("領収書のお預りは{paid:d}円、お釣りは{amount:d}円である"))
def receipt_change(world: World, paid: int, amount: int) -> None:
    read = receipt(world)
    expect(
        (read.paid, read.change) == (paid, amount),
        f"お預り {paid}円、お釣り {amount}円",
        f"お預り {read.paid}円、お釣り {read.change}円",
    )


@then(parsers.parse("領収書は神戸市の「{kind}」{copies:d}通のものである"))
def receipt_kind(world: World, kind: str, copies: int) -> None:
    read = receipt(world)
    found = (read.municipality, read.kind, read.copies)
    expect(
        found == ("神戸市", kind, copies),
        f"神戸市の「{kind}」{copies}通",
        f"{found[0]}の「{found[1]}」{found[2]}通",
    )


@then(parsers.re("領収書の日時は(?P<text>.+分)である"))
def receipt_time(world: World, text: str) -> None:
    read = receipt(world)
    wanted = moment(text)
    expect(
        read.at == wanted, f"領収書の日時 {wanted:%Y-%m-%d %H:%M}", f"領収書の日時 {read.at:%Y-%m-%d %H:%M}"
    )


@then("領収書の申請番号は台帳と一致している")
def receipt_number(world: World) -> None:
    """The one application of this visit, as centre and ledger know it."""
    read = receipt(world)
    wanted = world.application().application_id
    in_ledger = wanted in {one.application_id for one in world.stage.books.ledger()}
    expect(in_ledger and read.number == wanted, f"申請番号 {wanted}", f"申請番号 {read.number}")


# --- the ledger ---------------------------------------------------------------------------------------------------------


@then(parsers.parse("台帳に神戸市の「{kind}」{copies:d}部、{amount:d}円、店舗「{shop}」と記録されている"))
def in_the_ledger(world: World, kind: str, copies: int, amount: int, shop: str) -> None:
    """What was issued in this visit, and at which terminal."""
    wanted = world.application().application_id
    rows = [one for one in world.stage.books.ledger() if one.application_id == wanted]
    expect(len(rows) == 1, f"台帳に申請 {wanted} が1件", f"台帳に{len(rows)}件")
    (row,) = rows
    kinds = {"residence": "住民票の写し", "seal_registration": "印鑑登録証明書"}
    found = f"{row.municipality}の「{kinds.get(row.kind, row.kind)}」{row.copies}部、{row.fee_total}円、店舗「{row.shop}」"
    expected = f"28100の「{kind}」{copies}部、{amount}円、店舗「{shop}」"
    expect(found == expected, f"台帳に{expected}", f"台帳に{found}")


@then(parsers.parse("用紙は{count:d}枚で、載っているのは「{people}」だけである"))
def paper_of(world: World, count: int, people: str) -> None:
    """Read back by a reader that shares no code with the loader: every value in its cell, and nothing else on the paper."""
    papers = world.paper()
    expect(len(papers) == count, f"用紙が{count}枚", f"用紙が{len(papers)}枚")
    read = town(world).check(
        [path.read_bytes() for path in papers],
        people.split("、"),
        kind=world.kind,
        options=world.options,
        copies=world.copies,
        today=world.stage.clock.now().date(),
    )
    ours = {one.application_id for one in world.applications()}
    expect(
        read.application_id in ours,
        f"申請番号 {'・'.join(sorted(ours))}",
        f"用紙の申請番号 {read.application_id}",
    )
    numbers = world.stage.books.issue_numbers_of(read.application_id)
    expect(
        list(read.issue_numbers) == numbers,
        f"台帳の発行番号 {numbers}",
        f"用紙の発行番号 {list(read.issue_numbers)}",
    )


def town(world: World) -> Any:
    """The reader lives in `tests/`, apart from everything it checks; a checkout has it."""
    data = world.delivered if world.delivered.exists() else places.DATA
    return importlib.import_module("tests.readback.town").Town.load(data)


@then("部ごとに発行番号が異なる")
def issue_numbers_differ(world: World) -> None:
    numbers = town(world).issue_numbers([path.read_bytes() for path in world.paper()])
    expect(
        len(numbers) == world.copies == len(set(numbers)),
        f"異なる発行番号が{world.copies}個",
        f"発行番号 {numbers}",
    )


@then("用紙に個人番号は記載されていない")
def no_my_number(world: World) -> None:
    town(world).check_my_numbers([path.read_bytes() for path in world.paper()], [])


@then(parsers.parse("用紙に「{people}」の個人番号が記載されている"))
def my_number(world: World, people: str) -> None:
    """Of each of these in the own block, and of nobody else."""
    town(world).check_my_numbers([path.read_bytes() for path in world.paper()], people.split("、"))


@then(parsers.parse("「{person}」の氏名は登録された字形で印字されている"))
def registered_glyphs(world: World, person: str) -> None:
    town(world).check_glyphs([path.read_bytes() for path in world.paper()], person)


@then(parsers.parse("印影の大きさは縦{height:d}ミリ、横{width:d}ミリである"))
def imprint_size(world: World, height: int, width: int) -> None:
    """The imprint that is registered for the holder of the card, in its cell, pixel by pixel and to the millimetre."""
    calling = world.card.removesuffix("のカード")
    for path in world.paper():
        town(world).check_imprint(path.read_bytes(), calling, width_mm=width, height_mm=height)


@then(parsers.parse("領収書に「{text}」と印字されている"))
def receipt_says(world: World, text: str) -> None:
    """A whole field or a whole line."""
    lines = receipt(world).lines
    fields = {field for line in lines for field in (*line, "".join(line))}
    expect(text in fields, f"領収書に「{text}」", f"領収書に{'／'.join('　'.join(line) for line in lines)}")


@then(parsers.parse("「{kind}」は「{reason}」の理由で選べない"))
def not_choosable(world: World, kind: str, reason: str) -> None:
    world.terminal.wait_for("ChooseCertificate")
    assert kind not in world.terminal.call("touchables")
    assert world.terminal.shows(reason), world.refusal()


@then(parsers.parse("「{kind}」は選べる"))
def choosable(world: World, kind: str) -> None:
    assert kind in world.terminal.call("touchables")


@then("世帯全員は選べない")
def no_whole_household(world: World) -> None:
    assert "世帯全員" not in world.terminal.call("touchables"), world.terminal.call("touchables")


@then("カードの取り忘れが知らされる")
def card_forgotten(world: World) -> None:
    world.eventually(lambda: world.terminal.shows("取り忘れ"), "no warning of the forgotten card")


@then("紙詰まりが知らされる")
def jammed(world: World) -> None:
    world.terminal.wait_for("Jammed")


@then(parsers.parse("{denomination:d}円硬貨が戻ったと知らされる"))
def told_rejected(world: World, denomination: int) -> None:
    told = Words("ja")("pay.rejected", amount=f"{denomination:,}円")
    world.eventually(lambda: world.terminal.shows(told), "the rejected coin was not told")


@then("遅れた申請はセンターで取り消されている")
def late_cancelled(world: World) -> None:
    def cancelled() -> bool:
        states = {a.application_id: a.state for a in world.stage.applications()}
        return states.get(world.late_application) == "cancelled"

    world.eventually(cancelled, "the late application was not cancelled")


@then("センターに重大事象が記録されている")
def incident(world: World) -> None:
    before = world.visit.incidents
    until(
        world,
        lambda: world.stage.incidents() > before,
        lambda: "記録はない",
        "センターに重大事象の記録がある",
    )


@then("重大事象は記録されていない")
def no_incident(world: World) -> None:
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    new = world.stage.incidents() - world.visit.incidents
    expect(new == 0, "重大事象の記録がない", f"重大事象の記録が{new}件")


@then("日誌・台帳・現金・トレイが一致している")
def books_agree(world: World) -> None:
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    world.eventually(
        lambda: sum(world.stage.charges()) == world.terminal.money()["taken"],
        f"ledger {world.stage.charges()}, cash box {world.terminal.money()}",
    )
    paid = {a.application_id for a in world.stage.applications() if a.state in ("paid", "handed_over")}
    sheets = {sheet["sheet_id"] for sheet in world.terminal.call("tray")}
    assert all(any(sheet.startswith(application) for application in paid) for sheet in sheets), (paid, sheets)
    assert world.terminal.call("open_journal_entries") == 0
