"""The second interpreter of delivery formats: the same people by a format file as by the reader's own tables, in any container."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from scenarios.towns import HERE
from server_stub.registry.importers.host_codes import NAMES as NAMES_OF_HOSTS
from server_stub.registry.importers.host_codes import host_code
from tests.readback.dates import NO_DAY, Day, of_day, read_day
from tests.readback.format_file import Format, Unreadable, load_formats
from tests.readback.host_text import host_text
from tests.readback.seals import SealFile
from tests.readback.town import Town
from tests.registry.host_writer import jef

TOWNS = [folder for folder in sorted(HERE.glob("*/")) if (folder / "municipality.toml").exists()]

NAMES = [
    "NO", "SETAI", "JUN", "SHIMEI", "KANA", "UMARE", "SEI", "ZOKU", "NUSHI", "KU", "BANCHI", "KATA", "JUMIN", "TODOKE", "BANGO",
    "JOTAI",
]  # fmt: skip
ROW = [
    "0000000001", "0000000010", "01", "見本　太郎", "ミホン　タロウ", "S45.07.01", "1", "02", "見本　太郎", "A", "本町１番", "",
    "H01.01.08", "不詳", "123456789012", "J",
]  # fmt: skip
TO = """
[file.to]
key = { column = "NO", match = "[0-9]{10}" }
household = "SETAI"
position = "JUN"
name = "SHIMEI"
kana = "KANA"
birth = "UMARE"
sex = { column = "SEI", code = "sex" }
relationship = { column = "ZOKU", code = "relationship" }
head_of_household = "NUSHI"
address = { join = ["見本県見本市", { column = "KU", code = "ward" }, { column = "BANCHI" }, { before = "　", column = "KATA" }] }
resident_since = "JUMIN"
notified_on = { column = "TODOKE", date = "era_letter", code = "no_day" }
my_number = "BANGO"
status = { column = "JOTAI", code = "status" }
"""
HEAD = """
municipality = "99999"
[slip]
file = "slip.csv"
[code.sex]
1 = "male"
[code.relationship]
02 = "夫"
[code.ward]
A = "あ区"
[code.no_day]
"不詳" = ""
"999" = "2001-02-03"
[code.status]
J = "resident"
D = "deceased"
"""


def town_format(folder: Path, file: str, head: str = HEAD) -> Format:
    deliveries = folder / "deliveries"
    deliveries.mkdir()
    (deliveries / "one.toml").write_text(head + file, encoding="utf-8")
    (found,) = load_formats(deliveries)
    return found


def csv_file(folder: Path, *rows: list[str]) -> str:
    text = "\r\n".join(",".join(row) for row in (NAMES, *rows)) + "\r\n"
    (folder / "people.csv").write_bytes(text.encode("cp932"))
    return (
        '[[file]]\nrecord = "person"\nname = "people.csv"\nencoding = "cp932"\ndates = "era_letter"\n'
        f"columns = {json.dumps(NAMES)}\n" + TO
    )


@pytest.mark.parametrize("folder", TOWNS, ids=lambda path: path.name)
def test_a_shipped_town_read_by_its_format_is_the_town_read_by_own_tables(
    folder: Path, tmp_path: Path
) -> None:
    """As if it were a user's own: the folder of its settings lies elsewhere."""
    settings = tmp_path / "mine"
    shutil.copytree(folder, settings)
    own, mine = Town.load(folder, folder), Town.load(folder, settings)
    assert (own.tables, mine.tables) == ("own", "format file")
    assert mine.people == own.people
    assert mine.records.seals == own.records.seals
    assert mine.records.others.keys() >= own.records.others.keys()
    # whatever a kind reads of its records has the same name in both
    for register, rows in own.records.others.items():
        read = mine.records.others[register]
        assert len(read) == len(rows), register
        for row, other in zip(rows, read, strict=True):
            assert {name: plain(other.get(name)) for name in row} == {n: plain(v) for n, v in row.items()}


def plain(value: object) -> object:
    """An amount without the zeros before it, which one of the two readers leaves."""
    return value.lstrip("0") if isinstance(value, str) else value or ""


def test_a_row_is_decoded_by_codes_dates_and_joins(tmp_path: Path) -> None:
    people = town_format(tmp_path, csv_file(tmp_path, ROW)).read(tmp_path).people
    person = people["0000000001"]
    assert (person.address, person["性別"], person["続柄"]) == ("見本県見本市あ区本町１番", "男", "夫")
    assert person.days["生年月日"] == Day("昭和45年7月1日", "1970年7月1日", date(1970, 7, 1))
    assert person.days["届出年月日"] == NO_DAY
    assert person.lives_here and person["旧氏"] == ""


