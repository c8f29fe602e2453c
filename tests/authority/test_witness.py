"""openssl's own judgement of what the authority makes."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from server_stub.authority import Authority
from server_stub.authority.profile import Kind
from server_stub.interface.clock import STAGE_START
from server_stub.node import RunningNode
from tests.authority.helper import SomeHolder, load, request_for

pytestmark = [
    pytest.mark.witness,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed"),
]
_ANY_TIME = str(200 * 366 * 86400)
"""Seconds. openssl compares thisUpdate with the machine's time and offers no way to give it the stage's."""


def openssl(*arguments: str | Path) -> tuple[int, str]:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=20, check=False
    )
    return done.returncode, done.stdout + done.stderr


class Files:
    def __init__(self, folder: Path, authority: Authority, leaf: bytes) -> None:
        self.folder = folder
        self.ca = self._pem("ca", authority.authentication_ca_certificate())
        self.other_ca = self._pem("other_ca", authority.signature_ca_certificate())
        self.leaf = self._pem("leaf", leaf)
        self.serial = load(leaf).serial_number

    def _pem(self, name: str, der: bytes) -> Path:
        path = self.folder / f"{name}.pem"
        path.write_bytes(load(der).public_bytes(Encoding.PEM))
        return path


@pytest.fixture
def files(authority: Authority, card_key: RSAPublicKey, tmp_path: Path) -> Files:
    leaf = authority.issue_authentication(card_key, SomeHolder(), now=STAGE_START)
    return Files(tmp_path, authority, leaf)


def verify(files: Files, ca: Path, at: datetime) -> tuple[int, str]:
    return openssl("verify", "-x509_strict", "-attime", str(int(at.timestamp())), "-CAfile", ca, files.leaf)


def test_openssl_accepts_both_leaves_under_their_ca_within_their_validity_only(
    files: Files, authority: Authority, card_key: RSAPublicKey, tmp_path: Path
) -> None:
    code, said = verify(files, files.ca, STAGE_START)
    assert code == 0, said
    end = datetime.fromisoformat("2030-08-15T23:59:59+09:00")
    assert verify(files, files.ca, end - timedelta(seconds=1))[0] == 0
    assert "expired" in verify(files, files.ca, end + timedelta(seconds=1))[1]
    assert "not yet valid" in verify(files, files.ca, STAGE_START - timedelta(seconds=1))[1]
    assert verify(files, files.other_ca, STAGE_START)[0] != 0
    signing = Files(tmp_path, authority, authority.issue_signature(card_key, SomeHolder(), now=STAGE_START))
    code, said = verify(signing, signing.other_ca, STAGE_START)
    assert code == 0, said


def test_openssl_reads_the_names_of_the_signature_certificate(
    authority: Authority, card_key: RSAPublicKey, tmp_path: Path
) -> None:
    holder = SomeHolder()
    path = tmp_path / "leaf.der"
    path.write_bytes(authority.issue_signature(card_key, holder, now=STAGE_START))
    code, said = openssl("asn1parse", "-inform", "DER", "-in", path, "-dump")
    assert code == 0, said
    code, said = openssl("x509", "-inform", "DER", "-in", path, "-noout", "-ext", "subjectAltName,keyUsage")
    assert "Digital Signature, Non Repudiation" in said and said.count("othername:") == 6, said


def ask(node: RunningNode, files: Files, *more: str | Path) -> tuple[int, str]:
    return openssl(
        "ocsp", "-issuer", files.ca, "-CAfile", files.ca, "-url", f"{node.base_url}/ocsp/authentication",
        "-validity_period", _ANY_TIME, "-nonce", "-attime", str(int(STAGE_START.timestamp())), "-no_proxy", "*",
        *more,
    )  # fmt: skip


def test_openssl_accepts_good_held_revoked_and_unknown(
    node: RunningNode, files: Files, authority: Authority
) -> None:
    code, said = ask(node, files, "-cert", files.leaf)
    assert code == 0 and "Response verify OK" in said and f"{files.leaf}: good" in said, said
    assert "WARNING" not in said, said  # no nonce missing, no status time out of order
    authority.hold(files.serial)
    _, said = ask(node, files, "-cert", files.leaf)
    assert "Response verify OK" in said and ": revoked" in said and "Reason: certificateHold" in said, said
    authority.release(files.serial)
    authority.revoke(files.serial, "key_compromise")
    _, said = ask(node, files, "-cert", files.leaf)
    assert "Response verify OK" in said and "Reason: keyCompromise" in said, said
    _, said = ask(node, files, "-serial", "12345")
    assert "Response verify OK" in said and "12345: unknown" in said, said


def test_openssl_gets_one_answer_for_several_certificates(node: RunningNode, files: Files) -> None:
    _, said = ask(node, files, "-cert", files.leaf, "-serial", "12345")
    assert "Response verify OK" in said and f"{files.leaf}: good" in said and "12345: unknown" in said, said


def test_openssl_rejects_an_answer_that_was_tampered_with(files: Files, authority: Authority) -> None:
    ca, leaf = load(authority.authentication_ca_certificate()), load(authority.of_person("P0001")[0].der)
    request = request_for(leaf, ca)
    answer = bytearray(authority.ocsp(Kind.AUTHENTICATION, request))
    good = answer.index(b"\x80\x00\x18\x0f")
    answer[good] = 0x82
    (files.folder / "answer.der").write_bytes(answer)
    code, said = openssl(
        "ocsp", "-respin", files.folder / "answer.der", "-issuer", files.ca, "-CAfile", files.ca,
        "-cert", files.leaf, "-validity_period", _ANY_TIME,
    )  # fmt: skip
    assert code != 0 and "Response Verify Failure" in said, said


def test_openssl_accepts_the_list_and_finds_the_revoked_certificate(
    files: Files, authority: Authority
) -> None:
    authority.revoke(files.serial, "affiliation_changed")
    path = files.folder / "crl.der"
    path.write_bytes(authority.crl(Kind.AUTHENTICATION))
    code, said = openssl("crl", "-inform", "DER", "-in", path, "-CAfile", files.ca, "-noout", "-text")
    assert code == 0 and "verify OK" in said, said
    assert f"{files.serial:X}" in said and "Affiliation Changed" in said, said
    pem = files.folder / "crl.pem"
    openssl("crl", "-inform", "DER", "-in", path, "-out", pem)
    code, said = openssl(
        "verify", "-crl_check", "-CRLfile", pem, "-attime", str(int(STAGE_START.timestamp() + 60)),
        "-CAfile", files.ca, files.leaf,
    )  # fmt: skip
    assert code != 0 and "certificate revoked" in said, said
