from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Event
from server_stub.registry.importers.person_record import could_be_real, right_check_digit
from server_stub.registry.replica import Replica
from tests.long import part
from tests.registry.helper import ENCODINGS, Delivery, Notice, read_cells, write_cells, write_notices

RESIDENTS, SEALS, RESTRICTIONS, SLIP, NOTICES = (
    "住民記録.csv",
    "印鑑登録.csv",
    "発行制限.csv",
    "連携票.csv",
    "発行通知.csv",
)


def refused(delivery: Delivery, url: str) -> Failed:
    with pytest.raises(Failed) as caught:
        delivery.load(url)
    return caught.value


def set_aside(delivery: Delivery, url: str) -> tuple[str, int, str]:
    """The one row that could not be used; the rest is applied."""
    [row] = delivery.load_all(url).set_aside
    assert row.remedy
    return row.file, row.line, row.column


def aside(url: str, *people: str, register: str = "person") -> list[bool]:
    replica = Replica(url)
    with replica.open_generation() as reader:
        found = [reader.is_set_aside(person, register) for person in people]
    replica.close()
    return found


def place(failed: Failed) -> tuple[str, str, int, str]:
    assert failed.facts["expected"]
    return failed.failure, failed.facts["file"], failed.facts["line"], failed.facts["column"]


PERSON_CELLS = [
    ("0000100101", "宛名番号", "12345"),
    ("0000100101", "宛名番号", ""),
    ("0000100102", "世帯内順位", "1"),
    ("0000100102", "世帯内順位", "00"),
    ("0000100101", "氏名", "港 太一"),
    ("0000100101", "氏名", ""),
    ("0000100102", "氏名", "港　" + "美" * 99),
    ("0000100101", "氏名", "港　太\ufffd"),
    ("0000100101", "氏名", "港　太\n一"),
    ("0000100101", "氏名", "港　太一　"),
    ("0000100102", "氏名フリガナ", "みなと　みなみ"),
    ("0000100101", "通称", "港"),
    ("0000100402", "通称", ""),
    ("0000100101", "生年月日", ""),
    ("0000100101", "生年月日", "19810412"),
    ("0000100101", "生年月日", "3560431"),
    ("0000100101", "生年月日", "3640108"),
    ("0000100101", "生年月日", "5010430"),
    ("0000100101", "生年月日", "3000101"),
    ("0000100101", "生年月日", "９560412"),
    ("0000100101", "性別コード", "3"),
    ("0000100102", "続柄コード", "00"),
    ("0000100101", "行政区コード", "103"),
    ("0000100101", "町名地番", ""),
    ("0000100101", "住民となった年月日", "3560411"),
    ("0000100102", "住所を定めた年月日", "4180519"),
    ("0000100101", "氏名フリガナ公証コード", "4"),
    ("0000100402", "氏名フリガナ公証コード", "1"),
    ("0000100302", "旧氏フリガナ", "おかもと"),
    ("0000100101", "旧氏フリガナ", "オカモト"),
    ("0000100101", "生年月日表記", "昭和56年ごろ"),
    ("0000100101", "生年月日表記", "昭和57年頃"),
    ("0000100101", "生年月日表記", "平成32年頃"),
    ("0000100101", "生年月日表記", "1981年頃"),
    ("0000100402", "生年月日表記", "昭和62年頃"),
    ("0000100101", "住民となった年月日表記", "昭和56年5月頃"),
    ("0000100103", "住所を定めた年月日表記", "令和4年2月29日"),
    ("0000100105", "住所を定めた年月日表記", "令和4年頃"),
    ("0000100101", "転入通知年月日", "5080601"),
    ("0000100101", "登録区分コード", "2"),
    ("0000100101", "漢字氏名", "港"),
    ("0000100101", "本籍", ""),
    ("0000100402", "本籍", "兵庫県神戸市中央区見本町一丁目１番地"),
    ("0000100101", "筆頭者", ""),
    ("0000100101", "個人番号", "12345678901"),
    ("0000100101", "個人番号", "１２３４５６７８９０１２"),
    ("0000100101", "住民状態コード", "5"),
    ("0000101503", "異動年月日", ""),
    ("0000101503", "異動先住所", ""),
    ("0000100101", "異動年月日", "5080603"),
    ("0000101702", "異動先住所", "東京都"),
    ("0000100101", "在留資格", "永住者"),
    ("0000100501", "在留資格", ""),
    ("0000100501", "在留期間", "無期限"),
    ("0000100501", "在留期間満了日", ""),
    ("0000100501", "在留カード番号", "AB123"),
    ("0000100501", "外国人区分コード", ""),
]


