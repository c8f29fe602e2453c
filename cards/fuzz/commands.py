"""Where the random commands come from: sensible ones, sensible ones with something wrong, and noise."""

from __future__ import annotations

import random

from cards.apdu import Command
from cards.image import CardImage


class CommandSource:
    """Commands for cards like `image`, the same for the same `chance`."""

    def __init__(self, chance: random.Random, image: CardImage) -> None:
        self._chance = chance
        self._aids = [application.aid for application in image.applications]
        self._aids += [bytes.fromhex("A0000001510000"), bytes.fromhex("D392F0002601000000FF")]
        self._secrets = [
            file.pin.value.encode()
            for application in image.applications
            for file in application.files.values()
            if file.pin is not None
        ]
        self._secrets += [b"9999", b"0000", b"WRONG1", b"5678", b"NEWPASS1"]

    def next(self) -> bytes:
        kind = self._chance.random()
        if kind < 0.6:
            return self._sensible().encode()
        if kind < 0.9:
            return self._mutated(self._sensible().encode())
        return self._chance.randbytes(self._chance.choice((0, 1, 3, 4, 5, 6, 7, 8, 20, 262, 300)))

    def _sensible(self) -> Command:
        chance = self._chance
        short = chance.choice(
            (0x01, 0x02, 0x06, 0x0A, 0x11, 0x14, 0x15, 0x17, 0x18, 0x1A, 0x1B, 0x1C, 0x13, 0x09)
        )
        here = 0x80 | chance.choice((0, short))
        match chance.randrange(12):
            case 0 | 1:
                return Command(0x00, 0xA4, 0x04, chance.choice((0x0C, 0x00)), chance.choice(self._aids))
            case 2 | 3:
                return Command(0x00, 0xA4, 0x02, 0x0C, bytes((0, short)))
            case 4 | 5:
                return Command(0x00, 0x20, 0x00, here, chance.choice(self._secrets))
            case 6:
                return Command(0x00, 0x20, 0x00, here)
            case 7:
                return Command(0x00, 0xB0, chance.choice((0, 1, 5, here)), chance.randrange(256), le=256)
            case 8:
                data = chance.randbytes(chance.choice((1, 31, 32, 33, 48, 51, 245, 246)))
                return Command(
                    0x80, 0x2A, chance.randrange(7), chance.choice((here, 0x97, 0x9A, 0)), data, 256
                )
            case 9:
                cla, ins, p1 = chance.choice(((0x00, 0x24, 0x01), (0x80, 0x32, 0x00)))
                return Command(cla, ins, p1, here, chance.choice(self._secrets))
            case 10:
                return Command(0x00, 0xB2, chance.randrange(4), chance.choice((0x04, 0x0C, 0x05)), le=256)
            case _:
                ins, p2 = chance.choice(((0x84, 0), (0xCA, 0x45), (0x88, 0x99), (0x88, 0x97)))
                data = b"\x01\x02" if ins == 0x88 else b""
                return Command(0x00, ins, 0x00, p2, data, chance.choice((256, 16)))

    def _mutated(self, raw: bytes) -> bytes:
        chance = self._chance
        body = bytearray(raw)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(body)) if body else 0
            match chance.randrange(5):
                case 0 if body:
                    body[place] ^= 1 << chance.randrange(8)
                case 1 if body:
                    body[place] = chance.randrange(256)
                case 2:
                    del body[place:]
                case 3:
                    body += chance.randbytes(chance.randint(1, 4))
                case _:
                    body[place:place] = body[:place] if chance.random() < 0.5 else b"\0"
        return bytes(body)
