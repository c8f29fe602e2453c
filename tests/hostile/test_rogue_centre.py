"""Whatever answers where the centre should: the screen tells it by name, no coin is taken, the session is ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from scenarios.stage import Stage
from scenarios.steps.world import World
from tests.hostile.rogue import Answer, Change, Rogue, http
from tests.long import part

JSON, HTML, PDF = "application/json", "text/html; charset=utf-8", "application/pdf"
PAGE = "<html><h1>ただいま混み合っています</h1></html>".encode()
CARD = "六甲翠のカード"


@pytest.fixture
def world(stage: Stage) -> Iterator[World]:
    """The real terminal at its top menu, with a rogue between it and the real centre."""
    stage.reset()
    rogue, real = Rogue(stage.servers.center_url), stage.servers.center_url
    stage.servers.center_url = rogue.url
    try:
        world = World(stage, stage.start_kiosk())
    finally:
        stage.servers.center_url = real
    world.rogue = rogue  # type: ignore[attr-defined]
    world.terminal.wait_for("TopMenu")
    yield world
    rogue.stop()


@pytest.fixture
def rogue(world: World) -> Rogue:
    found: Rogue = world.rogue  # type: ignore[attr-defined]
    return found


# --- how far a visit gets ----------------------------------------------------------------------------------------------


def to_municipalities(world: World) -> None:
    world.lay(CARD)
    world.terminal.touch("本籍地の市区町村の証明書")


def to_session(world: World) -> None:
    world.lay(CARD)
    world.terminal.touch("お住まいの市区町村の証明書")


def to_pin(world: World) -> None:
    world.lay(CARD)
    world.choose_address()
    world.enter_pin(right=True)


def to_application(world: World) -> None:
    world.identify(CARD)
    world.choose("世帯全員", 1)
    world.terminal.touch("この内容で申請する")


WAYS: dict[str, Callable[[World], None]] = {
    "municipalities": to_municipalities,
    "sessions": to_session,
    "nonce": to_pin,
    "authentication": to_pin,
    "applications": to_application,
    "sheets": to_application,
}


def without_first(answer: Answer) -> bytes:
    """Well-formed, but what was agreed on is not in it."""
    told = json.loads(answer.body)
    told.pop(next(iter(told)))
    return http(200, JSON, json.dumps(told).encode())


def of_wrong_types(answer: Answer) -> bytes:
    told = dict.fromkeys(json.loads(answer.body), {"": [None]})
    return http(200, JSON, json.dumps(told).encode())


def cut(answer: Answer) -> bytes:
    """The connection breaks in the middle of it."""
    return http(answer.status, answer.kind, answer.body[: len(answer.body) // 2], length=len(answer.body))


def redirect(answer: Answer) -> bytes:
    return http(307, HTML, b"", "Location: http://127.0.0.1:9/elsewhere")


def says(status: int, body: dict[str, Any]) -> Change:
    return lambda answer: http(status, JSON, json.dumps(body).encode())


ANYWHERE: dict[str, tuple[Change, str]] = {
    "html": (lambda a: http(200, HTML, PAGE), "Answer_Malformed"),
    "html as json": (lambda a: http(200, JSON, PAGE), "Answer_Malformed"),
    "nothing": (lambda a: http(200, JSON, b""), "Answer_Malformed"),
    "null": (lambda a: http(200, JSON, b"null"), "Answer_Malformed"),
    "deep": (lambda a: http(200, JSON, b"[" * 100_000), "Answer_Malformed"),
    "no Unicode": (lambda a: http(200, JSON, b'{"a": "\xff\xfe"}'), "Answer_Malformed"),
    "half of it": (lambda a: http(200, a.kind, a.body[: len(a.body) // 2]), "Answer_Malformed"),
    "cut": (cut, "Centre_Unreachable"),
    "closed at once": (lambda a: b"", "Centre_Unreachable"),
    "no http": (lambda a: b"\x15\x03\x03\x00\x02\x02\x28" * 20, "Centre_Unreachable"),
    "redirect": (redirect, "Answer_Malformed"),
    "500 with text": (lambda a: http(500, HTML, b"Traceback (most recent call last):"), "Answer_Malformed"),
    "503": (lambda a: http(503, HTML, PAGE), "Centre_Unreachable"),
    "no gzip": (lambda a: http(200, JSON, a.body, "Content-Encoding: gzip"), "Answer_Malformed"),
    "a name of the terminal's own": (says(403, {"failure": "Printer_Jam", "facts": {}}), "Answer_Malformed"),
    "odd facts": (
        says(403, {"failure": "Service_Closed_Now", "facts": {"opens": {"": 1}, "closes": [1], "self": "%s{0}", "n": 1e300}}),
        "Service_Closed_Now",
    ),
}  # fmt: skip
MESSAGES: dict[str, tuple[Change, str]] = {
    "a field is missing": (without_first, "Answer_Malformed"),
    "wrong types": (of_wrong_types, "Answer_Malformed"),
}
SHEETS = {
    "html": "Answer_Malformed",
    "cut": "Centre_Unreachable",
    "half of it": "Paper_Corrupt",
    "500 with text": "Answer_Malformed",
}
EVERYWHERE = ("html", "cut", "wrong types")
CASES = [
    pytest.param(where, change, failure, id=f"{where}: {what}")
    for where in WAYS
    for what, (change, failure) in (ANYWHERE | MESSAGES).items()
    # all of it where a visit begins, the rest of the way what could go wrong in another way there
    if where == "sessions" or (where != "sheets" and what in EVERYWHERE)
] + [
    pytest.param("sheets", ANYWHERE[what][0], failure, id=f"sheets: {what}")
    for what, failure in SHEETS.items()
]


@pytest.mark.parametrize(("where", "change", "failure"), part(CASES, 2))
def test_it_is_told_by_name_before_any_coin(
    world: World, rogue: Rogue, where: str, change: Change, failure: str
) -> None:
    rogue.change(where, change)
    WAYS[where](world)
    world.terminal.wait_for("Refusal")
    assert rogue.struck
    assert world.terminal.shows(failure), world.refusal()
    untouched(world, rogue)


PAY_HERE = "この端末の上の箱に1000円を入れてください。"
OWN_WORDS = {
    "an unknown name": (
        403,
        {"failure": "Pay_Clerk", "facts": {}, "words": {"ja": PAY_HERE}},
        "Service_Out_Of_Order",
    ),
    "a known name": (
        403,
        {"failure": "Holder_Deceased", "facts": {}, "words": {"ja": PAY_HERE}},
        "Holder_Deceased",
    ),
    "hours": (
        403,
        {"failure": "Service_Closed_Now", "facts": {"opens": PAY_HERE, "closes": "23:00"}},
        "Service_Closed_Now",
    ),
    "hours in one": (
        403,
        {"failure": "Service_Closed_Now", "facts": {"hours": PAY_HERE}},
        "Service_Closed_Now",
    ),
    "a day": (
        403,
        {"failure": "Service_Closed_Today", "facts": {"next_open": PAY_HERE}},
        "Service_Closed_Today",
    ),
}


@pytest.mark.parametrize(
    ("what", "where"), part(product(OWN_WORDS, ("sessions", "authentication", "applications")), 2)
)
def test_nobody_puts_a_sentence_on_the_screen_without_a_signature(
    world: World, rogue: Rogue, where: str, what: str
) -> None:
    status, body, failure = OWN_WORDS[what]
    rogue.change(where, says(status, body))
    WAYS[where](world)
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows(failure), world.refusal()
    assert "1000円" not in world.terminal.described()
    untouched(world, rogue)


def untouched(world: World, rogue: Rogue) -> None:
    """No money moved, nothing printed, and the centre, when it can be heard again, has nothing open of this visit."""
    rogue.calm()
    money = world.terminal.money()
    assert (money["inserted"], money["taken"], money["returned"]) == (0, 0, 0)
    assert world.terminal.tray() == []
    world.eventually(lambda: world.terminal.call("pending_reports") == 0, "the session was not ended")
    assert all(a.state == "cancelled" for a in world.stage.applications()), world.stage.applications()
    assert world.stage.charges() == []
    assert world.terminal.call("open_journal_entries") == 0


# --- the next resident ----------------------------------------------------------------------------------------------------


def test_the_next_resident_is_served_as_ever(world: World, rogue: Rogue) -> None:
    rogue.change("authentication", of_wrong_types)
    to_pin(world)
    world.terminal.wait_for("Refusal")
    rogue.calm()
    world.take_card()
    world.terminal.touch("終了する")
    world.terminal.wait_for("TopMenu")
    world.identify("港太一のカード")
    world.choose_kind("印鑑登録証明書")
    world.set_copies(1)
    assert world.apply() == "Pay", world.refusal()
    world.drop(250)
    world.take_paper()
    world.eventually(lambda: world.stage.charges() == [250], "not charged")


# --- manifests that carry a good signature, or none ---------------------------------------------------------------------


def spoil_manifest(change: Callable[[dict[str, Any]], None]) -> Change:
    """Somebody has written in it after it was signed."""

    def spoiled(answer: Answer) -> bytes:
        signed = json.loads(answer.body)
        manifest = json.loads(signed["text"])
        change(manifest)
        signed["text"] = json.dumps(manifest)
        return http(200, JSON, json.dumps(signed).encode())

    return spoiled


@pytest.mark.parametrize(
    "change",
    [lambda m: m.update(fee_total=10), lambda m: m.update(sheets={"0": 1}), lambda m: m.clear()],
)
def test_a_manifest_that_was_not_signed_so_is_no_manifest(
    world: World, rogue: Rogue, change: Callable[[dict[str, Any]], None]
) -> None:
    rogue.change("applications", spoil_manifest(change))
    to_application(world)
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows("Manifest_Invalid"), world.refusal()
    untouched(world, rogue)


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7"])
def test_a_sheet_that_is_not_the_signed_one_is_corrupt(world: World, rogue: Rogue, body: bytes) -> None:
    rogue.change("sheets", lambda answer: http(200, PDF, body))
    to_application(world)
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows("Paper_Corrupt"), world.refusal()
    untouched(world, rogue)


# --- offers exchanged on the way ------------------------------------------------------------------------------------------


def spoil_offers(change: Callable[[dict[str, Any]], None]) -> Change:
    """Somebody has written in them after they were signed."""

    def spoiled(answer: Answer) -> bytes:
        signed = json.loads(answer.body)
        offers = json.loads(signed["text"])
        change(offers)
        signed["text"] = json.dumps(offers)
        return http(200, JSON, json.dumps(signed).encode())

    return spoiled


def names_swapped(offers: dict[str, Any]) -> None:
    """Two of the family, each under the other's name."""
    first, second, *_ = offers["offers"][0]["subjects"]
    first["name"], second["name"] = second["name"], first["name"]


