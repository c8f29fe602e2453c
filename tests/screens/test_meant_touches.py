"""Touches belong to the screen they were meant for: raw mouse and touch events, as a finger makes them, on every transition
of the flow whose next screen has a button under that finger. The guard's clock is the test's; nothing waits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.table import ROWS
from kiosk_app.screens.button import TouchGuard
from kiosk_app.screens.gallery import MOMENT, sample_states, samples
from kiosk_app.screens.parts import Text
from kiosk_app.screens.window import KioskWindow, touchables
from server_stub.interface.clock import Clock
from tests.long import LONG

MS = 1_000_000
Tap = Callable[[KioskWindow, QPoint], None]


class Now:
    """The guard's real time."""

    def __init__(self) -> None:
        self.ns = 10**12

    def __call__(self) -> int:
        return self.ns


class Finger:
    """One window whose guard has the test's clock; `told` is what the touches said."""

    def __init__(self, now: Now) -> None:
        self.now = now
        clock = Clock(MOMENT)
        clock.freeze()
        self.window = KioskWindow(clock, TouchGuard(now))
        self.told: list[e.Event] = []
        self.window.emitted.connect(self.told.append)
        self.window.show()

    def close(self) -> None:
        self.window.close()
        self.window.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    def show(self, view: v.View) -> None:
        """`view` has been looked at for a while."""
        self.window.show_view(view)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self.now.ns += 1000 * MS
        self.told.clear()

    def place(self, name: str) -> QPoint:
        button = touchables(self.window)[name]
        return button.mapTo(self.window, button.rect().center())


@pytest.fixture(scope="module")
def _finger(qapp: QApplication) -> Iterator[Finger]:
    finger = Finger(Now())
    yield finger
    finger.close()


@pytest.fixture
def finger(_finger: Finger) -> Finger:
    _finger.show(v.TopMenu())
    return _finger


# --- ways to touch ------------------------------------------------------------------------------------------------------------


def under(window: KioskWindow, at: QPoint) -> QWidget:
    found = window.childAt(at)
    return found if found is not None else window


def by_mouse(window: KioskWindow, at: QPoint) -> None:
    handle = window.windowHandle()
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


@cache
def pad() -> QPointingDevice:
    return QTest.createTouchDevice()


def by_touch(window: KioskWindow, at: QPoint) -> None:
    handle = window.windowHandle()
    QTest.touchEvent(handle, pad()).press(1, at, handle).commit()
    QTest.touchEvent(handle, pad()).release(1, at, handle).commit()


def by_double_click(window: KioskWindow, at: QPoint) -> None:
    """The second half of one: what a window system sends for the second press of a quick pair."""
    target = under(window, at)
    local = target.mapFrom(window, at)
    QTest.mouseDClick(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, local)
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, local)


TAPS: dict[str, Tap] = {"mouse": by_mouse, "touch": by_touch, "double": by_double_click}


# --- every transition -----------------------------------------------------------------------------------------------------------


def transitions() -> list[tuple[str, str]]:
    """Pairs of samples of which the flow's table leads from the first to the second, where they are views of two classes."""
    states = sample_states()
    pairs = {(row.state, row.target) for row in ROWS if row.state is not row.target}
    found = []
    for one, before in states.items():
        for other, after in states.items():
            if (before.name, after.name) in pairs and type(view_of(before)) is not type(view_of(after)):
                found.append((one, other))
    return found


PAIRS = transitions()


def state_of(finger: Finger) -> object:
    """What a touch can change without the flow: ticks, pages, digits."""
    screen = finger.window._screen
    assert screen is not None
    dots = getattr(screen, "dots", None)
    return repr(screen.memory), dots.count if dots else 0


Spot = tuple[str, str, QPoint]
"""Sample before, sample after, and a place where the first has a button and the second has one too."""


