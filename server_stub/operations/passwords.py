"""Passwords (argon2id) and one-time codes (TOTP, RFC 6238) of operators."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import threading
from urllib.parse import quote

from cryptography.exceptions import InvalidKey
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

from server_stub.interface.secret import Secret

from .settings import PasswordCost

SHORTEST, LONGEST = 12, 128
"""Characters of a password."""
STEP = 30
"""Seconds that a one-time code is of."""
_DRIFT = 1
"""Steps before and after that are taken too."""
_ONE_TIME = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""What is not mistaken for another when read off paper."""
_AT_ONCE = threading.BoundedSemaphore(4)
"""So many passwords are worked on at once: each takes its memory."""


def hash_password(password: Secret, cost: PasswordCost) -> str:
    """Make the PHC string of a new password."""
    with _AT_ONCE:
        return Argon2id(
            salt=os.urandom(16),
            length=32,
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory,
        ).derive_phc_encoded(password.reveal().encode())


def is_password(password: Secret, kept: str) -> bool:
    """Compare with the PHC string that is kept; '' is nobody's."""
    if not kept:
        return False
    with _AT_ONCE:
        try:
            Argon2id.verify_phc_encoded(password.reveal().encode(), kept)
        except InvalidKey:
            return False
        return True


def one_time_password() -> Secret:
    """Make one of 80 random bits, in groups to be read off paper: `ABCD-EFGH-JKLM-NPQR`."""
    letters = [secrets.choice(_ONE_TIME) for _ in range(16)]
    return Secret("-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4)))


def problem_of(password: Secret, login: str, name: str) -> str:
    """Tell in Japanese why this is no password to choose; '' for nothing."""
    text = password.reveal()
    if not SHORTEST <= len(text) <= LONGEST:
        return f"{SHORTEST}文字以上、{LONGEST}文字以内にしてください。"
    if len(set(text)) < 6:
        return "同じ文字の繰り返しが多すぎます。異なる文字を6種類以上使ってください。"
    if login.lower() in text.lower() or (len(name) > 1 and name in text):
        return "利用者IDや氏名を含まないものにしてください。"
    return ""


class SecondFactor:
    """Makes, seals and checks keys of one-time codes. `key`: what they are sealed with."""

    def __init__(self, key: Secret) -> None:
        self._seal = Fernet(
            base64.urlsafe_b64encode(hashlib.sha256(b"second factor\0" + key.reveal().encode()).digest())
        )

    def new(self) -> Secret:
        """Make a key in Base32, as apps take it."""
        return Secret(base64.b32encode(os.urandom(20)).decode())

    def seal(self, key: Secret) -> bytes:
        return self._seal.encrypt(key.reveal().encode())

    def open(self, sealed: bytes) -> Secret:
        """Raises ValueError for what was not sealed here."""
        try:
            return Secret(self._seal.decrypt(sealed).decode())
        except InvalidToken as error:
            raise ValueError("not sealed with this key") from error


def address_of(key: Secret, login: str, issuer: str) -> str:
    """What the QR code holds (otpauth)."""
    return f"otpauth://totp/{quote(issuer)}:{quote(login)}?secret={key.reveal()}&issuer={quote(issuer)}"


def code_at(key: Secret, step: int) -> str:
    """Make the code of six digits for a step."""
    return HOTP(base64.b32decode(key.reveal()), 6, SHA1()).generate(step).decode()


def step_of_code(key: Secret, code: str, seconds: float, after: int) -> int | None:
    """Find the step that `code` is of, near `seconds` since 1970 and after the step `after`: none is taken twice. None: it is wrong."""
    now = int(seconds) // STEP
    for step in range(now - _DRIFT, now + _DRIFT + 1):
        if step > after and hmac.compare_digest(code_at(key, step).encode(), code.encode()):
            return step
    return None
