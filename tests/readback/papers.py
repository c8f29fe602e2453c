"""Papers for the reader's own tests: made by the real servers over HTTP, without a terminal."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from cryptography import x509

from cards.image_file import load_image
from cards.jpki import JpkiClient
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from scenarios import paths
from scenarios.servers import LocalServers, demo_terminals
from scenarios.stage_secrets import KeyPool
from scenarios.template import build_template, load_cards, template_folder
from scenarios.towns import load_town, load_towns
from server_stub.interface.binding import holder_ref, new_ulid, sheet_keywords
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.issuing import IssuedPaper, IssueRequest, OfferList, OffersRequest
from server_stub.interface.offers import ApplicationRequest, Scope
from server_stub.interface.terminal import Manifest, SheetEntry
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.paper.finish import SheetFacts, finish_sheets

STORE = "KIOSK-STORE-01"

Told = Callable[[Manifest], Manifest]


@dataclass
class Office:
    """An issuing server to ask for finished sheets of a card's holder."""

    servers: LocalServers
    clock: Clock
    template: Path
    municipality: str

    @classmethod
    def open(cls, folder: Path, town: Path | None = None) -> Office:
        """`town`: the folder of another town than the first shipped one; it gets a template of its own in `folder`."""
        clock = Clock(STAGE_START)
        template, towns = template_folder(), load_towns()
        if town is not None:
            template, towns = folder / "template", (load_town(town),)
            paths.private_folder(template)
            build_template(template, towns)
        return cls(
            LocalServers(folder / "servers", template, clock, Trace(clock)), clock, template, towns[0].code
        )

    def sheets(
        self,
        card: str,
        kind: str,
        *,
        copies: int = 1,
        members: int | None = None,
        told: Told = lambda manifest: manifest,
        **yes: bool,
    ) -> list[bytes]:
        """Finished PDFs. `kind`: its code. `members`: so many from the top of the offer, None for all. What `yes` does not
        name is answered by no. `told`: what is written of them into the files goes through it."""
        holder = Identity(method=Method.JPKI, reference=_holder(card, self.template))
        terminal = next(
            t.facts for t in demo_terminals(KeyPool(), load_towns()[0]) if t.facts.terminal_id == STORE
        )
        with httpx.Client(
            base_url=self.servers.issuing_url,
            headers={
                "Authorization": f"Bearer {self.servers.issuing_key.reveal()}",
                "Content-Type": "application/json",
            },
            trust_env=False,
        ) as client:
            wanted = OffersRequest(
                holder=holder, place=Place.ADDRESS, municipality=self.municipality, terminal=terminal
            )
            answer = client.post("/v1/offers", content=wanted.model_dump_json()).raise_for_status()
            offered = OfferList.model_validate_json(answer.text)
            offer = next(one for one in offered.offers if one.kind == kind)
            scope = offer.scopes[0] if members is None else Scope.CHOSEN
            subjects = offer.possible(scope)[:members]
            application_id = new_ulid(self.clock)
            asked = ApplicationRequest(
                kind=kind,
                municipality=self.municipality,
                scope=scope,
                subjects=subjects,
                answers={one.code: "yes" if yes.get(one.code) else "no" for one in offer.asks(subjects)},
                copies=copies,
                fee_total=offer.copy_fee(len(subjects)) * copies,
            )
            request = IssueRequest(
                application_id=application_id,
                holder=holder,
                place=Place.ADDRESS,
                application=asked,
                terminal=terminal,
                received_at=self.clock.now(),
            )
            paper = IssuedPaper.model_validate_json(
                client.post("/v1/applications", content=request.model_dump_json()).raise_for_status().text
            )
        return finished(paper, copies, offered.municipality.name, told)


def finished(paper: IssuedPaper, copies: int, municipality: str, told: Told) -> list[bytes]:
    """As the centre does: ground, 見本, back and binding; one PDF a sheet."""
    sheets = tuple(
        SheetEntry(
            number=number,
            sha256="0" * 64,
            **page.model_dump(exclude={"secret_boxes"}),
            secret_boxes=page.secret_boxes,
        )
        for number, page in enumerate(paper.pages, start=1)
    )
    manifest = told(
        Manifest(
            application_id=paper.application_id,
            session_id=paper.application_id,
            terminal_id=STORE,
            holder=paper.holder,
            kind=paper.kind,
            municipality=paper.municipality,
            copies=copies,
            fee_total=paper.fee_total,
            generation=paper.generation,
            received_at=STAGE_START,
            sheets=sheets,
        )
    )
    facts = [
        SheetFacts(one.copy_number, one.k, one.n, sheet_keywords(manifest, one)) for one in manifest.sheets
    ]
    return finish_sheets(
        base64.b64decode(paper.pdf),
        municipality=municipality,
        application_id=paper.application_id,
        sheets=facts,
    )


def _holder(card: str, folder: Path) -> str:
    reader = VirtualReader()
    reader.insert(VirtualCard(load_image(folder / load_cards(folder)[card].file)))
    with reader.connect() as connection:
        client = JpkiClient(connection)
        client.open()
        certificate = x509.load_der_x509_certificate(client.read_authentication_certificate())
    return holder_ref(certificate.issuer.public_bytes(), certificate.serial_number)
