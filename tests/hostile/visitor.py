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
from server_stub.interface.offers import ApplicationRequest, Offer
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import ApplicationOptions, CertificateKind, ReportKind, StatusReport
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
        self, card: CardEntry, kind: CertificateKind, *, copies: int = 1, household: bool = False
    ) -> Received:
        """The checked paper: of the holder alone, or of the whole household."""
        session_id, holder_ref, known = self.begin(card)
        offer = next(offer for offer in known.offers.offers if offer.kind is kind)
        options = ApplicationOptions()
        if kind is CertificateKind.RESIDENCE:
            options = ApplicationOptions(
                members=() if household else _holder(offer), relationship=True, domicile=True
            )
        request = ApplicationRequest(
            kind=kind,
            municipality=known.offers.municipality.code,
            options=options,
            copies=copies,
            fee_total=offer.fee * copies,
        )
        got = self._remote.perform(f.Apply(session_id, request, offer, holder_ref))
        assert isinstance(got, e.PaperReceived)
        sheets = tuple(self._remote.sheet(got.application_id, n)[1] for n in range(1, got.sheets + 1))
        paper = self._remote._paper(got.application_id)
        numbers = tuple(dict.fromkeys(entry.issue_number for entry in paper.manifest.sheets))
        assert [hashlib.sha256(sheet).hexdigest() for sheet in sheets] == [
            s.sha256 for s in paper.manifest.sheets
        ]
        self._remote.forget()
        return Received(session_id, got.application_id, holder_ref, sheets, numbers, got.fee_total)

    def send(self, message: Message) -> None:
        """For an outbox."""
        self._remote.send(message)

    def tell(self, received: Received, kind: ReportKind, amount: int = 0) -> None:
        report = StatusReport(report_id=new_ulid(self._clock), kind=kind, at=self._clock.now(), amount=amount)
        self._remote.send(Message(0, received.session_id, received.application_id, report))

    def end(self, session_id: str) -> None:
        self._remote.send(Message(0, session_id, "", None, "done"))


def _holder(offer: Offer) -> tuple[str, ...]:
    return tuple(member.ref for member in offer.members if member.holder)
