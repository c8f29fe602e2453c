"""Each profile keeps what its purpose promises; a file that makes no sense is refused with its line."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cards.apdu import OK, Response
from cards.errors import CardError
from cards.image import CardImage
from cards.jpki import JpkiClient
from cards.profiles import load_profile, profile_names
from cards.readers.virtual import VirtualReader
from cards.virtual import VirtualCard
from tests.cards.helper import JPKI, NOW, Plain, ask, authority, card, image, powered

PIN = Plain("1234")
RIGHT, WRONG = "1234", "9999"
TEXT, SURFACE = "00A4040C0AD3921000310001010408", "00A4040C0AD3921000310001010402"
JUKI, COMMON = "00A4040C0AD3921000310001010401", "00A4040C0AD3921000310001010100"
PIN_OF_JPKI, SIGN = "0020009804" + b"1234".hex(), "802A009702010200"
READ_512 = "00B08B00000200"
"""READ BINARY of the CA's certificate (short identifier 0B) with an extended Le."""


def content(name: str, fid: int = 0x0A, application: str = "jpki") -> bytes:
    return image(name).application(application).files[fid].content


def certificate(name: str, fid: int = 0x0A) -> x509.Certificate:
    return x509.load_der_x509_certificate(content(name, fid))


def tries(name: str, application: str, fid: int) -> int:
    return image(name).pin(application, fid).tries


def issued_by_own_authority(found: x509.Certificate, ca: bytes) -> bool:
    try:
        found.verify_directly_issued_by(x509.load_der_x509_certificate(ca))
    except (InvalidSignature, ValueError):
        return False
    return True


def client(name: str, made: VirtualCard | None = None) -> JpkiClient:
    reader = VirtualReader()
    reader.insert(made or card(name))
    return JpkiClient(reader.connect())


def failure_of(name: str) -> str:
    """What the terminal meets on the way to a signature."""
    try:
        session = client(name)
        session.open()
        session.read_authentication_certificate()
        session.sign_authentication(PIN, b"nonce")
    except CardError as error:
        return error.failure
    return ""


def valid_at(name: str) -> tuple[bool, bool]:
    """Has validity begun, has it not yet ended, at the moment of personalisation?"""
    found = certificate(name)
    return found.not_valid_before_utc <= NOW, found.not_valid_after_utc >= NOW


def verified(name: str, application: str, fid: int, *pins: str) -> list[str]:
    """Status words of VERIFY with each of `pins`, one after the other, by somebody who knows only the commands."""
    made = powered(name)
    ask(made, application, f"00A4020C02{fid:04X}")
    return [ask(made, f"00200080{len(pin):02X}{pin.encode().hex()}")[-2:].hex().upper() for pin in pins]


