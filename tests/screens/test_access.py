"""Without a finger and without eyes: the keyboard reaches whatever can be touched, and a screen reader finds what is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.screens import keys
from kiosk_app.screens.button import SETTLING_NS, Button, TouchGuard
from kiosk_app.screens.card_and_pin import Dots
from kiosk_app.screens.gallery import MOMENT, in_language, samples
from kiosk_app.screens.screen import Screen
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from tests.long import part
from tests.screens.pages import LANGUAGES, buttons, page_of, pixels, texts

VIEWS = samples()


@pytest.fixture(scope="module")
def shown(qapp: QApplication) -> Iterator[KioskWindow]:
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock)
    window.show()
    window.activateWindow()
    QTest.qWaitForWindowActive(window)
    yield window
    window.close()


class Keyboard:
    """Presses keys as a window system does: they go to whatever has the focus."""

    def __init__(self, window: KioskWindow) -> None:
        self.window = window
        self.told: list[e.Event] = []
        window.emitted.connect(self.told.append)

    def press(self, *pressed: Qt.Key | str) -> None:
        for one in pressed:
            self.window.may_be_touched()
            self.raw(one)

    def raw(self, key: Qt.Key | str) -> None:
        if isinstance(key, str):
            QTest.keyClicks(self._target(), key)
        else:
            QTest.keyClick(self._target(), key)

    def _target(self) -> QApplication:
        return self.window.focusWidget() or self.window  # type: ignore[return-value]

    @property
    def at(self) -> str:
        found = keys.focused(page_of(self.window))
        return found.accessibleName() if found else ""


@pytest.fixture
def keyboard(shown: KioskWindow) -> Iterator[Keyboard]:
    shown.show_view(v.ChoosePlace())  # the focus of the test before is gone with its screen
    keyboard = Keyboard(shown)
    yield keyboard
    shown.emitted.disconnect(keyboard.told.append)


# --- the keyboard -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", part(VIEWS, 3))
def test_tab_reaches_every_button_once_and_comes_back(keyboard: Keyboard, name: str) -> None:
    keyboard.window.show_view(VIEWS[name])
    page = page_of(keyboard.window)
    wanted = {one.accessibleName() for one in buttons(page) if one.isEnabled() and not one.property("secret")}
    seen = []
    for _ in range(len(wanted)):
        keyboard.press(Qt.Key.Key_Tab)
        seen.append(keyboard.at)
    assert sorted(seen) == sorted(wanted)
    keyboard.press(Qt.Key.Key_Tab)
    assert keyboard.at == seen[0]
    keyboard.press(Qt.Key.Key_Backtab)
    assert keyboard.at == seen[-1]


def test_the_page_comes_first_and_the_head_last(keyboard: Keyboard) -> None:
    keyboard.window.show_view(VIEWS["ChooseCertificate"])
    seen = []
    for _ in range(5):
        keyboard.press(Qt.Key.Key_Tab)
        seen.append(keyboard.at)
    assert seen == ["住民票の写し", "印鑑登録証明書", "中止する", "言語・表示 / Language", "English"]


def test_arrows_go_where_they_point(keyboard: Keyboard) -> None:
    keyboard.window.show_view(VIEWS["ChooseCopies"])
    keyboard.press(Qt.Key.Key_Tab)
    assert keyboard.at == "1部"
    keyboard.press(Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down)
    assert keyboard.at == "8部"
    keyboard.press(Qt.Key.Key_Left)
    assert keyboard.at == "7部"
    keyboard.press(Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up)
    assert keyboard.at in ("言語・表示 / Language", "中止する", "English")


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_and_space_are_a_touch(keyboard: Keyboard, key: Qt.Key) -> None:
    keyboard.window.show_view(v.TopMenu())
    keyboard.press(Qt.Key.Key_Tab, key)
    assert keyboard.told == [e.ServiceTouched()]


def test_what_is_ticked_by_key_keeps_the_focus(keyboard: Keyboard) -> None:
    keyboard.window.show_view(VIEWS["ChooseCopies"])
    keyboard.press(Qt.Key.Key_Tab, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Space)
    assert keyboard.at == "3部"
    keyboard.press(Qt.Key.Key_Tab)
    assert keyboard.at == "4部"


def test_the_focus_stays_where_it_is_in_another_language_and_look(keyboard: Keyboard) -> None:
    view = VIEWS["ChooseCertificate"]
    keyboard.window.show_view(view)
    keyboard.press(Qt.Key.Key_Backtab, Qt.Key.Key_Backtab)
    assert keyboard.at == "言語・表示 / Language"
    keyboard.window.show_view(replace(view, look=v.Look(contrast=True)))
    assert keyboard.at == "言語・表示 / Language"
    keyboard.window.show_view(replace(in_language(view, "en"), look=v.Look(contrast=True)))
    assert keyboard.at == "Language and display"


def test_the_ring_can_be_seen_and_a_touch_leaves_none(keyboard: Keyboard, qtbot: QtBot) -> None:
    window = keyboard.window
    for look in (v.Look(), v.Look(contrast=True)):
        window.show_view(v.TopMenu(look=look))
        before = pixels(window.picture()).copy()
        keyboard.press(Qt.Key.Key_Tab)
        changed = pixels(window.picture()) != before
        assert changed.sum() > 4000, "a line of at least 2 pixels round the tile"
    window.show_view(VIEWS["ChooseCopies"])
    window.may_be_touched()
    qtbot.mouseClick(
        next(one for one in buttons(page_of(window)) if one.text() == "4部"), Qt.MouseButton.LeftButton
    )
    assert keyboard.at == ""


@pytest.mark.parametrize(
    ("name", "events"),
    [
        ("Consent", [e.BackTouched()]),
        ("ChooseCertificate", [e.CancelTouched()]),
        ("ChooseScope", [e.BackTouched()]),
        ("Pay_part", []),
        ("Printing", []),
        ("Thanks", []),
    ],
)
def test_escape_goes_back_or_cancels_but_never_over_money(
    keyboard: Keyboard, name: str, events: list[e.Event]
) -> None:
    keyboard.window.show_view(replace(VIEWS[name], deadline=None))
    keyboard.press(Qt.Key.Key_Escape)
    assert keyboard.told == events
    if name == "Pay_part":
        assert keyboard.at == "中止する"


def test_the_pin_is_typed_in_digits_and_no_key_of_it_has_a_ring(keyboard: Keyboard) -> None:
    window = keyboard.window
    window.show_view(VIEWS["EnterPin"])
    keyboard.press("8", "x", "0", "4", Qt.Key.Key_Backspace, "7")
    keyboard.press(Qt.Key.Key_Return)
    assert keyboard.told == [], "three digits are no PIN"
    keyboard.press("1", "5", Qt.Key.Key_Return)
    assert keyboard.told == [e.PinEntered(Secret("8071"))]
    window.show_view(VIEWS["TopMenu"])
    window.show_view(VIEWS["EnterPin"])
    for _ in range(20):
        keyboard.press(Qt.Key.Key_Right)
        assert not keyboard.at.isdigit()


def test_telephone_and_password_are_typed(keyboard: Keyboard) -> None:
    keyboard.window.show_view(VIEWS["EnterTelephone"])
    keyboard.press("090-0000-0000", Qt.Key.Key_Return)
    keyboard.window.show_view(VIEWS["EnterPassword"])
    keyboard.press("abc12!z", Qt.Key.Key_Return)
    assert keyboard.told == [e.TelephoneEntered("090-0000-0000"), e.PasswordEntered(Secret("ABC12Z"))]


def test_a_key_gives_more_time_while_the_last_seconds_are_counted(keyboard: Keyboard) -> None:
    keyboard.window.show_view(VIEWS["ChooseScope_countdown"])
    keyboard.press(Qt.Key.Key_Right)
    assert keyboard.told == [e.MoreTimeTouched()]


# --- keys belong to the screen they were meant for ---------------------------------------------------------------------------------


class Now:
    ns = 10**12

    def __call__(self) -> int:
        return self.ns


def test_a_key_of_the_screen_before_is_none_of_this(qtbot: QtBot) -> None:
    now = Now()
    clock = Clock(MOMENT)
    clock.freeze()
    window = KioskWindow(clock, TouchGuard(now))
    qtbot.addWidget(window)
    window.show()
    keyboard = Keyboard(window)
    window.show_view(VIEWS["EnterPin"])
    for key in ("7", Qt.Key.Key_Escape, Qt.Key.Key_Return):
        keyboard.raw(key)
    window.show_view(VIEWS["Consent"])
    keyboard.raw(Qt.Key.Key_Tab)
    keyboard.raw(Qt.Key.Key_Return)
    assert keyboard.told == [], "within the first moment"
    now.ns += SETTLING_NS
    target = window.focusWidget() or window
    held = QKeyEvent(
        QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", autorep=True
    )
    QApplication.sendEvent(target, held)
    QTest.keyRelease(target, Qt.Key.Key_Return)
    QTest.keyRelease(target, Qt.Key.Key_Space)
    assert keyboard.told == [], "held down since the screen before"
    keyboard.raw(Qt.Key.Key_Return)
    assert keyboard.told == [e.Agreed()]


# --- a screen reader ---------------------------------------------------------------------------------------------------------------


def tree(widget: object) -> Iterator[QAccessibleInterface]:
    """Everything that a screen reader finds under `widget`."""
    interface = QAccessible.queryAccessibleInterface(widget)  # type: ignore[arg-type]
    assert interface is not None
    yield from _under(interface)


def _under(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    yield interface
    for index in range(interface.childCount()):
        child = interface.child(index)
        if child is not None and not child.state().invisible:
            yield from _under(child)


@pytest.mark.parametrize(("name", "language"), part(product(VIEWS, LANGUAGES), 3))
def test_a_screen_reader_finds_what_is_read(shown: KioskWindow, name: str, language: str) -> None:
    shown.show_view(in_language(VIEWS[name], language))
    page = page_of(shown)
    assert isinstance(page, Screen)
    found = [(one.role(), one.text(QAccessible.Text.Name)) for one in tree(page)]
    assert found[0][1] == page.title(), "the page is called as its title"
    said = {text for role, text in found if role == QAccessible.Role.StaticText}
    assert {one.text() for one in texts(page)} <= said
    targets = sorted(
        text for role, text in found if role in (QAccessible.Role.Button, QAccessible.Role.CheckBox, QAccessible.Role.RadioButton)
    )  # fmt: skip
    assert targets == sorted(one.accessibleName() for one in buttons(page))
    assert all(targets)


def test_what_stands_on_a_button_describes_it(shown: KioskWindow) -> None:
    shown.show_view(VIEWS["ChooseCertificate_refused"])
    told = {one.accessibleName(): one.accessibleDescription() for one in page_of(shown).findChildren(Button)}
    assert "250円" in told["住民票の写し"] and "取扱時間" in told["住民票の写し"]
    assert "印鑑登録がない" in told["印鑑登録証明書"]


def test_what_is_chosen_is_told_as_checked(shown: KioskWindow) -> None:
    shown.show_view(v.TopMenu(look=v.Look(large=True)))
    checked = {
        one.text(QAccessible.Text.Name): bool(one.state().checked)
        for one in tree(page_of(shown))
        if one.role() == QAccessible.Role.CheckBox
    }
    assert checked == {"大きな文字": True, "黒い背景": False}


@pytest.mark.parametrize(
    ("language", "told"), [("ja", "2文字入力されています"), ("en", "2 characters entered")]
)
def test_of_a_pin_only_the_number_of_its_digits_is_said(keyboard: Keyboard, language: str, told: str) -> None:
    keyboard.window.show_view(in_language(VIEWS["EnterPin"], language))
    keyboard.press("9", "3")
    page = page_of(keyboard.window)
    dots = page.findChild(Dots)
    assert dots is not None
    interface = QAccessible.queryAccessibleInterface(dots)
    assert interface is not None and interface.text(QAccessible.Text.Name) == told
    everything = " ".join(
        one.text(kind)
        for one in tree(page)
        for kind in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value)
    )
    assert "93" not in everything


def test_the_number_of_an_application_is_never_said_aloud(shown: KioskWindow) -> None:
    shown.show_view(VIEWS["ShowNumber"])
    everything = " ".join(one.text(QAccessible.Text.Name) for one in tree(page_of(shown)))
    assert "1355" not in everything and "申請番号" in everything