def test_a_part_before_something_stands_only_with_it_and_a_coded_day_is_that_day(tmp_path: Path) -> None:
    with_room = [*ROW[:11], "三号室", "H01.01.08", "999", *ROW[14:]]
    people = town_format(tmp_path, csv_file(tmp_path, with_room)).read(tmp_path).people
    assert people["0000000001"].address.endswith("本町１番　三号室")
    assert people["0000000001"].days["届出年月日"].japanese == "平成13年2月3日"


@pytest.mark.parametrize(
    ("column", "text"), [("NO", "12"), ("SEI", "7"), ("UMARE", "19700701"), ("TODOKE", "20010203")]
)
def test_a_row_that_cannot_be_read_is_nobody(tmp_path: Path, column: str, text: str) -> None:
    odd = [text if name == column else cell for name, cell in zip(NAMES, ROW, strict=True)]
    other = ["0000000002", *ROW[1:]]
    assert list(town_format(tmp_path, csv_file(tmp_path, odd, other)).read(tmp_path).people) == ["0000000002"]


def test_the_other_containers_say_the_same_as_csv(tmp_path: Path) -> None:
    for name in ("csv", "fixed", "jsonl", "json", "xml", "host"):
        (tmp_path / name).mkdir()
    by_csv = town_format(tmp_path / "csv", csv_file(tmp_path / "csv", ROW)).read(tmp_path / "csv")
    width = 60
    record = b"".join(cell.encode("cp932").ljust(width) for cell in ROW)
    (tmp_path / "fixed" / "people.dat").write_bytes((record + b"\r\n") * 1)
    fields = ", ".join(
        f'{{ name = "{name}", at = {number * width}, length = {width} }}' for number, name in enumerate(NAMES)
    )
    fixed = (
        '[[file]]\nrecord = "person"\nname = "people.dat"\ncontainer = "fixed"\nencoding = "cp932"\ndates = "era_letter"\n'
        f'record_length = {len(record)}\nends = "\\r\\n"\nfields = [{fields}]\n'
    )
    line = json.dumps(dict(zip(NAMES, ROW, strict=True)), ensure_ascii=False)
    (tmp_path / "jsonl" / "people.jsonl").write_text(line + "\n", encoding="utf-8")
    jsonl = (
        '[[file]]\nrecord = "person"\nname = "people.jsonl"\ncontainer = "jsonl"\ndates = "era_letter"\n'
        f"names = {json.dumps(NAMES)}\n"
    )
    assert town_format(tmp_path / "fixed", fixed + TO).read(tmp_path / "fixed") == by_csv
    assert town_format(tmp_path / "jsonl", jsonl + TO).read(tmp_path / "jsonl") == by_csv
    (tmp_path / "json" / "people.json").write_text(f'{{"rows": [{line}]}}', encoding="utf-8")
    array = jsonl.replace("jsonl", "json").replace("names = ", 'row = "rows"\nnames = ')
    assert town_format(tmp_path / "json", array + TO).read(tmp_path / "json") == by_csv
    cells = "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(NAMES, ROW, strict=True))
    (tmp_path / "xml" / "people.xml").write_text(f"<all><rows>{cells}</rows></all>", encoding="utf-8")
    xml = array.replace("json", "xml")
    assert town_format(tmp_path / "xml", xml + TO).read(tmp_path / "xml") == by_csv
    (tmp_path / "host" / "people.dat").write_bytes(b"".join(jef(cell, width, {}) for cell in ROW))
    host = fixed.replace('ends = "\\r\\n"\n', "").replace("cp932", "jef-ebcdic")
    assert town_format(tmp_path / "host", host + TO).read(tmp_path / "host") == by_csv


@pytest.mark.parametrize("name", sorted(one for one in NAMES_OF_HOSTS if not one.startswith("ibm")))
def test_both_readers_of_a_host_read_the_same_characters(name: str) -> None:
    """They share nothing; iconv answers for IBM's pages (tests/registry/test_host_codes.py)."""
    decode = host_code(name).decode
    for first in range(0x40, 0xFF):
        one = bytes((first,))
        assert host_text(one, name, {}) == decode(one), one.hex()
        for second in range(0x40, 0xFF):
            pair = bytes((first, second))
            assert host_text(pair, name, {}, wide=True) == decode(pair, wide=True), pair.hex()


