"""The virtual card beside the bare signature it cannot beat, in this process and through a real (private) pcscd."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import MAX_SHORT, Command
from cards.image import CardImage
from cards.image_file import load_image
from cards.jpki import AUTHENTICATION_KEY, JPKI_AID, SHA256_DIGEST_INFO, JpkiClient
from cards.readers.interface import Reader
from cards.trace import Revealable
from cards.virtual import VirtualCard
from scenarios.template import load_cards, template_folder
from tests.cards.secure_client import SecureClient

from .measure import CARD, Measurement


def signature_times(image: CardImage, rounds: int = 200) -> tuple[float, float]:
    """Medians in milliseconds, taken in turn: `80 2A` on a virtual card in this process, and the bare RSA-2048 signature.

    Raises ValueError if `image` has no RSA key for authentication.
    """
    application = image.application("jpki")
    key = application.files[AUTHENTICATION_KEY].key
    if key is None or not isinstance(key.private, RSAPrivateKey):
        raise ValueError("no RSA key in EF 0017")
    private = key.private
    pin = image.pin("jpki", 0x18).value.encode("ascii")
    card = VirtualCard(image.copy())
    card.power_on()
    card.transmit(Command(0x00, 0xA4, 0x04, 0x0C, JPKI_AID).encode())
    card.transmit(Command(0x00, 0x20, 0x00, 0x98, pin).encode())
    command = Command(0x80, 0x2A, 0x00, 0x97, SHA256_DIGEST_INFO + b"\x5a" * 32, MAX_SHORT).encode()
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(_ms(lambda: card.transmit(command)))
        bare.append(_ms(lambda: private.sign(b"\x5a" * 32, scheme, digest)))
    return statistics.median(ours), statistics.median(bare)


def command_time(reader: Reader, rounds: int = 300) -> float:
    """Median milliseconds of a short command (GET CHALLENGE of 8 bytes) to the card on `reader`. Raises CardError."""
    command = Command(0x00, 0x84, 0x00, 0x00, le=8).encode()
    with reader.connect() as connection:
        return statistics.median(_ms(lambda: connection.transmit(command)) for _ in range(rounds))


def visit_time(reader: Reader, pin: Revealable, rounds: int = 20) -> float:
    """Median milliseconds of certificate + tries + PIN + signature, by the client the terminal uses. Raises CardError."""

    def visit(client: JpkiClient) -> None:
        client.open()
        client.read_authentication_certificate()
        client.tries_left()
        client.sign_authentication(pin, b"nonce")

    times = []
    for _ in range(rounds):
        with reader.connect() as connection:
            client = JpkiClient(connection)
            times.append(_ms(partial(visit, client)))
    return statistics.median(times)


def secure_read_times(image: CardImage, rounds: int = 500) -> tuple[float, float]:
    """Medians in milliseconds, taken in turn: the card's answers to SELECT and READ BINARY of the four basic items in secure
    messaging, and in clear. What a terminal encrypts and decrypts does not count: it is no part of the card."""
    card = VirtualCard(image.copy())
    card.power_on()
    card.transmit(Command(0x00, 0xA4, 0x04, 0x0C, image.application("text").aid).encode())
    card.transmit(Command(0x00, 0x20, 0x00, 0x91, image.pin("text", 0x11).value.encode("ascii")).encode())
    terminal = SecureClient(card.transmit, bytes(range(32)))
    if terminal.open(image.application("text").files[0x06].content) != b"\x90\x00":
        raise ValueError("no session of secure messaging")
    plain = (
        Command(0x00, 0xA4, 0x02, 0x0C, b"\x00\x02").encode(),
        Command(0x00, 0xB0, 0x00, 0x00, le=MAX_SHORT).encode(),
    )
    ours, clear = [], []
    for number in range(rounds):
        secured = (terminal.command_select(0x02), terminal.command_read())
        ours.append(_ms(lambda secured=secured: list(map(card.transmit, secured))))  # type: ignore[misc]
        clear.append(_ms(lambda: list(map(card.transmit, plain))))
        if (
            number == 0
            and terminal.clear(card.transmit(terminal.command_read())[:-2])
            != image.application("text").files[0x02].content
        ):
            raise ValueError("another file")
    return statistics.median(ours), statistics.median(clear)


def _ms(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def measure(rounds: int = 200) -> dict[str, Measurement]:
    template = template_folder()
    image = load_image(template / load_cards(template)[CARD].file)
    return {
        "card_signature": Measurement(*signature_times(image, rounds), "ms", 1.3),
        "card_secure_read": Measurement(*secure_read_times(image), "ms", 3),
    }
