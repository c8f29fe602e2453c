"""`--clock`: the clock of a server or terminal that runs alone, as a person writes it down."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from server_stub.interface.clock import JST, STAGE_START, Clock

from .usage import WrongUse

NOW, STAGE = "now", "stage"
_OFFSET = re.compile(r"now([+-][0-9]{1,10}(?:\.[0-9]{1,6})?)")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=JST), datetime(2100, 1, 1, tzinfo=JST)
_HOW = (
    "--clock には now（この機械の時刻）、now+秒、now-秒、"
    "または 2026-06-03T10:00 のような2000年から2099年の日時を指定してください。"
)


def clock_of(told: str) -> Clock:
    """`now`: the machine's own time; `now+SECONDS` or `now-SECONDS`: so far from it; `stage`: as every stage begins; or the
    time (ISO 8601, JST unless it says otherwise) to begin at. It runs on at the rate of real time. Raises WrongUse."""
    machine = Clock()
    if told == NOW:
        return machine
    if told == STAGE:
        return Clock(STAGE_START)
    if found := _OFFSET.fullmatch(told):
        try:
            moment = machine.now() + timedelta(seconds=float(found[1]))
        except OverflowError as error:
            raise WrongUse(_HOW) from error
    else:
        try:
            moment = datetime.fromisoformat(told)
        except ValueError as error:
            raise WrongUse(_HOW) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=JST)
    if not _FIRST <= moment < _LAST:
        raise WrongUse(_HOW)
    return Clock(moment.astimezone(JST))


def as_option(clock: Clock) -> str:
    """What to give another process, whenever it starts, so that it shows the time that `clock` (running) shows."""
    ahead = (clock.now() - Clock().now()).total_seconds()
    return NOW if abs(ahead) < 0.05 else f"{NOW}{ahead:+.3f}"
