"""Hold all state of one card as data: applications, files, PINs with their counters, keys, and how it behaves.

An image is a copy of a profile and is never written back to it; `save`/`load` keep it as JSON with a version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

FREE: None = None
NEVER: frozenset[int] = frozenset()
APPLETS = frozenset({"jpki", "text", "surface", "juki", "common", "ordinance"})
"""Names of the applications that a virtual card knows to play."""


class FileKind(StrEnum):
    """Name what an elementary file is. `INTERNAL`: a key reference that answers no read and no sign."""

    BINARY = "binary"
    RECORDS = "records"
    PIN = "pin"
    KEY = "key"
    INTERNAL = "internal"


class PinAlphabet(StrEnum):
    """Name the characters that CHANGE PIN accepts. VERIFY only compares bytes."""

    DIGITS = "digits"
    UPPER_ALPHANUMERIC = "upper_alphanumeric"
    MIXED_UPPER_ALPHANUMERIC = "mixed_upper_alphanumeric"
    """One letter and one digit at least."""


class KeyUse(StrEnum):
    """Name the command that a key answers: `80 2A`, INTERNAL AUTHENTICATE, or `80 AE` (it takes a session key in)."""

    SIGN = "sign"
    INTERNAL_AUTHENTICATE = "internal_authenticate"
    SESSION_KEY = "session_key"


@dataclass(slots=True)
class Pin:
    """Hold a PIN and its counter. `limit` 0: unlimited, `tries` is then meaningless. Lengths in characters."""

    value: str = field(repr=False)
    limit: int
    tries: int
    minimum: int
    maximum: int
    alphabet: PinAlphabet

    @property
    def blocked(self) -> bool:
        return self.limit > 0 and self.tries == 0

    def accepts(self, new: bytes) -> bool:
        """Tell whether `new` may become this PIN (length and characters)."""
        if not self.minimum <= len(new) <= self.maximum:
            return False
        digits = all(0x30 <= byte <= 0x39 for byte in new)
        if self.alphabet is PinAlphabet.DIGITS:
            return digits
        if self.alphabet is PinAlphabet.MIXED_UPPER_ALPHANUMERIC and (digits or new.isalpha()):
            return False
        return all(0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x5A for byte in new)


@dataclass(frozen=True, slots=True)
class Key:
    """Hold a private key, what it is for, and whether it signs garbage (a defect for tests)."""

    private: PrivateKey = field(repr=False)
    use: KeyUse = KeyUse.SIGN
    garbage: bool = False


@dataclass(slots=True)
class ElementaryFile:
    """Hold one EF. `opened_by`: FREE, NEVER, or the PIN EFs of the same application of which one must be verified.

    `personal`: its content is personal data and never stands in a trace.
    """

    fid: int
    kind: FileKind
    content: bytes = field(default=b"", repr=False)
    records: tuple[bytes, ...] = field(default=(), repr=False)
    opened_by: frozenset[int] | None = FREE
    pin: Pin | None = None
    key: Key | None = None
    personal: bool = False


@dataclass(slots=True)
class Application:
    """Hold one application (DF): its applet by name, its AID, its files by identifier."""

    name: str
    aid: bytes
    files: dict[int, ElementaryFile]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Say how a card answers where cards differ, or where the public facts are unproven.

    `blocked_query`: the status word of an empty VERIFY on a blocked PIN (63C0 or 6984). `restores_counter`: a correct
    VERIFY restores the counter. `delay_ms`: real milliseconds before each answer. `reselect_keeps`: selecting the application
    that is selected already keeps what was verified. `wrong_length_counts`: VERIFY with a value that is too short or too long for
    its PIN costs a try as any wrong one does; else it is refused with 6700 and costs none.
    """

    mute: bool = False
    delay_ms: int = 0
    first_command_fails: bool = False
    blocked_query: int = 0x63C0
    restores_counter: bool = True
    last_command_indicator: bool = False
    extended_length: bool = True
    reselect_keeps: bool = False
    wrong_length_counts: bool = True


@dataclass(slots=True)
class CardImage:
    """Hold one card. `kind`: plastic, android, iphone, draft_2028, juki or other. `data_objects`: GET DATA by tag."""

    profile: str
    kind: str
    atr: bytes
    behaviour: Behaviour
    data_objects: dict[int, bytes]
    applications: list[Application]

    def application(self, name: str) -> Application:
        """Find an application. Raises KeyError if this card has none of that name."""
        for application in self.applications:
            if application.name == name:
                return application
        raise KeyError(name)

    def pin(self, application: str, fid: int) -> Pin:
        """Find the PIN of a file. Raises KeyError if there is none."""
        found = self.application(application).files[fid].pin
        if found is None:
            raise KeyError(fid)
        return found

    def private_keys(self) -> Iterator[PrivateKey]:
        """List every private key on the card."""
        for application in self.applications:
            for file in application.files.values():
                if file.key is not None:
                    yield file.key.private

    def copy(self) -> CardImage:
        """Make an independent card: counters and contents change apart. Key objects are shared, they never change."""
        return replace(
            self,
            data_objects=dict(self.data_objects),
            applications=[
                replace(
                    application,
                    files={
                        fid: replace(file, pin=None if file.pin is None else replace(file.pin))
                        for fid, file in application.files.items()
                    },
                )
                for application in self.applications
            ],
        )
