"""Every secret of the stage, in one place: what is put on its cards, and what a search for leaks has to look for.

Each is as distinctive as its format allows, so that a text which holds one has it from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cards.contents.facts import birth_code
from cards.image_file import load_image
from server_stub.interface.secret import Secret
from server_stub.registry.links.resident_register import read_residents
from server_stub.registry.records import Person

from . import places

DELIVERY = places.DATA / "kobe"
CARD_SECRETS = {
    "authentication_pin": Secret("4973"),
    "signature_password": Secret("MIHON7Q4XW29ZK85"),
    "text_pin": Secret("8306"),
    "juki_pin": Secret("7152"),
    "common_pin": Secret("9648"),
}
"""By the names of cards.profiles: the same on every virtual card. 照合番号 and the unknown key are the card's own."""
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
    people = {person.key: person for _row, person in read_residents(DELIVERY)}
    found: dict[str, StageSecret] = {}
    for secret in (*_of_people(people), *_of_cards(template, people), *_of_nodes(keys)):
        found.setdefault(secret.value.reveal(), secret)
    return tuple(found.values())


def _of_cards(template: Path, people: dict[str, Person]) -> Iterator[StageSecret]:
    """PINs, 署名用パスワード, 照合番号 A and B, and the key that nobody knows: from the cards themselves."""
    births = {birth_code(person.birth) for person in people.values()}
    for file in sorted((template / "cards").glob("*.json")):
        for application in load_image(file).applications:
            for ef in application.files.values():
                if ef.pin is not None and ef.pin.value not in births:
                    what = f"カードの暗証番号・照合番号など（{application.name} {ef.fid:04X}）"
                    yield StageSecret(what, Secret(ef.pin.value))


def _of_people(people: dict[str, Person]) -> Iterator[StageSecret]:
    for person in people.values():
        yield StageSecret(f"個人番号（{person.key}）", person.my_number)


def _of_nodes(keys: Path) -> Iterator[StageSecret]:
    """Keys that terminals and nodes show each other, and of each private key a line of its file that no other has."""
    for file in sorted(keys.glob("*.txt")):
        yield StageSecret(f"鍵 {file.stem}", Secret(file.read_text(encoding="utf-8")))
    for file in sorted(keys.glob("*.pem")):
        lines = PEM_LINE.findall(file.read_text(encoding="utf-8"))
        if lines:
            yield StageSecret(f"秘密鍵 {file.stem}", Secret(lines[len(lines) // 2]))