def test_of_rows_with_histories_the_last_counts_and_a_gap_is_nobody(tmp_path: Path) -> None:
    file = csv_file(tmp_path, ROW) + 'history = "RIREKI"\n'
    names = [*NAMES, "RIREKI"]
    rows = [
        [key, *ROW[1:], number]
        for key, number in (("0000000001", "1"), ("0000000001", "2"), ("0000000002", "2"))
    ]
    text = "".join(",".join(row) + "\r\n" for row in (names, *rows))
    (tmp_path / "people.csv").write_bytes(text.encode("cp932"))
    told = town_format(tmp_path, file.replace('"JOTAI"]', '"JOTAI", "RIREKI"]'))
    assert list(told.read(tmp_path).people) == ["0000000001"]


def test_seals_are_scaled_named_by_their_file_and_only_those_in_force(tmp_path: Path) -> None:
    (tmp_path / "seals.csv").write_text(
        "P,S,F,W,H\n1,9,a.png,120,90\n1,1,b.png,135,90\n2,9,c.png,80,80\n", encoding="utf-8"
    )
    file = """
[code.seal]
1 = "registered"
9 = "abolished"
[[file]]
record = "seal"
name = "seals.csv"
columns = ["P", "S", "F", "W", "H"]
[file.to]
person = "P"
status = { column = "S", code = "seal" }
imprint = { column = "F", file = true }
width_mm = { column = "W", scale = 0.1 }
height_mm = { column = "H", scale = 0.1 }
"""
    assert town_format(tmp_path, file).read(tmp_path).seals == {"1": SealFile(tmp_path / "b.png", 13.5, 9.0)}


def test_what_a_kind_has_delivered_for_itself_comes_as_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "tax.csv").write_text("K,Y,D\n1,2025,20260603\n", encoding="utf-8")
    file = """
[[file]]
record = "income"
name = "tax.csv"
columns = ["K", "Y", "D"]
[file.to]
key = "K"
year = "Y"
decided_on = { column = "D", date = true }
"""
    (row,) = town_format(tmp_path, file).read(tmp_path).others["income"]
    assert row == {"key": "1", "year": "2025", "decided_on": of_day(date(2026, 6, 3))}


def test_a_differential_delivery_changes_the_one_before_it(tmp_path: Path) -> None:
    full = town_format(tmp_path, csv_file(tmp_path, ROW, ["0000000002", *ROW[1:]])).read(tmp_path)
    later = tmp_path / "later"
    later.mkdir()
    names, to = [*NAMES, "OP"], TO + 'operation = { column = "OP", code = "op" }\n'
    changed = ["0000000002", *ROW[1:3], "見本　次郎", *ROW[4:]]
    text = "".join(",".join(row) + "\n" for row in (names, [*ROW, "D"], [*changed, "C"]))
    (later / "people.csv").write_text(text, encoding="utf-8")
    file = (
        f'[code.op]\nD = "deleted"\nC = "changed"\n[[file]]\nrecord = "person"\nname = "people.csv"\ndates = "era_letter"\n'
        f"columns = {json.dumps(names)}\n" + to
    )
    differential = town_format(later, file, 'mode = "differential"\n' + HEAD)
    people = differential.read(later, full).people
    assert [(key, one["氏名"]) for key, one in people.items()] == [("0000000002", "見本　次郎")]
    with pytest.raises(Unreadable, match="needs the one before"):
        differential.read(later)


def test_a_format_that_is_not_understood_is_refused_and_not_guessed(tmp_path: Path) -> None:
    odd = csv_file(tmp_path, ROW).replace(
        'my_number = "BANGO"', 'my_number = { column = "BANGO", upper = true }'
    )
    with pytest.raises(Unreadable, match="upper"):
        town_format(tmp_path, odd).read(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(tmp_path / "people.csv", other)
    with pytest.raises(Unreadable, match="container"):
        town_format(other, csv_file(other, ROW).replace('encoding = "cp932"', 'container = "yaml"')).read(
            other
        )


@pytest.mark.parametrize(
    ("text", "notation", "japanese", "western"),
    [
        ("1450729", "era_digit", "明治45年7月29日", "1912年7月29日"),
        ("S64.01.07", "era_letter", "昭和64年1月7日", "1989年1月7日"),
        ("19120730", "gregorian", "大正元年7月30日", "1912年7月30日"),
        ("1926-12-25", "iso8601", "昭和元年12月25日", "1926年12月25日"),
        ("20190430", "gregorian", "平成31年4月30日", "2019年4月30日"),
        ("20190501", "gregorian", "令和元年5月1日", "2019年5月1日"),
    ],
)
def test_a_day_is_read_in_each_notation(text: str, notation: str, japanese: str, western: str) -> None:
    read = read_day(text, notation)
    assert (read.japanese, read.western) == (japanese, western)
