"""One authentication and application at the servers, over HTTP: against the paper and eight bare POSTs with a commit.

From the opening of the session to the signed manifest, as a terminal asks for it; the signature itself is made with the
card's key and is part of it (0.2 ms, `card` measures it). Inside, the centre asks the authority once and the issuing
server twice: seven requests in all.
"""

from __future__ import annotations

import base64
import secrets
import tempfile
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.image import CardImage
from cards.jpki import AUTHENTICATION_CERTIFICATE, AUTHENTICATION_KEY
from scenarios.keys import KeyPool
from scenarios.servers import LocalServers, demo_terminals
from scenarios.template import KOBE, load_cards, template_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.terminal import (
    ApplicationOptions,
    ApplicationRequest,
    AuthenticationRequest,
    CertificateKind,
    Model,
    Nonce,
    Offers,
    Place,
    SessionEnd,
    SessionOpened,
    SignedManifest,
    signed_text,
)
from server_stub.interface.trace import Trace

from .bare import BareServer
from .certificate import Certificates
from .measure import Measurement, in_turn
from .people import CARD

ROUNDS = 40
BARE_POSTS = 8


class Visitor:
    """The terminal's side of a visit, without a terminal."""

    def __init__(self, center_url: str, template: Path) -> None:
        keys = KeyPool()
        terminal = demo_terminals(keys)[0].facts.terminal_id
        key = keys.text(f"terminal-{terminal}")
        self._client = httpx.Client(
            base_url=center_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        files = CardImage.load(template / load_cards(template)[CARD].file).application("jpki").files
        self._certificate = files[AUTHENTICATION_CERTIFICATE].content
        held = files[AUTHENTICATION_KEY].key
        if held is None or not isinstance(held.private, RSAPrivateKey):
            raise ValueError(f"{CARD} has no RSA key for authentication")
        self._private = held.private
        self._session = ""

    def visit(self) -> SignedManifest:
        """Authentication and application: the four requests of a terminal, up to the signed manifest."""
        opened = SessionOpened.model_validate_json(self._post("/v1/sessions"))
        self._session = opened.session_id
        nonce = Nonce.model_validate_json(self._post(f"/v1/sessions/{opened.session_id}/nonce"))
        text = signed_text(nonce.context, opened.session_id, nonce.nonce)
        authentication = AuthenticationRequest(
            place=Place.ADDRESS,
            certificate=base64.b64encode(self._certificate).decode(),
            signature=base64.b64encode(
                self._private.sign(text, padding.PKCS1v15(), hashes.SHA256())
            ).decode(),
        )
        offers = Offers.model_validate_json(
            self._post(f"/v1/sessions/{opened.session_id}/authentication", authentication)
        )
        offer = next(offer for offer in offers.offers if offer.kind is CertificateKind.RESIDENCE)
        request = ApplicationRequest(
            kind=offer.kind,
            municipality=KOBE,
            options=ApplicationOptions(relationship=True, domicile=True),
            copies=1,
            fee_total=offer.fee,
        )
        return SignedManifest.model_validate_json(
            self._post(f"/v1/sessions/{opened.session_id}/applications", request)
        )

    def leave(self) -> None:
        """End the last visit, so that nothing piles up at the centre."""
        if self._session:
            self._post(f"/v1/sessions/{self._session}/end", SessionEnd(reason="bench"))
            self._session = ""

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: Model | None = None) -> bytes:
        answer = self._client.post(
            path,
            content=body.model_dump_json() if body is not None else None,
            headers={"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)},
        )
        answer.raise_for_status()
        return answer.content


def measure(rounds: int = ROUNDS) -> dict[str, Measurement]:
    template = template_folder()
    certificates = Certificates()
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as name:
        folder = Path(name)
        clock = Clock(STAGE_START)
        servers = LocalServers(folder / "servers", template, clock, Trace(clock))
        bare = BareServer(folder)
        visitor = Visitor(servers.center_url, template)

        def yardstick() -> None:
            certificates.finish()
            for _ in range(BARE_POSTS):
                bare.post()

        try:
            measured = in_turn(visitor.visit, yardstick, rounds=rounds, reach=1.5, between=visitor.leave)
        finally:
            visitor.close()
            bare.close()
            servers.stop()
    return {"authentication_and_application": measured}
