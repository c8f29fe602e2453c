"""A second, plainer account of selection, PINs, signing and secure messaging, to hold against the card. Shares no code with the applets."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from cards.apdu import Command, MalformedCommand
from cards.image import CardImage, FileKind, KeyUse
from tests.cards.secure_client import SecureClient, delivered_in

SIGNING_APPLICATIONS = {"jpki", "text", "surface"}
CHANGE_COMMANDS = {
    "jpki": (0x00, 0x24, 1),
    "text": (0x00, 0x24, 1),
    "juki": (0x80, 0x32, 0),
    "common": (0x80, 0x32, 0),
}


@dataclass
class PinModel:
    value: bytes
    tries: int


class CardModel:
    """Follows a card from power-on. `expect(raw)` gives the status word that must come, or None where it has no opinion,
    and moves on to the state after it."""

    def __init__(self, image: CardImage) -> None:
        self.aids = {app.aid: app.name for app in image.applications}
        self.files = {app.name: app.files for app in image.applications}
        self.behaviour = image.behaviour
        self.pins = {
            (app.name, fid): PinModel(file.pin.value.encode(), file.pin.tries)
            for app in image.applications
            for fid, file in app.files.items()
            if file.pin is not None
        }
        self.power_on()

    def power_on(self) -> None:
        self.secure: SecureClient | None = None
        self.first = True
        self.application = ""
        self.current = 0
        self.verified: set[int] = set()

    def may_sign(self, fid: int) -> bool:
        """Is a PIN verified that opens this file of the application now selected?"""
        opened_by = self.files[self.application][fid].opened_by
        return opened_by is None or not self.verified.isdisjoint(opened_by)

    def expect(self, raw: bytes) -> int | None:
        first, self.first = self.first, False
        if first and self.behaviour.first_command_fails:
            return 0x6F00
        try:
            command = Command.parse(raw)
        except MalformedCommand:
            return 0x6700
        if command.cla in (0x08, 0x0C) and self.secure is None:
            return 0x6882 if command.ins == 0xA4 else 0x69FC
        if command.cla not in (0x00, 0x80, 0x08, 0x0C):
            return None
        if command.extended and not self.behaviour.extended_length:
            return 0x6700
        if command.cla in (0x08, 0x0C):
            return self._secure(command)
        known = self.application != "ordinance" or (command.cla, command.ins) in ((0, 0xA4), (0, 0xB0))
        if not known:
            return 0x6D00
        match command.cla, command.ins:
            case 0x80, 0xAE:
                return self._take_session_key(command)
            case 0x00, 0xA4:
                return self._select(command)
            case 0x00, 0x20:
                return self._verify(command)
            case (0x00, 0x24) | (0x80, 0x32):
                return self._change(command)
            case 0x80, 0x2A:
                return self._sign(command)
            case 0x00, 0xB0:
                return self._read(command)
            case 0x00, 0xB2:
                return self._read_record(command)
            case 0x00, 0x88 if command.p1 == 0:
                self._refer(command.p2)
        return None

    def _select(self, command: Command) -> int:
        if command.p1 == 4:
            if command.p2 not in (0, 0x0C):
                return 0x6A86
            if len(command.data) > 16:
                return 0x6700
            if command.data in (b"", bytes.fromhex("A0000001510000")):
                name = ""
            elif command.data in self.aids:
                name = self.aids[command.data]
            else:
                return 0x6A82
            if not (name and name == self.application and self.behaviour.reselect_keeps):
                self.verified = set()
            self.application, self.current, self.secure = name, 0, None
            return 0x9000
        return self._select_file(command)

    def _select_file(self, command: Command) -> int:
        if command.p1 == 0:
            return 0x6A82 if command.data else 0x9000 if self.application else 0x6A86
        if command.p1 != 2 or command.p2 not in (0, 0x0C):
            return 0x6A86
        if len(command.data) != 2:
            return 0x6700
        fid = command.data[0] * 256 + command.data[1]
        if fid not in self.files.get(self.application, {}):
            return 0x6A82
        self.current = fid
        return 0x9000

    def _refer(self, p2: int) -> int:
        """0 when P2 names a file, which is current then; else the status word."""
        if not 0x80 <= p2 <= 0x9F:
            return 0x6A86
        return self._short(p2 - 0x80) if p2 > 0x80 else 0 if self.current else 0x6986

    def _short(self, short: int) -> int:
        if short > 0x1E:
            return 0x6A86
        if short not in self.files.get(self.application, {}):
            return 0x6A82
        self.current = short
        return 0

    def _pin(self) -> PinModel | None:
        return self.pins.get((self.application, self.current))

    def _limit(self) -> int:
        pin = self.files[self.application][self.current].pin
        assert pin is not None
        return pin.limit

    def _verify(self, command: Command) -> int:
        if command.p1:
            return 0x6A86
        if command.le is not None or len(command.data) > 16:
            return 0x6700
        refused = self._refer(command.p2)
        if refused:
            return refused
        pin = self._pin()
        if pin is None:
            return 0x6981
        limited = self._limit() > 0
        if not command.data:
            if not limited:
                return 0x6300
            return 0x63C0 + pin.tries if pin.tries else self.behaviour.blocked_query
        if limited and pin.tries == 0:
            return 0x6984
        known = self.files[self.application][self.current].pin
        assert known is not None
        fits = known.minimum <= len(command.data) <= known.maximum
        if not fits and not self.behaviour.wrong_length_counts:
            return 0x6700
        if command.data == pin.value:
            if self.behaviour.restores_counter:
                pin.tries = self._limit()
            self.verified.add(self.current)
            return 0x9000
        self.verified.discard(self.current)
        if not limited:
            return 0x6300
        pin.tries -= 1
        return 0x63C0 + pin.tries

    def _change(self, command: Command) -> int:
        form = CHANGE_COMMANDS.get(self.application)
        if form is None or form[:2] != (command.cla, command.ins):
            return 0x6D00
        if command.p1 != form[2]:
            return 0x6A86
        refused = self._refer(command.p2)
        if refused:
            return refused
        pin = self._pin()
        if pin is None:
            return 0x6981
        if not command.data or command.le is not None:
            return 0x6700
        if self._limit() and pin.tries == 0:
            return 0x6984
        if self.current not in self.verified:
            return 0x6982
        known = self.files[self.application][self.current].pin
        assert known is not None
        letters = b"0123456789" + (b"" if known.alphabet == "digits" else b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
        if not known.minimum <= len(command.data) <= known.maximum or not set(command.data) <= set(letters):
            return 0x6985
        if known.alphabet == "mixed_upper_alphanumeric":
            digits = sum(byte in b"0123456789" for byte in command.data)
            if digits in (0, len(command.data)):
                return 0x6985
        pin.value, pin.tries = command.data, self._limit()
        return 0x9000

    def _sign(self, command: Command) -> int | None:
        if self.application not in SIGNING_APPLICATIONS:
            return 0x6D00
        if command.p1 > 5:
            return 0x6A86
        if command.p2 == 0 and self.application != "jpki":
            return None
        refused = self._refer(command.p2)
        if refused:
            return refused
        file = self.files[self.application][self.current]
        if file.key is None or file.key.use is not KeyUse.SIGN:
            return 0x6981
        if not self.may_sign(self.current):
            return 0x6982
        if not command.data or command.le is None:
            return 0x6700
        return None

    def _read(self, command: Command) -> int | None:
        if command.data or command.le is None:
            return 0x6700
        offset = command.p1 * 256 + command.p2
        if command.p1 >= 0x80:
            if not 0x81 <= command.p1 <= 0x9F:
                return 0x6A86
            refused = self._short(command.p1 - 0x80)
            if refused:
                return refused
            offset = command.p2
        if not self.current:
            return 0x6986
        file = self.files[self.application][self.current]
        if file.kind is not FileKind.BINARY:
            return 0x6981
        if not self.may_sign(self.current):
            return 0x6982
        return 0x9000 if offset < len(file.content) else 0x6B00

    def _read_record(self, command: Command) -> int | None:
        if command.data or command.le is None:
            return 0x6700
        if command.p2 % 8 == 4 and command.p1 and command.p2 >= 8:
            return self._short(command.p2 // 8) or None
        return None

    def _take_session_key(self, command: Command) -> int | None:
        if self.application != "text":
            return None
        keys = [
            file.key.private
            for file in self.files["text"].values()
            if file.key and file.key.use == "session_key"
        ]
        if 0x11 not in self.verified or not keys:
            return 0x6982
        if command.p1 or command.p2:
            return 0x6A86
        if len(command.data) != 256:
            return 0x6A80
        assert isinstance(keys[0], RSAPrivateKey)
        if int.from_bytes(command.data, "big") >= keys[0].public_key().public_numbers().n:
            return 0x6F00
        message = delivered_in(keys[0], command.data)
        if message is None or len(message) != 36 or message[:4].hex() != "a0228020":
            return 0x6A80
        self.secure = SecureClient(lambda command: b"", message[4:])
        return 0x9000

    def _secure(self, command: Command) -> int | None:
        """What is not as it must be ends the session; what is, goes on to the application and counts."""
        assert self.secure is not None
        if command.cla == 0x0C:
            self.secure = None
            return 0x6987
        if command.ins not in (0x20, 0xA4, 0xB0):
            return 0x69FC
        if command.ins == 0xB0:
            plain = self._length_wanted(command)
        else:
            plain = self._in_clear(command)
        if plain is None:
            self.secure = None
            return 0x6988
        self.secure.counter += 1
        if command.ins == 0x20:
            return self._verify(plain)
        if command.ins == 0xA4:
            return self._select_file(plain) if plain.p1 != 4 else 0x6A86
        sw = self._read(plain)
        if sw != 0x9000 or command.le is None or plain.le is None:
            return sw
        offset = command.p2 if command.p1 >= 0x80 else command.p1 * 256 + command.p2
        length = min(plain.le, len(self.files[self.application][self.current].content) - offset)
        inner = 1 + (length // 16 + 1) * 16
        return sw if inner + (2 if inner < 128 else 3 if inner < 256 else 4) <= command.le else 0x6700

    def _in_clear(self, command: Command) -> Command | None:
        data = command.data
        at = 2 if len(data) > 1 and data[1] < 0x80 else 2 + (data[1] & 0x7F if len(data) > 1 else 0)
        length = data[1] if at == 2 and len(data) > 1 else int.from_bytes(data[2:at], "big")
        if len(data) < 3 or data[0] != 0x86 or at + length != len(data) or length < 17 or length % 16 != 1:
            return None
        if data[at] != 1:
            return None
        assert self.secure is not None
        text = self.secure.blocks(data[at + 1 :], self.secure.counter).rstrip(b"\0")
        if not text.endswith(b"\x80"):
            return None
        return Command(0x00, command.ins, command.p1, command.p2, text[:-1], command.le)

    @staticmethod
    def _length_wanted(command: Command) -> Command | None:
        if len(command.data) != 5 or command.data[:3].hex() != "960300":
            return None
        le = int.from_bytes(command.data[3:], "big") or 65536
        return Command(0x00, 0xB0, command.p1, command.p2, b"", None if command.le is None else le)
