"""A centre on its port with everything around it, and a terminal's way through it in few words."""

from __future__ import annotations

import base64
import csv
import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from server_stub.center.app import create_app
from server_stub.center.center import Center
from server_stub.center.database import prepare_database
from server_stub.center.settings import CenterSettings, CenterTimes, IssuingServer
from server_stub.center.tables import applications
from server_stub.center.terminals import Terminal
from server_stub.db import sqlite_url
from server_stub.faults.box import FaultBox
from server_stub.interface import notices
from server_stub.interface.binding import new_ulid, open_manifest, open_offers
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.offers import Offers, SignedOffers
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import Manifest, SignedManifest
from server_stub.interface.trace import Event, Trace
from server_stub.interface.values import MunicipalityInfo, Place, TerminalKind
from server_stub.municipalities import MunicipalityEntry
from server_stub.node import NodeContext, serve
from server_stub.paper.finish import SheetFacts
from tests.center.fake_issuing import KEY, SUBJECTS, FakeIssuing
from tests.center.pki import Card, Issuer, Responder

CITY, OTHER, OUTSIDE, STORES_ONLY = "28100", "09202", "28201", "28202"
STORE_KEY, SECOND_KEY, HALL_KEY = "store-terminal-key", "second-terminal-key", "hall-terminal-key"
OPS_KEY = "operations-key-of-the-centre"
BOTH = [subject.ref for subject in SUBJECTS]
LEFT_OUT = {"relationship": "no", "my_number": "no"}
HOUSEHOLD = {
    "kind": "residence", "municipality": CITY, "scope": "whole", "subjects": BOTH, "answers": LEFT_OUT,
    "copies": 1, "fee_total": 300,
}  # fmt: skip


def info(code: str, participating: bool = True) -> MunicipalityInfo:
    return MunicipalityInfo(
        code=code, prefecture="見本県", name=f"見本{code}市", prefecture_en="Mihon", name_en=f"Mihon {code}",
        kana="みほんし", participating=participating,
    )  # fmt: skip


INDEX = (
    MunicipalityEntry(info(CITY)),
    MunicipalityEntry(info(OTHER)),
    MunicipalityEntry(info(OUTSIDE, participating=False)),
    MunicipalityEntry(info(STORES_ONLY), (TerminalKind.MUNICIPAL,)),
)


def terminal(name: str, key: str, kind: TerminalKind) -> Terminal:
    facts = TerminalFacts(terminal_id=name, operator="見本コンビニ", shop="見本店", area=CITY, kind=kind)
    return Terminal.with_key(facts, Secret(key))


TERMINALS = (
    terminal("T1", STORE_KEY, TerminalKind.STORE),
    terminal("T2", SECOND_KEY, TerminalKind.STORE),
    terminal("T3", HALL_KEY, TerminalKind.MUNICIPAL),
)


def quick_sheets(
    front_pdf: bytes, *, municipality: str, application_id: str, sheets: list[SheetFacts]
) -> list[bytes]:
    """A stand-in for the paper room where a test is not about paper."""
    return [f"%PDF {municipality} {application_id} {s.copy_number} {s.k}/{s.n}".encode() for s in sheets]


def until(condition: Callable[[], Any]) -> Any:
    """Waits for a state; the limit only ends a test that has failed."""
    for _ in range(2000):
        if result := condition():
            return result
        time.sleep(0.005)
    raise AssertionError("the state did not come")


def wait_for(event: threading.Event) -> None:
    assert event.wait(10)


