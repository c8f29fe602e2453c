"""Papers for the reader's own tests: made by the real servers over HTTP, without a terminal."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509

from cards.image_file import load_image
from cards.jpki import JpkiClient
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from scenarios.servers import LocalServers, demo_terminals
from scenarios.stage import STORE
from scenarios.stage_secrets import KeyPool
from scenarios.template import load_cards, template_folder
from server_stub.interface.binding import holder_ref, new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.issuing import IssuedPaper, IssueRequest, OffersRequest
from server_stub.interface.offers import ApplicationRequest, Offers
from server_stub.interface.terminal import ApplicationOptions, CertificateKind
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place
from server_stub.paper.finish import SheetFacts, finish_sheets


@dataclass
class Office:
    """An issuing server to ask for finished sheets of a card's holder."""

    servers: LocalServers
    clock: Clock

    @classmethod
    def open(cls, folder: Path) -> Office:
        clock = Clock(STAGE_START)
        return cls(LocalServers(folder, template_folder(), clock, Trace(clock)), clock)

    def sheets(
        self, card: str, kind: CertificateKind, *, copies: int = 1, members: int | None = None, **yes: bool
    ) -> list[bytes]:
        """Finished PDFs. `members`: so many from the top of the household, None for all."""
        holder = _holder(card)
        terminal = next(t.facts for t in demo_terminals(KeyPool()) if t.facts.terminal_id == STORE)
        with httpx.Client(
            base_url=self.servers.issuing_url,
            headers={
                "Authorization": f"Bearer {self.servers.issuing_key.reveal()}",
                "Content-Type": "application/json",
            },
            trust_env=False,
        ) as client:
            asked = OffersRequest(
                holder_ref=holder, place=Place.ADDRESS, municipality="28100", terminal=terminal
            )
            answer = client.post("/v1/offers", content=asked.model_dump_json()).raise_for_status()
            offer = next(o for o in Offers.model_validate_json(answer.text).offers if o.kind == kind)
            chosen = () if members is None else tuple(m.ref for m in offer.members[:members])
            application_id = new_ulid(self.clock)
            request = IssueRequest(
                application_id=application_id,
                holder_ref=holder,
                place=Place.ADDRESS,
                application=ApplicationRequest(
                    kind=kind,
                    municipality="28100",
                    options=ApplicationOptions(members=chosen, **yes),
                    copies=copies,
                    fee_total=offer.fee * copies,
                ),
                terminal=terminal,
                received_at=self.clock.now(),
            )
            paper = IssuedPaper.model_validate_json(
                client.post("/v1/applications", content=request.model_dump_json()).raise_for_status().text
            )
        facts = [SheetFacts(p.copy_number, p.k, p.n, p.subjects) for p in paper.pages]
        return finish_sheets(
            base64.b64decode(paper.pdf), municipality="神戸市", application_id=application_id, sheets=facts
        )


def _holder(card: str) -> str:
    folder = template_folder()
    reader = VirtualReader()
    reader.insert(VirtualCard(load_image(folder / load_cards(folder)[card].file)))
    with reader.connect() as connection:
        client = JpkiClient(connection)
        client.open()
        certificate = x509.load_der_x509_certificate(client.read_authentication_certificate())
    return holder_ref(certificate.issuer.public_bytes(), certificate.serial_number)
