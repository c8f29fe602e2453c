"""Fictional content for fronts: everybody here is called 見本 or the like, and every number is made up."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image, ImageDraw, ImageFont

from server_stub.certificates import seal_registration as seal_kind
from server_stub.certificates.residence import front as residence_front
from server_stub.certificates.residence.front import ForeignItems, ResidenceFront, ResidencePerson
from server_stub.certificates.seal_registration import SealFront
from server_stub.interface.font_files import MINCHO, font_file
from server_stub.interface.secret import Secret
from server_stub.paper.typesetting import Issuer, Rendered

PLAIN_NAME = "渡邉　見本"
IVS_NAME = "渡邉\U000e0110　見本"
"""邉 with a variant of the Moji_Joho collection that IPAmj Mincho draws in another shape."""
UNKNOWN_VARIANT = "渡邉\U000e0103　見本"
"""A registered variant of another collection (Hanyo-Denshi or Adobe-Japan1) that IPAmj Mincho lacks."""
RARE_NAME = "𠮷田　見本"


def render_residence(copies: Sequence[ResidenceFront], issuer: Issuer, layout: str) -> Rendered:
    return residence_front.render_residence("residence", copies, issuer, layout)


def render_seal(copies: Sequence[SealFront], issuer: Issuer) -> Rendered:
    return seal_kind.render_seal("seal_registration", copies, issuer)


@functools.cache
def official_seal() -> bytes:
    return _stamp((600, 600), ["見本", "之印"], colour=(0, 0, 0, 255), round_=False)


@functools.cache
def imprint() -> bytes:
    picture = Image.open(io.BytesIO(_stamp((300, 300), ["見本"], colour=(0, 0, 0, 255), round_=True)))
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return _png(white.convert("L"))


def issuer(mayor: str = "見本　花子") -> Issuer:
    return Issuer("99999", "見本市", "市長", mayor, official_seal(), "#1F5FA8")


def person(index: int = 0, **changes: object) -> ResidencePerson:
    given = ["太郎", "花子", "一郎", "桜", "次郎", "梅子"][index % 6]
    kana = ["タロウ", "ハナコ", "イチロウ", "サクラ", "ジロウ", "ウメコ"][index % 6]
    plain = ResidencePerson(
        key=f"{index:010}",
        name=f"見本　{given}",
        reading=f"ミホン　{kana}",
        former_surname="",
        former_reading="",
        alias="",
        birth=f"昭和{50 + index}年{index + 4}月1{index}日",
        sex="女" if index % 2 else "男",
        relationship=["世帯主", "妻", "長男", "長女", "二男", "母"][index % 6],
        resident_since=f"平成2{index}年4月1日",
        address_since=f"令和{index + 1}年10月15日",
        notified_on=f"令和{index + 1}年10月2{index}日",
        previous_address="兵庫県見本郡見本町大字見本1234番地の5",
        domicile="兵庫県見本市中央区見本通六丁目5番地",
        domicile_head="見本　太郎",
        my_number=Secret(f"12345678901{index}"),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def residence(*persons: ResidencePerson, **changes: object) -> ResidenceFront:
    plain = ResidenceFront(
        address="兵庫県見本市中央区見本通六丁目5番1号　見本マンション1203号室",
        head_of_household="見本　太郎",
        persons=persons or (person(),),
        attestation="この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
        issued_on="令和8年6月3日",
        issue_number="100-2026-00001234",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def family() -> ResidenceFront:
    return residence(
        person(0),
        person(1, former_surname="試験"),
        person(2, name=IVS_NAME, reading="ワタナベ　ミホン"),
        person(3, name=RARE_NAME, reading="ヨシダ　ミホン"),
        person(4),
        person(5),
    )


def single() -> ResidenceFront:
    return residence(
        person(0, relationship=None, domicile=None, domicile_head=None, my_number=None),
        attestation="この写しは、住民票の原本と相違ないことを証明する。",
    )


def foreigner() -> ResidencePerson:
    return person(
        1,
        name="MIHON MARIA APARECIDA DA SILVA",
        reading="",
        alias="見本　マリア",
        birth="1985年7月14日",
        relationship="妻",
        domicile=None,
        domicile_head=None,
        previous_address="ブラジル",
        foreign=ForeignItems(
            nationality="ブラジル",
            category="中長期在留者",
            status_of_residence="永住者の配偶者等",
            period="3年",
            period_ends="2027年3月31日",
            card_number="AB00000000CD",
            alias_history="＊＊＊",
        ),
    )


def seal(**changes: object) -> SealFront:
    plain = SealFront(
        keys=(f"{0:010}",),
        name="見本　太郎",
        former_surname="",
        alias="",
        katakana="",
        birth="昭和50年4月10日",
        sex="",
        address="兵庫県見本市中央区見本通六丁目5番1号　見本マンション1203号室",
        number="",
        imprint_png=imprint(),
        width_mm=15.0,
        height_mm=15.0,
        attestation="この写しは、登録された印影と相違ないことを証明する。",
        issued_on="令和8年6月3日",
        issue_number="100-2026-00001235",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def _stamp(
    size: tuple[int, int], columns: list[str], colour: tuple[int, int, int, int], round_: bool
) -> bytes:
    picture = Image.new("RGBA", size, (255, 255, 255, 0))
    draw = ImageDraw.Draw(picture)
    width, height = size
    edge = width // 24
    frame = (edge, edge, width - edge, height - edge)
    if round_:
        draw.ellipse(frame, outline=colour, width=edge // 2)
    else:
        draw.rectangle(frame, outline=colour, width=edge)
    inner = width * (0.62 if round_ else 0.84)
    cell_x, cell_y = inner / len(columns), inner / max(len(column) for column in columns)
    font = ImageFont.truetype(str(font_file(MINCHO)), int(min(cell_x, cell_y) * 0.95))
    for i, column in enumerate(columns):
        for j, character in enumerate(column):
            x = width / 2 + inner / 2 - cell_x * (i + 0.5)
            y = height / 2 - inner / 2 + cell_y * (j + 0.5)
            draw.text((x, y), character, font=font, fill=colour, anchor="mm", stroke_width=edge // 8)
    return _png(picture)


def _png(picture: Image.Image) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()
