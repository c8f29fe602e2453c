"""`kill -9` of the servers after each answer of a visit: on the same folder all that was answered is still true."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from kiosk_app.outbox import Outbox
from scenarios.stage import STORE
from scenarios.template import load_cards
from server_stub.center import tables as center
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.trace import Trace
from server_stub.issuing.ledger import Ledger
from tests.hostile.visitor import Visitor, request_for
from tests.kept.server import Server, until

pytestmark = [pytest.mark.xdist_group("kept")]
FEE = 250


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("killed") / "servers")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def visitor(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    clock = server.clock()
    visitor = Visitor(
        tmp_path_factory.mktemp("kiosk"), server.urls["center"], STORE, server.folder / "template", clock, Trace(clock)
    )  # fmt: skip
    yield visitor
    visitor.close()


@dataclass
class Visit:
    """One resident before the centre. `answers`: what was asked and what was answered, in order."""

    server: Server
    visitor: Visitor
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    application_id: str = ""
    answers: list[tuple[str, Any, str, httpx.Response]] = field(default_factory=list)

    def begin(self) -> None:
        card = load_cards(self.server.folder / "template")["六甲翠のカード"]
        self.session_id, _holder, known = self.visitor.begin(card)
        self.offers = known.offers

    def ask(self, path: str, body: Any, key: str = "") -> httpx.Response:
        answer = self.server.post(path, body, key)
        self.answers.append((path, body, key, answer))
        return answer

    def request(self) -> dict[str, Any]:
        offer = self.offers.offer("residence")
        assert offer is not None
        return request_for(offer, self.offers.municipality.code, household=True).model_dump(mode="json")

    def apply(self) -> None:
        answer = self.ask(f"/v1/sessions/{self.session_id}/applications", self.request(), self.key)
        manifest = json.loads(answer.raise_for_status().json()["text"])
        self.application_id = manifest["application_id"]
        self.sheets = [self.sheet(number + 1) for number in range(len(manifest["sheets"]))]

    def sheet(self, number: int) -> bytes:
        return (
            self.server.get(f"/v1/applications/{self.application_id}/sheets/{number}")
            .raise_for_status()
            .content
        )

    def report(self, kind: ReportKind) -> StatusReport:
        clock = self.server.clock()
        amount = FEE if kind is ReportKind.PAID else 0
        return StatusReport(report_id=new_ulid(clock), kind=kind, at=clock.now(), amount=amount)

    def tell(self, kind: ReportKind) -> None:
        body = self.report(kind).model_dump(mode="json")
        self.ask(f"/v1/applications/{self.application_id}/reports", body).raise_for_status()

    def end(self) -> None:
        self.ask(f"/v1/sessions/{self.session_id}/end", {"reason": "done"}).raise_for_status()

    def again(self, last: int = 0) -> None:
        """Everything that was asked (or the `last` of it) is asked again, and answered alike."""
        for path, body, key, before in self.answers[-last:]:
            now = self.server.post(path, body, key)
            assert (now.status_code, now.content) == (before.status_code, before.content), path

    def at_the_centre(self) -> str:
        engine = open_engine(sqlite_url(self.server.folder / "center.db"))
        try:
            with engine.connect() as connection:
                query = select(center.applications.c.state)
                mine = center.applications.c.application_id == self.application_id
                return str(connection.execute(query.where(mine)).scalar_one())
        finally:
            engine.dispose()

    def settled(self, state: str, charge: int) -> None:
        """Centre and ledger agree, and the money is in the ledger once or not at all."""
        assert self.at_the_centre() == state
        ledger = Ledger(sqlite_url(self.server.folder / "ledger.db"))
        try:
            until(lambda: ledger.state(self.application_id) == state, f"the ledger never said {state}")
            mine = [c.amount for c in ledger.charges() if c.application_id == self.application_id]
            assert mine == ([charge] if charge else [])
        finally:
            ledger.close()


@pytest.fixture
def visit(server: Server, visitor: Visitor) -> Visit:
    visit = Visit(server, visitor)
    visit.begin()
    return visit


def killed(server: Server) -> None:
    server.kill()
    server.start()


def test_the_session_with_its_holder_goes_on(server: Server, visit: Visit) -> None:
    killed(server)
    visit.apply()
    visit.tell(ReportKind.PAID)
    visit.tell(ReportKind.HANDED_OVER)
    visit.end()
    visit.settled("handed_over", FEE)


def test_a_prepared_paper_is_the_same_paper(server: Server, visit: Visit) -> None:
    visit.apply()
    killed(server)
    visit.again()
    assert [visit.sheet(number) for number in range(1, len(visit.sheets) + 1)] == visit.sheets
    visit.tell(ReportKind.PAID)
    visit.tell(ReportKind.HANDED_OVER)
    visit.settled("handed_over", FEE)


def test_an_application_under_way_is_paper_or_is_cancelled_and_never_half(
    server: Server, visit: Visit
) -> None:
    engine = open_engine(sqlite_url(server.folder / "center.db"))

    def begun() -> bool:
        with engine.connect() as connection:
            query = select(center.applications.c.application_id)
            found = connection.execute(
                query.where(center.applications.c.session_id == visit.session_id)
            ).scalar()
        visit.application_id = found or ""
        return found is not None

    def ask() -> None:
        with pytest.raises(httpx.HTTPError):
            server.post(f"/v1/sessions/{visit.session_id}/applications", visit.request(), visit.key)
            raise httpx.HTTPError("it was answered before the end came")

    asking = threading.Thread(target=ask)
    asking.start()
    until(begun, "the application never came")
    killed(server)
    asking.join(60)
    engine.dispose()
    repeated = server.post(f"/v1/sessions/{visit.session_id}/applications", visit.request(), visit.key)
    if repeated.is_success:
        assert json.loads(repeated.json()["text"])["application_id"] == visit.application_id
        visit.tell(ReportKind.CANCELLED)
        visit.settled("cancelled", 0)
        return
    assert repeated.json()["failure"] == "Centre_Unreachable"
    assert visit.at_the_centre() == "cancelled"
    ledger = Ledger(sqlite_url(server.folder / "ledger.db"))
    # if the paper was made all the same, the ledger is told that nobody gets it
    until(lambda: ledger.state(visit.application_id) in (None, "cancelled"), "the ledger kept it open")
    ledger.close()


TOLD = {
    ReportKind.PAID: ("paid", FEE),
    ReportKind.IN_DOUBT: ("in_doubt", FEE),
    ReportKind.CANCELLED: ("cancelled", 0),
}


@pytest.mark.parametrize("kind", TOLD)
def test_what_was_told_of_a_paid_application_stays_told_once(
    server: Server, visit: Visit, kind: ReportKind
) -> None:
    visit.apply()
    visit.tell(ReportKind.PAID)
    if kind is not ReportKind.PAID:
        visit.tell(kind)
    killed(server)
    visit.again()
    visit.settled(*TOLD[kind])


def test_an_incident_and_the_end_of_another_session_stay(
    server: Server, visitor: Visitor, visit: Visit
) -> None:
    ended = Visit(server, visitor)
    ended.begin()
    ended.apply()
    ended.end()
    visit.apply()
    visit.tell(ReportKind.INCIDENT)
    killed(server)
    visit.again()
    ended.again(last=1)
    books = server.books()
    assert books.incidents() == 1
    books.close()
    ended.settled("cancelled", 0)
    assert server.post(f"/v1/sessions/{ended.session_id}/nonce").json()["failure"] == "Session_Not_Valid"


def test_reports_that_wait_at_the_terminal_are_delivered_to_the_next_server(
    server: Server, visit: Visit, tmp_path: Path
) -> None:
    visit.apply()
    server.kill()
    outbox = Outbox(tmp_path / "outbox.sqlite")
    for kind in (ReportKind.PAID, ReportKind.HANDED_OVER):
        outbox.put_report(visit.session_id, visit.application_id, visit.report(kind))
    outbox.put_end(visit.session_id, "handed over")
    with pytest.raises(Failed, match="Centre_Unreachable"):
        outbox.drain(visit.visitor.send)
    assert len(outbox.pending()) == 3
    server.start()
    assert outbox.drain(visit.visitor.send) == []
    assert outbox.pending() == []
    outbox.close()
    visit.settled("handed_over", FEE)


def test_a_paper_handed_over_just_before_stays_so_and_leaves_no_byte_behind(
    server: Server, visit: Visit
) -> None:
    def files() -> list[bytes]:
        return [path.read_bytes() for path in server.folder.glob("*.db*")]

    before = files()
    visit.apply()
    visit.tell(ReportKind.PAID)
    visit.tell(ReportKind.HANDED_OVER)
    killed(server)
    visit.again()
    visit.settled("handed_over", FEE)
    (sheet,) = visit.sheets
    parts = {sheet[at : at + 64] for at in range(0, len(sheet) - 64, 499)}
    # papers of the same person that were only paid are there still, and have some pieces in common
    parts = {part for part in parts if not any(part in content for content in before)}
    assert len(parts) > 20
    until(
        lambda: not any(part in content for content in files() for part in parts),
        "something of the paper is left",
    )
