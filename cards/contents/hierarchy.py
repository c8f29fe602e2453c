"""Hold the test hierarchy of card-verifiable certificates, and the keys that all virtual cards have in common.

Real cards have certificates of this form in EF 0004 of both 券面 applications and as data objects of the card manager; the roots
are not on the card (soltia48/myna-card, `src/data.rs`, `src/ca.rs`). Ours are published test keys (hierarchy.toml), so that a
client's chain check succeeds once it knows `roots()`, and so that making a card costs no time for keys that are no person's.
"""

from __future__ import annotations

import base64
import functools
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from .tlv import public_key, signed, tlv

_FILE = Path(__file__).with_name("hierarchy.toml")

MANAGER_ROOT, INTERMEDIATE, MANAGER = 20, 21, 22
SURFACE_ROOT, TEXT_ROOT = 23, 33
"""Numbers of our keys. 20, 23 and 33 are those that the roots of real hierarchies end in, behind 50000 and 60000."""
_ROOTS = {MANAGER_ROOT: "manager_root", SURFACE_ROOT: "surface_root", TEXT_ROOT: "text_root"}


@functools.cache
def shared_key(name: str) -> RSAPrivateKey:
    """Return a published test key by its name in hierarchy.toml. Raises KeyError for a name that is not there."""
    # our own file: checking the primes again would cost 30 ms a key
    key = serialization.load_der_private_key(
        base64.b64decode(_encoded()[name]), None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(key, RSAPrivateKey)
    return key


@functools.cache
def _encoded() -> dict[str, str]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def roots() -> dict[bytes, RSAPublicKey]:
    """Return the public keys that a client has to know, by the 16 bytes of their 証明者鍵ID."""
    return {key_id(number): shared_key(name).public_key() for number, name in _ROOTS.items()}


def key_id(number: int) -> bytes:
    """Return the 16 bytes that name a key of ours: 7 digits, 08 05, 3 digits, four bytes of padding.

    The form is that of real ones (soltia48/myna-card, `src/data.rs`), which begin with 5, or 6 for test cards; ours begin with 9.
    """
    return _named(f"90000{number:02d}", "001")


def issuer_id(municipality: str) -> bytes:
    """Return the 16 bytes that name the key of a municipality of five digits, as on the test card that was read: code, 21, 000."""
    return _named(f"{municipality}21", "000")


def _named(number: str, group: str) -> bytes:
    return number.encode() + b"\x08\x05" + group.encode() + bytes(4)


def certificate(
    issuer: RSAPrivateKey, issuer_name: bytes, subject: RSAPublicKey, subject_name: bytes
) -> bytes:
    """Make a certificate without its template 7F21: body 5F4E of 297 bytes and signature 5F37, RSASSA-PKCS1-v1_5 with SHA-256."""
    body = issuer_name + subject_name + public_key(subject)
    return tlv(0x5F4E, body) + tlv(0x5F37, signed(issuer, body))


@functools.cache
def chain() -> tuple[bytes, bytes]:
    """Make the two certificates that the card manager shows, as GET DATA 00F8 and 7F21 give them: root to intermediate to manager."""
    intermediate = shared_key("intermediate")
    return (
        certificate(
            shared_key("manager_root"), key_id(MANAGER_ROOT), intermediate.public_key(), key_id(INTERMEDIATE)
        ),
        certificate(intermediate, key_id(INTERMEDIATE), shared_key("manager").public_key(), key_id(MANAGER)),
    )


@functools.cache
def issuer_certificate(root: int, municipality: str) -> bytes:
    """Make EF 0004 of a 券面 application: `root` (SURFACE_ROOT, TEXT_ROOT) certifies the municipality's key, in template 7F21."""
    inner = certificate(
        shared_key(_ROOTS[root]), key_id(root), shared_key("issuer").public_key(), issuer_id(municipality)
    )
    return tlv(0x7F21, inner)
