"""What an issuing server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

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

    Raises Failed(Settings_Wrong, item=...) for a key that is too short, no tenant, or a tenant named twice.
    """

    ledger_url: str
    centre_key: Secret
    municipalities: tuple[HostedMunicipality, ...]
    municipalities_root: Path | None = None

    def __post_init__(self) -> None:
        if len(self.centre_key) < SECRET_LENGTH:
            raise Failed("Settings_Wrong", item="centre_key", at_least=SECRET_LENGTH)
        codes = [tenant.code for tenant in self.municipalities]
        if not codes or len(set(codes)) != len(codes):
            raise Failed("Settings_Wrong", item="municipalities", codes=codes)
        for tenant in self.municipalities:
            if len(tenant.pseudonym_secret) < SECRET_LENGTH:
                raise Failed(
                    "Settings_Wrong", item=f"pseudonym_secret of {tenant.code}", at_least=SECRET_LENGTH
                )
