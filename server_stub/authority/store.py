"""The authority's own database: every certificate it has issued; and what it publishes of these records."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    bindparam,
    func,
    insert,
    select,
    update,
)

from server_stub.db import migrate, open_engine
from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.notices import HEADER, NoticeKind

from .profile import Kind

MAX_SERIAL = 2**63 - 1

metadata = MetaData()

certificates = Table(
    "certificates",
    metadata,
    Column("serial", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("issue_number", String(64), nullable=False, unique=True),
    Column("person", String(64), nullable=False),
    Column("municipality", String(5), nullable=False),
    Column("issued_at", String(32), nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("der", LargeBinary, nullable=False),
    Column("state", String(8), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("changed_at", String(32), nullable=False),
    Index("ix_certificates_person", "person"),
)
"""Times are ISO 8601 in JST to the second, so that they sort as text."""

_BY_SERIAL = select(certificates).where(certificates.c.serial == bindparam("serial"))
"""Asked for every authentication, so built once."""


class State(StrEnum):
    GOOD = "good"
    HELD = "held"
    REVOKED = "revoked"


REASONS = {
    "unspecified": x509.ReasonFlags.unspecified,
    "key_compromise": x509.ReasonFlags.key_compromise,
    "ca_compromise": x509.ReasonFlags.ca_compromise,
    "affiliation_changed": x509.ReasonFlags.affiliation_changed,
    "superseded": x509.ReasonFlags.superseded,
    "cessation_of_operation": x509.ReasonFlags.cessation_of_operation,
    "certificate_hold": x509.ReasonFlags.certificate_hold,
}
"""The reasons that the real authority publishes (docs/facts.md, "Revocation")."""


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One issued certificate. `reason` is a key of REASONS unless the state is good (then ''); `changed_at`: since when."""

    serial: int
    kind: Kind
    issue_number: str
    person: str
    municipality: str
    issued_at: datetime
    expires_at: datetime
    der: bytes
    state: State
    reason: str
    changed_at: datetime


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    migrate(url, "server_stub.authority")


class Store:
    """Safe from any thread. The database must be prepared."""

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)

    def close(self) -> None:
        """Let go of the database file; the next call opens it anew."""
        self._engine.dispose()

    def add(self, record: CertificateRecord) -> None:
        with self._engine.begin() as connection:
            connection.execute(insert(certificates).values(**_row(record)))

    def find(self, serial: int) -> CertificateRecord | None:
        if not 0 < serial <= MAX_SERIAL:
            return None
        with self._engine.connect() as connection:
            found = connection.execute(_BY_SERIAL, {"serial": serial}).mappings().first()
        return _record(found) if found is not None else None

    def all(
        self, *, kind: Kind | None = None, person: str = "", stopped: bool = False
    ) -> list[CertificateRecord]:
        """In order of issue. `stopped`: only those held or revoked."""
        query = select(certificates).order_by(certificates.c.issued_at, certificates.c.issue_number)
        if kind is not None:
            query = query.where(certificates.c.kind == kind)
        if person:
            query = query.where(certificates.c.person == person)
        if stopped:
            query = query.where(certificates.c.state != State.GOOD)
        with self._engine.connect() as connection:
            return [_record(row) for row in connection.execute(query).mappings()]

    def count(self, person: str, kind: Kind) -> int:
        query = (
            select(func.count())
            .select_from(certificates)
            .where(certificates.c.person == person, certificates.c.kind == kind)
        )
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def change(
        self, serial: int, allowed: Iterable[State], state: State, reason: str, at: datetime
    ) -> CertificateRecord:
        """Move the certificate to `state` if it is in one of `allowed`, in one statement. Again the same: no change.

        Raises Failed(Certificate_Serial_Unknown) or Failed(Certificate_State_Conflict); then nothing has changed.
        """
        if 0 < serial <= MAX_SERIAL:
            change = (
                update(certificates)
                .where(certificates.c.serial == serial, certificates.c.state.in_(list(allowed)))
                .values(state=state, reason=reason, changed_at=_text(at))
            )
            with self._engine.begin() as connection:
                changed = connection.execute(change).rowcount
            record = self.find(serial)
            if record is not None and (changed or (record.state, record.reason) == (state, reason)):
                return record
            if record is not None:
                raise Failed("Certificate_State_Conflict", state=str(record.state), wanted=str(state))
        raise Failed("Certificate_Serial_Unknown")


def _text(moment: datetime) -> str:
    return moment.astimezone(JST).isoformat(timespec="seconds")


def _row(record: CertificateRecord) -> dict[str, object]:
    return {
        "serial": record.serial,
        "kind": record.kind,
        "issue_number": record.issue_number,
        "person": record.person,
        "municipality": record.municipality,
        "issued_at": _text(record.issued_at),
        "expires_at": _text(record.expires_at),
        "der": record.der,
        "state": record.state,
        "reason": record.reason,
        "changed_at": _text(record.changed_at),
    }


def _record(row: RowMapping) -> CertificateRecord:
    return CertificateRecord(
        serial=int(row["serial"]),
        kind=Kind(row["kind"]),
        issue_number=str(row["issue_number"]),
        person=str(row["person"]),
        municipality=str(row["municipality"]),
        issued_at=datetime.fromisoformat(row["issued_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        der=bytes(row["der"]),
        state=State(row["state"]),
        reason=str(row["reason"]),
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def crl(
    issuer: x509.Name,
    key: RSAPrivateKey,
    stopped: Iterable[CertificateRecord],
    now: datetime,
    until: datetime,
) -> bytes:
    """The DER of a list of `stopped`, from `now` (whole seconds) to the next update at `until`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer)
        .last_update(now)
        .next_update(until)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for record in stopped:
        entry = (
            x509.RevokedCertificateBuilder().serial_number(record.serial).revocation_date(record.changed_at)
        )
        reason = REASONS[record.reason]
        if reason is not x509.ReasonFlags.unspecified:  # RFC 5280 5.3.1: then the extension is left out
            entry = entry.add_extension(x509.CRLReason(reason), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def write_notices(path: Path, records: Iterable[CertificateRecord], issuers: Mapping[Kind, bytes]) -> None:
    """The delivery of interface/notices.py, all or nothing. `issuers`: DER of each CA's name."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_notice_row(record, issuers[record.kind]) for record in records)
    part.replace(path)


def _notice_row(record: CertificateRecord, issuer: bytes) -> tuple[str, ...]:
    kind = NoticeKind.AUTHENTICATION if record.kind is Kind.AUTHENTICATION else NoticeKind.SIGNATURE
    return (
        record.issue_number,
        f"{record.serial:X}",
        base64.b64encode(issuer).decode(),
        record.person,
        record.municipality,
        str(kind),
        record.issued_at.isoformat(timespec="seconds"),
        record.expires_at.isoformat(timespec="seconds"),
    )
