"""Each statement of a visit changes the one row it is about, and only while that row may still be changed. Without HTTP and
without housekeeping: nobody else ends here what has run out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, RowMapping, Table, select

from server_stub.center.applications import Application, Applications
from server_stub.center.database import Database
from server_stub.center.sessions import Authenticated, Sessions
from server_stub.center.settings import CenterTimes
from server_stub.center.tables import applications, sessions, sheets
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.offers import ApplicationRequest, Offers
from server_stub.interface.terminal import SignedManifest
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from tests.center.world import CITY, HOUSEHOLD, World, info, refused, wait_for

TIMES = CenterTimes()
MINE, OTHERS = "T1", "T2"
HOLDER, STRANGER = "a" * 64, "b" * 64
REQUEST = ApplicationRequest.model_validate(HOUSEHOLD)
ANSWER = SignedManifest(text="{}", signature="AAAA", key_id="0")


class Desk:
    """Sessions and applications on a database of their own."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(STAGE_START)
        self.clock.freeze()
        trace = Trace(self.clock)
        self.database = Database(sqlite_url(folder / "center.db"))
        self.sessions = Sessions(self.database, self.clock, trace, TIMES)
        self.applications = Applications(self.database, self.clock, trace)
        self._keys = iter(range(1000))

    def open(self) -> str:
        return self.sessions.open(MINE).session_id

    def authenticated(self, session_id: str, *, terminal: str = MINE, holder: str = HOLDER) -> Authenticated:
        who = Identity(method=Method.JPKI, reference=holder)
        offers = Offers(
            session_id=session_id,
            terminal_id=terminal,
            holder=who,
            place=Place.ADDRESS,
            municipality=info(CITY),
            offers=(),
        )
        found = Authenticated(session_id, who, Place.ADDRESS, offers)
        self.sessions.authenticated(terminal, found)
        return found

    def known(self, holder: str = HOLDER) -> Authenticated:
        """A session whose holder is known and that has a nonce outstanding."""
        found = self.authenticated(self.open(), holder=holder)
        self.sessions.new_nonce(found.session_id, MINE)
        return found

    def receive(self, session: Authenticated) -> Application:
        return self.applications.receive(MINE, f"key-{next(self._keys)}", session, REQUEST)

    def prepare(
        self, application: Application, session: Authenticated, life: timedelta = TIMES.payment_life
    ) -> bool:
        return self.applications.prepared(
            application.application_id, session.session_id, ANSWER, [b"%PDF"], life
        )

    def rows(self, table: Table) -> list[RowMapping]:
        with self.database.read() as connection:
            return list(connection.execute(select(table)).mappings())

    def session_row(self, session_id: str) -> RowMapping:
        return next(row for row in self.rows(sessions) if row["session_id"] == session_id)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.database.dispose()


def end(desk: Desk, session_id: str) -> str:
    desk.sessions.end(session_id, MINE, "ended")
    return MINE


def run_out(desk: Desk, session_id: str) -> str:
    desk.clock.advance(TIMES.session_life)
    return MINE


def at_another_terminal(desk: Desk, session_id: str) -> str:
    return OTHERS


USES: dict[str, Callable[[Desk, str, str], object]] = {
    "new_nonce": lambda desk, session_id, terminal: desk.sessions.new_nonce(session_id, terminal),
    "use_nonce": lambda desk, session_id, terminal: desk.sessions.use_nonce(session_id, terminal),
    "authenticated": lambda desk, session_id, terminal: desk.authenticated(session_id, terminal=terminal),
    "known": lambda desk, session_id, terminal: desk.sessions.known(session_id, terminal),
}


# --- whose session, and for how long ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("over", [end, run_out, at_another_terminal])
@pytest.mark.parametrize("use", USES)
def test_a_session_that_is_over_or_anothers_is_used_for_nothing(
    desk: Desk, use: str, over: Callable[[Desk, str], str]
) -> None:
    session_id = desk.known().session_id
    USES[use](desk, session_id, MINE)
    desk.sessions.new_nonce(session_id, MINE)
    terminal = over(desk, session_id)
    before = desk.rows(sessions)
    with pytest.raises(Failed, match="^Session_Not_Valid"):
        USES[use](desk, session_id, terminal)
    assert desk.rows(sessions) == before


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("turn", [0, 1])
def test_what_is_done_with_one_session_leaves_the_other_alone(desk: Desk, use: str, turn: int) -> None:
    both = [desk.known(), desk.known()]
    mine, other = both[turn].session_id, both[1 - turn].session_id
    before = desk.session_row(other)
    USES[use](desk, mine, MINE)
    assert desk.session_row(other) == before


def test_each_session_knows_its_own_holder(desk: Desk) -> None:
    mine, theirs = desk.known(HOLDER), desk.known(STRANGER)
    assert desk.sessions.known(mine.session_id, MINE) == mine
    assert desk.sessions.known(theirs.session_id, MINE) == theirs


