"""公的個人認証 of the simulator: the two test CAs (O=JPKI-SIM), certificates, hold and revocation, OCSP, CRL, issue notices.

The stage makes an `Authority`, personalises cards with it and serves it through `create_app`; centre and terminal reach
it over HTTP only. Nothing here can pass for the real service: own policy OIDs, hosts under `.invalid`.
"""

from .app import create_app
from .authority import Authority, foreign_authority
from .settings import AuthoritySettings, KeySource
from .store import CertificateRecord, prepare_database

__all__ = [
    "Authority",
    "AuthoritySettings",
    "CertificateRecord",
    "KeySource",
    "create_app",
    "foreign_authority",
    "prepare_database",
]