@pytest.mark.parametrize(("key", "column", "text"), part(PERSON_CELLS, 3))
def test_a_broken_cell_of_the_resident_file_is_named(
    delivery: Delivery, url: str, key: str, column: str, text: str
) -> None:
    line = delivery.change_person(key, column, text)
    told = {"通称": "通称フリガナ"} if text == "" else {}
    if text == "令和4年頃":  # words without the inner date beside them
        told = {column: "住所を定めた年月日"}
    if column == "在留期間":
        told = {"在留期間": "在留期間満了日"}
    assert set_aside(delivery, url) == (RESIDENTS, line, told.get(column, column))
    assert aside(url, key) == [True]


def test_whoever_has_a_my_number_with_a_right_check_digit_is_set_aside(delivery: Delivery, url: str) -> None:
    first_eleven = "12345678901"
    line = delivery.change_person(
        "0000100101", "個人番号", f"{first_eleven}{right_check_digit(first_eleven)}"
    )
    loaded = delivery.load_all(url)
    assert [(row.file, row.line, row.column) for row in loaded.set_aside] == [(RESIDENTS, line, "個人番号")]
    assert first_eleven not in str(loaded)
    assert aside(url, "0000100101", "0000100102") == [True, False]


def test_the_check_digit_is_the_one_of_the_ordinance() -> None:
    # worked by hand: 1*6+2*5+3*4+4*3+5*2+6*7+7*6+8*5+9*4+0*3+1*2 = 212, 212 mod 11 = 3, 11 - 3 = 8
    assert right_check_digit("12345678901") == 8
    # sum 2 * 5 + 1 * 2 = 12, remainder 1: 0
    assert right_check_digit("02000000001") == 0
    assert [n for n in range(10) if could_be_real(f"12345678901{n}")] == [8]


@pytest.mark.parametrize("column", ["宛名番号", "個人番号"])
def test_a_number_twice_names_the_second_row(delivery: Delivery, url: str, column: str) -> None:
    header, first, *_ = read_cells(delivery.folder / RESIDENTS)
    line = delivery.change_person("0000100201", column, first[header.index(column)])
    assert set_aside(delivery, url) == (RESIDENTS, line, column)
    # nobody can say which of the two rows is right
    assert aside(url, first[0], "0000100201", "0000100102") == [True, True, False]


@pytest.mark.parametrize(
    ("key", "column", "text", "at", "told"),
    [
        ("0000100102", "世帯内順位", "01", "0000100102", "世帯内順位"),
        ("0000100102", "続柄コード", "01", "0000100102", "続柄コード"),
        ("0000100101", "続柄コード", "02", "0000100101", "続柄コード"),
        ("0000100103", "世帯主氏名", "港　美波", "0000100103", "世帯主氏名"),
        ("0000100103", "町名地番", "見本町一丁目１番２号", "0000100103", "町名地番"),
        ("0000100103", "世帯番号", "0000199900", "0000100103", "続柄コード"),
    ],
)
def test_a_household_that_does_not_agree_with_itself_is_named(
    delivery: Delivery, url: str, key: str, column: str, text: str, at: str, told: str
) -> None:
    delivery.change_person(key, column, text)
    line = delivery.line_of(RESIDENTS, at)
    assert set_aside(delivery, url) == (RESIDENTS, line, told)
    members = ["0000100101", "0000100106"] if column != "世帯番号" else [key]
    assert aside(url, *members, "0000100201") == [True] * len(members) + [False]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("印鑑登録番号", "12"),
        ("印鑑登録番号", "0100102"),
        ("宛名番号", "9999999999"),
        ("宛名番号", "0000100102"),
        ("登録年月日", "20100230"),
        ("登録年月日", "5080604"),
        ("登録年月日", "4220412"),
        ("登録状態コード", "4"),
        ("登録状態コード", "9"),
        ("廃止年月日", "20200101"),
        ("印影ファイル名", "imprints/none.png"),
        ("印影ファイル名", "imprints/../住民記録.csv"),
        ("印影ファイル名", "/etc/hostname"),
        ("印影幅", "15.0"),
        ("印影幅", "251"),
        ("廃止事由コード", "1"),
        ("廃止事由コード", "8"),
        ("片仮名氏名", "みほん"),
        ("片仮名氏名", "ミホン"),
        ("成年被後見コード", "2"),
        ("印影高さ", "251"),
        ("印影高さ", "140"),
    ],
)
def test_a_broken_cell_of_the_seal_file_is_named(
    delivery: Delivery, url: str, column: str, text: str
) -> None:
    line = delivery.line_of(SEALS, "0000100101")
    delivery.change(SEALS, line, column, text)
    told = {("登録状態コード", "9"): "廃止年月日"}.get((column, text), column)
    if text in ("0100102", "0000100102"):
        line += 1  # the second of the two is the one too many
        told = column
    assert set_aside(delivery, url) == (SEALS, line, told)
    assert aside(url, "0000100101", "0000100201") == [False, False]
    if column != "宛名番号":
        assert aside(url, "0000100101", "0000100201", register="seal") == [True, False]


