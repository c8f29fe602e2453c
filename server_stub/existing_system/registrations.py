"""利用登録 in the 戸籍 system under PDF連携: it takes applications with the certificate's serial number, and an official of it links them.

What a vendor's system does there is its own; this stand-in has no screen, so that the issuing server's ops door hands the official's
act on. What it knows lives as long as its process: the issuing server hands an application that it has lost on again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from server_stub.certificates.certificate import MemberFacts
from server_stub.certificates.domicile import FAMILY_LINK, REGISTERED, FamilyLink
from server_stub.certificates.matching import differences
from server_stub.interface.existing_system import RegisterApplication, RegisterLink, RegisterState
from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationState
from server_stub.municipalities import Municipality
from server_stub.registry.records import IssueNotice, Record
from server_stub.registry.replica import ReplicaReader

from .records import Records

_SEX = {"1": "male", "2": "female"}


@dataclass(frozen=True, slots=True)
class _Kept:
    asked: RegisterApplication
    state: RegistrationState
    register: str = ""
    member: int = 0


class RegisterRegistrations:
    """Safe from any thread. Also what the records are asked beside themselves (`registry.replica.Also`)."""

    def __init__(self, municipality: Municipality, records: Records) -> None:
        self._municipality, self._records = municipality, records
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def take(self, asked: RegisterApplication) -> RegisterState:
        """Take an application; one that is here already stays as it is."""
        with self._lock:
            kept = self._kept.setdefault(asked.application_id, _Kept(asked, RegistrationState.UNDER_REVIEW))
        return _told(kept)

    def state(self, application_id: str) -> RegisterState:
        """Raises Failed(Registration_Unknown)."""
        return _told(self._found(application_id))

    def link(self, asked: RegisterLink) -> RegisterState:
        """Do what an official decides. Raises Failed: Registration_Unknown, Registration_State_Conflict,
        Registration_Register_Unknown, Registration_Member_Taken, Registration_Differs."""
        kept = self._found(asked.application_id)
        if asked.register_number is None or asked.member is None:
            ended = kept.state is RegistrationState.USABLE
            state = RegistrationState.ENDED if ended else RegistrationState.REJECTED
            return self._write(replace(kept, state=state, register="", member=0))
        if kept.state is not RegistrationState.UNDER_REVIEW:
            raise Failed("Registration_State_Conflict", state=kept.state.value)
        with self._records.open() as reader:
            facts = self._member(reader, asked.register_number, asked.member)
            taken = [
                link
                for link in reader.records(FAMILY_LINK, group=asked.register_number)
                if int(link.body["member"]) == asked.member
            ]
        with self._lock:
            linked = [
                one
                for one in self._kept.values()
                if one.state is RegistrationState.USABLE
                and (one.register, one.member) == (asked.register_number, asked.member)
            ]
        if taken or any(_who(one) != _who(kept) for one in linked):
            raise Failed("Registration_Member_Taken")
        told = kept.asked
        items = differences(
            facts,
            name=told.name,
            name_flags=told.name_flags,
            birth=told.birth,
            sex=_SEX.get(told.sex, ""),
            domicile=told.domicile,
            head=told.head,
        )
        if items and not asked.accept_differences:
            raise Failed("Registration_Differs", items=list(items))
        for one in linked:  # the certificate was renewed
            self._write(replace(one, state=RegistrationState.ENDED, register="", member=0))
        usable = RegistrationState.USABLE
        return self._write(replace(kept, state=usable, register=asked.register_number, member=asked.member))

    def key_of(self, holder_ref: str) -> str | None:
        """Whose card is whose is nothing that it is told."""
        return None

    def records(self, register: str, *, person: str | None, group: str | None) -> Iterator[Record]:
        if register != FAMILY_LINK:
            return
        with self._lock:
            kept = list(self._kept.values())
        for one in kept:
            key = REGISTERED + one.asked.serial
            usable = one.state is RegistrationState.USABLE
            if usable and person in (None, key) and group in (None, one.register):
                body = FamilyLink(member=str(one.member), sex=_SEX.get(one.asked.sex, "unknown"))
                yield Record(FAMILY_LINK, key, key, one.register, body.model_dump())

    def notices_of(self, person: str) -> Iterable[IssueNotice]:
        return ()

    def _member(self, reader: ReplicaReader, register: str, number: int) -> MemberFacts:
        for kind in self._municipality.every_kind.values():
            for one in kind.members(reader, register) or ():
                if one.number == number:
                    return one
        raise Failed("Registration_Register_Unknown")

    def _found(self, application_id: str) -> _Kept:
        with self._lock:
            kept = self._kept.get(application_id)
        if kept is None:
            raise Failed("Registration_Unknown")
        return kept

    def _write(self, kept: _Kept) -> RegisterState:
        with self._lock:
            self._kept[kept.asked.application_id] = kept
        return _told(kept)


def _who(kept: _Kept) -> tuple[str, str, date, str]:
    return kept.asked.name, kept.asked.name_flags, kept.asked.birth, kept.asked.sex


def _told(kept: _Kept) -> RegisterState:
    return RegisterState(application_id=kept.asked.application_id, state=kept.state)
