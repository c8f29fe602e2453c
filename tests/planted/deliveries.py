"""Planted defects about deliveries of hosts: characters, shift states, histories and stand-ins."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import server_stub.paper.fonts as fonts
import server_stub.paper.typesetting as typesetting
import server_stub.registry.importers.format_file as format_file
import server_stub.registry.importers.generation as generation
import server_stub.registry.importers.host_codes as host_codes
import server_stub.registry.importers.person_record as person_record
import server_stub.registry.importers.resident_register as resident_register
from tests.planted.defect import defect
from tests.registry.make_ashikaga import STROKES, font_bytes

ALL_TAKEN = "既存システムからの連携が届き、すべて取り込まれている"
ONE_ASIDE = "既存システムからの連携が届き、1件の記録だけが除かれている"
CORRECTED, TSUJI = (
    "連携し直した記録でも、誤記修正のあとの氏名を市の字形で受け取る",
    "用紙は1枚で、載っているのは「辻千草」だけである",
)
OWN_SHAPE = "連携し直した記録でも、外字のある人の印鑑登録証明書は市の字形である"
TOMITA = "用紙は1枚で、載っているのは「冨田研」だけである"


@defect(
    "シフト状態を次の項目へ持ち越す",
    harm="閉じないシフトコード一つで、後ろに続く人の記録まで別の文字に化ける。",
    scenario="閉じない記録の次の人は、自分の記録のとおりの紙を受け取る",
    sentence=ONE_ASIDE,
)
def shift_carried_over(patch: pytest.MonkeyPatch) -> None:
    real = host_codes.HostCode.decode
    left_open = False

    def decode(
        code: host_codes.HostCode, raw: bytes, *, wide: bool = False, own: Mapping[bytes, str] | None = None
    ) -> str:
        nonlocal left_open
        if wide:
            return real(code, raw, wide=wide, own=own)
        text = real(code, code.to_pairs[0] + raw if left_open else raw, own=own)
        left_open = text.endswith(host_codes.UNKNOWN)
        return text

    patch.setattr(host_codes.HostCode, "decode", decode)


@defect(
    "外字の表を一つずらして読む",
    harm="ほかの人の字が、自分の氏名として証明される。",
    scenario=OWN_SHAPE,
    sentence=TOMITA,
)
def characters_shifted(patch: pytest.MonkeyPatch) -> None:
    real = host_codes.read_characters

    def read(path: Path) -> host_codes.Characters:
        found = real(path)
        return host_codes.Characters(_shifted(found.codes), _shifted(found.characters))

    patch.setattr(format_file.host_codes, "read_characters", read)


def _shifted(table: Mapping[Any, str]) -> dict[Any, str]:
    meanings = list(table.values())
    return dict(zip(table, [*meanings[1:], *meanings[:1]], strict=True))


@defect(
    "外字の符号位置に、別の字形を描く",
    harm="文字の番号は正しいのに、紙には別の字が残る。見比べる人がいなければ誰も気づかない。",
    scenario=OWN_SHAPE,
    sentence="「冨田研」の氏名は登録された字形で印字されている",
)
def another_shape(patch: pytest.MonkeyPatch) -> None:
    """A font of the same name, in which the shapes have changed places."""
    chars = list(STROKES)
    font = Path(tempfile.mkdtemp()) / "other.ttf"
    font.write_bytes(font_bytes({char: STROKES[chars[n - 1]] for n, char in enumerate(chars)}))
    real = typesetting._fonts
    patch.setattr(typesetting, "_fonts", lambda own: real((font,) if own else own))
    patch.setattr(typesetting, "_compiler", functools.cache(typesetting._compiler.__wrapped__))


@defect(
    "履歴番号の抜けを見過ごす",
    harm="届かなかった異動を知らないまま、古い記録で証明する。",
    scenario="履歴の抜けた人には交付しない",
    sentence=ONE_ASIDE,
)
def gap_ignored(patch: pytest.MonkeyPatch) -> None:
    def is_newest(histories: Any, line: int, found: Mapping[str, Any]) -> bool:
        return abs(histories._newest.get(found["key"], line)) == line

    patch.setattr(generation.Histories, "is_newest", is_newest)


@defect(
    "最初の履歴を今の記録とみなす",
    harm="誤記修正の前の氏名が証明される。",
    scenario=CORRECTED,
    sentence=TSUJI,
)
def oldest_state_counts(patch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()

    def is_newest(histories: Any, line: int, found: Mapping[str, Any]) -> bool:
        first = found["key"] not in seen
        seen.add(found["key"])
        return first

    patch.setattr(generation.Histories, "is_newest", is_newest)


@defect(
    "取り消された転入の記録を残す",
    harm="来なかった人を世帯員と証明する。",
    scenario="連携し直した記録でも、転入が取り消された子は載らない",
    sentence="用紙は1枚で、載っているのは「山崎遙、渡邉竜」だけである",
)
def cancelled_entry_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(resident_register, "CANCELLED", "none")


@defect(
    "氏名の〓をそのまま取り込む",
    harm="本人の名でない記号が、氏名として証明される。",
    scenario="氏名が代わりの記号のまま届いた人には交付しない",
    sentence=ONE_ASIDE,
)
def stand_in_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(person_record, "no_name", lambda text: "")
    patch.setattr(fonts, "STAND_INS", frozenset())
