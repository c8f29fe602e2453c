"""A delivery in any format: what it says comes out, and what is wrong is named by the file's own columns."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from server_stub.interface.failures import Failed
from server_stub.registry.importers.format_file import load_format
from server_stub.registry.records import Record, ResidentStatus, Sex
from server_stub.registry.replica import Replica
from tests.registry.helper import SHIPPED, Delivery, Notice, person_of_holder
from tests.registry.own_town import LENGTHS, OUTSIDE, TaxBody, Town, people

CONTAINERS = [
    ("csv", "utf-8"), ("csv", "utf-16"), ("fixed", "cp932"), ("jsonl", "utf-8"), ("json", "utf-8"), ("json", "cp932"),
    ("xml", "utf-8"), ("xml", "cp932"),
]  # fmt: skip


@pytest.mark.parametrize(("container", "encoding"), CONTAINERS)
def test_the_same_people_come_out_of_every_container(
    tmp_path: Path, url: str, replica: Replica, container: str, encoding: str
) -> None:
    town = Town(tmp_path / "town", container, encoding)
    town.write()
    assert town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.municipality == "09202"
        assert [one.name for one in reader.household("H0000001")] == ["足利　一", "足利　二"]
        three, four = reader.person("00000003"), reader.person("00000004")
        assert three is not None and four is not None
        # 髙 is a character of code page 932 and not of Shift_JIS
        assert (three.name, three.sex, three.birth.inner) == ("髙橋　三", Sex.FEMALE, date(1970, 4, 1))
        assert three.address == "栃木県足利市見本町１番地"
        assert (three.notified_on, three.moves_on) == (date(2020, 1, 1), None)
        assert (four.status, four.moves_on) == (ResidentStatus.DECEASED, date(2026, 4, 1))
        assert person_of_holder(reader, Notice(2, "").holder_ref) == three


@pytest.mark.parametrize(("container", "encoding"), CONTAINERS)
def test_a_wrong_item_is_named_by_file_line_and_column(
    tmp_path: Path, url: str, container: str, encoding: str
) -> None:
    town = Town(tmp_path / "town", container, encoding)
    town.rows[1]["住定"] = "19691231"
    town.rows[2]["性"] = "他"
    town.write()
    first = 2 if container in ("csv", "xml") else 1  # the header, or the root element
    assert [(row.file, row.line, row.column) for row in town.load(url).set_aside] == [
        (town.file, first + 1, "住定"),
        (town.file, first + 2, "性"),
    ]


def test_records_of_fixed_length_need_no_line_ends(tmp_path: Path, url: str, replica: Replica) -> None:
    town = Town(tmp_path / "town", ends="")
    town.write()
    assert (town.delivery / town.file).stat().st_size == 4 * sum(LENGTHS.values())
    town.load(url)
    with replica.open_generation() as reader:
        assert reader.person("00000004") is not None


@pytest.mark.parametrize("cut", [1, 100])
def test_a_fixed_length_file_of_another_length_is_refused(tmp_path: Path, url: str, cut: int) -> None:
    town = Town(tmp_path / "town")
    town.write()
    path = town.delivery / town.file
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(Failed) as caught:
        town.load(url)
    assert caught.value.failure == "Delivery_Record_Length_Wrong"
    assert (caught.value.facts["file"], caught.value.facts["line"]) == (town.file, 4)


def test_bytes_of_another_encoding_set_their_person_aside(tmp_path: Path, url: str) -> None:
    town = Town(tmp_path / "town")
    town.write()
    path = town.delivery / town.file
    path.write_bytes(
        path.read_bytes().replace("足利　二".encode("cp932"), b"\x80\xa0\xff\xfe\x80\xff\x80\xff", 1)
    )
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(2, "氏名")]


def json_town(folder: Path, second: str) -> Town:
    """Its second line is another."""
    town = Town(folder / "town", "jsonl", "utf-8")
    town.rows[2]["住所"] = "別の町２番地"
    town.write()
    path = town.delivery / town.file
    lines = path.read_text(encoding="utf-8").split("\n")
    lines[1] = second
    path.write_text("\n".join(lines), encoding="utf-8")
    return town


SECOND = {key: text for key, text in people()[1].items() if text}


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (json.dumps(SECOND)[:-1], "行全体"),
        (json.dumps(SECOND, ensure_ascii=False).replace('"番号": "', '"番号": '), "行全体"),
        (json.dumps(SECOND | {"番号": {}}), "番号"),
        (json.dumps(SECOND | {"他": "1"}), "行全体"),
    ],
)
def test_a_line_that_is_no_such_object_sets_its_person_aside(
    tmp_path: Path, url: str, replica: Replica, line: str, column: str
) -> None:
    town = json_town(tmp_path, line)
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(2, column)]
    with replica.open_generation() as reader:
        assert [reader.group_is_complete("person", f"H000000{n}") for n in (1, 2)] == [False, True]


@pytest.mark.parametrize("line", ["no JSON", "[1]", '{"番号": {}}', '{"番号": "00000002"}'])
def test_a_line_of_which_nothing_tells_the_household_is_named(tmp_path: Path, url: str, line: str) -> None:
    with pytest.raises(Failed) as caught:
        json_town(tmp_path, line).load(url)
    assert caught.value.failure == "Delivery_Row_Broken"
    assert (caught.value.facts["line"], caught.value.facts["column"]) == (2, "世帯")


def test_a_key_that_is_no_text_is_nobodys(tmp_path: Path, url: str, replica: Replica) -> None:
    town = Town(tmp_path / "town", "jsonl", "utf-8")
    town.rows[1]["番号"] = "\ud800"
    town.write()
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(2, "番号")]
    with replica.open_generation() as reader:
        assert not reader.group_is_complete("person", "H0000001")
        assert reader.person("00000001") is not None


def test_a_csv_in_another_encoding_is_refused(tmp_path: Path, url: str) -> None:
    town = Town(tmp_path / "town", "csv", "utf-16")
    town.write()
    path = town.delivery / town.file
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(Failed, match="Delivery_Header_Wrong"):
        town.load(url)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [('"', "", {"line": 1, "expected": "JSON の書き方"}), ("人", "x", {})],
)
def test_a_file_that_is_no_json_of_the_format_says_what_was_expected(
    tmp_path: Path, url: str, before: str, after: str, told: dict[str, object]
) -> None:
    town = Town(tmp_path / "town", "json", "utf-8")
    town.write()
    path = town.delivery / town.file
    path.write_text(path.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Failed, match="Delivery_Header_Wrong") as caught:
        town.load(url)
    assert told.items() <= caught.value.facts.items()
    assert "JSON" in caught.value.facts["expected"]


# --- registers without a type of their own -----------------------------------------------------------------------------

RECORDS = [
    ["T1", "00000001", "G1", "2025", "100", "R08.04.01"],
    ["T2", "00000001", "G1", "2024", "90", ""],
    ["T3", OUTSIDE, "G2", "2025", "0", "R08.04.02"],
]


def test_records_of_a_register_without_a_type_are_found_by_key_person_and_group(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town = Town(tmp_path / "town", tax=RECORDS)
    town.write()
    town.load(url)
    first = Record(
        "tax", "T1", "00000001", "G1", {"year": "2025", "income": "100", "declared_on": "2026-04-01"}
    )
    second = Record("tax", "T2", "00000001", "G1", {"year": "2024", "income": "90", "declared_on": ""})
    with replica.open_generation() as reader:
        assert (
            reader.records("tax", person="00000001") == reader.records("tax", group="G1") == (first, second)
        )
        assert reader.record("tax", "T2") == second
        assert [one.key for one in reader.records("tax")] == ["T1", "T2", "T3"]
        assert reader.records("tax", person="00000003", group="G1") == ()
        assert reader.records("family_register") == ()
        assert reader.record("tax", "T4") is None


def test_their_body_is_what_its_owner_makes_of_it(tmp_path: Path, url: str, replica: Replica) -> None:
    town = Town(tmp_path / "town", tax=[*RECORDS, ["T4", "00000003", "G2", "2025", "much", "R08.04.02"]])
    town.models = {"tax": TaxBody}
    town.write()
    assert [(row.register, row.line, row.column) for row in town.load(url).set_aside] == [("tax", 5, "所得")]
    with replica.open_generation() as reader:
        found = reader.record("tax", "T1")
        assert found is not None and found.body == {"year": 2025, "income": 100, "declared_on": "2026-04-01"}
        assert reader.record("tax", "T4") is None
        assert reader.is_set_aside("00000003", "tax")
        assert not reader.is_set_aside("00000003")
        assert reader.group_is_complete("person", "H0000002")


def test_a_notice_may_name_whoever_has_any_record_and_nobody_else(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town = Town(tmp_path / "town", tax=RECORDS, noticed=["00000001", OUTSIDE])
    town.write()
    town.load(url)
    with replica.open_generation() as reader:
        holder = Notice(2, "").holder_ref
        assert reader.key_of(holder) == OUTSIDE
        assert person_of_holder(reader, holder) is None
        assert not reader.is_set_aside(OUTSIDE)
    town.noticed = ["nobody"]
    town.write()
    assert [(row.register, row.line, row.column) for row in town.load(url).set_aside] == [
        ("notice", 2, "識別番号")
    ]
    with replica.open_generation() as reader:
        assert reader.key_of(Notice(1, "").holder_ref) is None


def test_a_record_twice_sets_both_owners_aside(tmp_path: Path, url: str, replica: Replica) -> None:
    town = Town(tmp_path / "town", tax=[*RECORDS, ["T1", "00000003", "G2", "2025", "1", ""]])
    town.write()
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(5, "台帳")]
    with replica.open_generation() as reader:
        assert [reader.is_set_aside(one, "tax") for one in ("00000001", "00000003", OUTSIDE)] == [
            True,
            True,
            False,
        ]
        assert [one.key for one in reader.records("tax")] == ["T3"]


def test_a_record_of_nobody_is_not_set_aside_with_a_row_of_nobody(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town = Town(tmp_path / "town", tax=[["T1", "", "G1", "2025", "1", ""], ["T2", "", "G1", "x", "1", ""]])
    town.write()
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(3, "年度")]
    with replica.open_generation() as reader:
        assert [one.key for one in reader.records("tax", group="G1")] == ["T1"]
    town.tax = [
        ["T1", "", "", "2025", "1", ""],
        ["T1", "", "", "2024", "1", ""],
        ["T2", "", "", "2025", "1", ""],
    ]
    town.write()
    assert [(row.line, row.column) for row in town.load(url).set_aside] == [(3, "台帳")]
    with replica.open_generation() as reader:
        assert [one.key for one in reader.records("tax")] == ["T2"]


# --- a wrong format file -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "field", "expected"),
    [
        ('municipality = "28100"', 'municipality = "kobe"', "municipality", "数字5桁"),
        ('mode = "full"', 'mode = "half"', "mode", "differential"),
        ('mode = "full"', 'mode = "full"\nspeed = 1', "speed", "この名前の項目はありません"),
        ('mode = "full"', 'mode = "differential"', "slip.base", "差分"),
        ('count = "件数"', "", "slip.count", "この項目"),
        ('count = "件数"', 'count = "行数"', "slip.count.column", "件数"),
        ('date = "iso8601"', 'date = "gregorian"', "slip.made_at.date", "iso8601"),
        ('encoding = "cp932"', 'encoding = "jef"', "file[2].encoding", "文字コード"),
        ('encoding = "cp932"', 'container = "yaml"', "file[2].container", "jsonl"),
        ('encoding = "cp932"', 'container = "fixed"', "file[2].columns", "csv"),
        ('encoding = "cp932"', "record_length = 10", "file[2].record_length", "fixed"),
        ('record = "seal"', 'record = "person"', "file[1].record", "重ならない"),
        ('name = "印鑑登録.csv"', 'name = "住民記録.csv"', "file[1].name", "重ならない"),
        ('name = "印鑑登録.csv"', 'name = "../印鑑登録.csv"', "file[2].name", "フォルダを含まない"),
        ('dates = "era_letter"', 'dates = "lunar"', "file[3].dates", "era_letter"),
        ('birth = "生年月日"', "", "file[1].to.birth", "この項目"),
        ('birth = "生年月日"', 'birth = "誕生日"', "file[1].to.birth.column", "生年月日"),
        ('birth = "生年月日"', 'birth = "生年月日"\nshoe_size = "旧氏"', "file[1].to.shoe_size", "birth"),
        ('birth = "生年月日"', 'birth = "生年月日"\noperation = "旧氏"', "file[1].to.operation", "birth"),
        ('birth = "生年月日"', 'birth = { column = "生年月日", date = "coded" }', "file[1].to.birth.code", "coded"),
        ('code = "ward"', 'code = "wards"', "file[1].to.address.code", "[code."),
        ('1 = "male"', '1 = "man"', "file[1].to.sex.code", "male"),
        ('match = "[0-9]{7}"', 'match = "[0-9"', "file[2].to.number", "正規表現"),
        ("scale = 0.1", "scale = 0", "file[2].to.width_mm.scale", "0より大きい"),
        ("file = true", "file = false", "file[2].to.imprint.file", "imprint"),
        ('before = "　"', 'after = "　"', "file[1].to.address.join[4].after", "この名前の項目はありません"),
        ('= "旧氏"', '= { column = "旧氏", text = "x" }', "file[1].to.former_surname", "どれか一つ"),
        ('match = "[0-9]{7}"', 'match = "a{99999999999}"', "file[2].to.number", "正規表現"),
        ("scale = 0.1", "scale = inf", "file[2].to.width_mm.scale", "1000000"),
        ('position = { column = "世帯内順位", ', 'position = { column = "世帯内順位", scale = 1, ', "file[1].to.position.scale", "印影の大きさ"),
        ('birth = "生年月日"', 'birth = { column = "生年月日", code = "ward" }', "file[1].to.birth.code", "日付か空"),
        ('encoding = "cp932"', 'encoding = "cp932\\u0000"', "file[2].encoding", "文字コード"),
        ("[slip]", "[slip", "", "TOML"),
    ],
)  # fmt: skip
def test_a_wrong_format_file_is_named_with_key_and_what_was_expected(
    tmp_path: Path, delivery: Delivery, url: str, before: str, after: str, field: str, expected: str
) -> None:
    text = (SHIPPED / "full.toml").read_text(encoding="utf-8")
    assert before in text
    folder = tmp_path / "deliveries"
    folder.mkdir()
    (folder / "own.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(Failed) as caught:
        delivery.load_all(url, formats=folder)
    told = caught.value
    assert (told.failure, told.facts["file"], told.facts["field"]) == (
        "Settings_Wrong",
        "deliveries/own.toml",
        field,
    )
    assert expected in told.facts["expected"]


@pytest.mark.parametrize(
    "name", ["../secret.png", "/etc/hostname", "imprints/../../secret.png", "C:imprints/0100101.png"]
)
def test_a_file_outside_the_delivery_is_never_read(
    tmp_path: Path, delivery: Delivery, url: str, name: str
) -> None:
    """Whatever the format allows."""
    imprint = delivery.folder / "imprints" / "0100101.png"
    (delivery.folder.parent / "secret.png").write_bytes(imprint.read_bytes())
    text = (SHIPPED / "full.toml").read_text(encoding="utf-8")
    allowed = ", match = 'imprints/[A-Za-z0-9_-]+\\.png'"
    assert allowed in text
    folder = tmp_path / "deliveries"
    folder.mkdir()
    (folder / "full.toml").write_text(text.replace(allowed, ""), encoding="utf-8")
    line = delivery.line_of("印鑑登録.csv", "0000100101")
    delivery.change("印鑑登録.csv", line, "印影ファイル名", name)
    told = delivery.load_all(url, formats=folder).set_aside
    assert [(one.line, one.column) for one in told] == [(line, "印影ファイル名")]
    assert told[0].remedy == "連携フォルダの中のファイルの名前"


def test_fields_lie_within_their_record(tmp_path: Path) -> None:
    town = Town(tmp_path / "town")
    text = town.format()
    (town.formats / "full.toml").write_text(
        text.replace("record_length = ", "record_length = 1 #"), encoding="utf-8"
    )
    with pytest.raises(Failed, match=r"file\[1\].fields\[2\].length"):
        load_format(town.formats / "full.toml")


def test_a_format_of_another_town_is_refused(tmp_path: Path, delivery: Delivery, url: str) -> None:
    delivery.load(url)
    town = Town(tmp_path / "town")
    town.write()
    with pytest.raises(Failed) as caught:
        town.load(url)
    assert (caught.value.failure, caught.value.facts["field"]) == ("Settings_Wrong", "municipality")
    assert "28100" in caught.value.facts["expected"]


def test_of_several_towns_formats_the_one_of_the_slip_is_taken(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    town = Town(tmp_path / "town")
    town.write()
    other = town.format().replace('municipality = "09202"', 'municipality = "09201"')
    (town.formats / "a_neighbour.toml").write_text(other, encoding="utf-8")
    town.load(url)
    with replica.open_generation() as reader:
        assert reader.municipality == "09202"


def test_a_folder_without_a_format_is_refused(tmp_path: Path, delivery: Delivery, url: str) -> None:
    with pytest.raises(Failed, match="Settings_Wrong"):
        delivery.load_all(url, formats=tmp_path)


def test_the_shipped_format_has_no_column_that_nobody_reads() -> None:
    """So a column that goes astray in the file is noticed. 一時解除 alone must have no effect here."""
    for file in load_format(SHIPPED / "full.toml").file:
        read = {column for source in file.to.values() for column, _ in source.columns()}
        assert read == set(file.columns or file.names or ()) - {"一時解除終了日"}


@pytest.mark.parametrize(
    ("birth", "loads"),
    [
        ("20260603", True),
        ("20260604", False),
        ("20990101", False),
        ("00010101", False),
        ("18680124", False),
        ("18680125", True),
    ],
)
def test_nobody_is_born_before_the_first_era_or_after_the_delivery(
    tmp_path: Path, url: str, birth: str, loads: bool
) -> None:
    """The delivery is of 2026-06-03 in Japan, where another day had begun already than in UTC."""
    town = Town(tmp_path / "town", made_at="2026-06-02T20:00:00+00:00")
    late = max(birth, "20260603")
    town.rows[1] |= {"生年": birth, "住定": late, "届出": late}
    town.write()
    found = [(row.line, row.column) for row in town.load(url).set_aside]
    assert found == ([] if loads else [(2, "生年")])
