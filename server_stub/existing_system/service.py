"""What the existing system does with a request of the issuing server; `app` puts HTTP round it."""

from __future__ import annotations

import base64
from datetime import date

from server_stub.certificates.certificate import AnyCertificate
from server_stub.interface.existing_system import (
    OfferAnswer,
    OfferRequest,
    PaperAnswer,
    PaperPage,
    PaperRequest,
)
from server_stub.interface.failures import Failed
from server_stub.municipalities import Municipality
from server_stub.paper.typesetting import Rendered

from .faults import NO_NUMBER, Made, Wrongs
from .records import Records, case_of
from .registrations import RegisterRegistrations


class ExistingSystem:
    """Safe from any thread."""

    def __init__(self, municipality: Municipality, records: Records, wrongs: Wrongs) -> None:
        self._municipality, self._records, self._wrongs = municipality, records, wrongs
        self.registrations = RegisterRegistrations(municipality, records)

    def offer(self, asked: OfferRequest) -> OfferAnswer:
        """Tell what the person may choose from. Raises Failed: Service_Not_Offered, and what the kind's `offer` raises."""
        municipality, kind = self._kind(asked.kind, asked.day)
        numbers: dict[str, str] = {}
        with self._records.open() as reader:
            reader.also(self.registrations)
            case = case_of(municipality, kind, reader, asked.person, asked.place, asked.day, numbers)
            offered = kind.offer(case)
        terms = municipality.services[kind.code]
        return OfferAnswer(
            municipality=municipality.info.code,
            kind=kind.code,
            numbers={one.ref: numbers[one.ref] for one in offered.subjects},
            subjects=offered.subjects,
            scopes=offered.scopes,
            questions=offered.questions,
            whole=None if offered.whole is None else dict(offered.whole),
            whole_about=None if offered.whole_about is None else dict(offered.whole_about),
            title=offered.title or terms.title or kind.title,
            one_only=offered.one_only,
        )

    def paper(self, asked: PaperRequest) -> PaperAnswer:
        """Make the fronts of all copies, and declare what stands on them. Raises Failed: Service_Not_Offered, and what the kind
        raises."""
        application = asked.application
        municipality, kind = self._kind(application.kind, asked.day)
        with self._records.open() as reader:
            reader.also(self.registrations)
            case = case_of(municipality, kind, reader, asked.person, asked.place, asked.day)
            copies = [kind.pick(case, application)] * application.copies
            issuer = municipality.issuer_of_paper(kind, copies[0])
            terms, blank = municipality.services[kind.code], [NO_NUMBER] * len(copies)
            rendered: Rendered = kind.render(copies, application, terms, issuer, asked.day, blank)
            made = Made(municipality, kind, reader, asked, rendered, self._records.everybody)
            pdf = self._wrongs.pdf_of(made)
        return PaperAnswer(
            request_id=asked.request_id,
            municipality=rendered.municipality,
            kind=rendered.kind,
            pages=tuple(
                PaperPage(
                    copy_number=page.copy_number,
                    k=page.k,
                    n=page.n,
                    subjects=page.subjects,
                    answers=dict(page.answers),
                    secret_boxes=page.secret_boxes,
                    named=page.named,
                )
                for page in rendered.pages
            ),
            pdf=base64.b64encode(pdf).decode(),
        )

    def _kind(self, code: str, day: date) -> tuple[Municipality, AnyCertificate]:
        municipality = self._municipality.on(day)
        if code not in municipality.kinds or not municipality.is_pdf_linked(code):
            raise Failed("Service_Not_Offered", kind=code)
        return municipality, municipality.kinds[code]
