"""What the terminal asks the centre, one effect at a time. Runs on the network thread; whatever needs the card is done on the
card thread meanwhile."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from cards.ordinance import OrdinanceCard, before_the_end
from cards.readers.interface import Reader
from cards.trace import Observer
from kiosk_app.flow.events import (
    Authenticated,
    CardRead,
    Event,
    MayBePaid,
    MunicipalitiesKnown,
    NumberReceived,
    PaperReceived,
    RegistrationOpened,
    SessionStarted,
    SignerRead,
)
from server_stub.interface.clock import JST, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.pace import READ_CARD, SIGN, take
from server_stub.interface.terminal import AuthenticationRequest, JpkiProof, OrdinanceProof, signed_text
from server_stub.interface.trace import Trace
from server_stub.interface.values import Box, Identity, Method, Place

from .card_trust import CardTrust
from .flow import effects as f
from .flow.state import Addressee, Purchase, Received
from .outbox import Message
from .settings import TerminalSettings
from .workers import Worker

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from .card_session import CardFacts
    from .center_client import CenterClient
    from .paper import Paper
    from .slip import Slip

_T = TypeVar("_T")

LETTING_GO = 3.0
"""Real seconds for a conversation with a card that was taken away to end, before the next card is spoken to."""


NOBODY_KNOWS = ("Centre_Unreachable", "Answer_Malformed", "Request_Not_Found", "Internal_Error")
"""No answer to the question whether a paper may be paid, or one of a centre that knows no such question: the paper that was made,
compared and offered is sold, as it would be over a line that is down."""
OTHER_CARDS = ("Card_Resident_Register_Card", "Card_Not_My_Number")
"""What a 住民基本台帳カード is to whoever looks for a My Number Card."""


def _identity(holder_ref: str, method: Method = Method.JPKI) -> Identity:
    """Who the card says its holder is."""
    return Identity(method=method, reference=holder_ref)


class CenterGateway:
    """Holds the client (made once, at first use: its modules are big) and the papers received in the present visit."""

    def __init__(
        self,
        settings: TerminalSettings,
        trace: Trace,
        reader: Reader,
        trust: CardTrust | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`trust`: without one every card counts as real. `clock`: whose date says whether a 住民基本台帳カード is still read; without one
        none is."""
        self._settings = settings
        self._trace = trace
        self._reader = reader
        self._clock = clock
        self._trust = trust or CardTrust()
        self._card_worker = Worker("card", LETTING_GO)
        self._lock = threading.Lock()
        self._made: tuple[CenterClient, Ed25519PublicKey] | None = None
        self._closed = False
        self._visit = 0
        self._papers: dict[str, Paper | Slip] = {}

    # --- effects -----------------------------------------------------------------------------------------------------

    def perform(self, effect: f.Effect) -> Event:
        """The answer. Raises Failed by name."""
        return self.errand(effect)()

    def errand(self, effect: f.Effect) -> Callable[[], Event]:
        """What asks for `effect` as a part of the present visit. Once that is over it begins nothing more: no request, no
        card, and at a card it speaks to already no PIN and no signature, but Failed(Visit_Cancelled). That names the
        application whose paper came too late."""
        visit = self._visit
        return lambda: self._perform(effect, visit)

    def _perform(self, effect: f.Effect, visit: int) -> Event:
        try:
            return self._done(effect, visit)
        except Failed as failed:
            if "notice" in failed.facts:
                raise self._with_signed_notice(failed, str(getattr(effect, "session_id", ""))) from failed
            raise

    def _with_signed_notice(self, failed: Failed, session_id: str) -> Failed:
        """The refusal with the public text (language -> text) that the centre has signed for this session; without any other: whoever
        answers may be anybody."""
        from server_stub.interface.binding import open_notice
        from server_stub.interface.terminal import SignedNotice

        facts = {name: value for name, value in failed.facts.items() if name != "notice"}
        try:
            signed = SignedNotice.model_validate(failed.facts["notice"])
            told = open_notice(
                signed, self._center()[1], session_id=session_id, terminal_id=self._settings.terminal_id
            )
        except (ValueError, Failed):
            return Failed(failed.failure, **facts)
        return Failed(failed.failure, **{**facts, "reopens": told.reopens, "notice": dict(told.notice)})

    def _done(self, effect: f.Effect, visit: int) -> Event:
        match effect:
            case f.ReadCard():
                return self._read_card(visit)
            case f.FetchMunicipalities():
                return MunicipalitiesKnown(self._client(visit).municipalities().municipalities)
            case f.OpenSession():
                return SessionStarted(self._client(visit).open_session().session_id)
            case f.Authenticate():
                return self._authenticate(effect, visit)
            case f.AuthenticateByOrdinance():
                return self._authenticate_by_ordinance(effect, visit)
            case f.AuthenticateForRegistration():
                return self._open_registration(effect, visit)
            case f.ReadSigner():
                return self._read_signer(effect, visit)
            case f.Register():
                return self._register(effect, visit)
            case f.OrderSlip():
                return self._order_slip(effect, visit)
            case f.Apply():
                return self._apply(effect, visit)
            case f.AskStanding():
                return self._ask_standing(effect, visit)
        raise TypeError(f"{type(effect).__name__} is no matter of the centre")

    def send(self, message: Message) -> None:
        """One message of the outbox. Raises Failed."""
        client, _ = self._center()
        if message.report is None:
            client.end_session(message.session_id, message.reason)
        else:
            client.report(message.application_id, message.report)

    def warm_up(self) -> None:
        """Load the big modules before the first resident needs them."""
        from . import card_session, paper

        self._center()
        self._trace.emit("network", "ready", modules=[card_session.__name__, paper.__name__])

    def forget(self) -> None:
        """The visit is over: no paper stays, and nobody waits for the card any more."""
        with self._lock:
            self._visit += 1
            self._papers.clear()
        self._card_worker.replace()

    def drop(self, application_id: str) -> None:
        with self._lock:
            self._papers.pop(application_id, None)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._visit += 1
            if self._made is not None:
                self._made[0].close()
        self._card_worker.replace()
        self._card_worker.stop(0)

    # --- papers (device_gateway.SheetSource) ------------------------------------------------------------------------------------

    def sheet_ids(self, application_id: str) -> list[str]:
        paper = self._paper(application_id)
        return [paper.sheet_id(number) for number in range(1, len(paper.sheets) + 1)]

    def sheet(self, application_id: str, number: int) -> tuple[str, bytes, tuple[Box, ...]]:
        paper = self._paper(application_id)
        return paper.sheet_id(number), paper.sheets[number - 1], paper.secret_boxes(number)

    def _paper(self, application_id: str) -> Paper | Slip:
        with self._lock:
            paper = self._papers.get(application_id)
        if paper is None:
            raise Failed("Paper_Corrupt", detail="not here")
        return paper

    # --- card and centre ----------------------------------------------------------------------------------------------------

    def _require_visit(self, visit: int, **facts: str) -> None:
        if visit != self._visit:
            raise Failed("Visit_Cancelled", **facts)

    def _client(self, visit: int) -> CenterClient:
        """For one request of this visit."""
        client, _ = self._center()
        self._require_visit(visit)
        return client

    def _at_card(self, visit: int, job: Callable[[], _T], pace: float = READ_CARD) -> _T:
        """`job` on the card thread, if its visit is not over when the thread comes to it. `pace`: seconds that it takes where the
        pace is real; they pass before the card is spoken to, and no time-out of it runs."""

        def work() -> _T:
            self._require_visit(visit)
            return job()

        self._require_visit(visit)
        if self._clock is not None and self._settings.paced_card:
            take(self._clock, pace)
            self._require_visit(visit)
        try:
            return self._card_worker.call(work, self._settings.card_limit)
        except TimeoutError as error:
            raise Failed("Card_Mute") from error

    def _read_card(self, visit: int) -> Event:
        from .card_session import read_card

        bodies = self._settings.card_bodies
        try:
            facts = self._at_card(
                visit, lambda: read_card(self._reader, self._observer, self._trust, bodies=bodies)
            )
        except Failed as failed:
            if failed.failure not in OTHER_CARDS or not self._resident_cards_are_read():
                raise
            return self._read_by_ordinance(visit, failed)
        return CardRead(facts.holder_ref, facts.tries_left, facts.kind)

    def _resident_cards_are_read(self) -> bool:
        return self._clock is not None and before_the_end(self._clock.now().date())

    def _read_by_ordinance(self, visit: int, otherwise: Failed) -> Event:
        """A 住民基本台帳カード of a municipality that uses it, under the identifier that the centre tells. Raises `otherwise` for a card of nobody
        else, Failed(Ordinance_Card_Ended) for one whose validity has ended."""
        from server_stub.interface.binding import ordinance_ref

        services = {one.aid: one for one in self._client(visit).ordinance_services().services}
        try:
            card = self._card_by_number(visit, services)
        except Failed as failed:
            raise otherwise if failed.failure == "Card_Resident_Register_Card" else failed from None
        service = services[card.aid.hex().upper()]
        if card.municipality != service.municipality.code:
            raise Failed("Card_Answer_Unexpected", item="municipality")
        assert self._clock is not None
        if self._clock.now().date() > card.expires_on:
            raise Failed("Ordinance_Card_Ended")
        reference = ordinance_ref(card.municipality, card.number)
        return CardRead(reference, None, self._trust.kind_by_number(card.number), service)

    def _card_by_number(self, visit: int, aids: Iterable[str]) -> OrdinanceCard:
        from .card_session import read_by_ordinance

        bodies = self._settings.card_bodies
        known = tuple(aids)
        return self._at_card(
            visit, lambda: read_by_ordinance(self._reader, self._observer, known, bodies=bodies)
        )

    def _authenticate_by_ordinance(self, effect: f.AuthenticateByOrdinance, visit: int) -> Event:
        from server_stub.interface.binding import open_offers, ordinance_ref

        self._client(visit).nonce(effect.session_id)
        card = self._card_by_number(visit, (effect.service.aid,))
        if ordinance_ref(card.municipality, card.number) != effect.holder_ref:
            raise Failed("Card_Changed")
        proof = OrdinanceProof(
            municipality=card.municipality, card=card.number, kind=effect.kind, pin=effect.pin
        )
        whose = effect.service.municipality
        request = AuthenticationRequest(
            place=effect.place,
            municipality=whose.code if effect.place is Place.DOMICILE else None,
            proof=proof,
        )
        offers = open_offers(
            self._client(visit).authenticate(effect.session_id, request),
            self._center()[1],
            holder=_identity(effect.holder_ref, Method.ORDINANCE),
            session_id=effect.session_id,
            terminal_id=self._settings.terminal_id,
            place=effect.place,
            chosen=whose,
        )
        return Authenticated(offers)

    def _proof(self, effect: f.Authenticate | f.AuthenticateForRegistration, visit: int) -> JpkiProof:
        """Fetch a nonce and have the card sign it."""
        from .card_session import sign

        nonce = self._client(visit).nonce(effect.session_id)
        message = signed_text(nonce.context, effect.session_id, nonce.nonce)
        seen = (effect.holder_ref, effect.tries_left)

        def signed() -> tuple[CardFacts, bytes]:
            return sign(
                self._reader,
                self._observer,
                self._trust,
                seen=seen,
                pin=effect.pin,
                message=message,
                permit=lambda: self._require_visit(visit),
                last_try_accepted=effect.last_try_accepted,
                bodies=self._settings.card_bodies,
            )

        facts, signature = self._at_card(visit, signed, SIGN)
        return JpkiProof(
            certificate=base64.b64encode(facts.certificate).decode(),
            signature=base64.b64encode(signature).decode(),
        )

    def _authenticate(self, effect: f.Authenticate, visit: int) -> Event:
        from server_stub.interface.binding import open_offers

        request = AuthenticationRequest(
            place=effect.place,
            municipality=effect.municipality and effect.municipality.code,
            proof=self._proof(effect, visit),
        )
        offers = open_offers(
            self._client(visit).authenticate(effect.session_id, request),
            self._center()[1],
            holder=_identity(effect.holder_ref),
            session_id=effect.session_id,
            terminal_id=self._settings.terminal_id,
            place=effect.place,
            chosen=effect.municipality,
        )
        return Authenticated(offers)

    # --- 利用登録申請 ------------------------------------------------------------------------------------------------------

    def _open_registration(self, effect: f.AuthenticateForRegistration, visit: int) -> Event:
        from server_stub.interface.registration import RegistrationAuthentication

        services = {one.municipality: one for one in self._client(visit).registration_services().services}
        if not services:
            raise Failed("Registration_Not_Offered")
        known = self._client(visit).municipalities().municipalities
        request = RegistrationAuthentication(proof=self._proof(effect, visit))
        opened = self._client(visit).open_registration(effect.session_id, request)
        if opened.holder != _identity(effect.holder_ref):
            raise Failed("Answer_Malformed", message="RegistrationOpened", detail="another holder")
        addressees = []
        for info in known:
            service = services.get(info.code)
            refusal = service.refusal if service is not None else None
            addressees.append(Addressee(info, service is not None, refusal))
        return RegistrationOpened(opened.home, opened.day, tuple(addressees))

    def _read_signer(self, effect: f.ReadSigner, visit: int) -> Event:
        from .card_session import read_signer

        bodies = self._settings.card_bodies
        facts = self._at_card(
            visit,
            lambda: read_signer(self._reader, self._observer, self._trust, effect.holder_ref, bodies=bodies),
        )
        return SignerRead(facts.tries_left, facts.kind)

    def _register(self, effect: f.Register, visit: int) -> Event:
        from server_stub.interface.registration import RegistrationRequest, municipality_of

        from .card_session import sign_text

        def signed() -> tuple[CardFacts, bytes, bytes]:
            return sign_text(
                self._reader,
                self._observer,
                self._trust,
                seen=(effect.holder_ref, effect.tries_left),
                password=effect.password,
                message=effect.text.encode(),
                permit=lambda: self._require_visit(visit),
                last_try_accepted=effect.last_try_accepted,
                bodies=self._settings.card_bodies,
            )

        facts, certificate, signature = self._at_card(visit, signed, SIGN)
        request = RegistrationRequest(
            text=effect.text,
            certificate=base64.b64encode(certificate).decode(),
            signature=base64.b64encode(signature).decode(),
            card=base64.b64encode(facts.certificate).decode(),
        )
        answer = self._client(visit).register(effect.session_id, request)
        if not answer.municipality == municipality_of(answer.number) == effect.municipality:
            raise Failed("Answer_Malformed", message="RegistrationReceived", detail="another municipality")
        return NumberReceived(
            Received(answer.application_id, answer.number, answer.message, answer.site, answer.slip_fee)
        )

    def _order_slip(self, effect: f.OrderSlip, visit: int) -> Event:
        from .slip import SLIP_WORDS, Slip

        held, whose = effect.holds, effect.municipality
        order = self._client(visit).order_slip(effect.session_id, held.application_id)
        application_id = order.application_id
        if order.municipality != whose.code:
            raise Failed("Answer_Malformed", message="SlipOrder", application_id=application_id)
        if order.fee != held.slip_fee:
            raise Failed(
                "Fee_Changed", fee_total=order.fee, confirmed=held.slip_fee, application_id=application_id
            )
        now = self._clock.now() if self._clock else datetime.now(JST)
        try:
            slip = Slip(application_id, held, whose, effect.language, now, self._settings.terminal_id)
        except Failed as failed:
            raise failed.with_facts(application_id=application_id) from failed
        with self._lock:
            self._require_visit(visit, application_id=application_id)
            self._papers[application_id] = slip
        return PaperReceived(Purchase(application_id, SLIP_WORDS, 1, order.fee, 1))

    def _apply(self, effect: f.Apply, visit: int) -> Event:
        from .paper import fetch_paper

        _, pinned = self._center()
        signed = self._client(visit).apply(effect.session_id, effect.request)
        paper = fetch_paper(
            signed,
            lambda application_id, number: self._client(visit).sheet(application_id, number),
            pinned=pinned,
            holder=_identity(effect.holder_ref, effect.method),
            session_id=effect.session_id,
            terminal_id=self._settings.terminal_id,
            asked=effect.request,
            offer=effect.offer,
        )
        manifest = paper.manifest
        with self._lock:
            self._require_visit(visit, application_id=manifest.application_id)
            self._papers[manifest.application_id] = paper
        words, sheets = effect.offer.words, len(paper.sheets)
        bought = Purchase(manifest.application_id, words, manifest.copies, manifest.fee_total, sheets)
        return PaperReceived(bought)

    def _ask_standing(self, effect: f.AskStanding, visit: int) -> Event:
        try:
            self._client(visit).standing(effect.application_id)
        except Failed as failed:
            if failed.failure not in NOBODY_KNOWS:
                raise
        return MayBePaid()

    @property
    def _observer(self) -> Observer:
        return lambda kind, /, **data: self._trace.emit("card", kind, **data)

    def _center(self) -> tuple[CenterClient, Ed25519PublicKey]:
        with self._lock:
            if self._closed:
                raise Failed("Centre_Unreachable", reason="closed")
            if self._made is None:
                from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

                from .center_client import CenterClient

                told = self._settings
                client = CenterClient(told.center_url, told.terminal_key, self._trace, told.server_ca)
                key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self._settings.pinned_key))
                self._made = client, key
            return self._made
