"""The authority itself: issues, holds, releases, revokes, and answers for what it has issued."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace

from .ocsp import Responder, Status
from .profile import (
    MAX_ADDRESS,
    Holder,
    Kind,
    ca_certificate,
    leaf_certificate,
    validity,
)
from .settings import AuthoritySettings, KeySource
from .store import MAX_SERIAL, REASONS, CertificateRecord, State, Store, crl, write_notices

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_RANDOM_LENGTH = 14


class Authority:
    """Safe from any thread. The database at `settings.database_url` must be prepared (`prepare_database`)."""

    def __init__(self, settings: AuthoritySettings, clock: Clock, trace: Trace | None = None) -> None:
        self.settings = settings
        self._clock = clock
        self._trace = trace
        self._store = Store(settings.database_url)
        self._keys = {kind: settings.keys(f"{settings.organisation}/{kind}") for kind in Kind}
        self._ca = {kind: ca_certificate(settings, kind, key) for kind, key in self._keys.items()}
        self._responders = {
            kind: Responder(
                self._ca[kind].subject.public_bytes(),
                key,
                settings.enrolled if kind is Kind.AUTHENTICATION else (),
            )
            for kind, key in self._keys.items()
        }

    # --- certificates ------------------------------------------------------------------------------------------

    def authentication_ca_certificate(self) -> bytes:
        """DER."""
        return self.ca_certificate(Kind.AUTHENTICATION)

    def signature_ca_certificate(self) -> bytes:
        """DER."""
        return self.ca_certificate(Kind.SIGNATURE)

    def ca_certificate(self, kind: Kind) -> bytes:
        """DER."""
        return self._ca[kind].public_bytes(Encoding.DER)

    def issue_authentication(
        self,
        public_key: RSAPublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        """The DER of a new 利用者証明用電子証明書, issued at `now` (aware).

        Without `not_after` it ends on the fifth birthday after the issue, 23:59:59 JST. Raises
        Failed(Request_Malformed, fields=...) for a holder that no certificate can be made of; then nothing is issued.
        """
        return self._issue(Kind.AUTHENTICATION, public_key, holder, now, not_before, not_after)

    def issue_signature(
        self,
        public_key: RSAPublicKey,
        holder: Holder,
        *,
        now: datetime,
        not_before: datetime | None = None,
        not_after: datetime | None = None,
    ) -> bytes:
        """The same for the 署名用電子証明書, which carries name, birth date, sex and address."""
        return self._issue(Kind.SIGNATURE, public_key, holder, now, not_before, not_after)

    def _issue(
        self,
        kind: Kind,
        public_key: RSAPublicKey,
        holder: Holder,
        now: datetime,
        not_before: datetime | None,
        not_after: datetime | None,
    ) -> bytes:
        start, end = validity(holder, now)
        start, end = not_before or start, not_after or end
        _check(holder, now, start, end)
        serial = secrets.randbelow(MAX_SERIAL // 2) + MAX_SERIAL // 2 + 1
        issue_number = self.settings.issue_number.format(
            random="".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH)),
            municipality=holder.municipality,
            nth=self._store.count(holder.person_key, kind) + 1,
        )
        certificate = leaf_certificate(
            self.settings,
            kind,
            ca_key=self._keys[kind],
            public_key=public_key,
            holder=holder,
            issue_number=issue_number,
            serial=serial,
            not_before=start,
            not_after=end,
        ).public_bytes(Encoding.DER)
        record = CertificateRecord(
            serial=serial,
            kind=kind,
            issue_number=issue_number,
            person=holder.person_key,
            municipality=holder.municipality,
            issued_at=min(start, now),
            expires_at=end,
            der=certificate,
            state=State.GOOD,
            reason="",
            changed_at=now,
        )
        self._store.add(record)
        self._tell("issued", record)
        return certificate

    # --- state ---------------------------------------------------------------------------------------------------

    def hold(self, serial: int) -> CertificateRecord:
        """Stop the certificate for a time (一時停止). Again: no change.

        Raises Failed(Certificate_Serial_Unknown), Failed(Certificate_State_Conflict) for a revoked one.
        """
        return self._change("held", serial, {State.GOOD}, State.HELD, "certificate_hold")

    def release(self, serial: int) -> CertificateRecord:
        """End the hold. Raises as `hold`: what is revoked stays revoked."""
        return self._change("released", serial, {State.HELD}, State.GOOD, "")

    def revoke(self, serial: int, reason: str = "unspecified") -> CertificateRecord:
        """Revoke for good; `reason` is one of `REASONS` but `certificate_hold`.

        Raises as `hold`, and Failed(Request_Malformed) for another reason.
        """
        if reason not in REASONS or reason == "certificate_hold":
            raise Failed("Request_Malformed", fields=["reason"])
        return self._change("revoked", serial, {State.GOOD, State.HELD}, State.REVOKED, reason)

    def moved(self, person_key: str) -> list[CertificateRecord]:
        """Revoke a person's signature certificates because what stands in them has changed (異動等失効): a new address or name. The
        authentication certificates stay. Returns those that were revoked."""
        return [
            self.revoke(one.serial, "affiliation_changed")
            for one in self._store.all(person=person_key)
            if one.kind == Kind.SIGNATURE and one.state is not State.REVOKED
        ]

    def find(self, serial: int) -> CertificateRecord:
        """Raises Failed(Certificate_Serial_Unknown)."""
        record = self._store.find(serial)
        if record is None:
            raise Failed("Certificate_Serial_Unknown")
        return record

    def of_person(self, person_key: str) -> list[CertificateRecord]:
        """In order of issue; empty for someone who never had one."""
        return self._store.all(person=person_key)

    def _change(
        self, event: str, serial: int, allowed: set[State], state: State, reason: str
    ) -> CertificateRecord:
        record = self._store.change(serial, allowed, state, reason, self._clock.now())
        self._tell(event, record)
        return record

    # --- what it publishes -----------------------------------------------------------------------------------------

    def ocsp(self, kind: Kind, request: bytes) -> bytes:
        """The DER answer to the DER `request`, at the clock; malformedRequest for what is no request."""

        def status(serial: int) -> Status | None:
            record = self._store.find(serial)
            if record is None or record.kind != kind:
                return None
            if record.state is State.GOOD:
                return Status()
            return Status(record.changed_at, REASONS[record.reason])

        now = self._clock.now()
        answer = self._responders[kind].answer(request, status, now, now + self.settings.status_life)
        if self._trace is not None:
            self._trace.emit("authority", "ocsp_answered", ca=str(kind), statuses=answer.statuses)
        return answer.der

    def crl(self, kind: Kind) -> bytes:
        """The DER of the list of revoked and held certificates, as of the clock."""
        now = self._clock.now().replace(microsecond=0)
        stopped = self._store.all(kind=kind, stopped=True)
        return crl(self._ca[kind].subject, self._keys[kind], stopped, now, now + self.settings.crl_life)

    def write_issue_notices(self, path: Path) -> int:
        """The whole delivery to `path` (see interface/notices.py), all or nothing; returns the number of notices."""
        records = self._store.all()
        write_notices(path, records, {kind: ca.subject.public_bytes() for kind, ca in self._ca.items()})
        return len(records)

    def close(self) -> None:
        """Let go of the database file (the stage may put a copy in its place); the next call opens it anew."""
        self._store.close()

    def _tell(self, event: str, record: CertificateRecord) -> None:
        if self._trace is not None:
            self._trace.emit(
                "authority", event, ca=str(record.kind), serial=f"{record.serial:X}", reason=record.reason
            )


def foreign_authority(
    keys: KeySource,
    database_url: str,
    clock: Clock,
    *,
    operator_key: Secret,
    organisation: str = "OTHER-SIM",
    trace: Trace | None = None,
) -> Authority:
    """Another hierarchy of the same shape, which nobody here trusts. It needs a prepared database of its own."""
    settings = AuthoritySettings(
        database_url=database_url,
        keys=keys,
        operator_key=operator_key,
        organisation=organisation,
        host=f"{organisation.lower()}.invalid",
    )
    return Authority(settings, clock, trace)


def _check(holder: Holder, now: datetime, start: datetime, end: datetime) -> None:
    wrong = []
    if not re.fullmatch(r"[0-9]{5}", holder.municipality):
        wrong.append("municipality: not 5 digits")
    if not holder.person_key or len(holder.person_key) > 64:
        wrong.append("person_key: 1 to 64 characters")
    if str(holder.sex) not in {"1", "2", "9"}:
        wrong.append("sex: not 1, 2 or 9")
    if not holder.name:
        wrong.append("name: empty")
    if not holder.address or len(holder.address) > MAX_ADDRESS:
        wrong.append(f"address: 1 to {MAX_ADDRESS} characters")
    for item in ("prefecture_romaji", "city_romaji"):
        if not re.fullmatch(r"[A-Za-z' -]{1,40}", getattr(holder, item)):
            wrong.append(f"{item}: 1 to 40 letters")
    if any(moment.tzinfo is None for moment in (now, start, end)) or end <= start:
        wrong.append("validity: aware times, the end after the beginning")
    if wrong:
        raise Failed("Request_Malformed", fields=wrong)
