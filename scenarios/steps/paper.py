"""The paper: taken or left lying, jams and empty trays, and what must stand on it."""

from __future__ import annotations

from scenarios.stage_secrets import BACK_PAGE_KEY
from server_stub.interface.application_states import State
from server_stub.interface.binding import PDFIUM
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.paper.copier import measured
from server_stub.paper.front_comparison import alike_as_they_lie
from server_stub.paper.scramble import ScrambleKey
from server_stub.paper.unscramble import unscramble

from .sentences import Needs, given, then, when
from .world import World, expect, town

_SAME_FRONT = 0.75
"""Of one and the same front; of an empty one it is below 0.2, by 見本 alone."""

# --- the printer ---------------------------------------------------------------------------------------------------------


@given("用紙がない")
def no_paper(world: World) -> None:
    world.terminal.call("paper_empty")


@given("{sheet:count}枚目で紙が詰まる")
def jam_at(world: World, sheet: int) -> None:
    world.terminal.call("jam_at", sheet=sheet)


@when("係員が用紙を補充して再開する")
def refilled(world: World) -> None:
    world.terminal.call("paper_empty", empty=False)
    world.terminal.call("operator", action="resume")


@when("係員が用紙を取り除いて再開する")
def operator_resumes(world: World) -> None:
    world.terminal.call("operator", action="resume")


@when("係員が返金する")
def operator_refunds(world: World) -> None:
    world.terminal.call("operator", action="refund")
    world.terminal.wait_for("Refusal", "TopMenu", "Thanks")


@when("印刷が終わり、用紙を取る")
def take_paper(world: World) -> None:
    world.take_paper()


@when("印刷が終わり、用紙を取らずに{seconds}秒たつ")
def left_lying(world: World, seconds: int) -> None:
    world.terminal.wait_for("TakePaper")
    world.pass_time(seconds)


@then("紙詰まりが知らされる")
def jammed(world: World) -> None:
    world.until(lambda: world.terminal.screen() == "Jammed", "紙詰まりの画面になる", world.refusal)


@then("用紙の取り忘れが知らされる")
def warned(world: World) -> None:
    world.waits_to_say("証明書が取り出し口に残っています。")


@then("用紙は端末に収められ、係員の確認を待つ")
def drawn_in(world: World) -> None:
    """Nothing lies in the tray for a stranger, and centre and ledger both wait for staff."""
    world.settled()
    expect(not world.terminal.tray(), "取り出し口に何もない", f"取り出し口に{len(world.terminal.tray())}枚")
    world.check_state(State.IN_DOUBT)


# --- what stands on it ---------------------------------------------------------------------------------------------------


def pdfs(world: World) -> list[bytes]:
    return [path.read_bytes() for path in world.paper()]


@then("用紙は{count}枚で、載っているのは「{people}」だけである", needs=Needs.PAPER)
def paper_of(world: World, count: int, people: list[str]) -> None:
    """Every value in its own cell, nothing else on the paper, and the ledger knows each copy of it."""
    _read_back(world, count, people)


@then("用紙は{count}枚で、載っている名は「{names}」だけである", needs=Needs.PAPER)
def paper_of_names(world: World, count: int, names: list[str]) -> None:
    """The same for a paper that has given names alone, of the family register that the card's holder stands in. Who has a card may be
    named by 呼び名: nobody can type a 外字."""
    _read_back(world, count, names, holder=world.holder())


