"""One authentication and application at the servers, over HTTP: against a bare POST that commits one row.

From the opening of the session to the signed manifest, as a terminal asks for it; the signature with the card's key is
the card's time (`card` measures it) and does not count. Inside, the centre asks the authority once and the issuing
server twice: seven requests in all. And the authority's OCSP answer alone.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from fastapi import FastAPI
from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from cards.image_file import load_image
from cards.jpki import AUTHENTICATION_CERTIFICATE, AUTHENTICATION_KEY
from scenarios.servers import LocalServers, demo_terminals
from scenarios.stage_secrets import KeyPool
from scenarios.template import authority_settings, load_cards, template_folder
from scenarios.towns import load_towns
from server_stub.authority import Authority
from server_stub.authority.profile import Kind
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.application_states import State
from server_stub.interface.clock import STAGE_START, Clock, real_monotonic_ns
from server_stub.interface.terminal import signed_text
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import Ledger
from server_stub.node import serve

from .certificate import Certificates
from .measure import CARD, PERSON, Measurement, in_turn


class BareServer:
    """One route, one table, nothing else; a client that keeps its connection."""

    def __init__(self, folder: Path) -> None:
        metadata = MetaData()
        rows = Table(
            "rows",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("text", String(40), nullable=False),
        )
        self._engine = engine = open_engine(sqlite_url(folder / "bare.db"))
        metadata.create_all(engine)
        app = FastAPI()

        @app.post("/")
        def commit(body: dict[str, str]) -> dict[str, str]:
            with engine.begin() as connection:
                connection.execute(insert(rows), body)
            return body

        self._node = serve(app)
        self._client = httpx.Client(base_url=self._node.base_url, trust_env=False)

    def post(self) -> None:
        self._client.post("/", json={"text": "x" * 40}).raise_for_status()

    def close(self) -> None:
        self._client.close()
        self._node.stop()
        self._engine.dispose()


ROUNDS = 80
BARE_POSTS = 8
LONGEST_WAIT_NS = 20_000_000_000


class Visitor:
    """The terminal's side of a visit, without a terminal."""

    def __init__(self, center_url: str, template: Path, ledger: Ledger) -> None:
        keys = KeyPool()
        terminal = demo_terminals(keys, load_towns()[0])[0].facts.terminal_id
        key = keys.text(f"terminal-{terminal}")
        self._client = httpx.Client(
            base_url=center_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False, timeout=30
        )
        files = load_image(template / load_cards(template)[CARD].file).application("jpki").files
        self._certificate = files[AUTHENTICATION_CERTIFICATE].content
        held = files[AUTHENTICATION_KEY].key
        if held is None or not isinstance(held.private, RSAPrivateKey):
            raise ValueError(f"{CARD} has no RSA key for authentication")
        self._private = held.private
        self._session = ""
        self._application = ""
        self._signing = 0.0
        self._ledger = ledger

    def visit(self) -> None:
        """Authentication and application: the four requests of a terminal, up to the signed manifest."""
        self._session = session = self._post("/v1/sessions")["session_id"]
        nonce = self._post(f"/v1/sessions/{session}/nonce")
        text = signed_text(nonce["context"], session, nonce["nonce"])
        begun = real_monotonic_ns()
        signature = self._private.sign(text, padding.PKCS1v15(), hashes.SHA256())
        self._signing = (real_monotonic_ns() - begun) / 1e6
        signed_offers = self._post(
            f"/v1/sessions/{session}/authentication",
            {
                "place": "address",
                "proof": {
                    "certificate": base64.b64encode(self._certificate).decode(),
                    "signature": base64.b64encode(signature).decode(),
                },
            },
        )
        offers = json.loads(signed_offers["text"])
        offer = next(offer for offer in offers["offers"] if offer["kind"] == "residence")
        signed = self._post(
            f"/v1/sessions/{session}/applications",
            {
                "kind": "residence",
                "municipality": offers["municipality"]["code"],
                "scope": "whole",
                "subjects": [subject["ref"] for subject in offer["subjects"]],
                "answers": {"relationship": "yes", "domicile": "yes", "my_number": "no"},
                "copies": 1,
                "fee_total": offer["fee"],
            },
        )
        self._application = json.loads(signed["text"])["application_id"]

    def signing(self) -> float:
        """Milliseconds that the card's key took in the last visit."""
        return self._signing

    def leave(self) -> None:
        """End the last visit and wait until the cancellation has reached the ledger: what follows is not slowed by it."""
        if not self._session:
            return
        self._post(f"/v1/sessions/{self._session}/end", {"reason": "bench"})
        self._session = ""
        deadline = real_monotonic_ns() + LONGEST_WAIT_NS
        while self._ledger.state(self._application) is not State.CANCELLED:
            if real_monotonic_ns() > deadline:
                raise TimeoutError("the cancellation has not reached the ledger")
            time.sleep(0.002)

    def close(self) -> None:
        self._client.close()

    def _post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._client.post(path, json=body, headers={"Idempotency-Key": secrets.token_hex(16)})
        answer.raise_for_status()
        return answer.json() if answer.content else None


def measure(rounds: int = ROUNDS) -> dict[str, Measurement]:
    template = template_folder()
    certificates = Certificates()
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as name:
        folder = Path(name)
        clock = Clock(STAGE_START)
        servers = LocalServers(folder / "servers", template, clock, Trace(clock))
        bare = BareServer(folder)
        ledger = Ledger(sqlite_url(folder / "servers" / "ledger.db"))
        visitor = Visitor(servers.center_url, template, ledger)

        def yardstick() -> None:
            certificates.finish()
            for _ in range(BARE_POSTS):
                bare.post()

        try:
            measured = in_turn(
                visitor.visit,
                yardstick,
                rounds=rounds,
                reach=1.5,
                between=visitor.leave,
                apart=visitor.signing,
            )
        finally:
            visitor.close()
            ledger.close()
            bare.close()
            servers.stop()
    return {"authentication_and_application": measured, "ocsp_answered": _ocsp(template, rounds)}


def _ocsp(template: Path, rounds: int) -> Measurement:
    """The authority's answer about one certificate, without HTTP, against the bare signature in it."""
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as folder:
        shutil.copyfile(template / "authority.db", Path(folder) / "authority.db")
        settings = authority_settings(Path(folder), KeyPool())
        authority = Authority(settings, Clock(STAGE_START))
        try:
            key = settings.keys(f"{settings.organisation}/{Kind.AUTHENTICATION}")
            ca = x509.load_der_x509_certificate(authority.authentication_ca_certificate())
            leaf = x509.load_der_x509_certificate(authority.of_person(PERSON)[0].der)
            request = ocsp.OCSPRequestBuilder().add_certificate(leaf, ca, hashes.SHA256()).build()
            asked = request.public_bytes(Encoding.DER)
            return in_turn(
                lambda: authority.ocsp(Kind.AUTHENTICATION, asked),
                lambda: key.sign(asked, padding.PKCS1v15(), hashes.SHA256()),
                rounds=rounds,
                reach=3.0,
            )
        finally:
            authority.close()
