"""What every node does with a defect of its own, and with a command that it does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, make_app, serve


@contextmanager
def node(*, on_reset: Callable[[], None] | None = None, control: bool = True) -> Iterator[httpx.Client]:
    clock = Clock(STAGE_START)
    app = make_app(
        NodeContext(clock, Trace(clock), control=control, on_reset=on_reset),
        title="見本",
        source="centre",
        description="",
    )

    @app.get("/defect")
    def defect() -> None:
        raise ValueError("港太一 /somewhere/secret.py")

    running = serve(app)
    try:
        with httpx.Client(base_url=running.base_url, trust_env=False) as client:
            yield client
    finally:
        running.stop()


@pytest.mark.expects_log("centre: GET /defect\nTraceback")
def test_a_defect_is_named_and_tells_nothing_of_itself() -> None:
    with node() as client:
        answer = client.get("/defect")
    assert answer.status_code == 500
    assert answer.json() == {"failure": "Internal_Error", "facts": {}}


def test_a_node_that_cannot_put_its_data_back_says_so() -> None:
    with node() as client:
        answer = client.post("/control/reset")
        assert "reset" not in client.get("/control/capabilities").json()["capabilities"]
    assert (answer.status_code, answer.json()) == (
        404,
        {"failure": "Control_Not_Offered", "facts": {"capability": "reset"}},
    )


def test_a_node_that_can_does_it() -> None:
    done: list[bool] = []
    with node(on_reset=lambda: done.append(True)) as client:
        assert client.post("/control/reset").status_code == 200
        assert "reset" in client.get("/control/capabilities").json()["capabilities"]
    assert done == [True]


@pytest.mark.parametrize("path", ["capabilities", "clock", "reset"])
def test_without_the_control_port_there_is_none(path: str) -> None:
    with node(control=False) as client:
        answer = client.get(f"/control/{path}")
    assert (answer.status_code, answer.json()["failure"]) == (404, "Request_Not_Found")