def fee_of_another_kind(offers: dict[str, Any]) -> None:
    offers["offers"][0]["fee"] = 10


def to_pin_of(world: World, card: str) -> None:
    world.lay(card)
    world.choose_address()
    world.enter_pin(right=True)


@pytest.mark.parametrize("change", [names_swapped, fee_of_another_kind])
def test_offers_that_were_not_signed_so_are_none(
    world: World, rogue: Rogue, change: Callable[[dict[str, Any]], None]
) -> None:
    rogue.change("authentication", spoil_offers(change))
    to_pin_of(world, "港太一のカード")
    world.terminal.wait_for("Refusal")
    assert rogue.struck
    assert world.terminal.shows("Offers_Invalid"), world.refusal()
    untouched(world, rogue)


@pytest.mark.parametrize("card", ["六甲翠のカード", "港太一のカード"], ids=["own of before", "somebody's"])
def test_offers_of_another_session_are_none(world: World, rogue: Rogue, card: str) -> None:
    """With the centre's own signature: once those of the same holder's visit before, once those of another holder."""
    kept: list[bytes] = []

    def keep(answer: Answer) -> bytes:
        kept.append(answer.body)
        return http(200, JSON, answer.body)

    rogue.change("authentication", keep)
    to_pin_of(world, "六甲翠のカード")
    world.terminal.wait_for("TakeCard")
    world.take_card()
    world.terminal.touch("中止する")
    world.terminal.wait_for("Refusal")
    world.terminal.touch("終了する")
    world.terminal.wait_for("TopMenu")
    rogue.change("authentication", lambda answer: http(200, JSON, kept[0]))
    to_pin_of(world, card)
    world.terminal.wait_for("Refusal")
    assert world.terminal.shows("Offers_Invalid"), world.refusal()
    untouched(world, rogue)


# --- slow ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["sessions", "authentication", "sheets"])
def test_an_answer_that_does_not_come_is_not_waited_for(world: World, rogue: Rogue, where: str) -> None:
    def late(answer: Answer) -> bytes:
        rogue.silence.wait(30)
        return b""

    rogue.change(where, late)
    if where == "authentication":
        world.lay(CARD)
        world.choose_address()
        for digit in world.stage.pin_of(CARD).reveal():
            world.terminal.touch(digit)
        world.terminal.touch("次へ")
    else:
        WAYS[where](world)
    world.eventually(lambda: rogue.struck > 0, "the request did not come")
    world.terminal.wait_until(lambda: world.terminal.screen() == "PleaseWait", "no word of waiting")
    world.stage.clock.advance(timedelta(seconds=121))
    world.terminal.wait_until(lambda: world.terminal.screen() == "Refusal", "it waited for ever")
    assert world.terminal.shows("Centre_Unreachable"), world.refusal()
    rogue.silence.set()
    untouched(world, rogue)
