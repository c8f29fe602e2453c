"""Keep applications for 利用登録 and what was done about them. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server_stub.db import migrate, open_engine
from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationState
from server_stub.interface.signature_certificate import Certified

from .tables import acts, applications

_S = RegistrationState
OPEN = (_S.RECEIVED, _S.UNDER_REVIEW, _S.USABLE)
UNDECIDED = (_S.RECEIVED, _S.UNDER_REVIEW)
NEXT: dict[RegistrationState, tuple[RegistrationState, ...]] = {
    _S.RECEIVED: (_S.UNDER_REVIEW, _S.USABLE, _S.REJECTED),
    _S.UNDER_REVIEW: (_S.USABLE, _S.REJECTED),
    _S.USABLE: (_S.ENDED,),
    _S.REJECTED: (),
    _S.ENDED: (),
}
"""What may follow what. Who was rejected applies again."""


@dataclass(frozen=True, slots=True)
class Application:
    """One application as it is kept (`tables.applications`)."""

    application_id: str
    municipality: str
    state: RegistrationState
    number_digest: str
    request_digest: str
    holder_ref: str
    serial: str
    home: str
    text: str
    signature: str
    certificate: str
    domicile: str
    head: str
    telephone: str
    certified: Certified
    received_at: datetime
    due_on: date
    decided_at: datetime | None = None
    sent_at: datetime | None = None
    register: str | None = None
    member: int | None = None
    public_text: str | None = None

    def overdue(self, today: date) -> bool:
        return self.state in UNDECIDED and today > self.due_on


@dataclass(frozen=True, slots=True)
class Act:
    act: str
    operator: str
    note: str
    at: datetime


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    migrate(url, "server_stub.registration")


class Store:
    """Safe from any thread. The database is at its newest schema."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def close(self) -> None:
        """Let go of the file; the next call opens it anew."""
        self._engine.dispose()

    def add(self, application: Application, act: Act) -> None:
        """Write a new application. Raises Failed(Registration_Already_Received) where the person has an open one there,
        sqlalchemy.exc.IntegrityError for an id or a number that is taken."""
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(applications), _row(application))
                _note(connection, application.application_id, act)
        except IntegrityError:
            if self.open_of(application.municipality, (application.holder_ref,)):
                raise Failed("Registration_Already_Received") from None
            raise

    def find(self, application_id: str) -> Application | None:
        return self._one(applications.c.application_id == application_id)

    def by_number(self, digest: str) -> Application | None:
        return self._one(applications.c.number_digest == digest)

    def open_of(self, municipality: str, holders: Collection[str]) -> list[Application]:
        """List the open applications of these certificates in a municipality, latest first."""
        return self._all(
            applications.c.municipality == municipality,
            applications.c.holder_ref.in_(list(holders)),
            applications.c.state.in_(OPEN),
        )

    def latest_of(self, municipality: str, holder_ref: str) -> Application | None:
        """Find the open application of a certificate in a municipality; where there is none, the one that was decided last."""
        found = self._all(
            applications.c.municipality == municipality, applications.c.holder_ref == holder_ref
        )
        if not found:
            return None
        # two of one moment are told apart by what was done last
        return max(
            found,
            key=lambda one: (
                one.state in OPEN,
                one.decided_at or one.received_at,
                self._last_act(one.application_id),
            ),
        )

    def _last_act(self, application_id: str) -> int:
        own = acts.c.application_id == application_id
        with self._engine.connect() as connection:
            return connection.scalar(select(func.max(acts.c.number)).where(own)) or 0

    def linked(self, municipality: str, register: str) -> list[Application]:
        """List the usable applications that are linked with a family register."""
        return self._all(
            applications.c.municipality == municipality,
            applications.c.state == _S.USABLE,
            applications.c.register == register,
        )

    def usable_of_serial(self, municipality: str, serial: str) -> list[Application]:
        """List the usable applications of the certificate with that serial number (hex)."""
        return self._all(
            applications.c.municipality == municipality,
            applications.c.state == _S.USABLE,
            applications.c.serial == serial,
        )

    def page(
        self,
        municipality: str | None,
        states: Collection[RegistrationState],
        after: str | None,
        limit: int,
    ) -> list[Application]:
        """List applications by their identifiers, oldest first."""
        asked = select(applications).where(applications.c.state.in_(list(states)))
        if municipality is not None:
            asked = asked.where(applications.c.municipality == municipality)
        if after is not None:
            asked = asked.where(applications.c.application_id > after)
        with self._engine.connect() as connection:
            rows = connection.execute(asked.order_by(applications.c.application_id).limit(limit)).mappings()
            return [_application(row) for row in rows]

    def acts(self, application_id: str) -> list[Act]:
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(acts).where(acts.c.application_id == application_id).order_by(acts.c.number)
            ).mappings()
            return [
                Act(row["act"], row["operator"], row["note"], datetime.fromisoformat(row["at"]))
                for row in rows
            ]

    def move(
        self,
        application: Application,
        state: RegistrationState,
        act: Act,
        *,
        ends: Sequence[tuple[Application, Act]] = (),
        **more: Any,
    ) -> Application:
        """Bring an application to `state` if it still stands where `application` has it; `ends` become ENDED with it.

        Raises Failed(Registration_State_Conflict); then nothing has changed.
        """
        self._check(application, state)
        with self._engine.begin() as connection:
            for one, why in ends:
                self._write(connection, one, _S.ENDED, why, {})
            self._write(connection, application, state, act, more)
        found = self.find(application.application_id)
        assert found is not None
        return found

    def propose(self, application: Application, register: str, member: int, act: Act) -> Application:
        """Keep a link that a second official has to make. Raises Failed(Registration_State_Conflict) where it is decided."""
        if application.state not in UNDECIDED:
            raise Failed("Registration_State_Conflict", state=application.state.value, wanted=act.act)
        with self._engine.begin() as connection:
            more = {"register": register, "member": member}
            self._write(connection, application, _S.UNDER_REVIEW, act, more)
        found = self.find(application.application_id)
        assert found is not None
        return found

    def sent(self, application: Application, at: datetime) -> None:
        """Note that the 戸籍 system has taken it."""
        with self._engine.begin() as connection:
            connection.execute(
                update(applications)
                .where(applications.c.application_id == application.application_id)
                .values(sent_at=at.isoformat())
            )

    @staticmethod
    def _check(application: Application, state: RegistrationState) -> None:
        if state not in NEXT[application.state]:
            raise Failed("Registration_State_Conflict", state=application.state.value, wanted=state.value)

    @classmethod
    def _write(
        cls,
        connection: Connection,
        application: Application,
        state: RegistrationState,
        act: Act,
        more: dict[str, Any],
    ) -> None:
        cls._check(application, state)
        values = {**more, "state": state.value}
        if state not in OPEN:
            values["open_for"] = None
        if state not in UNDECIDED and application.decided_at is None:
            values["decided_at"] = act.at.isoformat()
        changed = connection.execute(
            update(applications)
            .where(
                applications.c.application_id == application.application_id,
                applications.c.state == application.state.value,
            )
            .values(**values)
        )
        if changed.rowcount != 1:
            raise Failed("Registration_State_Conflict", state="changed meanwhile", wanted=state.value)
        _note(connection, application.application_id, act)

    def _one(self, condition: Any) -> Application | None:
        found = self._all(condition)
        return found[0] if found else None

    def _all(self, *conditions: Any) -> list[Application]:
        asked = select(applications).where(*conditions).order_by(applications.c.application_id.desc())
        with self._engine.connect() as connection:
            return [_application(row) for row in connection.execute(asked).mappings()]


