"""Speak secure messaging as the 券面入力補助AP does: take a session key in, open commands, close answers.

All of it as soltia48/myna-card measured it on a test card (`src/sm.rs`), in our words:

- `80 AE 00 00` with 256 bytes, RSA-OAEP with SHA-256 under the key of EF 0006: `A0 22 80 20` and 32 bytes, of which the first 16 are
  the AES-128 key. A number not below the modulus is answered 6F00, anything else that is not that object 6A80 (also the objects with a
  key for checksums, and no data at all): there is confidentiality and no integrity.
- Class 08. VERIFY and SELECT carry exactly one object `86`, length in either form, padding indicator 01, ciphertext; READ BINARY
  carries exactly `96 03 00` and two bytes of Le (0: to the end). The answer with data is such an `86`.
- AES-128-CBC with the padding of ISO/IEC 7816-4. The IV of command and answer is the counter N of the command, 16 bytes big-endian,
  encrypted under the key. N begins with 1 and goes on with every command that could be opened, whatever the application says to it;
  plain commands in between do not count.
- What cannot be opened is answered 6988 and ends the session: 69FC from then on. Class 0C is answered 6987, since there is no key
  for its checksums.

Unproven, and so our choice: that 6987 ends the session too, other commands in class 08 (69FC, the session stays), an answer that does not fit the outer Le (6700).
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from cards.apdu import (
    MAX_EXTENDED,
    NO_DIAGNOSIS,
    SECURE_MESSAGING_CLASS,
    SECURE_MESSAGING_OBJECT_MISSING,
    SECURE_MESSAGING_WRONG,
    WRONG_DATA,
    WRONG_LENGTH,
    Command,
    Response,
)

WITHOUT_INTEGRITY, WITH_INTEGRITY = 0x08, 0x0C
SECURE_CLASSES = frozenset({WITHOUT_INTEGRITY, WITH_INTEGRITY})
_VERIFY, _SELECT, _READ_BINARY = 0x20, 0xA4, 0xB0
_BLOCK = 16
_CRYPTOGRAM, _EXPECTED_LENGTH = 0x86, 0x96
_PADDED = 0x01
_DELIVERY = bytes.fromhex("A0228020")
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class SecureMessagingRefusal(Exception):
    """End a command with a status word before the application sees it. `ends`: the session is over."""

    def __init__(self, sw: int, *, ends: bool = True) -> None:
        super().__init__(sw)
        self.sw = sw
        self.ends = ends


class SecureSession:
    """Hold the key of a session and the counter that the next command has."""

    __slots__ = ("_chain", "_chained", "_decrypt_blocks", "_encrypt_blocks", "counter")

    def __init__(self, key: bytes) -> None:
        self.counter = 1
        # kept for the whole session: to begin a cipher costs more than to use it
        blocks = Cipher(algorithms.AES128(key), modes.ECB())
        self._encrypt_blocks = blocks.encryptor().update
        self._decrypt_blocks = blocks.decryptor().update
        self._chain = Cipher(algorithms.AES128(key), modes.CBC(bytes(_BLOCK))).encryptor().update
        self._chained = bytes(_BLOCK)
        """The block that `_chain` adds to the next one."""

    @classmethod
    def delivered(cls, private: RSAPrivateKey, encrypted: bytes) -> SecureSession:
        """Begin a session with the key that `encrypted` delivers. Raises SecureMessagingRefusal."""
        numbers = private.private_numbers().public_numbers
        if len(encrypted) != (private.key_size + 7) // 8:
            raise SecureMessagingRefusal(WRONG_DATA)
        if int.from_bytes(encrypted, "big") >= numbers.n:
            raise SecureMessagingRefusal(NO_DIAGNOSIS)
        try:
            message = private.decrypt(encrypted, _OAEP)
        except ValueError:
            raise SecureMessagingRefusal(WRONG_DATA) from None
        if message[:4] != _DELIVERY or len(message) != 4 + 32:
            raise SecureMessagingRefusal(WRONG_DATA)
        return cls(message[4 : 4 + _BLOCK])

    def opened(self, command: Command) -> Command:
        """Return the plain command that stands in one of class 08 or 0C, and count it. Raises SecureMessagingRefusal."""
        if command.cla == WITH_INTEGRITY:
            raise SecureMessagingRefusal(SECURE_MESSAGING_OBJECT_MISSING)
        ins, le = command.ins, command.le
        if ins in (_VERIFY, _SELECT):
            data = self._decrypted(command.data)
        elif ins == _READ_BINARY:
            data, wanted = b"", _expected_length(command.data)
            le = None if le is None else wanted
        else:
            raise SecureMessagingRefusal(SECURE_MESSAGING_CLASS, ends=False)
        self.counter += 1
        return Command(0x00, ins, command.p1, command.p2, data, le)

    def closed(self, answer: Response, le: int | None) -> Response:
        """Return the answer to the command opened last, its data encrypted; 6700 if that is longer than the outer `le`."""
        padded = answer.data + b"\x80"
        padded += bytes(-len(padded) % _BLOCK)
        # the chain goes on from its last block: adding that and the IV to the first one begins it anew
        begun = _xor(padded[:_BLOCK], self._chained, self._iv(self.counter - 1))
        cryptogram = self._chain(begun + padded[_BLOCK:])
        self._chained = cryptogram[-_BLOCK:]
        data = _cryptogram_object(cryptogram)
        if le is not None and len(data) > le:
            return Response(b"", WRONG_LENGTH)
        return Response(data, answer.sw)

    def _decrypted(self, data: bytes) -> bytes:
        cryptogram = _cryptogram_in(data)
        before = self._iv(self.counter) + cryptogram[:-_BLOCK]
        padded = _xor(self._decrypt_blocks(cryptogram), before).rstrip(b"\0")
        if padded[-1:] != b"\x80":
            raise SecureMessagingRefusal(SECURE_MESSAGING_WRONG)
        return padded[:-1]

    def _iv(self, counter: int) -> bytes:
        return self._encrypt_blocks(counter.to_bytes(_BLOCK, "big"))


def _xor(first: bytes, *others: bytes) -> bytes:
    number = int.from_bytes(first, "big")
    for other in others:
        number ^= int.from_bytes(other, "big")
    return number.to_bytes(len(first), "big")


def _cryptogram_in(data: bytes) -> bytes:
    """Return the ciphertext of the one object that may stand there. Raises SecureMessagingRefusal(6988)."""
    start, length = 2, data[1] if len(data) > 1 else 0
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start], "big")
    whole = len(data) == start + length and data[:1] == bytes((_CRYPTOGRAM,))
    if not whole or data[start : start + 1] != bytes((_PADDED,)) or length <= 1 or (length - 1) % _BLOCK:
        raise SecureMessagingRefusal(SECURE_MESSAGING_WRONG)
    return data[start + 1 :]


def _expected_length(data: bytes) -> int:
    if len(data) != 5 or data[:3] != bytes((_EXPECTED_LENGTH, 0x03, 0x00)):
        raise SecureMessagingRefusal(SECURE_MESSAGING_WRONG)
    return int.from_bytes(data[3:], "big") or MAX_EXTENDED


def _cryptogram_object(cryptogram: bytes) -> bytes:
    length = 1 + len(cryptogram)
    if length < 0x80:
        head = bytes((length,))
    elif length < 0x100:
        head = bytes((0x81, length))
    else:
        head = b"\x82" + length.to_bytes(2, "big")
    return bytes((_CRYPTOGRAM,)) + head + bytes((_PADDED,)) + cryptogram
