"""Planted defects about papers that an existing system makes (PDF連携)."""

from __future__ import annotations

from typing import Any

import pytest

import server_stub.issuing.offers as offers
import server_stub.issuing.pdf_link as pdf_link
import server_stub.paper.finish as finish
from kiosk_app import sheet_inspection
from server_stub.interface.failures import Failed
from server_stub.municipalities.settings import Municipality
from tests.planted.defect import defect

REFUSED = "「所得（課税）証明書」を1部申し込んで断られる"


@defect(
    "届いた PDF を、申告だけで照合し、どこでも読まない",
    harm="川崎市の2023年の事案のように、別人の証明書を渡し、手数料を取る。",
    scenario="既存システムが、別人の証明書を申請者のものと申告する",
    sentence=REFUSED,
)
def nobody_reads(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pdf_link, "_check_text", lambda *told: None)
    patch.setattr(finish, "check_fronts", lambda *told: None)
    patch.setattr(sheet_inspection, "check_front", lambda *read: [])


@defect(
    "既存システムの PDF に見本の表示があるかを見ない",
    harm="本物と見分けのつかない用紙のもとが、システムの中に残る。",
    scenario="既存システムの証明書に見本の表示がない",
    sentence=REFUSED,
)
def unmarked_is_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pdf_link, "_check_text", lambda *told: None)


@defect(
    "既存システムの稼働時間を見ない",
    harm="夜間は必ず失敗する申請を、住民に最後まで入力させる。",
    scenario="既存システムの夜間停止中は、PDF連携の証明書だけが選べない",
    sentence="「所得（課税）証明書」は「Existing_System_Closed」のため選べない",
)
def open_all_evening(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Municipality, "service", lambda own, kind: own.services[kind])


@defect(
    "既存システムが止まると、ほかの証明書も止める",
    harm="副本から作れる証明書まで、住民が受け取れない。",
    scenario="既存システムが止まると、PDF連携の証明書だけが選べない",
    sentence="「岬トミのカード」で本人確認を済ませる",
)
def all_or_nothing(patch: pytest.MonkeyPatch) -> None:
    real: Any = offers.Holder.offer

    def offer(own: offers.Holder, kind: Any, received_at: Any) -> Any:
        made = real(own, kind, received_at)
        if made.refusal is not None and made.refusal.failure == "Existing_System_Unreachable":
            raise Failed(made.refusal.failure)
        return made

    patch.setattr(offers.Holder, "offer", offer)