@pytest.mark.parametrize("content", [b"", b"no picture", None], ids=repr)
def test_an_imprint_that_is_no_picture_is_named(delivery: Delivery, url: str, content: bytes | None) -> None:
    picture = delivery.folder / "imprints" / "0100101.png"
    picture.write_bytes(picture.read_bytes()[:2000] if content is None else content)
    line = delivery.line_of(SEALS, "0000100101")
    assert set_aside(delivery, url) == (SEALS, line, "印影ファイル名")
    assert aside(url, "0000100101", register="seal") == [True]


def test_a_character_of_another_encoding_has_a_column_too(delivery: Delivery, url: str) -> None:
    path = delivery.folder / RESIDENTS
    path.write_bytes(path.read_bytes().replace("六甲　翠".encode(), "六甲　翠".encode("cp932"), 1))
    line = delivery_line(path, b"0000100201")
    assert set_aside(delivery, url) == (RESIDENTS, line, "氏名")
    assert aside(url, "0000100201") == [True]


def delivery_line(path: Path, part: bytes) -> int:
    return next(n for n, row in enumerate(path.read_bytes().split(b"\r\n"), start=1) if part in row)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("宛名番号", "9999999999"),
        ("制限事由コード", "02x"),
        ("開始日", "R8.1.10"),
        ("開始日", ""),
        ("終了日", "R05.01.01"),
        ("解除日", "R8.6.2"),
        ("解除日", "R05.01.01"),
    ],
)
def test_a_broken_cell_of_the_restrictions_is_named(
    delivery: Delivery, url: str, column: str, text: str
) -> None:
    delivery.change(RESTRICTIONS, 2, column, text)
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", RESTRICTIONS, 2, column)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("発行番号", ""),
        ("シリアル番号", "0x10"),
        ("発行者", "!!"),
        ("発行者", "AAAA"),
        ("識別番号", "9999999999"),
        ("市区町村コード", "神戸"),
        ("種別", "認証用"),
        ("発行日時", "2026-06-03"),
        ("有効期間満了", "2001-01-01T00:00:00+09:00"),
    ],
)
def test_a_broken_cell_of_the_notices_sets_that_card_aside_and_nobody_else(
    delivery: Delivery, url: str, replica: Replica, column: str, text: str
) -> None:
    keys = [cells[3] for cells in read_cells(delivery.notices)[1:]]
    cards = [Notice(number, key).holder_ref for number, key in enumerate(keys, start=1)]
    delivery.change(NOTICES, 3, column, text)
    [row] = delivery.load_all(url).set_aside
    # a row that says it is another municipality's is no matter of this one
    assert (row.register, row.file, row.line, row.column) == ("notice", NOTICES, 3, column)
    with replica.open_generation() as reader:
        assert [reader.key_of(card) for card in cards] == [keys[0], None, *keys[2:]]
        assert not reader.is_set_aside(keys[1])


def test_a_row_of_the_notices_in_other_columns_sets_that_card_aside(delivery: Delivery, url: str) -> None:
    rows = read_cells(delivery.notices)
    rows[2] = rows[2][1:]
    write_cells(delivery.notices, rows)
    assert [(row.file, row.line) for row in delivery.load_all(url).set_aside] == [(NOTICES, 3)]


def test_a_certificate_noticed_twice_is_nobodys(delivery: Delivery, url: str, replica: Replica) -> None:
    one, other = Notice(1, "0000100101"), Notice(2, "0000100102")
    write_notices(delivery.notices, [one, other, Notice(1, "0000100102")])
    [row] = delivery.load_all(url).set_aside
    assert (row.file, row.line, row.column) == (NOTICES, 4, "シリアル番号")
    with replica.open_generation() as reader:
        assert (reader.key_of(one.holder_ref), reader.key_of(other.holder_ref)) == (None, other.person)


def test_notices_count_against_the_limit_of_rows_set_aside(delivery: Delivery, url: str) -> None:
    write_notices(delivery.notices, [Notice(n, f"99999{n}") for n in range(11)])
    failed = refused(delivery, url)
    assert (failed.failure, failed.facts["file"]) == ("Delivery_Too_Many_Set_Aside", NOTICES)
    write_notices(delivery.notices, [Notice(n, f"99999{n}") for n in range(10)])
    assert len(delivery.load_all(url).set_aside) == 10


def test_a_broken_notice_of_another_municipality_is_its_own_matter(delivery: Delivery, url: str) -> None:
    rows = [list(Notice(1, "1", municipality="09202").cells()) for _ in range(2)]
    rows[0][0] = ""
    write_cells(delivery.notices, [read_cells(delivery.notices)[0], *rows])
    assert delivery.load_all(url).set_aside == ()


