"""Make the 申請番号 of an application, and the digest by which it is found again. The number itself is kept nowhere.

Both come from a key that stands in the server's settings and not in its database: number = HMAC-SHA256(key, "number", application),
its ten digits the remainder modulo 10**10; digest = HMAC-SHA256(key, "digest", number). So a repeated request gets the number that
the first one got, and whoever has stolen the database alone can neither compute a number nor try the 10**10 of them: without the
key no try can be told right from wrong.
"""

from __future__ import annotations

import hashlib
import hmac

from server_stub.interface.registration import RANDOM_DIGITS, number_of
from server_stub.interface.secret import Secret


class Numbers:
    def __init__(self, key: Secret) -> None:
        self._key = key

    def of(self, municipality: str, application_id: str) -> Secret:
        """Make the number of an application; the same again and again."""
        found = int.from_bytes(self._hmac("number", municipality, application_id), "big")
        return number_of(municipality, found % 10**RANDOM_DIGITS)

    def digest(self, number: Secret) -> str:
        """Make what a number is looked up by, 64 hexadecimal digits."""
        return self._hmac("digest", number.reveal()).hex()

    def _hmac(self, *parts: str) -> bytes:
        text = "\n".join(("JPKI-SIM/konbini/registration-number/v1", *parts))
        return hmac.new(self._key.reveal().encode(), text.encode(), hashlib.sha256).digest()
