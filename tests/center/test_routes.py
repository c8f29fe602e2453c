from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import model_serializer

from server_stub.interface.clock import Clock
from server_stub.interface.trace import Trace
from server_stub.interface.values import Model
from server_stub.node import NodeContext, RunningNode, make_app, serve

made_by: list[threading.Thread] = []
written_by: list[threading.Thread] = []


class Said(Model):
    text: str


class Word(Model):
    text: str

    @model_serializer
    def _written(self) -> dict[str, str]:
        written_by.append(threading.current_thread())
        return {"text": self.text}


@pytest.fixture
def app() -> FastAPI:
    clock = Clock()
    app = make_app(NodeContext(clock, Trace(clock)), title="test", source="centre", description="")

    @app.post("/words", status_code=201)
    def say(said: Said) -> Word:
        made_by.append(threading.current_thread())
        return Word(text=said.text)

    @app.get("/word")
    async def one() -> Word:
        return Word(text="見本")

    return app


@pytest.fixture
def node(app: FastAPI) -> Iterator[RunningNode]:
    made_by.clear()
    written_by.clear()
    node = serve(app)
    yield node
    node.stop()


def test_an_answer_is_written_on_the_thread_that_made_it(node: RunningNode) -> None:
    with httpx.Client(base_url=node.base_url, trust_env=False) as client:
        answer = client.post("/words", json={"text": "見本"})
    assert answer.json() == {"text": "見本"}
    assert made_by == written_by != []


def test_an_answer_has_the_status_that_its_route_promises(node: RunningNode) -> None:
    with httpx.Client(base_url=node.base_url, trust_env=False) as client:
        assert client.post("/words", json={"text": "a"}).status_code == 201
        answer = client.get("/word")
    assert (answer.status_code, answer.json()) == (200, {"text": "見本"})


def test_the_specification_still_knows_the_message_of_an_answer(app: FastAPI) -> None:
    answers = app.openapi()["paths"]["/words"]["post"]["responses"]
    assert answers["201"]["content"]["application/json"]["schema"]["$ref"].endswith("/Word")
