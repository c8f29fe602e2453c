from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from kiosk_app.heartbeat import LIMIT_MS, Heartbeat


def test_a_thread_that_waits_for_something_else_is_felt(qtbot: QtBot) -> None:
    """What a blocking call on the GUI thread would do: nothing happens for longer than the limit."""
    heart = Heartbeat()
    heart.resume()
    threading.Event().wait((LIMIT_MS + 50) / 1000)
    heart.pause()
    assert heart.longest_ms > LIMIT_MS


def test_time_in_foreign_hands_does_not_count(qtbot: QtBot) -> None:
    heart = Heartbeat()
    heart.resume()
    heart.pause()
    threading.Event().wait((LIMIT_MS + 50) / 1000)
    heart.resume()
    heart.pause()
    assert heart.longest_ms < LIMIT_MS


def test_a_loop_that_turns_beats_far_below_the_limit(qtbot: QtBot) -> None:
    """The best of a few looks: a machine that stops for a moment is not the loop's doing."""
    heart = Heartbeat()
    beats = 0

    def count() -> None:
        nonlocal beats
        beats += 1

    heart._timer.timeout.connect(count)
    looks = []
    for look in range(1, 6):
        heart.longest_ms = 0.0
        heart.resume()
        qtbot.waitUntil(lambda look=look: beats >= 5 * look)
        heart.pause()
        looks.append(heart.longest_ms)
    assert min(looks) < LIMIT_MS / 2
