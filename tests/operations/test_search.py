"""Search: each kind of id is asked at the door that knows it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, Request

from server_stub.interface.application_states import State
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, make_app, serve
from server_stub.operations import DoorAddress, IssuingDoor
from server_stub.operations.functions.search import STATES
from server_stub.operations.rights import Role
from tests.operations.hall import ASHIKAGA, KOBE, NOWHERE, Hall, Official

KEY = Secret("the key of this door only")
NUMBER, ID = "28100-26-000012", "01KT5FX4M0S30EG58PQ46VB3AW"
ISSUE = {
    "application_id": ID,
    "kind": "residence",
    "kind_name": "住民票の写し",
    "prepared_at": "2026-06-03T10:01:00+09:00",
    "handed_over_at": None,
    "terminal_id": "KIOSK-STORE-01",
    "copies": [{"copy_number": 1, "issue_number": NUMBER, "sheets": 1}],
}


@pytest.fixture
def asked() -> list[tuple[str, Any]]:
    return []


@pytest.fixture
def counter(kobe: Hall) -> Official:
    return kobe.officials.as_role(Role.COUNTER)


@pytest.fixture
def kobe(tmp_path: Path, empty_console: Path, asked: list[tuple[str, Any]]) -> Iterator[Hall]:
    """A console whose issuing server knows one paper and one person."""
    clock = Clock()
    app: FastAPI = make_app(
        NodeContext(clock, Trace(clock)), title="a door", source="issuing", description=""
    )

    @app.get("/ops/v1/issues")
    def issues(municipality: str, issue_number: str) -> dict[str, Any]:
        asked.append(("issues", (municipality, issue_number)))
        return {"issues": [ISSUE] if issue_number == NUMBER else [], "next_cursor": None}

    @app.post("/ops/v1/person-searches")
    async def people(request: Request) -> dict[str, Any]:
        told = await request.json()
        asked.append(("people", told))
        found = {
            "person_key": "1000000001", "person": "0" * 32, "name": "<b>港　太一", "kana": "ミナト　タイチ",
            "birth": "昭和50年1月1日", "address": "兵庫県神戸市", "living_here": True,
        }  # fmt: skip
        return {"people": [found], "more": told["name"] == "港"}

    @app.get("/ops/v1/applications/{application_id}")
    def application(application_id: str) -> None:
        raise Failed("Application_Unknown")

    node = serve(app)
    door = DoorAddress(node.base_url, KEY)
    hall = Hall(
        tmp_path,
        empty_console,
        center=door,
        sites=(IssuingDoor((KOBE,), door), IssuingDoor((ASHIKAGA,), NOWHERE)),
    )
    yield hall
    hall.close()
    node.stop()


def test_a_paper_is_found_by_its_number(counter: Official, asked: list[tuple[str, Any]]) -> None:
    page = counter.post("/search", number=f"　{NUMBER}")
    assert asked == [("issues", (KOBE, NUMBER))]
    assert "住民票の写し" in page.text and ID in page.text and "交付していません" in page.text
    assert "見つかりませんでした" in counter.post("/search", number="28100-26-000013").text


def test_an_application_that_nobody_knows_is_not_found(counter: Official) -> None:
    page = counter.post("/search", number=ID.lower())
    assert page.status == 200 and "見つかりませんでした" in page.text


def test_a_registration_number_of_another_municipality_is_asked_nowhere(
    counter: Official, asked: list[tuple[str, Any]]
) -> None:
    page = counter.post("/search", number="1355-5000-0000-0272")
    assert "見つかりませんでした" in page.text and asked == []


def test_a_person_is_found_by_key_or_name_and_each_sight_is_logged(
    kobe: Hall, counter: Official, asked: list[tuple[str, Any]]
) -> None:
    page = counter.post("/search/people", person="１００００００００１")
    assert asked[-1][1]["person_key"] == "1000000001" and asked[-1][1]["name"] is None
    assert "&lt;b&gt;港" in page.html and "<b>港" not in page.html
    page = counter.post("/search/people", person="港", birth="1975-01-01")
    assert asked[-1][1] == {"municipality": KOBE, "person_key": None, "name": "港", "birth": "1975-01-01"}
    assert "ほかにも見つかりました" in page.text
    assert counter.post("/search/people", person="", birth="1975-13-01").status == 422
    seen = kobe.console.log.entries(KOBE, subject="1000000001")
    assert [(one["function"], one["act"], one["outcome"]) for one in seen] == [("search", "検索", "ok")] * 2


def test_a_door_that_does_not_answer_is_told_and_nothing_else_breaks(hall: Hall) -> None:
    official = hall.officials.as_role(Role.COUNTER)
    for page in (official.post("/search", number=NUMBER), official.post("/search/people", person="港")):
        assert page.status == 503 and "証明発行サーバが応答していません" in page.text
        assert page.heading == "検索"


def test_every_state_has_a_word() -> None:
    assert set(STATES) == set(State)
