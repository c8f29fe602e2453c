"""Nothing on the page, in its names or in its pictures tells the PIN."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from kiosk_app.flow.events import PinEntered
from kiosk_app.screens.gallery import in_language, samples
from kiosk_app.screens.screen import Screen
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from server_stub.interface.secret import Secret
from tests.screens.pages import Hand, assert_rules, pixels

KEYS = [str(digit) for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)]


def everything_told(window: KioskWindow) -> list[str]:
    """Whatever a program could read off the widgets."""
    told: list[str] = []
    for one in [window, *window.findChildren(QWidget)]:
        assert isinstance(one, QWidget)
        told += [
            one.objectName(),
            one.accessibleName(),
            one.accessibleDescription(),
            one.toolTip(),
            one.windowTitle(),
        ]
        told += [str(one.property(name.data().decode())) for name in QObject.dynamicPropertyNames(one)]
    return told + texts_shown(window)


def test_the_pin_is_told_once_as_a_secret(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["EnterPin"])
    assert "次へ" not in touchables(window)
    hand.touch("8", "0", "4")
    assert "次へ" not in touchables(window)
    hand.touch("1")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [PinEntered(Secret("8041"))]
    assert "8041" not in repr(hand.events)
    assert "次へ" not in touchables(window), "the page has forgotten the digits"


def test_a_fifth_digit_is_ignored_and_correction_takes_the_last_back(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["EnterPin"])
    hand.touch("訂正", "1", "2", "3", "4", "5", "訂正", "訂正", "7", "8", "次へ")
    assert hand.events == [PinEntered(Secret("1278"))]


def test_two_pins_look_the_same(qtbot: QtBot, window: KioskWindow, hand: Hand) -> None:
    pictures, told = [], []
    for digits in ("1111", "9080"):
        window.show_view(samples()["TopMenu"])
        window.show_view(samples()["EnterPin"])
        empty = pixels(window.picture())
        hand.touch(*digits)
        pictures.append(pixels(window.picture()).copy())
        qtbot.waitUntil(lambda: len(window.findChildren(Screen)) == 1)
        told.append(everything_told(window))
        assert (pictures[-1] != empty).any(), "the dots are to be seen"
    assert (pictures[0] == pictures[1]).all()
    assert told[0] == told[1]
    assert not any(digits in text for text in told[1] for digits in ("1111", "9080"))


def test_a_key_that_was_just_touched_does_not_keep_the_focus(
    qtbot: QtBot, window: KioskWindow, hand: Hand
) -> None:
    window.show_view(samples()["EnterPin"])
    hand.touch("7")
    assert window.focusWidget() is None or not window.focusWidget().accessibleName()


def test_the_keys_are_marked_so_that_no_record_names_them(window: KioskWindow) -> None:
    window.show_view(samples()["EnterPin"])
    marked = {name for name, button in touchables(window).items() if button.property("secret")}
    assert marked == set(KEYS)


def test_another_language_begins_the_pin_anew(window: KioskWindow, hand: Hand) -> None:
    view = samples()["EnterPin"]
    window.show_view(view)
    hand.touch("1", "2")
    window.show_view(in_language(view, "en"))
    hand.touch("3", "4")
    assert "Next" not in touchables(window)
