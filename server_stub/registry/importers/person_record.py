"""The rules of a person's record, whatever format it came in: what an item may be, what goes with what, and what must hold
between the members of a household."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import groupby
from operator import itemgetter, mul
from typing import Any

from sqlalchemy import Connection, Select, and_, case, distinct, func, or_, select

from server_stub.characters import no_name, plain_name
from server_stub.eras import ERAS, wareki
from server_stub.registry.records import ForeignCategory, ResidentStatus, Sex
from server_stub.registry.tables import LIVING_THERE, Version, persons
from server_stub.registry.values import STATED_FORMS, ReadingKind, RegisterDate

from .row_function import Unusable

HEAD = "世帯主"
NO_LIMIT = "無期限"
FIRST_DAY = ERAS[0].first
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_TEXTS = (
    "position", "previous_address", "address_before", "domicile", "domicile_head", "moved_to", "former_surname", "former_kana",
    "former_reading", "reading", "alias", "alias_kana", "kanji_name", "nationality", "status_of_residence", "period",
    "card_number", "category", "birth_words", "resident_since_words", "address_since_words",
)  # fmt: skip
_DAYS = ("address_since", "moves_on", "arrived_on", "period_ends")
_MUST = ("household", "name", "address", "birth", "resident_since")
"""標準仕様書 1.1.6, of what is the same for everybody; all else may be blank."""
_SEX = {"male": Sex.MALE.value, "female": Sex.FEMALE.value, "unknown": Sex.UNKNOWN.value, "": ""}
_kana = re.compile(r"[ァ-ヺー・]+(?:　[ァ-ヺー・]+)*").fullmatch
_parts = re.compile(r"[^　 ]+(?:　[^　 ]+)*").fullmatch
_position = re.compile(r"[0-9]{1,3}").fullmatch
_twelve_digits = re.compile(r"[0-9]{12}").fullmatch
_card_number = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}").fullmatch
_STEP = "(?:夫|妻|夫（未届）|妻（未届）|子|父|母|兄|姉|弟|妹)"
_relationship = re.compile(
    rf"世帯主|縁故者|同居人|子（子の夫）|子（子の妻）|{_STEP}(?:の{_STEP}){{0,3}}"
).fullmatch


@lru_cache(1000)
def _is_relationship(text: str) -> bool:
    """As registers of a million have a few dozen of them."""
    return _relationship(text) is not None


_LONGEST = {"key": 40, "household": 40, "relationship": 20, "address": 300, "previous_address": 300, "address_before": 300,
            "domicile": 300, "moved_to": 300, "name": 200, "kana": 200, "head_of_household": 200, "former_kana": 200,
            "kanji_name": 200}  # fmt: skip


_long_texts = itemgetter(*_LONGEST)
_SHORTEST_LIMIT = min(_LONGEST.values())


@dataclass(frozen=True, slots=True)
class _Items:
    """What a category of foreign residents has of 在留資格, 期間, 満了の日 and the number of a card."""

    status: bool = False
    period: bool = False
    ends: bool = False
    card: bool = False


_CATEGORIES: dict[str, _Items] = {
    ForeignCategory.MID_TO_LONG_TERM: _Items(status=True, period=True, ends=True, card=True),
    ForeignCategory.SPECIAL_PERMANENT: _Items(card=True),
    ForeignCategory.TEMPORARY_REFUGE: _Items(period=True),
    ForeignCategory.PROVISIONAL_STAY: _Items(period=True),
    ForeignCategory.REFUGE_OR_STAY: _Items(period=True),
    ForeignCategory.TRANSITIONAL_BY_BIRTH: _Items(),
    ForeignCategory.TRANSITIONAL_BY_LOSS: _Items(),
    ForeignCategory.TRANSITIONAL: _Items(),
}
"""標準仕様書 1.1.2."""
_OF_FOREIGNERS = ("status_of_residence", "period", "period_ends", "card_number", "category", "kanji_name")


_ABSENT: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), **dict.fromkeys(_DAYS)}
_NO_READING = ReadingKind.NONE.value
_RESIDENT, _MOVING_OUT, _DECEASED = (
    ResidentStatus.RESIDENT.value, ResidentStatus.MOVING_OUT.value, ResidentStatus.DECEASED.value,
)  # fmt: skip
_ZEROS = 48 * sum(_WEIGHTS)
"""What the code of the digit 0 adds to a sum of codes."""


def right_check_digit(first_eleven: str) -> int:
    """The digit that the ministerial ordinance (2014, MIC no. 85, art. 5) puts after the first eleven.

    With P(n) the n-th digit from the right and Q(n) = n + 1 up to n = 6, n - 5 from n = 7: 11 - (sum of P*Q mod 11),
    or 0 where that remainder is 0 or 1.
    """
    remainder = (sum(map(mul, _WEIGHTS, first_eleven.encode("ascii"))) - _ZEROS) % 11
    return 0 if remainder <= 1 else 11 - remainder


def could_be_real(number: str) -> bool:
    """Whether these 12 digits have the right check digit."""
    return right_check_digit(number[:11]) == int(number[11])


def person_row(found: dict[str, Any], told_on: date) -> dict[str, Any]:
    """The row of the table `person` (without generation and line) from the items of one row of a delivery of the day `told_on`.

    Raises Unusable for the first item that cannot stand in a register.
    """
    for target in _MUST:
        if not found[target]:
            raise Unusable(target, "必須項目")
    found = {**_ABSENT, **found}
    if max(map(len, _long_texts(found))) > _SHORTEST_LIMIT:
        for target, limit in _LONGEST.items():
            if len(found[target]) > limit:
                raise Unusable(target, f"{limit}文字以内")
    check_names(found)
    foreign = bool(found["nationality"])
    _check_name(found, foreign)
    _check_readings(found, foreign)
    _check_days(found, foreign, told_on)
    _check_status(found)
    _check_nationality(found, foreign)
    if found["relationship"] and not _is_relationship(found["relationship"]):
        raise Unusable(
            "relationship",
            "標準仕様書 1.1.11 の続柄（例 妻、子の妻、妻の母、縁故者。「の」でつなぐのは4語まで）",
        )
    position = found["position"]
    if position and (not _position(position) or int(position) == 0):
        raise Unusable("position", "1以上の順位")
    found["position"] = int(position or 0)
    found["sex"] = _SEX[found["sex"]]
    # a format without the item is of before anybody had a number
    number = found.get("my_number")
    if number is not None and (not _twelve_digits(number) or could_be_real(number)):
        raise Unusable("my_number", "検査用数字の正しくない見本の個人番号（数字12桁）")
    found["my_number"] = number or ""
    found["characters_pending"] = found.get("characters_pending") == "yes"
    return found


def _check_name(found: dict[str, Any], foreign: bool) -> None:
    """Of Japanese residents the parts are divided by U+3000; a name may have one part only."""
    if not foreign and not _parts(found["name"]):
        raise Unusable("name", "氏と名の間に全角空白一つ（一つだけの氏名は空白なし）")
    if not foreign:
        _empty(found, ("alias", "alias_kana"), "日本人住民")
    elif not found["alias"]:
        _empty(found, ("alias_kana",), "通称がない")
    elif found["alias_kana"] and not _kana(found["alias_kana"]):
        raise Unusable("alias_kana", "全角カタカナ")


def _check_readings(found: dict[str, Any], foreign: bool) -> None:
    """What a delivery does not call official is not; of foreign residents no reading is."""
    for kana, reading in (("kana", "reading"), ("former_kana", "former_reading")):
        if found[kana] and not _kana(found[kana]):
            raise Unusable(kana, "全角カタカナ")
        kind = found[reading] = found[reading] or _NO_READING
        if kind == _NO_READING:
            continue
        if foreign:
            raise Unusable(reading, "外国人住民には公証された振り仮名がないことを示す値")
        if not found[kana]:
            raise Unusable(kana, "必須項目（公証された振り仮名）")
    if not found["former_surname"]:
        _empty(found, ("former_kana",), "旧氏がない")


def check_past(target: str, day: date, told_on: date) -> None:
    """Raises Unusable for a day of what has happened that no calendar of eras has, or that had not come when it was told."""
    if not FIRST_DAY <= day <= told_on:
        raise Unusable(target, f"{wareki(FIRST_DAY)}から作成日時の日までの日付")


def _check_days(found: dict[str, Any], foreign: bool, told_on: date) -> None:
    """Days are compared where both are days of the calendar: of 不詳 the inner date is no more than a help."""
    for target, western in (("birth", foreign), ("resident_since", False), ("address_since", False)):
        words = found[f"{target}_words"]
        if words and found[target] is None:
            raise Unusable(target, "必須項目（表記に対する内部の日付）")
        if words:
            try:
                RegisterDate.stated(words, found[target], western=western)
            except ValueError:
                raise Unusable(f"{target}_words", STATED_FORMS) from None
    birth, since = found["birth"], found["resident_since"]
    check_past("birth", birth, told_on)
    if not (found["birth_words"] or found["resident_since_words"]) and since < birth:
        raise Unusable("resident_since", "生年月日以降の日付")
    stated = found["resident_since_words"] or found["address_since_words"]
    if not stated and found["address_since"] is not None and found["address_since"] < since:
        raise Unusable("address_since", "住民となった年月日以降の日付")
    notified = found["notified_on"]
    if notified is not None and not found["birth_words"] and notified < birth:
        raise Unusable("notified_on", "生年月日以降の日付")


def _check_status(found: dict[str, Any]) -> None:
    status = found["status"]
    if not status:
        raise Unusable("status", "必須項目")
    if status != _MOVING_OUT:
        _empty(found, ("arrived_on",), "転出予定でない")
    if status == _RESIDENT:
        _empty(found, ("moves_on", "moved_to"), "異動のない住民")
        return
    if found["moves_on"] is None:
        raise Unusable("moves_on", "異動の日付")
    if status == _DECEASED:
        _empty(found, ("moved_to",), "死亡した人")
    elif not found["moved_to"]:
        raise Unusable("moved_to", "必須項目")


def _check_nationality(found: dict[str, Any], foreign: bool) -> None:
    if not foreign:
        _empty(found, _OF_FOREIGNERS, "国籍・地域がない")
        for target in ("domicile", "domicile_head"):
            if not found[target]:
                raise Unusable(target, "必須項目（ないときは なし、分からないときは 不明）")
        return
    _empty(found, ("domicile", "domicile_head", "former_surname"), "外国人住民")
    category = found["category"]
    if category not in _CATEGORIES:
        raise Unusable("category", "・".join(_CATEGORIES))
    items = _CATEGORIES[category]
    for target, has in (("status_of_residence", items.status), ("period", items.period)):
        if has and not found[target]:
            raise Unusable(target, "必須項目")
        if not has:
            _empty(found, (target,), category)
    if not items.ends:
        _empty(found, ("period_ends",), category)
    elif (found["period_ends"] is None) != (found["period"] == NO_LIMIT):
        raise Unusable("period_ends", f"在留期間が{NO_LIMIT}のときは空欄、ほかは日付")
    if not items.card:
        _empty(found, ("card_number",), category)
    elif not _card_number(found["card_number"]):
        raise Unusable("card_number", "英大文字2・数字8・英大文字2")


def _empty(found: dict[str, Any], targets: Sequence[str], because: str) -> None:
    for target in targets:
        if found[target]:
            raise Unusable(target, f"空欄（{because}）")


@dataclass(frozen=True, slots=True)
class HouseholdFault:
    """A household that does not agree with itself: `members` by 宛名番号, the row that shows it, and why.

    `line` is 0 where no row of it is of this delivery. `texts`: its members' heads and addresses.
    """

    household: str
    members: tuple[str, ...]
    line: int
    unusable: Unusable
    texts: frozenset[str]


_BATCH = 2000


def check_households(
    connection: Connection,
    generation: Version,
    incomplete: frozenset[str],
    among: Collection[str] | None = None,
) -> Iterator[HouseholdFault]:
    """The households that do not agree with themselves; `incomplete`: those of which some row could not be used. `among`: the
    others are known to agree.

    Positions differ where there are any; those living there now have one head, whose name all of them carry who carry any, and
    one address. In an incomplete household the head may be the one who is missing. A household of which nobody names a head has
    none (世帯主未設定, 標準仕様書 1.1.10).
    """
    households = sorted(among) if among is not None else list(connection.scalars(_suspects(generation)))
    for start in range(0, len(households), _BATCH):
        yield from _check_those(connection, generation, incomplete, households[start : start + _BATCH])


def _suspects(generation: Version) -> Select[str]:
    """The households of which it is not plain by counting that nothing contradicts: no position twice and, of those living there, one
    head, whose name all carry who carry any, and one address."""
    table = persons.c
    lives = table.status.in_(sorted(LIVING_THERE))
    is_head = and_(lives, table.relationship == HEAD)
    named = case((and_(lives, table.head_of_household != ""), table.head_of_household))
    head_name = case((is_head, table.name))
    address = case((lives, table.address))
    position = case((table.position != 0, table.position))
    living, heads = func.sum(case((lives, 1), else_=0)), func.sum(case((is_head, 1), else_=0))
    plain = and_(
        func.count(position) == func.count(distinct(position)),
        or_(
            living == 0,
            and_(
                heads == 1,
                func.min(address) == func.max(address),
                or_(func.count(named) == 0, and_(func.min(named) == func.max(named), func.min(named) == func.min(head_name))),
            ),
        ),
    )  # fmt: skip
    return (
        select(table.household)
        .where(generation.rows(persons))
        .group_by(table.household)
        .having(~plain)
        .order_by(table.household)
    )


def _check_those(
    connection: Connection, generation: Version, incomplete: frozenset[str], households: Sequence[str]
) -> Iterator[HouseholdFault]:
    # the rows of a base are of another delivery
    line = case((persons.c.generation == generation.number, persons.c.line), else_=0).label("line")
    rows = connection.execute(
        select(
            persons.c.household, persons.c.key, line, persons.c.position, persons.c.name, persons.c.relationship,
            persons.c.head_of_household, persons.c.address, persons.c.status, persons.c.kanji_name,
        )
        .where(generation.rows(persons), persons.c.household.in_(households))
        .order_by(persons.c.household, persons.c.position, line)
    )  # fmt: skip
    for household, found in groupby(rows, key=lambda row: row[0]):
        members = tuple(found)
        wrong = _fault(members, household in incomplete)
        if wrong is not None:
            member, unusable = wrong
            line = member.line or max(one.line for one in members)
            texts = frozenset(
                text for one in members for text in (one.head_of_household, one.address) if text
            )
            yield HouseholdFault(household, tuple(one.key for one in members), line, unusable, texts)


def _fault(members: Sequence[Any], incomplete: bool) -> tuple[Any, Unusable] | None:
    for before, after in zip(members, members[1:], strict=False):
        if before.position == after.position != 0:
            return after, Unusable("position", "世帯の中で重複しない順位")
    living = [member for member in members if member.status in LIVING_THERE]
    if not living:
        return None
    heads = [member for member in living if member.relationship == HEAD]
    named = [member for member in living if member.head_of_household]
    if len(heads) > 1 or (named and not heads and not incomplete):
        return (heads[1] if heads else living[0]), Unusable("relationship", "現在の世帯に世帯主が一人")
    names = _names(heads[0]) if heads else {member.head_of_household for member in named[:1]}
    for member in named:
        if member.head_of_household not in names:
            return member, Unusable("head_of_household", "世帯主の氏名と同じ値")
    for member in living:
        if member.address != (heads or living)[0].address:
            return member, Unusable("address", "世帯主と同じ住所")
    return None


def _names(head: Any) -> set[str]:
    """How the others may call the head."""
    return {head.name, f"{head.name}　{head.kanji_name}"} if head.kanji_name else {head.name}


_NAMES = (
    "name",
    "kana",
    "kanji_name",
    "former_surname",
    "former_kana",
    "alias",
    "alias_kana",
    "head_of_household",
    "domicile_head",
)


_names_of = itemgetter(*_NAMES)


def check_names(found: Mapping[str, Any]) -> None:
    """Raises Unusable for a name with a stand-in for another character, or with one that nobody sees."""
    if plain_name("\u3000".join(_names_of(found))):
        return
    for target in _NAMES:
        expected = no_name(found[target])
        if expected:
            raise Unusable(target, expected)
