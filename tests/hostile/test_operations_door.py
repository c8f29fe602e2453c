"""The door for officials' tools, at the embedded servers with the keys that a stage gives them."""

from __future__ import annotations

import httpx
import pytest

from scenarios.stage_secrets import KeyPool
from tests.hostile.nodes import NOWHERE, TERMINAL, Nodes

OWN = {"center": "ops-center", "issuing": "ops-issuing"}
OTHERS = (f"terminal-{TERMINAL}", "centre-to-issuing", "authority-operator", "pseudonyms-28100")
PATHS = ("incidents", "in-doubt", f"applications/{NOWHERE}")


def answer(nodes: Nodes, node: str, path: str, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.get(nodes.url(node).join(f"/ops/v1/{path}"), headers=headers, trust_env=False)


@pytest.mark.parametrize("node", OWN)
@pytest.mark.parametrize("path", PATHS)
def test_no_other_key_opens_the_door(nodes: Nodes, node: str, path: str) -> None:
    keys = KeyPool()
    strangers = [keys.text(name) for name in (*OTHERS, *OWN.values()) if name != OWN[node]]
    for key in (*strangers, "x" * 1000, keys.text(OWN[node]) + "0"):
        refused = answer(nodes, node, path, key)
        assert (refused.status_code, refused.json()) == (401, {"failure": "Operator_Unknown", "facts": {}})


@pytest.mark.parametrize("node", OWN)
def test_its_own_key_opens_it(nodes: Nodes, node: str) -> None:
    key = KeyPool().text(OWN[node])
    assert answer(nodes, node, "incidents", key).json() == {"incidents": [], "next_cursor": None}
    assert answer(nodes, node, "in-doubt", key).json() == {"applications": [], "next_cursor": None}
    assert answer(nodes, node, PATHS[-1], key).json()["failure"] == "Application_Unknown"


@pytest.mark.parametrize("node", OWN)
def test_the_operations_key_opens_nothing_else(nodes: Nodes, node: str) -> None:
    headers = {"Authorization": f"Bearer {KeyPool().text(OWN[node])}"}
    refused = httpx.get(nodes.url(node).join("/v1/municipalities"), headers=headers, trust_env=False)
    assert refused.json()["failure"] == ("Terminal_Unknown" if node == "center" else "Caller_Unknown")
