"""One certificate, front and back, one sheet, finished: against a bare warm Typst compile of the same front."""

from __future__ import annotations

from collections.abc import Iterator

from scenarios.template import KOBE, template_folder
from server_stub.db import sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.terminal import ApplicationOptions
from server_stub.issuing.copies import issuer_of, new_issue_number
from server_stub.issuing.wording import residence_front
from server_stub.municipalities import load_municipality
from server_stub.paper.content import ResidenceFront
from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.fronts import render_residence, residence_main, typeset
from server_stub.registry.records import Person
from server_stub.registry.replica import Replica

from .measure import PERSON, Measurement, in_turn

ROUNDS = 60


class Certificates:
    """One finished sheet after the other for the same person; every front differs in its 発行番号, so that no compiler's
    cache has seen it."""

    def __init__(self) -> None:
        self._municipality = load_municipality(KOBE)
        self._person = _person()
        self._clock = Clock(STAGE_START)

    def front(self) -> ResidenceFront:
        today = self._clock.now().date()
        return residence_front(
            (self._person,),
            ApplicationOptions(relationship=True, domicile=True),
            whole_household=True,
            attestation=self._municipality.attestations.residence_household,
            issued_on=today,
            issue_number=new_issue_number(KOBE, today),
        )

    def mains(self) -> Iterator[bytes]:
        """Typst main files of such fronts, ready for a bare compile."""
        issuer = issuer_of(self._municipality)
        while True:
            yield residence_main([self.front()], issuer, self._municipality.layout)

    def finish(self) -> bytes:
        """One sheet, front and back, from the record to the bytes."""
        rendered = render_residence([self.front()], issuer_of(self._municipality), self._municipality.layout)
        (sheet,) = finish_sheets(
            rendered.pdf,
            municipality=self._municipality.info.name,
            application_id=new_ulid(self._clock),
            sheets=[SheetFacts(page.copy_number, page.k, page.n, ("0" * 64,)) for page in rendered.pages],
        )
        return sheet


def measure(rounds: int = ROUNDS) -> dict[str, Measurement]:
    certificates = Certificates()
    mains = certificates.mains()
    prepared: list[bytes] = []

    def prepare() -> None:
        prepared[:] = [next(mains)]

    measured = in_turn(
        certificates.finish, lambda: typeset(prepared[0]), rounds=rounds, reach=3.0, between=prepare
    )
    return {"certificate_finished": measured}


def _person() -> Person:
    replica = Replica(sqlite_url(template_folder() / "replica.db"))
    try:
        with replica.open_generation() as reader:
            person = reader.person(PERSON)
    finally:
        replica.close()
    if person is None:
        raise LookupError(f"{PERSON} is not among the sample people")
    return person
