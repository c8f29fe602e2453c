"""The failure catalogue and the scenarios agree."""

from __future__ import annotations

import re

from scenarios import places
from server_stub.interface.failures import CATALOGUE


def titles() -> set[str]:
    """Every scenario's title; of an outline, with each example filled in, and the first cell of each example."""
    found: set[str] = set()
    for path in places.FEATURES.glob("*.feature"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r"シナリオ: (.+)", text))
        found |= {row.strip() for row in re.findall(r"^\s*\| ([^|]+)\|", text, re.M)}
    return found


def test_every_scenario_that_the_catalogue_names_exists() -> None:
    missing = {f.name: f.scenario for f in CATALOGUE.values() if f.scenario and f.scenario not in titles()}
    assert missing == {}


def test_every_failure_that_a_scenario_ends_in_is_in_the_catalogue_with_that_scenario() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in places.FEATURES.glob("*.feature"))
    refused = set(re.findall(r"「([A-Z]\w+_\w+)」で断られる", text)) | set(
        re.findall(r"\| ([A-Z]\w+_\w+) +\|", text)
    )
    assert refused <= set(CATALOGUE)
    unnamed = {name for name in refused if not CATALOGUE[name].scenario}
    assert unnamed == set()
