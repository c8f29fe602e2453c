"""A pool of clearly named test keys, made once, and every secret of the stage in one place.

Each is as distinctive as its format allows, so that a text which holds one has it from there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from sqlalchemy import select

from cards.contents.facts import birth_code
from cards.image_file import load_image
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.secret import Secret
from server_stub.registry.records import Person
from server_stub.registry.tables import person_of, persons, records

from . import paths

BACK_PAGE_KEY = "back-page"
"""Of the centre and the inquiry site: what scrambled images of back pages are enciphered with (`KeyPool.text`)."""


class KeyPool:
    """RSA-2048 keys by name in PEM files that say what they are, their owner's only. Safe for several processes at once."""

    def __init__(self, folder: Path | None = None, first: KeyPool | None = None) -> None:
        """`first`: the pool that gives a key which is not in `folder` yet; it stays the same from then on."""
        self._folder = paths.private_folder(folder or paths.home() / "test-keys")
        self._first = first

    def rsa(self, name: str) -> RSAPrivateKey:
        body = self._once(f"TEST-ONLY-rsa-{name}.pem", lambda: _pem(generate_private_key(65537, 2048)))
        key = serialization.load_pem_private_key(body, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, RSAPrivateKey)
        return key

    def ed25519(self, name: str) -> Ed25519PrivateKey:
        body = self._once(f"TEST-ONLY-ed25519-{name}.pem", lambda: _pem(Ed25519PrivateKey.generate()))
        key = serialization.load_pem_private_key(body, None)
        assert isinstance(key, Ed25519PrivateKey)
        return key

    def text(self, name: str) -> str:
        """A random shared secret in hex (keys of terminals and of the centre towards the issuing server)."""
        return self._once(f"TEST-ONLY-{name}.txt", lambda: os.urandom(24).hex().encode()).decode()

    def source(self, prefix: str) -> Callable[[], RSAPrivateKey]:
        """A callable that gives the keys PREFIX-0001, PREFIX-0002 … one after the other."""
        count = 0

        def give() -> RSAPrivateKey:
            nonlocal count
            count += 1
            return self.rsa(f"{prefix}-{count:04d}")

        return give

    def _once(self, name: str, make: Callable[[], bytes]) -> bytes:
        path = self._folder / name
        if not path.exists():
            part = path.with_name(f"{name}.{os.getpid()}.part")
            paths.write_private(part, make() if self._first is None else self._first._once(name, make))
            with contextlib.suppress(FileExistsError):
                os.link(part, path)  # the first process wins, the others take its key
            part.unlink()
        return path.read_bytes()


def _pem(key: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


CARD_SECRETS = {
    "authentication_pin": Secret("4973"),
    "signature_password": Secret("MIHON7Q4XW29ZK85"),
    "text_pin": Secret("8306"),
    "juki_pin": Secret("7152"),
    "common_pin": Secret("9648"),
}
"""By the names of cards.profiles: the same on every virtual card. 照合番号 and the unknown key are the card's own."""


def ordinance_pin(kind: str) -> Secret:
    """The PIN that is registered for a kind of certificate on every 住民基本台帳カード of the stage (条例利用): another one for each kind."""
    digest = hashlib.sha256(f"test PIN of {kind}".encode()).digest()
    return Secret(str(3001 + int.from_bytes(digest[:4], "big") % 6899))


RESIDENT_CODE = "resident_code"
"""What an item of a delivered record is called that is a 住民票コード."""
PEM_LINE = re.compile(r"^[A-Za-z0-9+/]{64}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StageSecret:
    """`what` it is, in words that may be shown."""

    what: str
    value: Secret


def stage_secrets(template: Path, keys: Path) -> tuple[StageSecret, ...]:
    """All of the stage with that template and the pool of keys in the folder `keys`, each value once.

    Not among them: birth dates, which open a file of the card but stand on the paper, and what is made anew for each
    visit (nonces, session ids, idempotency keys, signatures).
    """
    people = _people(template)
    found: dict[str, StageSecret] = {}
    for secret in (
        *_of_people(people),
        *_of_records(template),
        *_of_cards(template, people),
        *_of_registrations(template),
        *_of_nodes(keys),
    ):
        found.setdefault(secret.value.reveal(), secret)
    return tuple(found.values())


def _people(template: Path) -> tuple[Person, ...]:
    """Everybody in the replicas of the template."""
    found: list[Person] = []
    for file in sorted(template.glob("replica-*.db")):
        engine = open_engine(sqlite_url(file))
        with engine.connect() as connection:
            found += [person_of(row) for row in connection.execute(select(persons))]
        engine.dispose()
    return tuple(found)


def _of_cards(template: Path, people: Iterable[Person]) -> Iterator[StageSecret]:
    """PINs, 署名用パスワード, 照合番号 A and B, and the key that nobody knows: from the cards themselves."""
    births = {birth_code(person.birth.inner) for person in people}
    for file in sorted((template / "cards").glob("*.json")):
        for application in load_image(file).applications:
            for ef in application.files.values():
                if ef.pin is not None and ef.pin.value not in births:
                    what = f"カードの暗証番号・照合番号など（{application.name} {ef.fid:04X}）"
                    yield StageSecret(what, Secret(ef.pin.value))


def _of_registrations(template: Path) -> Iterator[StageSecret]:
    """The PINs of 条例利用, by the kinds for which the template's cards are registered."""
    listed = template / "cards.json"
    cards = json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else []
    for kind in sorted({kind for card in cards for kind in card.get("registered", ())}):
        yield StageSecret(f"「{kind}」のために登録した暗証番号", ordinance_pin(kind))


def _of_people(people: Iterable[Person]) -> Iterator[StageSecret]:
    for person in (one for one in people if len(one.my_number)):
        yield StageSecret(f"個人番号（{person.key}）", person.my_number)


def _of_records(template: Path) -> Iterator[StageSecret]:
    """住民票コード, in whichever register of the replicas of the template one stands."""
    for file in sorted(template.glob("replica-*.db")):
        engine = open_engine(sqlite_url(file))
        with engine.connect() as connection:
            for key, body in connection.execute(select(records.c.key, records.c.body)):
                if code := body.get(RESIDENT_CODE):
                    yield StageSecret(f"住民票コード（{key}）", Secret(code))
        engine.dispose()


def _of_nodes(keys: Path) -> Iterator[StageSecret]:
    """Keys that terminals and nodes show each other, and of each private key a line of its file that no other has."""
    for file in sorted(keys.glob("*.txt")):
        yield StageSecret(f"鍵 {file.stem}", Secret(file.read_text(encoding="utf-8")))
    for file in sorted(keys.glob("*.pem")):
        lines = PEM_LINE.findall(file.read_text(encoding="utf-8"))
        if lines:
            yield StageSecret(f"秘密鍵 {file.stem}", Secret(lines[len(lines) // 2]))
