"""From the centre to the card registry and back, over HTTP; and who may ask which of them what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from scenarios.towns import shipped_town
from server_stub.card_registry import CardRegistry, CardRegistrySettings
from server_stub.card_registry.app import create_app
from server_stub.center.authentication.ordinance import Ordinance, opened_only
from server_stub.center.settings import CardRegistryServer, CenterTimes
from server_stub.db import sqlite_url
from server_stub.interface.binding import ordinance_ref
from server_stub.interface.card_registry import Act, RegistrationAct
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.terminal import OrdinanceProof
from server_stub.interface.trace import Trace
from server_stub.interface.values import FailureBody, Method
from server_stub.issuing.rights import method_is_used
from server_stub.municipalities import load_municipality
from server_stub.node import NodeContext, RunningNode, serve
from tests.flow.helper import alone, offer

from .helper import CITY, GROWN

RIGHT, WRONG, KIND = "4182", "9999", "residence"
OPS = {"Authorization": f"Bearer {'o' * 16}"}


@pytest.fixture
def node(registry: CardRegistry, clock: Clock, tmp_path: Any) -> Iterator[RunningNode]:
    registry.act(
        RegistrationAct(
            municipality=CITY, card=GROWN, kind=KIND, act=Act.REGISTER, pin=Secret(RIGHT), operator="職員"
        )
    )
    settings = CardRegistrySettings(
        sqlite_url(tmp_path / "cards.db"),
        Secret("k" * 16),
        (shipped_town("ashikaga-2012"),),
        Secret("o" * 16),
    )
    running = serve(create_app(NodeContext(clock, Trace(clock)), settings, registry), 0)
    yield running
    running.stop()


def proof(pin: str = RIGHT, municipality: str = CITY) -> OrdinanceProof:
    return OrdinanceProof(municipality=municipality, card=GROWN, kind=KIND, pin=Secret(pin))


_opened: list[httpx.HTTPTransport] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def method(url: str, key: str = "k" * 16) -> Ordinance:
    server = CardRegistryServer(url, Secret(key), (CITY,))
    _opened.append(httpx.HTTPTransport())
    return Ordinance(_opened[-1], [server], CenterTimes())


def failure_of(asked: Ordinance, with_proof: OrdinanceProof) -> Failed:
    with pytest.raises(Failed) as caught:
        asked.identify(with_proof)
    return caught.value


def test_the_identity_is_the_card_at_its_municipality(node: RunningNode) -> None:
    found = method(node.base_url).identify(proof())
    assert (found.method, found.reference) == (Method.ORDINANCE, ordinance_ref(CITY, GROWN))


def test_the_registry_s_refusal_comes_back_with_its_facts(node: RunningNode) -> None:
    failed = failure_of(method(node.base_url), proof(WRONG))
    assert (failed.failure, failed.facts["tries_left"]) == ("Ordinance_Pin_Wrong", 2)


def test_a_centre_with_another_key_is_turned_away(node: RunningNode) -> None:
    assert failure_of(method(node.base_url, "x" * 16), proof()).failure == "Caller_Unknown"


def test_a_municipality_that_no_registry_hosts_is_refused(node: RunningNode) -> None:
    assert failure_of(method(node.base_url), proof(municipality="28100")).failure == "Ordinance_Not_Offered"


def test_a_registry_that_is_down_is_told_by_name(node: RunningNode) -> None:
    url = node.base_url
    node.stop()
    assert failure_of(method(url), proof()).failure == "Registry_Unreachable"


@pytest.mark.parametrize(
    "change", [{"card": "1" * 15}, {"kind": "seal_registration"}, {"municipality": "28100"}]
)
def test_an_answer_about_another_card_or_kind_is_no_yes(change: dict[str, str]) -> None:
    app = FastAPI()

    @app.post("/v1/card-authentications")
    def answer() -> dict[str, str]:
        return {"municipality": CITY, "card": GROWN, "kind": KIND, **change}

    rogue = serve(app, 0)
    try:
        assert failure_of(method(rogue.base_url), proof()).failure == "Answer_Malformed"
    finally:
        rogue.stop()


def test_only_the_kind_of_the_pin_is_opened() -> None:
    own = FailureBody(failure="Seal_Not_Registered")
    offers = opened_only([offer("a"), offer("b"), alone("c", refusal=own)], "a")
    told = [one.refusal.failure if one.refusal else "" for one in offers]
    assert told == ["", "Ordinance_Other_Kind", "Seal_Not_Registered"]


def test_a_method_that_the_municipality_does_not_use_is_refused() -> None:
    then, now = (load_municipality(shipped_town(name)) for name in ("ashikaga-2012", "kobe"))
    method_is_used(then, Method.ORDINANCE)
    method_is_used(now, Method.JPKI)
    for municipality, other in ((then, Method.JPKI), (now, Method.ORDINANCE)):
        with pytest.raises(Failed) as caught:
            method_is_used(municipality, other)
        assert caught.value.failure == "Authentication_Method_Not_Used"


# --- the counter -----------------------------------------------------------------------------------------------------------


def posted(node: RunningNode, path: str, body: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{node.base_url}{path}", json=body, headers=headers, trust_env=False)


ACT = {"municipality": CITY, "card": GROWN, "kind": KIND, "act": "stop", "operator": "職員"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer {'k' * 16}"}])
@pytest.mark.parametrize("path", ["registrations", "card-states", "card-views"])
def test_no_other_key_acts_at_the_counter(node: RunningNode, path: str, headers: dict[str, str]) -> None:
    answer = posted(node, f"/ops/v1/{path}", ACT, headers)
    assert (answer.status_code, answer.json()["failure"]) == (401, "Operator_Unknown")


def test_an_official_stops_a_kind_and_sees_the_card(node: RunningNode) -> None:
    stopped = posted(node, "/ops/v1/registrations", ACT, OPS)
    assert stopped.json()["kinds"][0]["state"] == "stopped"
    seen = posted(node, "/ops/v1/card-views", {"municipality": CITY, "card": GROWN}, OPS)
    assert seen.json() == stopped.json()
    assert RIGHT not in seen.text


@pytest.mark.parametrize("pin", ["41825", "418a", ""])
def test_a_refusal_of_a_request_does_not_repeat_its_pin(node: RunningNode, pin: str) -> None:
    wrong = {**ACT, "act": "change_pin", "pin": pin}
    answer = posted(node, "/ops/v1/registrations", wrong, OPS)
    assert answer.json()["failure"] == "Request_Malformed"
    assert not pin or pin not in answer.text
