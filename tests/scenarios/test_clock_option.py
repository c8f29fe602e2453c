"""`--clock`: what a person may write, and which clock parts that run alone have."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk_app.settings import KioskSettings
from scenarios.command.kiosk import KioskOptions, kiosk_settings
from scenarios.command.options import as_option, clock_of
from scenarios.command.usage import WrongUse
from server_stub.interface.clock import JST, STAGE_START, Clock

SOON = timedelta(minutes=1)


def shows(clock: Clock, moment: datetime) -> bool:
    return timedelta(0) <= clock.now() - moment < SOON and clock.now().tzinfo is JST


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("stage", STAGE_START),
        ("2027-01-05T09:30", datetime(2027, 1, 5, 9, 30, tzinfo=JST)),
        ("2027-01-05", datetime(2027, 1, 5, tzinfo=JST)),
        ("2027-01-05T00:30:00Z", datetime(2027, 1, 5, 9, 30, tzinfo=JST)),
    ],
)
def test_it_begins_at_the_time_that_was_told(told: str, moment: datetime) -> None:
    assert shows(clock_of(told), moment)


@pytest.mark.parametrize(("told", "ahead"), [("now", 0), ("now+3600", 3600), ("now-86400.5", -86400.5)])
def test_it_runs_beside_the_machines_own(told: str, ahead: float) -> None:
    before = Clock().now() + timedelta(seconds=ahead)
    assert shows(clock_of(told), before)


@pytest.mark.parametrize(
    "told",
    [
        "", "later", "now+", "now+1e9", "now+9999999999", "now-9999999999", "1999-12-31", "2100-01-01", "0001-01-01T00:00+14:00",
        "9999-12-31T23:59-12:00", "2027-13-01", "22:59",
    ],
)  # fmt: skip
def test_what_is_no_time_is_told_in_one_sentence(told: str) -> None:
    with pytest.raises(WrongUse, match="--clock"):
        clock_of(told)


@pytest.mark.parametrize("told", ["now", "stage", "2027-01-05T09:30"])
def test_another_process_shows_the_same_time_whenever_it_starts(told: str) -> None:
    clock = clock_of(told)
    other = clock_of(as_option(clock))
    assert abs(other.now() - clock.now()) < timedelta(seconds=0.2)


@pytest.mark.parametrize(
    ("more", "moment"),
    [
        ({}, STAGE_START),
        ({"center_key": "00" * 32}, None),
        ({"center_key": "00" * 32, "clock": "2027-01-05"}, datetime(2027, 1, 5, tzinfo=JST)),
        ({"clock": "now"}, None),
    ],
    ids=["before the stub", "before another server", "told", "told before the stub"],
)
def test_a_terminal_has_the_stages_time_before_the_stub_and_real_time_before_any_other_server(
    tmp_path: Path, more: dict[str, str], moment: datetime | None
) -> None:
    moment = moment or Clock().now()
    settings = kiosk_settings(KioskOptions("http://127.0.0.1:9", folder=tmp_path, **more))  # type: ignore[arg-type]
    assert shows(KioskSettings.from_json(settings.to_json()).opening_clock(), moment)
