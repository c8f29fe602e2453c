"""Keep cards, their use for each kind and its PIN, and answer whether a PIN is the right one.

An official acts in office hours only; a PIN is asked at any time. Who may not be registered, how many tries there are and when the
office is open are the municipality's settings (`OrdinanceTerms`).
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, and_, insert, select, update

from server_stub.db import open_engine
from server_stub.eras import age
from server_stub.interface.binding import ordinance_ref
from server_stub.interface.card_registry import (
    Act,
    ActView,
    CardAsked,
    CardAuthenticated,
    CardAuthentication,
    CardState,
    CardStateAct,
    CardView,
    KindState,
    KindView,
    RegistrationAct,
)
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import CARDS_HEADER
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.municipalities import Municipality, OrdinanceTerms, load_municipality

from .settings import CardRegistrySettings
from .store import acts, cards, prepare_database, uses

SHOWN_OF_REFERENCE = 8
"""Hex digits of a card's reference in the trace: enough to follow a visit, not to find the card."""
_SALT, _COST = 16, 2**13


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card when it is handed over: whose it is (宛名番号), and the last day on which it is valid."""

    municipality: str
    number: str
    person: str
    born: date
    expires_on: date


class CardRegistry:
    """Safe from any thread."""

    def __init__(self, settings: CardRegistrySettings, clock: Clock, trace: Trace) -> None:
        """Raises Failed(Settings_Wrong), also for a municipality that does not use its cards."""
        self._clock, self._trace = clock, trace
        prepare_database(settings.database_url)
        self._engine = open_engine(settings.database_url)
        self._hosted: dict[str, Municipality] = {}
        for folder in settings.municipalities:
            found = load_municipality(folder)
            self._hosted[found.info.code] = found

    def reopen(self) -> None:
        """Forget open connections: the database below may have been replaced."""
        self._engine.dispose()

    def close(self) -> None:
        self._engine.dispose()

    # --- the centre ------------------------------------------------------------------------------------------------------

    def authenticate(self, asked: CardAuthentication) -> CardAuthenticated:
        """Compare the PIN that is registered for this card and kind. A try is spent before it is compared and given back with all
        others when it is right, so that guesses side by side are counted too.

        Raises Failed: Ordinance_Not_Offered, Ordinance_Card_Unknown, Ordinance_Card_Ended, Ordinance_Card_Stopped,
        Ordinance_Not_Registered, Ordinance_Kind_Stopped, Ordinance_Pin_Blocked, Ordinance_Pin_Wrong(tries_left).
        """
        terms = self._terms(asked.municipality)
        which = _use(asked, asked.kind)
        with self._engine.begin() as connection:
            self._check_card(_found(connection, asked), terms)
            use = connection.execute(select(uses).where(which)).mappings().first()
            if use is None:
                raise Failed("Ordinance_Not_Registered", kind=asked.kind)
            if use["state"] != KindState.REGISTERED:
                raise Failed("Ordinance_Kind_Stopped", kind=asked.kind)
            spent = connection.execute(
                update(uses).where(which, uses.c.tries_left > 0).values(tries_left=uses.c.tries_left - 1)
            )
            if spent.rowcount != 1:
                raise Failed("Ordinance_Pin_Blocked", kind=asked.kind)
        if not hmac.compare_digest(_hashed(asked.pin, use["salt"]), use["pin_hash"]):
            with self._engine.connect() as connection:
                left = connection.execute(select(uses.c.tries_left).where(which)).scalar_one()
            self._tell("pin_wrong", asked, kind=asked.kind, tries_left=left)
            if left == 0:
                raise Failed("Ordinance_Pin_Blocked", kind=asked.kind)
            raise Failed("Ordinance_Pin_Wrong", kind=asked.kind, tries_left=left)
        with self._engine.begin() as connection:
            # nothing of a PIN that was changed, or of a use that was stopped, meanwhile
            same = and_(which, uses.c.pin_hash == use["pin_hash"], uses.c.state == KindState.REGISTERED)
            done = connection.execute(update(uses).where(same).values(tries_left=terms.tries))
        if done.rowcount != 1:
            raise Failed("Ordinance_Kind_Stopped", kind=asked.kind)
        self._tell("card_authenticated", asked, kind=asked.kind)
        return CardAuthenticated(municipality=asked.municipality, card=asked.card, kind=asked.kind)

    def _check_card(self, card: RowMapping, terms: OrdinanceTerms) -> None:
        if card["state"] == CardState.ABOLISHED or self._today() > card["expires_on"]:
            raise Failed("Ordinance_Card_Ended")
        if terms.limit_by_card_state and card["state"] != CardState.IN_USE:
            raise Failed("Ordinance_Card_Stopped")

    # --- officials ---------------------------------------------------------------------------------------------------------

    def act(self, asked: RegistrationAct) -> CardView:
        """Carry out one act for one kind, and write it down. What is asked for and is so already is written down too.

        Raises Failed: Ordinance_Not_Offered, Office_Closed, Ordinance_Card_Unknown, Ordinance_Card_Ended, Service_Not_Offered (no such
        kind), Ordinance_Holder_Barred, Ordinance_Not_Registered.
        """
        terms = self._in_office_hours(asked.municipality)
        with self._engine.begin() as connection:
            card = _found(connection, asked)
            if asked.act in (Act.REGISTER, Act.RESUME, Act.CHANGE_PIN):
                if card["state"] == CardState.ABOLISHED or self._today() > card["expires_on"]:
                    raise Failed("Ordinance_Card_Ended")
                if asked.kind not in self._municipality(asked.municipality).services:
                    raise Failed("Service_Not_Offered", kind=asked.kind)
                self._check_holder(card["born"], asked, terms)
            self._change(connection, asked, terms)
            self._keep(connection, asked, asked.act, asked.operator, asked.reason, asked.kind)
        self._tell("registration_act", asked, kind=asked.kind, act=asked.act.value)
        return self.view(asked)

    def _change(self, connection: Connection, asked: RegistrationAct, terms: OrdinanceTerms) -> None:
        which, values = _use(asked, asked.kind), self._new_values(asked, terms)
        changed = connection.execute(update(uses).where(which).values(**values)).rowcount
        if changed:
            return
        if asked.act is not Act.REGISTER:
            raise Failed("Ordinance_Not_Registered", kind=asked.kind)
        key = {"municipality": asked.municipality, "number": asked.card, "kind": asked.kind}
        connection.execute(insert(uses).values(**key, **values))

    def _new_values(self, asked: RegistrationAct, terms: OrdinanceTerms) -> dict[str, Any]:
        values: dict[str, Any] = {} if asked.act is Act.CHANGE_PIN else {"since": self._now()}
        if asked.pin is not None:
            salt = os.urandom(_SALT)
            values |= {"salt": salt, "pin_hash": _hashed(asked.pin, salt), "tries_left": terms.tries}
        if asked.act is Act.STOP:
            values["state"] = KindState.STOPPED
        elif asked.act in (Act.REGISTER, Act.RESUME):
            values["state"] = KindState.REGISTERED
        return values

    def _check_holder(self, born: date, asked: RegistrationAct, terms: OrdinanceTerms) -> None:
        """The young, and 成年被後見人: barred, or registered by the legal representative, as the ordinance says."""
        young = age(born, self._today()) < terms.minimum_age
        for applies, rule, why in ((young, terms.young, "young"), (asked.ward, terms.wards, "ward")):
            if applies and not (rule == "representative" and asked.by_representative):
                raise Failed("Ordinance_Holder_Barred", why=why, rule=rule, minimum_age=terms.minimum_age)

    def set_state(self, asked: CardStateAct) -> CardView:
        """Write down what has become of the card itself. Raises Failed: as `act`."""
        self._in_office_hours(asked.municipality)
        with self._engine.begin() as connection:
            _found(connection, asked)
            connection.execute(
                update(cards).where(_of(cards, asked)).values(state=asked.state, since=self._now())
            )
            self._keep(connection, asked, asked.state, asked.operator, asked.reason)
        self._tell("card_state", asked, state=asked.state.value)
        return self.view(asked)

    def view(self, asked: CardAsked) -> CardView:
        """Tell what is known of a card. Raises Failed: Ordinance_Not_Offered, Ordinance_Card_Unknown."""
        self._terms(asked.municipality)
        with self._engine.connect() as connection:
            card = _found(connection, asked)
            kinds = connection.execute(select(uses).where(_of(uses, asked)).order_by(uses.c.kind)).mappings()
            written = connection.execute(select(acts).where(_of(acts, asked)).order_by(acts.c.id)).mappings()
            return CardView(
                municipality=asked.municipality,
                card=asked.card,
                state=CardState(card["state"]),
                since=datetime.fromisoformat(card["since"]),
                expires_on=card["expires_on"],
                kinds=tuple(
                    KindView(
                        kind=one["kind"],
                        state=KindState(one["state"]),
                        tries_left=one["tries_left"],
                        since=datetime.fromisoformat(one["since"]),
                    )
                    for one in kinds
                ),
                acts=tuple(
                    ActView(
                        at=datetime.fromisoformat(one["at"]),
                        act=one["act"],
                        kind=one["kind"],
                        operator=one["operator"],
                        reason=one["reason"],
                    )
                    for one in written
                ),
            )

    # --- handing over of cards -----------------------------------------------------------------------------------------------

    def take_issued(self, issued: Iterable[IssuedCard]) -> None:
        """Take in cards that were handed over. Raises Failed(Ordinance_Not_Offered)."""
        now = self._now()
        with self._engine.begin() as connection:
            for card in issued:
                self._terms(card.municipality)
                connection.execute(
                    insert(cards).values(
                        municipality=card.municipality,
                        number=card.number,
                        person=card.person,
                        born=card.born,
                        issued_at=now,
                        expires_on=card.expires_on,
                        state=CardState.IN_USE,
                        since=now,
                    )
                )

    def write_cards(self, path: Path) -> int:
        """Write the list of all cards (`interface/notices.py`) for the issuing server; return how many."""
        with self._engine.connect() as connection:
            rows = (
                connection.execute(select(cards).order_by(cards.c.issued_at, cards.c.number)).mappings().all()
            )
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(CARDS_HEADER)
            for row in rows:
                ends = datetime.combine(row["expires_on"], datetime.max.time(), JST).replace(microsecond=0)
                writer.writerow(
                    (row["number"], row["person"], row["municipality"], row["issued_at"], ends.isoformat())
                )
        return len(rows)

    # --- inside ----------------------------------------------------------------------------------------------------------------

    def _municipality(self, code: str) -> Municipality:
        """Get the municipality as it is today. Raises Failed(Ordinance_Not_Offered)."""
        hosted = self._hosted.get(code)
        found = None if hosted is None else hosted.on(self._today())
        if found is None or found.authentication.ordinance is None:
            raise Failed("Ordinance_Not_Offered", municipality=code)
        return found

    def _terms(self, code: str) -> OrdinanceTerms:
        terms = self._municipality(code).authentication.ordinance
        assert terms is not None
        return terms

    def _in_office_hours(self, code: str) -> OrdinanceTerms:
        """Raises Failed(Office_Closed): nobody is there who could do it."""
        terms, now = self._terms(code), self._clock.now()
        if not terms.office_is_open(now):
            hours = {"opens": f"{terms.office_opens:%H:%M}", "closes": f"{terms.office_closes:%H:%M}"}
            raise Failed("Office_Closed", **hours)
        return terms

    def _keep(
        self, connection: Connection, asked: CardAsked, act: str, operator: str, reason: str, kind: str = ""
    ) -> None:
        connection.execute(
            insert(acts).values(
                municipality=asked.municipality,
                number=asked.card,
                kind=kind,
                act=act,
                at=self._now(),
                operator=operator,
                reason=reason,
            )
        )

    def _tell(self, what: str, asked: CardAsked, **facts: Any) -> None:
        reference = ordinance_ref(asked.municipality, asked.card)[:SHOWN_OF_REFERENCE]
        self._trace.emit("card_registry", what, holder=reference, municipality=asked.municipality, **facts)

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def _today(self) -> date:
        return self._clock.now().date()


def _of(table: Table, asked: CardAsked) -> Any:
    return and_(table.c.municipality == asked.municipality, table.c.number == asked.card)


def _use(asked: CardAsked, kind: str) -> Any:
    return and_(_of(uses, asked), uses.c.kind == kind)


def _found(connection: Connection, asked: CardAsked) -> RowMapping:
    """Find a card. Raises Failed(Ordinance_Card_Unknown)."""
    card = connection.execute(select(cards).where(_of(cards, asked))).mappings().first()
    if card is None:
        raise Failed("Ordinance_Card_Unknown")
    return card


def _hashed(pin: Secret, salt: bytes) -> bytes:
    """32 bytes of scrypt. Four digits are guessed by whoever has the table; the salt keeps equal PINs from looking equal."""
    return hashlib.scrypt(pin.reveal().encode(), salt=salt, n=_COST, r=8, p=1, dklen=32)
