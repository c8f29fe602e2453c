"""Read and write ISO 7816-4 commands and responses as values, short and extended, and status words by name. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, replace

CARD_MANAGER_AID = bytes.fromhex("A0000001510000")
"""The GlobalPlatform issuer security domain; selecting it leaves every application."""
MAX_SHORT = 256
MAX_EXTENDED = 65536


class MalformedCommand(ValueError):
    """Refuse bytes whose lengths fit no case of ISO 7816-4; a card answers 6700."""


@dataclass(frozen=True, slots=True)
class Command:
    """Hold one C-APDU. `le` is the number of bytes expected (256 and 65536 travel as zeros), None: none expected."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    @property
    def header(self) -> bytes:
        return bytes((self.cla, self.ins, self.p1, self.p2))

    def encode(self) -> bytes:
        """Return the bytes on the line; extended where asked for, or where a length needs it."""
        le = self.le
        if self.extended or len(self.data) > 255 or (le or 0) > MAX_SHORT:
            body = b"\0" if self.data or le is not None else b""
            if self.data:
                body += len(self.data).to_bytes(2, "big") + self.data
            return self.header + body + (b"" if le is None else (le % MAX_EXTENDED).to_bytes(2, "big"))
        body = bytes((len(self.data),)) + self.data if self.data else b""
        return self.header + body + (b"" if le is None else bytes((le % MAX_SHORT,)))

    @classmethod
    def parse(cls, raw: bytes) -> Command:
        """Read a C-APDU. Raises MalformedCommand when the lengths do not fit."""
        size = len(raw)
        if size < 4:
            raise MalformedCommand("a command has at least 4 bytes")
        cla, ins, p1, p2 = raw[:4]
        if size == 4:
            return cls(cla, ins, p1, p2)
        if size == 5:
            return cls(cla, ins, p1, p2, le=raw[4] or MAX_SHORT)
        if raw[4]:
            end = 5 + raw[4]
            if size == end:
                return cls(cla, ins, p1, p2, raw[5:end])
            if size == end + 1:
                return cls(cla, ins, p1, p2, raw[5:end], raw[end] or MAX_SHORT)
            raise MalformedCommand("Lc does not fit the length")
        if size == 7:
            return cls(cla, ins, p1, p2, b"", int.from_bytes(raw[5:7], "big") or MAX_EXTENDED, True)
        count = int.from_bytes(raw[5:7], "big")
        end = 7 + count
        if count and size == end:
            return cls(cla, ins, p1, p2, raw[7:end], None, True)
        if count and size == end + 2:
            le = int.from_bytes(raw[end:], "big") or MAX_EXTENDED
            return cls(cla, ins, p1, p2, raw[7:end], le, True)
        raise MalformedCommand("extended Lc does not fit the length")

    def with_le(self, le: int) -> Command:
        return replace(self, le=le)


