"""Planted defects about 条例利用: what one PIN opens, who may stop what when, who is registered, and when it ended."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import kiosk_app.center_gateway as center_gateway
import server_stub.card_registry.registry as registry
import server_stub.center.authentication as authentication
from server_stub.card_registry import CardRegistry
from server_stub.interface.card_registry import Act
from server_stub.municipalities import OrdinanceTerms
from tests.planted.defect import defect


@defect(
    "一つの種類の暗証番号で、すべての種類を開く",
    harm="住民票のために教えた番号で、印鑑登録証明書まで取られる。",
    scenario="一つの種類の暗証番号では、ほかの種類を選べない",
    sentence="「住民票の写し」は「Ordinance_Other_Kind」のため選べない",
)
def one_pin_for_all(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(authentication, "opened_only", lambda offers, kind: tuple(offers))


@defect(
    "ICカード標準システムが暗証番号を比べない",
    harm="拾ったカードでだれでも証明書を取れる。",
    scenario="三回間違えた種類だけのロック",
    sentence="「Ordinance_Pin_Wrong」と知らされる",
)
def any_pin(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(registry, "hmac", SimpleNamespace(compare_digest=lambda shown, kept: True))


@defect(
    "利用停止を書き留めるだけで、止めない",
    harm="紛失を届け出た人の証明書が、拾った人に出る。",
    scenario="紛失したカードを種類ごとに止める",
    sentence="「Ordinance_Kind_Stopped」で断られる",
)
def noted_only(patch: pytest.MonkeyPatch) -> None:
    real = CardRegistry._new_values

    def values(own: CardRegistry, asked: object, terms: OrdinanceTerms) -> dict[str, object]:
        found = real(own, asked, terms)  # type: ignore[arg-type]
        if getattr(asked, "act", None) is Act.STOP:
            found.pop("state")
        return found

    patch.setattr(CardRegistry, "_new_values", values)


@defect(
    "開庁時間外にも職員の操作を受け付ける",
    harm="だれもいない窓口の名で、登録や停止が行われる。",
    scenario="夜に紛失したカードは、開庁まで止められない",
    sentence="職員が「両毛直のカード」の「住民票の写し」の利用を停止しようとして「Office_Closed」で断られる",
)
def always_open(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OrdinanceTerms, "office_is_open", lambda own, moment: True)


@defect(
    "条例で登録のできない人を登録する",
    harm="条例の禁じる15歳未満の人が、端末で証明書を取る。",
    scenario="登録しない人は利用できない",
    sentence="職員が「機織布美のカード」を「住民票の写し」に利用登録しようとして「Ordinance_Holder_Barred」で断られる",
)
def anybody_registered(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CardRegistry, "_check_holder", lambda own, born, asked, terms: None)


@defect(
    "住基カードの終わりの日を見ない",
    harm="失効した制度のカードで、証明書が出る。",
    scenario="最後の住基カードも、令和7年12月28日から使えない",
    sentence="「Card_Resident_Register_Card」で断られる",
)
def endless(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(center_gateway, "before_the_end", lambda day: True)