def test_a_known_session_takes_its_holder_again_and_no_other(desk: Desk) -> None:
    mine = desk.known()
    desk.authenticated(mine.session_id)
    with pytest.raises(Failed, match="^Session_Not_Valid"):
        desk.authenticated(mine.session_id, holder=STRANGER)
    assert desk.sessions.known(mine.session_id, MINE).holder.reference == HOLDER


# --- the nonce ----------------------------------------------------------------------------------------------------------------


def test_of_two_that_use_a_nonce_at_the_same_time_exactly_one_gets_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = desk.open()
    nonce = desk.sessions.new_nonce(session_id, MINE).nonce
    both_have_looked = threading.Barrier(2, timeout=10)
    write = desk.database.write

    def write_together() -> AbstractContextManager[Connection]:
        both_have_looked.wait()
        return write()

    monkeypatch.setattr(desk.database, "write", write_together)
    got: list[str] = []

    def use() -> None:
        try:
            got.append(desk.sessions.use_nonce(session_id, MINE))
        except Failed as failed:
            got.append(f"{failed.failure} {failed.facts['cause']}")

    threads = [threading.Thread(target=use) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(got) == sorted([nonce, "Nonce_Not_Valid used"])


def test_a_nonce_that_two_sessions_happen_to_share_is_used_in_one_only(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_bytes", bytes)
    one, two = desk.known(), desk.known()
    assert desk.sessions.use_nonce(one.session_id, MINE) == desk.sessions.use_nonce(two.session_id, MINE)


# --- applications ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("over", [end, run_out])
def test_a_session_that_is_over_receives_no_application(desk: Desk, over: Callable[[Desk, str], str]) -> None:
    """The holder was looked up while it still lived."""
    session = desk.known()
    over(desk, session.session_id)
    before = desk.rows(sessions)
    with pytest.raises(Failed, match="^Session_Not_Valid"):
        desk.receive(session)
    assert desk.rows(applications) == []
    assert desk.rows(sessions) == before


def test_a_session_counts_its_own_applications(desk: Desk) -> None:
    one, two = desk.known(), desk.known()
    for session in (one, two, two):
        desk.receive(session)
    assert [desk.session_row(s.session_id)["applications"] for s in (one, two)] == [1, 2]


@pytest.mark.parametrize("over", [end, run_out])
def test_paper_brings_no_session_back(desk: Desk, over: Callable[[Desk, str], str]) -> None:
    session = desk.known()
    application = desk.receive(session)
    over(desk, session.session_id)
    before = desk.session_row(session.session_id)
    assert not desk.prepare(application, session, 2 * TIMES.session_life)
    assert desk.session_row(session.session_id) == before
    assert [row["state"] for row in desk.rows(applications)] == ["cancelled"]
    assert desk.rows(sheets) == []


def test_paper_prolongs_its_own_session_only_and_never_shortens_it(desk: Desk) -> None:
    session, other = desk.known(), desk.known()
    expires = desk.session_row(other.session_id)["expires_at"]
    longer = TIMES.session_life + timedelta(seconds=1)
    for life, until in ((timedelta(seconds=1), expires), (longer, desk.clock.now() + longer)):
        assert desk.prepare(desk.receive(session), session, life)
        assert desk.session_row(session.session_id)["expires_at"] == until
        assert desk.session_row(other.session_id)["expires_at"] == expires


def test_paper_is_kept_for_its_own_application_only(desk: Desk) -> None:
    session = desk.known()
    first, second = desk.receive(session), desk.receive(session)
    assert desk.prepare(second, session)
    rows: dict[str, Any] = {row["application_id"]: row for row in desk.rows(applications)}
    assert (rows[first.application_id]["state"], rows[first.application_id]["answer"]) == ("received", None)
    assert rows[second.application_id]["state"] == "prepared"
    assert [row["application_id"] for row in desk.rows(sheets)] == [second.application_id]


def test_an_application_cancelled_in_a_living_session_stays_so_when_its_paper_comes(world: World) -> None:
    session_id = world.known_session()
    go_on = threading.Event()
    world.issuing.before_answer = lambda: wait_for(go_on)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(world.apply(session_id)))
    asking.start()
    with world.issuing.changed:
        assert world.issuing.changed.wait_for(lambda: world.issuing.requests, 10)
    application_id = world.issuing.requests[0].application_id
    assert world.report(application_id, "cancelled").json()["state"] == "cancelled"
    go_on.set()
    asking.join(10)
    refused(answers[0], "Session_Not_Valid")
    assert world.state(application_id) == "cancelled"
    refused(world.sheet(application_id, 1), "Application_State_Conflict")
    assert not world.happened("prepared")
    told = world.issuing.wait_for_reports(1)
    assert [(ref, report.kind) for ref, report in told] == [(application_id, "cancelled")]
    world.nonce(session_id)  # the session itself goes on
