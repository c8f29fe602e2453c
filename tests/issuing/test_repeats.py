"""The same application again, at once, later, changed, or too late."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from server_stub.db import sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPaper, IssueRequest
from server_stub.interface.terminal import ReportKind, StatusReport
from tests.issuing.helper import (
    MIDORI,
    RESIDENCE,
    SEAL,
    TAICHI,
    OpenTownHall,
    TownHall,
    deliver,
    refused,
)


def report(hall: TownHall, application_id: str, kind: ReportKind, amount: int = 0) -> str:
    told = StatusReport(report_id=new_ulid(hall.clock), kind=kind, at=hall.clock.now(), amount=amount)
    return hall.service.take_report(application_id, told).state


@pytest.mark.parametrize("kind", [RESIDENCE, SEAL])
def test_the_same_application_gives_the_same_paper(hall: TownHall, kind: object) -> None:
    request = hall.request(TAICHI, kind, copies=2)  # type: ignore[arg-type]
    first = hall.service.issue(request)
    assert hall.service.issue(request) == first
    assert len(hall.service.ledger.applications()) == 1


def test_it_is_the_same_paper_after_midnight_after_hours_and_after_a_restart(
    hall: TownHall, open_hall: OpenTownHall
) -> None:
    hall.at("2026-06-05 22:59:58")
    request = hall.request(MIDORI)
    first = hall.service.issue(request)
    hall.at("2026-06-06 00:10:00")
    hall.service.reopen()
    assert hall.service.issue(request.model_copy(update={"received_at": hall.clock.now()})) == first


def test_the_same_id_for_another_request_is_a_conflict(hall: TownHall) -> None:
    request = hall.request(TAICHI)
    first = hall.service.issue(request)
    others = [
        request.model_copy(update={"holder": hall.request(MIDORI).holder}),
        request.model_copy(
            update={"application": request.application.model_copy(update={"copies": 2, "fee_total": 500})}
        ),
        request.model_copy(update={"terminal": request.terminal.model_copy(update={"terminal_id": "K-9"})}),
    ]
    for other in others:
        assert refused(lambda other=other: hall.service.issue(other)).failure == "Idempotency_Conflict"
    assert hall.service.issue(request) == first


@pytest.mark.parametrize(
    "reports",
    [
        [ReportKind.CANCELLED],
        [ReportKind.PAID],
        [ReportKind.PAID, ReportKind.HANDED_OVER],
        [ReportKind.INCIDENT],
    ],
)
def test_what_something_has_become_of_is_not_given_out_again(
    hall: TownHall, reports: list[ReportKind]
) -> None:
    request = hall.request(MIDORI)
    hall.service.issue(request)
    state = [
        report(hall, request.application_id, kind, 250 if kind is ReportKind.PAID else 0) for kind in reports
    ][-1]
    gone = refused(lambda: hall.service.issue(request))
    assert (gone.failure, gone.facts["state"]) == ("Application_State_Conflict", state)


def test_an_application_that_was_cancelled_before_it_came_gets_no_paper(hall: TownHall) -> None:
    request = hall.request(MIDORI)
    assert report(hall, request.application_id, ReportKind.CANCELLED) == "cancelled"
    assert refused(lambda: hall.service.issue(request)).failure == "Application_State_Conflict"
    assert hall.service.ledger.application(request.application_id) is None
    assert hall.service.issue(hall.request(MIDORI)).pages


def test_a_paper_of_a_generation_that_is_gone_is_not_made_up_from_the_next(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "replica.db")
    deliver(url, tmp_path)
    hall = open_hall(replica=url)
    request = hall.request(MIDORI)
    hall.service.issue(request)
    deliver(url, tmp_path)
    assert refused(lambda: hall.service.issue(request)).failure == "Application_State_Conflict"
    assert hall.service.issue(hall.request(MIDORI)).generation == 2


def test_a_swapped_paper_is_not_given_out_for_a_right_one(hall: TownHall) -> None:
    request = hall.request(MIDORI)
    hall.service.issue(request)
    hall.context.faults.switch_on("issuing.swap_record")
    assert refused(lambda: hall.service.issue(request)).failure == "Application_State_Conflict"


def test_one_application_from_six_threads_at_once_is_one_paper(hall: TownHall) -> None:
    request = hall.request(TAICHI)
    answers = at_once([request] * 6, hall)
    assert all(answer == answers[0] for answer in answers)
    assert len(hall.service.ledger.applications()) == 1
    assert len(hall.service.ledger.copies(request.application_id)) == 1


def test_a_report_takes_the_application_through_its_states(hall: TownHall) -> None:
    paper = hall.apply(MIDORI)
    hall.clock.advance(timedelta(minutes=1))
    assert report(hall, paper.application_id, ReportKind.PAID, 250) == "paid"
    assert report(hall, paper.application_id, ReportKind.HANDED_OVER) == "handed_over"
    assert [(c.application_id, c.amount) for c in hall.service.ledger.charges()] == [
        (paper.application_id, 250)
    ]


def at_once(requests: list[IssueRequest], hall: TownHall) -> list[IssuedPaper | Failed]:
    """Every request from a thread of its own, all at the same moment; answers in order."""
    barrier = threading.Barrier(len(requests))
    answers: list[IssuedPaper | Failed | None] = [None] * len(requests)

    def ask(number: int) -> None:
        barrier.wait()
        try:
            answers[number] = hall.service.issue(requests[number])
        except Failed as failed:
            answers[number] = failed

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]
