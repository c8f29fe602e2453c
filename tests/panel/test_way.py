"""The way of an application on the panel: what the trace tells is shown, and nothing that it does not tell."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from scenarios.panel import PanelWindow, theme
from scenarios.panel.two_languages import EN, JA, LANGUAGE, table
from scenarios.panel.way import (
    AUTHORITY,
    CARD_REGISTRY,
    CENTRE,
    EXISTING,
    IDENTITY,
    ISSUING,
    PAPER,
    STANDING,
    TERMINAL,
    Way,
    Ways,
)
from scenarios.panel.way_box import ERRANDS, Drawing, time_told
from server_stub.interface.trace import Event, Source
from tests.panel.helper import FakeClient, press
from tests.panel.legible import cut, overlapping

AUTHENTICATION = {"method": "POST", "path": "/v1/sessions/S/authentication"}
APPLICATION = {"method": "POST", "path": "/v1/sessions/S/applications"}
SHEET = {"method": "GET", "path": "/v1/applications/A/sheets/1"}
STANDS = {"method": "GET", "path": "/v1/applications/A/standing"}
OCSP = {"method": "POST", "path": "/ocsp/authentication"}


class Told:
    """Events as the nodes write them; each a millisecond after the one before, unless told otherwise."""

    def __init__(self) -> None:
        self._number = itertools.count(1)
        self.ms = 0
        self.trace = ""
        self.events: list[Event] = []

    def __call__(self, source: Source, kind: str, after: int = 1, **data: Any) -> None:
        self.ms += after
        number, clock = next(self._number), "2026-06-03T10:00:00.000+09:00"
        trace = "" if source == "screen" else self.trace
        self.events.append(
            Event("r", "p", "", "", number, self.ms * 1_000_000, clock, source, kind, trace, data)
        )

    def request(self, request: dict[str, str], trace: str) -> None:
        self.trace = trace
        self("network", "request", **request)
        self("centre", "asked", **request)

    def answer(self, request: dict[str, str], status: int = 200) -> None:
        self("centre", "answered", status=status, **request)
        self("network", "answered", status=status, **request)

    def call(self, node: Source, path: str, took: int, status: int = 200) -> None:
        self(node, "asked", method="POST", path=path)
        self(node, "answered", after=took, method="POST", path=path, status=status)

    def refuse(self, failure: str, *nodes: Source) -> None:
        for node in nodes:
            self(node, "refused", failure=failure, facts={})

    def way(self) -> Way:
        ways = Ways()
        ways.take(self.events)
        return ways.ways()[-1]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def japanese_again() -> Iterator[None]:
    yield
    LANGUAGE.choose(JA)


def identity(told: Told) -> None:
    told.request(AUTHENTICATION, "t1")
    told("authority", "asked", **OCSP)
    told("authority", "ocsp_answered", after=6, statuses=["good"])
    told("authority", "answered", status=200, **OCSP)
    told.call("issuing", "/v1/offers", 48)
    told.answer(AUTHENTICATION)


def test_each_node_has_the_milliseconds_between_its_own_two_events(told: Told) -> None:
    identity(told)
    way = told.way()
    times = {node: hop.milliseconds for node, hop in way.hops.items()}
    # authority 6 + 1; the terminal from its request to its answer: 1 + 1 + 7 + 1 + 48 + 2
    assert (way.errand, way.ended, way.stopped_at) == (IDENTITY, True, "")
    assert times == {AUTHORITY: 7, ISSUING: 48, CENTRE: 60}
    assert way.hops[AUTHORITY].said == ("good",)


def test_whoever_has_been_asked_and_not_answered_is_at_work(told: Told) -> None:
    told.request(APPLICATION, "t1")
    assert told.way().at_work() == CENTRE
    told("issuing", "asked", method="POST", path="/v1/applications")
    assert told.way().at_work() == ISSUING
    told("issuing", "existing_system_asked", path="/v1/papers")
    assert told.way().at_work() == EXISTING
    told("issuing", "existing_system_answered", after=90, path="/v1/papers", status=200)
    assert told.way().at_work() == ISSUING and told.way().hops[EXISTING].milliseconds == 90
    told("issuing", "answered", method="POST", path="/v1/applications", status=200)
    told.answer(APPLICATION)
    assert told.way().at_work() == "" and told.way().ended


def test_the_sheets_belong_to_the_paper_and_the_question_before_payment_is_its_own(told: Told) -> None:
    told.request(APPLICATION, "t1")
    told.answer(APPLICATION)
    told.request(SHEET, "t2")
    told.answer(SHEET)
    assert (told.way().errand, told.way().hops[CENTRE].calls) == (PAPER, 2)
    told.request(STANDS, "t3")
    assert told.way().errand == STANDING


def test_a_card_of_a_municipality_goes_by_the_ic_card_system(told: Told) -> None:
    told.request(AUTHENTICATION, "t1")
    told.call("card_registry", "/v1/card-authentications", 12)
    told.answer(AUTHENTICATION)
    assert told.way().hops.keys() == {CENTRE, CARD_REGISTRY}


@pytest.mark.parametrize(
    ("failure", "nodes", "where", "silent"),
    [
        ("Certificate_Revoked", ("centre",), CENTRE, False),
        ("Authority_Unreachable", ("centre",), AUTHORITY, True),
        ("Issuing_Unreachable", ("centre",), ISSUING, True),
        ("Holder_Restricted", ("issuing", "centre"), ISSUING, False),
        ("Existing_System_Unreachable", ("issuing", "centre"), EXISTING, True),
        ("Registry_Unreachable", ("centre",), CARD_REGISTRY, True),
    ],
)
def test_a_refusal_stands_where_it_was_made(
    told: Told, failure: str, nodes: tuple[Source, ...], where: str, silent: bool
) -> None:
    told.request(APPLICATION, "t1")
    if "issuing" in nodes:
        told("issuing", "asked", method="POST", path="/v1/applications")
    told.refuse(failure, *nodes)
    told.answer(APPLICATION, 403)
    way = told.way()
    assert (way.stopped_at, way.failure, way.unanswered) == (where, failure, silent)
    assert way.at_work() == "", "who was left by its caller is waited for no longer"


def test_one_kind_that_is_refused_stops_nobody(told: Told) -> None:
    told.request(AUTHENTICATION, "t1")
    told("issuing", "asked", method="POST", path="/v1/offers")
    told("issuing", "existing_system_asked", path="/v1/offers")
    told.refuse("Tax_No_Record", "existing")
    told("issuing", "existing_system_answered", path="/v1/offers", status=404)
    told("issuing", "answered", method="POST", path="/v1/offers", status=200)
    in_vain = list(told.events)
    told.answer(AUTHENTICATION)
    assert told.way().stopped_at == ""
    told.events = in_vain
    told.refuse("Holder_Restricted", "centre")
    told.answer(AUTHENTICATION, 403)
    assert (told.way().stopped_at, told.way().failure) == (CENTRE, "Holder_Restricted")


def test_a_centre_that_does_not_answer_is_where_it_was_stopped(told: Told) -> None:
    told.trace = "t1"
    told("network", "request", **APPLICATION)
    told("network", "no_answer", error="ReadTimeout", **APPLICATION)
    assert (told.way().stopped_at, told.way().unanswered) == (CENTRE, True)


def test_what_the_terminal_does_not_accept_is_stopped_there(told: Told) -> None:
    identity(told)
    told("screen", "transition", state="Authenticating", event="Refused", target="Refusal", condition="")
    assert told.way().stopped_at == TERMINAL


def test_a_server_that_tells_before_the_terminal_does_is_not_lost(told: Told) -> None:
    identity(told)
    ways = Ways()
    ways.take([event for event in told.events if event.source != "network"])
    assert ways.ways() == []
    ways.take([event for event in told.events if event.source == "network"])
    assert ways.ways() == [told.way()]


def test_a_new_visit_has_no_way_yet(told: Told) -> None:
    identity(told)
    told.request({"method": "POST", "path": "/v1/sessions"}, "t9")
    ways = Ways()
    ways.take(told.events)
    assert ways.ways() == []


# --- as it is seen -------------------------------------------------------------------------------------------------------------


def colours(panel: PanelWindow) -> set[str]:
    """Of the drawing, as far as they are the theme's."""
    seen = panel.way.drawing.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    found = {seen.pixelColor(x, y).name().upper() for x in range(seen.width()) for y in range(seen.height())}
    return found & {theme.ACCENT, theme.GOOD, theme.BAD}


