"""Officials close incidents and doubts with a reason, see the terminals, and what they stop counts before money is taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from server_stub.interface.clock import STAGE_START
from server_stub.interface.failures import Failed
from tests.center.world import CITY, OPS_KEY, OTHER, SECOND_KEY, World, refused

REASON = "店舗に電話し、証明書が本人の手元にあることを確認したため"


def ops(world: World, path: str, **query: object) -> Any:
    return world.ask("GET", f"/ops/v1/{path}", key=OPS_KEY, params=query).raise_for_status().json()


def known(world: World, application_id: str) -> dict[str, Any]:
    """Without what becomes of its reports on their way."""
    told = dict(ops(world, f"applications/{application_id}"))
    return {**told, "reports": [{**one, "passed_on": None} for one in told["reports"]]}


def close(world: World, about: str, matter: str, **more: Any) -> httpx.Response:
    body = {
        "about": about,
        "matter_id": matter,
        "municipality": CITY,
        "operator": "見本　花子",
        "reason": REASON,
    }
    return world.ask("POST", "/ops/v1/matters/close", key=OPS_KEY, json={**body, **more})


@pytest.fixture
def doubtful(world: World) -> str:
    """An application that was paid, and of whose paper nobody knows."""
    world.clock.set(STAGE_START)
    application_id = world.prepared().application_id
    for kind, fields in (
        ("paid", {"amount": 300}),
        ("in_doubt", {}),
        ("incident", {"reason": "Paper_Corrupt"}),
    ):
        world.report(application_id, kind, **fields).raise_for_status()
    return application_id


def test_a_matter_that_is_closed_leaves_the_list_and_nothing_else_changes(
    world: World, doubtful: str
) -> None:
    before = known(world, doubtful)
    (incident,) = ops(world, "incidents", municipality=CITY, open=True)["incidents"]
    closed = [close(world, "doubt", doubtful), close(world, "incident", incident["incident_id"])]
    assert [one.status_code for one in closed] == [200, 200]
    assert ops(world, "incidents", open=True)["incidents"] == []
    assert ops(world, "in-doubt", open=True)["applications"] == []
    assert len(ops(world, "incidents")["incidents"]) == len(ops(world, "in-doubt")["applications"]) == 1
    assert known(world, doubtful) == before
    told = ops(world, "matters/closed", municipality=CITY)["closures"]
    assert {(one["about"], one["application_id"], one["reason"]) for one in told} == {
        ("doubt", doubtful, REASON),
        ("incident", doubtful, REASON),
    }


def test_a_matter_is_closed_once(world: World, doubtful: str) -> None:
    close(world, "doubt", doubtful).raise_for_status()
    assert refused(close(world, "doubt", doubtful), "Matter_Closed") == {}


@pytest.mark.parametrize("reason", ["", "　　　　　　　　　　　　", "済み"])
def test_a_matter_is_not_closed_without_a_reason_in_words(world: World, doubtful: str, reason: str) -> None:
    assert close(world, "doubt", doubtful, reason=reason).status_code == 422
    assert len(ops(world, "in-doubt", open=True)["applications"]) == 1


def test_another_municipalitys_matter_is_not_found(world: World, doubtful: str) -> None:
    (incident,) = ops(world, "incidents")["incidents"]
    assert ops(world, "incidents", municipality=OTHER)["incidents"] == []
    assert ops(world, "in-doubt", municipality=OTHER)["applications"] == []
    for about, matter in (("doubt", doubtful), ("incident", incident["incident_id"])):
        assert refused(close(world, about, matter, municipality=OTHER), "Matter_Unknown") == {}
    settled = world.prepared().application_id
    refused(close(world, "doubt", settled), "Matter_Unknown")


def test_terminals_are_told_with_what_they_do_now_and_when_they_were_last_heard_of(world: World) -> None:
    world.clock.set(STAGE_START)
    session = world.session(SECOND_KEY)
    world.clock.set(STAGE_START + timedelta(minutes=5))
    mine = {one["terminal_id"]: one for one in ops(world, "terminals", municipality=CITY)["terminals"]}
    assert {name: one["state"] for name, one in mine.items()} == {
        "T1": "never_seen", "T2": "in_use", "T3": "never_seen",
    }  # fmt: skip
    assert mine["T2"]["last_seen"] == STAGE_START.isoformat()
    assert (mine["T2"]["operator"], mine["T2"]["shop"]) == ("見本コンビニ", "見本店")
    world.end(session, key=SECOND_KEY).raise_for_status()
    assert ops(world, "terminals", after="T1", limit=1)["terminals"][0]["state"] == "ready"
    world.clock.set(STAGE_START + timedelta(days=2))
    assert ops(world, "terminals", after="T1", limit=1)["terminals"][0]["state"] == "silent"
    assert ops(world, "terminals", municipality=OTHER)["terminals"] == []


def test_a_terminal_is_told_with_what_nobody_has_closed(world: World, doubtful: str) -> None:
    def matters() -> tuple[int, int]:
        one = ops(world, "terminals", limit=1)["terminals"][0]
        return one["open_incidents"], one["in_doubt"]

    assert matters() == (1, 1)
    close(world, "doubt", doubtful).raise_for_status()
    assert matters() == (1, 0)


def test_a_matter_of_which_there_is_no_record_is_told_with_the_terminals_place_and_closed_once(
    world: World,
) -> None:
    """This centre was restored from a backup, and a terminal tells of the time between."""
    world.clock.set(STAGE_START)
    lost = "01KT5FX4M0B1ZXGRFNE2CGJST8"
    world.center.incidents.record(lost, "T1", "terminal", "Application_Unknown", {"report": "in_doubt"})
    known = world.prepared().application_id
    world.report(known, "incident", reason="Paper_Corrupt").raise_for_status()
    (stray,) = ops(world, "incidents", stray=True)["incidents"]
    assert (stray["application_id"], stray["municipality"], stray["area"]) == (lost, None, CITY)
    assert {one["area"] for one in ops(world, "incidents", municipality=CITY)["incidents"]} == {None}
    assert close(world, "incident", stray["incident_id"], municipality=None).status_code == 200
    refused(close(world, "incident", stray["incident_id"]), "Matter_Closed")
    assert ops(world, "incidents", stray=True, open=True)["incidents"] == []
    assert [one["municipality"] for one in ops(world, "matters/closed", of_nobody=True)["closures"]] == [None]
    (own,) = ops(world, "incidents", municipality=CITY)["incidents"]
    refused(close(world, "incident", own["incident_id"], municipality=None), "Matter_Unknown")


# --- what was set while somebody stands at the pay screen ------------------------------------------------------------------


def standing(world: World, application_id: str, key: str = "") -> httpx.Response:
    return world.ask("GET", f"/v1/applications/{application_id}/standing", **({"key": key} if key else {}))


def test_what_is_prepared_and_stands_may_be_paid(world: World) -> None:
    application_id = world.prepared().application_id
    assert standing(world, application_id).json() == {"application_id": application_id, "state": "prepared"}
    assert world.state(application_id) == "prepared"


def test_what_the_issuing_server_refuses_by_now_is_cancelled_as_a_whole(world: World) -> None:
    manifest = world.prepared()
    world.issuing.standing_refusal = Failed("Holder_Restricted")
    refused(standing(world, manifest.application_id), "Holder_Restricted")
    assert world.state(manifest.application_id) == "cancelled"
    ((told, report),) = world.issuing.wait_for_reports(1)
    assert (told, report.kind, report.reason) == (manifest.application_id, "cancelled", "Holder_Restricted")
    refused(world.sheet(manifest.application_id, 1), "Application_State_Conflict")
    refused(world.report(manifest.application_id, "paid", amount=300), "Application_State_Conflict")


def test_a_stop_of_everything_cancels_what_is_prepared_and_finishes_what_is_paid(world: World) -> None:
    prepared, paid = world.prepared().application_id, world.prepared().application_id
    world.report(paid, "paid", amount=300).raise_for_status()
    world.ask("POST", "/ops/v1/stops", key=OPS_KEY, json={}).raise_for_status()
    refused(standing(world, prepared), "Service_Stopped")
    refused(standing(world, paid), "Application_State_Conflict")
    assert (world.state(prepared), world.state(paid)) == ("cancelled", "paid")
    assert world.report(paid, "handed_over").status_code == 200


def test_where_nobody_can_say_the_paper_is_sold(world: World) -> None:
    application_id = world.prepared().application_id
    for failure in ("Internal_Error", "Service_Being_Restored"):
        world.issuing.standing_refusal = Failed(failure)
        assert standing(world, application_id).status_code == 200
    assert world.state(application_id) == "prepared"


def test_another_terminal_learns_nothing_of_a_paper(world: World) -> None:
    application_id = world.prepared().application_id
    refused(standing(world, application_id, SECOND_KEY), "Application_Unknown")
