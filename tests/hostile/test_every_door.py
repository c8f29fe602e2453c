"""Whatever is sent to whatever door of whatever node is answered as the node's own OpenAPI document says, or refused by a name.

The nodes are found by the rooms that make one (`server_stub/*/app.py`), their doors by the document that each serves: a door that is new
is tried without a line here, and a node that is new fails until it is started here. With `make fuzz` (KONBINI_LONG=1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.failures import Failure
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import server_stub
from scenarios.servers import LocalServers
from scenarios.site_servers import LocalSite
from scenarios.stage import Stage
from scenarios.towns import load_towns, shipped_town
from server_stub.existing_system.app import create_app as create_existing_system
from server_stub.interface.failures import CATALOGUE
from server_stub.node import NodeContext, serve
from server_stub.operations.rights import Role
from server_stub.operations.web import COOKIE
from tests.existing_system.hall import KEY, in_process, town_of
from tests.long import LONG
from tests.operations.hall import Officials

pytestmark = pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
TITLE = re.compile(r'make_app\(\s*context,\s*title="([^"]+)"', re.DOTALL)
NODES = {
    found.group(1): file.parent.name if file.name == "app.py" else file.stem
    for file in sorted(Path(next(iter(server_stub.__path__))).glob("*/*.py"))
    if (found := TITLE.search(file.read_text(encoding="utf-8"))) is not None
}
"""Title -> room."""
EXAMPLES = 8
"""Of each door and way of making messages."""
KOBE = "28100"


@dataclass
class Node:
    """One that runs. `keys`: what opens its doors, by the name of the scheme; `headers`: what every message has besides."""

    base_url: str
    document: dict[str, Any]
    keys: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return str(self.document["info"]["title"])

    def headers_of(self, operation: dict[str, Any]) -> dict[str, str]:
        (needed,) = operation.get("security") or [{}]
        (scheme,) = needed or ("",)
        return self.headers | ({"Authorization": f"Bearer {self.keys[scheme]}"} if scheme else {})


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Node]]:
    """神戸市 with everything but a card registry, which is 足利市's of 2012, and the existing system of 湊市."""
    folder = tmp_path_factory.mktemp("doors")
    system = in_process(folder / "system", town_of(folder))
    with (
        Stage(towns=load_towns([shipped_town("kobe")])) as kobe,
        Stage(towns=load_towns([shipped_town("ashikaga-2012")])) as other,
    ):
        apart = serve(create_existing_system(NodeContext(kobe.clock, kobe.trace), system.service, KEY))
        found = {}
        for stage in (other, kobe):
            stage.reset()
            servers = cast(LocalServers, stage.servers)
            sites = cast(list[LocalSite], servers._sites)
            for one in (*servers._nodes, *(node for site in sites for node in site._nodes), apart):
                answer = httpx.get(one.base_url + "/openapi.json")
                told = answer.json() if answer.text.startswith('{"openapi') else one.app.openapi()
                document = json.loads(json.dumps(told))
                found[document["info"]["title"]] = Node(one.base_url, document)
        by_room = {NODES[title]: node for title, node in found.items()}
        _give_keys(kobe, by_room)
        (cards,) = [one.cards for one in cast(LocalServers, other.servers)._sites if one.cards is not None]
        assert cards.ops_key is not None
        by_room["card_registry"].keys = {
            "HTTPBearer": cards.centre_key.reveal(),
            "OpsKey": cards.ops_key.reveal(),
        }
        by_room["existing_system"].keys = {"HTTPBearer": KEY.reveal()}
        yield found
        apart.stop()
    system.close()


def _give_keys(stage: Stage, by_room: dict[str, Node]) -> None:
    servers = cast(LocalServers, stage.servers)
    (site,) = servers._sites
    told = site.settings
    assert told.ops_key is not None and told.registration is not None
    by_room["center"].keys = {
        "TerminalKey": stage.keys.text("terminal-KIOSK-STORE-01"),
        "OpsKey": stage.keys.text("ops-center"),
    }
    by_room["issuing"].keys = {
        "HTTPBearer": told.centre_key.reveal(),
        "OpsKey": told.ops_key.reveal(),
        "SiteKey": told.registration.site_key.reveal(),
    }
    by_room["authority"].headers = {"Authorization": "Bearer " + stage.keys.text("authority-operator")}
    officials = Officials(servers.console, servers.console_url)
    official = officials.as_role(Role.ADMINISTRATOR, Role.COUNTER, Role.REGISTRATION, Role.AUDITOR)
    by_room["operations"].cookies = {COOKIE: official.http.cookies[COOKIE]}


def test_every_node_that_there_is_is_tried(nodes: dict[str, Node]) -> None:
    assert set(nodes) == set(NODES)
    assert len(NODES) >= 8
    for node in nodes.values():
        assert node.document["paths"], node.title


def test_the_doors_are_those_of_the_published_documents(nodes: dict[str, Node]) -> None:
    published = Path(server_stub.__path__[0]).parent / "docs" / "openapi"
    files = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in published.glob("*.json")}
    assert files
    for room, document in files.items():
        (node,) = [one for one in nodes.values() if NODES[one.title] == room]
        assert set(node.document["paths"]) >= set(document["paths"]), room


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("title", sorted(NODES))
def test_whatever_is_sent_to_a_node_is_answered_as_it_says_or_refused_by_a_name(
    nodes: dict[str, Node], title: str, mode: GenerationMode
) -> None:
    node, wrong = nodes[title], {}
    doors = [(method, path) for path, item in node.document["paths"].items() for method in item]
    for method, path in doors:
        try:
            _try_door(node, method, path, mode)
        except Unsatisfiable:  # a door without parameters: nothing about it can be wrong
            assert mode is GenerationMode.NEGATIVE, path
        except (AssertionError, Failure, ExceptionGroup) as error:
            wrong[f"{method} {path}"] = _told(error)
    assert not wrong, "\n\n".join(f"{door}\n{told}" for door, told in wrong.items())


def _told(error: BaseException) -> str:
    if isinstance(error, ExceptionGroup):
        return "\n".join(_told(one) for one in error.exceptions)
    return f"{type(error).__name__}: {str(error)[:1500]}"


def _try_door(node: Node, method: str, path: str, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_dict(node.document)
    headers = node.headers_of(node.document["paths"][path][method])
    speaks = NODES[node.title] in ("center", "issuing", "card_registry")

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode), own=st.booleans())
    def sends(case: schemathesis.Case, own: bool) -> None:
        if own and isinstance(case.body, dict) and "municipality" in case.body:
            case.body["municipality"] = KOBE  # else most are refused before anything is looked at
        if own and "municipality" in (case.query or {}):
            case.query["municipality"] = KOBE
        response = case.call(base_url=node.base_url, headers=headers, cookies=node.cookies, timeout=120)
        _no_failure_of_its_own(response.status_code, response.content)
        if speaks:
            case.validate_response(
                response,
                checks=[status_code_conformance, content_type_conformance, response_schema_conformance],
            )

    sends()


def _no_failure_of_its_own(status: int, body: bytes) -> None:
    for word in (b"Traceback", b"sqlalchemy", b"site-packages"):
        assert word not in body, body[:500]
    assert status != 500, body[:500]
    if status >= 400 and body.startswith(b"{"):
        told = json.loads(body)
        assert told["failure"] in CATALOGUE and told["failure"] != "Internal_Error", told
