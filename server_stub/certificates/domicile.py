"""Who stands in which family register (戸籍): what the kinds that the 本籍地 issues have in common.

The 戸籍 delivery says for each person in which register and as which member; nobody is matched by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from server_stub.eras import age
from server_stub.interface.failures import Failed
from server_stub.interface.values import LONGEST_TEXT
from server_stub.registry.replica import ReplicaReader

from .certificate import Case

FAMILY_LINK = "family_link"
"""The register of the links: key and person are the 宛名番号 (CODE:宛名番号 for somebody who lives in another municipality), group
the number of the family register."""


REGISTERED = "serial:"
"""Before the serial number (hex) of the authentication certificate of somebody who lives elsewhere and is linked by 利用登録, in the
place of CODE:宛名番号."""


class FamilyLink(BaseModel):
    """`member`: the number of the person within the register. The sex is here because no certificate of it says it."""

    member: Annotated[str, Field(pattern="^[0-9]{1,4}$")]
    sex: Literal["male", "female", "unknown"]

    @property
    def number(self) -> int:
        return int(self.member)


@dataclass(frozen=True, slots=True)
class Membership:
    register: str
    member: str

    @property
    def number(self) -> int:
        return int(self.member)


def membership_of(case: Case[Any]) -> Membership:
    """Get the register and the member that the holder is. Raises Failed: Record_Unusable (also where another person is linked with
    the same member: one of the two is somebody else), Holder_Not_Linked."""
    case.reader.check_usable(case.key, FAMILY_LINK)
    record = case.reader.record(FAMILY_LINK, case.key)
    if record is None or not record.group:
        raise Failed("Holder_Not_Linked")
    found = Membership(record.group, FamilyLink.model_validate(record.body).member)
    if list(links_of(case.reader, found.register).values()).count(found.number) != 1:
        raise Failed("Record_Unusable", register=FAMILY_LINK)
    return found


def links_of(reader: ReplicaReader, register: str) -> dict[str, int]:
    """Tell which members the persons are whom the links name."""
    return {
        link.person: FamilyLink.model_validate(link.body).number
        for link in reader.records(FAMILY_LINK, group=register)
    }


def member_key(register: str, number: int) -> str:
    """Name a member of a register, also one whom no link names; nobody of another register, and not the person: who has come back
    into a register stands there twice, and who has gone to another is another member there."""
    return f"{register}-{number}"


def check_shown(**texts: str) -> None:
    """Check what an offer is to show, by the name of the item. Raises Failed(Text_Too_Long) for what no screen holds."""
    for field, text in texts.items():
        if len(text) > LONGEST_TEXT:
            raise Failed("Text_Too_Long", field=field)


def anybody_restricted(case: Case[Any], register: str) -> bool:
    """Tell whether a measure is in force for anybody of that family register: what shows all of its members, or where they
    live, is refused to every one of them then."""
    return case.group_restricted(FAMILY_LINK, register)


def may_be(reader: ReplicaReader, person: str, born: tuple[date, date] | None) -> bool:
    """Tell whether a member who was born between these days by the family register may be that person of the resident register:
    where the two differ, the link leads to somebody else. `born` None: it does not say. Of who is no resident here nothing is known."""
    resident = reader.person(person) if born is not None else None
    return born is None or resident is None or resident.may_be_born(*born)


def check_age(case: Case[Any], birth: date | None) -> None:
    """Check the age of a holder who is no resident, by the register that the kind is of; a resident's was checked before.
    `birth` None: the register does not tell it. Raises Failed: Holder_Under_Fifteen, Record_Unusable."""
    if case.person is not None:
        return
    if birth is None:
        raise Failed("Record_Unusable")
    if age(birth, case.today) < case.minimum_age:
        raise Failed("Holder_Under_Fifteen", minimum_age=case.minimum_age)
