"""Count guesses of one hour, slow them down, and lock out who guesses too much: each address, and all together.

A guess is written down before the issuing server is asked, and taken back if the number is somebody's: however many are under way at
once, no more are let through than may be. An address is kept as a keyed digest, for an hour.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, delete, func, insert, select

from server_stub.db import migrate, open_engine
from server_stub.interface.secret import Secret

from .settings import Limits

HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)
metadata = MetaData()
guesses = Table(
    "guesses",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("address", String(64), nullable=False, index=True),
)
"""`at`: microseconds since 1970 UTC."""


def prepare_database(url: str) -> None:
    """Bring the database at `url` to the newest revision."""
    migrate(url, "server_stub.sites")


@dataclass(frozen=True, slots=True)
class Locked:
    """Nobody may ask yet. `everybody`: the limit of all addresses together; `wait`: how long."""

    everybody: bool
    wait: timedelta


class Guesses:
    """Safe from any thread. The database is at its newest schema."""

    def __init__(self, url: str, limits: Limits, key: Secret) -> None:
        self._engine = open_engine(url)
        self._limits, self._key = limits, key

    def close(self) -> None:
        """Let go of the file; the next call opens it anew."""
        self._engine.dispose()

    def reserve(self, address: str, now: datetime) -> int | Locked:
        """Write down a guess of `address` (IP), if it may make one now; the number to take it back by."""
        who, moment = self._digest(address), _micro(now)
        since = _micro(now - HOUR)
        with self._engine.begin() as connection:
            # the change first: it takes the writer's place, so that two at once stand in line
            connection.execute(delete(guesses).where(guesses.c.at <= since))
            count, oldest = connection.execute(select(func.count(), func.min(guesses.c.at))).one()
            if count >= self._limits.overall:
                return Locked(True, _until(oldest, moment))
            own = connection.execute(
                select(func.count(), func.min(guesses.c.at), func.max(guesses.c.at)).where(
                    guesses.c.address == who
                )
            ).one()
            if own[0] >= self._limits.per_address:
                return Locked(False, _until(own[1], moment))
            wait = self._wait(own[0])
            if own[0] and moment < own[2] + wait // _MICROSECOND:
                return Locked(False, (own[2] - moment) * _MICROSECOND + wait)
            made = connection.execute(insert(guesses).values(at=moment, address=who))
            key = made.inserted_primary_key
            assert key is not None
            return int(key[0])

    def take_back(self, number: int) -> None:
        """Take a guess back that was none."""
        with self._engine.begin() as connection:
            connection.execute(delete(guesses).where(guesses.c.number == number))

    def count(self) -> int:
        """Count the guesses that are kept."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(guesses)).scalar_one())

    def _wait(self, made: int) -> timedelta:
        """How long after the last one an address waits that has made so many guesses within the hour."""
        over = made - self._limits.free
        if over < 0:
            return timedelta(0)
        wait: timedelta = self._limits.first_wait * 2 ** min(over, 20)
        return min(wait, self._limits.longest_wait)

    def _digest(self, address: str) -> str:
        """Of an IPv6 address its network of 64 bits counts: one household or office has all of it."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            whose = address
        else:
            whose = str(parsed)
            if parsed.version == 6:
                whose = str(ipaddress.ip_network((parsed, 64), strict=False))
        return hmac.new(self._key.reveal().encode(), whose.encode(), hashlib.sha256).hexdigest()


def _micro(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _until(oldest: int, moment: int) -> timedelta:
    return HOUR - (moment - oldest) * _MICROSECOND
