"""What the status site is set up with, and how much guessing it allows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server_stub.interface.failures import Failed
from server_stub.interface.registration import RANDOM_DIGITS
from server_stub.interface.secret import Secret

MOST_HITS_AN_HOUR = 0.001
"""Applications that all guessing of an hour may find, on average."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How guessing is slowed and locked. A guess is a number with a right check digit that is nobody's.

    `per_address`: guesses of one address within an hour, after which it is locked out; `overall`: of all addresses. `free`: guesses
    after which each further one has to wait, `first_wait` and twice as long each time up to `longest_wait`. `most_live`: so many
    applications can be found by a number at any one time, of all municipalities that the site tells of. Raises Failed(Settings_Wrong)
    where all guesses of an hour would find more than `MOST_HITS_AN_HOUR`.
    """

    per_address: int = 10
    overall: int = 300
    free: int = 3
    first_wait: timedelta = timedelta(seconds=2)
    longest_wait: timedelta = timedelta(minutes=5)
    most_live: int = 20_000

    def __post_init__(self) -> None:
        if min(self.per_address, self.overall, self.most_live) < 1 or self.free < 0:
            raise Failed("Settings_Wrong", item="limits", detail="at least 1")
        if self.hits_an_hour >= MOST_HITS_AN_HOUR:
            raise Failed(
                "Settings_Wrong",
                item="limits",
                detail=f"overall × most_live / 10^10 under {MOST_HITS_AN_HOUR}",
            )

    @property
    def hits_an_hour(self) -> float:
        """Applications that all guesses of an hour find on average, if as many are live as there may be."""
        return float(self.overall) * self.most_live / 10.0**RANDOM_DIGITS


@dataclass(frozen=True, slots=True)
class SiteServer:
    """An issuing server and whose applications it has. `key`: what the site shows there."""

    base_url: str
    key: Secret
    municipalities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """`database_url`: of the guesses. `address_key`: under it addresses are digested. `show_unknown`: whether a number that is nobody's
    is told so (該当なし); Kobe's document says that it was not, at its time."""

    database_url: str
    servers: tuple[SiteServer, ...]
    address_key: Secret
    show_unknown: bool = True
    limits: Limits = Limits()
