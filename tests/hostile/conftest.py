from __future__ import annotations

from collections.abc import Iterator

import pytest

from scenarios.ledger_queries import LedgerQueries
from scenarios.servers import LocalServers
from scenarios.template import template_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Trace
from tests.hostile.hall import Hall, two_stores
from tests.hostile.nodes import Nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """The three real nodes on their ports. Nobody gets through to their databases, so all tests share them."""
    nodes = Nodes(tmp_path_factory.mktemp("hostile"), template_folder())
    yield nodes
    nodes.stop()


@pytest.fixture(scope="module")
def _hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    folder = tmp_path_factory.mktemp("side-by-side")
    clock = Clock(STAGE_START)
    clock.freeze()  # all of it in the same millisecond
    trace = Trace(clock)
    events: list[Event] = []
    trace.subscribe(events.append)
    template = template_folder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.servers.demo_terminals", two_stores)
        servers = LocalServers(folder / "servers", template, clock, trace)
    books = LedgerQueries(folder / "servers")
    yield Hall(folder, template, servers, clock, trace, books, events)
    books.close()
    servers.stop()


@pytest.fixture
def hall(_hall: Hall) -> Hall:
    _hall.servers.reset()
    _hall.events.clear()
    return _hall


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes and long texts by their end: what is wrong with them stands there."""
    return f"{val[-40:]!r}"[:50] if isinstance(val, bytes | str) else None
