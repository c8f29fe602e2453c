"""The municipalities hosted here, each with its data, its replica and its paper."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity
from server_stub.municipalities import Additions, Municipality, load_municipality
from server_stub.ops_door import check_ops_key
from server_stub.registration import RegistrationSettings
from server_stub.registry.replica import Replica, ReplicaReader

from .existing_systems import ExistingSystem, ExistingSystemAddress

SECRET_LENGTH = 16
"""Characters that a key or a pseudonym secret has at least."""


@dataclass(frozen=True, slots=True)
class HostedMunicipality:
    """One tenant: `folder` holds its settings, `replica_url` is its replica's database, `pseudonym_secret` the key of its
    person references, `existing_system` who makes the papers of PDF連携."""

    folder: Path
    replica_url: str
    pseudonym_secret: Secret
    existing_system: ExistingSystemAddress | None = None


@dataclass(frozen=True, slots=True)
class IssuingSettings:
    """`ledger_url` is this server's own database, apart from every replica; `centre_key` is what the centre must show.
    `ops_key`: what officials' tools show at `/ops/v1`; None: there is no such door. `registration`: where applications for 利用登録 are
    kept; None: nobody hosted here takes any.

    Raises Failed(Settings_Wrong, item=...) for a key that is too short or stands for two callers, or no tenant.
    """

    ledger_url: str
    centre_key: Secret
    municipalities: tuple[HostedMunicipality, ...]
    ops_key: Secret | None = None
    registration: RegistrationSettings | None = None

    def __post_init__(self) -> None:
        if len(self.centre_key) < SECRET_LENGTH:
            raise Failed("Settings_Wrong", item="centre_key", at_least=SECRET_LENGTH)
        if not self.municipalities:
            raise Failed("Settings_Wrong", item="municipalities", detail="none")
        check_ops_key(self.ops_key)
        if self.ops_key == self.centre_key:
            raise Failed("Settings_Wrong", item="ops_key", detail="the key of somebody else")
        if self.registration is not None:
            for item in ("number_key", "site_key"):
                if len(getattr(self.registration, item)) < SECRET_LENGTH:
                    raise Failed("Settings_Wrong", item=item, at_least=SECRET_LENGTH)
            if self.registration.site_key in (self.centre_key, self.ops_key):
                raise Failed("Settings_Wrong", item="site_key", detail="the key of somebody else")
        for tenant in self.municipalities:
            if len(tenant.pseudonym_secret) < SECRET_LENGTH:
                raise Failed(
                    "Settings_Wrong", item=f"pseudonym_secret of {tenant.folder.name}", at_least=SECRET_LENGTH
                )


@dataclass(frozen=True, slots=True)
class Tenant:
    """One hosted municipality, opened once and kept warm."""

    municipality: Municipality
    replica: Replica
    replica_url: str
    pseudonym_secret: Secret
    existing_system: ExistingSystem | None = None

    def on(self, day: date) -> Tenant:
        """Return the tenant as it is on `day`."""
        municipality = self.municipality.on(day)
        return self if municipality is self.municipality else replace(self, municipality=municipality)

    def ref(self, person_key: str) -> str:
        """Make the pseudonym of a person: HMAC-SHA256 of the key under the municipality's secret, 64 hexadecimal digits.

        The same for one person always; without the secret it leads back to nobody.
        """
        secret = self.pseudonym_secret.reveal().encode()
        return hmac.new(secret, person_key.encode(), hashlib.sha256).hexdigest()

    def holder_of_paper(self, reader: ReplicaReader, owners: Iterable[str], asked: Identity) -> Identity:
        """Find whose visit the rendered records belong to, from their own issue notices, never from the request.

        `asked` if a notice of one of `owners` (person keys, the nearest first) has it. Otherwise the first holder_ref found
        there; without any, the first person's pseudonym, which no certificate has. So a paper of other people says so to
        whoever compares. Raises LookupError for a paper of nobody.
        """
        first, found = "", ""
        for key in dict.fromkeys(owners):
            first = first or key
            ref = reader.holder_ref_of(key, asked.reference)
            if ref == asked.reference:
                return asked
            found = found or ref or ""
        if not first:
            raise LookupError("a paper that belongs to nobody")
        return Identity(method=asked.method, reference=found or self.ref(first))


class Tenants:
    """By municipality code. Raises Failed as `load_municipality` does, and for a tenant named twice."""

    def __init__(self, hosted: Iterable[HostedMunicipality], trace: Trace, clock: Clock) -> None:
        self._by_code: dict[str, Tenant] = {}
        for item in hosted:
            municipality = load_municipality(item.folder)
            code = municipality.info.code
            if code in self._by_code:
                raise Failed("Settings_Wrong", item="municipalities", codes=[code, code])
            self._by_code[code] = Tenant(
                municipality,
                Replica(item.replica_url),
                item.replica_url,
                item.pseudonym_secret,
                None if item.existing_system is None else ExistingSystem(item.existing_system, trace, clock),
            )

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._by_code.values())

    def decide(self, code: str, additions: Additions) -> None:
        """Serve the municipality by its file and what officials have changed besides, from now on. Raises Failed(Settings_Wrong)."""
        tenant = self.get(code)
        changed = load_municipality(tenant.municipality.folder, additions)
        self._by_code[code] = replace(tenant, municipality=changed)

    def as_decided(self, code: str, municipality: Municipality) -> Tenant:
        """Return the tenant with other settings, which are not served. Raises Failed(Municipality_Unknown)."""
        return replace(self.get(code), municipality=municipality)

    def get(self, code: str) -> Tenant:
        """Get a tenant. Raises Failed(Municipality_Unknown)."""
        tenant = self._by_code.get(code)
        if tenant is None:
            raise Failed("Municipality_Unknown", municipality=code)
        return tenant
