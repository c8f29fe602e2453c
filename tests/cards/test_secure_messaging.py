"""Secure messaging of the 券面入力補助AP, by a terminal's side that shares no code with the card's, and by openssl."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from cards.contents.hierarchy import roots
from cards.virtual import VirtualCard
from tests.cards.helper import HOLDER, ask, powered
from tests.cards.secure_client import SecureClient, delivery, public_key_in
from tests.cards.test_personalise import objects

TEXT, SURFACE = "00A4040C0AD3921000310001010408", "00A4040C0AD3921000310001010402"
SEED = bytes(range(32))


@dataclass
class Table:
    card: VirtualCard

    def content(self, fid: int) -> bytes:
        return self.card.image.application("text").files[fid].content

    def value(self, fid: int) -> bytes:
        return self.card.image.pin("text", fid).value.encode()

    def verify(self, fid: int) -> bytes:
        value = self.value(fid)
        return ask(self.card, f"002000{0x80 | fid:02X}{len(value):02X}{value.hex()}")

    def deliver(self, message: bytes) -> str:
        data = delivery(self.content(6), message)
        return ask(self.card, "80AE0000000100" + data.hex()).hex()

    def session(self) -> SecureClient:
        client = SecureClient(self.card.transmit, SEED)
        assert client.open(self.content(6)) == b"\x90\x00"
        return client


def table_with_pin() -> Table:
    """The application selected, its PIN verified."""
    made = Table(powered())
    ask(made.card, TEXT)
    assert made.verify(0x11) == b"\x90\x00"
    return made


def test_the_four_basic_items_are_read_as_they_are_and_never_in_clear() -> None:
    table = table_with_pin()
    sent: list[bytes] = []
    client = table.session()
    client._transmit = lambda command: sent.append(table.card.transmit(command)) or sent[-1]
    assert client.select(0x02) == b"\x90\x00"
    data, sw = client.read()
    assert (data, sw) == (table.content(2), b"\x90\x00")
    assert HOLDER.name.encode() in data and all(HOLDER.name.encode() not in answer for answer in sent)
    assert client.read(14, 15)[0] == table.content(2)[14:29]


def test_the_my_number_can_be_shown_without_being_seen() -> None:
    table = table_with_pin()
    client = table.session()
    assert client.verify(0x14, table.value(0x14)) == b"\x90\x00"
    assert client.select(0x01) == b"\x90\x00"
    assert client.read()[0][3:15] == table.value(0x14)


def test_no_session_key_is_taken_before_the_pin() -> None:
    made = Table(powered())
    ask(made.card, TEXT)
    assert made.deliver(b"\xa0\x22\x80\x20" + SEED) == "6982"
    assert made.verify(0x14) == b"\x90\x00"
    assert made.deliver(b"\xa0\x22\x80\x20" + SEED) == "6982"


def test_only_a_key_for_encryption_is_taken() -> None:
    table = table_with_pin()
    assert table.deliver(b"\xa0\x22\x81\x20" + SEED) == "6a80"
    assert table.deliver(b"\xa0\x44\x80\x20" + SEED + b"\x81\x20" + SEED) == "6a80"
    assert table.deliver(b"\xa0\x12\x80\x10" + SEED[:16]) == "6a80"
    _, modulus = public_key_in(table.content(6))
    assert ask(table.card, "80AE0000000100" + f"{modulus:0512x}").hex() == "6f00"
    assert ask(table.card, "80AE0000000100" + f"{modulus - 1:0512x}").hex() == "6a80"


def test_the_counter_goes_on_whatever_the_application_says_and_plain_commands_do_not_count() -> None:
    table = table_with_pin()
    client = table.session()
    assert client.verify(0x12, b"1234567890123456") == b"\x69\x84"
    assert ask(table.card, "00A4020C020001") == b"\x90\x00"
    assert client.verify(0x14, b"000000000000") == b"\x63\xc9"
    assert client.select(0x02) == b"\x90\x00" and client.read(0, 4)[0] == table.content(2)[:4]


@pytest.mark.parametrize(
    "wrong",
    [
        "08A4020C{again}",
        "08A4020C05 9603000000",
        "08B0000000000586030000000000",
        "08A4020C26 {one}{one}",
        "08A4020C13 861102{rest}",
        "08A4020C12 861001{rest15}",
        "08200092",
        "08B00000000004960200000000",
    ],
)
def test_what_cannot_be_opened_ends_the_session(wrong: str) -> None:
    table = table_with_pin()
    client = table.session()
    counter = client.counter
    again = client.cryptogram(b"\x00\x02", counter + 1)
    one = client.cryptogram(b"\x00\x02")
    command = wrong.format(
        again=f"{len(again):02X}{again.hex()}", one=one.hex(), rest=one[3:].hex(), rest15=one[3:18].hex()
    )
    assert ask(table.card, command).hex() == "6988"
    assert client.select(0x02).hex() == "6882" and client.read()[1].hex() == "69fc"
    assert ask(table.card, "00A4020C020002") == b"\x90\x00", "plain commands go on"


def test_a_length_may_have_the_long_form() -> None:
    table = table_with_pin()
    client = table.session()
    one = client.cryptogram(b"\x00\x02")
    assert ask(table.card, f"08A4020C14 8681{one[1:].hex()}") == b"\x90\x00"


def test_checksums_are_not_offered() -> None:
    table = table_with_pin()
    table.session()
    assert ask(table.card, "0CB0000000000596030000000000").hex() == "6987"


@pytest.mark.parametrize("end", [TEXT, "off"])
def test_a_session_ends_with_the_selection_and_with_the_power(end: str) -> None:
    table = table_with_pin()
    client = table.session()
    if end == "off":
        table.card.power_off()
        table.card.power_on()
    else:
        ask(table.card, end)
    assert client.read()[1].hex() == "69fc"


@pytest.mark.parametrize("application", [SURFACE, "00A4040C0AD392F000260100000001"])
def test_other_applications_have_none(application: str) -> None:
    made = Table(powered())
    ask(made.card, application)
    assert made.deliver(b"\xa0\x22\x80\x20" + SEED) in ("66f1", "6982")


def test_an_answer_that_does_not_fit_is_refused() -> None:
    table = table_with_pin()
    client = table.session()
    client.select(0x07)
    client.counter += 1
    assert ask(table.card, "08B00000059603000000 00").hex() == "6700"


@pytest.mark.witness
def test_openssl_delivers_the_key_and_reads_the_answer(tmp_path: Path) -> None:
    table = table_with_pin()
    exponent, modulus = public_key_in(table.content(6))
    key = tmp_path / "key.pem"
    key.write_bytes(
        RSAPublicNumbers(exponent, modulus)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    delivered = openssl(
        "pkeyutl", "-encrypt", "-pubin", "-inkey", str(key),
        *("-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"),
        data=b"\xa0\x22\x80\x20" + SEED,
    )  # fmt: skip
    assert ask(table.card, "80AE0000000100" + delivered.hex()) == b"\x90\x00"
    assert ask(table.card, "00A4020C020002") == b"\x90\x00"
    answer = ask(table.card, "08B0000000000596030000000000")
    iv = openssl("enc", "-aes-128-ecb", "-nopad", "-K", SEED[:16].hex(), data=(1).to_bytes(16, "big"))
    start = 2 if answer[1] < 0x80 else 2 + (answer[1] & 0x7F)
    clear = openssl(
        "enc", "-d", "-aes-128-cbc", "-nopad", "-K", SEED[:16].hex(), "-iv", iv.hex(), data=answer[start + 1 : -2]
    )  # fmt: skip
    assert clear.rstrip(b"\0") == table.content(2) + b"\x80"


def openssl(*arguments: str, data: bytes) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout


# --- the chain ------------------------------------------------------------------------------------------------------


def key_in(data: bytes) -> RSAPublicKey:
    exponent, modulus = public_key_in(data)
    return RSAPublicNumbers(exponent, modulus).public_key()


def certificate(data: bytes) -> tuple[bytes, bytes, RSAPublicKey, bytes, bytes]:
    """Issuer, subject, key, signed bytes and signature, with or without the template."""
    if data[:2] == b"\x7f\x21":
        data = data[5:]
    assert data[:5].hex() == "5f4e820129" and data[302:307].hex() == "5f37820100" and len(data) == 563
    body = data[5:302]
    return body[:16], body[16:32], key_in(body), body, data[307:]


def check(signature: bytes, body: bytes, key: RSAPublicKey) -> None:
    key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())


def test_a_client_that_knows_the_roots_follows_the_chain_of_the_card_manager() -> None:
    card = powered()
    answers = [ask(card, f"00CA{tag}000000")[:-2] for tag in ("00F8", "7F21")]
    upper, lower = map(certificate, answers)
    check(upper[4], upper[3], roots()[upper[0]])
    assert ask(card, "00CA00F700") == upper[1] + b"\x90\x00" and lower[0] == upper[1]
    check(lower[4], lower[3], upper[2])
    assert ask(card, "00CA00F800")[-2:].hex() == "6700", "a large object wants an extended Le"
    assert bytes.fromhex("2A864886FC6B01") in ask(card, "00CA006600")


def test_the_names_of_our_keys_have_the_form_of_real_ones_and_are_none() -> None:
    for name in roots():
        assert name[:5] == b"90000" and name[7:9] == b"\x08\x05" and name[9:12].isdigit() and len(name) == 16


@pytest.mark.parametrize(("application", "fids"), [("text", (0x03, 0x07)), ("surface", (0x01, 0x05))])
def test_the_records_are_signed_by_the_issuer_that_the_root_certifies(
    application: str, fids: tuple[int, ...]
) -> None:
    card = powered()
    files = card.image.application(application).files
    issuer = certificate(files[4].content)
    check(issuer[4], issuer[3], roots()[issuer[0]])
    assert issuer[1] == b"2810121\x08\x05000" + bytes(4)
    for fid in fids:
        outer = files[fid].content
        inner = outer[2 + (1 if outer[2] < 0x80 else 1 + (outer[2] & 0x7F)) :]
        check(inner[-256:], inner[: -256 - 5], issuer[2])


def test_the_face_is_signed_in_three_parts_and_the_card_proves_that_it_is_there() -> None:
    card = powered()
    files = card.image.application("surface").files
    face = objects(objects(files[2].content)[0xFF20])
    whole = files[2].content
    parts = [
        whole[whole.index(b"\xdf\x22\x08") : whole.index(b"\xdf\x25")],
        whole[whole.index(b"\xdf\x25") : whole.index(b"\xdf\x27")],
        whole[whole.index(b"\xdf\x27") : whole.index(b"\xdf\x28\x82\x01\x00")],
    ]
    digests = b"".join(_sha256(part) for part in parts)
    info = bytes.fromhex("3071300D060960864801650304020105000460") + digests
    issuer = certificate(files[4].content)[2]
    recovered = issuer.recover_data_from_signature(face[0xDF28], padding.PKCS1v15(), None)
    assert recovered == info
    ask(card, SURFACE)
    challenge = ask(card, "0084000010")[:-2]
    digest_info = bytes.fromhex("3031300D060960864801650304020105000420") + _sha256(challenge)
    answer = ask(card, f"802A000033{digest_info.hex()}00")
    key_in(face[0xDF24]).verify(
        answer[:-2], _sha256(challenge), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    )


def _sha256(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize()
