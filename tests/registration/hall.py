"""The issuing server of 湊市 (data link), as the centre, an official and the status site see it; and 海野渉, who lives in みどり市."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from scenarios.towns import Town, load_town, shipped_town
from server_stub.authority import Authority, AuthoritySettings
from server_stub.authority import prepare_database as prepare_authority
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.binding import holder_ref, new_ulid
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.issuing import OfferList, OffersRequest, TerminalFacts
from server_stub.interface.registration import (
    RegistrationAccepted,
    RegistrationApplication,
    RegistrationStatus,
    StatusQuery,
    reference_of,
)
from server_stub.interface.registration_operations import LinkAct, OfficialAct, RejectAct
from server_stub.interface.registration_text import Form, text_of
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Event, Trace
from server_stub.interface.values import Identity, Method, Place, TerminalKind
from server_stub.issuing.app import create_app
from server_stub.issuing.ledger import migrate_ledger
from server_stub.issuing.service import IssuingService
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import NodeContext
from server_stub.registration import Registrations, RegistrationSettings, prepare_database
from tests.databases import database_url
from tests.registry.helper import write_notices

MINATO, MIDORI = "49202", "48201"
REGISTER, MEMBER = "492020000031", 1
"""海野渉's family register, in the delivery of 湊市."""
KUMI_REGISTER = "492020000002"
NAGIKO, NAGIKO_REGISTER = "4920200601", "492020000006"
"""磯部凪子 lives in 湊市 and is linked by the delivery."""
CENTRE_KEY, SITE_KEY, OPS_KEY = (
    Secret("the centre's key in these tests"),
    Secret("the status site's key in these tests"),
    Secret("the operations key in these tests"),
)
TERMINAL = TerminalFacts(
    terminal_id="K-0001", operator="見本マート", shop="見本みどり店", area=MIDORI, kind=TerminalKind.STORE
)
OFFICIAL = "市民課　見本職員"
LEDGER = (
    "refunds",
    "charges",
    "status_reports",
    "application_states",
    "slips",
    "copy_subjects",
    "copies",
    "applications",
    "stops",
)
ISSUER = b"0\x0f1\r0\x0b\x06\x03U\x04\x03\x13\x04TEST"


@cache
def signing_key(name: str) -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Applicant:
    """Somebody with a card: `serial` of its authentication certificate, and what the signature certificate says."""

    serial: int = 0x51A2
    person_key: str = "4820100301"
    municipality: str = MIDORI
    name: str = "海野　渉"
    address: str = "青葉県みどり市楠町３番１２号"
    birth: date = date(1979, 11, 3)
    sex: str = "1"
    prefecture_romaji: str = "Aoba"
    city_romaji: str = "Midori-shi"
    key: str = "wataru"
    expired: tuple[str, ...] = ()

    @property
    def identity(self) -> Identity:
        return Identity(method=Method.JPKI, reference=holder_ref(ISSUER, self.serial))


WATARU = Applicant()


@cache
def _authority_folder() -> Path:
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="konbini-registration-"))
    prepare_authority(sqlite_url(folder / "authority.db"))
    return folder


@cache
def certificate_of(person: Applicant) -> bytes:
    """A signature certificate, by the real authority."""
    clock = Clock(STAGE_START)
    settings = AuthoritySettings(
        database_url=sqlite_url(_authority_folder() / "authority.db"),
        keys=lambda name: signing_key(f"ca {name}"),
        operator_key=Secret("the operator's key in these tests"),
    )
    authority = Authority(settings, clock)
    try:
        return authority.issue_signature(
            signing_key(person.key).public_key(), person, now=STAGE_START - timedelta(days=100)
        )
    finally:
        authority.close()


def text_for(session: str = "01KT5FX4M0S30EG58PQ46VB3AW", **changes: object) -> str:
    entered: dict[str, object] = {
        "municipality": MINATO,
        "name": "湊市",
        "domicile": "白砂県湊市港町７番地",
        "head": "海野　渉",
        "telephone": "090-0000-0000",
        "day": date(2026, 6, 3),
        "reference": reference_of(session),
    }
    return text_of(Form(**(entered | changes)))  # type: ignore[arg-type]


