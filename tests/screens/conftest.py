from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from kiosk_app.input_method.conversion import MozcConverter
from kiosk_app.screens.gallery import MOMENT
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from tests.screens.pages import Hand


@pytest.fixture(autouse=True, scope="session")
def _dictionary_not_read_through() -> Iterator[None]:
    """Each keyboard that is shown reads 97 MB, so that no key waits for the disk: here keyboards are shown by the thousand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MozcConverter, "prepare", lambda self: None)
        yield


@pytest.fixture
def clock() -> Clock:
    clock = Clock(MOMENT)
    clock.freeze()
    return clock


@pytest.fixture
def window(qtbot: QtBot, clock: Clock) -> Iterator[KioskWindow]:
    window = KioskWindow(clock)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.close()


@pytest.fixture
def hand(qtbot: QtBot, window: KioskWindow) -> Hand:
    return Hand(qtbot, window)
