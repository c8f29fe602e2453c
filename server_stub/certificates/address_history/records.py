"""The 附票 of a family register as it is delivered: the register's head, and each member with the addresses since it was made.

Sources: 住民基本台帳法 17条; 生年月日 and 男女の別 stand on it since 2022-01-11, 住民票コード since 2024-05-27, neither for whom the
register had lost before; addresses begin with the one on the day on which it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from server_stub.certificates.certificate import Case
from server_stub.certificates.domicile import (
    FAMILY_LINK,
    REGISTERED,
    anybody_restricted,
    links_of,
    may_be,
    member_key,
)
from server_stub.characters import no_name, no_text
from server_stub.eras import wareki
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.registry.records import Record
from server_stub.registry.replica import PERSON
from server_stub.registry.values import OptionalDay

HEADS, MEMBERS = "address_history", "address_history_member"
"""The registers. Of a head the key and the group are the number of the family register; a member's group is the same, its person
the 宛名番号 (CODE:宛名番号 for somebody who lives elsewhere; empty for whom the municipality has no card holder)."""
BIRTH_AND_SEX_SINCE = date(2022, 1, 11)
RESIDENT_CODE_SINCE = date(2024, 5, 27)
SEX = {"male": "男", "female": "女", "unknown": "不明"}
_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def _printable(text: str) -> str:
    if expected := no_text(text):
        raise ValueError(expected)
    return text


def _of_a_person(text: str) -> str:
    if expected := no_name(text):
        raise ValueError(expected)
    return text


Printed = Annotated[str, AfterValidator(_printable)]
Text = Annotated[Printed, Field(min_length=1)]
Name = Annotated[Text, AfterValidator(_of_a_person)]


def _no_real_code(code: str) -> str:
    """Only a code that cannot be anybody's is taken in: eleven digits, of which the last is not the check digit."""
    if code and (len(code) != 11 or not code.isascii() or not code.isdigit() or _checks(code)):
        raise ValueError("数字11桁で、検査数字の合わない試験用の番号")
    return code


def _checks(code: str) -> bool:
    """Whether the last digit is the check digit: modulus 11 with weights 2-7 from the right (unproven: as that of a 個人番号)."""
    rest = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, code, strict=False)) % 11
    return int(code[-1]) == (0 if rest <= 1 else 11 - rest)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HeadBody(_Body):
    """`made`: how the 附票 came to be, 編製 or 改製; `reason` 事由. `closed_on`: since when the register is a 除附票."""

    domicile: Text
    head: Name
    made: Literal["compiled", "remade"]
    made_on: date
    reason: Printed = ""
    closed_on: OptionalDay = None


class Address(_Body):
    """`since` 住所を定めた年月日; `since_words` what the register says of it where that is no day of the calendar (不詳)."""

    address: Text
    since: OptionalDay = None
    since_words: Printed = ""

    @model_validator(mode="after")
    def _has_a_day(self) -> Address:
        if self.since is None and not self.since_words:
            raise ValueError("住所を定めた年月日")
        return self

    @property
    def since_in_words(self) -> str:
        return self.since_words or (wareki(self.since) if self.since is not None else "")


class MemberBody(_Body):
    """`birth_words` as `Address.since_words`. `removed_on`: when the member was removed from the register (除籍). `overseas_voting`
    在外選挙人名簿登録市区町村, of whom it concerns. `addresses`: oldest first."""

    member: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}$")]
    surname: Name
    given: Name
    birth: OptionalDay = None
    birth_words: Printed = ""
    sex: Literal["male", "female", "unknown", ""] = ""
    removed_on: OptionalDay = None
    overseas_voting: Printed = ""
    resident_code: Annotated[str, AfterValidator(_no_real_code)] = ""
    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_in_order(self) -> MemberBody:
        days = [one.since for one in self.addresses if one.since is not None]
        if any(later < earlier for earlier, later in pairwise(days)):
            raise ValueError("住所は古い順")
        if self.birth is None and (self.removed_on is None or self.removed_on >= BIRTH_AND_SEX_SINCE):
            raise ValueError("生年月日")
        return self


@dataclass(frozen=True, slots=True)
class Member:
    """One member. `key`: of the member in this register (`member_key`). `birth`, `sex` and `resident_code` are empty where the law keeps
    them off the paper, whatever was delivered."""

    key: str
    person: str
    number: int
    surname: str
    given: str
    born_on: date | None
    birth: str
    sex: str
    removed: bool
    overseas_voting: str
    resident_code: Secret | None
    addresses: tuple[tuple[str, str], ...]
    """(住所, 住所を定めた年月日 in words), oldest first."""

    @property
    def name(self) -> str:
        return f"{self.surname}　{self.given}"


