"""Each signature scheme of `80 2A` verifies with the public key of the certificate, under the padding its P1 names."""

from __future__ import annotations

import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cards.apdu import Command, Response
from cards.virtual import VirtualCard
from tests.cards.helper import JPKI, ask, powered

MESSAGE = b"abc"
HASH = hashlib.sha256(MESSAGE).digest()
INFO = bytes.fromhex("3031300D060960864801650304020105000420")


def ready(profile: str = "plain") -> VirtualCard:
    card = powered(profile)
    ask(card, JPKI, "0020009804" + b"1234".hex(), "0020009B06" + b"ABC123".hex())
    return card


def public(card: VirtualCard, fid: int) -> RSAPublicKey:
    der = card.image.application("jpki").files[fid].content
    key = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def signature(card: VirtualCard, p1: int, p2: int, data: bytes) -> bytes:
    answer = Response.parse(card.transmit(Command(0x80, 0x2A, p1, p2, data, 256).encode()))
    assert answer.sw == 0x9000
    return answer.data


def recovered(key: RSAPublicKey, signed: bytes) -> bytes:
    """What lies behind the padding, by plain arithmetic."""
    numbers = key.public_numbers()
    block = pow(int.from_bytes(signed, "big"), numbers.e, numbers.n).to_bytes(256, "big")
    head, _, payload = block[1:].partition(b"\0")
    assert block[:2] == b"\0\x01" and set(head[1:]) == {0xFF}
    return payload


@pytest.mark.parametrize(("p2", "certificate"), [(0x97, 0x0A), (0x9A, 0x01)])
@pytest.mark.parametrize(
    ("p1", "data", "payload"),
    [
        (0x00, b"anything at all", b"anything at all"),
        (0x00, INFO + HASH, INFO + HASH),
        (0x01, MESSAGE, HASH),
        (0x02, HASH, INFO + HASH),
        (0x03, MESSAGE, INFO + HASH),
    ],
    ids=["anything", "digest info", "01", "02", "03"],
)
def test_pkcs1_pads_exactly_what_p1_promises(
    p2: int, certificate: int, p1: int, data: bytes, payload: bytes
) -> None:
    card = ready()
    assert recovered(public(card, certificate), signature(card, p1, p2, data)) == payload


@pytest.mark.parametrize(("p1", "data"), [(0x04, HASH), (0x05, MESSAGE)], ids=["04", "05"])
def test_pss_verifies_and_differs_each_time(p1: int, data: bytes) -> None:
    card = ready()
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signed = {signature(card, p1, 0x97, data) for _ in range(2)}
    assert len(signed) == 2
    for one in signed:
        public(card, 0x0A).verify(one, MESSAGE, scheme, hashes.SHA256())


def test_internal_authenticate_is_an_ordinary_signature_over_the_challenge() -> None:
    card = powered()
    ask(card, "00A4040C0AD3921000310001010100")
    answer = Response.parse(ask(card, "00880099 04 DEADBEEF 00"))
    key = card.image.application("common").files[0x19].key
    assert key is not None
    own = key.private.public_key()
    assert isinstance(own, RSAPublicKey)
    own.verify(answer.data, bytes.fromhex("DEADBEEF"), padding.PKCS1v15(), hashes.SHA256())


def test_the_draft_card_signs_with_ecdsa_p384() -> None:
    card = ready("draft_2028")
    digest = hashlib.sha384(MESSAGE).digest()
    signed = signature(card, 0x00, 0x97, digest)
    key = x509.load_der_x509_certificate(card.image.application("jpki").files[0x0A].content).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    der = utils.encode_dss_signature(int.from_bytes(signed[:48], "big"), int.from_bytes(signed[48:], "big"))
    key.verify(der, MESSAGE, ec.ECDSA(hashes.SHA384()))


@pytest.mark.parametrize(
    ("command", "sw"),
    [("802A01972000" + "00" * 31 + "00", "6A86"), ("802A009721" + "00" * 33 + "00", "6985")],
)
def test_the_draft_card_takes_one_384_bit_hash_and_nothing_else(command: str, sw: str) -> None:
    assert ask(ready("draft_2028"), command).hex().upper() == sw