def signs_right(name: str) -> bool:
    session = client(name)
    public = x509.load_der_x509_certificate(session.read_authentication_certificate()).public_key()
    assert isinstance(public, RSAPublicKey)
    try:
        public.verify(session.sign_authentication(PIN, b"m"), b"m", padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def slow_card_waits() -> bool:
    waited: list[float] = []
    made = VirtualCard(image("slow"), sleep=waited.append)
    made.power_on()
    ask(made, JPKI)
    return waited == [0.2]


def changed_password(name: str, *passwords: str) -> list[str]:
    """Status words of CHANGE PIN of the signature password to each of `passwords`, one after the other."""
    made = powered(name)
    ask(made, JPKI, "0020009B06" + b"ABC123".hex())
    return [ask(made, f"0024019B{len(new):02X}{new.encode().hex()}")[-2:].hex().upper() for new in passwords]


def draft_signs_with_ecdsa() -> bool:
    made = powered("draft_2028")
    ask(made, JPKI, "0020009804" + b"1234".hex())
    answer = Response.parse(ask(made, "802A009730" + "11" * 48 + "00"))
    return answer.sw == OK and len(answer.data) == 96


def first_then(name: str) -> tuple[bytes, bytes]:
    made = powered(name)
    return ask(made, JPKI), ask(made, JPKI)


PROMISES: dict[str, Callable[[], bool]] = {
    "plain": lambda: failure_of("plain") == "" and signs_right("plain") and valid_at("plain") == (True, True),
    "under_15": lambda: content("under_15", 0x08) == b"\x00\x8f\x00" and failure_of("under_15") == "",
    "pin_one_left": lambda: (
        tries("pin_one_left", "jpki", 0x18) == 1 and client("pin_one_left").tries_left() == 1
    ),
    "pin_blocked": lambda: failure_of("pin_blocked") == "Card_Pin_Blocked",
    "signature_pin_one_left": lambda: ask(powered("signature_pin_one_left"), JPKI, "0020009B") == b"\x63\xc1",
    "signature_pin_blocked": lambda: (
        ask(powered("signature_pin_blocked"), JPKI, "0020009B06" + b"ABC123".hex()) == b"\x69\x84"
        and failure_of("signature_pin_blocked") == ""
    ),
    "text_pin_one_left": lambda: verified("text_pin_one_left", TEXT, 0x11, WRONG, RIGHT) == ["63C0", "6984"],
    "text_pin_blocked": lambda: verified("text_pin_blocked", TEXT, 0x11, RIGHT) == ["6984"],
    "juki_pin_one_left": lambda: all(
        verified("juki_pin_one_left", application, 0x1C, WRONG, RIGHT) == ["63C0", "6984"]
        for application in (JUKI, COMMON)
    ),
    "juki_pin_blocked": lambda: all(
        verified("juki_pin_blocked", application, 0x1C, RIGHT) == ["6984"] for application in (JUKI, COMMON)
    ),
    "expired": lambda: valid_at("expired") == (True, False),
    "signature_expired": lambda: (
        valid_at("signature_expired") == (True, True)
        and certificate("signature_expired", 0x01).not_valid_after_utc < NOW
    ),
    "not_yet_valid": lambda: valid_at("not_yet_valid") == (False, True),
    # what has happened at the authority since is no business of the card: tests/pages/test_profile_cards.py
    "revoked": lambda: failure_of("revoked") == "" and signs_right("revoked"),
    "on_hold": lambda: failure_of("on_hold") == "" and signs_right("on_hold"),
    "moved": lambda: failure_of("moved") == "" and signs_right("moved"),
    "foreign_ca": lambda: (
        certificate("foreign_ca").issuer != certificate("plain").issuer and failure_of("foreign_ca") == ""
    ),
    "impostor_ca": lambda: (
        certificate("impostor_ca").issuer == certificate("plain").issuer
        and not issued_by_own_authority(
            certificate("impostor_ca"), authority().authentication_ca_certificate()
        )
    ),
    "wrong_kind": lambda: (
        issued_by_own_authority(certificate("wrong_kind"), authority().signature_ca_certificate())
        and failure_of("wrong_kind") == ""
    ),
    "truncated_der": lambda: (
        len(content("truncated_der")) == 700 and failure_of("truncated_der") == "Certificate_Malformed"
    ),
    "wrong_der_length": lambda: failure_of("wrong_der_length") == "Certificate_Malformed",
    "filler": lambda: content("filler").endswith(b"\xff" * 300) and failure_of("filler") == "",
    "long_certificate": lambda: (
        len(content("long_certificate", 0x02, "text")) > 600
        and certificate("long_certificate", 0x01) is not None
    ),
    "garbage_key": lambda: not signs_right("garbage_key"),
    "juki_card": lambda: failure_of("juki_card") == "Card_Resident_Register_Card",
    "juki_ordinance": lambda: (
        failure_of("juki_ordinance") == "Card_Resident_Register_Card"
        and content("juki_ordinance", 1, "ordinance").endswith(b"20220630")
        and all(app.name != "text" for app in image("juki_ordinance").applications)
    ),
    "juki_ordinance_expired": lambda: content("juki_ordinance_expired", 1, "ordinance").endswith(b"20120630"),
    "juki_ordinance_last": lambda: content("juki_ordinance_last", 1, "ordinance").endswith(b"20251228"),
    "android": lambda: failure_of("android") == "Card_Phone_Not_Supported",
    "iphone": lambda: (
        failure_of("iphone") == "Card_Phone_Not_Supported"
        and ask(powered("iphone"), JPKI, "802A009702010200")[-2:] == b"\x90\x00"
    ),
    "no_jpki": lambda: failure_of("no_jpki") == "Card_Not_My_Number",
    "unknown_token": lambda: failure_of("unknown_token") == "Card_Kind_Not_Supported",
    "mute": lambda: failure_of("mute") == "Card_Mute",
    "slow": slow_card_waits,
    "draft_2028": lambda: (
        failure_of("draft_2028") == "Card_Next_Not_Supported"
        and draft_signs_with_ecdsa()
        and [app.name for app in image("draft_2028").applications] == ["jpki", "surface"]
        and image("draft_2028").application("jpki").files[0x03].opened_by == {0x1B}
    ),
    "no_authentication_certificate": lambda: (
        failure_of("no_authentication_certificate") == "Card_No_Authentication_Certificate"
        and content("no_authentication_certificate", 0x08) == b"\x8f\x00\x00"
    ),
    "empty_certificate": lambda: failure_of("empty_certificate") == "Card_No_Authentication_Certificate",
    "first_command_fails": lambda: (
        first_then("first_command_fails") == (b"\x6f\x00", b"\x90\x00")
        and failure_of("first_command_fails") == ""
    ),
    "blocked_says_6984": lambda: failure_of("blocked_says_6984") == "Card_Pin_Blocked",
    "counter_not_restored": lambda: (
        verified("counter_not_restored", JPKI, 0x18, WRONG, RIGHT, WRONG) == ["63C2", "9000", "63C1"]
        and verified("plain", JPKI, 0x18, WRONG, RIGHT, WRONG) == ["63C2", "9000", "63C2"]
    ),
    "code_three_tries": lambda: (
        verified("code_three_tries", TEXT, 0x14, *[WRONG] * 4) == ["63C2", "63C1", "63C0", "6984"]
        and verified("code_three_tries", SURFACE, 0x12, *[WRONG] * 4) == ["63C2", "63C1", "63C0", "6984"]
    ),
    "unlimited_pin": lambda: (
        verified("unlimited_pin", TEXT, 0x11, *[WRONG] * 20, RIGHT)[-1] == "9000"
        and verified("plain", TEXT, 0x11, *[WRONG] * 20, RIGHT)[-1] == "6984"
    ),
    "short_only": lambda: (
        failure_of("short_only") == ""
        and ask(powered("short_only"), JPKI, READ_512)[-2:] == b"\x67\x00"
        and len(ask(powered("plain"), JPKI, READ_512)) == 514
    ),
    # as Debian's smartcard_list.txt has them
    "contactless": lambda: (
        image("contactless").atr.hex() == "3b888001000005e0b381a1007f" and failure_of("contactless") == ""
    ),
    "contactless_41e0": lambda: (
        image("contactless_41e0").atr.hex() == "3b888001000041e0b381a1003b"
        and failure_of("contactless_41e0") == ""
    ),
    "contact_da13": lambda: (
        image("contact_da13").atr.hex() == "3bda13ff8131fb468012392f31c173c601c03b"
        and ask(powered("contact_da13"), "00CA5F5100")[:-2] == image("contact_da13").atr[1:]
        and failure_of("contact_da13") == ""
    ),
    "juki_contactless": lambda: (
        image("juki_contactless").atr.hex() == "3b888001000014e0b38191005e"
        and failure_of("juki_contactless") == "Card_Resident_Register_Card"
    ),
    "older_chain": lambda: (
        ask(powered("older_chain"), "00CA7F21000000") == b"\x6a\x88"
        and len(ask(powered("older_chain"), "00CA00F8000000")) == 565
    ),
    "reselect_keeps": lambda: (
        ask(powered("reselect_keeps"), JPKI, PIN_OF_JPKI, JPKI, SIGN)[-2:] == b"\x90\x00"
        and ask(powered("reselect_keeps"), JPKI, PIN_OF_JPKI, TEXT, JPKI, SIGN) == b"\x69\x82"
        and ask(powered("plain"), JPKI, PIN_OF_JPKI, JPKI, SIGN) == b"\x69\x82"
    ),
    "wrong_length_refused": lambda: (
        verified("wrong_length_refused", JPKI, 0x18, "123", "12345", WRONG) == ["6700", "6700", "63C2"]
        and verified("plain", JPKI, 0x18, "123") == ["63C2"]
    ),
    "password_mixed": lambda: (
        changed_password("password_mixed", "ABCDEF", "123456", "ABCDE1") == ["6985", "6985", "9000"]
        and changed_password("plain", "ABCDEF", "123456", "abcde1") == ["9000", "9000", "6985"]
    ),
    "attributes_long": lambda: (
        content("attributes_long", 0x02, "text")[:2] == b"\xff\x20"
        and content("attributes_long", 0x02, "text")[2] == 0x82
        and content("attributes_long", 0x02, "text")[5:10].hex() == "df21080010"
        and content("plain", 0x02, "text")[3:8].hex() == "df2108000e"
    ),
    "face_authentication": lambda: (
        failure_of("face_authentication") == "Card_Face_Authentication"
        and content("face_authentication", 0x08) == b"\x00\x8f\x00"
        and certificate("face_authentication") is not None
    ),
    "residence_card": lambda: (
        failure_of("residence_card") == "" and image("residence_card").atr != image("plain").atr
    ),
    "former_name": lambda: (
        "見本［旧見本］　花子".encode() in content("former_name", 0x02, "text")
        and "見本［旧見本］　花子".encode() in content("former_name", 0x01)
        and failure_of("former_name") == ""
    ),
    "readings": lambda: (
        "ミホン　ハナコ".encode() in content("readings", 0x02, "text") and failure_of("readings") == ""
    ),
}


@pytest.mark.parametrize("name", profile_names())
def test_a_profile_keeps_its_promise(name: str) -> None:
    assert PROMISES[name]()


@pytest.mark.parametrize("name", profile_names())
def test_the_answer_to_reset_has_its_check_byte(name: str) -> None:
    atr = image(name).atr
    assert atr[0] == 0x3B and functools.reduce(operator.xor, atr[1:]) == 0


def test_purposes_are_one_line_and_all_different() -> None:
    purposes = [load_profile(name).purpose for name in profile_names()]
    assert len(set(purposes)) == len(purposes) >= 24
    assert all("\n" not in purpose and purpose for purpose in purposes)


def refusal(folder: Path, text: str, name: str = "case") -> dict[str, object]:
    for base in ("plain", "pin_blocked"):
        (folder / f"{base}.toml").write_text(
            (Path("cards/profiles") / f"{base}.toml").read_text("utf-8"), "utf-8"
        )
    (folder / f"{name}.toml").write_text(text, "utf-8")
    with pytest.raises(CardError) as caught:
        load_profile(name, folder)
    assert caught.value.failure == "Settings_Wrong"
    return caught.value.facts


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ('overlay = "plain"\npurpose = "x"\ncolour = "red"\n', 3, "colour"),
        ('overlay = "plain"\npurpose = "x"\n\n[behaviour]\ndelay_ms = -1\n', 5, "behaviour.delay_ms"),
        ('overlay = "plain"\npurpose = "x"\n[behaviour]\nmut = true\n', 4, "behaviour.mut"),
        (
            'overlay = "plain"\npurpose = "x"\n[applications.jpki.files.0018]\ntries = 4\n',
            3,
            "applications.jpki.files.0018",
        ),
        (
            'overlay = "plain"\npurpose = "x"\n[applications.jpki.files.0018]\nlimit = 16\n',
            4,
            "applications.jpki.files.0018.limit",
        ),
        ('overlay = "plain"\npurpose = ""\n', 2, "purpose"),
        ('overlay = "plain"\npurpose = "x"\nremove = ["applications.moon"]\n', 3, "remove"),
        ('overlay = "nowhere"\npurpose = "x"\n', 1, "overlay"),
        ('purpose = "x"\nkind = "plastic\n', 2, None),
        ('overlay = 3\npurpose = "x"\n', 1, None),
    ],
)
def test_a_wrong_profile_is_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, key: str | None
) -> None:
    facts = refusal(tmp_path, text)
    assert (facts["file"], facts["line"]) == ("case.toml", line)
    assert facts.get("key") == key
    assert facts["expected"]