@cache
def spots() -> list[Spot]:
    """Once for each place in two classes of screens; in a short run, for two or three of them."""
    finger = Finger(Now())
    by_sample: dict[str, dict[str, QRect]] = {}
    for name, view in samples().items():
        finger.show(view)
        by_sample[name] = {
            label: QRect(button.mapTo(finger.window, QPoint(0, 0)), button.size())
            for label, button in touchables(finger.window).items()
            # of the head, which is the same on every screen, one button stands for all
            if label not in ("大きな文字", "黒い背景") or name == "TopMenu"
        }
    finger.close()
    found: dict[tuple[str, str, int, int], Spot] = {}
    for before, after in PAIRS:
        for at in (area.center() for area in by_sample[before].values()):
            if any(area.contains(at) for area in by_sample[after].values()):
                key = _class(before), _class(after), at.x(), at.y()
                found.setdefault(key, (before, after, at))
    if LONG:
        return list(found.values())
    of_pair: dict[tuple[str, str], list[Spot]] = {}
    for spot in found.values():
        of_pair.setdefault((_class(spot[0]), _class(spot[1])), []).append(spot)
    return [spot for several in of_pair.values() for spot in several[:: max(1, len(several) // 2)]]


@cache
def few_spots() -> list[Spot]:
    """Once for each class of screens that comes under the finger: what Qt makes of a touch does not depend on the screen."""
    return list({_class(after): (before, after, at) for before, after, at in spots()}.values())


def _class(sample: str) -> str:
    return sample.split("_")[0]


def test_the_table_and_the_gallery_give_every_screen_and_many_places(finger: Finger) -> None:
    assert {_class(one) for pair in PAIRS for one in pair} == {_class(one) for one in samples()}
    assert len(spots()) > 200


@pytest.mark.attack
@pytest.mark.parametrize("way", TAPS)
@pytest.mark.parametrize("target", sorted({_class(after) for _, after in PAIRS}))
def test_a_second_tap_never_presses_what_came_under_the_finger(finger: Finger, target: str, way: str) -> None:
    tap = TAPS[way]
    for before, after, at in spots() if way == "mouse" else few_spots():
        if _class(after) != target:
            continue
        finger.show(samples()[before])
        finger.window.show_view(samples()[after])
        fresh = state_of(finger)
        for wait in (0, 399):
            finger.now.ns += wait * MS
            tap(finger.window, at)
            assert (finger.told, state_of(finger)) == ([], fresh), (before, after, wait)
        finger.now.ns += MS
        handle = finger.window.windowHandle()
        QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        assert any(b.isDown() for b in touchables(finger.window).values()), (
            f"{before}, {after}: dead for ever"
        )
        QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


@pytest.mark.attack
@pytest.mark.parametrize("way", ["mouse", "touch"])
def test_a_press_that_began_before_the_screen_was_shown_is_no_touch_of_it(finger: Finger, way: str) -> None:
    """Down on one screen, up on the next."""
    for before, after, at in few_spots():
        finger.show(samples()[before])
        handle = finger.window.windowHandle()
        if way == "mouse":
            QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        else:
            QTest.touchEvent(handle, pad()).press(1, at, handle).commit()
        finger.window.show_view(samples()[after])
        finger.now.ns += 10_000 * MS
        finger.told.clear()
        fresh = state_of(finger)
        if way == "mouse":
            QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        else:
            QTest.touchEvent(handle, pad()).release(1, at, handle).commit()
        assert (finger.told, state_of(finger)) == ([], fresh), (before, after)


# --- one screen that changes ----------------------------------------------------------------------------------------------------

MANY = "ChooseMunicipality_many"
REFILLS = [
    (MANY, "青森県", "a group"), (MANY, "次のページ", "a page of groups"), (MANY, "五十音から選ぶ", "another order"),
    ("ChooseCopies_many", "次のページ", "a page of numbers"), ("ChooseScope_variants", "次のページ", "a page of members"),
]  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize("way", TAPS)
@pytest.mark.parametrize(("sample", "name", "what"), REFILLS, ids=[what for *_, what in REFILLS])
def test_a_second_tap_never_presses_what_another_page_brought_under_the_finger(
    finger: Finger, sample: str, name: str, what: str, way: str
) -> None:
    finger.show(samples()[sample])
    at = finger.place(name)
    by_mouse(finger.window, at)
    fresh = state_of(finger)
    for wait in (0, 399):
        finger.now.ns += wait * MS
        TAPS[way](finger.window, at)
        assert (finger.told, state_of(finger)) == ([], fresh), wait


@pytest.mark.attack
def test_back_out_of_a_group_is_not_back_out_of_the_screen(finger: Finger) -> None:
    finger.show(replace(samples()[MANY], can_go_back=True))
    by_mouse(finger.window, finger.place("青森県"))
    finger.now.ns += 400 * MS
    at = finger.place("戻る")
    by_mouse(finger.window, at)
    by_mouse(finger.window, at)
    assert finger.told == []
    finger.now.ns += 400 * MS
    by_mouse(finger.window, at)
    assert finger.told == [e.BackTouched()]


def test_ticks_digits_coins_and_seconds_keep_nobody_waiting(finger: Finger) -> None:
    finger.show(samples()["ChooseScope"])
    for name in ("見本　花子", "見本　一郎", "次へ"):
        by_mouse(finger.window, finger.place(name))
    assert len(finger.told) == 1
    finger.show(samples()["EnterPin"])
    for name in ("1", "1", "2", "3", "次へ"):
        by_mouse(finger.window, finger.place(name))
    assert [type(event) for event in finger.told] == [e.PinEntered]
    pay = samples()["Pay"]
    finger.show(pay)
    finger.window.show_view(replace(pay, inserted=100))
    by_mouse(finger.window, finger.place("中止する"))
    assert finger.told == [e.CancelTouched()]
    finger.show(samples()["PlaceCard"])
    finger.window.show_view(samples()["PlaceCard_countdown"])
    by_mouse(finger.window, finger.place("操作を続ける"))
    assert finger.told == [e.MoreTimeTouched()]


CHANGES: dict[str, tuple[v.View, list[v.View]]] = {
    "coins": (v.Pay(due=500, inserted=0, can_cancel=True), [v.Pay(due=500, inserted=n, can_cancel=True) for n in (100, 200)]),
    "a coin refused": (v.Pay(due=500, inserted=0, can_cancel=True), [v.Pay(due=500, inserted=0, rejected=500, can_cancel=True)]),
    "the warning": (v.TakeCard(can_cancel=True), [v.TakeCard(can_cancel=True, forgotten=True)]),
    "seconds": (v.Pay(due=500, inserted=0, can_cancel=True), [v.Pay(due=500, inserted=0, can_cancel=True, deadline=MOMENT)]),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_cancel_that_is_held_while_the_screen_changes_by_itself_is_not_lost(
    finger: Finger, what: str
) -> None:
    before, later = CHANGES[what]
    finger.show(before)
    handle, at = finger.window.windowHandle(), finger.place("中止する")
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    for view in later:
        finger.window.show_view(view)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert finger.told == []
    QTest.mouseRelease(handle, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert finger.told == [e.CancelTouched()]


def all_that_is_seen(finger: Finger) -> set[object]:
    """Every part of the page with its place and words. (Pixels of large letters differ from one drawing to the next.)"""
    page = finger.window._screen
    assert page is not None
    found: set[object] = set()
    for part in page.findChildren(QWidget):
        if part.isVisibleTo(page):
            box = QRect(part.mapTo(page, QPoint(0, 0)), part.size()).getRect()
            text = (part.text(), part.size_px, part.colour, *part.lines) if isinstance(part, Text) else ()
            found.add((type(part).__name__, box, getattr(part, "fill", ""), getattr(part, "name", ""), text))
    return found


def test_what_is_renewed_in_place_looks_as_if_it_was_built_anew(finger: Finger) -> None:
    """From any state of a screen that changes by itself to any other."""
    for kind in (v.Pay, v.TakeCard, v.TakePaper, v.Printing, v.Jammed):
        views = [replace(view, deadline=None) for view in samples().values() if isinstance(view, kind)]
        for one, other in itertools.permutations(views, 2):
            finger.show(v.TopMenu())
            finger.show(other)
            anew = all_that_is_seen(finger)
            finger.show(one)
            finger.show(other)
            assert all_that_is_seen(finger) == anew, (one, other)


TYPED = (e.DomicileEntered, e.HeadEntered, e.TelephoneEntered)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Enter, Qt.Key.Key_Tab])
def test_no_key_touches_anything_that_it_was_not_led_to(finger: Finger, key: Qt.Key) -> None:
    for view in samples().values():
        finger.show(view)
        QTest.keyClick(finger.window.windowHandle(), key)
        # whoever presses a key is there; and where something has been typed before, Enter is 「次へ」
        typed = TYPED if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else ()
        assert [one for one in finger.told if not isinstance(one, (e.MoreTimeTouched, *typed))] == []
        finger.told.clear()
