"""Officials see what became of the deliveries, the rows that were set aside, and read the earlier one again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from server_stub.db import sqlite_url
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry.importers import load_delivery
from tests.issuing.helper import DELIVERY, KOBE, KOBE_FOLDER, MIDORI, OpenTownHall, TownHall, deliver
from tests.issuing.official import door, failure


@pytest.fixture
def hall(tmp_path: Path, open_hall: OpenTownHall) -> TownHall:
    """With a replica of its own."""
    url = sqlite_url(tmp_path / "replica.db")
    deliver(url, tmp_path)
    return open_hall(replica=url)


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    with door(hall) as client:
        yield client


def next_night(hall: TownHall, folder: Path, day: str, *edits: tuple[str, str]) -> None:
    """Deliver all again on that day of June, with `edits` of the resident register."""
    again = folder / f"night-{day}"
    shutil.copytree(DELIVERY, again)
    for name, changes in (("連携票.csv", (("2026-06-03T", f"2026-06-{day}T"),)), ("住民記録.csv", edits)):
        text = (again / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (again / name).write_text(text, encoding="utf-8", newline="")
    hall.at(f"2026-06-{day} 10:00:00")
    clock = Clock(hall.clock.now())
    load_delivery(
        hall.replica_url, again, folder / "発行通知.csv", clock, Trace(clock), formats=KOBE_FOLDER / "deliveries",
    )  # fmt: skip


def shown(official: httpx.Client) -> dict[str, object]:
    return dict(official.get("/ops/v1/deliveries", params={"municipality": KOBE}).raise_for_status().json())


def take_back(official: httpx.Client, generation: int) -> httpx.Response:
    body = {
        "municipality": KOBE,
        "generation": generation,
        "operator": "見本　花子",
        "reason": "前日のデータの誤送",
    }
    return official.post("/ops/v1/deliveries/take-back", json=body)


def test_a_row_that_was_set_aside_is_told_with_its_place_and_what_is_expected(
    hall: TownHall, official: httpx.Client, tmp_path: Path
) -> None:
    text = (DELIVERY / "住民記録.csv").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if MIDORI in line)
    line = text.splitlines().index(row) + 1
    next_night(hall, tmp_path, "04", (row, row.replace("六甲　翠", "", 1)))
    assert [
        (one["generation"], one["set_aside"], one["living"]) for one in shown(official)["deliveries"]
    ] == [  # type: ignore[attr-defined]
        (2, 1, True),
        (1, 0, False),
    ]
    page = official.get("/ops/v1/set-aside-rows", params={"municipality": KOBE}).json()
    told = page["rows"][0]
    assert (told["person"], told["file"], told["line"], told["column"]) == (
        MIDORI,
        "住民記録.csv",
        line,
        "氏名",
    )
    assert told["remedy"]


def test_the_earlier_delivery_is_read_again_and_no_further_one(
    hall: TownHall, official: httpx.Client, tmp_path: Path
) -> None:
    assert failure(take_back(official, 1)) == (409, "Delivery_None_Before")
    next_night(hall, tmp_path, "04", ("六甲　翠", "六甲　緑"))
    assert hall.offer(MIDORI).subjects[0].name == "六甲　緑"
    answer = take_back(official, 2)
    assert answer.status_code == 200, answer.text
    assert hall.offer(MIDORI).subjects[0].name == "六甲　翠"
    told = {one["generation"]: one for one in answer.json()["deliveries"]}
    assert (told[2]["living"], told[1]["living"], answer.json()["can_take_back"]) == (False, True, False)
    assert told[2]["taken_back_at"] is not None


def test_what_was_delivered_meanwhile_is_not_taken_back(
    hall: TownHall, official: httpx.Client, tmp_path: Path
) -> None:
    next_night(hall, tmp_path, "04")
    next_night(hall, tmp_path, "05")
    assert failure(take_back(official, 2)) == (409, "Delivery_Changed_Meanwhile")
    assert [one["living"] for one in shown(official)["deliveries"]] == [True, False, False]  # type: ignore[attr-defined]


def test_a_refused_delivery_is_told_until_one_is_taken_in(
    hall: TownHall, official: httpx.Client, tmp_path: Path
) -> None:
    assert shown(official)["refused"] is None
    with pytest.raises(Failed):
        next_night(hall, tmp_path, "04", ("宛名番号", "宛名"))
    refused = shown(official)["refused"]
    assert refused is not None and refused["failure"].startswith("Delivery_") and refused["remedy"]  # type: ignore[index]
    next_night(hall, tmp_path, "05")
    assert shown(official)["refused"] is None


def test_another_municipality_has_no_deliveries_here(official: httpx.Client) -> None:
    for path in ("deliveries", "set-aside-rows", "restrictions", "setting-changes"):
        answer = official.get(f"/ops/v1/{path}", params={"municipality": "09202"})
        assert failure(answer) == (404, "Municipality_Unknown"), path
