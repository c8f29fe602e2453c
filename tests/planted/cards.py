"""Planted defects about kinds of cards that are not the ordinary one."""

from __future__ import annotations

from typing import Any

import pytest

import cards.jpki as jpki
from cards.apdu import FILE_NOT_FOUND, Response
from cards.jpki import JpkiClient
from tests.planted.defect import defect


@defect(
    "顔認証カードの人に暗証番号を尋ねる",
    harm="設定していない暗証番号を尋ねられ、住民は何度も入れ直す。",
    scenario="暗証番号の前に断られる顔認証マイナンバーカード",
    sentence="「Card_Face_Authentication」で断られる",
)
def pin_asked_of_who_has_none(patch: pytest.MonkeyPatch) -> None:
    real = JpkiClient._send

    def send(client: Any, command: Any) -> Any:
        answer = real(client, command)
        is_pin = command.ins == 0xA4 and command.data == jpki.AUTHENTICATION_PIN.to_bytes(2, "big")
        return Response(b"", 0x9000) if is_pin and answer.sw == FILE_NOT_FOUND else answer

    patch.setattr(JpkiClient, "_send", send)


@defect(
    "次期カードを、使えないだけのカードと言う",
    harm="新しいマイナンバーカードの人に「マイナンバーカードをお使いください」と答える。",
    scenario="暗証番号の前に断られる2028年度の次期カード",
    sentence="「Card_Next_Not_Supported」で断られる",
)
def next_card_misnamed(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(jpki._REFUSED_LABELS, "JPKIAPICCTOKEN3", "Card_Kind_Not_Supported")
