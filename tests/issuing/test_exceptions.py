"""An official lets somebody in who is too young, or no longer: by acts over HTTP that stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from server_stub.issuing.app import create_app
from server_stub.issuing.tenants import HostedMunicipality, IssuingSettings
from server_stub.node import RunningNode, serve
from tests.issuing.helper import (
    CENTRE_KEY,
    KOBE,
    KOBE_FOLDER,
    OPS_KEY,
    PSEUDONYM_SECRET,
    SEAL,
    YUNA,
    TownHall,
    refused,
)

NAGISA = "0000100105"
"""8 years old."""


@pytest.fixture
def node(hall: TownHall) -> Iterator[RunningNode]:
    node = serve(hall.app)
    yield node
    node.stop()


def door(node: RunningNode, key: str) -> httpx.Client:
    return httpx.Client(base_url=node.base_url, headers={"Authorization": f"Bearer {key}"}, trust_env=False)


@pytest.fixture
def official(node: RunningNode) -> Iterator[httpx.Client]:
    with door(node, OPS_KEY.reveal()) as official:
        yield official


def change(official: httpx.Client, person: str, act: str, **more: str) -> httpx.Response:
    told = {"municipality": KOBE, "person": person, "act": act, "operator": "市民課", "reason": "申出"}
    return official.post("/ops/v1/age-exceptions", json=told | more)


def acts(official: httpx.Client, **query: Any) -> list[tuple[str, str]]:
    page = official.get("/ops/v1/age-exceptions", params=query).raise_for_status().json()
    return [(one["person"], one["act"]) for one in page["acts"]]


def failure(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["failure"]


def test_an_exception_lets_one_person_in_until_it_is_withdrawn(
    hall: TownHall, official: httpx.Client
) -> None:
    asked = {"municipality": KOBE, "person_key": YUNA}
    found = official.get("/ops/v1/person-reference", params=asked).raise_for_status().json()
    assert found == {"municipality": KOBE, "person": hall.ref(YUNA)}
    assert refused(lambda: hall.offers(YUNA)).failure == "Holder_Under_Fifteen"
    change(official, found["person"], "grant").raise_for_status()
    assert hall.offers(YUNA).offers
    assert hall.apply(YUNA, members=[YUNA]).pages
    assert refused(lambda: hall.offers(NAGISA)).failure == "Holder_Under_Fifteen"
    change(official, found["person"], "withdraw").raise_for_status()
    assert refused(lambda: hall.offers(YUNA)).failure == "Holder_Under_Fifteen"
    assert refused(lambda: hall.apply(YUNA, members=[YUNA])).failure == "Holder_Under_Fifteen"


def test_whoever_is_let_in_has_no_seal_all_the_same(hall: TownHall, official: httpx.Client) -> None:
    change(official, hall.ref(YUNA), "grant").raise_for_status()
    refusal = hall.offer(YUNA, SEAL).refusal
    assert refusal is not None and refusal.failure == "Seal_Under_Fifteen"


def test_the_acts_stay_with_who_and_why_and_outlive_the_server(
    hall: TownHall, official: httpx.Client
) -> None:
    for act in ("grant", "withdraw", "grant"):
        change(official, hall.ref(YUNA), act, reason=f"{act} の理由").raise_for_status()
    change(official, hall.ref(NAGISA), "grant").raise_for_status()
    told = [(hall.ref(YUNA), act) for act in ("grant", "withdraw", "grant")] + [(hall.ref(NAGISA), "grant")]
    assert acts(official) == told
    page = official.get("/ops/v1/age-exceptions", params={"limit": 2}).json()
    assert [(one["operator"], one["reason"]) for one in page["acts"]] == [
        ("市民課", "grant の理由"),
        ("市民課", "withdraw の理由"),
    ]
    assert acts(official, cursor=page["next_cursor"]) == told[2:]
    assert acts(official, municipality="09202") == []
    settings = IssuingSettings(
        ledger_url=hall.ledger_url,
        centre_key=CENTRE_KEY,
        ops_key=OPS_KEY,
        municipalities=(HostedMunicipality(KOBE_FOLDER, hall.replica_url, PSEUDONYM_SECRET),),
    )
    again = TownHall(
        hall.context, create_app(hall.context, settings), hall.ledger_url, hall.replica_url, None
    )
    assert again.offers(YUNA).offers
    again.service.close()


def test_what_was_never_granted_cannot_be_withdrawn(hall: TownHall, official: httpx.Client) -> None:
    assert failure(change(official, hall.ref(YUNA), "withdraw")) == (404, "Exception_Unknown")
    change(official, hall.ref(YUNA), "grant").raise_for_status()
    change(official, hall.ref(YUNA), "withdraw").raise_for_status()
    assert failure(change(official, hall.ref(YUNA), "withdraw")) == (404, "Exception_Unknown")
    assert failure(change(official, hall.ref(YUNA), "grant", municipality="09202")) == (
        404,
        "Municipality_Unknown",
    )


def test_a_number_that_no_resident_has_leads_to_nobody(official: httpx.Client) -> None:
    asked = {"municipality": KOBE, "person_key": "9999999999"}
    assert failure(official.get("/ops/v1/person-reference", params=asked)) == (404, "Person_Unknown")


@pytest.mark.parametrize(
    "more", [{"person": "0000101804"}, {"act": "forget"}, {"operator": " "}, {"reason": ""}, {"who": "me"}]
)
def test_an_act_that_is_not_as_agreed_is_refused(
    hall: TownHall, official: httpx.Client, more: dict[str, str]
) -> None:
    assert failure(change(official, **{"person": hall.ref(YUNA), "act": "grant"} | more)) == (
        422,
        "Request_Malformed",
    )  # type: ignore[arg-type]
    assert acts(official) == []


def test_nobody_without_the_key_lets_anybody_in(
    hall: TownHall, node: RunningNode, official: httpx.Client
) -> None:
    with door(node, CENTRE_KEY.reveal()) as centre:
        assert failure(change(centre, hall.ref(YUNA), "grant")) == (401, "Operator_Unknown")
        asked = {"municipality": KOBE, "person_key": YUNA}
        assert failure(centre.get("/ops/v1/person-reference", params=asked)) == (401, "Operator_Unknown")
        assert failure(centre.get("/ops/v1/age-exceptions")) == (401, "Operator_Unknown")
    assert acts(official) == []