@pytest.mark.parametrize("file", [SLIP, RESIDENTS, SEALS, RESTRICTIONS, NOTICES])
def test_a_missing_file_is_named(delivery: Delivery, url: str, file: str) -> None:
    (delivery.folder / file).unlink()
    failed = refused(delivery, url)
    assert (failed.failure, failed.facts) == ("Delivery_File_Missing", {"file": file})


def _another_column(path: Path) -> None:
    rows = read_cells(path)
    rows[0][1] = "別の列"
    write_cells(path, rows)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _utf_16(path: Path) -> None:
    path.write_bytes(path.read_bytes().decode(ENCODINGS[path.name]).encode("utf-16"))


def _other_bom(path: Path) -> None:
    content = path.read_bytes()
    bom = b"\xef\xbb\xbf"
    path.write_bytes(content.removeprefix(bom) if content.startswith(bom) else bom + content)


@pytest.mark.parametrize("spoil", [_another_column, _empty, _utf_16, _other_bom])
@pytest.mark.parametrize("file", [SLIP, RESIDENTS, SEALS, RESTRICTIONS, NOTICES])
def test_a_wrong_header_or_encoding_is_named(
    delivery: Delivery, url: str, file: str, spoil: Callable[[Path], None]
) -> None:
    spoil(delivery.folder / file)
    failed = refused(delivery, url)
    assert (failed.failure, failed.facts["file"]) == ("Delivery_Header_Wrong", file)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (b'"0000101201","01"', "開始日"),
        (b"0000101201,01,R06.01.10,R09.01.09,,,,,more", "一時解除終了日"),
        (b"", "宛名番号"),
        (b'"0000101201"x,01,R06.01.10,', "行全体"),
    ],
    ids=repr,
)
def test_a_row_that_does_not_fit_the_columns_is_named(
    delivery: Delivery, url: str, row: bytes, column: str
) -> None:
    path = delivery.folder / RESTRICTIONS
    lines = path.read_bytes().split(b"\r\n")
    lines[2] = row
    path.write_bytes(b"\r\n".join(lines))
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", RESTRICTIONS, 3, column)


@pytest.mark.parametrize("file", [RESIDENTS, SEALS, RESTRICTIONS])
def test_a_file_that_was_cut_off_is_noticed(delivery: Delivery, url: str, file: str) -> None:
    lines = (delivery.folder / file).read_bytes().split(b"\r\n")
    cut = next(n for n, row in enumerate(lines) if b"0000101101" in row) if file == RESIDENTS else 3
    (delivery.folder / file).write_bytes(b"\r\n".join(lines[:cut]) + b"\r\n")
    line = delivery.line_of(SLIP, file, "ファイル名")
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", SLIP, line, "件数")


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("市区町村コード", "2810"),
        ("市区町村コード", "09202"),
        ("作成日時", "2026-06-03T05:00:00"),
        ("作成日時", "2026-06-03T06:00:00+09:00"),
        ("ファイル名", "戸籍.csv"),
        ("ファイル名", RESIDENTS),
        ("件数", "-1"),
        ("件数", "36"),
    ],
)
def test_a_broken_cell_of_the_slip_is_named(delivery: Delivery, url: str, column: str, text: str) -> None:
    delivery.change(SLIP, 3, column, text)
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", SLIP, 3, column)


def test_a_file_that_the_slip_forgets_is_noticed(delivery: Delivery, url: str) -> None:
    rows = read_cells(delivery.folder / SLIP)
    write_cells(delivery.folder / SLIP, rows[:-1])
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", SLIP, len(rows), "ファイル名")


def test_a_delivery_from_before_is_refused_and_the_same_again_is_not(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    assert delivery.load(url) == 2
    delivery.made_at(datetime(2026, 6, 2, 5, 0, tzinfo=JST))
    assert place(refused(delivery, url)) == ("Delivery_Row_Broken", SLIP, 2, "作成日時")
    with replica.open_generation() as reader:
        assert reader.generation == 2
        assert reader.made_at == datetime(2026, 6, 3, 5, 0, tzinfo=JST)


def test_the_trace_tells_the_place_and_not_what_stood_there(delivery: Delivery, url: str) -> None:
    delivery.load(url)
    delivery.change_person("0000100101", "生年月日", "秘密の値")
    events: list[Event] = []
    delivery.trace.subscribe(events.append)
    delivery.load(url)
    event, applied = events
    assert (event.kind, event.data["file"], event.data["column"]) == (
        "record_set_aside",
        RESIDENTS,
        "生年月日",
    )
    assert not [told for told in events if "秘密の値" in told.to_line() or "0000100101" in told.to_line()]
    assert applied.kind == "delivery_applied"