def test_before_a_visit_the_way_is_there_and_nothing_of_it_is_lit(panel: PanelWindow) -> None:
    assert panel.way.told.text() == table()["way.empty"][JA]
    assert colours(panel) == set()


def test_what_is_under_way_is_lit_what_is_over_is_not_and_a_stop_is_red(
    panel: PanelWindow, told: Told
) -> None:
    told.request(APPLICATION, "t1")
    panel.way.take(told.events)
    assert colours(panel) == {theme.ACCENT}
    told.refuse("Certificate_Revoked", "centre")
    told.answer(APPLICATION, 403)
    panel.way.take(told.events[2:])
    assert colours(panel) == {theme.GOOD, theme.BAD}
    assert panel.way.told.text().startswith("センターで止まりました：")


def test_an_earlier_errand_can_be_looked_at_again(panel: PanelWindow, told: Told, qtbot: QtBot) -> None:
    identity(told)
    told.request(APPLICATION, "t2")
    told.answer(APPLICATION)
    panel.way.take(told.events)
    way = panel.way.shown()
    assert way is not None and way.errand == PAPER
    press(qtbot, panel, "本人の確認")
    way = panel.way.shown()
    assert way is not None and way.errand == IDENTITY
    assert "60 ms" in panel.way.told.text()
    press(qtbot, panel, "証明書の作成")
    assert panel.way.choices[PAPER].isChecked() and not panel.way.choices[IDENTITY].isChecked()


