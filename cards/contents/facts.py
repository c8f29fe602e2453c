"""Hold whose card it is, what is known when its files are written, and the numbers printed on it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Holder:
    """Hold the person of a card.

    `municipality`: five digits. `name`: U+3000 between 氏 and 名. `sex`: 1 男, 2 女, 9 other. Romaji as in certificates.
    `reading`: official 振り仮名, `former_name`: 旧氏; '' if there is none.
    """

    person_key: str
    municipality: str
    name: str
    address: str
    birth: date
    sex: str
    prefecture_romaji: str
    city_romaji: str
    reading: str = ""
    former_name: str = ""


_ERAS = (date(2019, 5, 1), date(1989, 1, 8), date(1926, 12, 25), date(1912, 7, 30), date(1868, 1, 25))


@dataclass(frozen=True, slots=True)
class CardFacts:
    """Hold the facts of a card.

    `serial`: 15 digits. `security_code`: 4 digits. `application_key`: signs challenges, its public
    half stands in the 券面 records; `session_key`: takes session keys of secure messaging. None if there is none.
    """

    holder: Holder
    expiry: date
    serial: str
    security_code: str
    my_number: str
    token_label: str
    contact_atr: bytes
    application_key: RSAPrivateKey | None
    session_key: RSAPrivateKey | None

    @property
    def code_b(self) -> str:
        """Return 照合番号B: birth YYMMDD in the Japanese era, year of expiry, security code; 14 digits."""
        return birth_code(self.holder.birth) + f"{self.expiry.year:04d}" + self.security_code


def birth_code(birth: date) -> str:
    """Return YYMMDD with the year of the Japanese era. Raises ValueError before Meiji."""
    for start in _ERAS:
        if birth >= start:
            return f"{birth.year - start.year + 1:02d}{birth:%m%d}"
    raise ValueError("a birth before the Meiji era")


def birthday(birth: date, number: int, issued: date) -> date:
    """Find the `number`-th birthday after the day of issue; 29 February counts as the 28th."""

    def of(year: int) -> date:
        try:
            return birth.replace(year=year)
        except ValueError:
            return date(year, 2, 28)

    first = issued.year if of(issued.year) > issued else issued.year + 1
    return of(first + number - 1)


def digits(person_key: str, purpose: str, count: int) -> str:
    """Make `count` digits that are always the same for this person and purpose, and tell nothing of either."""
    number = int.from_bytes(hashlib.sha256(f"{purpose}\0{person_key}".encode()).digest(), "big")
    return f"{number % 10**count:0{count}d}"


def check_digit(eleven: str) -> int:
    """Compute the check digit that a real 個人番号 of these eleven digits would have."""
    total = sum(
        int(digit) * (place + 1 if place <= 6 else place - 5) for place, digit in enumerate(eleven[::-1], 1)
    )
    rest = total % 11
    return 0 if rest <= 1 else 11 - rest


def sample_my_number(person_key: str) -> str:
    """Make twelve digits that cannot be anybody's: the check digit is wrong."""
    eleven = digits(person_key, "my number", 11)
    return f"{eleven}{(check_digit(eleven) + 1) % 10}"


def is_sample_my_number(number: str) -> bool:
    """Tell whether these are twelve digits with a wrong check digit."""
    return (
        len(number) == 12
        and number.isascii()
        and number.isdigit()
        and int(number[-1]) != check_digit(number[:11])
    )


def with_former_name(name: str, former: str) -> str:
    """Write a 旧氏 into a name: 氏［旧氏］　名. That the card shows both is known, the brackets in its files are unproven."""
    family, gap, given = name.partition("\u3000")
    return f"{family}［{former}］{gap}{given}"