class World:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = folder / "template.db"
        prepare_database(sqlite_url(self._template))
        self.clock = Clock(STAGE_START)
        self.events: list[Event] = []
        self.trace = Trace(self.clock)
        self.trace.subscribe(self.events.append)
        self.faults = FaultBox()
        self.ca = Issuer()
        self.responder = Responder(self.ca, self.clock)
        self.issuing = FakeIssuing(info)
        self._nodes = [serve(self.responder.app()), serve(self.issuing.app())]
        self.signing_key = Ed25519PrivateKey.generate()
        self.app = create_app(
            NodeContext(self.clock, self.trace, self.faults),
            self.settings(folder / "center.db"),
            finish=quick_sheets,
        )
        self._nodes.append(serve(self.app))
        self.base_url = self._nodes[-1].base_url
        self.http = httpx.Client(base_url=self.base_url, trust_env=False, timeout=20)

    def settings(self, database: Path, **changes: Any) -> CenterSettings:
        values: dict[str, Any] = {
            "database_url": sqlite_url(database),
            "ocsp_url": f"{self._nodes[0].base_url}/ocsp",
            "trusted_cas": (self.ca.der,),
            "issuing_servers": (
                IssuingServer(self._nodes[1].base_url, Secret(KEY), (CITY, OTHER, STORES_ONLY)),
            ),
            "terminals": TERMINALS,
            "signing_key": self.signing_key,
            "municipalities": INDEX,
            "ops_key": Secret(OPS_KEY),
            "times": CenterTimes(report_retry=0.02, housekeeping=0.2, look=0),
        }
        return CenterSettings(**(values | changes))

    @property
    def center(self) -> Center:
        center: Center = self.app.state.center
        return center

    def reset(self) -> None:
        """Back to the beginning, the way a stage does it: another file below the same URL."""
        self.faults.clear()
        self.responder.__dict__.clear()
        self.responder.__init__(self.ca, self.clock)  # type: ignore[misc]
        with self.center.database_closed():
            self.issuing.reset()
            self.clock.set(STAGE_START)
            self.clock.freeze()
            shutil.copyfile(self._template, self._folder / "center.db")
        self.events.clear()
        self.card = self.linked(self.ca.card())

    @contextmanager
    def other_centre(self, folder: Path, **changes: Any) -> Iterator[Center]:
        """Inside, the terminals speak with another centre, with other settings and the real paper room."""
        context = NodeContext(self.clock, self.trace, self.faults)
        app = create_app(context, self.settings(folder / "other.db", **changes))
        node, usual = serve(app), self.http.base_url
        center: Center = app.state.center
        center.take_issue_notices(self.notices(self.card))
        self.http.base_url = node.base_url  # type: ignore[assignment]
        try:
            yield center
        finally:
            self.http.base_url = usual
            node.stop()
            center.close()

    def close(self) -> None:
        self.http.close()
        for node in reversed(self._nodes):
            node.stop()
        self.center.close()

    # --- what happens around the centre ---------------------------------------------------------------------------

    def linked(self, *cards: Card, municipality: str = CITY) -> Card:
        """Deliver issue notices for exactly these cards; the last one comes back."""
        self.known(*cards)
        self.center.take_issue_notices(self.notices(*cards, municipality=municipality))
        return cards[-1]

    def known(self, *cards: Card) -> Card:
        for card in cards:
            self.responder.known[card.certificate.serial_number] = card.certificate
        return cards[-1]

    def notices(self, *cards: Card, municipality: str = CITY) -> Path:
        path = self._folder / notices.FILE_NAME
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(notices.HEADER)
            for card in cards:
                issuer = base64.b64encode(card.certificate.issuer.public_bytes()).decode()
                serial = f"{card.certificate.serial_number:X}"
                writer.writerow(
                    ["N1", serial, issuer, "P-1", municipality, "利用者証明用", "2026-01-01T00:00:00+09:00",
                     "2030-01-01T00:00:00+09:00"]
                )  # fmt: skip
        return path

    def happened(self, kind: str) -> list[dict[str, Any]]:
        return [event.data for event in self.events if event.source == "centre" and event.kind == kind]

    # --- a terminal -----------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, *, key: str = STORE_KEY, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} | more.pop("headers", {})
        return self.http.request(method, path, headers=headers, **more)

    def session(self, key: str = STORE_KEY) -> str:
        return str(self.ask("POST", "/v1/sessions", key=key).raise_for_status().json()["session_id"])

    def nonce(self, session_id: str, key: str = STORE_KEY) -> dict[str, str]:
        nonce: dict[str, str] = (
            self.ask("POST", f"/v1/sessions/{session_id}/nonce", key=key).raise_for_status().json()
        )
        return nonce

    def authenticate(
        self, session_id: str, card: Card | None = None, *, key: str = STORE_KEY, **body: Any
    ) -> httpx.Response:
        """A fresh nonce, signed by the card; `body` replaces fields of the request or of its proof."""
        card = card or self.card
        nonce = self.nonce(session_id, key)
        shown = {
            "certificate": body.pop("certificate", card.der),
            "signature": body.pop("signature", card.sign(nonce, session_id)),
        }
        whole = {"place": "address", "proof": shown} | body
        return self.ask("POST", f"/v1/sessions/{session_id}/authentication", key=key, json=whole)

    def offers(self, response: httpx.Response, card: Card | None = None, terminal_id: str = "T1") -> Offers:
        """The offers of an answer, opened as the terminal opens them that asked for it."""
        signed = SignedOffers.model_validate_json(response.raise_for_status().content)
        asked = json.loads(response.request.content)
        return open_offers(
            signed,
            self.signing_key.public_key(),
            holder=(card or self.card).identity,
            session_id=str(response.request.url).split("/")[-2],
            terminal_id=terminal_id,
            place=Place(asked["place"]),
            chosen=info(asked["municipality"]) if asked.get("municipality") else None,
        )

    def known_session(self, key: str = STORE_KEY) -> str:
        session_id = self.session(key)
        self.authenticate(session_id, key=key).raise_for_status()
        return session_id

    def apply(
        self, session_id: str, *, idempotency: str | None = None, key: str = STORE_KEY, **changes: Any
    ) -> httpx.Response:
        headers = {"Idempotency-Key": idempotency or new_ulid(self.clock)}
        return self.ask(
            "POST",
            f"/v1/sessions/{session_id}/applications",
            key=key,
            json=HOUSEHOLD | changes,
            headers=headers,
        )

    def manifest(self, response: httpx.Response) -> Manifest:
        signed = SignedManifest.model_validate_json(response.raise_for_status().content)
        return open_manifest(signed, self.signing_key.public_key())

    def prepared(self, **changes: Any) -> Manifest:
        return self.manifest(self.apply(self.known_session(), **changes))

    def sheet(self, application_id: str, number: int, key: str = STORE_KEY) -> httpx.Response:
        return self.ask("GET", f"/v1/applications/{application_id}/sheets/{number}", key=key)

    def report(
        self, application_id: str, kind: str, *, key: str = STORE_KEY, **fields: Any
    ) -> httpx.Response:
        body = {"report_id": new_ulid(self.clock), "kind": kind, "at": self.clock.now().isoformat()} | fields
        return self.ask("POST", f"/v1/applications/{application_id}/reports", key=key, json=body)

    def end(self, session_id: str, *, key: str = STORE_KEY, reason: str = "") -> httpx.Response:
        return self.ask("POST", f"/v1/sessions/{session_id}/end", key=key, json={"reason": reason})

    def state(self, application_id: str) -> str:
        """No message asks for it without telling something, so this reads the table."""
        with self.center.database.read() as connection:
            return str(
                connection.execute(
                    select(applications.c.state).where(applications.c.application_id == application_id)
                ).scalar()
            )


def refused(response: httpx.Response, failure: str) -> dict[str, Any]:
    """The facts of a refusal; fails if it was answered otherwise or tells more than a name and facts."""
    body: dict[str, Any] = response.json()
    assert body["failure"] == failure, body
    assert set(body) == {"failure", "facts"}
    assert response.status_code >= 400
    facts: dict[str, Any] = body["facts"]
    return facts