@dataclass(frozen=True, slots=True)
class AddressHistory:
    """The 附票 of a family register. `complete`: no record of a member is known to be missing."""

    register: str
    domicile: str
    head: str
    made: str
    made_on: date
    reason: str
    closed: bool
    members: tuple[Member, ...]
    complete: bool

    def member(self, number: str) -> Member:
        """Get the member of that number. Raises Failed(Record_Unusable): whoever is linked to it must be there."""
        found = [one for one in self.members if str(one.number) == number]
        if not found:
            raise Failed("Record_Unusable", register=MEMBERS)
        return found[0]


def address_history(case: Case[Any], register: str) -> AddressHistory:
    """Read the 附票 of that family register. Raises Failed(Record_Unusable) where its head cannot be used or is missing."""
    reader = case.reader
    record = reader.record(HEADS, register)
    if record is None or not reader.group_is_complete(HEADS, register):
        raise Failed("Record_Unusable", register=HEADS)
    head = HeadBody.model_validate(record.body)
    registered = {
        number: person
        for person, number in links_of(reader, register).items()
        if person.startswith(REGISTERED)
    }
    members = [_member(one, registered) for one in reader.records(MEMBERS, group=register)]
    usable = [
        (one, body)
        for one, body in members
        if not _reaches_back(body, head.made_on) and may_be(reader, one.person, _born(body))
    ]
    return AddressHistory(
        register=register,
        domicile=head.domicile,
        head=head.head,
        made=head.made,
        made_on=head.made_on,
        reason=head.reason,
        closed=head.closed_on is not None,
        members=tuple(sorted((one for one, _ in usable), key=lambda one: one.number)),
        complete=len(usable) == len(members) and reader.group_is_complete(MEMBERS, register),
    )


def _member(record: Record, registered: Mapping[int, str]) -> tuple[Member, MemberBody]:
    """`registered`: who is linked by 利用登録 with which member; the register itself knows nobody's card."""
    body = MemberBody.model_validate(record.body)
    recent = body.removed_on is None or body.removed_on >= BIRTH_AND_SEX_SINCE
    coded = body.removed_on is None or body.removed_on >= RESIDENT_CODE_SINCE
    return Member(
        key=member_key(record.group, int(body.member)),
        person=registered.get(int(body.member), record.person),
        number=int(body.member),
        surname=body.surname,
        given=body.given,
        born_on=body.birth,
        birth=(body.birth_words or (wareki(body.birth) if body.birth else "")) if recent else "",
        sex=SEX.get(body.sex, "") if recent else "",
        removed=body.removed_on is not None,
        overseas_voting=body.overseas_voting if body.removed_on is None else "",
        resident_code=Secret(body.resident_code) if coded and body.resident_code else None,
        addresses=tuple((one.address, one.since_in_words) for one in body.addresses),
    ), body


def _born(body: MemberBody) -> tuple[date, date] | None:
    """Between which days, by this register; None where it does not say for certain."""
    certain = body.birth is not None and not body.birth_words and body.removed_on is None
    return (body.birth, body.birth) if certain and body.birth is not None else None


def _reaches_back(body: MemberBody, made_on: date) -> bool:
    """Whether an address stands there that had ended before the 附票 was made: it belongs to the one before (改製原附票)."""
    later = body.addresses[1:]
    return any(one.since is not None and one.since < made_on for one in later)


def anybody_is_protected(case: Case[Any], history: AddressHistory) -> bool:
    """Tell whether a measure is in force for anybody of that register, for whom it has lost since, or for whoever lives with one of
    it (who is divorced, with the child that has stayed in the register): the 附票 would show an address to the others.

    Raises Failed(Record_Unusable) where it is not known who all of its members are.
    """
    reader = case.reader
    if not reader.group_is_complete(FAMILY_LINK, history.register):
        raise Failed("Record_Unusable", register=FAMILY_LINK)
    if anybody_restricted(case, history.register) or case.group_restricted(MEMBERS, history.register):
        return True
    here = {one.person for one in history.members if one.person and not one.removed}
    households = {household for person in here for household in reader.households_of(person)}
    return any(case.group_restricted(PERSON, household) for household in sorted(households))
