"""What is looked for in the text of a sheet, whatever its keywords say: 個人番号 outside their boxes, and what a front must bear."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cards.contents.facts import check_digit
from kiosk_app.sheet_inspection import check_sides
from server_stub.interface.failures import Failed
from server_stub.interface.front import FrontFacts, holds_my_number
from server_stub.interface.values import Box

from .sheets import Draw, drawn, marks, sheet, written

MADE_UP = f"12345678901{(check_digit('12345678901') + 1) % 10}"
"""As the numbers of the sample people: the digit after the right one."""
REAL = f"12345678901{check_digit('12345678901')}"
PLAIN = "123456789012"
"""Neither: the number of a room, of a document, of anything."""
FACTS = FrontFacts((("title", "見本"), ("name", "見本　太郎"), ("issue number", "N1")), "1／1", (), ())
FIRST_LINE, SECOND_LINE = (Box(x=24, y=46 + 7 * line, width=40, height=6) for line in range(2))
"""Around the lines of `written`."""


def parted(number: str, by: str) -> str:
    return by.join((number[:4], number[4:8], number[8:]))


@pytest.mark.parametrize(
    "text",
    [
        "123456789012", "1234 5678 9012", "１２３４５６７８９０１２", "１２３４　５６７８　９０１２", "1 2 3 4 5 6 7 8 9 0 1 2",
        "個人番号123456789012。", "令和8年6月3日 発行\n123456789012", "1234-5678-9012", "1234.5678.9012", "1234  5678  9012",
        "１２３４－５６７８－９０１２", "1234・5678・9012", "N123456789012", "123456789012号",
    ],
)  # fmt: skip
def test_twelve_digits_by_themselves_are_a_number_in_any_of_its_groups(text: str) -> None:
    assert holds_my_number(text)


@pytest.mark.parametrize("number", [MADE_UP, REAL])
@pytest.mark.parametrize(
    "form",
    [
        lambda number: parted(number, "\r\n"), lambda number: f"見本町{number}号室", lambda number: f"{number}3",
        lambda number: f"9{number}", lambda number: f"9 {parted(number, ' ')}", lambda number: f"{parted(number, ' ')} 3",
        lambda number: "\r\n".join(number), lambda number: "-".join((number[:3], number[3:6], number[6:9], number[9:])),
        lambda number: f"第{number}号", lambda number: f"2026\r\n{parted(number, chr(10))}\r\n15",
    ],
)  # fmt: skip
def test_a_number_with_its_check_digit_is_one_wherever_it_stands(number: str, form: Any) -> None:
    assert holds_my_number(form(number))


@pytest.mark.parametrize(
    "text",
    [
        "12345678901", f"見本町{PLAIN}号室", "見本町１２３４５６７８９０１２号室", "第123456789012号", "令和8年12月31日 10時20分",
        "078-123-4567", "3,000,000", "123,456,789,012", "1234 5678\n9012", "01JWZ123456789012ABCDEFGHJK", "5-1-1203\r\n100-2026-12",
        "1,200,000\r\n350,000\r\n",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(text: str) -> None:
    assert not holds_my_number(text)


@pytest.mark.parametrize(
    ("lines", "boxes"),
    [
        ((), ()), (("12345678901",), ()), ((MADE_UP,), (FIRST_LINE,)), ((parted(MADE_UP, " "),), (FIRST_LINE,)),
        ((MADE_UP, "210987654321"), (FIRST_LINE, SECOND_LINE)), ((), (FIRST_LINE,)),
        (("見本町１２３４５６７８９０１２号室",), ()),
    ],
)  # fmt: skip
def test_a_sheet_whose_numbers_are_each_in_a_box_may_be_printed(
    lines: tuple[str, ...], boxes: tuple[Box, ...]
) -> None:
    check_sides(sheet("x", sides=drawn(written(*lines), marks)), replace(FACTS, boxes=boxes))


def test_the_number_of_the_application_is_none() -> None:
    """It stands on the back of every sheet."""
    ulid = "01JWZABCDEFGHJ123456789012"
    check_sides(
        sheet("x", sides=drawn(written(ulid), written(ulid))), replace(FACTS, identifiers=(ulid, "N1"))
    )


@pytest.mark.attack
@pytest.mark.parametrize(
    ("front", "back", "boxes", "side"),
    [
        ((PLAIN,), (), (), 1), (("1234-5678-9012",), (), (), 1), ((MADE_UP, "210987654321"), (), (FIRST_LINE,), 1),
        ((), (PLAIN,), (), 2), ((), (PLAIN,), (FIRST_LINE,), 2), (("1234", "5678", MADE_UP[8:]), (), (), 1),
        ((MADE_UP,), (), (Box(x=1, y=1, width=0.1, height=0.1),), 1), ((MADE_UP,), (), (SECOND_LINE,), 1),
        ((MADE_UP, "210987654321"), (), (FIRST_LINE, FIRST_LINE), 1), ((f"{MADE_UP}3",), (), (FIRST_LINE,), 1),
        ((MADE_UP,), (), (Box(x=24, y=46, width=10, height=6),), 1),
        ((MADE_UP, "210987654321"), (), (Box(x=0, y=0, width=210, height=297), SECOND_LINE), 1),
    ],
)  # fmt: skip
def test_a_number_outside_its_box_is_refused(
    front: tuple[str, ...], back: tuple[str, ...], boxes: tuple[Box, ...], side: int
) -> None:
    with pytest.raises(Failed, match="Binding_Mismatch.*個人番号") as caught:
        check_sides(sheet("x", sides=drawn(written(*front), written(*back))), replace(FACTS, boxes=boxes))
    assert caught.value.facts["side"] == side


@pytest.mark.attack
@pytest.mark.parametrize(
    ("printed", "detail"),
    [
        ("N1　1／1枚", "name"), ("見本　花子　N1　1／1枚", "name"), ("見本　太郎（1／1枚", "issue number"),
        ("見本　太郎（N2　1／1枚", "issue number"), ("見本　太郎（N1", "page mark"), ("見本　太郎（N1　2／2枚", "page mark"),
        ("見本　太郎（N1　1／12枚", "page mark"), ("見本　太郎（N1　11／1枚", "page mark"),
        ("見本　太郎左（N1　1／1枚", "name"), ("見本　太郎　左（N1　1／1枚", "name"), ("見本　太郎・左（N1　1／1枚", "name"),
        ("見本　太郎（N12　1／1枚", "issue number"), ("見本　太郎（N1１　1／1枚", "issue number"),
    ],
)  # fmt: skip
def test_a_front_of_somebody_else_or_of_another_sheet_is_refused(printed: str, detail: str) -> None:
    with pytest.raises(Failed, match="Binding_Mismatch") as caught:
        check_sides(sheet("x", sides=drawn(written(printed=printed), marks)), FACTS)
    assert caught.value.facts == {"side": 1, "detail": detail}


@pytest.mark.parametrize(
    ("registered", "printed"),
    [
        ("見本　太郎", "見本 太郎"), ("ﾐﾎﾝ　太郎", "ミホン太郎"), ("渡邉\U000e0110　見本", "渡邉　見本"),
        ("MIHON MARIA-JOSÉ", "MIHON MARIA-JOSÉ"), ("ガ", "ｶﾞ"),
    ],
)  # fmt: skip
def test_a_name_is_read_whatever_its_width_space_or_variant(registered: str, printed: str) -> None:
    facts = replace(FACTS, words=(("name", registered),))
    check_sides(sheet("x", sides=drawn(written(printed=f"{printed}（1／1枚"), marks)), facts)


def test_a_name_over_two_lines_is_read() -> None:
    facts = replace(FACTS, words=(("name", "MIHON MARIA APARECIDA-SILVA"),))
    check_sides(
        sheet("x", sides=drawn(written("MIHON MARIA", "APARECIDA-", "SILVA", printed="1／1枚"), marks)), facts
    )


def painted(canvas: Any) -> None:
    """White over the line, and the marks again above it."""
    marks(canvas)
    canvas.saveState()
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(0, 20, 600, 30, stroke=0, fill=1)
    canvas.restoreState()


def white(canvas: Any) -> None:
    marks(canvas, printed="")
    canvas.setFont("SheetGothic", 6)
    canvas.setFillColorRGB(1, 1, 1)
    canvas.drawString(20, 30, "見本　太郎（N1　1／1枚")


def minute(canvas: Any) -> None:
    marks(canvas, printed="")
    canvas.setFont("SheetGothic", 2)
    canvas.drawString(20, 30, "見本　太郎（N1　1／1枚")


@pytest.mark.attack
@pytest.mark.parametrize("side", [painted, white, minute])
def test_a_front_on_which_nobody_can_read_the_name_is_refused(side: Draw) -> None:
    with pytest.raises(Failed, match="Binding_Mismatch") as caught:
        check_sides(sheet("x", sides=drawn(side, marks)), FACTS)
    assert caught.value.facts == {"side": 1, "detail": "not to be seen"}


@pytest.mark.attack
@pytest.mark.parametrize("title", ["住民票の写し", "見本の写し"])
def test_a_front_that_does_not_bear_the_title_of_what_was_offered_is_refused(title: str) -> None:
    pdf = sheet("x", sides=drawn(written("見本 の写し"), written("住民票の写し")))
    facts = replace(FACTS, words=(("title", title),))
    if title == "見本の写し":
        check_sides(pdf, facts)
        return
    with pytest.raises(Failed, match="Binding_Mismatch.*title"):
        check_sides(pdf, facts)
