"""What the authority publishes of its records: the list of stopped certificates and the issue notices."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.interface.notices import HEADER, NoticeKind

from .profile import Kind
from .store import REASONS, CertificateRecord


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
        writer.writerows(_row(record, issuers[record.kind]) for record in records)
    part.replace(path)


def _row(record: CertificateRecord, issuer: bytes) -> tuple[str, ...]:
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
