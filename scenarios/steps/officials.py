"""What the municipality's officials decide and do: the switches of its settings, and exceptions for who is too young."""

from __future__ import annotations

from typing import Any

import httpx

from server_stub.interface.operations import (
    ExceptionAct,
    ExceptionChange,
    ExceptionPage,
    PersonReference,
)

from .sentences import given, then, when
from .slots import RULES
from .world import World, expect


@given("市区町村は「{rule}」と定めている", "市区町村は「転出予定の方のいる世帯には交付しない」と定めている")
def decided(world: World, rule: str) -> None:
    table, name, value = RULES[rule]
    decide(world, table, name, value)


@given(
    "市区町村は、氏名が{length}文字を超える方には交付しないと定めている",
    "市区町村は、氏名が12文字を超える方には交付しないと定めている",
)
def longest_name(world: World, length: int) -> None:
    decide(world, "holder", "longest_name", length)


@given(
    "市区町村は、住所が{length}文字を超える方には交付しないと定めている",
    "市区町村は、住所が40文字を超える方には交付しないと定めている",
)
def longest_address(world: World, length: int) -> None:
    decide(world, "holder", "longest_address", length)


def decide(world: World, table: str, name: str, value: Any) -> None:
    """The settings have this value besides those that were decided before; the paper is read by it as well."""
    world.decided.setdefault(table, {})[name] = value
    world.stage.servers.fault_on("issuing.other_rules", world.decided)


@given("運用の職員が「{person}」に15歳未満の利用を認めた", "運用の職員が「港渚」に15歳未満の利用を認めた")
def exception_granted(world: World, person: str) -> None:
    _act(world, person, ExceptionAct.GRANT)


@when("運用の職員が「{person}」に認めた利用を取り消す", "運用の職員が「港渚」に認めた利用を取り消す")
def exception_withdrawn(world: World, person: str) -> None:
    _act(world, person, ExceptionAct.WITHDRAW)


@then(
    "運用の記録に「{person}」の例外を認めたことと取り消したことが残っている",
    "運用の記録に「港渚」の例外を認めたことと取り消したことが残っている",
)
def acts_stay(world: World, person: str) -> None:
    with _door(world) as door:
        reference = _reference(world, door, person)
        page = ExceptionPage.model_validate_json(door.get("/ops/v1/age-exceptions").raise_for_status().text)
    found = [one.act for one in page.acts if one.person == reference.person]
    expect(
        found == [ExceptionAct.GRANT, ExceptionAct.WITHDRAW],
        "認めた記録と取り消した記録が一件ずつ",
        f"記録は{len(found)}件",
    )


def _door(world: World) -> httpx.Client:
    """The issuing server's door for officials' tools, with its key."""
    key = world.stage.keys.text("ops-issuing")
    return httpx.Client(
        base_url=world.stage.servers.issuing_url,
        headers={"Authorization": f"Bearer {key}"},
        trust_env=False,
    )


def _reference(world: World, door: httpx.Client, person: str) -> PersonReference:
    asked = {"municipality": world.town().code, "person_key": world.stage.person_key(person)}
    answer = door.get("/ops/v1/person-reference", params=asked).raise_for_status()
    return PersonReference.model_validate_json(answer.text)


def _act(world: World, person: str, act: ExceptionAct) -> None:
    """As the officials' tool does: look the person up, then say what is decided, by whom and why."""
    with _door(world) as door:
        reference = _reference(world, door, person)
        change = ExceptionChange(
            municipality=reference.municipality,
            person=reference.person,
            act=act,
            operator="市民課　見本職員",
            reason="法定代理人の申出による",
        )
        door.post("/ops/v1/age-exceptions", json=change.model_dump(mode="json")).raise_for_status()
