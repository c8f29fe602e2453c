"""Sessions of operators: a random token that only the browser has, ended by the clock, and its key against forged forms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select, update

from server_stub.interface.clock import Clock

from .rights import Stage
from .settings import OperationsSettings
from .store import moment
from .tables import sessions


@dataclass(frozen=True, slots=True)
class Session:
    """One login. `key`: what it is kept by; `csrf`: what every form of it must send back; `municipality`: which one a vendor's operator looks
    at, or the operator's own."""

    key: str
    operator: int
    municipality: str
    stage: Stage
    csrf: str
    notice: str


class Sessions:
    """Safe from any thread."""

    def __init__(self, engine: Engine, settings: OperationsSettings, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock

    def begin(self, operator: int, municipality: str, stage: Stage, address: str) -> str:
        """Begin a session; returns its token. Those that have ended are forgotten."""
        token = secrets.token_urlsafe(32)
        now = self._clock.now()
        with self._engine.begin() as connection:
            connection.execute(
                delete(sessions).where(
                    (sessions.c.used_at < moment(now - self._settings.idle))
                    | (sessions.c.began_at < moment(now - self._settings.longest))
                )
            )
            connection.execute(
                insert(sessions).values(
                    token=_key(token), operator=operator, municipality=municipality, stage=stage.value,
                    began_at=moment(now), used_at=moment(now), address=address[:60], notice="",
                )
            )  # fmt: skip
        return token

    def find(self, token: str) -> Session | None:
        """Find the session and note that it is used; None if there is none, or its time has run out."""
        key, now = _key(token), self._clock.now()
        alive = (
            (sessions.c.token == key)
            & (sessions.c.used_at >= moment(now - self._settings.idle))
            & (sessions.c.began_at >= moment(now - self._settings.longest))
        )
        with self._engine.begin() as connection:
            if connection.execute(update(sessions).where(alive).values(used_at=moment(now))).rowcount == 0:
                return None
            row = connection.execute(select(sessions).where(sessions.c.token == key)).one()
        csrf = hashlib.sha256(f"form\0{token}".encode()).hexdigest()
        return Session(key, row.operator, row.municipality, Stage(row.stage), csrf, row.notice)

    def change(self, key: str, **values: str) -> None:
        """Set `stage`, `municipality` or `notice`."""
        with self._engine.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.token == key).values(**values))

    def end(self, key: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token == key))


def is_csrf(session: Session, shown: str) -> bool:
    return hmac.compare_digest(session.csrf.encode(), shown.encode("utf-8", "replace"))


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
