"""`konbini town grow`: a town of any size in its own formats."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.command.progress import in_words
from scenarios.command.towns import town_app
from scenarios.growing import Grown, grow, size_of
from scenarios.towns import load_town, shipped_town
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.trace import Trace
from server_stub.registry.importers import Loaded
from server_stub.registry.replica import Replica

RESIDENTS = 600


def grown(tmp_path: Path, town: str = "kobe", residents: int = RESIDENTS, **more: int) -> tuple[Path, Grown]:
    folder = tmp_path / f"{town}-{len(list(tmp_path.iterdir()))}"
    return folder, grow(load_town(shipped_town(town)), folder, size_of(residents), **more)


def loaded(folder: Path, replica: Path) -> Loaded:
    clock = Clock(STAGE_START)
    town = load_town(folder)
    return town.load(sqlite_url(replica), town.delivery / FILE_NAME, clock, Trace(clock))


def rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def test_as_many_residents_households_registers_members_and_cards_as_were_asked_for(tmp_path: Path) -> None:
    folder, _ = grown(tmp_path)
    people = rows(folder / "delivery" / "住民記録.csv")
    living = [row for row in people if row["住民状態コード"] in "12" and row["登録区分コード"] == "0"]
    assert len({row["宛名番号"] for row in living}) == RESIDENTS
    assert len({row["世帯番号"] for row in living}) == round(699_177 * RESIDENTS / 1_536_499)
    links = rows(folder / "delivery" / "戸籍対応表.csv", "cp932")
    with (folder / "delivery" / "戸籍.jsonl").open(encoding="utf-8") as file:
        registers = [json.loads(line) for line in file]
    assert len(registers) == round(579_955 * RESIDENTS / 1_536_499)
    assert len(links) == round(1_394_232 * RESIDENTS / 1_536_499)
    elsewhere = sum(1 for row in links if ":" in row["宛名番号"])
    assert 0.25 < elsewhere / len(links) < 0.35
    stood = Counter(row["戸籍番号"] for row in links)
    assert all(stood[one["戸籍番号"]] == len(one["戸籍に記録されている者"]) for one in registers[3:])
    assert len(rows(folder / "delivery" / FILE_NAME)) == round(128_273 * RESIDENTS / 1_536_499)


def test_no_my_number_can_be_real_and_none_comes_twice(tmp_path: Path) -> None:
    folder, _ = grown(tmp_path)
    numbers = [row["個人番号"] for row in rows(folder / "delivery" / "住民記録.csv")]
    for number in numbers:
        rest = (
            sum(
                int(digit) * weight
                for digit, weight in zip(number, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=False)
            )
            % 11
        )
        assert int(number[11]) != (0 if rest <= 1 else 11 - rest)
    own = [number for number in numbers if numbers.count(number) > 1]
    sample = [row["個人番号"] for row in rows(shipped_town() / "delivery" / "住民記録.csv")]
    assert set(own) <= set(sample)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    def digest(folder: Path) -> str:
        whole = hashlib.sha256()
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            whole.update(path.name.encode() + path.read_bytes())
        return whole.hexdigest()

    first, second, third = (digest(grown(tmp_path, seed=seed)[0]) for seed in (7, 7, 8))
    assert first == second != third


@pytest.mark.parametrize("town", ["kobe", "mihon", "midori", "minato", "osaki", "shimizu", "shimotsuke"])
def test_a_grown_town_is_loaded_and_nobody_of_it_is_set_aside(town: str, tmp_path: Path) -> None:
    folder, _ = grown(tmp_path, town)
    assert loaded(folder, tmp_path / "replica.db").set_aside == ()


def test_a_broken_row_is_set_aside_like_any_other(tmp_path: Path) -> None:
    folder, told = grown(tmp_path, broken=2)
    found = loaded(folder, tmp_path / "replica.db").set_aside
    assert [(row.file, row.line, row.column) for row in found] == [
        ("住民記録.csv", line, "生年月日") for line in told.broken
    ]
    people = rows(folder / "delivery" / "住民記録.csv")
    replica = Replica(sqlite_url(tmp_path / "replica.db"))
    with replica.open_generation() as reader:
        for line in told.broken:
            broken = people[line - 2]
            assert reader.is_set_aside(broken["宛名番号"])
            assert not reader.group_is_complete("person", broken["世帯番号"])
    replica.close()


def test_the_cards_of_the_sample_go_on_working(tmp_path: Path) -> None:
    folder, _ = grown(tmp_path)
    assert load_town(folder).card_holders().keys() == load_town(shipped_town()).card_holders().keys()


def test_a_format_that_cannot_be_written_is_refused_by_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(Failed) as refused:
        grow(load_town(shipped_town("ashikaga")), tmp_path / "big", size_of(RESIDENTS))
    assert refused.value.failure == "Settings_Wrong"
    assert refused.value.facts["field"] == "file[1].container"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--households", "700"], "--households"),
        (["--members", "1"], "--members"),
        (["--cards", "9999"], "--cards"),
    ],
)
def test_a_size_that_cannot_be_is_told_by_its_option(options: list[str], named: str, tmp_path: Path) -> None:
    command = ["grow", "kobe", str(tmp_path / "big"), "--residents", str(RESIDENTS), *options]
    result = CliRunner().invoke(town_app, command)
    assert result.exit_code != 0
    assert named in str(result.exception)


def test_progress_tells_what_is_left_at_the_pace_so_far() -> None:
    assert in_words("住民記録.csv", 250, 1000, "行", 30.0) == "[250/1,000行] 住民記録.csv　残り約1分30秒"
    assert in_words("シナリオ", 3, 7, "", 9.0) == "[3/7] シナリオ　残り約12秒"
    assert in_words("住民記録.csv", 0, 1000, "行", 30.0) == "[0/1,000行] 住民記録.csv"
