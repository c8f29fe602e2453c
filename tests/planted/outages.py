"""Planted defects about what stops with what, and what is told when it runs again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

import scenarios.outages as hands
from server_stub.center.issuing_servers import IssuingServers
from server_stub.faults.outages import Down
from server_stub.interface.failures import Failed
from tests.planted.defect import defect


@defect(
    "止まっている証明発行サーバへの報告を、届いたことにする",
    harm="支払い済みの証明書が台帳では交付されないままになり、手数料と合わない。",
    scenario="お金を入れたあとに市役所が停電しても、紙は一度だけ渡り、記録はあとから届く",
    sentence="手数料300円が一度だけ記録されている",
)
def reports_are_lost(patch: pytest.MonkeyPatch) -> None:
    def forget(own: IssuingServers, municipality: str, application_id: str, report: str) -> Any:
        try:
            return real(own, municipality, application_id, report)
        except Failed:
            return None

    real = IssuingServers.report
    patch.setattr(IssuingServers, "report", forget)


@defect(
    "一つの証明発行サーバが止まると、ほかの市区町村も断る",
    harm="遠くのデータセンターの停電で、自分の市の証明書まで受け取れない。",
    scenario="データセンターの受電が止まると自家発電で続け、燃料が尽きる72時間後に止まる",
    sentence="「桜井ハルのカード」で本人確認を済ませる",
)
def one_for_all(patch: pytest.MonkeyPatch) -> None:
    real, silent = IssuingServers._send, []

    def send(own: IssuingServers, server: Any, *told: Any) -> Any:
        if silent and server is not silent[0]:
            raise silent[1]
        try:
            return real(own, server, *told)
        except Failed as failed:
            if failed.failure == "Issuing_Unreachable":
                silent[:] = [server, failed]
            raise

    patch.setattr(IssuingServers, "_send", send)


@defect(
    "データセンターの証明発行サーバを、市役所の電源につないでいる",
    harm="市役所の停電で、続けられるはずの証明書まで止まる。",
    scenario="市役所が停電しても、データセンターの副本から証明書を作る",
    sentence="「住民票の写し」を世帯全員で1部申し込む",
)
def on_the_halls_power(patch: pytest.MonkeyPatch) -> None:
    def wired(places: Any, lasting: Any, now: Any) -> Down:
        found = real(places, lasting, now)
        with_it = {place.site for place in places if place.code in found.existing_systems}
        return Down(
            found.sites | with_it,
            found.centre_lines | with_it,
            found.existing_systems,
            found.hall_lines,
            found.undelivered,
        )

    real = hands.down
    patch.setattr(hands, "down", wired)


@defect(
    "自家発電の燃料の尽きたことに気づかない",
    harm="止まっているはずのデータセンターを動いていると見て、復旧の手配が遅れる。",
    scenario="データセンターの受電が止まると自家発電で続け、燃料が尽きる72時間後に止まる",
    sentence="「Issuing_Unreachable」で断られる",
)
def fuel_for_ever(patch: pytest.MonkeyPatch) -> None:
    def endless(**much: float) -> timedelta:
        return timedelta.max if "hours" in much else timedelta(**much)

    patch.setattr("server_stub.faults.outages.timedelta", endless)
