"""One certificate, front and back, one sheet, finished: against a bare warm Typst compile of the same front."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scenarios.template import replica_name, template_folder
from scenarios.towns import load_towns
from server_stub.certificates.residence import ResidenceTerms
from server_stub.certificates.residence.front import (
    TEMPLATE,
    ResidenceFront,
    render_residence,
    residence_call,
    residence_front,
)
from server_stub.db import sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.front import FrontFacts
from server_stub.interface.secret import Secret
from server_stub.issuing.copies import new_issue_numbers
from server_stub.paper.finish import SheetFacts, finish_sheets
from server_stub.paper.scramble import ScrambleKey
from server_stub.paper.typesetting import compile_main, main_file
from server_stub.registry.records import Person
from server_stub.registry.replica import Replica

from .measure import PERSON, Measurement, in_turn

ROUNDS = 60
_KEY = ScrambleKey.of(Secret("the secret of the centre of these figures"))
_KEYWORDS = "0" * 300
"""About as long as those of a sheet of one person."""


class Certificates:
    """One finished sheet after the other for the same person; every front differs in its 発行番号, so that no compiler's
    cache has seen it."""

    def __init__(self) -> None:
        (self._town,) = load_towns()
        self._issuer = self._town.municipality.issuer_of("residence")
        terms = self._town.municipality.services["residence"]
        assert isinstance(terms, ResidenceTerms)
        self._terms = terms
        self._person = _person(self._town.code)
        self._clock = Clock(STAGE_START)

    def front(self) -> ResidenceFront:
        today = self._clock.now().date()
        return residence_front(
            (self._person,),
            {"relationship": "yes", "domicile": "yes"},
            attestation=self._terms.attestation_whole,
            issued_on=today,
            issue_number=self._number(today),
        )

    def _number(self, today: date) -> str:
        town = self._town.municipality
        (number,) = new_issue_numbers(town.numbers["residence"], town.info, today, 1, lambda *_: ())
        return number

    def mains(self) -> Iterator[bytes]:
        """Typst main files of such fronts, ready for a bare compile."""
        while True:
            yield main_file(TEMPLATE, *residence_call([self.front()], self._terms.form), self._issuer)

    def finish(self) -> bytes:
        """One sheet, front and back, from the record to the bytes."""
        front = self.front()
        rendered = render_residence("residence", [front], self._issuer, self._terms.form)
        words = (
            ("title", "住民票の写し"),
            *(("name", person.name) for person in front.persons),
            ("issue number", front.issue_number),
        )
        (sheet,) = finish_sheets(
            rendered.pdf,
            municipality=self._town.name,
            application_id=new_ulid(self._clock),
            key=_KEY,
            sheets=[
                SheetFacts(
                    page.copy_number,
                    page.k,
                    page.n,
                    _KEYWORDS,
                    FrontFacts(words, f"{page.k}／{page.n}", page.secret_boxes, (front.issue_number,)),
                )
                for page in rendered.pages
            ],
        )
        return sheet


def measure(rounds: int = ROUNDS) -> dict[str, Measurement]:
    certificates = Certificates()
    mains = certificates.mains()
    prepared: list[bytes] = []

    def prepare() -> None:
        prepared[:] = [next(mains)]

    measured = in_turn(
        certificates.finish,
        lambda: compile_main(TEMPLATE, prepared[0]),
        rounds=rounds,
        reach=3.0,
        between=prepare,
    )
    return {"certificate_finished": measured}


def _person(municipality: str) -> Person:
    replica = Replica(sqlite_url(template_folder() / f"{replica_name(municipality)}.db"))
    try:
        with replica.open_generation() as reader:
            person = reader.person(PERSON)
    finally:
        replica.close()
    if person is None:
        raise LookupError(f"{PERSON} is not among the sample people")
    return person
