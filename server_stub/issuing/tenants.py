"""The municipalities hosted here, each with its data, its replica and its paper."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.municipalities import Municipality, load_municipality
from server_stub.ops_door import check_ops_key
from server_stub.registry.records import Person
from server_stub.registry.replica import Replica, ReplicaReader

SECRET_LENGTH = 16
"""Characters that a key or a pseudonym secret has at least."""


@dataclass(frozen=True, slots=True)
class HostedMunicipality:
    """One tenant: `replica_url` is its replica's database, `pseudonym_secret` the key of its person references."""

    code: str
    replica_url: str
    pseudonym_secret: Secret


@dataclass(frozen=True, slots=True)
class IssuingSettings:
    """`ledger_url` is this server's own database, apart from every replica; `centre_key` is what the centre must show.
    `municipalities_root`: another folder of municipalities' data than the one that the product carries.
    `ops_key`: what officials' tools show at `/ops/v1`; None: there is no such door.

    Raises Failed(Settings_Wrong, item=...) for a key that is too short or stands for two callers, no tenant, or a tenant named twice.
    """

    ledger_url: str
    centre_key: Secret
    municipalities: tuple[HostedMunicipality, ...]
    municipalities_root: Path | None = None
    ops_key: Secret | None = None

    def __post_init__(self) -> None:
        if len(self.centre_key) < SECRET_LENGTH:
            raise Failed("Settings_Wrong", item="centre_key", at_least=SECRET_LENGTH)
        check_ops_key(self.ops_key)
        if self.ops_key == self.centre_key:
            raise Failed("Settings_Wrong", item="ops_key", detail="the key of somebody else")
        codes = [tenant.code for tenant in self.municipalities]
        if not codes or len(set(codes)) != len(codes):
            raise Failed("Settings_Wrong", item="municipalities", codes=codes)
        for tenant in self.municipalities:
            if len(tenant.pseudonym_secret) < SECRET_LENGTH:
                raise Failed(
                    "Settings_Wrong", item=f"pseudonym_secret of {tenant.code}", at_least=SECRET_LENGTH
                )


@dataclass(frozen=True, slots=True)
class Tenant:
    """One hosted municipality, opened once and kept warm."""

    municipality: Municipality
    replica: Replica
    replica_url: str
    pseudonym_secret: Secret

    def ref(self, person_key: str) -> str:
        """The pseudonym of a person: HMAC-SHA256 of the key under the municipality's secret, 64 hexadecimal digits.

        The same for one person always; without the secret it leads back to nobody.
        """
        secret = self.pseudonym_secret.reveal().encode()
        return hmac.new(secret, person_key.encode(), hashlib.sha256).hexdigest()

    def holder_ref_of_paper(
        self, reader: ReplicaReader, rendered: Sequence[Person], asked: str, *, own_only: bool
    ) -> str:
        """Whose visit the rendered records belong to, found from their own issue notices, never from the request.

        `asked` if a notice of a rendered person has it, or, unless `own_only`, one of the rendered household (the holder
        need not stand on a paper of other members). Otherwise the first holder_ref found there; without any, the first
        person's pseudonym, which no certificate has. So a paper of other people says so to whoever compares.
        """
        keys = [person.key for person in rendered]
        found = ""
        for key in chain(dict.fromkeys(keys), () if own_only else _household(reader, rendered)):
            ref = reader.holder_ref_of(key, asked)
            if ref == asked:
                return asked
            found = found or ref or ""
        return found or self.ref(keys[0])


def _household(reader: ReplicaReader, rendered: Sequence[Person]) -> Iterator[str]:
    """Read only when the rendered persons themselves do not settle it."""
    for person in reader.household(rendered[0].household):
        yield person.key


class Tenants:
    """By municipality code. Raises Failed as `load_municipality` does."""

    def __init__(self, hosted: Iterable[HostedMunicipality], root: Path | None = None) -> None:
        self._hosted, self._root = tuple(hosted), root
        self._by_code = {
            item.code: Tenant(
                self._load(item.code), Replica(item.replica_url), item.replica_url, item.pseudonym_secret
            )
            for item in self._hosted
        }

    def _load(self, code: str) -> Municipality:
        return load_municipality(code) if self._root is None else load_municipality(code, self._root)

    def __iter__(self) -> Iterator[Tenant]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Tenant:
        """Raises Failed(Municipality_Unknown)."""
        tenant = self._by_code.get(code)
        if tenant is None:
            raise Failed("Municipality_Unknown", municipality=code)
        return tenant
