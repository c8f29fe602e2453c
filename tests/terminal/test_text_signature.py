"""The signature over an application: by the card that was authenticated, and no try of its password is burnt by a machine."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cards.trace import nobody
from cards.virtual import VirtualCard
from kiosk_app.card_session import read_card, read_signer, sign_text
from kiosk_app.card_trust import PASSWORD_TRIES, CardTrust
from server_stub.interface.secret import Secret
from tests.cards.helper import card
from tests.terminal.test_card_trust import OURS, of, on_reader, refused

PASSWORD, WRONG = Secret("ABC123"), Secret("ABC124")
TEXT = "戸籍証明書交付の利用登録申請\n".encode()


def tries(laid: VirtualCard) -> int:
    return laid.image.pin("jpki", 0x1B).tries


def holder(laid: VirtualCard) -> str:
    return read_card(on_reader(laid), nobody, CardTrust(lambda: laid, OURS)).holder_ref


def test_the_card_signs_the_text_and_gives_the_certificate_that_verifies_it() -> None:
    laid = card("plain")
    trust = CardTrust(lambda: laid, OURS)
    facts = read_signer(on_reader(laid), nobody, trust, holder(laid))
    assert facts.tries_left == PASSWORD_TRIES
    _, certificate, signature = sign_text(
        on_reader(laid), nobody, trust, seen=(facts.holder_ref, 5), password=PASSWORD, message=TEXT
    )
    assert certificate != facts.certificate
    public = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(public, RSAPublicKey)
    public.verify(signature, TEXT, padding.PKCS1v15(), hashes.SHA256())


def test_another_card_gets_no_password() -> None:
    laid = card("plain")
    trust = CardTrust(lambda: laid, OURS)
    told = refused(read_signer, on_reader(laid), nobody, trust, "0" * 64)
    assert told.failure == "Registration_Another_Card"
    told = refused(
        sign_text, on_reader(laid), nobody, trust, seen=("0" * 64, 5), password=WRONG, message=TEXT
    )
    assert (told.failure, tries(laid)) == ("Registration_Another_Card", 5)


def test_a_wrong_password_tells_the_tries_and_an_impossible_one_costs_none() -> None:
    laid = card("plain")
    trust = CardTrust(lambda: laid, OURS)
    seen = (holder(laid), 5)
    told = refused(sign_text, on_reader(laid), nobody, trust, seen=seen, password=Secret("abc"), message=TEXT)
    assert (told.failure, tries(laid)) == ("Card_Password_Wrong", 5)
    told = refused(sign_text, on_reader(laid), nobody, trust, seen=seen, password=WRONG, message=TEXT)
    assert (told.failure, told.facts["tries_left"], tries(laid)) == ("Card_Password_Wrong", 4, 4)
    told = refused(sign_text, on_reader(laid), nobody, trust, seen=seen, password=WRONG, message=TEXT)
    assert (told.failure, tries(laid)) == ("Card_Changed", 4)


def test_the_last_try_of_a_password_is_never_sent_unasked() -> None:
    laid = card("plain")
    laid.image.pin("jpki", 0x1B).tries = 1
    trust = CardTrust(lambda: laid, OURS)
    told = refused(
        sign_text, on_reader(laid), nobody, trust, seen=(holder(laid), 1), password=WRONG, message=TEXT
    )
    assert (told.failure, tries(laid)) == ("Card_Pin_Withheld", 1)


def test_no_machine_sends_a_password_to_a_card_that_is_not_ours() -> None:
    laid = of("SOMEBODY")
    trust = CardTrust(automatic=True)
    told = refused(
        sign_text, on_reader(laid), nobody, trust, seen=(holder(laid), 5), password=WRONG, message=TEXT
    )
    assert (told.failure, tries(laid)) == ("Card_Pin_Withheld", 5)


def test_a_card_without_the_certificate_is_told_before_any_password() -> None:
    laid = card("under_15")
    told = refused(read_signer, on_reader(laid), nobody, CardTrust(lambda: laid, OURS), holder(laid))
    assert told.failure == "Card_No_Signature_Certificate"