@pytest.mark.parametrize("language", [JA, EN])
@pytest.mark.parametrize("wide", [420, 712])
def test_four_errands_do_not_widen_the_column(
    qtbot: QtBot, panel: PanelWindow, wide: int, language: str, japanese_again: None
) -> None:
    LANGUAGE.choose(language)
    panel.resize(wide, 744)
    panel.show()
    for choice in panel.way.choices.values():
        choice.show()
    panel.way._arrange()
    for _ in range(4):
        QApplication.processEvents()
    inside = panel.columns.widget()
    assert inside is not None and inside.width() <= panel.columns.viewport().width()
    assert not cut(panel) and not overlapping(panel)


def test_the_pace_is_switched_on_the_panel(panel: PanelWindow, client: FakeClient, qtbot: QtBot) -> None:
    press(qtbot, panel, "店舗の速さ：切")
    assert client.asked == [("pace", True)] and client.real_pace
    press(qtbot, panel, "店舗の速さ：入")
    assert client.asked[-1] == ("pace", False)


def test_a_terminal_before_somebody_elses_servers_shows_what_it_sees_itself(
    qtbot: QtBot, client: FakeClient
) -> None:
    client.servers = False
    panel = PanelWindow(client)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.way.drawing.isVisible()
    panel.close()


def test_the_way_speaks_english_too(panel: PanelWindow, told: Told, japanese_again: None) -> None:
    told.request(APPLICATION, "t1")
    told.refuse("Certificate_Revoked", "centre")
    told.answer(APPLICATION, 403)
    panel.way.take(told.events)
    panel.way.language.click()
    assert panel.way.told.text() == (
        "Stopped at the centre: This card cannot be used. Its electronic certificate has been revoked."
    )
    assert {c.text() for e, c in panel.way.choices.items() if e in ERRANDS} == {
        table()[f"errand.{errand}"][EN] for errand in ERRANDS
    }


@pytest.mark.parametrize("width", [376, 440, 560])
def test_no_word_of_a_node_is_cut(qapp: QApplication, width: int, japanese_again: None) -> None:
    drawing = Drawing(whole=True)
    metrics = QFontMetrics(theme.font(theme.SMALL, bold=True, enlarged=False))
    for language in (JA, EN):
        LANGUAGE.choose(language)
        for node, room in drawing.rooms(width).items():
            text = table()[f"way.{node}"][language]
            needed = metrics.boundingRect(
                QRect(0, 0, int(room.width()) - 6, 1000), int(Qt.TextFlag.TextWordWrap), text
            )
            assert needed.width() <= room.width() - 6 and needed.height() <= room.height(), (node, language)


@pytest.mark.parametrize("milliseconds", [999, 3_419, 12_345, 100_000])
def test_times_at_a_shops_pace_stand_clear_of_the_nodes(qapp: QApplication, milliseconds: int) -> None:
    rooms = Drawing(whole=True).rooms(352)  # the middle one of three columns, and the narrower of two
    metrics = QFontMetrics(theme.font(theme.SMALL, enlarged=False))
    wide = metrics.horizontalAdvance(time_told(milliseconds))
    for left, right in ((TERMINAL, CENTRE), (CENTRE, ISSUING)):
        assert wide + 2 <= rooms[right].left() - rooms[left].right()


def test_every_word_is_there_in_both_languages() -> None:
    for key, words in table().items():
        assert words[JA] and words[EN], key
