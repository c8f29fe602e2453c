"""The document that answers a request for disclosure (開示請求) of what was issued about one person, as a PDF set by Typst.

Like everything that is printed here, each side carries 見本, large, and that it is of no effect. No name is in it: what the ledger keeps
are references, and whose they are is written by the official who hands it out.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from importlib.resources import files

import typst

from server_stub.interface.application_states import State
from server_stub.interface.binding import NOTICE
from server_stub.interface.font_files import GOTHIC, MINCHO, font_file
from server_stub.interface.history import IssuedCopy, IssueEntry
from server_stub.interface.values import Method

_BECAME = {
    State.HANDED_OVER: "交付済み",
    State.PREPARED: "作成のみ（交付の記録なし）",
    State.PAID: "入金済み（交付の記録なし）",
    State.CANCELLED: "取消（交付していない）",
    State.IN_DOUBT: "確認中",
    State.INCIDENT: "事故として確認中",
}
_METHODS = {Method.JPKI: "公的個人認証", Method.ORDINANCE: "条例利用"}
_lock = threading.Lock()


def disclosure_document(
    entries: Sequence[IssueEntry],
    *,
    municipality: str,
    person_key: str,
    since: date | None,
    until: date | None,
    made_at: datetime,
    made_by: str,
) -> bytes:
    """Set the PDF of `entries`, which concern the person of 宛名番号 `person_key`; oldest first in it."""
    ordered = sorted(entries, key=lambda one: (one.prepared_at, one.application_id))
    told = {
        "municipality": municipality,
        "person_key": person_key,
        "period": f"{_day(since) or '保存しているすべての期間'}{'から' if since or until else ''}{_day(until)}{'まで' if until else ''}",
        "made_at": _moment(made_at),
        "made_by": made_by,
        "notice": NOTICE,
        "rows": [_row(entry, copy) for entry in ordered for copy in entry.copies],
    }
    with _lock:
        document = _compiler().compile(
            format="pdf", sys_inputs={"told": json.dumps(told, ensure_ascii=False)}
        )
    assert isinstance(document, bytes)
    return document


@cache
def _fonts() -> typst.Fonts:
    folders = dict.fromkeys(font_file(family).parent for family in (MINCHO, GOTHIC))
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(one) for one in folders]
    )


def _compiler() -> typst.Compiler:
    """A new one for each document: a compiler that was made of bytes does not find them a second time."""
    source = files("server_stub.operations") / "disclosure.typ"
    return typst.Compiler(source.read_bytes(), font_paths=_fonts())


def _row(entry: IssueEntry, copy: IssuedCopy) -> dict[str, str | list[str]]:
    concerned = [
        words for words, holds in (("申請者", entry.applicant), ("証明書に記載", copy.concerned)) if holds
    ]
    return {
        "issued": _moment(entry.prepared_at),
        "handed_over": _moment(entry.handed_over_at) or "―",
        "kind": entry.kind_name + ("（見本データ）" if entry.sample else ""),
        "sheets": f"{copy.sheets}枚",
        "number": copy.issue_number,
        "place": f"{entry.chain}　{entry.shop}",
        "terminal": entry.terminal_id,
        "concerned": "・".join(concerned),
        "method": _METHODS[entry.holder.method],
        "state": _BECAME[entry.state],
        "entries": "記録なし" if copy.entries is None else "、".join("：".join(one) for one in copy.entries) or "選択する項目なし",
        "disposals": [f"{_moment(one.at)}　{one.reason}" for one in copy.disposals],
    }  # fmt: skip


def _day(day: date | None) -> str:
    return "" if day is None else f"{day.year}年{day.month}月{day.day}日"


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{_day(moment.date())} {moment:%H:%M}"
