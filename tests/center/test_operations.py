"""The centre's door for officials' tools, over HTTP, after what terminals did over HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from tests.center.fake_issuing import SUBJECTS
from tests.center.world import CITY, OPS_KEY, World, refused, until


def ops(world: World, path: str, **query: object) -> Any:
    answer = world.ask("GET", f"/ops/v1/{path}", key=OPS_KEY, params=query)
    return answer.raise_for_status().json()


def told(world: World, kind: str, application_id: str, **fields: Any) -> str:
    """The report id of a report that was taken."""
    report_id = new_ulid(world.clock)
    world.report(application_id, kind, report_id=report_id, **fields).raise_for_status()
    return report_id


def test_without_a_key_there_is_no_door(world: World, tmp_path: Path) -> None:
    with world.other_centre(tmp_path, ops_key=None):
        for path in ("incidents", "in-doubt", f"applications/{'0' * 26}"):
            for key in (OPS_KEY, "None"):
                answer = world.ask("GET", f"/ops/v1/{path}", key=key)
                assert answer.status_code == 404
                refused(answer, "Operations_Not_Offered")


@pytest.mark.parametrize("path", ["incidents?limit=0", "incidents", "in-doubt", "applications/nonsense"])
def test_who_shows_no_key_learns_nothing(world: World, path: str) -> None:
    answer = world.http.get(f"/ops/v1/{path}")
    assert answer.status_code == 401
    assert refused(answer, "Operator_Unknown") == {}


def test_an_incident_that_the_centre_noticed_is_told_with_its_facts(world: World) -> None:
    world.clock.set(STAGE_START)
    application_id = world.prepared().application_id
    report_id = new_ulid(world.clock)
    refused(
        world.report(application_id, "paid", amount=200, report_id=report_id), "Application_State_Conflict"
    )
    assert ops(world, "incidents") == {
        "incidents": [
            {
                "incident_id": report_id,
                "application_id": application_id,
                "municipality": CITY,
                "terminal_id": "T1",
                "noticed_by": "centre",
                "failure": "Application_State_Conflict",
                "detail": {"state": "prepared", "report": "paid", "amount": 200, "fee_total": 300},
                "area": None,
                "at": "2026-06-03T10:00:00+09:00",
            }
        ],
        "next_cursor": None,
    }


def test_an_incident_that_a_terminal_reported_has_its_name(world: World) -> None:
    first, second = (world.prepared().application_id for _ in range(2))
    told(world, "incident", first, reason="Paper_Corrupt: sheet 2")
    told(world, "incident", second, reason="something is wrong")
    found = {one["application_id"]: one for one in ops(world, "incidents")["incidents"]}
    assert (found[first]["noticed_by"], found[first]["failure"]) == ("terminal", "Paper_Corrupt")
    assert found[first]["detail"] == {"reason": "Paper_Corrupt: sheet 2"}
    assert found[second]["failure"] == "Binding_Mismatch"


def test_incidents_are_asked_for_by_time_and_by_application(world: World) -> None:
    world.clock.set(STAGE_START)
    first, second = (world.prepared().application_id for _ in range(2))
    told(world, "incident", first)
    world.clock.set(STAGE_START + timedelta(minutes=5))
    told(world, "incident", second)

    def applications(**query: object) -> list[str]:
        return [one["application_id"] for one in ops(world, "incidents", **query)["incidents"]]

    assert sorted(applications()) == sorted([first, second])
    assert applications(since="2026-06-03T10:05:00+09:00") == [second]
    assert applications(since="2026-06-03T01:05:00Z") == [second], "the same moment by another offset"
    assert applications(since="2026-06-03T10:05:01+09:00") == []
    assert applications(application_id=first) == [first]
    assert applications(application_id=first, since="2026-06-03T10:05:00+09:00") == []


def walked(world: World, path: str, listed: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    pages, cursor = [], None
    while True:
        page = ops(world, path, limit=limit, **({"cursor": cursor} if cursor else {}))
        pages.append(page[listed])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1, 1]), (3, [3, 1]), (4, [4]), (200, [4])])
def test_a_walk_by_cursor_meets_each_entry_once(world: World, limit: int, sizes: list[int]) -> None:
    known = []
    for _ in range(4):
        known.append(world.prepared().application_id)
        told(world, "in_doubt", known[-1])
        told(world, "incident", known[-1])
    for path, listed in (("incidents", "incidents"), ("in-doubt", "applications")):
        pages = walked(world, path, listed, limit)
        assert [len(page) for page in pages] == sizes
        assert sorted(one["application_id"] for page in pages for one in page) == sorted(known)


def test_an_application_in_doubt_is_listed_until_it_is_resolved(world: World) -> None:
    world.clock.set(STAGE_START)
    doubtful, settled = (world.prepared(copies=2, fee_total=600).application_id for _ in range(2))
    for application_id in (doubtful, settled):
        told(world, "paid", application_id, amount=600)
        told(world, "in_doubt", application_id)
    told(world, "handed_over", settled)
    unpaid = world.prepared().application_id
    told(world, "in_doubt", unpaid)
    entries = {one.pop("application_id"): one for one in ops(world, "in-doubt")["applications"]}
    assert set(entries) == {doubtful, unpaid}
    assert entries[doubtful] == {
        "municipality": CITY,
        "kind": "residence",
        "terminal_id": "T1",
        "copies": 2,
        "fee_total": 600,
        "paid": True,
        "since": "2026-06-03T10:00:00+09:00",
    }
    assert entries[unpaid]["paid"] is False


def test_an_application_is_told_with_its_reports_in_order_and_whether_the_ledger_took_them(
    world: World,
) -> None:
    world.clock.set(STAGE_START)
    manifest = world.prepared()
    sent = [
        ("paid", told(world, "paid", manifest.application_id, amount=300)),
        ("in_doubt", told(world, "in_doubt", manifest.application_id, reason="Paper_Forgotten")),
    ]
    world.issuing.wait_for_reports(2)
    world.issuing.report_refusal = Failed("Application_State_Conflict")
    sent.append(("handed_over", told(world, "handed_over", manifest.application_id, sheets_printed=2)))

    def history() -> Any:
        found = ops(world, f"applications/{manifest.application_id}")
        return found if all(report["passed_on"] for report in found["reports"]) else None

    found = until(history)
    assert [(report["kind"], report["report_id"]) for report in found["reports"]] == sent
    assert [report["by"] for report in found["reports"]] == ["terminal"] * 3
    assert [report["passed_on"] for report in found["reports"]] == [
        "delivered",
        "delivered",
        "Application_State_Conflict",
    ]
    assert [report["amount"] for report in found["reports"]] == [300, 0, 0]
    assert found["reports"][1]["reason"] == "Paper_Forgotten"
    assert found["reports"][2]["sheets_printed"] == 2
    assert (found["state"], found["fee_total"], found["paid_at"]) == (
        "handed_over",
        300,
        "2026-06-03T10:00:00+09:00",
    )
    assert found["holder"] == manifest.holder.model_dump()
    assert (found["settled_late"], found["expired_at"], found["failure"]) == (False, None, None)
    assert [(one["noticed_by"], one["failure"]) for one in found["incidents"]] == [
        ("ledger", "Application_State_Conflict")
    ]


def test_a_cancellation_of_the_centres_own_is_told_as_such(world: World) -> None:
    session_id = world.known_session()
    application_id = world.manifest(world.apply(session_id)).application_id
    world.clock.set(world.clock.now() + timedelta(hours=1))
    until(lambda: world.state(application_id) == "cancelled")
    found = ops(world, f"applications/{application_id}")
    (report,) = found["reports"]
    assert (report["kind"], report["by"], report["expired"], report["taken_at"]) == (
        "cancelled",
        "centre",
        True,
        None,
    )
    assert found["expired_at"] == report["at"]


def test_an_application_that_became_no_paper_says_why(world: World) -> None:
    world.issuing.refusal = None
    session_id = world.known_session()
    world.issuing.refusal = Failed("Fee_Changed")
    refused(world.apply(session_id), "Fee_Changed")
    (application_id,) = [event["application_id"] for event in world.happened("application_received")]
    found = ops(world, f"applications/{application_id}")
    assert (found["state"], found["failure"], found["reports"]) == ("cancelled", "Fee_Changed", [])


def test_nobody_knows_an_application_that_is_not_there(world: World) -> None:
    answer = world.ask("GET", f"/ops/v1/applications/{'0' * 26}", key=OPS_KEY)
    assert (answer.status_code, refused(answer, "Application_Unknown")) == (404, {})


@pytest.mark.parametrize(
    "query",
    [
        "incidents?limit=0", "incidents?limit=201", "incidents?limit=x", "incidents?cursor=1", "incidents?since=today",
        "incidents?since=2026-06-03T10:00:00", "incidents?since=1780000000", "incidents?since=2026-06-03", "incidents?since=0001-01-01T00:00:00%2B14:00", "incidents?application_id=1",
        "incidents?state=paid", "in-doubt?since=2026-06-03T10:00:00Z", "in-doubt?limit=201", "applications/1",
    ],
)  # fmt: skip
def test_a_question_that_is_none_is_malformed(world: World, query: str) -> None:
    answer = world.ask("GET", f"/ops/v1/{query}", key=OPS_KEY)
    assert answer.status_code == 422
    assert refused(answer, "Request_Malformed")["fields"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_is_changed_through_the_door(world: World, method: str) -> None:
    application_id = world.prepared().application_id
    told(world, "incident", application_id)
    before = ops(world, "incidents")
    for path in (
        "incidents",
        f"incidents/{before['incidents'][0]['incident_id']}",
        f"applications/{application_id}",
    ):
        answer = world.ask(method, f"/ops/v1/{path}", key=OPS_KEY, json={})
        assert answer.status_code in (404, 405)
        refused(answer, "Request_Not_Found")
    assert ops(world, "incidents") == before


def test_no_name_is_told_and_every_time_has_its_offset(world: World) -> None:
    application_id = world.prepared().application_id
    told(world, "paid", application_id, amount=300)
    told(world, "in_doubt", application_id)
    told(world, "incident", application_id)
    answers = [ops(world, path) for path in ("incidents", "in-doubt", f"applications/{application_id}")]
    text = json.dumps(answers, ensure_ascii=False)
    for member in SUBJECTS:
        assert member.name not in text and member.name.split("　")[1] not in text
    times = [value for key, value in _leaves(answers) if key in ("at", "since") or key.endswith("_at")]
    given = [datetime.fromisoformat(value) for value in times if value is not None]
    assert len(given) >= 8
    assert all(moment.utcoffset() == timedelta(hours=9) for moment in given)


def _leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(inner, name)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner, key)]
    return [(key, value)]
