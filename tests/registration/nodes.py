"""Authority, centre, the issuing servers of 湊市 and みどり市, and the status site, each on its port; and a terminal's way through them.

The cards are keys with certificates of the real authority: what a card does is tested elsewhere.
"""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from scenarios.towns import load_town, shipped_town
from server_stub.authority import Authority, AuthoritySettings
from server_stub.authority import create_app as create_authority
from server_stub.authority import prepare_database as prepare_authority
from server_stub.center.app import create_app as create_center
from server_stub.center.center import Center
from server_stub.center.settings import CenterSettings, CenterTimes, IssuingServer, SignatureSettings
from server_stub.center.terminals import Terminal
from server_stub.db import sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.registration import RegistrationReceived, SlipOrder, reference_of
from server_stub.interface.registration_text import Form, text_of
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import signed_text
from server_stub.issuing.app import create_app as create_issuing
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.municipalities import load_index
from server_stub.node import NodeContext, serve
from server_stub.sites import Limits, SiteServer, SiteSettings, create_app, prepare_database
from tests.registration.hall import (
    CENTRE_KEY,
    MIDORI,
    MINATO,
    SITE_KEY,
    TERMINAL,
    WATARU,
    Applicant,
    Hall,
    signing_key,
)

TERMINAL_KEY = Secret("the key of the terminal in these tests")
OPERATOR = Secret("the operator's key in these tests")
CENTRE = ("outbox", "status_reports", "sheets", "incidents", "applications", "registrations", "sessions")


@dataclass(frozen=True)
class Card:
    """Both certificates of a person, DER in Base64, and the names of their keys."""

    person: Applicant
    authentication: str
    signature: str

    def sign(self, text: bytes, which: str) -> str:
        key = signing_key(f"{which} {self.person.key}")
        return base64.b64encode(key.sign(text, PKCS1v15(), hashes.SHA256())).decode()


