"""The panel's sentences that more than one part needs, and events and troubles in an official's words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import httpx

from cards.errors import CardError
from scenarios.driver import NotReached
from scenarios.evidence.wording import headline
from server_stub.faults.box import KNOWN
from server_stub.interface.failures import Failed, by_name
from server_stub.interface.trace import Event

from .client import Told

RESET = "次の方のために最初に戻す"
GONE = f"端末が応答しません。「{RESET}」を押すと、起動し直します。"
SERVER_GONE = "サーバにつながりません。少し待って、もう一度操作してください。"
NOT_ACCEPTED = "端末がこの操作を受け付けませんでした。画面の状態を確かめてください。"
NO_FILE = "用紙のファイルを開けませんでした。もう取り出された用紙かもしれません。"
NO_PRINTER = "プリンターへ送れませんでした。プリンターの状態を確かめてください。"
NO_VIEWER = "PDFを表示するソフトが見つかりませんでした。"
NOT_DONE = "操作できませんでした。もう一度お試しください。"

SCREENS: dict[str, str] = {
    "": "準備中",
    "TopMenu": "トップメニュー",
    "ServiceMenu": "行政サービスの選択",
    "Consent": "ご利用前の確認",
    "PlaceCard": "カードを置く",
    "ChoosePlace": "住所地・本籍地の選択",
    "ChooseMunicipality": "市区町村の選択",
    "ConfirmLastTry": "最後の一回の確認",
    "EnterPin": "暗証番号の入力",
    "PleaseWait": "しばらくお待ちください",
    "TakeCard": "カードをお取りください",
    "ChooseCertificate": "証明書の選択",
    "ChooseScope": "証明する方の選択",
    "ChooseOptions": "記載事項の選択",
    "ChooseCopies": "部数の選択",
    "Confirm": "申請内容の確認",
    "Pay": "お支払い",
    "Printing": "印刷中",
    "Jammed": "係員の呼び出し（用紙）",
    "TakePaper": "証明書をお取りください",
    "AskReceipt": "領収書の確認",
    "Thanks": "終了のあいさつ",
    "Refusal": "お断り・お知らせ",
}
"""The terminal's views by name."""

_KINDS: dict[tuple[str, str], str] = {
    ("screen", "screen"): "画面が「{screen}」になった",
    ("screen", "sound"): "音で知らせた",
    ("screen", "transition"): "{state} → {target}（{event}）",
    ("card", "card_inserted"): "カードが置かれた",
    ("card", "card_removed"): "カードが取られた",
    ("centre", "session_opened"): "センターが手続を始めた",
    ("centre", "authenticated"): "本人確認ができた（選べる証明書 {offers}種類）",
    ("centre", "application_received"): "交付申請を受け付けた（{copies}部　{fee_total}円）",
    ("centre", "prepared"): "証明書が整った（{sheets}枚）",
    ("centre", "paid"): "支払を記録した（{amount}円）",
    ("centre", "handed_over"): "交付済みと記録した",
    ("centre", "cancelled"): "申請を取り消した",
    ("centre", "settled_late"): "時間切れのあとに届いた支払いを精算した（{amount}円）",
    ("centre", "incident"): "照合に不一致があった",
    ("centre", "note_passed_on"): "発行サーバへ通知した",
    ("issuing", "prepared"): "証明書を作成した（{sheets}枚）",
    ("issuing", "noted"): "通知を受け取った",
    ("authority", "ocsp_answered"): "電子証明書の有効性を回答した",
    ("money", "coin_accepted"): "{denomination}円が入った（投入 {inserted}円）",
    ("money", "coin_rejected"): "{denomination}円は受け付けられず戻った",
    ("money", "taken"): "手数料 {due}円を収納した（おつり {change}円）",
    ("money", "given_back"): "{amount}円を返却した",
    ("money", "refunded"): "{amount}円を返金した",
    ("paper", "sheet_printed"): "1枚印刷した",
    ("paper", "jammed"): "紙が詰まった",
    ("paper", "empty"): "用紙がなくなった",
    ("paper", "taken"): "用紙が取られた",
    ("paper", "voided"): "用紙を無効にして回収した",
    ("fault", "on"): "起こした障害：{fault}",
    ("fault", "off"): "戻した障害：{fault}",
    ("fault", "recovered"): "電源断の後始末をした",
    ("operator", "next_coin_rejected"): "次の硬貨が戻るようにした",
    ("operator", "change_emptied"): "釣銭を空にした",
    ("operator", "change_filled"): "釣銭を補充した",
    ("operator", "jam_prepared"): "{sheet}枚目で紙が詰まるようにした",
    ("operator", "paper_removed"): "用紙を抜いた",
    ("operator", "paper_filled"): "用紙を補充した",
    ("operator", "resumed"): "係員が直して再開した",
    ("operator", "refund_asked"): "係員が返金を指示した",
    ("operator", "clock_set"): "時計を合わせた",
    ("operator", "clock_frozen"): "時計を止めた",
    ("operator", "clock_runs"): "時計を進めた",
}

_COMMON = {
    "screen": {"transition"},
    "card": {"command"},
    "network": {"request", "answered", "ready"},
    "centre": {"answered", "note_passed_on"},
    "issuing": {"answered", "noted"},
    "authority": {"answered"},
}
"""What happens so often that it is hidden unless everything is asked for."""


def told(event: Event) -> str:
    """What happened, in one short phrase."""
    phrase = _KINDS.get((event.source, event.kind))
    if phrase is None:
        return headline(event)
    facts = dict(event.data)
    if event.kind == "screen":
        facts["screen"] = SCREENS.get(str(facts.get("name", "")), str(facts.get("name", "")))
    if event.source == "fault" and str(facts.get("name", "")) in KNOWN:
        facts["fault"] = KNOWN[str(facts["name"])]
    try:
        return phrase.format_map(facts)
    except KeyError:  # an event of a process that tells less
        return headline(event)


def is_notable(event: Event) -> bool:
    """Whether an official would want to see it: not each command, request and transition."""
    if event.source == "card" and event.kind == "command":
        return str(event.data.get("name", "")) in ("VERIFY", "COMPUTE DIGITAL SIGNATURE")
    return event.kind not in _COMMON.get(event.source, set())


def trouble(error: BaseException) -> str:
    """One friendly line for whatever went wrong between panel and stage."""
    if isinstance(error, Told):
        return str(error)
    if isinstance(error, httpx.HTTPStatusError):
        return _refused(error.response)
    if isinstance(error, httpx.HTTPError):
        return SERVER_GONE
    if isinstance(error, Failed | CardError):
        entry = by_name(error.failure)
        return f"{entry.cause}{entry.remedy}"
    if isinstance(error, ConnectionError | NotReached | subprocess.SubprocessError):
        return GONE
    if isinstance(error, OSError):
        return NO_FILE
    if isinstance(error, RuntimeError | ValueError):
        return NOT_ACCEPTED
    return NOT_DONE


def _refused(response: httpx.Response) -> str:
    """A refusal by name, if the server told one."""
    try:
        body: Any = json.loads(response.content)
    except ValueError:
        body = None
    if not isinstance(body, Mapping) or "failure" not in body:
        return SERVER_GONE
    entry = by_name(str(body["failure"]))
    return f"{entry.cause}{entry.remedy}"
