"""Sign for COMPUTE DIGITAL SIGNATURE (80 2A) and INTERNAL AUTHENTICATE: P1 says who hashes and who pads (docs/facts.md, 1.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import CONDITIONS, WRONG_P1_P2
from cards.image import Key

from .session import Refusal

VERBATIM_LIMIT = 245
"""Bytes that PKCS #1 v1.5 leaves under a 2048-bit key."""

_PKCS1 = padding.PKCS1v15()
_BARE = utils.NoDigestInfo()
_SHA256 = hashes.SHA256()
_PREHASHED = utils.Prehashed(_SHA256)
_PSS = padding.PSS(padding.MGF1(_SHA256), 32)
_ECDSA_P384 = ec.ECDSA(utils.Prehashed(hashes.SHA384()))


def _verbatim(key: RSAPrivateKey, data: bytes) -> bytes:
    if len(data) > VERBATIM_LIMIT:
        raise Refusal(CONDITIONS)
    return key.sign(data, _PKCS1, _BARE)


def _hash_bare(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(hashlib.sha256(data).digest(), _PKCS1, _BARE)


def _digest_info(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(_exactly_one_hash(data), _PKCS1, _PREHASHED)


def _hash_digest_info(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, _PKCS1, _SHA256)


def _pss(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(_exactly_one_hash(data), _PSS, _PREHASHED)


def _hash_pss(key: RSAPrivateKey, data: bytes) -> bytes:
    return key.sign(data, _PSS, _SHA256)


def _exactly_one_hash(data: bytes) -> bytes:
    if len(data) != 32:
        raise Refusal(CONDITIONS)
    return data


_SCHEMES: dict[int, Callable[[RSAPrivateKey, bytes], bytes]] = {
    0x00: _verbatim,
    0x01: _hash_bare,
    0x02: _digest_info,
    0x03: _hash_digest_info,
    0x04: _pss,
    0x05: _hash_pss,
}


def check_scheme(p1: int) -> None:
    """Check P1. Raises Refusal(6A86) for one outside the matrix."""
    if p1 not in _SCHEMES:
        raise Refusal(WRONG_P1_P2)


def sign(key: Key, p1: int, data: bytes) -> bytes:
    """Make the signature that P1 asks for; RSA: 256 bytes. Raises Refusal(6985) for a wrong length of `data`.

    ECDSA P-384 (the draft of 2028): P1 00 with a 48-byte hash, answered as r and s of 48 bytes each.
    """
    if isinstance(key.private, RSAPrivateKey):
        signature = _SCHEMES[p1](key.private, data)
    else:
        if p1 != 0x00:
            raise Refusal(WRONG_P1_P2)
        if len(data) != 48:
            raise Refusal(CONDITIONS)
        r, s = utils.decode_dss_signature(key.private.sign(data, _ECDSA_P384))
        signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    if key.garbage:
        return hashlib.shake_256(signature).digest(len(signature))
    return signature
