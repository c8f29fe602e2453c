"""The way on stages whose towns go by other nodes: the city's own system (PDF連携) and the ICカード標準システム (条例利用)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scenarios.panel.trace_row import TraceTail
from scenarios.panel.way import AUTHORITY, CARD_REGISTRY, CENTRE, EXISTING, IDENTITY, ISSUING, Ways
from tests.long import LONG

pytestmark = [pytest.mark.skipif(not LONG, reason="a whole demo each; make fuzz"), pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("town", "asked"),
    [("minato", {AUTHORITY, EXISTING}), ("ashikaga-2012", {CARD_REGISTRY})],
)
def test_the_way_goes_by_the_nodes_that_have_answered(tmp_path: Path, town: str, asked: set[str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "demo", "--town", town],
        env={**os.environ, "KONBINI_HOME": str(tmp_path)}, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    ways, tail, folder = Ways(), TraceTail(), tmp_path / "demo" / "trace"
    assert tail.read(folder) is None
    ways.take(tail.read(folder) or [])
    found = {way.errand: way for way in ways.ways()}
    assert found[IDENTITY].hops.keys() == {CENTRE, ISSUING} | asked
    assert [way.stopped_at for way in found.values()] == ["", "", ""]
    if EXISTING in asked:
        first, last = own_events(folder, "/v1/offers")
        took = last["mono_ns"] - first["mono_ns"]
        hops = found[IDENTITY].hops
        assert took <= hops[EXISTING].spent_ns <= hops[ISSUING].spent_ns


def own_events(folder: Path, path: str) -> list[dict[str, Any]]:
    """What the existing system's own process has written of that request."""
    lines = [line for file in folder.glob("existing*.jsonl") for line in file.read_text().splitlines()]
    events = [json.loads(line) for line in lines]
    return [one for one in events if one["data"].get("path") == path and one["kind"] in ("asked", "answered")]
