"""References that stand for a person outside this server: the same for one person always, back to nobody without the key."""

from __future__ import annotations

import hashlib
import hmac

from server_stub.interface.secret import Secret

from .settings import SECRET_LENGTH


def pseudonym(secret: Secret, person_key: str) -> str:
    """HMAC-SHA256 of the person key under the municipality's secret, 64 hexadecimal digits."""
    if len(secret) < SECRET_LENGTH:
        raise ValueError(f"a pseudonym secret has at least {SECRET_LENGTH} characters")
    return hmac.new(secret.reveal().encode(), person_key.encode(), hashlib.sha256).hexdigest()
