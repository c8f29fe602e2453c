"""Programs that speak PKCS #11 work with the virtual card through OpenSC's module, as they would with a real one."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cards.readers.pcsc import PcscReader
from cards.virtual import VirtualCard
from tests.cards.helper import card
from tests.cards.pcsc_service import lay_down, run, service, wait_for

pytestmark = pytest.mark.witness
REFERENCE = Path(__file__).parent / "pkcs11_reference.txt"
CHANGING = re.compile(
    r"(?<=CN=)[0-9A-Z]+(?=28101001A)|(?<=serial:     )[0-9A-F]{20,40}|(?<=Profile object )\d+"
)
AUTHENTICATION, SIGNATURE = 0x18, 0x1B


@pytest.fixture(scope="module")
def lying() -> Iterator[VirtualCard]:
    service()
    made = card()
    slot = lay_down(made)
    yield made
    slot.remove()
    wait_for(lambda: not PcscReader().present())


@pytest.fixture(autouse=True)
def _all_tries(lying: VirtualCard) -> None:
    for fid in (AUTHENTICATION, SIGNATURE):
        pin = lying.image.pin("jpki", fid)
        pin.tries = pin.limit


def tool(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    module = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"))
    return run("pkcs11-tool", "--module", str(module), *arguments)


def told(*arguments: str) -> str:
    done = tool(*arguments)
    assert done.returncode == 0, done.stderr
    return CHANGING.sub("…", done.stdout.decode())


def log_in(pin: str) -> bytes:
    """What the program says of a login with the authentication PIN."""
    return tool("--slot-index", "0", "--login", "--pin", pin, "--list-objects").stderr


def flags() -> list[str]:
    """The token's flags for each PIN."""
    return [line.strip() for line in told("--list-slots").splitlines() if "token flags" in line]


def test_slots_objects_and_the_countdown_are_as_the_reference_says(lying: VirtualCard) -> None:
    seen = ["# slots", told("--list-slots"), "# objects", told("--list-objects")]
    for wrong in ("9999", "8888", "7777"):
        assert b"CKR_PIN_INCORRECT" in log_in(wrong)
        left = lying.image.pin("jpki", AUTHENTICATION).tries
        seen += [f"# after a wrong PIN, {left} left on the card", *flags()]
    assert b"CKR_" in log_in("1234")
    lying.image.pin("jpki", SIGNATURE).tries = 0
    seen += ["# both blocked", *flags(), ""]
    assert "\n".join(seen) == REFERENCE.read_text(encoding="utf-8")


def test_a_right_pin_gives_the_tries_back(lying: VirtualCard) -> None:
    log_in("9999")
    assert "user PIN count low" in flags()[0]
    assert b"CKR_" not in log_in("1234")
    assert "PIN count" not in flags()[0]
    assert lying.image.pin("jpki", AUTHENTICATION).tries == 3


@pytest.mark.parametrize(
    ("slot", "identifier", "pin", "certificate"), [("0", "01", "1234", 0x0A), ("1", "02", "ABC123", 0x01)]
)
def test_a_signature_made_over_pkcs11_verifies_with_openssl(
    lying: VirtualCard, tmp_path: Path, slot: str, identifier: str, pin: str, certificate: int
) -> None:
    data, signature, public = tmp_path / "data", tmp_path / "signature", tmp_path / "public.pem"
    data.write_bytes(b"signed by a program that is not ours")
    der = lying.image.application("jpki").files[certificate].content
    key = x509.load_der_x509_certificate(der).public_key()
    public.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    done = tool(
        "--slot-index", slot, "--login", "--pin", pin, "--sign", "--id", identifier,
        "--mechanism", "SHA256-RSA-PKCS", "--input-file", str(data), "--output-file", str(signature),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    verify = ["openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(signature), str(data)]
    assert subprocess.run(verify, capture_output=True, text=True).stdout.strip() == "Verified OK"
    data.write_bytes(b"something else")
    assert subprocess.run(verify, capture_output=True, text=True).stdout.strip() == "Verification failure"


def test_without_its_pin_nothing_is_signed(lying: VirtualCard, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"x")
    done = tool(
        "--slot-index", "0", "--sign", "--id", "01", "--mechanism", "SHA256-RSA-PKCS",
        "--input-file", str(tmp_path / "data"), "--output-file", str(tmp_path / "signature"),
    )  # fmt: skip
    assert done.returncode != 0
    assert not (tmp_path / "signature").exists() or not (tmp_path / "signature").read_bytes()
