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

_NAMES: dict[str, str] = {
    "amount": "金額",
    "application": "アプリケーション",
    "application_id": "申請番号",
    "denomination": "金種",
    "failure": "名称",
    "file": "ファイル",
    "header": "ヘッダ",
    "inserted": "投入金額",
    "change": "釣銭",
    "method": "方式",
    "ms": "所要ミリ秒",
    "name": "名前",
    "path": "宛先",
    "pin": "暗証番号",
    "reader": "リーダ",
    "reason": "理由",
    "received": "受信バイト",
    "screen": "画面",
    "sent": "送信バイト",
    "serial": "シリアル番号",
    "sheet_id": "用紙",
    "state": "状態",
    "status": "結果",
    "url": "宛先",
}
"""Names of data in people's words; what is not here stands under its own name."""

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
    if _is_command(event):
        about = " ".join(str(data[key]) for key in ("application", "file") if data.get(key))
        return f"{data['name']}（{about}）" if about else str(data["name"])
    if "method" in data and ("path" in data or "url" in data):
        address = data.get("path", data.get("url"))
        return f"{data['method']} {address}" + (f" → {data['status']}" if "status" in data else "")
    if event.kind == "refused":
        entry = CATALOGUE.get(str(data.get("failure", "")))
        return f"拒否：{entry.cause}" if entry else "拒否"
    return _KINDS.get((event.source, event.kind), event.kind)


def details(event: Event) -> list[tuple[str, str]]:
    """Names and values of the event's data that the headline does not already say."""
    data = dict(event.data)
    if _is_command(event):
        sw, status = data.pop("sw", ""), data.pop("status", "")
        data = {"応答": f"{sw} {status}".strip()} | data
        said = {"name", "application", "file"}
    elif "method" in data and ("path" in data or "url" in data):
        said = {"method", "path" if "path" in data else "url", "status"}
    elif (event.source, event.kind) == ("paper", "sheet_printed"):
        said = {"front_boxes", "blob"}
    else:
        said = set()
    return [
        (_NAMES.get(key, key), shown(value)) for key, value in data.items() if key not in said and value != ""
    ]


def _is_command(event: Event) -> bool:
    return event.source == "card" and event.kind == "command" and bool(event.data.get("name"))


def shown(value: Any) -> str:
    """`value` as readable text of bounded length, control characters made visible."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(
        c if c.isprintable() or c in " \n\u3000" or ord(c) >= 0xFE00 else f"\\u{ord(c):04x}" for c in text
    )
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}…（全{len(text)}文字）"
    return text
