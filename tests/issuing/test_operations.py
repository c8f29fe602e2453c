"""The ledger's door for officials' tools, over HTTP, after what a centre did over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from server_stub.interface.binding import new_ulid
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import IssuedPaper
from server_stub.interface.secret import Secret
from server_stub.issuing.app import create_app
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import RunningNode, serve
from tests.issuing.helper import (
    CENTRE_KEY,
    KOBE,
    KOBE_FOLDER,
    MIDORI,
    OPS_KEY,
    PSEUDONYM_SECRET,
    TAICHI,
    TownHall,
    ref_of,
    refused,
)


@pytest.fixture
def town_node(hall: TownHall) -> Iterator[RunningNode]:
    node = serve(hall.app)
    yield node
    node.stop()


def client(node: RunningNode, key: Secret) -> httpx.Client:
    headers = {"Authorization": f"Bearer {key.reveal()}"}
    return httpx.Client(base_url=node.base_url, headers=headers, trust_env=False)


@pytest.fixture
def centre(town_node: RunningNode) -> Iterator[httpx.Client]:
    with client(town_node, CENTRE_KEY) as centre:
        yield centre


@pytest.fixture
def official(town_node: RunningNode) -> Iterator[httpx.Client]:
    with client(town_node, OPS_KEY) as official:
        yield official


def ask(official: httpx.Client, path: str, **query: Any) -> Any:
    return official.get(f"/ops/v1/{path}", params=query).raise_for_status().json()


class Desk:
    """What a centre tells of applications."""

    def __init__(self, hall: TownHall, centre: httpx.Client) -> None:
        self._hall, self._centre = hall, centre

    def apply(self, person: str, copies: int = 1) -> IssuedPaper:
        request = self._hall.request(person, copies=copies)
        answer = self._centre.post("/v1/applications", json=request.model_dump(mode="json"))
        return IssuedPaper.model_validate_json(answer.raise_for_status().content)

    def report(self, application_id: str, kind: str, **fields: Any) -> str:
        """The report id of a report that was taken."""
        now = self._hall.clock.now().isoformat()
        body = {"report_id": new_ulid(self._hall.clock), "kind": kind, "at": now} | fields
        self._centre.post(f"/v1/applications/{application_id}/reports", json=body).raise_for_status()
        return str(body["report_id"])


@pytest.fixture
def desk(hall: TownHall, centre: httpx.Client) -> Desk:
    return Desk(hall, centre)


def test_without_a_key_there_is_no_door(hall: TownHall) -> None:
    settings = IssuingSettings(
        ledger_url=hall.ledger_url,
        centre_key=CENTRE_KEY,
        municipalities=(HostedMunicipality(KOBE_FOLDER, hall.replica_url, PSEUDONYM_SECRET),),
    )
    app = create_app(hall.context, settings)
    node = serve(app)
    try:
        with client(node, OPS_KEY) as official:
            for path in ("incidents", "in-doubt", f"applications/{'0' * 26}"):
                answer = official.get(f"/ops/v1/{path}")
                assert (answer.status_code, answer.json()["failure"]) == (404, "Operations_Not_Offered")
    finally:
        node.stop()
        app.state.issuing.close()


@pytest.mark.parametrize("key", [Secret("too short"), CENTRE_KEY])
def test_an_operations_key_is_long_and_not_the_centres(hall: TownHall, key: Secret) -> None:
    settings = IssuingSettings(
        ledger_url=hall.ledger_url,
        centre_key=CENTRE_KEY,
        municipalities=(HostedMunicipality(KOBE, hall.replica_url, PSEUDONYM_SECRET),),
    )
    failed: Failed = refused(lambda: replace(settings, ops_key=key))
    assert (failed.failure, failed.facts["item"]) == ("Settings_Wrong", "ops_key")
    assert key.reveal() not in str(failed)


def test_an_application_is_told_with_paper_money_and_reports(
    hall: TownHall, desk: Desk, official: httpx.Client
) -> None:
    hall.at("2026-06-03 10:00:00")
    paper = desk.apply(TAICHI, copies=2)
    hall.at("2026-06-03 10:02:00")
    paid = desk.report(paper.application_id, "paid", amount=500)
    hall.at("2026-06-03 10:03:00")
    void = desk.report(paper.application_id, "cancelled", reason="Printer_Jammed", sheets_printed=1)
    found = ask(official, f"applications/{paper.application_id}")
    made = found.pop("paper")
    copies = made.pop("copies")
    assert made == {
        "municipality": KOBE,
        "kind": "residence",
        "place": "address",
        "holder": {"method": "jpki", "reference": ref_of(TAICHI)},
        "terminal_id": "K-0001",
        "fee_total": 500,
        "generation": paper.generation,
        "received_at": "2026-06-03T10:00:00+09:00",
        "prepared_at": "2026-06-03T10:00:00+09:00",
    }
    numbers = {page.copy_number: page.issue_number for page in paper.pages}
    subjects = {ref for page in paper.pages for ref in page.subjects}
    assert [(copy["copy_number"], copy["issue_number"]) for copy in copies] == sorted(numbers.items())
    assert [set(copy["subjects"]) for copy in copies] == [subjects, subjects]
    assert sum(copy["sheets"] for copy in copies) == len(paper.pages)
    assert all(copy["as_of"] == "2026-06-03T05:00:00+09:00" for copy in copies), "作成日時 of the delivery"
    reports = found.pop("reports")
    assert found == {
        "application_id": paper.application_id,
        "state": "cancelled",
        "since": "2026-06-03T10:03:00+09:00",
        "settled_late": False,
        "charge": {"amount": 500, "at": "2026-06-03T10:02:00+09:00", "report_id": paid},
        "refund": {"at": "2026-06-03T10:03:00+09:00", "report_id": void},
    }
    assert [(one["kind"], one["report_id"], one["amount"]) for one in reports] == [
        ("paid", paid, 500),
        ("cancelled", void, 0),
    ]
    assert (reports[1]["reason"], reports[1]["sheets_printed"], reports[1]["expired"]) == (
        "Printer_Jammed",
        1,
        False,
    )


def test_a_doubt_says_whether_the_money_is_kept(desk: Desk, official: httpx.Client) -> None:
    paid, unpaid, done = (desk.apply(MIDORI).application_id for _ in range(3))
    for application_id in (paid, done):
        desk.report(application_id, "paid", amount=250)
    for application_id in (paid, unpaid, done):
        desk.report(application_id, "in_doubt")
    desk.report(done, "handed_over")
    page = ask(official, "in-doubt")
    assert page["next_cursor"] is None
    assert {one["application_id"]: (one["paid"], one["fee_total"]) for one in page["applications"]} == {
        paid: (True, 250),
        unpaid: (False, 250),
    }
    first = ask(official, "in-doubt", limit=1)
    second = ask(official, "in-doubt", limit=1, cursor=first["next_cursor"])
    assert [*first["applications"], *second["applications"]] == page["applications"]
    assert second["next_cursor"] is None


def test_incidents_are_told_also_of_an_application_that_never_came(
    hall: TownHall, desk: Desk, official: httpx.Client
) -> None:
    hall.at("2026-06-03 10:00:00")
    came, never = desk.apply(MIDORI).application_id, new_ulid(hall.clock)
    first = desk.report(came, "incident", reason="Paper_Corrupt: 2")
    hall.at("2026-06-03 10:02:00")
    second = desk.report(never, "incident")
    found = {one["incident_id"]: one for one in ask(official, "incidents")["incidents"]}
    assert found == {
        first: {
            "incident_id": first,
            "application_id": came,
            "municipality": KOBE,
            "terminal_id": "K-0001",
            "noticed_by": "terminal",
            "area": None,
            "failure": "Paper_Corrupt",
            "detail": {"reason": "Paper_Corrupt: 2"},
            "at": "2026-06-03T10:00:00+09:00",
        },
        second: {
            "incident_id": second,
            "application_id": never,
            "municipality": None,
            "terminal_id": "",
            "noticed_by": "terminal",
            "area": None,
            "failure": "Binding_Mismatch",
            "detail": {"reason": ""},
            "at": "2026-06-03T10:02:00+09:00",
        },
    }
    stopped = ask(official, f"applications/{never}")
    assert (stopped["state"], stopped["paper"], stopped["charge"]) == ("incident", None, None)

    def ids(**query: Any) -> list[str]:
        return [one["incident_id"] for one in ask(official, "incidents", **query)["incidents"]]

    assert ids(application_id=came) == [first]
    assert ids(since="2026-06-03T01:02:00Z") == [second]
    assert ids(since="2026-06-03T10:02:00.000001+09:00") == []
    page = ask(official, "incidents", limit=1)
    assert [page["incidents"][0]["incident_id"], *ids(cursor=page["next_cursor"])] == sorted([first, second])


def test_no_name_or_address_is_told(hall: TownHall, desk: Desk, official: httpx.Client) -> None:
    paper = desk.apply(TAICHI)
    desk.report(paper.application_id, "in_doubt")
    desk.report(paper.application_id, "incident")
    (page, *_) = hall.text(paper)
    assert "港太一" in page, "the paper itself has it"
    answers = [
        official.get(f"/ops/v1/{path}").raise_for_status().text
        for path in ("incidents", "in-doubt", f"applications/{paper.application_id}")
    ]
    for word in ("港", "太一", "神戸市", TAICHI):
        assert all(word not in answer for answer in answers)
