"""The issuing server of 湊市 under either way of linking, with its existing system in this process or in one of its own."""

from __future__ import annotations

import base64
import re
import shutil
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pypdfium2

from scenarios.existing_systems import ExistingSystemProcess
from scenarios.servers import STORE as TERMINAL
from scenarios.towns import Town, load_town, shipped_town
from server_stub.db import sqlite_url
from server_stub.existing_system.faults import Wrongs
from server_stub.existing_system.records import Records
from server_stub.existing_system.service import ExistingSystem
from server_stub.faults.box import FaultBox
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.existing_system import OfferAnswer, OfferRequest, PaperAnswer, PaperRequest
from server_stub.interface.issuing import IssuedPaper, IssueRequest, OfferList, OffersRequest, TerminalFacts
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place, TerminalKind
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.service import IssuingService
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import NodeContext
from tests.registry.helper import Notice, write_notices

CODE = "49202"
KEY = Secret("the key between issuing server and existing system")
TOMI, HARUKA, KUMI, WATARU = "4920200301", "4920200201", "4920200102", "4920200104"
"""岬トミ (tax only by 均等割), 渡邉遥, 髙橋久美 and her son 航, whose 本籍 is here too."""
STORE = TerminalFacts(
    terminal_id=TERMINAL, operator="見本マート", shop="見本湊店", area=CODE, kind=TerminalKind.STORE
)


def town_of(folder: Path, *, link: str | None = None, edits: tuple[tuple[str, str], ...] = ()) -> Town:
    """A copy of 湊市. `link`: of every kind, instead of what its settings say."""
    place = folder / "minato"
    shutil.copytree(shipped_town("minato"), place, ignore=shutil.ignore_patterns("references"))
    file = place / "municipality.toml"
    text = file.read_text(encoding="utf-8")
    if link is not None:
        text = re.sub(r"^link = .*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^(\[service\.\w+\].*\n)", rf'\1link = "{link}"\n', text, flags=re.MULTILINE)
    for before, after in edits:
        text, count = re.subn(before, after, text, flags=re.MULTILINE)
        assert count, before
    file.write_text(text, encoding="utf-8")
    return load_town(place)


@dataclass
class InProcess:
    """The existing system without a wire. `spoil` may change an answer on its way."""

    service: ExistingSystem
    records: Records
    faults: FaultBox
    spoil: Callable[[PaperAnswer], PaperAnswer] = field(default=lambda answer: answer)
    spoil_offer: Callable[[OfferAnswer], OfferAnswer] = field(default=lambda answer: answer)

    def offer(self, asked: OfferRequest, deadline: float) -> OfferAnswer:
        return self.spoil_offer(self.service.offer(asked))

    def paper(self, asked: PaperRequest, deadline: float) -> PaperAnswer:
        return self.spoil(self.service.paper(asked))

    def close(self) -> None:
        self.records.close()


class Hall:
    def __init__(self, folder: Path, town: Town, system: InProcess | ExistingSystemProcess | None) -> None:
        self.town, self.system = town, system
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        self.trace = trace = Trace(self.clock)
        self.url = sqlite_url(folder / "replica.db")
        persons = list(dict.fromkeys(card.person for card in town.cards))
        self.identities = {
            person: Identity(method=Method.JPKI, reference=Notice(n, person, CODE).holder_ref)
            for n, person in enumerate(persons, start=1)
        }
        notices = folder / "発行通知.csv"
        write_notices(notices, [Notice(n, person, CODE) for n, person in enumerate(persons, start=1)])
        town.load(self.url, notices, self.clock, trace)
        migrate_ledger(sqlite_url(folder / "ledger.db"))
        address = system.address if isinstance(system, ExistingSystemProcess) else None
        self.service = IssuingService(
            NodeContext(self.clock, trace),
            IssuingSettings(
                ledger_url=sqlite_url(folder / "ledger.db"),
                centre_key=Secret("the centre's key in these tests"),
                municipalities=(
                    HostedMunicipality(
                        town.folder, self.url, Secret("the secret of the pseudonyms here"), address
                    ),
                ),
            ),
        )
        if isinstance(system, InProcess):
            tenants = self.service._tenants
            known = tenants._by_code[CODE]
            tenants._by_code[CODE] = replace(known, existing_system=system)  # type: ignore[arg-type]

    def at(self, moment: str) -> None:
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=JST))

    def offers(self, person: str, place: Place = Place.ADDRESS) -> dict[str, Offer]:
        asked = OffersRequest(holder=self.identities[person], place=place, municipality=CODE, terminal=STORE)
        told: OfferList = self.service.offers(asked)
        return {offer.kind: offer for offer in told.offers}

    def request(
        self,
        person: str,
        kind: str,
        place: Place = Place.ADDRESS,
        *,
        scope: Scope | None = None,
        copies: int = 1,
    ) -> IssueRequest:
        """Everything is asked for that may be shown."""
        offer = self.offers(person, place)[kind]
        scope = scope or offer.scopes[0]
        subjects = offer.possible(scope)
        if scope is Scope.CHOSEN:
            subjects = offer.possible(Scope.HOLDER) or subjects[:1]
        answers = {
            one.code: next((c.code for c in one.choices if c.code != one.default), one.default)
            for one in offer.asks(subjects)
        }
        return IssueRequest(
            application_id=new_ulid(self.clock),
            holder=self.identities[person],
            place=place,
            application=ApplicationRequest(
                kind=kind, municipality=CODE, scope=scope, subjects=subjects, answers=answers, copies=copies,
                fee_total=offer.copy_fee(len(subjects)) * copies,
            ),
            terminal=STORE,
            received_at=self.clock.now(),
        )  # fmt: skip

    def close(self) -> None:
        self.service.close()


def in_process(folder: Path, town: Town) -> InProcess:
    clock = Clock(STAGE_START)
    clock.freeze()
    folder.mkdir(exist_ok=True)
    records, faults = Records(town.municipality, None, folder, clock, Trace(clock)), FaultBox()
    return InProcess(ExistingSystem(town.municipality, records, Wrongs(faults)), records, faults)


def texts(paper: IssuedPaper) -> list[str]:
    """The text of each page without white space, and without the width that a form gives its digits."""
    document = pypdfium2.PdfDocument(base64.b64decode(paper.pdf))
    try:
        return [
            unicodedata.normalize("NFKC", "".join(page.get_textpage().get_text_bounded().split()))
            for page in document
        ]
    finally:
        document.close()


def everything(hall: Hall) -> Iterator[tuple[str, str, Place, Scope]]:
    """(person, kind, place, scope) of all that the card holders of the town can get."""
    for person in hall.identities:
        for place in Place:
            try:
                offers = hall.offers(person, place)
            except Exception:  # noqa: S112 (who may not use a terminal, or has no 本籍 here)
                continue
            for kind, offer in offers.items():
                if offer.refusal is None:
                    yield from ((person, kind, place, scope) for scope in offer.scopes)