class Nodes:
    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self.folder = folder
        hall_folder = folder / "minato"
        hall_folder.mkdir()
        self.hall = Hall(hall_folder)
        self.clock, self.trace = self.hall.clock, self.hall.trace
        prepare_authority(sqlite_url(folder / "authority.db"))
        settings = AuthoritySettings(
            database_url=sqlite_url(folder / "authority.db"),
            keys=lambda name: signing_key(f"ca {name}"),
            operator_key=OPERATOR,
        )
        self.authority = Authority(settings, self.clock, self.trace)
        context = NodeContext(self.clock, self.trace)
        self._nodes = [serve(create_authority(context, settings, self.authority)), serve(self.hall.app)]
        midori = load_town(shipped_town("midori"))
        self.cards = {name: self._card(person) for name, person in PEOPLE.items()}
        self.authority.write_issue_notices(folder / FILE_NAME)
        midori.load(sqlite_url(folder / "midori.db"), folder / FILE_NAME, self.clock, self.trace)
        migrate_ledger(sqlite_url(folder / "midori-ledger.db"))
        midori_app = create_issuing(
            context,
            IssuingSettings(
                ledger_url=sqlite_url(folder / "midori-ledger.db"),
                centre_key=CENTRE_KEY,
                municipalities=(
                    HostedMunicipality(
                        midori.folder,
                        sqlite_url(folder / "midori.db"),
                        Secret("the secret of those pseudonyms"),
                    ),
                ),
            ),
        )
        self._midori = midori_app.state.issuing
        self._nodes.append(serve(midori_app))
        prepare_database(sqlite_url(folder / "site.db"))
        self.site_settings = SiteSettings(
            sqlite_url(folder / "site.db"),
            (SiteServer(self._nodes[1].base_url, SITE_KEY, (MINATO,)),),
            Secret("the key of the addresses in these tests"),
            limits=limits or Limits(),
        )
        site_app = create_app(context, self.site_settings)
        self._site = site_app.state.site
        self._nodes.append(serve(site_app))
        self.site_url = self._nodes[-1].base_url
        url = self._nodes[0].base_url
        centre_app = create_center(
            context,
            CenterSettings(
                database_url=sqlite_url(folder / "center.db"),
                ocsp_url=f"{url}/ocsp/authentication",
                trusted_cas=(self.authority.authentication_ca_certificate(),),
                issuing_servers=(
                    IssuingServer(self._nodes[1].base_url, CENTRE_KEY, (MINATO,)),
                    IssuingServer(self._nodes[2].base_url, CENTRE_KEY, (MIDORI,)),
                ),
                terminals=(Terminal.with_key(TERMINAL, TERMINAL_KEY),),
                signing_key=Ed25519PrivateKey.generate(),
                municipalities=load_index([self.hall.town.folder, midori.folder]),
                times=CenterTimes(report_retry=0.02, housekeeping=0.2),
                signature=SignatureSettings(
                    (self.authority.signature_ca_certificate(),), f"{url}/ocsp/signature"
                ),
                status_site=self.site_url,
            ),
        )
        self.center: Center = centre_app.state.center
        self._nodes.append(serve(centre_app))
        self.center.take_issue_notices(folder / FILE_NAME)
        self.http = httpx.Client(base_url=self._nodes[-1].base_url, trust_env=False, timeout=60)
        self.web = httpx.Client(base_url=self.site_url, trust_env=False, timeout=60)

    def _card(self, person: Applicant) -> Card:
        then = STAGE_START - timedelta(days=100)
        authentication, signature = (
            issue(
                signing_key(f"{which} {person.key}").public_key(),
                person,
                now=then,
                not_after=STAGE_START - timedelta(days=1) if which in person.expired else None,
            )
            for which, issue in (
                ("authentication", self.authority.issue_authentication),
                ("signature", self.authority.issue_signature),
            )
        )
        told = [base64.b64encode(der).decode() for der in (authentication, signature)]
        return Card(person, *told)

    def empty(self) -> None:
        self.hall.empty()
        self._site.reopen()
        with self.center.database_closed():
            for name, tables in (("site", ("guesses",)), ("center", CENTRE)):
                with closing(sqlite3.connect(self.folder / f"{name}.db")) as connection:
                    for table in tables:
                        connection.execute(f"DELETE FROM {table}")
                    connection.commit()
        for card in self.cards.values():
            serial = self.serial(card)
            if self.authority.find(serial).state == "held":
                self.authority.release(serial)

    def forward(self, time: timedelta) -> None:
        self.clock.set(self.clock.now() + time)
        self.clock.freeze()

    def guesses(self) -> int:
        """Those that the site keeps."""
        return int(self._site.guesses.count())

    def close(self) -> None:
        self.http.close()
        self.web.close()
        for node in reversed(self._nodes):
            node.stop()
        self.center.close()
        self._site.close()
        self._midori.close()
        self.hall.close()
        self.authority.close()

    @staticmethod
    def serial(card: Card) -> int:
        from cryptography import x509

        return x509.load_der_x509_certificate(base64.b64decode(card.signature)).serial_number

    # --- a terminal ----------------------------------------------------------------------------------------------------------

    def ask(self, path: str, body: Any = None, key: str = "") -> httpx.Response:
        headers = {"Authorization": f"Bearer {TERMINAL_KEY.reveal()}"}
        if key:
            headers["Idempotency-Key"] = key
        if body is None and not key:
            return self.http.get(path, headers=headers)
        return self.http.post(path, headers=headers, json=body)

    def opened(self, name: str = "海野渉") -> str:
        """A session in which the card was authenticated for an application."""
        session, response = self.opening(name)
        response.raise_for_status()
        return session

    def opening(self, name: str) -> tuple[str, httpx.Response]:
        card = self.cards[name]
        headers = {"Authorization": f"Bearer {TERMINAL_KEY.reveal()}"}
        session = self.http.post("/v1/sessions", headers=headers).raise_for_status().json()["session_id"]
        nonce = self.http.post(f"/v1/sessions/{session}/nonce", headers=headers).raise_for_status().json()
        proof = {
            "certificate": card.authentication,
            "signature": card.sign(signed_text(nonce["context"], session, nonce["nonce"]), "authentication"),
        }
        path = f"/v1/sessions/{session}/registration-authentication"
        return session, self.ask(path, {"proof": proof})

    def request(self, session: str, who: str = "海野渉", /, **typed: Any) -> dict[str, Any]:
        card = self.cards[who]
        entered = {
            "municipality": MINATO,
            "name": "湊市",
            "domicile": "白砂県湊市港町７番地",
            "head": "海野　渉",
            "telephone": "090-0000-0000",
            "day": self.clock.now().date(),
            "reference": reference_of(session),
        }
        text = text_of(Form(**(entered | typed)))
        return {
            "text": text,
            "certificate": card.signature,
            "signature": card.sign(text.encode(), "signature"),
            "card": card.authentication,
        }

    def send(self, session: str, body: dict[str, Any], key: str = "") -> httpx.Response:
        return self.ask(f"/v1/sessions/{session}/registrations", body, key or new_ulid(self.clock))

    def apply(self, name: str = "海野渉") -> tuple[str, RegistrationReceived]:
        session = self.opened(name)
        response = self.send(session, self.request(session, name)).raise_for_status()
        return session, RegistrationReceived.model_validate_json(response.content)

    def slip(self, session: str, application_id: str, key: str = "") -> httpx.Response:
        path = f"/v1/sessions/{session}/registrations/{application_id}/slip"
        return self.ask(path, None, key or new_ulid(self.clock))

    def ordered(self, session: str, application_id: str) -> SlipOrder:
        response = self.slip(session, application_id).raise_for_status()
        return SlipOrder.model_validate_json(response.content)

    def report(self, application_id: str, kind: str, **more: Any) -> httpx.Response:
        body = {"report_id": new_ulid(self.clock), "kind": kind, "at": self.clock.now().isoformat()} | more
        return self.ask(f"/v1/applications/{application_id}/reports", body)

    def ledger_state(self, application_id: str) -> str | None:
        state = self.hall.service.ledger.state(application_id)
        return None if state is None else state.value


PEOPLE: dict[str, Applicant] = {
    "海野渉": WATARU,
    "葛西悠斗": replace(WATARU, person_key="4820100101", name="葛西　悠斗", key="yuto"),
    "榎千尋": replace(WATARU, person_key="4820100811", name="榎　千尋", key="chihiro", sex="2"),
    "期限切れ": replace(
        WATARU, person_key="4820100501", name="桐生　誠", key="makoto", expired=("signature",)
    ),
}
"""Of みどり市; 榎千尋 is under a restriction there. 期限切れ: whose signature certificate ended yesterday."""
