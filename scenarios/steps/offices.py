"""What officials decide and do: settings of the municipality with their days, emergency stops at municipality and centre, exceptions for
who is too young, announced outages, alarms, and an old replica that may issue for a time."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import httpx

from server_stub.interface.operations import (
    ExceptionAct,
    ExceptionChange,
    ExceptionPage,
    PersonReference,
)
from server_stub.interface.outages import OutageOf, Responsible
from server_stub.issuing.fault_injection import SETTINGS
from server_stub.municipalities import load_municipality

from .sentences import given, then, when
from .slots import ALARMS, OUTAGES, RECEIVERS, RULES
from .world import World, expect

FROM_EVER = date(1900, 1, 1)
CENTRE, MUNICIPALITY = "center", "issuing"
OFFICIAL = "市民課　見本職員"
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
            for stop in ask(world, node, "GET", "stops", town=town.code)["stops"]:
                ask(world, node, "POST", f"stops/{stop['stop_id']}/release", town=town.code)


def _stop(world: World, node: str, **what: Any) -> None:
    ask(world, node, "POST", "stops", what)


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
    told = ask(world, MUNICIPALITY, "GET", "age-exceptions", town=reference.municipality)
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
        ask(world, MUNICIPALITY, "GET", f"person-reference?{asked}", town=world.town().code)
    )


def _act(world: World, person: str, act: ExceptionAct) -> None:
    """As the officials' tool does: look the person up, then say what is decided, by whom and why."""
    reference = _reference(world, person)
    change = ExceptionChange(
        municipality=reference.municipality,
        person=reference.person,
        act=act,
        operator=OFFICIAL,
        reason="法定代理人の申出による",
    )
    ask(
        world,
        MUNICIPALITY,
        "POST",
        "age-exceptions",
        change.model_dump(mode="json"),
        town=reference.municipality,
    )


# --- outages, alarms, old replicas ---------------------------------------------------------------------------------------


@given(
    "{outage_of}の停止が{since:moment}から{until:moment}まで、「{notice:text}」と予告されている",
    "データセンターの停止が令和8年6月3日9時00分から令和8年6月3日17時00分まで、「データセンターの点検のため、証明書の交付を停止しています。」と予告されている",
)
@when(
    "{outage_of}の停止が{since:moment}から{until:moment}まで、「{notice:text}」と予告される",
    "データセンターの停止が令和8年6月3日9時00分から令和8年6月3日17時00分まで、「データセンターの点検のため、証明書の交付を停止しています。」と予告される",
)
def announce_outage(world: World, outage_of: str, since: datetime, until: datetime, notice: str) -> None:
    """Of the first municipality, at the centre. By whoever brings it."""
    what = OUTAGES[outage_of]
    by = Responsible.PROVIDER if what is OutageOf.DATA_CENTRE else Responsible.MUNICIPALITY
    ask(world, CENTRE, "POST", "outages", {
        "municipality": world.town().code,
        "what": what.value,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "notice": {"ja": notice, "en": "Closed for planned work."},
        "by": by.value,
        "operator": "見本担当",
    })  # fmt: skip


@when("予告された停止をすべて終了する")
def end_outages(world: World) -> None:
    for outage in ask(world, CENTRE, "GET", "outages")["outages"]:
        ask(world, CENTRE, "POST", f"outages/{outage['outage_id']}/end")


@then(
    "「{alarm}」の警報が一つだけ、{receiver}に知らされている",
    "「証明発行サーバの応答がない」の警報が一つだけ、事業者に知らされている",
)
def one_alarm(world: World, alarm: str, receiver: str) -> None:
    """Of the first municipality and this cause, open, at whichever server has seen it."""
    world.until(lambda: bool(_open_alarms(world, alarm)), "警報が開く", lambda: "警報はない")
    names = {one.value: name for name, one in RECEIVERS.items()}
    told = [names[one["to"]] for one in _open_alarms(world, alarm)]
    expect(told == [receiver], f"警報が一つ、知らせる先は{receiver}", f"警報の知らせる先は{'、'.join(told)}")


@then("「{alarm}」の警報が終わる", "「証明発行サーバの応答がない」の警報が終わる")
def alarm_ends(world: World, alarm: str) -> None:
    """There was one, and it is open no more."""
    world.until(
        lambda: bool(_alarms(world, alarm)) and not _open_alarms(world, alarm),
        "警報が終わる",
        lambda: "警報は開いたまま" if _open_alarms(world, alarm) else "警報は出ていない",
    )


def _open_alarms(world: World, alarm: str) -> list[dict[str, Any]]:
    return [one for one in _alarms(world, alarm) if one["until"] is None]


def _alarms(world: World, alarm: str) -> list[dict[str, Any]]:
    """Of the first municipality and this cause, at both servers; one that is out tells none."""
    asked = f"alarms?municipality={world.town().code}"
    found: list[dict[str, Any]] = []
    for node in (CENTRE, MUNICIPALITY):
        with suppress(httpx.HTTPError):
            found += ask(world, node, "GET", asked, town=world.town().code)["alarms"]
    return [one for one in found if one["cause"] == ALARMS[alarm].value]


@when(
    "運用の職員が「{reason:text}」として、副本の期限を{until:moment}まで延長する",
    "運用の職員が「地震のため」として、副本の期限を令和8年6月6日17時00分まで延長する",
)
def extend_replica_age(world: World, reason: str, until: datetime) -> None:
    """At the issuing server, for the first municipality."""
    ask(world, MUNICIPALITY, "POST", "replica-extensions", {
        "municipality": world.town().code,
        "until": until.isoformat(),
        "operator": OFFICIAL,
        "reason": reason,
    }, town=world.town().code)  # fmt: skip


@then(
    "運用の記録に、「{reason:text}」による期限の延長が職員の名とともに残っている",
    "運用の記録に、「地震のため」による期限の延長が職員の名とともに残っている",
)
def extension_stays(world: World, reason: str) -> None:
    acts = ask(world, MUNICIPALITY, "GET", "replica-extensions", town=world.town().code)["acts"]
    told = [(one["reason"], one["operator"]) for one in acts]
    expect(told == [(reason, OFFICIAL)], "延長の記録が一件", f"記録は{len(told)}件")


def ask_municipality(world: World, code: str, path: str) -> Any:
    """Look something up at the door for officials' tools of the issuing server of the municipality `code`, from its city hall."""
    return ask(world, MUNICIPALITY, "GET", path, town=code)


def ask(
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
    # without TLS, whose certificates take longer to load than the screen may stand
    answer = httpx.request(
        method,
        f"{base}/ops/v1/{path}",
        json=body,
        headers=headers,
        timeout=_PATIENCE,
        trust_env=False,
        verify=False,
    )
    return answer.raise_for_status().json()
