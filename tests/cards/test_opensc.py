"""OpenSC, which knows the real card and nothing of us, takes the virtual one for it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cards.readers.pcsc import PcscReader
from cards.virtual import VirtualCard
from tests.cards.helper import card
from tests.cards.pcsc_service import lay_down, run, service, wait_for

REFERENCE = Path(__file__).parent / "opensc_dump.txt"
CHANGING = re.compile(r"(MD:guid +: |Encoded serial : \w\w \w\w ).*")
pytestmark = pytest.mark.witness


@contextmanager
def on_the_reader(profile: str) -> Iterator[VirtualCard]:
    made = card(profile)
    slot = lay_down(made)
    yield made
    slot.remove()
    wait_for(lambda: not PcscReader().present())


@pytest.fixture(scope="module")
def plain() -> Iterator[VirtualCard]:
    """One card for all tests of this file; the one that blocks its PIN is the last."""
    service()
    with on_the_reader("plain") as made:
        yield made


def dump() -> str:
    done = run("pkcs15-tool", "--dump")
    assert done.returncode == 0, done.stderr
    return CHANGING.sub(r"\1…", done.stdout.decode())


def test_opensc_sees_the_card_as_the_reference_says(plain: VirtualCard) -> None:
    assert run("opensc-tool", "--name").stdout.decode().strip() == "jpki"
    assert dump() == REFERENCE.read_text(encoding="utf-8")


@pytest.mark.parametrize(("identifier", "fid"), [("01", 0x0A), ("03", 0x0B), ("04", 0x02)])
def test_certificates_read_by_opensc_equal_ours_byte_by_byte(
    plain: VirtualCard, identifier: str, fid: int
) -> None:
    pem = run("pkcs15-tool", "--read-certificate", identifier).stdout
    read = x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER)
    assert read == plain.image.application("jpki").files[fid].content


def public_key(plain: VirtualCard, fid: int, folder: Path) -> Path:
    certificate = x509.load_der_x509_certificate(plain.image.application("jpki").files[fid].content)
    path = folder / "public.pem"
    path.write_bytes(
        certificate.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return path


@pytest.mark.parametrize(("key", "pin", "fid"), [("01", "1234", 0x0A), ("02", "ABC123", 0x01)])
def test_a_signature_made_by_opensc_verifies_with_openssl(
    plain: VirtualCard, tmp_path: Path, key: str, pin: str, fid: int
) -> None:
    (tmp_path / "data").write_bytes(b"signed by a program that is not ours")
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary", str(tmp_path / "data")], capture_output=True, check=True
    ).stdout
    (tmp_path / "digest").write_bytes(digest)
    done = run(
        "pkcs15-crypt", "--sign", "--key", key, "--sha-256", "--pkcs1", "--raw", "--pin", pin,
        "--input", str(tmp_path / "digest"), "--output", str(tmp_path / "signature"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verified = subprocess.run(
        [
            "openssl", "dgst", "-sha256", "-verify", str(public_key(plain, fid, tmp_path)),
            "-signature", str(tmp_path / "signature"), str(tmp_path / "data"),
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert verified.stdout.strip() == "Verified OK"


def tries(text: str) -> list[str]:
    return re.findall(r"Tries left +: (\d+)", text)


def test_wrong_pins_count_down_to_blocked_before_opensc_s_eyes(plain: VirtualCard) -> None:
    counted = []
    for _ in range(3):
        done = run("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", "9999")
        assert done.returncode != 0
        counted.append(tries(dump()))
    assert counted == [["2", "5"], ["1", "5"], ["0", "5"]]
    assert plain.image.pin("jpki", 0x18).tries == 0
    assert run("pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", "1234").returncode != 0
