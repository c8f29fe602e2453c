"""A card registry of 足利市 of 2012 on a database of its own, at ten o'clock of a working day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from scenarios.towns import shipped_town
from server_stub.card_registry import CardRegistry, CardRegistrySettings, IssuedCard
from server_stub.db import sqlite_url
from server_stub.interface.card_registry import Act
from server_stub.interface.clock import JST, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace

from .helper import CHILD, CITY, GROWN, OTHER, RIGHT, SEAL, act

WORKDAY = datetime(2012, 7, 4, 10, 0, tzinfo=JST)
CARDS = (
    IssuedCard(CITY, GROWN, "2012000101", date(1962, 5, 20), date(2022, 6, 30)),
    IssuedCard(CITY, CHILD, "2012000103", date(1998, 3, 3), date(2022, 6, 30)),
)


@pytest.fixture
def clock() -> Clock:
    made = Clock(WORKDAY)
    made.freeze()
    return made


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def town() -> Path:
    """The folder whose settings hold; a test may have another."""
    return shipped_town("ashikaga-2012")


@pytest.fixture
def registry(tmp_path: Path, clock: Clock, events: list[Event], town: Path) -> Iterator[CardRegistry]:
    trace = Trace(clock)
    trace.subscribe(events.append)
    settings = CardRegistrySettings(
        sqlite_url(tmp_path / "cards.db"), Secret("k" * 16), (town,), Secret("o" * 16)
    )
    made = CardRegistry(settings, clock, trace)
    made.take_issued(CARDS)
    yield made
    made.close()


@pytest.fixture
def registered(registry: CardRegistry) -> CardRegistry:
    """One card for two kinds, each with a PIN of its own."""
    registry.act(act(Act.REGISTER, pin=RIGHT))
    registry.act(act(Act.REGISTER, SEAL, pin=OTHER))
    return registry
