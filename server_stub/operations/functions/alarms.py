"""警報: what does not work, since when, and who mends it by the municipality's hosting."""

from __future__ import annotations

from fastapi import APIRouter, Response

from server_stub.interface.outages import AlarmCause, AlarmEntry, AlarmPage, Layer, Responsible
from server_stub.operations.rights import VENDOR_ROLES
from server_stub.operations.web import Asked

router = APIRouter()
CAUSES = {
    AlarmCause.SITE_SILENT: "証明発行サーバが応答しません。",
    AlarmCause.EXISTING_SYSTEM_SILENT: "既存システムが応答しません。",
    AlarmCause.DELIVERY_LATE: "連携データが届いていません。",
    AlarmCause.DELIVERY_REFUSED: "連携データを取り込めませんでした。",
    AlarmCause.REPLICA_TOO_OLD: "副本が古いため、交付を止めています。",
}
TO_DO = {
    AlarmCause.SITE_SILENT: "データセンターとサーバの状態を確認してください。",
    AlarmCause.EXISTING_SYSTEM_SILENT: "既存システムと庁内の回線を確認してください。",
    AlarmCause.DELIVERY_LATE: "既存システムの夜間処理を確認し、連携し直してください。",
    AlarmCause.DELIVERY_REFUSED: "連携データの画面で原因を確かめ、直して連携し直してください。",
    AlarmCause.REPLICA_TOO_OLD: "連携データを届けてください。災害時は、期限の延長を検討してください。",
}
LAYERS = {
    Layer.DATA_CENTRE: "データセンター",
    Layer.SERVER: "サーバ",
    Layer.SOFTWARE: "ソフトウェア",
    Layer.CITY_HALL: "庁舎",
}
WHO = {Responsible.PROVIDER: "事業者", Responsible.MUNICIPALITY: "市区町村"}


@router.get("/alarms", name="alarms")
def alarms(visit: Asked) -> Response:
    """Those of the municipality, by centre and issuing server: what this operator mends first."""
    everything = visit.query.value("which") == "all"
    told = {"municipality": visit.municipality, "open": None if everything else True, "limit": 200}
    found: list[AlarmEntry] = []
    for door in (visit.center, visit.issuing):
        cursor: str | None = None
        while True:
            page = door.get("alarms", AlarmPage, cursor=cursor, **told)
            found += [one for one in page.alarms if visit.is_own(one.municipality)]
            cursor = page.next_cursor
            if cursor is None or len(found) >= 1000:
                break
    mine = (
        Responsible.PROVIDER
        if not VENDOR_ROLES.isdisjoint(visit.operator.roles)
        else Responsible.MUNICIPALITY
    )
    found.sort(key=lambda one: (one.until is not None, one.to is not mine, -one.since.timestamp()))
    return visit.page(
        "alarms/list.html",
        alarms=found,
        everything=everything,
        mine=mine,
        CAUSES=CAUSES,
        TO_DO=TO_DO,
        LAYERS=LAYERS,
        WHO=WHO,
    )