def test_a_mistake_in_the_base_is_told_with_the_base_s_own_line(tmp_path: Path) -> None:
    refusal(tmp_path, "")
    (tmp_path / "base.toml").write_text(
        'overlay = "plain"\npurpose = "b"\n[card]\nvalid_years = 0\n', "utf-8"
    )
    facts = refusal(tmp_path, 'overlay = "base"\npurpose = "x"\n')
    assert (facts["file"], facts["line"]) == ("base.toml", 4)


def test_overlays_that_turn_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('overlay = "case"\npurpose = "o"\n', "utf-8")
    assert refusal(tmp_path, 'overlay = "other"\npurpose = "x"\n')


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ('remove = ["keys.application"]', "keys.application"),
        ('remove = ["secrets.authentication_pin"]', "secrets.authentication_pin"),
        ('remove = ["certificates.signature"]', "certificates.signature"),
        ('remove = ["applications.jpki.files.0018"]', "0018"),
        ('[keys.authentication]\nalgorithm = "ecdsa_p384"', "rsa_2048 only"),
        ('[keys.application]\nalgorithm = "ecdsa_p384"', "keys.application"),
    ],
)
def test_a_profile_that_refers_to_what_is_not_there_is_refused(
    tmp_path: Path, text: str, missing: str
) -> None:
    facts = refusal(tmp_path, f'overlay = "plain"\npurpose = "x"\n{text}\n')
    assert missing in str(facts["expected"])


@pytest.mark.parametrize("name", ["no_such_profile", "../plain", "Plain", ""])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(CardError) as caught:
        load_profile(name)
    assert caught.value.failure == "Settings_Wrong"


def test_an_image_is_a_copy_and_the_profile_never_changes() -> None:
    first = image("plain")
    first.pin("jpki", 0x18).tries = 0
    first.application("jpki").files[0x0A].content = b""
    assert tries("plain", "jpki", 0x18) == 3
    assert certificate("plain").not_valid_after_utc > datetime.now(UTC) - timedelta(days=36500)


def test_no_card_names_a_host_that_could_be_reached() -> None:
    every = b"".join(
        file.content
        for name in profile_names()
        for application in CardImage.copy(image(name)).applications
        for file in application.files.values()
    )
    assert b"jpki.go.jp" not in every
