"""The console asks other nodes at their doors, with their keys, and tells what they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.operations import StopEntry, StopList, StopRequest
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, make_app, serve
from server_stub.operations.doors import Door
from server_stub.operations.settings import DoorAddress
from tests.operations.hall import NOWHERE

KEY = Secret("the key of this door only")


@pytest.fixture
def asked() -> list[tuple[str, str, bytes]]:
    return []


@pytest.fixture
def door(asked: list[tuple[str, str, bytes]]) -> Iterator[Door]:
    clock = Clock()
    app: FastAPI = make_app(
        NodeContext(clock, Trace(clock)), title="a door", source="issuing", description=""
    )

    @app.get("/ops/v1/stops")
    async def stops(request: Request) -> dict[str, list[str]]:
        asked.append((request.headers["authorization"], request.url.query, b""))
        return {"stops": []}

    @app.post("/ops/v1/stops")
    async def stop(request: Request) -> None:
        asked.append((request.headers["authorization"], "", await request.body()))
        raise Failed("Service_Not_Offered")

    @app.get("/ops/v1/nonsense")
    def nonsense() -> str:
        return "nonsense"

    @app.get("/ops/v1/closed")
    def closed() -> None:
        raise Failed("Operator_Unknown")

    node = serve(app)
    made = Door("証明発行サーバ", DoorAddress(node.base_url, KEY), 5)
    yield made
    made.close()
    node.stop()


def test_a_door_is_asked_with_its_key_and_without_what_is_not_asked(
    door: Door, asked: list[tuple[str, str, bytes]]
) -> None:
    assert door.get("stops", StopList, municipality="28100", cursor=None).stops == ()
    assert asked == [(f"Bearer {KEY.reveal()}", "municipality=28100", b"")]


def test_what_a_door_refuses_is_raised_by_its_name(door: Door) -> None:
    with pytest.raises(Failed, match="Service_Not_Offered"):
        door.post("stops", StopEntry, StopRequest(municipality="28100", kind="tax"))


@pytest.mark.parametrize("path", ["nonsense", "closed", "not-there"])
def test_an_answer_that_was_not_agreed_on_is_the_nodes_fault(door: Door, path: str) -> None:
    with pytest.raises(Failed, match="Console_Node_Away"):
        door.get(path, StopList)


def test_a_node_that_does_not_answer_is_named() -> None:
    """Console_Node_Away."""
    away = Door("証明書交付センター", NOWHERE, 5)
    with pytest.raises(Failed) as caught:
        away.get("stops", StopList)
    assert (caught.value.failure, caught.value.facts) == ("Console_Node_Away", {"node": "証明書交付センター"})
    away.close()


def test_a_node_that_moved_is_asked_where_it_is_now(door: Door) -> None:
    away = Door("証明発行サーバ", DoorAddress(NOWHERE.base_url, KEY), 5)
    away.move(str(door._client.base_url))
    assert away.get("stops", StopList).stops == ()
    away.close()


@pytest.mark.parametrize(
    "path", ["stops/../alarms", "stops?municipality=09202", "stops\x1f", "stops/", "stops/%2e", "停止", ""]
)
def test_nothing_of_an_address_becomes_another_door_or_its_query(
    door: Door, asked: list[tuple[str, str, bytes]], path: str
) -> None:
    """An id that a browser sends is a part of the path at the other node."""
    with pytest.raises(Failed, match="Console_Record_Unknown"):
        door.get(path, StopList)
    with pytest.raises(Failed, match="Console_Record_Unknown"), door.stream(path):
        pass
    assert asked == []
