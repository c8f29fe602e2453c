"""What officials decide and do: settings of the municipality with their days, emergency stops at municipality and centre, and
exceptions for who is too young."""

from __future__ import annotations

import json
import shutil
from datetime import date, datetime
from typing import Any

import httpx

from server_stub.interface.operations import (
    ExceptionAct,
    ExceptionChange,
    ExceptionPage,
    PersonReference,
)
from server_stub.issuing.fault_injection import SETTINGS
from server_stub.municipalities import load_municipality

from .sentences import given, then, when
from .slots import RULES
from .world import World, expect

FROM_EVER = date(1900, 1, 1)
CENTRE, MUNICIPALITY = "center", "issuing"
_PATIENCE = 10.0


# --- settings ------------------------------------------------------------------------------------------------------------


@given("市の設定の「{setting}」は「{value}」である", "市の設定の「minimum_age」は「18」である")
def set_setting(world: World, setting: str, value: str) -> None:
    """As an official writes it in municipality.toml of the first municipality of the stage; papers are held against it too."""
    change_setting(world, setting, value, FROM_EVER)


@given(
    "市の設定の「{setting}」は{day}から「{value}」に変わる",
    "市の設定の「minimum_age」は令和9年4月1日から「18」に変わる",
)
def change_from(world: World, setting: str, day: date, value: str) -> None:
    """A change with its day of effect: the clock alone switches it."""
    change_setting(world, setting, value, day)


@given(
    "市の設定の「{setting}」は{day}から{until:day}まで「{value}」に変わる",
    "市の設定の「minimum_age」は令和9年4月1日から令和9年6月30日まで「18」に変わる",
)
def change_between(world: World, setting: str, day: date, until: date, value: str) -> None:
    """A change for a time, its last day included."""
    change_setting(world, setting, value, day, until)


def change_setting(world: World, setting: str, value: str, since: date, until: date | None = None) -> None:
    """Raises Failed(Settings_Wrong) for what is no setting, or no value of it."""
    folder = world.settings
    if not folder.exists():
        shutil.copytree(world.stage.towns[0].folder, folder, ignore=shutil.ignore_patterns("delivery"))
    file = folder / "municipality.toml"
    lines = [
        "",
        "[[change]]",
        f"from = {since}",
        *([f"until = {until}"] if until else []),
        f"{setting} = {value}",
        "",
    ]
    with file.open("a", encoding="utf-8") as out:
        out.write("\n".join(lines))
    load_municipality(folder)
    world.stage.servers.fault_on(SETTINGS, {"folder": str(folder)})


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


def decide(world: World, table: str, name: str, value: int) -> None:
    """In the table "service" for every kind that has such an item."""
    services = world.stage.towns[0].municipality.services
    tables = [f"service.{code}" for code, terms in services.items() if name in type(terms).model_fields]
    for one in tables if table == "service" else [table]:
        change_setting(world, f"{one}.{name}", json.dumps(value), FROM_EVER)


# --- emergency stops -----------------------------------------------------------------------------------------------------


@given("市が「{kind}」の交付を緊急停止している")
@when("市が「{kind}」の交付を緊急停止する")
def stop_kind(world: World, kind: str) -> None:
    """One kind of the first municipality, at its issuing server."""
    municipality = world.stage.towns[0].municipality
    code = next(code for code, one in municipality.every_kind.items() if one.words["ja"] == kind)
    _stop(world, MUNICIPALITY, municipality=municipality.info.code, kind=code)


@given("市がすべての交付を緊急停止している")
@when("市がすべての交付を緊急停止する")
def stop_municipality(world: World) -> None:
    """Every kind of the first municipality."""
    _stop(world, MUNICIPALITY, municipality=world.stage.towns[0].code)


@given("市がすべての交付を緊急停止し、{moment}に再開すると知らせている")
def stop_and_tell(world: World, moment: datetime) -> None:
    """The time is an announcement: it ends nothing."""
    _stop(world, MUNICIPALITY, municipality=world.stage.towns[0].code, reopens=moment.isoformat())


@given("センターがすべての交付を緊急停止している")
@when("センターがすべての交付を緊急停止する")
def stop_everything(world: World) -> None:
    """Every municipality."""
    _stop(world, CENTRE)


@when("緊急停止をすべて解除する")
def release_all(world: World) -> None:
    """Whatever was stopped, at either server."""
    for node in (CENTRE, MUNICIPALITY):
        for town in world.stage.towns:
            for stop in _ask(world, node, "GET", "stops", town=town.code)["stops"]:
                _ask(world, node, "POST", f"stops/{stop['stop_id']}/release", town=town.code)


def _stop(world: World, node: str, **what: Any) -> None:
    _ask(world, node, "POST", "stops", what)


# --- exceptions ----------------------------------------------------------------------------------------------------------


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
    reference = _reference(world, person)
    told = _ask(world, MUNICIPALITY, "GET", "age-exceptions", town=reference.municipality)
    page = ExceptionPage.model_validate_json(json.dumps(told))
    found = [one.act for one in page.acts if one.person == reference.person]
    expect(
        found == [ExceptionAct.GRANT, ExceptionAct.WITHDRAW],
        "認めた記録と取り消した記録が一件ずつ",
        f"記録は{len(found)}件",
    )


def _reference(world: World, person: str) -> PersonReference:
    asked = f"municipality={world.town().code}&person_key={world.stage.person_key(person)}"
    return PersonReference.model_validate(
        _ask(world, MUNICIPALITY, "GET", f"person-reference?{asked}", town=world.town().code)
    )


def _act(world: World, person: str, act: ExceptionAct) -> None:
    """As the officials' tool does: look the person up, then say what is decided, by whom and why."""
    reference = _reference(world, person)
    change = ExceptionChange(
        municipality=reference.municipality,
        person=reference.person,
        act=act,
        operator="市民課　見本職員",
        reason="法定代理人の申出による",
    )
    _ask(
        world,
        MUNICIPALITY,
        "POST",
        "age-exceptions",
        change.model_dump(mode="json"),
        town=reference.municipality,
    )


def ask_municipality(world: World, code: str, path: str) -> Any:
    """Look something up at the door for officials' tools of the issuing server of the municipality `code`, from its city hall."""
    return _ask(world, MUNICIPALITY, "GET", path, town=code)


def _ask(
    world: World, node: str, method: str, path: str, body: dict[str, Any] | None = None, *, town: str = ""
) -> Any:
    """At the door for officials' tools of the centre, or of the issuing server of `town` (its code; the first of the stage), with
    that server's own key."""
    stage = world.stage
    code = town or stage.towns[0].code
    if node == CENTRE:
        base, key = stage.servers.center_url, "ops-center"
    else:
        base, key = stage.servers.ops_urls[code], stage.site(code).named("ops-issuing")
    headers = {"Authorization": f"Bearer {stage.keys.text(key)}"}
    answer = httpx.request(
        method, f"{base}/ops/v1/{path}", json=body, headers=headers, timeout=_PATIENCE, trust_env=False
    )
    return answer.raise_for_status().json()
