"""A tester's own card of the test hierarchy: pinned by its certificate, for the centre that admits it and for the
authority that answers for it. Nothing here goes over the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EnrolledCard:
    """DER of the authentication certificate and of the CA certificate that signed it."""

    certificate: bytes
    issuer: bytes
