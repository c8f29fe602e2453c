"""The rules of a person's record, whatever format it came in: what an item may be, what goes with what, and what must hold
between the members of a household."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import mul
from typing import Any

from sqlalchemy import Connection, select

from server_stub.characters import no_name
from server_stub.eras import ERAS, wareki
from server_stub.registry.records import ResidentStatus, Sex
from server_stub.registry.tables import LIVING_THERE, persons

from .row_function import Unusable

HEAD = "世帯主"
NO_LIMIT = "無期限"
FIRST_DAY = ERAS[0].first
_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_TEXTS = (
    "previous_address", "domicile", "domicile_head", "moved_to", "former_surname", "alias", "alias_kana", "nationality",
    "status_of_residence", "period", "card_number", "category",
)  # fmt: skip
_DAYS = ("address_since", "moves_on", "period_ends")
_MUST = (
    "household",
    "name",
    "relationship",
    "head_of_household",
    "address",
    "birth",
    "resident_since",
    "notified_on",
)
_OF_FOREIGNERS = ("status_of_residence", "period", "period_ends", "card_number", "category")
_SEX = {"male": Sex.MALE.value, "female": Sex.FEMALE.value, "unknown": Sex.UNKNOWN.value}
_kana = re.compile(r"[ァ-ヺー・]+(?:　[ァ-ヺー・]+)*").fullmatch
_two_parts = re.compile(r"[^　 ]+　[^　 ]+").fullmatch
_twelve_digits = re.compile(r"[0-9]{12}").fullmatch
_card_number = re.compile(r"[A-Z]{2}[0-9]{8}[A-Z]{2}").fullmatch
_LONGEST = {"key": 40, "household": 40, "relationship": 20, "address": 300, "previous_address": 300, "domicile": 300,
            "moved_to": 300, "name": 200, "kana": 200, "head_of_household": 200}  # fmt: skip


def right_check_digit(first_eleven: str) -> int:
    """The digit that the ministerial ordinance (2014, MIC no. 85, art. 5) puts after the first eleven.

    With P(n) the n-th digit from the right and Q(n) = n + 1 up to n = 6, n - 5 from n = 7: 11 - (sum of P*Q mod 11),
    or 0 where that remainder is 0 or 1.
    """
    remainder = sum(map(mul, _WEIGHTS, map(int, first_eleven))) % 11
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
    for target in _TEXTS:
        found.setdefault(target, "")
    for target in _DAYS:
        found.setdefault(target, None)
    for target, limit in _LONGEST.items():
        if len(found[target]) > limit:
            raise Unusable(target, f"{limit}文字以内")
    check_names(found)
    foreign = bool(found["nationality"])
    _check_name(found, foreign)
    _check_days(found, told_on)
    _check_status(found)
    _check_nationality(found, foreign)
    position = found["position"]
    if not re.fullmatch(r"[0-9]{1,3}", position) or int(position) == 0:
        raise Unusable("position", "1以上の順位")
    found["position"] = int(position)
    if not found["sex"]:
        raise Unusable("sex", "必須項目")
    found["sex"] = _SEX[found["sex"]]
    number = found["my_number"]
    if not _twelve_digits(number) or could_be_real(number):
        raise Unusable("my_number", "検査用数字の正しくない見本の個人番号（数字12桁）")
    found["characters_pending"] = found.get("characters_pending") == "yes"
    return found


def _check_name(found: dict[str, Any], foreign: bool) -> None:
    if not foreign and not _two_parts(found["name"]):
        raise Unusable("name", "氏と名の間に全角空白一つ")
    if not _kana(found["kana"]):
        raise Unusable("kana", "全角カタカナ")
    if not foreign:
        _empty(found, ("alias", "alias_kana"), "日本人住民")
    elif not found["alias"]:
        _empty(found, ("alias_kana",), "通称がない")
    elif not _kana(found["alias_kana"]):
        raise Unusable("alias_kana", "全角カタカナ")


def check_past(target: str, day: date, told_on: date) -> None:
    """Raises Unusable for a day of what has happened that no calendar of eras has, or that had not come when it was told."""
    if not FIRST_DAY <= day <= told_on:
        raise Unusable(target, f"{wareki(FIRST_DAY)}から作成日時の日までの日付")


def _check_days(found: dict[str, Any], told_on: date) -> None:
    birth, since = found["birth"], found["resident_since"]
    check_past("birth", birth, told_on)
    if since < birth:
        raise Unusable("resident_since", "生年月日以降の日付")
    if found["address_since"] is not None and found["address_since"] < since:
        raise Unusable("address_since", "住民となった年月日以降の日付")
    if found["notified_on"] < birth:
        raise Unusable("notified_on", "生年月日以降の日付")


def _check_status(found: dict[str, Any]) -> None:
    status = found["status"]
    if not status:
        raise Unusable("status", "必須項目")
    if status == ResidentStatus.RESIDENT.value:
        _empty(found, ("moves_on", "moved_to"), "異動のない住民")
        return
    if found["moves_on"] is None:
        raise Unusable("moves_on", "異動の日付")
    if status == ResidentStatus.DECEASED.value:
        _empty(found, ("moved_to",), "死亡した人")
    elif not found["moved_to"]:
        raise Unusable("moved_to", "必須項目")


def _check_nationality(found: dict[str, Any], foreign: bool) -> None:
    if not foreign:
        _empty(found, _OF_FOREIGNERS, "国籍・地域がない")
        for target in ("domicile", "domicile_head"):
            if not found[target]:
                raise Unusable(target, "必須項目")
        return
    _empty(found, ("domicile", "domicile_head"), "外国人住民")
    for target in ("status_of_residence", "period", "category"):
        if not found[target]:
            raise Unusable(target, "必須項目")
    if (found["period_ends"] is None) != (found["period"] == NO_LIMIT):
        raise Unusable("period_ends", f"在留期間が{NO_LIMIT}のときは空欄、ほかは日付")
    if not _card_number(found["card_number"]):
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
    connection: Connection, generation: int, incomplete: frozenset[str]
) -> Iterator[HouseholdFault]:
    """The households that do not agree with themselves; `incomplete`: those of which some row could not be used.

    Positions differ; those living there now have one head, whose name all of them carry, and one address. In an incomplete
    household the head may be the one who is missing.
    """
    rows = connection.execution_options(yield_per=_BATCH).execute(
        select(
            persons.c.household, persons.c.key, persons.c.line, persons.c.position, persons.c.name, persons.c.relationship,
            persons.c.head_of_household, persons.c.address, persons.c.status,
        )
        .where(persons.c.generation == generation)
        .order_by(persons.c.household, persons.c.position, persons.c.line)
    )  # fmt: skip
    for household, found in groupby(rows, key=lambda row: row[0]):
        members = tuple(found)
        wrong = _fault(members, household in incomplete)
        if wrong is not None:
            member, unusable = wrong
            line = member.line or max(one.line for one in members)
            texts = frozenset(text for one in members for text in (one.head_of_household, one.address))
            yield HouseholdFault(household, tuple(one.key for one in members), line, unusable, texts)


def _fault(members: Sequence[Any], incomplete: bool) -> tuple[Any, Unusable] | None:
    for before, after in zip(members, members[1:], strict=False):
        if before.position == after.position:
            return after, Unusable("position", "世帯の中で重複しない順位")
    living = [member for member in members if member.status in LIVING_THERE]
    if not living:
        return None
    heads = [member for member in living if member.relationship == HEAD]
    if len(heads) > 1 or not (heads or incomplete):
        return (heads[1] if heads else living[0]), Unusable("relationship", "現在の世帯に世帯主が一人")
    name, address = (heads[0].name if heads else living[0].head_of_household), (heads or living)[0].address
    for member in living:
        if member.head_of_household != name:
            return member, Unusable("head_of_household", "世帯主の氏名と同じ値")
        if member.address != address:
            return member, Unusable("address", "世帯主と同じ住所")
    return None


_NAMES = ("name", "kana", "former_surname", "alias", "alias_kana", "head_of_household", "domicile_head")


def check_names(found: Mapping[str, Any]) -> None:
    """Raises Unusable for a name with a stand-in for another character, or with one that nobody sees."""
    for target in _NAMES:
        name = found.get(target)
        expected = no_name(name) if isinstance(name, str) else ""
        if expected:
            raise Unusable(target, expected)
