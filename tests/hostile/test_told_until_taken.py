"""A payment is told until the centre itself has taken it, whatever else answers in its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kiosk_app.outbox import Outbox
from scenarios.template import load_cards
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.terminal import ReportKind, StatusReport
from tests.hostile.hall import Hall
from tests.hostile.rogue import Answer, Change, Rogue, http
from tests.hostile.visitor import Received, Visitor
from tests.long import part

JSON = "application/json"


@pytest.fixture
def rogue(hall: Hall) -> Iterator[Rogue]:
    rogue = Rogue(hall.servers.center_url)
    yield rogue
    rogue.stop()


@pytest.fixture
def visitor(hall: Hall, rogue: Rogue) -> Iterator[Visitor]:
    visitor = hall.visitor(url=rogue.url)
    yield visitor
    visitor.close()


@pytest.fixture
def paper(hall: Hall, visitor: Visitor) -> Received:
    return visitor.paper(load_cards(hall.template)["六甲翠のカード"], "seal_registration")


@pytest.fixture
def outbox(hall: Hall, paper: Received, tmp_path: Path) -> Iterator[Outbox]:
    """The reports of one finished visit."""
    outbox = Outbox(tmp_path / "outbox.sqlite")
    for kind, amount in ((ReportKind.PAID, paper.fee_total), (ReportKind.HANDED_OVER, 0)):
        report = StatusReport(report_id=new_ulid(hall.clock), kind=kind, at=hall.clock.now(), amount=amount)
        outbox.put_report(paper.session_id, paper.application_id, report)
    outbox.put_end(paper.session_id, "handed over")
    yield outbox
    outbox.close()


def says(status: int, body: Any) -> Change:
    return lambda answer: http(status, JSON, json.dumps(body).encode())


def half(answer: Answer) -> bytes:
    return http(200, JSON, answer.body[: len(answer.body) // 2], length=len(answer.body) + 1)


NO_ANSWER: dict[str, Change] = {
    "a portal's page": lambda answer: http(200, "text/html", b"<html>login</html>"),
    "an empty answer": lambda answer: http(200, JSON, b""),
    "null": says(200, None),
    "a redirect": lambda answer: http(302, JSON, b"", "Location: http://127.0.0.1:9/"),
    "not found": lambda answer: http(404, "text/html", b"no such page"),
    "out of service": lambda answer: http(503, "text/html", b"later"),
    "a broken server": lambda answer: http(500, "text/plain", b"Traceback"),
    "a gateway": says(502, {"failure": "Centre_Unreachable", "facts": {}}),
    "too slow": says(408, {"failure": "Request_Too_Slow", "facts": {}}),
    "another key": says(401, {"failure": "Terminal_Unknown", "facts": {}}),
    "a refusal of something else": says(403, {"failure": "Holder_Restricted", "facts": {}}),
    "a name of the terminal's own": says(409, {"failure": "Printer_Jam", "facts": {}}),
    "another application": says(200, {"application_id": "0" * 26, "state": "paid"}),
    "half of it": half,
    "nothing": lambda answer: b"",
    "no HTTP": lambda answer: b"\x15\x03\x03\x00\x02",
}


@pytest.mark.parametrize(
    ("where", "change"),
    part([pytest.param("reports", change, id=f"reports: {what}") for what, change in NO_ANSWER.items()], 2)
    + [
        pytest.param("end", NO_ANSWER[what], id=f"end: {what}")
        for what in ("a portal's page", "a redirect", "nothing")
    ],
)
def test_it_is_told_again_and_counts_once(
    hall: Hall, rogue: Rogue, visitor: Visitor, outbox: Outbox, paper: Received, where: str, change: Change
) -> None:
    """The centre did hear it each time; only its answer was lost."""
    rogue.change(where, change)
    for _ in range(2):
        with pytest.raises(Failed):
            outbox.drain(visitor.send)
    assert rogue.struck == 2
    assert outbox.pending()
    rogue.calm()
    assert outbox.drain(visitor.send) == []
    assert outbox.pending() == []
    hall.settled()
    assert hall.books.charges() == [paper.fee_total]
    assert [a.state for a in hall.books.applications()] == ["handed_over"]
    assert hall.incidents() == []


def test_what_the_centre_refuses_for_good_is_not_told_for_ever(
    hall: Hall, visitor: Visitor, outbox: Outbox, paper: Received
) -> None:
    visitor.end(paper.session_id)
    refused = outbox.drain(visitor.send)
    assert [failed.failure for _, failed in refused] == ["Application_State_Conflict"] * 2
    assert outbox.pending() == []
    assert hall.books.charges() == []
