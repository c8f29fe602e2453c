"""The table of states and reports is what both servers did before they shared it, pair by pair."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from scenarios import paths
from server_stub.interface.application_states import CENTER, LEDGER, ReportKind, Server, State, state_met

# state before: what paid, handed_over, cancelled, in_doubt and incident make of it; "-" contradicts what is known
AT_CENTER = """
    received     -           -            cancelled    -         cancelled
    prepared     paid        -            cancelled    in_doubt  cancelled
    paid         paid        handed_over  cancelled    in_doubt  in_doubt
    handed_over  -           handed_over  -            -         handed_over
    cancelled    -           -            cancelled    -         cancelled
    in_doubt     paid        handed_over  cancelled    in_doubt  in_doubt
    incident     -           -            -            -         -
"""
IN_LEDGER = """
    received     -           -            -            -         -
    prepared     paid        handed_over  cancelled    in_doubt  incident
    paid         paid        handed_over  cancelled    in_doubt  incident
    handed_over  -           handed_over  -            -         incident
    cancelled    -           -            cancelled    -         incident
    in_doubt     paid        handed_over  cancelled    in_doubt  incident
    incident     incident    incident     incident     incident  incident
"""
REPORTS = ("paid", "handed_over", "cancelled", "in_doubt", "incident")


def pairs(table: str) -> dict[tuple[str, str], str]:
    rows = [line.split() for line in table.strip().splitlines()]
    return {(row[0], report): then for row in rows for report, then in zip(REPORTS, row[1:], strict=True)}


@pytest.mark.parametrize(
    ("server", "table"), [(CENTER, AT_CENTER), (LEDGER, IN_LEDGER)], ids=["centre", "ledger"]
)
def test_every_pair_of_state_and_report_leads_where_it_always_led(server: Server, table: str) -> None:
    found = {
        (str(state), str(report)): str(server.after(state, report) or "-")
        for state, report in itertools.product(State, ReportKind)
    }
    assert found == pairs(table)


def test_received_exists_at_the_centre_only_and_incident_in_the_ledger_only() -> None:
    common = {"prepared", "paid", "handed_over", "cancelled", "in_doubt"}
    assert {str(state) for state in CENTER.states} == common | {"received"}
    assert {str(state) for state in LEDGER.states} == common | {"incident"}


def test_only_a_cancellation_or_an_incident_may_overtake_its_application_and_only_at_the_ledger() -> None:
    assert {str(report) for report in LEDGER.overtaking} == {"cancelled", "incident"}
    assert CENTER.overtaking == frozenset()


EXPIRED = datetime(2026, 6, 3, 1, 0, tzinfo=UTC)
BEFORE, AFTER = EXPIRED - timedelta(seconds=1), EXPIRED + timedelta(seconds=1)
MET = [
    # state, report, at, paid already -> state met
    ("cancelled", "paid", BEFORE, False, "prepared"),
    ("cancelled", "paid", EXPIRED, False, "cancelled"),
    ("cancelled", "paid", AFTER, False, "cancelled"),
    ("cancelled", "paid", BEFORE, True, "cancelled"),
    ("cancelled", "in_doubt", BEFORE, False, "prepared"),
    ("cancelled", "in_doubt", AFTER, False, "prepared"),
    ("cancelled", "in_doubt", AFTER, True, "prepared"),
    ("cancelled", "handed_over", BEFORE, False, "cancelled"),
    ("cancelled", "cancelled", BEFORE, False, "cancelled"),
    ("cancelled", "incident", BEFORE, False, "cancelled"),
    ("in_doubt", "paid", BEFORE, False, "prepared"),
    ("in_doubt", "paid", AFTER, False, "cancelled"),
    ("in_doubt", "paid", AFTER, True, "in_doubt"),
    ("in_doubt", "in_doubt", BEFORE, False, "in_doubt"),
    ("in_doubt", "handed_over", AFTER, True, "in_doubt"),
]


@pytest.mark.parametrize(("state", "report", "at", "paid", "met"), MET)
def test_what_expired_gives_way_to_an_earlier_payment_and_to_a_doubt(
    state: str, report: str, at: datetime, paid: bool, met: str
) -> None:
    assert state_met(State(state), ReportKind(report), at, expired_at=EXPIRED, paid=paid) == met


@pytest.mark.parametrize("state", ["prepared", "paid", "handed_over", "incident"])
@pytest.mark.parametrize("report", REPORTS)
def test_what_has_not_expired_is_met_as_it_stands(state: str, report: str) -> None:
    assert state_met(State(state), ReportKind(report), BEFORE, expired_at=EXPIRED, paid=False) == state
    assert state_met(State.CANCELLED, ReportKind(report), BEFORE, expired_at=None, paid=False) == "cancelled"


def test_the_table_loads_without_pydantic() -> None:
    asked = "import sys, server_stub.interface.application_states; print('pydantic' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"
