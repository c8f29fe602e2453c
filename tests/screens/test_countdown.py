"""The last seconds before a time-out are counted on the one clock, and a touch asks for more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from kiosk_app.flow import events as e
from kiosk_app.screens.gallery import MOMENT, samples
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from server_stub.interface.clock import Clock
from tests.screens.pages import Hand, page_of

CONSENT = replace(samples()["Consent"], deadline=MOMENT + timedelta(seconds=60))


def counted(window: KioskWindow) -> str:
    return next((text for text in texts_shown(window) if text.startswith("あと")), "")


def test_fifteen_seconds_are_counted_and_no_more(qtbot: QtBot, window: KioskWindow, clock: Clock) -> None:
    window.show_view(CONSENT)
    clock.set(MOMENT + timedelta(seconds=44))
    window.count_down()
    assert counted(window) == ""
    clock.set(MOMENT + timedelta(seconds=45))
    qtbot.waitUntil(lambda: counted(window) == "あと15秒で終了します")
    clock.set(MOMENT + timedelta(seconds=58.5))
    qtbot.waitUntil(lambda: counted(window) == "あと2秒で終了します")
    clock.set(MOMENT + timedelta(seconds=70))
    qtbot.waitUntil(lambda: counted(window) == "あと0秒で終了します")


def test_a_later_deadline_ends_the_countdown_and_leaves_every_button_in_place(
    window: KioskWindow, clock: Clock
) -> None:
    window.show_view(CONSENT)
    clock.set(MOMENT + timedelta(seconds=50))
    window.count_down()
    button = touchables(window)["同意する"]
    window.show_view(replace(CONSENT, deadline=MOMENT + timedelta(seconds=110)))
    assert counted(window) == ""
    assert touchables(window)["同意する"] is button


def test_without_a_deadline_nothing_is_counted(window: KioskWindow, clock: Clock) -> None:
    window.show_view(replace(CONSENT, deadline=None))
    clock.set(MOMENT + timedelta(days=1))
    window.count_down()
    assert counted(window) == ""


def test_the_button_asks_for_more_time_once(window: KioskWindow, hand: Hand, clock: Clock) -> None:
    window.show_view(CONSENT)
    clock.set(MOMENT + timedelta(seconds=50))
    window.count_down()
    hand.touch("操作を続ける")
    assert hand.events == [e.MoreTimeTouched()]


def test_any_touch_on_the_page_asks_for_more_time(
    qtbot: QtBot, window: KioskWindow, hand: Hand, clock: Clock
) -> None:
    window.show_view(CONSENT)
    qtbot.mouseClick(page_of(window), Qt.MouseButton.LeftButton, pos=QPoint(640, 400))
    assert hand.events == [], "nothing is counted yet"
    clock.set(MOMENT + timedelta(seconds=50))
    window.count_down()
    qtbot.mouseClick(page_of(window), Qt.MouseButton.LeftButton, pos=QPoint(640, 400))
    assert hand.events == [e.MoreTimeTouched()]


def test_another_button_asks_for_more_time_and_does_what_it_says(
    window: KioskWindow, hand: Hand, clock: Clock
) -> None:
    window.show_view(CONSENT)
    clock.set(MOMENT + timedelta(seconds=50))
    window.count_down()
    hand.touch("同意する")
    assert hand.events == [e.MoreTimeTouched(), e.Agreed()]


def test_the_countdown_survives_a_turned_page(window: KioskWindow, hand: Hand, clock: Clock) -> None:
    window.show_view(replace(samples()["ChooseMunicipality_many"], deadline=MOMENT + timedelta(seconds=10)))
    hand.touch("次のページ")
    assert counted(window) == "あと10秒で終了します"
    assert hand.events == [e.MoreTimeTouched()]
