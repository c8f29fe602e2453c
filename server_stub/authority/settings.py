"""What an authority is set up with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from server_stub.interface.clock import JST
from server_stub.interface.notices import EnrolledCard
from server_stub.interface.secret import Secret

KeySource = Callable[[str], RSAPrivateKey]
"""Gives the RSA-2048 key of a name, the same key for the same name: `ORGANISATION/authentication` and
`ORGANISATION/signature`."""


@dataclass(frozen=True, slots=True)
class AuthoritySettings:
    """`organisation` is O of every name and must not be taken for the real service. `oid_arc` carries policy and name OIDs:
    below it stand the relative arcs of the real profile. `host` is the end of every host name in AIA and CPS.

    `issue_number` is the form of the subject's CN with `{random}` (14 letters and digits), `{municipality}` and `{nth}`
    (running number of the holder's certificates of the kind); what the parts of a real one mean is not published.
    `status_life`: from thisUpdate to nextUpdate of an OCSP answer; `crl_life`: of a CRL.
    """

    database_url: str
    keys: KeySource
    operator_key: Secret
    organisation: str = "JPKI-SIM"
    oid_arc: str = "2.999"
    host: str = "jpki-sim.invalid"
    issue_number: str = "{random}{municipality}{nth:03d}A"
    ca_not_before: datetime = datetime(2023, 7, 16, tzinfo=JST)
    ca_not_after: datetime = datetime(2033, 7, 15, 23, 59, 59, tzinfo=JST)
    status_life: timedelta = timedelta(minutes=10)
    crl_life: timedelta = timedelta(days=1)
    enrolled: tuple[EnrolledCard, ...] = ()
    """Testers' cards of another hierarchy, for which it answers that they are good."""
    substitute: str = "●"
    """Stands in the signature certificate for a character outside JIS X 0208 and 0212."""

    def __post_init__(self) -> None:
        """Raises ValueError for names that could pass for the real hierarchy."""
        if self.organisation.upper() in {"JPKI", "JPKI-TEST"} or not self.host.endswith(".invalid"):
            raise ValueError("a test authority has an organisation of its own and hosts under .invalid")
        if not self.oid_arc.startswith("2.999"):
            raise ValueError("a test authority has its OIDs under 2.999, the arc for examples")
