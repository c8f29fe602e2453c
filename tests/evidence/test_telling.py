"""Whatever a process of the product tells, people read it in Japanese."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

import pytest

from cards.apdu import Command, command_name
from cards.readers.virtual import VirtualReader
from kiosk_app import card_session, paper
from kiosk_app.flow import events as flow_events
from kiosk_app.flow import views
from kiosk_app.flow.state import StateName
from kiosk_app.flow.table import transitions
from kiosk_app.runtime import REMOTE
from kiosk_app.screens.window import LANGUAGES_SCREEN
from scenarios import trace_labels
from server_stub.authority.profile import Kind
from server_stub.authority.store import REASONS
from server_stub.interface.application_states import State as ApplicationState
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.terminal import ReportKind
from server_stub.interface.trace import Event, Source, Trace
from server_stub.interface.values import Place, TerminalKind

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def event(source: Source, kind: str, **data: object) -> Event:
    return Trace(Clock(STAGE_START)).emit(source, kind, **data)


def test_all_words_are_japanese_and_each_stands_once() -> None:
    for words in trace_labels.events().values():
        assert not re.search("[A-Za-z]{2,}", re.sub(r"\{[^}]*\}", "", words)), words
    named = [words for words, _ in trace_labels.fields().values()]
    for words in [*named, *(words for name in LISTS for words in trace_labels.values(name).values())]:
        assert JAPANESE.search(words), words
    for file in ("events.csv", "fields.csv", "values.csv"):
        keys = [row[: 1 if file == "fields.csv" else 2] for row in trace_labels._rows(file)]
        assert not [key for key, count in Counter(keys).items() if count > 1], file


def classes(module: object, root: type) -> set[str]:
    found = (one for one in vars(module).values() if isinstance(one, type) and issubclass(one, root))
    return {one.__name__ for one in found} - {root.__name__}


def texts(*enums: type[StrEnum]) -> set[str]:
    return {str(member) for enum in enums for member in enum}


def commands() -> set[str]:
    """The names of all commands that have one."""
    every = (
        Command(cla, ins, p1, 0, data)
        for cla in (0x00, 0x80)
        for ins in range(0x100)
        for p1 in (0, 2, 4)
        for data in (b"", b"x")
    )
    return {
        name
        for command in every
        if not re.fullmatch(r"[0-9A-F]{2} [0-9A-F]{2}", name := command_name(command))
    }


SCREENS = classes(views, views.View)
LISTS = {
    "screen": SCREENS | {LANGUAGES_SCREEN},
    "state": texts(StateName) - SCREENS,
    "event": classes(flow_events, flow_events.Event),
    "condition": {row.condition for row in transitions() if row.condition},
    "cue": {"touch", "attention", "card_forgotten", "paper_forgotten", "error", "thanks"},
    "effect": {effect.__name__ for effect in REMOTE},
    "ledger": texts(ApplicationState),
    "report": texts(ReportKind) | {"end"},
    "place": texts(Place),
    "certificate": texts(Kind),
    "validity": {"good", "held", "revoked", "unknown", "malformed_request"}
    | {f"revoked ({one})" for one in REASONS},
    "reason": set(REASONS) | {"finished", "handed over", "session ended", "late answer"},
    "nonce": {"none outstanding", "used", "expired"},
    "party": {"centre", "terminal", "ledger", "authority", "issuing", "existing system"},
    "terminal": texts(TerminalKind),
    "command": commands(),
    "result": {"passed", "failed", "skipped"},
    "reader": {VirtualReader().name},
    "module": {card_session.__name__, paper.__name__},
}
"""What the values of each list can be, as the product itself has them."""


@pytest.mark.parametrize("name", LISTS)
def test_every_value_of_a_closed_list_has_words(name: str) -> None:
    assert set(trace_labels.values(name)) == LISTS[name]


def test_every_list_that_a_row_names_is_there() -> None:
    named = {one for _, lists in trace_labels.fields().values() for one in lists}
    spread = re.findall(r"\{\w+:([^}]+)\}", " ".join(trace_labels.events().values()))
    assert not [
        one for one in named.union(*(lists.split() for lists in spread)) if not trace_labels.values(one)
    ]


def test_a_phrase_is_filled_with_facts_in_words() -> None:
    moved = event(
        "screen", "transition", state="PlaceCard", event="CardInserted", target="ReadingCard", condition=""
    )
    assert trace_labels.phrase(moved) == "カードを置く → カードの読み取り（カードが置かれた）"
    assert trace_labels.phrase(event("issuing", "answered", method="GET", path="/v1", status=200)) == (
        "要求に応答した：GET /v1 → 200"
    )
    paid = event("money", "taken", due=1250, change=750)
    assert trace_labels.phrase(paid) == "手数料 1,250円を収納した（おつり 750円）"


def test_it_is_told_which_words_are_missing() -> None:
    assert trace_labels.without_words(event("money", "taken", due=1250, change=750)) == set()
    assert trace_labels.without_words(event("money", "stolen", due=1250)) == {"money.stolen"}
    assert trace_labels.without_words(
        event("centre", "refused", failure="Pin_Wrong", facts={"speed": 1})
    ) == {"speed"}


def test_what_nobody_has_words_for_has_no_phrase() -> None:
    assert trace_labels.phrase(event("money", "answered", method="GET", path="/", status=200)) is None
    assert trace_labels.phrase(event("money", "taken", amount=1)) is None
    assert trace_labels.field("speed") == "speed" and trace_labels.value("speed", 3) == "3"


def test_values_within_values_are_in_words_too() -> None:
    assert trace_labels.value("late", True) == "はい"
    assert trace_labels.value("statuses", ["good", "revoked (superseded)"]) == "有効、失効・更新"
    assert (
        trace_labels.value("facts", {"attempts_remaining": 2, "place": "address"})
        == "残り回数 2、証明の区分 住所地"
    )


def test_certificates_are_named_as_they_were_offered() -> None:
    kinds = trace_labels.Kinds()
    offered = [{"kind": "tax", "words": "課税証明書"}, {"kind": "register", "words": "戸籍証明書"}]
    asked = event("centre", "refused", failure="Fee_Changed", facts={"kind": "tax", "fee": 300})
    assert kinds.read(asked).data == asked.data, "nothing was offered yet"
    told = kinds.read(event("screen", "offered", offered=offered))
    assert trace_labels.value("offered", told.data["offered"]) == "課税証明書、戸籍証明書"
    assert kinds.read(asked).data == {"failure": "Fee_Changed", "facts": {"kind": "課税証明書", "fee": 300}}
    report = Trace(Clock(STAGE_START)).emit("network", "report_refused", kind="paid")
    assert kinds.read(report).data == {"kind": "paid"}
