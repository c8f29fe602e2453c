"""The terminal's side of secure messaging, as the public account of it says (docs/facts.md, 1.4); shares no code with the card.

OAEP, padding, CBC and objects are written out here; of AES it takes one block at a time.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Transmit = Callable[[bytes], bytes]


def public_key_in(file: bytes) -> tuple[int, int]:
    """Exponent and modulus of EF 0006: A1, length, 90 03 …, 91 82 01 00 …"""
    at = file.index(b"\x90\x03")
    exponent = int.from_bytes(file[at + 2 : at + 5], "big")
    assert file[at + 5 : at + 9] == b"\x91\x82\x01\x00"
    return exponent, int.from_bytes(file[at + 9 : at + 265], "big")


def oaep(message: bytes, seed: bytes, size: int = 256) -> bytes:
    """EME-OAEP of RFC 8017, 7.1.1, with SHA-256 and an empty label."""
    hashed = hashlib.sha256(b"").digest()
    block = hashed + bytes(size - len(message) - 2 * 32 - 2) + b"\x01" + message
    masked = _xor(block, _mgf(seed, len(block)))
    return b"\0" + _xor(seed, _mgf(masked, 32)) + masked


def _mgf(seed: bytes, length: int) -> bytes:
    parts = (hashlib.sha256(seed + number.to_bytes(4, "big")).digest() for number in range(length // 32 + 1))
    return b"".join(parts)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@functools.lru_cache(1000)
def delivered_in(private: RSAPrivateKey, data: bytes) -> bytes | None:
    """The message of a delivery; None if the OAEP around it is wrong."""
    numbers = private.private_numbers()
    of_p, of_q = (
        pow(int.from_bytes(data, "big"), d, p)
        for d, p in ((numbers.dmp1, numbers.p), (numbers.dmq1, numbers.q))
    )
    block = (of_q + numbers.q * (numbers.iqmp * (of_p - of_q) % numbers.p)).to_bytes(256, "big")
    seed = _xor(block[1:33], _mgf(block[33:], 32))
    inner = _xor(block[33:], _mgf(seed, 223))
    start = inner.find(b"\x01", 32)
    if block[0] or inner[:32] != hashlib.sha256(b"").digest() or start < 0 or any(inner[32:start]):
        return None
    return inner[start + 1 :]


def delivery(key_file: bytes, message: bytes, seed: bytes = b"\x5a" * 32) -> bytes:
    """The data of 80 AE for whoever has the key of EF 0006."""
    exponent, modulus = public_key_in(key_file)
    return pow(int.from_bytes(oaep(message, seed), "big"), exponent, modulus).to_bytes(256, "big")


class SecureClient:
    """One session. `seed`: 32 bytes, the first 16 of which become the key."""

    def __init__(self, transmit: Transmit, seed: bytes) -> None:
        self._transmit = transmit
        self.seed = seed
        self.counter = 1
        both = Cipher(algorithms.AES128(seed[:16]), modes.ECB())
        self._encrypt, self._decrypt = both.encryptor().update, both.decryptor().update

    def open(self, key_file: bytes) -> bytes:
        data = delivery(key_file, b"\xa0\x22\x80\x20" + self.seed)
        return self._transmit(bytes.fromhex("80AE0000000100") + data)

    def select(self, fid: int) -> bytes:
        return self._transmit(self.command_select(fid))

    def verify(self, fid: int, value: bytes) -> bytes:
        return self._transmit(self.command_verify(fid, value))

    def read(self, offset: int = 0, length: int = 0) -> tuple[bytes, bytes]:
        """Data in clear and status word."""
        answer = self._transmit(self.command_read(offset, length))
        return (self.clear(answer[:-2]) if len(answer) > 2 else b""), answer[-2:]

    def command_select(self, fid: int) -> bytes:
        return self._with_cryptogram(bytes.fromhex("08A4020C"), fid.to_bytes(2, "big"))

    def command_verify(self, fid: int, value: bytes) -> bytes:
        return self._with_cryptogram(bytes((0x08, 0x20, 0x00, 0x80 | fid)), value)

    def command_read(self, offset: int = 0, length: int = 0) -> bytes:
        self.counter += 1
        head = bytes((0x08, 0xB0)) + offset.to_bytes(2, "big")
        return head + b"\x00\x00\x05\x96\x03\x00" + length.to_bytes(2, "big") + b"\0\0"

    def _with_cryptogram(self, header: bytes, plain: bytes) -> bytes:
        data = self.cryptogram(plain)
        self.counter += 1
        return header + bytes((len(data),)) + data

    def cryptogram(self, plain: bytes, counter: int | None = None) -> bytes:
        padded = plain + b"\x80"
        padded += bytes(-len(padded) % 16)
        block, found = self.iv(self.counter if counter is None else counter), b""
        for at in range(0, len(padded), 16):
            block = self._encrypt(_xor(block, padded[at : at + 16]))
            found += block
        return bytes((0x86, len(found) + 1, 0x01)) + found

    def clear(self, data: bytes) -> bytes:
        """What stands in an answer to the last command."""
        assert data[0] == 0x86, "no secure answer"
        start = 2 if data[1] < 0x80 else 2 + (data[1] & 0x7F)
        length = data[1] if start == 2 else int.from_bytes(data[2:start], "big")
        assert len(data) == start + length and data[start] == 0x01 and length % 16 == 1, "no secure answer"
        found = self.blocks(data[start + 1 :], self.counter - 1).rstrip(b"\0")
        assert found.endswith(b"\x80"), "a secure answer of another counter or key"
        return found[:-1]

    def blocks(self, cryptogram: bytes, counter: int) -> bytes:
        """Decrypt without looking at the padding."""
        before, found = self.iv(counter), b""
        for at in range(0, len(cryptogram), 16):
            block = cryptogram[at : at + 16]
            found += _xor(self._decrypt(block), before)
            before = block
        return found

    def iv(self, counter: int) -> bytes:
        return self._encrypt(counter.to_bytes(16, "big"))
