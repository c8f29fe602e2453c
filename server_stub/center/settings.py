"""Hold and check what a centre is told when it starts."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server_stub.interface.failures import Failed
from server_stub.interface.notices import EnrolledCard
from server_stub.interface.secret import Secret
from server_stub.municipalities import MunicipalityEntry, load_index
from server_stub.ops_door import check_ops_key

from .terminals import Terminal, checked, sha256_of_key

AUTHENTICATION_POLICY = "2.999.8.5.1.3.30"
"""The real arc 8.5.1.3.30 (利用者証明用) below the arc for examples."""
SIGNATURE_POLICY = "2.999.8.5.1.1.20"
"""The same of 署名用."""


@dataclass(frozen=True, slots=True)
class CenterTimes:
    """Name every waiting of the centre. `timedelta` runs on the clock, plain seconds on real time."""

    nonce_life: timedelta = timedelta(seconds=60)
    """From the nonce to the signature over it."""
    session_life: timedelta = timedelta(minutes=15)
    """From the opening of a session to its end, as long as no paper is prepared."""
    payment_life: timedelta = timedelta(minutes=10)
    """A session lives at least this long after paper was prepared in it."""
    status_skew: timedelta = timedelta(seconds=60)
    """How far thisUpdate and nextUpdate of an OCSP answer may lie on the wrong side of the clock."""
    connect_timeout: float = 2.0
    ocsp_timeout: float = 5.0
    card_registry_timeout: float = 5.0
    issuing_timeout: float = 30.0
    """For one answer of an issuing server; the terminal's own time-out must be longer."""
    look_timeout: float = 10.0
    """For the answer of an issuing server that it works, and has looked at what it depends on."""
    look: float = 5.0
    """Between two looks at the issuing servers, when the clock was not set meanwhile; 0: nobody looks."""
    report_retry: float = 0.5
    """Between two tries to tell an issuing server a report; doubles up to `report_retry_most`."""
    report_retry_most: float = 30.0
    housekeeping: float = 1.0
    """Between two looks at sessions that have run out, when nothing else asks for one."""


@dataclass(frozen=True, slots=True)
class IssuingServer:
    """Name an issuing server and the municipalities that it hosts. `key` is what the centre shows there."""

    base_url: str
    key: Secret
    municipalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardRegistryServer:
    """Name an ICカード標準システム and the municipalities whose cards it knows (条例利用). `key` is what the centre shows there."""

    base_url: str
    key: Secret
    municipalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignatureSettings:
    """What is needed to check a signature certificate (署名用) for 利用登録: the CA certificates (DER), and where their status is asked."""

    trusted_cas: tuple[bytes, ...]
    ocsp_url: str
    policy_oids: tuple[str, ...] = (SIGNATURE_POLICY,)


@dataclass(frozen=True, slots=True)
class CenterSettings:
    """Hold what a centre is told when it starts.

    `trusted_cas`: the CA certificates (DER) of authentication certificates; several generations may share one name.

    `ocsp_url` is asked for every certificate: an address that stands in a card is never contacted.
    `municipalities`: the index of all municipalities; by default those of the index, none of whom participates. `enrolled`:
    test cards admitted one by one, whoever issued them; their revocation is answered for by the authority at `ocsp_url`.
    `card_registries`: of the municipalities that use 条例利用方式.
    `signature`: for 利用登録; None: no municipality's application can be sent from here. `status_site`: the address of the status site that
    residents are told. `back_page_key`: of the scrambled images of back pages, a secret text of high entropy that the inquiry site has as
    well; None: backs have no such image.
    `ops_key`: what officials' tools show at `/ops/v1`, no other key of this centre; None: there is no such door. Raises
    Failed(Settings_Wrong, item=...).
    """

    database_url: str
    ocsp_url: str
    trusted_cas: tuple[bytes, ...]
    issuing_servers: tuple[IssuingServer, ...]
    terminals: tuple[Terminal, ...]
    signing_key: Ed25519PrivateKey = field(repr=False)
    municipalities: tuple[MunicipalityEntry, ...] = field(default_factory=load_index)
    policy_oids: tuple[str, ...] = (AUTHENTICATION_POLICY,)
    times: CenterTimes = CenterTimes()
    enrolled: tuple[EnrolledCard, ...] = ()
    ops_key: Secret | None = None
    signature: SignatureSettings | None = None
    status_site: str = ""
    card_registries: tuple[CardRegistryServer, ...] = ()
    back_page_key: Secret | None = None

    def __post_init__(self) -> None:
        checked(self.terminals, "")
        self._check_ops_key()
        asked = [
            *(server.base_url for server in self.issuing_servers),
            *(registry.base_url for registry in self.card_registries),
        ]
        if self.signature is not None:
            asked.append(self.signature.ocsp_url)
        for name, url in [("ocsp_url", self.ocsp_url), *(("base_url", one) for one in asked)]:
            if not url.startswith(("http://", "https://")):
                raise Failed("Settings_Wrong", item=name)
        hosted = [code for server in self.issuing_servers for code in server.municipalities]
        if len(set(hosted)) != len(hosted):
            raise Failed("Settings_Wrong", item="issuing", detail="a municipality is hosted twice")
        known = {entry.info.code for entry in self.municipalities}
        if strangers := sorted(set(hosted) - known):
            raise Failed("Settings_Wrong", item="issuing", detail=f"not in the index: {', '.join(strangers)}")
        if not self.trusted_cas:
            raise Failed("Settings_Wrong", item="trusted_ca", detail="none")
        for number, der in enumerate(self.trusted_cas, start=1):
            try:
                x509.load_der_x509_certificate(der)
            except ValueError as error:
                raise Failed(
                    "Settings_Wrong", item=f"trusted_ca {number}", detail="no DER certificate"
                ) from error

    def _check_ops_key(self) -> None:
        check_ops_key(self.ops_key)
        if self.ops_key is None:
            return
        digest = sha256_of_key(self.ops_key.reveal())
        of_terminal = any(hmac.compare_digest(t.key_sha256, digest) for t in self.terminals)
        if of_terminal or any(server.key == self.ops_key for server in self.issuing_servers):
            raise Failed("Settings_Wrong", item="ops_key", detail="the key of somebody else")
