"""Officials' tools -> issuing server: the messages about 利用登録, at the door `/ops/v1` behind the operations key of the server.

    GET  /ops/v1/registrations?municipality=&state=&cursor=&limit=       -> RegistrationPage
    POST /ops/v1/registration-numbers                    StatusQuery     -> RegistrationEntry
    GET  /ops/v1/registrations/{application_id}                          -> RegistrationDetail
    POST /ops/v1/registrations/{application_id}/search   MemberSearch    -> MemberMatches
    POST /ops/v1/registrations/{application_id}/review   OfficialAct     -> RegistrationDetail
    POST /ops/v1/registrations/{application_id}/link     LinkAct         -> RegistrationDetail
    POST /ops/v1/registrations/{application_id}/reject   RejectAct       -> RegistrationDetail
    POST /ops/v1/registrations/{application_id}/end      OfficialAct     -> RegistrationDetail

Unlike the other messages of this door these tell names and addresses: an official compares them with the register. The 申請番号 is
in no answer: the server does not keep it. Who applied may tell it to an official, who then finds the application by it.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .operations import PageQuery
from .registration import RegistrationState
from .values import LONGEST_TEXT, Code5, Model, Ulid

Operator = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Note = Annotated[str, Field(max_length=300)]


class RegistrationQuery(PageQuery):
    """Ask for the applications of one municipality or of all hosted there; without `state` those that are not decided."""

    municipality: Code5 | None = None
    state: RegistrationState | None = None


class OfficialAct(Model):
    """`operator` says who acts; `note` is the official's own and never public."""

    operator: Operator
    note: Note = ""


class LinkAct(OfficialAct):
    """Link the applicant with a member of a family register (戸籍の番号, 戸籍内番号) and make the registration usable. What differs
    between certificate, application and register is refused unless `accept_differences`."""

    register_number: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S+$")]
    member: Annotated[int, Field(ge=1, le=999)]
    accept_differences: bool = False


class MemberSearch(Model):
    """Search the open family registers for living members: 氏名 (a letter stands for every form of it), 性別 and 生年月日 as the official
    has them; what is left empty does not count. `birth` or `register_number` is needed."""

    name: Annotated[str, Field(max_length=100)] = ""
    sex: Literal["", "male", "female"] = ""
    birth: date | None = None
    register_number: Annotated[str, Field(max_length=100)] = ""


class LetterIs(StrEnum):
    """How a letter of the signature certificate stands to that of the register."""

    SAME = "same"
    VARIANT = "variant"
    SUBSTITUTE = "substitute"
    DIFFERENT = "different"


class LetterPair(Model):
    """One letter of a name. `certified` or `registered` is empty where the other name is longer. SUBSTITUTE: the certificate says itself that
    it has another character than the resident register (代替文字), so that nothing can be concluded from it."""

    certified: Annotated[str, Field(max_length=8)]
    registered: Annotated[str, Field(max_length=8)]
    relation: LetterIs


class MemberMatch(Model):
    """One living member of an open register. `born`: the first and the last day that the register leaves open; None where it says none.
    `sex`: '' where the register does not say. `differs`: which items are not as certificate and application have them (name, birth, sex,
    domicile, head). `taken`: somebody else is linked with it."""

    register_number: str
    member: int
    name: str
    letters: tuple[LetterPair, ...]
    born: tuple[date, date] | None
    sex: str
    domicile: str
    head: str
    differs: tuple[str, ...]
    taken: bool


class MemberMatches(Model):
    """Those with the fewest differences first. `more`: there are more than were told."""

    matches: tuple[MemberMatch, ...]
    more: bool


class RejectAct(OfficialAct):
    """`public_text`: what the status site tells instead of the municipality's own message; None: that message."""

    public_text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] | None = None


class RegistrationEntry(Model):
    """One application. `domicile`, `head`, `telephone` as typed; `name` to `sex` as the signature certificate has them, with a flag a
    character for those that it has a substitute for (`name_flags`, `address_flags`). `overdue`: not decided after `due_on`."""

    application_id: Ulid
    municipality: Code5
    state: RegistrationState
    received_at: datetime
    due_on: date
    overdue: bool
    domicile: str
    head: str
    telephone: str
    name: str
    name_flags: str
    birth: date
    sex: str
    address: str
    address_flags: str


class RegistrationPage(Model):
    """List applications, oldest first; without `next_cursor` there are no more."""

    registrations: tuple[RegistrationEntry, ...]
    next_cursor: Ulid | None


class ActEntry(Model):
    act: str
    operator: str
    note: str
    at: datetime


class RegistrationDetail(Model):
    """One application with all that was signed, and every act on it, oldest first. `register_number`, `member`: what it is linked
    with; None under PDF連携, where the 戸籍 system alone knows. While `proposed_by` names an official, the link is only proposed and a
    second one has to make it."""

    entry: RegistrationEntry
    text: str
    signature: str
    certificate: str
    decided_at: datetime | None
    sent_at: datetime | None
    register_number: str | None
    member: int | None
    proposed_by: str
    public_text: str | None
    acts: tuple[ActEntry, ...]
