"""住民記録.csv: the resident register system of 神戸市, one row a person, also for those who moved out or died.

UTF-8 without BOM, every field quoted. Dates are 和暦 in 7 digits (`eras.coded_wareki`), empty where the item does not exist.

宛名番号 10 digits, unique · 世帯番号 10 digits · 世帯内順位 01-99 · 氏名 (Japanese nationals: 氏, U+3000, 名; variation selectors kept) ·
氏名フリガナ katakana · 旧氏 · 通称, 通称フリガナ (foreign residents) · 生年月日 · 性別コード `Sex` · 続柄コード `RELATIONSHIPS` · 世帯主氏名 ·
行政区コード `WARDS` · 町名地番 · 方書 · 住民となった年月日 · 住所を定めた年月日 (empty: never moved within the city) · 届出年月日 · 転入前住所 ·
本籍, 筆頭者 (Japanese nationals only) · 個人番号 (12 digits, wrong check digit) · 住民状態コード `STATES` · 異動年月日 (of the move or the death),
異動先住所 (of the move) · 国籍・地域, 在留資格, 在留期間, 在留期間満了日 (empty exactly with 無期限), 在留カード番号, 外国人区分コード `CATEGORIES`
(foreign residents only).

The address is 兵庫県神戸市 + ward + 町名地番 and, after U+3000, 方書.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from server_stub.interface.secret import Secret
from server_stub.registry.records import ForeignResident, Person, ResidentStatus, Sex

from .csv_file import Row, read_rows
from .eras import coded_wareki
from .my_number import could_be_real

FILE_NAME = "住民記録.csv"
HEADER = (
    "宛名番号", "世帯番号", "世帯内順位", "氏名", "氏名フリガナ", "旧氏", "通称", "通称フリガナ", "生年月日", "性別コード", "続柄コード",
    "世帯主氏名", "行政区コード", "町名地番", "方書", "住民となった年月日", "住所を定めた年月日", "届出年月日", "転入前住所", "本籍", "筆頭者",
    "個人番号", "住民状態コード", "異動年月日", "異動先住所", "国籍・地域", "在留資格", "在留期間", "在留期間満了日", "在留カード番号",
    "外国人区分コード",
)  # fmt: skip
CITY = "兵庫県神戸市"
WARDS = {
    "101": "東灘区", "102": "灘区", "105": "兵庫区", "106": "長田区", "107": "須磨区", "108": "垂水区", "109": "北区", "110": "中央区",
    "111": "西区",
}  # fmt: skip
HEAD = "世帯主"
RELATIONSHIPS = {
    "01": HEAD, "02": "夫", "03": "妻", "04": "夫（未届）", "05": "妻（未届）",
    "10": "子", "11": "子の妻", "12": "子の夫", "13": "子の子",
    "20": "父", "21": "母", "22": "妻の父", "23": "妻の母", "24": "夫の父", "25": "夫の母",
    "30": "兄", "31": "弟", "32": "姉", "33": "妹", "40": "祖父", "41": "祖母", "90": "縁故者", "99": "同居人",
}  # fmt: skip
SEXES = {sex.value: sex for sex in Sex}
STATES = {
    "1": ResidentStatus.RESIDENT,
    "2": ResidentStatus.MOVING_OUT,
    "3": ResidentStatus.MOVED_OUT,
    "4": ResidentStatus.DECEASED,
}
CATEGORIES = {
    "1": "中長期在留者",
    "2": "特別永住者",
    "3": "一時庇護許可者又は仮滞在許可者",
    "4": "出生による経過滞在者又は国籍喪失による経過滞在者",
}
NO_LIMIT = "無期限"
_KANA = r"[ァ-ヺー・]+(?:　[ァ-ヺー・]+)*"


def read_residents(folder: Path) -> Iterator[tuple[Row, Person]]:
    keys: set[str] = set()
    my_numbers: set[int] = set()
    for row in read_rows(folder / FILE_NAME, HEADER):
        person = _person(row)
        if person.key in keys:
            raise row.broken("宛名番号", "重複しない番号")
        keys.add(person.key)
        # as integers: a set of 1.5 million of them stays small
        number = int(person.my_number.reveal())
        if number in my_numbers:
            raise row.broken("個人番号", "重複しない番号")
        my_numbers.add(number)
        yield row, person


def _person(row: Row) -> Person:
    foreign = _foreign(row)
    birth = row.date("生年月日", coded_wareki)
    status = row.code("住民状態コード", STATES)
    moves_on, moved_to = _move(row, status)
    resident_since = _not_before(row, "住民となった年月日", birth)
    domicile, domicile_head = _domicile(row, foreign)
    alias, alias_kana = _alias(row, foreign)
    building = row.text("方書", must=False)
    address = CITY + row.code("行政区コード", WARDS) + row.text("町名地番")
    return Person(
        key=row.match("宛名番号", r"[0-9]{10}", "数字10桁"),
        household=row.match("世帯番号", r"[0-9]{10}", "数字10桁"),
        order=_order(row),
        name=_name(row, foreign),
        kana=row.match("氏名フリガナ", _KANA, "全角カタカナ"),
        birth=birth,
        sex=row.code("性別コード", SEXES),
        relationship=row.code("続柄コード", RELATIONSHIPS),
        address=f"{address}　{building}" if building else address,
        head_of_household=row.text("世帯主氏名"),
        resident_since=resident_since,
        address_since=_not_before(row, "住所を定めた年月日", resident_since)
        if row.cells["住所を定めた年月日"]
        else None,
        notified_on=_not_before(row, "届出年月日", birth),
        previous_address=row.text("転入前住所", must=False),
        domicile=domicile,
        domicile_head=domicile_head,
        my_number=_my_number(row),
        status=status,
        moved_to=moved_to,
        moves_on=moves_on,
        former_surname=row.text("旧氏", must=False),
        alias=alias,
        alias_kana=alias_kana,
        foreign=foreign,
    )


def _order(row: Row) -> int:
    order = int(row.match("世帯内順位", r"[0-9]{2}", "01から99"))
    if order == 0:
        raise row.broken("世帯内順位", "01から99")
    return order


def _name(row: Row, foreign: ForeignResident | None) -> str:
    if foreign is not None:
        return row.text("氏名")
    return row.match("氏名", r"[^　 ]+　[^　 ]+", "氏と名の間に全角空白一つ")


def _not_before(row: Row, column: str, earliest: date) -> date:
    found = row.date(column, coded_wareki)
    if found < earliest:
        raise row.broken(
            column, f"{'住民となった年月日' if column == '住所を定めた年月日' else '生年月日'}以降の日付"
        )
    return found


def _my_number(row: Row) -> Secret:
    expected = "検査用数字の正しくない見本の個人番号（数字12桁）"
    number = row.match("個人番号", r"[0-9]{12}", expected)
    if could_be_real(number):
        raise row.broken("個人番号", expected)
    return Secret(number)


def _move(row: Row, status: ResidentStatus) -> tuple[date | None, str]:
    """Date and destination of the (intended) move; for the deceased the date of death."""
    if status is ResidentStatus.RESIDENT:
        for column in ("異動年月日", "異動先住所"):
            row.empty(column, "住民状態コードが1")
        return None, ""
    when = row.date("異動年月日", coded_wareki)
    if status is ResidentStatus.DECEASED:
        row.empty("異動先住所", "住民状態コードが4")
        return when, ""
    return when, row.text("異動先住所")


def _domicile(row: Row, foreign: ForeignResident | None) -> tuple[str, str]:
    if foreign is None:
        return row.text("本籍"), row.text("筆頭者")
    for column in ("本籍", "筆頭者"):
        row.empty(column, "外国人住民")
    return "", ""


def _alias(row: Row, foreign: ForeignResident | None) -> tuple[str, str]:
    if foreign is None:
        for column in ("通称", "通称フリガナ"):
            row.empty(column, "日本人住民")
        return "", ""
    alias = row.text("通称", must=False)
    if not alias:
        row.empty("通称フリガナ", "通称がない")
        return "", ""
    return alias, row.match("通称フリガナ", _KANA, "全角カタカナ")


def _foreign(row: Row) -> ForeignResident | None:
    nationality = row.text("国籍・地域", must=False)
    if not nationality:
        for column in ("在留資格", "在留期間", "在留期間満了日", "在留カード番号", "外国人区分コード"):
            row.empty(column, "国籍・地域がない")
        return None
    period = row.text("在留期間")
    period_ends = row.date_if_any("在留期間満了日", coded_wareki)
    if (period_ends is None) != (period == NO_LIMIT):
        raise row.broken("在留期間満了日", f"在留期間が{NO_LIMIT}のときは空欄、ほかは日付")
    return ForeignResident(
        nationality=nationality,
        status_of_residence=row.text("在留資格"),
        period=period,
        period_ends=period_ends,
        card_number=row.match("在留カード番号", r"[A-Z]{2}[0-9]{8}[A-Z]{2}", "英大文字2・数字8・英大文字2"),
        category=row.code("外国人区分コード", CATEGORIES),
    )
