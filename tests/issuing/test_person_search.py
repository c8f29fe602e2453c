"""The door at which the console finds residents: only with the key, only of the municipality, and by what the register has."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from scenarios.towns import load_town, shipped_town
from server_stub.node import RunningNode
from tests.issuing.helper import KOBE, OPS_KEY


@pytest.fixture
def official(node: RunningNode) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=node.base_url,
        headers={"authorization": f"Bearer {OPS_KEY.reveal()}"},
        trust_env=False,
        timeout=30,
    ) as client:
        yield client


def find(official: httpx.Client, **asked: object) -> dict[str, object]:
    answer = official.post("/ops/v1/person-searches", json={"municipality": KOBE, **asked})
    return dict(answer.raise_for_status().json())


def keys(found: dict[str, object]) -> list[str]:
    people = found["people"]
    assert isinstance(people, list)
    return [one["person_key"] for one in people]


def test_everybody_is_found_by_number_name_kana_and_birth(official: httpx.Client) -> None:
    people = [one for one in load_town(shipped_town()).people().values() if one.kana]
    assert len(people) > 30
    for one in people:
        assert one.key in keys(
            find(official, name=one.kana.replace("　", ""), birth=one.birth.inner.isoformat())
        )
        assert one.key in keys(find(official, name=one.name))
        (told,) = find(official, person_key=one.key)["people"]  # type: ignore[misc]
        assert (told["name"], told["birth"], told["address"]) == (one.name, one.birth_in_words, one.address)
        assert one.key not in keys(find(official, name=one.name, birth="1800-01-01"))


def test_a_name_is_no_pattern(official: httpx.Client) -> None:
    for name in ("%", "_", "%%", "\\", "　"):
        if name.strip():
            assert keys(find(official, name=name)) == []
    assert (
        official.post("/ops/v1/person-searches", json={"municipality": KOBE, "name": "　"}).status_code == 422
    )


def test_who_asks_for_nobody_or_without_the_key_is_refused(official: httpx.Client) -> None:
    for asked in ({}, {"person_key": "1", "name": "港"}, {"birth": "2000-01-01"}):
        assert (
            official.post("/ops/v1/person-searches", json={"municipality": KOBE, **asked}).status_code == 422
        )
    answer = official.post("/ops/v1/person-searches", json={"municipality": "01100", "name": "港"})
    assert answer.json()["failure"] == "Municipality_Unknown"
    answer = official.post(
        "/ops/v1/person-searches",
        json={"municipality": KOBE, "name": "港"},
        headers={"authorization": "Bearer x"},
    )
    assert (answer.status_code, answer.json()["failure"]) == (401, "Operator_Unknown")