def _read_back(world: World, count: int, people: list[str], **told: str) -> None:
    papers = world.paper()
    expect(len(papers) == count, f"用紙が{count}枚", f"用紙が{len(papers)}枚")
    with PDFIUM:
        read = town(world).check(
            pdfs(world),
            people,
            kind=world.kind,
            options=world.answers,
            copies=world.copies,
            today=world.stage.clock.now().date(),
            fee=world.offer_of(world.kind).copy_fee(len(people)) * world.copies,
            **told,
        )
    world.stage.trace.emit(
        "scenario", "paper_read_back", municipality=world.town().code, sheets=count, tables=read.tables
    )
    ours = [one.application_id for one in world.applications()]
    expect(
        read.application_id in ours, f"申請番号 {'・'.join(ours)}", f"用紙の申請番号 {read.application_id}"
    )
    numbers = world.stage.books.issue_numbers_of(read.application_id)
    expect(
        list(read.issue_numbers) == numbers,
        f"台帳の発行番号 {'・'.join(numbers)}",
        f"用紙の発行番号 {'・'.join(read.issue_numbers)}",
    )


@then("部ごとに発行番号が異なる", needs=Needs.PAPER)
def issue_numbers_differ(world: World) -> None:
    with PDFIUM:
        numbers = town(world).issue_numbers(pdfs(world))
    expect(
        len(numbers) == world.copies == len(set(numbers)),
        f"{world.copies}部に異なる発行番号",
        f"発行番号 {'・'.join(numbers)}",
    )


@then("用紙に個人番号は記載されていない", needs=Needs.PAPER)
def no_my_number(world: World) -> None:
    """Of nobody, on any side."""
    with PDFIUM:
        town(world).check_my_numbers(pdfs(world), [])


@then("用紙に「{people}」の個人番号が記載されている", needs=Needs.PAPER)
def my_numbers(world: World, people: list[str]) -> None:
    """Of each of these, in the person's own block, and of nobody else."""
    with PDFIUM:
        town(world).check_my_numbers(pdfs(world), people)


@then("「{person}」の氏名は登録された字形で印字されている", needs=Needs.PAPER)
def registered_glyphs(world: World, person: str) -> None:
    with PDFIUM:
        town(world).check_glyphs(pdfs(world), person)


@then("印影の大きさは縦{height:mm}ミリ、横{width:mm}ミリである", needs=Needs.PAPER)
def imprint_size(world: World, height: int, width: int) -> None:
    """The imprint that is registered for the holder of the card, in its cell, pixel by pixel and to the millimetre."""
    for pdf in pdfs(world):
        with PDFIUM:
            town(world).check_imprint(pdf, world.holder(), width_mm=width, height_mm=height)


@then("用紙を複写すると、「複写」の文字が浮き出る", needs=Needs.PAPER)
def copy_shows_the_word(world: World) -> None:
    """On the front of the first sheet: unseen on the paper, seen on the copy, by the copier's model."""
    with PDFIUM:
        page = next(measured(pdfs(world)[0]))
    expect(
        page.kept,
        "地紋は用紙では見えず、複写すると浮き出る",
        f"濃淡の差は用紙で{page.before:.0%}、複写で{page.after:.0%}",
    )


@then("裏面のスクランブル画像を元に戻すと、表面と同じである", needs=Needs.PAPER)
def back_holds_the_front(world: World) -> None:
    """Of each sheet, read as from a scan of 300 dpi, under the key of the stage's centre."""
    key = ScrambleKey.of(Secret(world.stage.keys.text(BACK_PAGE_KEY)))
    for number, pdf in enumerate(pdfs(world), start=1):
        try:
            found = unscramble(pdf, key)
        except Failed as failed:
            expect(
                False,
                "スクランブル画像が元に戻る",
                f"{number}枚目は、{failed.entry.cause}（{failed.failure}）",
            )
            return
        assert found.front is not None
        alike = alike_as_they_lie(found.opened.picture, found.front)
        expect(
            alike > _SAME_FRONT,
            "裏面から復元した表面が、印刷された表面と同じ",
            f"{number}枚目は、一致の度合いが{alike:.0%}",
        )


@then("取り出し口には何も残っていない", needs=Needs.PAPER)
def tray_is_empty(world: World) -> None:
    """Once the paper was taken: no certificate and no receipt."""
    left = len(world.sheets()) + len(world.receipts())
    expect(left == 0, "取り出し口は空", f"取り出し口に{left}枚")
