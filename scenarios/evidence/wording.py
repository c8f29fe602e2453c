"""Events in words that an official and a tester can both follow."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from server_stub.interface.failures import CATALOGUE
from server_stub.interface.trace import Event

SOURCES: dict[str, str] = {
    "screen": "画面",
    "card": "カード",
    "network": "通信",
    "centre": "センター",
    "issuing": "発行サーバ",
    "authority": "認証局",
    "money": "現金",
    "paper": "用紙",
    "operator": "操作",
    "fault": "障害",
    "scenario": "手順",
}

RESULTS: dict[str, str] = {"passed": "合格", "failed": "不合格", "skipped": "未実施", "": "中断"}

_KINDS: dict[tuple[str, str], str] = {
    ("paper", "sheet_printed"): "用紙を印刷した",
    ("authority", "ocsp_answered"): "有効性を回答した",
    ("authority", "issued"): "電子証明書を発行した",
    ("authority", "held"): "一時停止にした",
    ("authority", "released"): "一時停止を解除した",
    ("authority", "revoked"): "失効させた",
    ("card", "card_inserted"): "カードが置かれた",
    ("card", "card_removed"): "カードが取られた",
    ("fault", "on"): "障害を起こした",
    ("fault", "off"): "障害を戻した",
}

LONGEST = 400
"""Characters of one value that are shown; evidence is read by people, the trace keeps the whole."""


def result_word(status: str) -> str:
    return RESULTS.get(status, status)


def counted(events: Iterable[Event]) -> str:
    """For the folded line: how many of what, in the order in which they first came."""
    counts = Counter(SOURCES.get(event.source, event.source) for event in events)
    return "・".join(f"{word} {count}" for word, count in counts.items())


def headline(event: Event) -> str:
    """What happened, in one phrase."""
    data = event.data
    if event.source == "card" and event.kind == "command":
        return str(data.get("name", event.kind))
    if event.kind == "answered" and "method" in data:
        return f"{data['method']} {data.get('path', '')} → {data.get('status', '')}"
    if event.kind == "refused":
        entry = CATALOGUE.get(str(data.get("failure", "")))
        return f"拒否：{entry.cause}" if entry else "拒否"
    return _KINDS.get((event.source, event.kind), event.kind)


def details(event: Event) -> list[tuple[str, str]]:
    """Names and values of the event's data that the headline does not already say."""
    said: set[str] = set()
    if event.source == "card" and event.kind == "command":
        said = {"name"}
    elif event.kind == "answered" and "method" in event.data:
        said = {"method", "path", "status"}
    return [(key, shown(value)) for key, value in event.data.items() if key not in said and value != ""]


def shown(value: Any) -> str:
    """`value` as readable text of bounded length, control characters made visible."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(
        c if c.isprintable() or c in " \n\u3000" or ord(c) >= 0xFE00 else f"\\x{ord(c):02x}" for c in text
    )
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}…（全{len(text)}文字）"
    return text
