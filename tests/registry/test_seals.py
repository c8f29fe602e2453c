"""The seal register: what a registration may be, in which state it is, and what is known of one that has ended."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from server_stub.registry.records import SealEnd, SealStatus
from server_stub.registry.replica import Replica
from tests.registry.helper import Delivery, Notice, more_columns, read_cells, write_notices
from tests.registry.test_differential import SEALS, kobe_changes

TAICHI, MINAMI, MARIA, HINA, SAKURA = "0000100101", "0000100102", "0000100402", "0000101803", "0000100302"
KAITO = "0000100103"
CAUSES = {
    "1": SealEnd.REQUESTED, "2": SealEnd.MOVED_OUT, "3": SealEnd.DECEASED, "4": SealEnd.NAME_CHANGED, "5": SealEnd.GUARDIANSHIP,
    "6": SealEnd.EX_OFFICIO, "7": SealEnd.CARD_LOST, "": SealEnd.UNKNOWN,
}  # fmt: skip


def change(delivery: Delivery, person: str, **cells: str) -> int:
    line = delivery.line_of(SEALS, person)
    for column, text in cells.items():
        delivery.change(SEALS, line, column, text)
    return line


@pytest.mark.parametrize(
    ("code", "status"),
    [("1", SealStatus.REGISTERED), ("2", SealStatus.SUSPENDED), ("3", SealStatus.CHANGING)],
)
def test_a_registration_that_has_not_ended_says_its_state(
    delivery: Delivery, url: str, replica: Replica, code: str, status: SealStatus
) -> None:
    change(delivery, TAICHI, 登録状態コード=code)
    delivery.load(url)
    with replica.open_generation() as reader:
        seal = reader.seal(TAICHI)
        assert seal is not None and seal.status is status
        assert reader.seal_end(TAICHI) is None


@pytest.mark.parametrize(("code", "cause"), CAUSES.items(), ids=[cause.name for cause in CAUSES.values()])
def test_of_one_that_has_ended_the_cause_is_known_and_the_imprint_is_not(
    delivery: Delivery, url: str, replica: Replica, code: str, cause: SealEnd
) -> None:
    change(delivery, TAICHI, 登録状態コード="9", 廃止年月日="20260501", 廃止事由コード=code)
    delivery.load(url)
    with replica.open_generation() as reader:
        assert (reader.seal(TAICHI), reader.seal_end(TAICHI)) == (None, cause)
        assert (reader.seal(KAITO), reader.seal_end(KAITO)) == (None, None)


def test_the_latest_end_counts_and_a_new_registration_before_any(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    picture = read_cells(delivery.folder / SEALS)[1][5:8]
    for number, ended, cause in (
        ("9900001", "20200101", "1"),
        ("9900002", "20250101", "7"),
        ("9900003", "20210101", "6"),
    ):
        for person in (KAITO, TAICHI):
            own = f"{number[:-1]}{int(number[-1]) + 3 * (person == TAICHI)}"
            delivery.append(SEALS, [own, person, "20190601", "9", ended, *picture, cause])
    delivery.change_person(KAITO, "生年月日", "4040115")
    delivery.load(url)
    with replica.open_generation() as reader:
        assert (reader.seal(KAITO), reader.seal_end(KAITO)) == (None, SealEnd.CARD_LOST)
        assert reader.seal(TAICHI) is not None


def test_a_differential_delivery_ends_restores_and_forgets(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica
) -> None:
    delivery.load(url)
    of = {cells[1]: cells for cells in read_cells(delivery.folder / SEALS)[1:]}
    ended = [*of[TAICHI][:3], "9", "20260602", *of[TAICHI][5:8], "7", "", "", "B"]
    restored = [*of[SAKURA][:3], "1", "", *of[SAKURA][5:8], "", "", "", "B"]
    write_notices(delivery.notices, [Notice(1, TAICHI)])
    kobe_changes(delivery, tmp_path / "formats", [], [ended, restored])
    assert delivery.load_all(url, formats=tmp_path / "formats").set_aside == ()
    with replica.open_generation() as reader:
        assert (reader.seal(TAICHI), reader.seal_end(TAICHI)) == (None, SealEnd.CARD_LOST)
        assert reader.seal(SAKURA) is not None and reader.seal_end(SAKURA) is None
        # nothing was said of it
        assert reader.seal_end("0000101503") is SealEnd.MOVED_OUT


def test_a_differential_delivery_deletes_one_that_has_ended(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica
) -> None:
    delivery.load(url)
    of = {cells[1]: cells for cells in read_cells(delivery.folder / SEALS)[1:]}
    write_notices(delivery.notices, [Notice(1, TAICHI)])
    kobe_changes(delivery, tmp_path / "formats", [], [[*of[SAKURA], "C"]])
    assert delivery.load_all(url, formats=tmp_path / "formats").set_aside == ()
    with replica.open_generation() as reader:
        assert (reader.seal(SAKURA), reader.seal_end(SAKURA)) == (None, None)


@pytest.mark.parametrize(("registered", "fits"), [("20260602", False), ("20260603", True)])
def test_nobody_under_fifteen_has_a_seal(
    delivery: Delivery, url: str, replica: Replica, registered: str, fits: bool
) -> None:
    """陽菜 was born on 2011-06-03."""
    line = change(delivery, HINA, 登録年月日=registered)
    told = delivery.load_all(url).set_aside
    assert [(one.line, one.column) for one in told] == ([] if fits else [(line, "登録年月日")])
    with replica.open_generation() as reader:
        assert (reader.seal(HINA) is not None, reader.is_set_aside(HINA, "seal")) == (fits, not fits)
        assert not reader.is_set_aside(HINA)


@pytest.mark.parametrize(("birth", "same"), [("19810412", True), ("", True), ("19810413", False)])
def test_a_seal_of_somebody_born_on_another_day_is_set_aside(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica, birth: str, same: bool
) -> None:
    """太一 was born on 1981-04-12 by the resident register. Kobe's format with one column more."""
    formats = more_columns(delivery, tmp_path / "formats", 'birth = "生年月日"', 生年月日="")
    line = change(delivery, TAICHI, 生年月日=birth)
    told = delivery.load_all(url, formats=formats).set_aside
    assert [(one.line, one.column) for one in told] == ([] if same else [(line, "生年月日")])
    with replica.open_generation() as reader:
        assert (reader.seal(TAICHI) is not None) is same
        assert reader.seal(MINAMI) is not None and not reader.is_set_aside(TAICHI)


