"""The statements of every visit, built once: to build one anew takes longer than the database takes to run it.

Parameters named like a column of the changed table are what is written there; `session`, `terminal`, `application` and
`now` say where.
"""

from __future__ import annotations

from sqlalchemy import and_, bindparam, case, insert, or_, select, update

from .states import SESSION_OPEN, State
from .tables import Moment, applications, holders, sessions, sheets

_SESSION = sessions.c.session_id == bindparam("session")
_RUNNING = and_(_SESSION, sessions.c.state == SESSION_OPEN, sessions.c.expires_at > bindparam("now"))
_LIVING = and_(_RUNNING, sessions.c.terminal_id == bindparam("terminal"))
_RECEIVED = and_(
    applications.c.application_id == bindparam("application"), applications.c.state == State.RECEIVED
)

OPEN_SESSION = insert(sessions)
SET_NONCE = update(sessions).where(_LIVING)
NONCE = select(sessions.c.nonce, sessions.c.nonce_expires_at).where(_LIVING)
USE_NONCE = update(sessions).where(_SESSION, sessions.c.nonce == bindparam("used"))
AUTHENTICATED = update(sessions).where(
    _LIVING, or_(sessions.c.holder_ref.is_(None), sessions.c.holder_ref == bindparam("holder"))
)
KNOWN = select(sessions.c.holder_ref, sessions.c.place, sessions.c.offers).where(_LIVING)

MUNICIPALITY_OF_HOLDER = select(holders.c.municipality).where(holders.c.holder_ref == bindparam("holder"))

COUNT_APPLICATION = update(sessions).where(_RUNNING).values(applications=sessions.c.applications + 1)
RECEIVE = insert(applications)
_LIVES = bindparam("lives", type_=Moment)
PROLONG_SESSION = (
    update(sessions)
    .where(_RUNNING)
    .values(expires_at=case((sessions.c.expires_at < _LIVES, _LIVES), else_=sessions.c.expires_at))
)
"""The session lives until `lives` at least."""
PREPARED = update(applications).where(_RECEIVED)
KEEP_SHEETS = insert(sheets)