def signed(text: str, key: str) -> str:
    return base64.b64encode(signing_key(key).sign(text.encode(), PKCS1v15(), hashes.SHA256())).decode()


class Hall:
    def __init__(self, folder: Path, town: Town | None = None) -> None:
        self.town = town or load_town(shipped_town("minato"))
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        self.trace = Trace(self.clock)
        self.events: list[Event] = []
        self.trace.subscribe(self.events.append)
        self.replica_url = database_url(folder / "replica.db")
        write_notices(folder / "発行通知.csv", [])
        self.town.load(self.replica_url, folder / "発行通知.csv", self.clock, self.trace)
        self.folder = folder
        migrate_ledger(database_url(folder / "ledger.db"))
        prepare_database(database_url(folder / "registration.db"))
        self.app = create_app(
            NodeContext(self.clock, self.trace),
            IssuingSettings(
                ledger_url=database_url(folder / "ledger.db"),
                centre_key=CENTRE_KEY,
                ops_key=OPS_KEY,
                municipalities=(
                    HostedMunicipality(
                        self.town.folder, self.replica_url, Secret("the secret of the pseudonyms here")
                    ),
                ),
                registration=RegistrationSettings(
                    database_url(folder / "registration.db"),
                    Secret("the key of the numbers in these tests"),
                    SITE_KEY,
                ),
            ),
        )

    @property
    def service(self) -> IssuingService:
        service: IssuingService = self.app.state.issuing
        return service

    @property
    def registrations(self) -> Registrations:
        found = self.service.registrations
        assert found is not None
        return found

    def at(self, moment: str) -> None:
        self.clock.set(datetime.fromisoformat(moment).replace(tzinfo=JST))
        self.clock.freeze()

    def application(
        self,
        person: Applicant = WATARU,
        *,
        application_id: str = "",
        earlier: tuple[str, ...] = (),
        home: str = "",
        **typed: object,
    ) -> RegistrationApplication:
        text = str(typed.pop("text", "")) or text_for(**typed)  # type: ignore[arg-type]
        return RegistrationApplication(
            application_id=application_id or new_ulid(self.clock),
            municipality=MINATO,
            holder=person.identity,
            home=home or person.municipality,
            serial=f"{person.serial:X}",
            earlier=earlier,
            text=text,
            certificate=base64.b64encode(certificate_of(person)).decode(),
            signature=signed(text, person.key),
            terminal=TERMINAL,
            received_at=self.clock.now(),
        )

    def apply(self, person: Applicant = WATARU, **more: object) -> RegistrationAccepted:
        return self.service.register(self.application(person, **more))  # type: ignore[arg-type]

    def link(
        self, application_id: str, register: str = REGISTER, member: int = MEMBER, *, anyway: bool = False
    ) -> None:
        act = LinkAct(
            operator=OFFICIAL,
            note="戸籍と一致",
            register_number=register,
            member=member,
            accept_differences=anyway,
        )
        self.registrations.link(application_id, act)

    def reject(self, application_id: str, public: str | None = None) -> None:
        act = RejectAct(operator=OFFICIAL, note="電話で本人に確認済み", public_text=public)
        self.registrations.reject(application_id, act)

    def end(self, application_id: str) -> None:
        self.registrations.end(application_id, OfficialAct(operator=OFFICIAL))

    def status(self, number: Secret) -> RegistrationStatus:
        return self.service.registration_status(StatusQuery(number=number))

    def offers(self, person: Applicant = WATARU, earlier: tuple[str, ...] = ()) -> OfferList:
        return self.service.offers(
            OffersRequest(
                holder=person.identity,
                place=Place.DOMICILE,
                municipality=MINATO,
                terminal=TERMINAL,
                earlier=earlier,
            )
        )

    def empty(self) -> None:
        """Back to the beginning: no applications, no ledger, the clock of the stage."""
        self.service.reopen()
        for name, rooms in (("registration", ("acts", "applications")), ("ledger", LEDGER)):
            engine = open_engine(database_url(self.folder / f"{name}.db"))
            with engine.begin() as connection:
                for table in rooms:
                    connection.exec_driver_sql(f"DELETE FROM {table}")
            engine.dispose()
        self.events.clear()
        self.clock.set(STAGE_START)
        self.clock.freeze()

    def close(self) -> None:
        self.service.close()