def test_a_name_in_katakana_is_a_foreign_residents(delivery: Delivery, url: str, replica: Replica) -> None:
    line = change(delivery, TAICHI, 片仮名氏名="ミナト　タイチ")
    told = delivery.load_all(url).set_aside
    assert [(one.line, one.column) for one in told] == [(line, "片仮名氏名")]
    with replica.open_generation() as reader:
        maria = reader.seal(MARIA)
        assert maria is not None and maria.katakana == "シルバ　サントス　マリア"
        assert reader.seal(TAICHI) is None


def test_the_seal_register_says_who_is_a_ward(delivery: Delivery, url: str, replica: Replica) -> None:
    change(delivery, TAICHI, 成年被後見コード="1")
    delivery.load(url)
    with replica.open_generation() as reader:
        found = [reader.seal(person) for person in (TAICHI, MINAMI)]
    assert [one is not None and one.ward for one in found] == [True, False]


SIZES = [
    (80, 80, False),
    (79, 80, False),
    (81, 81, True),
    (75, 120, True),
    (250, 250, True),
    (250, 251, False),
]


@pytest.mark.parametrize(("width", "height", "fits"), SIZES)
def test_a_seal_does_not_fit_into_8_mm_and_fits_into_25(
    delivery: Delivery, url: str, width: int, height: int, fits: bool
) -> None:
    """In tenths of a millimetre; the picture is made to measure."""
    line = change(delivery, TAICHI, 印影幅=str(width), 印影高さ=str(height))
    picture = read_cells(delivery.folder / SEALS)[line - 1][5]
    pixels = (round(width / 254 * 600), round(height / 254 * 600))
    drawn = Image.new("RGBA", pixels)
    ImageDraw.Draw(drawn).line((0, 0, *pixels), (200, 30, 30, 255), 9)
    drawn.save(delivery.folder / picture)
    told = [(one.register, one.line) for one in delivery.load_all(url).set_aside]
    assert told == ([] if fits else [("seal", line)])


def test_a_town_whose_files_tell_no_more_than_before_still_loads(
    delivery: Delivery, tmp_path: Path, url: str, replica: Replica
) -> None:
    """The new items are left out of its format, and the new columns of its files."""
    formats = tmp_path / "formats"
    formats.mkdir()
    text = (Path(__file__).parents[2] / "scenarios/towns/kobe/deliveries/full.toml").read_text(
        encoding="utf-8"
    )
    for line in text.splitlines():
        if line.startswith(("abolished_because", "katakana", "ward =")):
            text = text.replace(f"{line}\n", "")
    text = text.replace(', "廃止事由コード",\n  "片仮名氏名", "成年被後見コード",\n]', "\n]")
    (formats / "full.toml").write_text(text, encoding="utf-8")
    rows = [cells[:8] for cells in read_cells(delivery.folder / SEALS)]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    (delivery.folder / SEALS).write_bytes(out.getvalue().encode("cp932"))
    assert delivery.load_all(url, formats=formats).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.seal_end(SAKURA) is SealEnd.UNKNOWN
        seal = reader.seal(MARIA)
        assert seal is not None
        assert (seal.registered_on, seal.katakana, seal.ward) == (date(2014, 12, 3), "", False)
