"""A terminal's own exchange with the centre, without screens: what a resident's touches would have asked of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cards.image_file import load_image
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from kiosk_app.center_gateway import CenterGateway
from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.outbox import Message
from kiosk_app.settings import TerminalSettings
from scenarios.stage_secrets import KeyPool
from scenarios.template import PIN, CardEntry
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place


@dataclass(frozen=True)
class Received:
    """A paper that passed the terminal's check. `holder_ref` was computed from the card."""

    session_id: str
    application_id: str
    holder_ref: str
    sheets: tuple[bytes, ...]
    issue_numbers: tuple[str, ...]
    fee_total: int


class Visitor:
    """One terminal. Its methods raise Failed as the terminal's effects do; not for two threads at once."""

    def __init__(
        self, folder: Path, center_url: str, terminal_id: str, template: Path, clock: Clock, trace: Trace
    ) -> None:
        keys = KeyPool()
        self._template, self._clock = template, clock
        self._reader = VirtualReader()
        self.settings = TerminalSettings(
            center_url=center_url,
            terminal_id=terminal_id,
            terminal_key=Secret(keys.text(f"terminal-{terminal_id}")),
            pinned_key=keys.ed25519("centre").public_key().public_bytes_raw().hex(),
            data_dir=folder,
            device_dir=folder,
        )
        self._remote = CenterGateway(self.settings, trace, self._reader)

    def close(self) -> None:
        self._remote.close()

    def begin(self, card: CardEntry) -> tuple[str, str, e.Authenticated]:
        """Session, holder_ref and offers of the holder of `card`, which is taken away again."""
        self._reader.insert(VirtualCard(load_image(self._template / card.file)))
        try:
            read = self._remote.perform(f.ReadCard())
            started = self._remote.perform(f.OpenSession())
            assert isinstance(read, e.CardRead) and isinstance(started, e.SessionStarted)
            known = self._remote.perform(
                f.Authenticate(started.session_id, PIN, Place.ADDRESS, None, read.holder_ref, read.tries_left)
            )
            assert isinstance(known, e.Authenticated)
            return started.session_id, read.holder_ref, known
        finally:
            self._reader.remove()

    def paper(
        self,
        card: CardEntry,
        kind: str,
        *,
        copies: int = 1,
        household: bool = False,
        numbers: bool = False,
    ) -> Received:
        """The checked paper: of the holder alone, or of the whole household; all is answered so that it shows most, but
        個人番号 only with `numbers`."""
        session_id, holder_ref, known = self.begin(card)
        offer = known.offers.offer(kind)
        assert offer is not None, known.offers
        request = request_for(
            offer, known.offers.municipality.code, copies=copies, household=household, numbers=numbers
        )
        got = self._remote.perform(f.Apply(session_id, request, offer, holder_ref))
        assert isinstance(got, e.PaperReceived)
        bought = got.purchase
        sheets = tuple(self._remote.sheet(bought.id, n)[1] for n in range(1, bought.sheets + 1))
        paper = self._remote._paper(bought.id)
        numbers = tuple(dict.fromkeys(entry.issue_number for entry in paper.manifest.sheets))
        assert [hashlib.sha256(sheet).hexdigest() for sheet in sheets] == [
            s.sha256 for s in paper.manifest.sheets
        ]
        self._remote.forget()
        return Received(session_id, bought.id, holder_ref, sheets, numbers, bought.due)

    def send(self, message: Message) -> None:
        """For an outbox."""
        self._remote.send(message)

    def tell(self, received: Received, kind: ReportKind, amount: int = 0) -> None:
        report = StatusReport(report_id=new_ulid(self._clock), kind=kind, at=self._clock.now(), amount=amount)
        self._remote.send(Message(0, received.session_id, received.application_id, report))

    def end(self, session_id: str) -> None:
        self._remote.send(Message(0, session_id, "", None, "done"))


def request_for(
    offer: Offer, municipality: str, *, copies: int = 1, household: bool = False, numbers: bool = False
) -> ApplicationRequest:
    """Of the holder alone, or of everybody."""
    subjects = tuple(one.ref for one in offer.subjects if household or one.holder)
    ways = [scope for scope in (Scope.WHOLE, Scope.HOLDER, Scope.CHOSEN) if offer.admits(scope, subjects)]
    return ApplicationRequest(
        kind=offer.kind,
        municipality=municipality,
        scope=ways[0],
        subjects=subjects,
        answers={
            one.code: next(choice.code for choice in one.choices if numbers or not choice.secret)
            for one in offer.asks(subjects)
        },
        copies=copies,
        fee_total=offer.fee * copies,
    )
