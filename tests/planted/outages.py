"""Planted defects about announced outages, alarms, and old replicas in a disaster."""

from __future__ import annotations

import pytest

from kiosk_app.screens.texts import RefusalWords
from server_stub.alarm_book import AlarmBook
from server_stub.center.outages import Outages
from server_stub.interface.operations import ExceptionQuery
from server_stub.interface.outages import Responsible
from server_stub.issuing.replica_age import ReplicaExtensions
from server_stub.municipalities.hosting import HostingTerms
from tests.planted.defect import defect

_ALL = ExceptionQuery()
ONE_ALARM = "「証明発行サーバの応答がない」の警報が一つだけ、事業者に知らされている"


@defect(
    "警報を、用意した側でなく、いつも市区町村に出す",
    harm="直せる人に知らせが届かず、証明書が止まったままになる。",
    scenario="予告のない障害は、だれのせいにもせずに断り、事業者に一度だけ警報が出る",
    sentence=ONE_ALARM,
)
def wrong_receiver(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HostingTerms, "responsible", lambda own, layer: Responsible.MUNICIPALITY)


@defect(
    "住民が来るたびに警報を開く",
    harm="同じ障害の警報が何百も並び、別の障害が埋もれる。",
    scenario="予告のない障害は、だれのせいにもせずに断り、事業者に一度だけ警報が出る",
    sentence=ONE_ALARM,
)
def alarm_each_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AlarmBook, "_known", lambda own: {})


@defect(
    "副本の期限の延長が、終わりの日時を過ぎても終わらない",
    harm="転出や支援措置を知らないまま、古い記録の証明書を渡し続ける。",
    scenario="災害時に、職員が副本の期限を延長する",
    sentence="「Replica_Too_Old」で断られる",
)
def extension_without_end(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ReplicaExtensions, "holds", lambda own, code, now: bool(own.list(_ALL).acts))


@defect(
    "予告された停止の理由を画面に出さない",
    harm="住民は、なぜ受け取れないのか、いつ来ればよいのかが分からない。",
    scenario="データセンターの点検が予告されている",
    sentence="画面に「データセンターの点検のため、証明書の交付を停止しています。」と表示される",
)
def reason_not_shown(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(RefusalWords, "_notice", "")


@defect(
    "庁舎の停電で、データ連携の証明書まで止める",
    harm="庁舎に頼らない証明書まで、住民が受け取れない。",
    scenario="データ連携の市では、庁舎の計画停電のあいだも受け取れる",
    sentence="「六甲翠のカード」で本人確認を済ませる",
)
def everything_stops(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Outages, "_stops_everything", lambda own, entry: True)
