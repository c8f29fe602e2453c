"""The terminal's own look for 個人番号 in the text of a sheet, whatever its keywords say."""

from __future__ import annotations

import pytest

from kiosk_app.sheet_inspection import check_sides, my_numbers_in
from server_stub.interface.failures import Failed

from .sheets import drawn, marks, sheet, written


@pytest.mark.parametrize(
    "text",
    [
        "123456789012", "1234 5678 9012", "１２３４５６７８９０１２", "１２３４　５６７８　９０１２", "1 2 3 4 5 6 7 8 9 0 1 2",
        "個人番号123456789012。", "令和8年6月3日 発行\n123456789012", "第123456789012号",
    ],
)  # fmt: skip
def test_twelve_digits_are_a_number_however_they_are_grouped(text: str) -> None:
    assert my_numbers_in(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "12345678901", "1234567890123", "1234 5678 9012 3", "9 1234 5678 9012", "1234-5678-9012", "1234  5678  9012",
        "令和8年12月31日 10時20分", "078-123-4567", "3,000,000", "1234 5678\n9012", "01JWZ123456789012ABCDEFGHJK", "01JWZABCDEFGHJ123456789012", "123456789012ABCDEFGHJKMNPQ",
    ],
)  # fmt: skip
def test_what_has_more_or_less_or_is_otherwise_parted_is_none(text: str) -> None:
    assert my_numbers_in(text) == 0


def test_two_numbers_in_two_lines_are_two() -> None:
    assert my_numbers_in("123456789012\n234567890123") == 2


@pytest.mark.parametrize(
    ("front", "back", "declared"),
    [
        ((), (), 0), (("12345678901",), (), 0), (("123456789012",), (), 1), (("123456789012", "210987654321"), (), 2),
        ((), (), 1),
    ],
)  # fmt: skip
def test_a_sheet_with_as_many_numbers_as_it_declares_may_be_printed(
    front: tuple[str, ...], back: tuple[str, ...], declared: int
) -> None:
    check_sides(sheet("x", sides=drawn(written(*front), written(*back))), numbers=(declared, 0), title="見本")


@pytest.mark.attack
@pytest.mark.parametrize(
    ("front", "back", "declared", "side"),
    [
        (("123456789012",), (), 0, 1), (("1234 5678 9012",), (), 0, 1), (("１２３４５６７８９０１２",), (), 0, 1),
        (("123456789012", "210987654321"), (), 1, 1), ((), ("123456789012",), 0, 2), ((), ("123456789012",), 1, 2),
    ],
)  # fmt: skip
def test_a_sheet_with_a_number_that_it_does_not_declare_is_refused(
    front: tuple[str, ...], back: tuple[str, ...], declared: int, side: int
) -> None:
    with pytest.raises(Failed, match="Binding_Mismatch") as caught:
        check_sides(
            sheet("x", sides=drawn(written(*front), written(*back))), numbers=(declared, 0), title="見本"
        )
    assert caught.value.facts == {"side": side, "detail": "個人番号"}


def test_the_marks_alone_have_no_number() -> None:
    check_sides(sheet("x", sides=drawn(marks, marks)), numbers=(0, 0), title="見本")


@pytest.mark.attack
@pytest.mark.parametrize("title", ["住民票の写し", "見本の写し"])
def test_a_front_that_does_not_bear_the_title_of_what_was_offered_is_refused(title: str) -> None:
    pdf = sheet("x", sides=drawn(written("見本 の写し"), written("住民票の写し")))
    if title == "見本の写し":
        check_sides(pdf, numbers=(0, 0), title=title)
        return
    with pytest.raises(Failed, match="Binding_Mismatch.*title"):
        check_sides(pdf, numbers=(0, 0), title=title)
