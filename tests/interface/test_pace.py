"""The pace of a shop: it makes everybody wait, by the one clock, and never longer than what runs meanwhile."""

from __future__ import annotations

import threading
from dataclasses import fields
from datetime import timedelta

import httpx
import pytest

from kiosk_app.center_client import ANSWER_SECONDS
from kiosk_app.center_client import STANDING_SECONDS as TERMINALS_STANDING
from kiosk_app.flow.state import TimeOuts
from kiosk_app.runtime import DEVICE_PATIENCE
from server_stub.center.issuing_servers import STANDING_SECONDS
from server_stub.center.settings import CenterTimes
from server_stub.interface import pace
from server_stub.interface.clock import STAGE_START, Clock, ClockSetting
from server_stub.interface.trace import Event, Trace
from server_stub.node import NodeContext, make_app, serve

LONG = 3600.0
"""Seconds that no test waits for: it comes back because of what the test does, or not at all."""


@pytest.fixture
def clock() -> Clock:
    made = Clock(STAGE_START)
    made.set_pace(True)
    return made


def waiting(clock: Clock) -> threading.Thread:
    thread = threading.Thread(target=lambda: pace.take(clock, LONG), daemon=True)
    thread.start()
    return thread


def pass_time(clock: Clock, thread: threading.Thread) -> None:
    """Until `thread` has seen enough of it, whenever it looked first."""
    while thread.is_alive():
        clock.advance(timedelta(seconds=LONG))
        thread.join(pace.STEP)


def test_nothing_waits_unless_the_pace_is_real() -> None:
    pace.take(Clock(STAGE_START), LONG)


def test_a_real_pace_waits_until_the_clock_has_passed_the_time(clock: Clock) -> None:
    thread = waiting(clock)
    clock.advance(timedelta(seconds=LONG / 2))
    thread.join(0.1)
    assert thread.is_alive()
    pass_time(clock, thread)


def test_a_frozen_clock_keeps_nobody_waiting(clock: Clock) -> None:
    clock.freeze()
    pace.take(clock, 2 * pace.STEP)


def test_who_waits_goes_on_when_the_pace_is_switched_off(clock: Clock) -> None:
    thread = waiting(clock)
    clock.set_pace(False)
    thread.join()


def test_the_pace_travels_with_the_clock_and_outlives_a_reset(clock: Clock) -> None:
    there = Clock()
    there.apply(ClockSetting.from_json(clock.setting.to_json()))
    assert there.setting.paced
    clock.start_again(STAGE_START)
    assert clock.setting.paced
    assert not ClockSetting.from_json(Clock(STAGE_START).setting.to_json()).paced


def test_a_server_takes_its_time_before_it_begins_and_says_that_it_was_asked(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server_stub.node.seconds_at", lambda *request: LONG)
    trace, asked, told = Trace(clock), threading.Event(), list[Event]()
    trace.subscribe(lambda event: (told.append(event), asked.set()))
    app = make_app(NodeContext(clock, trace), title="見本", source="centre", description="")

    @app.post("/v1/sessions")
    def session() -> dict[str, str]:
        trace.emit("centre", "session_opened")
        return {}

    node = serve(app)
    caller = threading.Thread(
        target=lambda: httpx.post(f"{node.base_url}/v1/sessions", trust_env=False, timeout=None)
    )
    try:
        caller.start()
        asked.wait()
        assert [event.kind for event in told] == ["asked"]
        pass_time(clock, caller)
    finally:
        clock.set_pace(False)
        node.stop()
    assert [event.kind for event in told] == ["asked", "session_opened", "answered"]


def test_what_is_no_step_of_a_visit_is_never_paced() -> None:
    for source, request in (
        ("issuing", ("GET", "/ops/v1/figures")),
        ("issuing", ("POST", "/v1/look")),
        ("centre", ("POST", "/v1/applications/A/reports")),
        ("authority", ("POST", "/v1/certificates/1/hold")),
    ):
        assert pace.seconds_at(source, *request) == 0.0


# --- no time-out that runs meanwhile is hit ------------------------------------------------------------------------------------


def longest(source: str, words: str) -> float:
    """The longest that `source` takes for a request with `words` in its path."""
    return max(seconds for node, path, seconds in pace.SERVERS if node == source and words in path)


def at_all(words: str) -> float:
    return sum(max([0.0, *(s for node, path, s in pace.SERVERS if node == one and words in path)]) for one in (
        "centre", "authority", "card_registry", "issuing",
    ))  # fmt: skip


def test_every_answer_comes_well_within_its_time_out() -> None:
    times = CenterTimes()
    assert longest("authority", "ocsp") < times.ocsp_timeout / 2
    assert longest("card_registry", "card") < times.card_registry_timeout / 2
    assert longest("issuing", "standing") < STANDING_SECONDS / 2
    assert at_all("standing") < TERMINALS_STANDING / 2
    assert longest("issuing", "applications") + pace.EXISTING_SYSTEM < times.issuing_timeout / 2
    preparing = at_all("applications") + pace.EXISTING_SYSTEM
    proving = 2 * pace.READ_CARD + pace.SIGN + longest("centre", "nonce") + at_all("authentication")
    proving += longest("authority", "ocsp") + longest("issuing", "offers") + pace.EXISTING_SYSTEM
    assert max(preparing, proving) < min(ANSWER_SECONDS, TimeOuts().answer) / 2
    assert times.nonce_life.total_seconds() / 2 > pace.READ_CARD + pace.SIGN


def test_printing_ends_before_the_session_and_before_an_ending_terminal_gives_its_printer_up() -> None:
    assert pace.PRINT_SHEET < DEVICE_PATIENCE
    assert CenterTimes().payment_life.total_seconds() / 2 > pace.PACED_SHEETS * pace.PRINT_SHEET


def test_every_wait_of_the_terminal_is_longer_than_any_step() -> None:
    steps = [pace.READ_CARD, pace.SIGN, pace.PRINT_SHEET, *(seconds for _, _, seconds in pace.SERVERS)]
    assert max(steps) < min(getattr(TimeOuts(), one.name) for one in fields(TimeOuts))
