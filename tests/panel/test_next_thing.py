"""次にすること: every screen of the terminal has its sentence, and of all parts the one to press is lit, as long as it is to be pressed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from pytestqt.qtbot import QtBot

from kiosk_app.flow import views
from scenarios.panel import PanelWindow, theme
from scenarios.panel.client import TerminalState
from scenarios.panel.money_box import MoneyButton
from scenarios.panel.next_thing import BY_SCREEN, next_thing
from tests.panel.helper import CARDS, FakeClient, press

EVERY_VIEW = sorted({one.__name__ for one in views.View.__subclasses__()})
CARD = CARDS[0].name
NOTHING = TerminalState("TopMenu", 0, 0, 0, ())


def lit(panel: PanelWindow) -> list[str]:
    """By its colour: what is painted as the thing to press, wherever it stands."""
    return [
        part.accessibleName()
        for part in panel.findChildren(QAbstractButton)
        if part.property("role") in ("main", "lit_tile") or (isinstance(part, MoneyButton) and part.lit)
    ]


def accented(panel: PanelWindow, part: QWidget | None) -> tuple[bool, bool]:
    """Whether the colour of the thing to press is seen on `part`, and whether anywhere else."""
    picture = panel.grab().toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    size = (picture.width(), picture.height())
    image = Image.frombuffer("RGBA", size, bytes(picture.constBits()), "raw", "RGBA", 0, 1)
    on = False
    if part is not None:
        corner = part.mapTo(panel, QPoint(0, 0))
        place = (corner.x(), corner.y(), corner.x() + part.width(), corner.y() + part.height())
        on = has_accent(image.crop(place))
        image.paste((0, 0, 0, 255), place)
    return on, has_accent(image)


def has_accent(image: Image.Image) -> bool:
    wanted = QColor(theme.ACCENT).getRgb()
    return any(colour == wanted for _, colour in image.getcolors(image.width * image.height) or [])


@pytest.mark.parametrize("view", EVERY_VIEW)
def test_every_screen_has_a_sentence_in_both_languages(view: str) -> None:
    told = BY_SCREEN[view].told
    assert told.ja and told.en and not any("ぁ" <= letter <= "ん" for letter in told.en.split("“")[0])


def test_no_sentence_is_of_a_screen_that_is_gone() -> None:
    assert set(BY_SCREEN) == {"", *EVERY_VIEW}


def test_what_is_said_stands_large_at_the_top(panel: PanelWindow, client: FakeClient) -> None:
    for view in EVERY_VIEW:
        client.state = replace(NOTHING, screen=view)
        panel.look()
        assert panel.guide.next.text() == next_thing(client.state, "").told.ja, view
    assert panel.guide.next.font().pixelSize() >= 20 and panel.guide.next.isVisible()
    assert panel.guide.y() < 60


VISIT = [
    (replace(NOTHING), "", None),
    (replace(NOTHING, screen="Consent"), "", None),
    (replace(NOTHING, screen="PlaceCard"), "", "カードを置く"),
    (replace(NOTHING, screen="PlaceCard"), CARD, None),
    (replace(NOTHING, screen="EnterPin"), CARD, None),
    (replace(NOTHING, screen="TakeCard"), CARD, "カードを取る"),
    (replace(NOTHING, screen="ChooseCertificate"), "", None),
    (replace(NOTHING, screen="Pay", due=250), "", "100円を入れる"),
    (replace(NOTHING, screen="Pay", due=250, inserted=200), "", "50円を入れる"),
    (replace(NOTHING, screen="Printing", taken=250), "", None),
    (replace(NOTHING, screen="TakePaper", taken=250, tray=(Path("1.pdf"),)), "", "用紙を取る"),
    (replace(NOTHING, screen="AskReceipt", taken=250), "", None),
    (replace(NOTHING, screen="Thanks", taken=250), "", None),
    (replace(NOTHING, taken=250, tray=(Path("1.pdf"),)), "", "用紙を取る"),
    (replace(NOTHING, taken=250), "", None),
    (replace(NOTHING), CARD, "カードを取る"),
    (replace(NOTHING, screen="Jammed"), "", "紙詰まりを直して再開"),
    (replace(NOTHING, screen="OutOfService", trouble="Books_Differ"), "", "照合して再開"),
    (replace(NOTHING, screen="OutOfService", trouble="Journal_Unwritable"), "", "返金して再開"),
    (replace(NOTHING), "", None),
]


def test_over_a_whole_visit_only_the_thing_to_press_is_lit(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    for state, card, wanted in VISIT:
        client.state, client.laid = state, card
        panel.look()
        panel.cards.refresh()
        panel.look()
        assert lit(panel) == ([wanted] if wanted else []), state
        QApplication.processEvents()
        assert accented(panel, panel.lit()) == (bool(wanted), False), state


def test_a_terminal_that_is_gone_lights_the_way_back(panel: PanelWindow, client: FakeClient) -> None:
    client.broken = ConnectionError("gone")
    panel.look()
    assert lit(panel) == ["次の方のために最初に戻す"]


def test_after_a_reset_nothing_is_lit_that_is_over(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    client.state = replace(NOTHING, screen="Pay", due=250, inserted=100)
    panel.look()
    press(qtbot, panel, "おつりを空にする")
    press(qtbot, panel, "用紙を空にする")
    client.state = NOTHING
    press(qtbot, panel, "次の方のために最初に戻す")
    QApplication.processEvents()
    assert lit(panel) == [] and accented(panel, None) == (False, False)
    assert not any(one.isChecked() for one in (panel.money.empty, panel.staff.empty))
    assert panel.money.empty.text() == "おつりを空にする" and panel.staff.empty.text() == "用紙を空にする"


def test_real_hands_are_told_to_lay_their_own_card(qtbot: QtBot, client: FakeClient) -> None:
    client.in_hand = ()
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    client.state = replace(NOTHING, screen="PlaceCard")
    panel.look()
    assert panel.guide.next.text() == "お手元のカードを、カードリーダに置いてください" and lit(panel) == []


def test_where_the_password_is_asked_for_the_panel_shows_the_password(
    panel: PanelWindow, client: FakeClient, qtbot: QtBot
) -> None:
    client.state = replace(NOTHING, screen="EnterPassword")
    panel.look()
    qtbot.mouseClick(panel.cards.show_pin, Qt.MouseButton.LeftButton)
    assert client.asked[-1] == ("password", CARD) and panel.cards.pin.text() == "MIHON7306"
    client.state = NOTHING
    panel.look()
    assert panel.cards.pin.text() != "MIHON7306"
