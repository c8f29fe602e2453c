"""On every size of screen all of the panel's words can be read, and the next thing to press lies in sight."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, theme
from scenarios.panel.client import TerminalState
from scenarios.panel.parts import side_by_side
from scenarios.tours import TOURS
from tests.long import LONG
from tests.panel.helper import CARDS, FakeClient, Leader, sheet_pdf
from tests.panel.legible import cut, overlapping, pale

TITLE = 24
SIZES = {
    "1366x768": (1366, 768), "1920x1080": (1920, 1080), "2560x1440": (2560, 1440), "3840x2160": (3840, 2160),
    "projector": (1024, 768), "3840x2160 at 1.5": (2560, 1440), "3840x2160 at 2": (1920, 1080),
}  # fmt: skip
"""In the pixels that Qt is told: a desktop that enlarges by 2 has half of them."""
IN_SHORT = ("1366x768, one screen", "1366x768, two screens", "3840x2160, one screen")
TOP = TerminalState("TopMenu", 0, 0, 0, ())
STATES = (
    (TOP, ""),
    (replace(TOP, screen="PlaceCard"), ""),
    (replace(TOP, screen="TakeCard"), CARDS[0].name),
    (replace(TOP, screen="Pay", due=250, inserted=100), ""),
    (replace(TOP, screen="Jammed", taken=250), ""),
    (replace(TOP, screen="OutOfService", trouble="Books_Differ", found=("charge:1:250:0", "sheet:1:unknown:tray", "report:7")), ""),
)  # fmt: skip
LONGEST = max(TOURS, key=lambda tour: max(len(step.says.ja) for step in tour.steps))


def places() -> dict[str, tuple[QRect, float]]:
    """Beside the terminal on the only screen, and alone on a second one; each place once."""
    found: dict[str, tuple[QRect, float]] = {}
    for name, size in SIZES.items():
        screen = QRect(0, 0, *size)
        scale = theme.scale_for(screen.size())
        for beside, count in (("one screen", 1), ("two screens", 2)):
            place = side_by_side([screen] * count, TITLE, scale).panel
            if not LONG and f"{name}, {beside}" not in IN_SHORT:
                continue
            if all(place.size() != other.size() for other, _ in found.values()):
                found[f"{name}, {beside}"] = place, scale
    return found


@pytest.fixture
def scaled() -> Iterator[None]:
    yield
    theme.use_scale(1.0)


def panel_at(qtbot: QtBot, client: FakeClient, place: QRect, scale: float) -> PanelWindow:
    theme.use_scale(scale)
    client.leader = Leader()
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    panel.setGeometry(place)
    panel.show()
    QApplication.processEvents()
    return panel


def settle() -> None:
    """Layouts ask those around them for room, and these ask again."""
    for _ in range(4):
        QApplication.processEvents()


def wrong_with(panel: PanelWindow) -> dict[str, list[str]]:
    settle()
    found = {"cut": cut(panel), "overlapping": overlapping(panel), "pale": pale(panel)}
    return {what: told for what, told in found.items() if told}


def check_lit(panel: PanelWindow) -> None:
    part = panel.lit()
    assert part is None or part.visibleRegion().boundingRect() == part.rect(), "below the fold"


@pytest.mark.parametrize("where", places())
def test_everything_can_be_read_and_the_next_thing_lies_in_sight(
    qtbot: QtBot, client: FakeClient, scaled: None, where: str
) -> None:
    panel = panel_at(qtbot, client, *places()[where])
    assert not wrong_with(panel), "the choice of tours"
    check_lit(panel)
    panel.start(LONGEST)
    for number in range(len(LONGEST.steps)):
        settle()
        found = cut(panel) + overlapping(panel)
        assert not found, LONGEST.steps[number].says.ja
        check_lit(panel)
        panel.guide.on.click()
    assert not wrong_with(panel), "the end of a tour"
    panel.guide.leave.click()
    panel.choice.choices[-1].click()
    for state, card in STATES:
        client.state, client.laid = state, card
        panel.look()
        panel.cards.refresh()
        panel.look()
        assert not wrong_with(panel), state.screen
        check_lit(panel)


@pytest.mark.parametrize("happens", ["way", "tray"])
def test_what_happens_elsewhere_leaves_the_next_thing_in_sight(
    qtbot: QtBot, client: FakeClient, scaled: None, tmp_path: Path, happens: str
) -> None:
    panel = panel_at(qtbot, client, *places()["1366x768, one screen"])
    panel.choice.choices[-1].click()
    sheet = tmp_path / "sheet.pdf"
    sheet.write_bytes(sheet_pdf(0.9, 0.8))
    client.state = replace(TOP, screen="TakePaper", tray=(sheet,))
    panel.look()
    settle()
    assert panel.lit() is panel.tray.take
    {"way": panel.way.began, "tray": panel.tray.came}[happens].emit()
    settle()
    check_lit(panel)


def test_what_cannot_be_read_is_found(qtbot: QtBot, client: FakeClient, scaled: None, tmp_path: Path) -> None:
    panel = panel_at(qtbot, client, *places()["1366x768, one screen"])
    panel.terminal.setFixedWidth(40)
    panel.reset.setStyleSheet("color: #4a5a6e")
    panel.told.setText("重なる")
    panel.told.setFixedHeight(20)
    panel.told.setParent(panel.guide)
    panel.told.move(panel.guide.next.mapTo(panel.guide, panel.guide.next.rect().topLeft()))
    panel.told.show()
    found = wrong_with(panel)
    assert any("端末" in one for one in found["cut"])
    assert any("重なる" in one for one in found["overlapping"])
    assert any("最初に戻す" in one for one in found["pale"])


@pytest.mark.skipif(not LONG, reason="the same on a desktop that enlarges everything; in make fuzz")
@pytest.mark.parametrize("factor", ["1.5", "2"])
def test_it_can_be_read_on_a_desktop_that_enlarges_everything(factor: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{__file__}", "-k", "in_sight"],
        env={name: value for name, value in os.environ.items() if name != "KONBINI_LONG"}
        | {"QT_SCALE_FACTOR": factor},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