def _note(connection: Connection, application_id: str, act: Act) -> None:
    connection.execute(
        insert(acts).values(
            application_id=application_id,
            act=act.act,
            operator=act.operator,
            note=act.note,
            at=act.at.isoformat(),
        )
    )


def _row(one: Application) -> dict[str, Any]:
    certified = one.certified
    return {
        "application_id": one.application_id,
        "municipality": one.municipality,
        "state": one.state.value,
        "number_digest": one.number_digest,
        "request_digest": one.request_digest,
        "holder_ref": one.holder_ref,
        "open_for": one.holder_ref,
        "serial": one.serial,
        "home": one.home,
        "text": one.text,
        "signature": one.signature,
        "certificate": one.certificate,
        "domicile": one.domicile,
        "head": one.head,
        "telephone": one.telephone,
        "name": certified.name,
        "name_flags": certified.name_flags,
        "birth": certified.birth,
        "sex": certified.sex,
        "address": certified.address,
        "address_flags": certified.address_flags,
        "received_at": one.received_at.isoformat(),
        "due_on": one.due_on,
    }


def _application(row: Any) -> Application:
    def moment(name: str) -> datetime | None:
        return None if row[name] is None else datetime.fromisoformat(row[name])

    return Application(
        application_id=row["application_id"],
        municipality=row["municipality"],
        state=RegistrationState(row["state"]),
        number_digest=row["number_digest"],
        request_digest=row["request_digest"],
        holder_ref=row["holder_ref"],
        serial=row["serial"],
        home=row["home"],
        text=row["text"],
        signature=row["signature"],
        certificate=row["certificate"],
        domicile=row["domicile"],
        head=row["head"],
        telephone=row["telephone"],
        certified=Certified(
            row["name"], row["name_flags"], row["birth"], row["sex"], row["address"], row["address_flags"]
        ),
        received_at=datetime.fromisoformat(row["received_at"]),
        due_on=row["due_on"],
        decided_at=moment("decided_at"),
        sent_at=moment("sent_at"),
        register=row["register"],
        member=row["member"],
        public_text=row["public_text"],
    )
