"""A delivery that is applied between any two reads of one paper: the paper is wholly of the state before, or wholly of the one
after."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from server_stub.db import sqlite_url
from tests.issuing.helper import DELIVERY, RESIDENCE, SEAL, TAICHI, OpenTownHall, TownHall, deliver
from tests.long import part

OLD, NEW = "見本旧町", "見本新町"
TURNS = 30
"""More than the reads of a paper: those of each kind that is offered before, and its own."""
_ADDRESS = '"見本町一丁目１番１号"'


def delivery_of(folder: Path, town: str) -> Path:
    """Kobe's delivery in which the six of 港 live in `town`."""
    shutil.copytree(DELIVERY, folder)
    path = folder / "住民記録.csv"
    text = path.read_text(encoding="utf-8")
    assert text.count(_ADDRESS) == 6
    path.write_text(text.replace(_ADDRESS, f'"{town}１番地"'), encoding="utf-8")
    return folder


class Interruption:
    """Delivers before read number `turn` of a reader of the replica, several times, so that the state before is removed too."""

    def __init__(self, url: str, folder: Path, delivery: Path, turn: int) -> None:
        self._url, self._folder, self._delivery, self._turn = url, folder, delivery, turn
        self.reads = 0

    def __call__(self, connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith("SELECT"):
            return
        self.reads += 1
        if self.reads == self._turn:
            for _ in range(3):
                deliver(self._url, self._folder, delivery=self._delivery)


@contextmanager
def interrupted(hall: TownHall, interruption: Interruption) -> Iterator[None]:
    (tenant,) = hall.service._tenants
    engines: list[Engine] = [tenant.replica._engine, tenant.replica._now]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", interruption)
    try:
        yield
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", interruption)


@pytest.mark.attack
@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
@pytest.mark.parametrize("turn", part(range(1, TURNS + 1), 6))
def test_no_paper_mixes_two_deliveries(open_hall: OpenTownHall, tmp_path: Path, kind: str, turn: int) -> None:
    url = sqlite_url(tmp_path / "replica.db")
    before, after = delivery_of(tmp_path / "old", OLD), delivery_of(tmp_path / "new", NEW)
    deliver(url, tmp_path, delivery=before)
    hall = open_hall(replica=url)
    interruption = Interruption(url, tmp_path, after, turn)
    with interrupted(hall, interruption):
        paper = hall.apply(TAICHI, kind)
    text = "".join(hall.text(paper))
    towns = {town for town in (OLD, NEW) if town in text}
    assert len(towns) == 1, f"read {turn} of {interruption.reads}"
    assert towns == {OLD if paper.generation == 1 else NEW}


def test_the_reads_of_a_paper_are_fewer_than_the_turns_that_are_tried(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "replica.db")
    deliver(url, tmp_path, delivery=delivery_of(tmp_path / "old", OLD))
    hall = open_hall(replica=url)
    for kind in (RESIDENCE, SEAL):
        interruption = Interruption(url, tmp_path, tmp_path / "old", 0)
        with interrupted(hall, interruption):
            hall.apply(TAICHI, kind)
        assert 3 <= interruption.reads < TURNS, interruption.reads
