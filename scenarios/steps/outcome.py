"""What must be true in the end: the screen, the paper, the money, the records."""

from __future__ import annotations

import importlib
import re
from typing import Any

from pypdfium2 import PdfDocument
from pytest_bdd import parsers, then

from scenarios import places
from server_stub.interface.sheet import PDFIUM

from .world import World


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
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    money = world.terminal.money()
    assert money["taken"] == 0 and money["inserted"] == 0, money
    assert world.terminal.tray() == []
    world.eventually(lambda: world.stage.charges() == [], f"the ledger has charges: {world.stage.charges()}")


@then(parsers.parse("{amount:d}円が返却される"))
def returned(world: World, amount: int) -> None:
    world.eventually(
        lambda: world.terminal.money()["returned"] == amount,
        f"{amount} yen should have been returned, not {world.terminal.money()}",
    )


@then(parsers.parse("お釣りは{amount:d}円である"))
def change(world: World, amount: int) -> None:
    assert world.terminal.money()["returned"] == amount


@then(parsers.parse("手数料{amount:d}円が一度だけ記録されている"))
def charged_once(world: World, amount: int) -> None:
    world.eventually(
        lambda: world.stage.charges() == [amount],
        f"charges in the ledger: {world.stage.charges()}, not [{amount}]",
    )
    assert world.terminal.money()["taken"] == amount


@then(parsers.parse("用紙は{count:d}枚で、載っているのは「{people}」だけである"))
def paper_of(world: World, count: int, people: str) -> None:
    """Read back by a reader that shares no code with the loader: every value in its cell, and nothing else on the paper."""
    papers = world.papers or world.terminal.tray()
    assert len(papers) == count, papers
    read = town(world).check(
        [path.read_bytes() for path in papers],
        people.split("、"),
        kind=world.kind,
        options=world.options,
        copies=world.copies,
        today=world.stage.clock.now().date(),
    )
    ours = {a.application_id for a in world.stage.applications()} - {world.late_application}
    assert read.application_id in ours, f"{read.application_id} is none of the applications {ours}"
    unknown = set(read.issue_numbers) - set(world.stage.issue_numbers())
    assert not unknown, f"the ledger has no copies {unknown}"


def town(world: World) -> Any:
    """The reader lives in `tests/`, apart from everything it checks; a checkout has it."""
    return importlib.import_module("tests.readback.town").Town.load(places.DATA)


@then("部ごとに発行番号が異なる")
def issue_numbers_differ(world: World) -> None:
    numbers = world.stage.issue_numbers()
    assert len(numbers) == world.copies and len(set(numbers)) == world.copies, numbers


@then("用紙に個人番号は記載されていない")
def no_my_number(world: World) -> None:
    town(world).check_my_numbers([path.read_bytes() for path in world.papers], [])


@then(parsers.parse("用紙に「{person}」の個人番号が記載されている"))
def my_number(world: World, person: str) -> None:
    town(world).check_my_numbers([path.read_bytes() for path in world.papers], [person])


@then(parsers.parse("「{person}」の氏名は登録された字形で印字されている"))
def registered_glyphs(world: World, person: str) -> None:
    town(world).check_glyphs([path.read_bytes() for path in world.papers], person)


@then(parsers.parse("印影の大きさは縦{height:d}ミリ、横{width:d}ミリである"))
def imprint_size(world: World, height: int, width: int) -> None:
    """The imprint that is registered for the holder of the card, in its cell, pixel by pixel and to the millimetre."""
    calling = world.card.removesuffix("のカード")
    assert world.papers
    for path in world.papers:
        town(world).check_imprint(path.read_bytes(), calling, width_mm=width, height_mm=height)


@then(parsers.parse("領収書に「{text}」と印字されている"))
def receipt_says(world: World, text: str) -> None:
    world.eventually(lambda: len(world.terminal.tray()) > 0, "no receipt in the tray")
    with PDFIUM:
        told = PdfDocument(world.terminal.tray()[-1])[0].get_textpage().get_text_bounded()
    assert text in re.sub(r"\s", "", told)


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
    world.eventually(lambda: world.terminal.shows(f"{denomination}円"), "the rejected coin was not told")


@then("遅れた申請はセンターで取り消されている")
def late_cancelled(world: World) -> None:
    def cancelled() -> bool:
        states = {a.application_id: a.state for a in world.stage.applications()}
        return states.get(world.late_application) == "cancelled"

    world.eventually(cancelled, "the late application was not cancelled")


@then("センターに重大事象が記録されている")
def incident(world: World) -> None:
    world.eventually(lambda: world.stage.incidents() > 0, "the centre has no incident")


@then("重大事象は記録されていない")
def no_incident(world: World) -> None:
    world.eventually(lambda: world.terminal.call("pending_notes") == 0, "notes are still waiting")
    assert world.stage.incidents() == 0


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
