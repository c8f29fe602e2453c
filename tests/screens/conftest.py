from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from kiosk_app.screens.gallery import MOMENT
from kiosk_app.screens.window import KioskWindow
from server_stub.interface.clock import Clock
from tests.screens.pages import Hand


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
