"""The one table of what people read of the trace: every kind of event, every name of a fact, every value of a closed list,
in Japanese. Evidence and panel use it; whoever emits a new kind adds its row (the suite fails for an event without words).

`events.csv`: source (`*` for each of the servers), kind, words with facts in braces; `{place:place}` says the fact in the
words of that list. `fields.csv`: the name of a fact and the lists that its values may be of. `values.csv`: the lists.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

from server_stub.faults.box import KNOWN
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.trace import Event

SOURCES: dict[str, str] = {
    "screen": "画面",
    "card": "カード",
    "network": "通信",
    "centre": "センター",
    "issuing": "発行サーバ",
    "authority": "認証局",
    "existing": "既存システム",
    "card_registry": "ICカード標準",
    "site": "確認サイト",
    "console": "運用管理",
    "money": "現金",
    "paper": "用紙",
    "operator": "操作",
    "fault": "障害",
    "scenario": "手順",
}
SERVERS = ("centre", "issuing", "authority", "card_registry", "existing", "site", "console")
ANY = "*"

_FOLDER = Path(__file__).parent


@cache
def _rows(file: str) -> tuple[tuple[str, ...], ...]:
    with (_FOLDER / file).open(encoding="utf-8", newline="") as source:
        return tuple(tuple(row) for row in csv.reader(source))[1:]


@cache
def events() -> Mapping[tuple[str, str], str]:
    """(source, kind) -> words."""
    return {(source, kind): words for source, kind, words in _rows("events.csv")}


@cache
def fields() -> Mapping[str, tuple[str, tuple[str, ...]]]:
    """Name of a fact -> its words, and the lists that its values may be of."""
    return {field: (words, tuple(lists.split())) for field, words, lists in _rows("fields.csv")}


@cache
def values(name: str) -> Mapping[str, str]:
    """The list `name`: value -> words. Empty for a list that there is not."""
    if name == "fault":
        return KNOWN
    if name == "cause":
        return {failure: entry.cause for failure, entry in CATALOGUE.items()}
    if name == "failure":
        return {
            failure: f"{entry.cause}番号 {entry.number}（{failure}）" for failure, entry in CATALOGUE.items()
        }
    return {value: words for listed, value, words in _rows("values.csv") if listed == name}


def process_words(name: str) -> str | None:
    """The words for a process of a trace; one of a municipality ends in -CODE. None for one that nobody here has."""
    return values("process").get(name.partition("-")[0])


class Kinds:
    """The names of the certificates that terminals offered, read from the trace itself: no other list has them."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}

    def read(self, event: Event) -> Event:
        """The event with names in place of the codes offered so far, in the fact `kind` of its data and of facts within."""
        if (event.source, event.kind) == ("screen", "offered"):
            offered = {str(one["kind"]): str(one["words"]) for one in event.data.get("offered", ())}
            self._words |= offered
            return replace(event, data={**event.data, "offered": list(offered.values())})
        return replace(event, data=self._named(event.data)) if self._words else event

    def _named(self, told: Any) -> Any:
        if isinstance(told, list | tuple):
            return [self._named(one) for one in told]
        if not isinstance(told, Mapping):
            return told
        return {
            key: self._words.get(one, one) if key == "kind" and isinstance(one, str) else self._named(one)
            for key, one in told.items()
        }


def words_of(event: Event) -> str | None:
    """The words for this kind, facts still in braces; None for a kind that nobody here emits."""
    found = events().get((event.source, event.kind))
    if found is None and event.source in SERVERS:
        found = events().get((ANY, event.kind))
    return found


def phrase(event: Event) -> str | None:
    """What happened, in one phrase; None for an unknown kind or one that lacks a fact (of a process that tells less)."""
    words = words_of(event)
    if words is None:
        return None
    try:
        return _Filled().vformat(words, (), event.data)
    except KeyError:
        return None


def without_words(event: Event) -> set[str]:
    """What nobody could read of this event: its kind, or the facts that have no name. Empty for an event that is in words."""
    missing = {name for name in _names(event.data) if name not in fields()}
    return missing if phrase(event) is not None else {f"{event.source}.{event.kind}", *missing}


def _names(data: Mapping[str, Any]) -> Iterator[str]:
    for name, told in data.items():
        yield name
        if isinstance(told, Mapping):
            yield from _names(told)


def facts_in(event: Event) -> frozenset[str]:
    """The names of the facts that the phrase already says."""
    words = words_of(event)
    return frozenset(name for _, name, _, _ in Formatter().parse(words or "") if name)


def field(name: str) -> str:
    """The name of a fact in words; itself if there are none."""
    return fields()[name][0] if name in fields() else name


def value(name: str, told: Any) -> str:
    """The value of the fact `name` in words where there are such; else as it is, lists and facts within readable."""
    lists = fields()[name][1] if name in fields() else ()
    return _in_words(told, lists)


def _in_words(told: Any, lists: tuple[str, ...]) -> str:
    if isinstance(told, bool):
        return "はい" if told else "いいえ"
    if isinstance(told, str):
        return next((values(name)[told] for name in lists if told in values(name)), told)
    if isinstance(told, list | tuple):
        return "、".join(_in_words(one, lists) for one in told)
    if isinstance(told, Mapping):
        return "、".join(f"{field(str(key))} {value(str(key), one)}" for key, one in told.items())
    return json.dumps(told, ensure_ascii=False)


class _Filled(Formatter):
    """`{name:list}` is the value in the words of that list."""

    def format_field(self, told: Any, lists: str) -> str:
        if isinstance(told, int) and not isinstance(told, bool):
            return f"{told:,}"
        return _in_words(told, tuple(lists.split()))
