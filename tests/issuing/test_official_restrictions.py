"""Restrictions that officials set at the issuing server: they count from the next decision on, end only here, and a delivered one
only by a delivery."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from server_stub.db import sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import Clock
from server_stub.interface.terminal import ReportKind, StatusReport
from server_stub.interface.trace import Trace
from server_stub.interface.values import Place
from server_stub.issuing.app import create_app
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.registry.importers import load_delivery
from server_stub.registry.replica import take_back
from tests.issuing.helper import (
    CENTRE_KEY,
    DELIVERY,
    KAITO,
    KOBE,
    KOBE_FOLDER,
    MIDORI,
    MINAMI,
    OPS_KEY,
    PSEUDONYM_SECRET,
    SHIZUKA,
    TAICHI,
    OpenTownHall,
    TownHall,
    deliver,
    refused,
)
from tests.issuing.official import door, failure

REGISTER = "281000000101"
FULL, INDIVIDUAL = "family_register_full", "family_register_individual"


@pytest.fixture
def official(hall: TownHall) -> Iterator[httpx.Client]:
    with door(hall) as client:
        yield client


def household_of(person: str) -> str:
    with (DELIVERY / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        return next(row["世帯番号"] for row in csv.DictReader(file) if row["宛名番号"] == person)


def asked(target: str, key: str, **more: Any) -> dict[str, Any]:
    body = {
        "municipality": KOBE,
        "target": target,
        "key": key,
        "reason": "DV等支援措置",
        "since": "2026-06-03",
    }
    return {**body, "operator": "見本　花子", **more}


def stopped(official: httpx.Client, target: str, key: str, **more: Any) -> dict[str, Any]:
    answer = official.post("/ops/v1/restrictions", json=asked(target, key, **more))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ended(official: httpx.Client, entry: dict[str, Any], municipality: str = KOBE) -> Any:
    body = {"municipality": municipality, "operator": "見本　花子", "reason": "期間の終わり"}
    return official.post(f"/ops/v1/restrictions/{entry['restriction_id']}/end", json=body)


def listed(official: httpx.Client, **query: Any) -> dict[str, Any]:
    answer = official.get("/ops/v1/restrictions", params={"municipality": KOBE, **query})
    return dict(answer.raise_for_status().json())


def test_a_person_who_is_stopped_gets_nothing_from_the_next_moment_until_it_is_ended(
    hall: TownHall, official: httpx.Client
) -> None:
    assert hall.offer(MIDORI).refusal is None
    entry = stopped(official, "person", MIDORI)
    assert entry["in_force"]
    assert refused(lambda: hall.offers(MIDORI)).failure == "Holder_Restricted"
    assert refused(lambda: hall.apply(MIDORI)).failure == "Holder_Restricted"
    assert ended(official, entry).json()["ended_by"] == "見本　花子"
    assert hall.offer(MIDORI).refusal is None


def test_one_of_a_household_stops_everybody_who_lives_there_and_nobody_else(
    hall: TownHall, official: httpx.Client
) -> None:
    stopped(official, "household", household_of(TAICHI))
    for person in (TAICHI, MINAMI):
        assert refused(lambda person=person: hall.offers(person)).failure == "Holder_Restricted"
    assert hall.offer(MIDORI).refusal is None


def test_a_person_who_is_stopped_is_on_no_paper_of_their_household(
    hall: TownHall, official: httpx.Client
) -> None:
    stopped(official, "person", MINAMI)
    (refusal,) = [one.refusal for one in hall.offer(TAICHI).subjects if one.ref == hall.ref(MINAMI)]
    assert refusal is not None and refusal.failure == "Household_Member_Restricted"


def test_one_that_begins_later_stops_nobody_before(hall: TownHall, official: httpx.Client) -> None:
    entry = stopped(official, "person", MIDORI, since="2026-06-04", until="2027-06-03")
    assert not entry["in_force"]
    assert hall.offer(MIDORI).refusal is None
    hall.at("2026-06-04 10:00:00")
    assert refused(lambda: hall.offers(MIDORI)).failure == "Holder_Restricted"


def test_the_announced_last_day_lifts_nothing_and_puts_the_row_on_a_list(
    hall: TownHall, official: httpx.Client
) -> None:
    entry = stopped(official, "person", MIDORI, until="2026-06-03")
    assert listed(official, overdue=True)["restrictions"] == []
    hall.at("2026-06-04 10:00:00")
    assert refused(lambda: hall.offers(MIDORI)).failure == "Holder_Restricted"
    told = listed(official, overdue=True)
    assert [one["restriction_id"] for one in told["restrictions"]] == [entry["restriction_id"]]
    assert told["overdue"] == 1
    later = {"municipality": KOBE, "until": "2027-06-03", "operator": "見本　花子"}
    official.post(f"/ops/v1/restrictions/{entry['restriction_id']}/prolong", json=later).raise_for_status()
    assert listed(official, overdue=True) == {"restrictions": [], "overdue": 0, "next_cursor": None}
    assert refused(lambda: hall.offers(MIDORI)).failure == "Holder_Restricted"


def test_in_force_is_the_union_and_each_ends_where_it_was_set(hall: TownHall, official: httpx.Client) -> None:
    """静香's has been delivered: ending an official's leaves it in force."""
    entry = stopped(official, "person", SHIZUKA)
    target = official.post(
        "/ops/v1/restriction-targets", json={"municipality": KOBE, "target": "person", "key": SHIZUKA}
    ).json()
    assert (target["delivered"], target["set_here"]) == (True, True)
    ended(official, entry).raise_for_status()
    assert refused(lambda: hall.offers(SHIZUKA)).failure == "Holder_Restricted"
    delivered = official.get("/ops/v1/delivered-restrictions", params={"municipality": KOBE}).json()
    assert SHIZUKA in [one["key"] for one in delivered["restrictions"] if one["in_force"]]


def test_one_that_was_delivered_is_not_ended_here(official: httpx.Client) -> None:
    assert failure(ended(official, {"restriction_id": "0" * 26})) == (404, "Restriction_Unknown")
    entry = stopped(official, "person", MIDORI)
    ended(official, entry).raise_for_status()
    assert failure(ended(official, entry)) == (404, "Restriction_Unknown"), "it has ended"


def test_an_official_of_another_municipality_ends_nothing(hall: TownHall, official: httpx.Client) -> None:
    entry = stopped(official, "person", MIDORI)
    assert failure(ended(official, entry, "09202")) == (404, "Restriction_Unknown")
    assert refused(lambda: hall.offers(MIDORI)).failure == "Holder_Restricted"


def test_a_number_that_nobody_has_stops_nobody(official: httpx.Client) -> None:
    for target, key in (("person", "0000999999"), ("household", "2819999999"), ("register", "281999999999")):
        answer = official.post("/ops/v1/restrictions", json=asked(target, key))
        assert failure(answer) == (404, "Restriction_Target_Unknown"), target
    unfit: tuple[dict[str, Any], ...] = (
        {"until": "2026-06-02"}, {"until_delivered": True}, {"reason": " "}, {"operator": ""}, {"lifted": True},
    )  # fmt: skip
    for more in unfit:
        answer = official.post("/ops/v1/restrictions", json=asked("person", MIDORI, **more))
        assert failure(answer) == (422, "Request_Malformed"), more
    assert listed(official)["restrictions"] == []


def test_the_target_is_told_by_name_before_it_is_stopped(official: httpx.Client) -> None:
    body = {"municipality": KOBE, "target": "household", "key": household_of(TAICHI)}
    told = official.post("/ops/v1/restriction-targets", json=body).json()
    with (DELIVERY / "住民記録.csv").open(encoding="utf-8", newline="") as file:
        names = {row["氏名"] for row in csv.DictReader(file) if row["世帯番号"] == household_of(TAICHI)}
    assert {one["name"] for one in told["people"]} == names
    assert (told["delivered"], told["set_here"]) == (False, False)


def test_a_restart_keeps_them(tmp_path: Path, hall: TownHall, official: httpx.Client) -> None:
    stopped(official, "person", MIDORI)
    settings = IssuingSettings(
        ledger_url=hall.ledger_url,
        centre_key=CENTRE_KEY,
        ops_key=OPS_KEY,
        municipalities=(HostedMunicipality(KOBE_FOLDER, hall.replica_url, PSEUDONYM_SECRET),),
    )
    again = TownHall(
        hall.context, create_app(hall.context, settings), hall.ledger_url, hall.replica_url, None
    )
    assert refused(lambda: again.offers(MIDORI)).failure == "Holder_Restricted"
    again.service.close()


# --- one family register, at night ------------------------------------------------------------------------------------------


@pytest.fixture
def hall_of_its_own(tmp_path: Path, open_hall: OpenTownHall) -> TownHall:
    """With a replica of its own, into which more is delivered."""
    url = sqlite_url(tmp_path / "replica.db")
    deliver(url, tmp_path)
    return open_hall(replica=url)


def next_night(hall: TownHall, folder: Path, made_at: str, *, changed: str = "") -> None:
    """Deliver all again, of that 作成日時; the first entry of the register `changed` says something else."""
    again = folder / f"delivery-{made_at[:10]}"
    shutil.copytree(DELIVERY, again)
    slip = again / "連携票.csv"
    text = slip.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(text.splitlines()))
    old = rows[0]["作成日時"]
    slip.write_text(text.replace(old, made_at), encoding="utf-8")
    if changed:
        path = again / "戸籍.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines()
        at = next(number for number, line in enumerate(lines) if changed in line)
        body = json.loads(lines[at])
        assert "見本町一丁目１番地" in lines[at]
        lines[at] = json.dumps(body, ensure_ascii=False).replace("見本町一丁目１番地", "見本町一丁目２番地")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    hall.at(made_at[:19].replace("T", " "))
    clock = Clock(hall.clock.now())
    load_delivery(
        hall.replica_url, again, folder / "発行通知.csv", clock, Trace(clock),
        formats=KOBE_FOLDER / "deliveries",
    )  # fmt: skip


def papers(hall: TownHall, person: str) -> dict[str, str | None]:
    """What stands against each kind of the 本籍地."""
    offers = hall.offers(person, place=Place.DOMICILE).offers
    return {one.kind: None if one.refusal is None else one.refusal.failure for one in offers}


def test_a_register_that_is_stopped_at_night_is_free_when_its_new_state_has_come(
    hall_of_its_own: TownHall, tmp_path: Path
) -> None:
    hall = hall_of_its_own
    assert papers(hall, TAICHI)[FULL] is None
    with door(hall) as official:
        hall.at("2026-06-03 10:30:00")
        entry = stopped(official, "register", REGISTER, reason="夜間に届出を受領", until_delivered=True)
        before = papers(hall, TAICHI)
        assert before[FULL] is not None and before[INDIVIDUAL] is not None
        assert hall.offer(TAICHI).refusal is None, "the resident register is another matter"
        next_night(hall, tmp_path, "2026-06-04T10:00:00+09:00")
        assert papers(hall, TAICHI)[FULL] is not None, "the same state again is not the new one"
        next_night(hall, tmp_path, "2026-06-05T10:00:00+09:00", changed=REGISTER)
        assert papers(hall, TAICHI)[FULL] is None
        (told,) = listed(official)["restrictions"]
        assert (told["restriction_id"], told["in_force"], told["delivered_since"]) == (
            entry["restriction_id"],
            False,
            True,
        )
        take_back(hall.replica_url, hall.clock, Trace(hall.clock))
        assert papers(hall, TAICHI)[FULL] is not None, "the earlier state is read again"


def test_a_register_stopped_without_more_stays_stopped_whatever_is_delivered(
    hall_of_its_own: TownHall, tmp_path: Path
) -> None:
    hall = hall_of_its_own
    with door(hall) as official:
        entry = stopped(official, "register", REGISTER)
        next_night(hall, tmp_path, "2026-06-04T10:00:00+09:00", changed=REGISTER)
        assert papers(hall, TAICHI)[FULL] is not None
        ended(official, entry).raise_for_status()
        assert papers(hall, TAICHI)[FULL] is None


# --- what is prepared and not paid ---------------------------------------------------------------------------------------------


def standing(hall: TownHall, application_id: str) -> Any:
    with door(hall, CENTRE_KEY) as centre:
        return centre.post(f"/v1/applications/{application_id}/standing", json={})


def test_a_prepared_paper_may_not_be_paid_once_somebody_on_it_is_stopped(
    hall: TownHall, official: httpx.Client
) -> None:
    whole = hall.apply(TAICHI).application_id
    own = hall.apply(MIDORI).application_id
    assert standing(hall, whole).status_code == standing(hall, own).status_code == 204
    entry = stopped(official, "person", KAITO)
    assert failure(standing(hall, whole)) == (403, "Household_Member_Restricted")
    assert standing(hall, own).status_code == 204
    ended(official, entry).raise_for_status()
    stopped(official, "person", TAICHI)
    assert failure(standing(hall, whole)) == (403, "Holder_Restricted")


def test_a_stop_of_the_kind_counts_for_what_is_prepared_and_the_hour_does_not(
    hall: TownHall, official: httpx.Client
) -> None:
    hall.at("2026-06-03 22:59:50")
    application = hall.apply(MIDORI).application_id
    hall.at("2026-06-03 23:00:30")
    assert standing(hall, application).status_code == 204, "received within the hours"
    stop = {"municipality": KOBE, "kind": "residence"}
    official.post("/ops/v1/stops", json=stop).raise_for_status()
    assert failure(standing(hall, application)) == (503, "Service_Stopped")


def test_what_is_paid_is_finished_whatever_is_set_then(hall: TownHall, official: httpx.Client) -> None:
    application = hall.apply(MIDORI).application_id
    paid = StatusReport(report_id=new_ulid(hall.clock), kind=ReportKind.PAID, at=hall.clock.now(), amount=250)
    hall.service.take_report(application, paid)
    stopped(official, "person", MIDORI)
    assert standing(hall, application).status_code == 204


def test_nobody_but_the_centre_asks_and_of_nothing_else(hall: TownHall, official: httpx.Client) -> None:
    application = hall.apply(MIDORI).application_id
    assert failure(official.post(f"/v1/applications/{application}/standing", json={})) == (
        401,
        "Caller_Unknown",
    )
    assert failure(standing(hall, "0" * 26)) == (404, "Application_Unknown")
