"""How long things take where the pace is real (`Clock.set_pace`): only the demo, where people watch.

A pace says when something happens, never what: whoever takes its time does so before it begins, and then does what it would have
done at once. Nobody is kept waiting beyond the clock: a wait ends when so many seconds have passed on it, or in real time if that is
sooner (a clock that is set, frozen or slow holds nobody), or when the pace is switched off. Every wait is shorter than whatever
time-out runs meanwhile (tests/interface/test_pace.py).

**Every figure is [INF] (推定)**: no measured times of a shop's machine are published. Proved is only that printing may take two
minutes and more and that people are told to stay (坂井市). Chosen so that one sheet takes about 20 s from the application to the
hand, with the payment, as the load model of the field's facts assumes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

from .clock import Clock, real_monotonic_ns

READ_CARD = 2.0
"""[INF] From the card on the reader to what is known without a PIN. Only of virtual cards: a real one takes its own time."""
SIGN = 1.5
"""[INF] The PIN checked and one signature made, by the virtual card."""
PRINT_SHEET = 2.5
"""[INF] Both sides of one sheet. Less than the time that an ending terminal waits for its printer."""
PACED_SHEETS = 60
"""Sheets of one application that take their time: whatever its size, printing ends long before the session does."""
EXISTING_SYSTEM = 2.5
"""[INF] On the line to the city's own system and back, of PDF連携. The issuing server waits before it asks: the deadline that the
city has set for the answer does not run yet."""

SERVERS: tuple[tuple[str, str, float], ...] = (
    ("centre", r"POST /v1/sessions", 0.5),
    ("centre", r"POST /v1/sessions/[^/]+/nonce", 0.3),
    ("centre", r"POST /v1/sessions/[^/]+/(registration-)?authentication", 0.8),
    ("centre", r"POST /v1/sessions/[^/]+/(applications|registrations)", 2.5),
    ("centre", r"GET /v1/applications/[^/]+/standing", 0.5),
    ("authority", r"POST /ocsp/[^/]+", 1.0),
    ("card_registry", r"POST /v1/card-authentications", 1.0),
    ("issuing", r"POST /v1/(offers|holders)", 1.5),
    ("issuing", r"POST /v1/(applications|registrations)", 6.0),
    ("issuing", r"POST /v1/applications/[^/]+/standing", 0.5),
)
"""[INF] Seconds that a server takes for a request of a visit, by node (source of its events) and request, besides what it really
takes. Whatever is not listed is not waited for: officials' pages, reports, looks."""

STEP = 0.02
"""Real seconds between two looks at the clock."""

_SERVERS = tuple((source, re.compile(pattern), seconds) for source, pattern, seconds in SERVERS)


def seconds_at(source: str, method: str, path: str) -> float:
    """Tell how long the server `source` takes for this request; 0.0 for one that is no step of a visit."""
    request = f"{method} {path}"
    return next((told for node, known, told in _SERVERS if node == source and known.fullmatch(request)), 0.0)


def take(clock: Clock, seconds: float) -> None:
    """Wait for `seconds` where the pace is real; blocks the calling thread."""
    over, pause = _over(clock, seconds), threading.Event()
    while not over():
        pause.wait(STEP)


async def take_async(clock: Clock, seconds: float) -> None:
    """Wait for `seconds` where the pace is real."""
    import asyncio  # the terminal, which loads this before its first paint, needs none

    over = _over(clock, seconds)
    while not over():
        await asyncio.sleep(STEP)


def _over(clock: Clock, seconds: float) -> Callable[[], bool]:
    if not clock.setting.paced or seconds <= 0:  # the way of every test and scenario: no look at the time
        return lambda: True
    due, real = clock.now() + timedelta(seconds=seconds), real_monotonic_ns() + int(seconds * 1e9)
    return lambda: not clock.setting.paced or clock.now() >= due or real_monotonic_ns() >= real