@dataclass(frozen=True, slots=True)
class Response:
    """Hold one R-APDU: data and status word."""

    data: bytes
    sw: int

    def encode(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        """Read an R-APDU. Raises ValueError on less than two bytes."""
        if len(raw) < 2:
            raise ValueError("a response has at least its status word")
        return cls(raw[:-2], int.from_bytes(raw[-2:], "big"))


OK = 0x9000
UNLIMITED_FAILED = 0x6300
TRIES = 0x63C0
WRONG_LENGTH = 0x6700
CHANNEL_NOT_SUPPORTED = 0x6881
SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
FILE_STRUCTURE = 0x6981
SECURITY_STATUS = 0x6982
AUTHENTICATION_BLOCKED = 0x6983
PIN_BLOCKED = 0x6984
CONDITIONS = 0x6985
SECURE_MESSAGING_OBJECT_MISSING = 0x6987
SECURE_MESSAGING_WRONG = 0x6988
NO_CURRENT_EF = 0x6986
SECURE_MESSAGING_CLASS = 0x69FC
WRONG_DATA = 0x6A80
FUNCTION_NOT_SUPPORTED = 0x6A81
FILE_NOT_FOUND = 0x6A82
RECORD_NOT_FOUND = 0x6A83
WRONG_P1_P2 = 0x6A86
REFERENCE_NOT_FOUND = 0x6A88
OUTSIDE_FILE = 0x6B00
WRONG_INS = 0x6D00
WRONG_CLA = 0x6E00
NO_DIAGNOSIS = 0x6F00

STATUS_WORDS: dict[int, str] = {
    OK: "正常終了",
    0x6282: "ファイルの終わりに達した",
    UNLIMITED_FAILED: "照合不一致（回数の制限なし）",
    WRONG_LENGTH: "Lc または Le の誤り",
    0x66F1: "セキュリティ環境の誤り",
    CHANNEL_NOT_SUPPORTED: "論理チャネルは使えない",
    SECURE_MESSAGING_NOT_SUPPORTED: "セキュアメッセージングは使えない",
    FILE_STRUCTURE: "ファイル構造と矛盾する",
    SECURITY_STATUS: "セキュリティステータスが満たされない",
    AUTHENTICATION_BLOCKED: "照合が閉塞している",
    PIN_BLOCKED: "参照する IEF が閉塞している",
    CONDITIONS: "使用条件が満たされない",
    NO_CURRENT_EF: "カレント EF がない",
    SECURE_MESSAGING_OBJECT_MISSING: "セキュアメッセージングのデータオブジェクトがない",
    SECURE_MESSAGING_WRONG: "セキュアメッセージングのデータオブジェクトの誤り",
    SECURE_MESSAGING_CLASS: "セキュアメッセージングのクラスは使えない",
    WRONG_DATA: "データフィールドの誤り",
    FUNCTION_NOT_SUPPORTED: "機能がない",
    FILE_NOT_FOUND: "ファイルがない",
    RECORD_NOT_FOUND: "レコードがない",
    WRONG_P1_P2: "P1-P2 の誤り",
    REFERENCE_NOT_FOUND: "参照するデータがない",
    OUTSIDE_FILE: "オフセットがファイルの外",
    WRONG_INS: "命令がない",
    WRONG_CLA: "クラスがない",
    NO_DIAGNOSIS: "内部の誤り",
}
"""ISO 7816-4 and JICSAP 1.1, as this card uses them."""


def tries_in(sw: int) -> int | None:
    """Return the tries left that a 63Cx tells, else None."""
    return sw & 0x0F if sw & 0xFFF0 == TRIES else None


def status_text(sw: int, *, compared: bool = True) -> str:
    """Put the status word into words. `compared`: the command sent a PIN; an empty VERIFY only asks for the tries left."""
    tries = tries_in(sw)
    if tries is not None:
        return f"照合不一致・残り {tries} 回" if compared else f"残り {tries} 回"
    if sw >> 8 == 0x61:
        return f"続きが {sw & 0xFF or MAX_SHORT} バイトある"
    if sw >> 8 == 0x6C:
        return f"Le は {sw & 0xFF or MAX_SHORT} が正しい"
    return STATUS_WORDS.get(sw, "取決めにない状態")


_NAMES: dict[tuple[int, int], str] = {
    (0x00, 0x20): "VERIFY",
    (0x00, 0x24): "CHANGE REFERENCE DATA",
    (0x00, 0x84): "GET CHALLENGE",
    (0x00, 0x88): "INTERNAL AUTHENTICATE",
    (0x00, 0xA4): "SELECT",
    (0x00, 0xB0): "READ BINARY",
    (0x00, 0xB2): "READ RECORD",
    (0x00, 0xC0): "GET RESPONSE",
    (0x00, 0xCA): "GET DATA",
    (0x80, 0x2A): "COMPUTE DIGITAL SIGNATURE",
    (0x80, 0x32): "CHANGE KEY",
    (0x80, 0xA2): "SET PUBLIC IC KEY",
    (0x80, 0xAE): "SET SESSION KEY",
    (0x80, 0xFC): "LAST COMMAND INDICATOR",
}


def command_name(command: Command) -> str:
    """Name the command; an empty VERIFY and the two forms of SELECT have their own, and so has a command in secure messaging."""
    if command.cla & 0x0C and command.cla & 0x73 == 0:
        return command_name(replace(command, cla=command.cla & 0xF3)) + " (secure)"
    if (command.cla, command.ins) == (0x00, 0xA4):
        return {0x04: "SELECT AP", 0x02: "SELECT EF"}.get(command.p1, "SELECT")
    name = _NAMES.get((command.cla, command.ins), f"{command.cla:02X} {command.ins:02X}")
    return "VERIFY (tries left)" if name == "VERIFY" and not command.data else name
