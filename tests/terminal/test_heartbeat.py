from __future__ import annotations

import threading
import weakref

import pytest
from pytestqt.qtbot import QtBot

from kiosk_app import heartbeat
from kiosk_app.heartbeat import LIMIT_MS, Heartbeat

TOO_LONG = (LIMIT_MS + 50) / 1000


@pytest.fixture(autouse=True)
def _a_machine_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """What others on this machine take is not the matter here."""
    monkeypatch.setattr(heartbeat, "_unscheduled_ns", dict)
    monkeypatch.setattr(heartbeat, "_stolen_ns", lambda: 0)


def a_call_that_blocks() -> None:
    threading.Event().wait(TOO_LONG)


def test_a_thread_that_waits_for_something_else_is_felt_and_its_place_told(qtbot: QtBot) -> None:
    """What a blocking call on the GUI thread would do: nothing happens for longer than the limit."""
    heart = Heartbeat()
    heart.resume()
    a_call_that_blocks()
    heart.pause()
    assert heart.longest_ms > LIMIT_MS
    assert "a_call_that_blocks" in heart.where
    heart.forget()
    assert (heart.longest_ms, heart.where) == (0.0, "")


def test_time_in_foreign_hands_does_not_count(qtbot: QtBot) -> None:
    heart = Heartbeat()
    heart.resume()
    heart.pause()
    threading.Event().wait(TOO_LONG)
    heart.resume()
    heart.pause()
    assert heart.longest_ms < LIMIT_MS


def test_time_that_the_host_gave_to_others_does_not_count(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """proc(5): the account of stolen time grows by as much as the thread stood."""
    stolen = iter([0, int(TOO_LONG * 1e9), int(TOO_LONG * 1e9)])
    monkeypatch.setattr(heartbeat, "_stolen_ns", lambda: next(stolen))
    heart = Heartbeat()
    heart.resume()
    a_call_that_blocks()
    heart.pause()
    assert heart.longest_ms < LIMIT_MS


def test_time_in_which_a_thread_got_no_processor_does_not_count_though_another_has_ended(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """schedstat: one thread waited for as long as the gap, another took its long account with it when it ended."""
    me = str(threading.get_native_id())
    waits = iter([{me: 0, "2": 10**12}, {me: int(TOO_LONG * 1e9)}, {me: int(TOO_LONG * 1e9)}])
    monkeypatch.setattr(heartbeat, "_unscheduled_ns", lambda: next(waits))
    heart = Heartbeat()
    heart.resume()
    a_call_that_blocks()
    heart.pause()
    assert heart.longest_ms < LIMIT_MS


def test_busy_threads_beside_it_hide_no_thread_that_sleeps(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for a processor all the time, but the interpreter is free: nothing kept the GUI thread from beating."""
    account = {"busy 1": 0, "busy 2": 0}

    def waits() -> dict[str, int]:
        before = dict(account)
        for one in account:
            account[one] += int(5 * TOO_LONG * 1e9)
        return before

    monkeypatch.setattr(heartbeat, "_unscheduled_ns", waits)
    heart = Heartbeat()
    heart.resume()
    threading.Event().wait(5 * TOO_LONG)
    heart.pause()
    assert heart.longest_ms > LIMIT_MS


def test_one_who_holds_the_interpreter_and_gets_no_processor_does_not_count(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its waits and the lateness of whoever wished for the interpreter agree."""
    waited = 0
    monkeypatch.setattr(heartbeat, "_unscheduled_ns", lambda: {"holder": waited})
    monkeypatch.setattr(heartbeat._Watch, "late_ns", lambda self, now: waited)
    heart = Heartbeat()
    heart.resume()
    a_call_that_blocks()
    waited = int(TOO_LONG * 1e9)
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
        heart.forget()
        heart.resume()
        qtbot.waitUntil(lambda look=look: beats >= 5 * look)
        heart.pause()
        looks.append(heart.longest_ms)
    assert min(looks) < LIMIT_MS / 2


def test_the_watching_thread_ends_with_its_heartbeat(qtbot: QtBot) -> None:
    heart = Heartbeat()
    heart.resume()
    heart.pause()
    watchers = [one for one in threading.enumerate() if one.name == "heartbeat"]
    gone = weakref.ref(heart)
    del heart
    assert gone() is None
    newest = watchers[-1]
    newest.join(10)
    assert not newest.is_alive()
