"""住民記録.csv: the resident register system of 神戸市, one row a person, and what must hold between the rows of a household.

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

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.registry.records import ForeignResident, Person, ResidentStatus, Sex
from server_stub.registry.tables import LIVING_THERE, persons

from .csv_file import Row, coded_wareki, read_rows


def right_check_digit(first_eleven: str) -> int:
    """The digit that the ministerial ordinance (2014, MIC no. 85, art. 5) puts after the first eleven.

    With P(n) the n-th digit from the right and Q(n) = n + 1 up to n = 6, n - 5 from n = 7: 11 - (sum of P*Q mod 11),
    or 0 where that remainder is 0 or 1.
    """
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(first_eleven), start=1)
    )
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def could_be_real(number: str) -> bool:
    """Whether these 12 digits have the right check digit."""
    return right_check_digit(number[:11]) == int(number[11])


_BATCH = 2000


def check_households(connection: Connection, generation: int) -> None:
    """Raises Failed(Delivery_Row_Broken) for the first household that does not agree with itself.

    Positions differ; those living there now have one head, whose name all of them carry, and one address.
    """
    rows = connection.execution_options(yield_per=_BATCH).execute(
        select(
            persons.c.line, persons.c.household, persons.c.position, persons.c.name, persons.c.relationship,
            persons.c.head_of_household, persons.c.address, persons.c.status,
        )
        .where(persons.c.generation == generation)
        .order_by(persons.c.household, persons.c.position, persons.c.line)
    )  # fmt: skip
    for _, members in groupby(rows, key=lambda row: row.household):
        _check(tuple(members))


def _check(members: Sequence[Any]) -> None:
    for before, after in zip(members, members[1:], strict=False):
        if before.position == after.position:
            raise _broken(after, "世帯内順位", "世帯の中で重複しない順位")
    living = [member for member in members if member.status in LIVING_THERE]
    if not living:
        return
    heads = [member for member in living if member.relationship == HEAD]
    if len(heads) != 1:
        raise _broken(heads[1] if heads else living[0], "続柄コード", "現在の世帯に世帯主が一人")
    for member in living:
        if member.head_of_household != heads[0].name:
            raise _broken(member, "世帯主氏名", "世帯主の氏名と同じ値")
        if member.address != heads[0].address:
            raise _broken(member, "町名地番", "世帯主と同じ住所")


def _broken(row: Any, column: str, expected: str) -> Failed:
    return Failed("Delivery_Row_Broken", file=FILE_NAME, line=row.line, column=column, expected=expected)


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
    building = row.text("方書", required=False)
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
        previous_address=row.text("転入前住所", required=False),
        domicile=domicile,
        domicile_head=domicile_head,
        my_number=_my_number(row),
        status=status,
        moved_to=moved_to,
        moves_on=moves_on,
        former_surname=row.text("旧氏", required=False),
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
    alias = row.text("通称", required=False)
    if not alias:
        row.empty("通称フリガナ", "通称がない")
        return "", ""
    return alias, row.match("通称フリガナ", _KANA, "全角カタカナ")


def _foreign(row: Row) -> ForeignResident | None:
    nationality = row.text("国籍・地域", required=False)
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
