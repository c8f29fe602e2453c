"""A resident in a hurry at the real terminal: double taps go no further than one."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from kiosk_app.screens.window import KioskWindow, touchables
from scenarios.stage import Stage
from scenarios.steps.world import World


@pytest.fixture
def world(stage: Stage) -> World:
    stage.reset()
    world = World(stage, stage.start_kiosk())
    world.terminal.wait_for("TopMenu")
    return world


@pytest.mark.attack
def test_a_double_tap_on_the_copies_shows_the_confirmation_and_applies_for_nothing(world: World) -> None:
    world.identify("六甲翠のカード")
    world.choose("世帯全員", 1)
    world.terminal.touch("戻る")
    world.terminal.wait_for("ChooseCopies")
    window: KioskWindow = world.terminal._driver._control._kiosk.window  # type: ignore[attr-defined]
    moment = 10**18
    window._guard._monotonic_ns = lambda: moment
    button = touchables(window)["次へ"]
    at = button.mapTo(window, QPoint(button.width() // 2, button.height() // 2))
    handle, left, none = window.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for _ in range(3):
        QTest.mousePress(handle, left, none, at)
        QTest.mouseRelease(handle, left, none, at)
    assert world.terminal.wait_for("Confirm") == "Confirm"
    assert world.stage.applications() == []
    moment += 400_000_000
    QTest.mousePress(handle, left, none, at)
    QTest.mouseRelease(handle, left, none, at)
    assert world.terminal.wait_for("Pay", "Refusal") == "Pay", world.refusal()
