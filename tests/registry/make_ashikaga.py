"""Make what 足利市's existing systems deliver, and the font of its 外字: `python -m tests.registry.make_ashikaga`.

The files of the host are bytes that nobody can edit; here is what they say. Everybody is invented. A test holds what lies in the
repository against what is made here. The files of the 戸籍 system are XML and are written by hand; the slip made here counts them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw, ImageFont

from server_stub.interface.font_files import MINCHO, font_file
from tests.registry.host_writer import jef, jef_wide
from tests.registry.own_town import wrong_number

TOWN = Path(__file__).parents[2] / "scenarios" / "towns" / "ashikaga"
CODE, MADE_AT, BASE = "09202", "2026-06-03T05:00:00+09:00", "2026-06-03T05:00:00+09:00"

# --- characters ---------------------------------------------------------------------------------------------------------------

TOMI, SAKI, HANI = "\U0010f001", "\U0010f002", "\U0010f003"
"""外字 that the town's own font draws: 冖＋口＋田, 山＋立＋口 and 土＋日＋点."""
TSUJI, NABE = "辻\U000e0103", "邉\U000e0118"
HOST = {TOMI: b"\x80\xa1", SAKI: b"\x80\xa2", HANI: b"\x80\xa3", TSUJI: b"\x67\xa5", NABE: b"\x41\xa6"}
"""By what codes the host has them: its own area, and JEF's extension."""
_NOTES = {
    TOMI: "冖口田（トミ）。書体 ashikaga_gaiji.ttf", SAKI: "山立口（サキ）", HANI: "土日点（ハニ）", TSUJI: "辻の異体字 MJ025761",
    NABE: "邉の異体字 MJ060236",
}  # fmt: skip


def characters_csv() -> str:
    rows = (f"{code.hex().upper()},{_points(text)},{_NOTES[text]}" for text, code in HOST.items())
    return "コード,文字,備考\n" + "".join(f"{row}\n" for row in rows)


def _points(text: str) -> str:
    return " ".join(f"U+{ord(char):04X}" for char in text)


# --- the font -----------------------------------------------------------------------------------------------------------------

_UPEM, _THIN, _THICK = 1000, 40, 72
_Line = tuple[int, int, int, int]
STROKES: Mapping[str, Sequence[_Line]] = {
    # x0, y0, x1, y1 of the middle of each stroke; upright ones are thick, as in Mincho
    TOMI: (
        (110, 760, 890, 760), (110, 760, 80, 610), (890, 760, 850, 630),
        (330, 640, 670, 640), (330, 480, 670, 480), (330, 640, 330, 480), (670, 640, 670, 480),
        (200, 390, 800, 390), (200, 185, 800, 185), (200, -30, 800, -30), (200, 390, 200, -30), (500, 390, 500, -30),
        (800, 390, 800, -30),
    ),
    SAKI: (
        (500, 830, 500, 640), (220, 760, 220, 640), (780, 760, 780, 640), (220, 640, 780, 640),
        (500, 580, 500, 510), (170, 500, 830, 500), (350, 460, 390, 350), (650, 460, 610, 350), (90, 330, 910, 330),
        (260, 240, 740, 240), (260, -30, 740, -30), (260, 240, 260, -30), (740, 240, 740, -30),
    ),
    HANI: (
        (60, 540, 400, 540), (230, 780, 230, 80), (40, 70, 420, 110),
        (520, 700, 880, 700), (520, 380, 880, 380), (520, 40, 880, 40), (520, 700, 520, 40), (880, 700, 880, 40),
        (800, 850, 880, 790),
    ),
}  # fmt: skip


def font_bytes(strokes: Mapping[str, Sequence[_Line]] = STROKES) -> bytes:
    """The font of the 外字, TrueType, with these strokes. It has nothing else: what the common font has is printed in that."""
    names = {
        ".notdef": (),
        **{f"gaiji{n}": lines for n, lines in enumerate(strokes.values(), start=1)},
    }
    made = FontBuilder(_UPEM, isTTF=True)
    made.setupGlyphOrder(list(names))
    made.setupCharacterMap({ord(char): f"gaiji{n}" for n, char in enumerate(strokes, start=1)})
    made.setupGlyf({name: _glyph(lines) for name, lines in names.items()})
    made.setupHorizontalMetrics({name: (_UPEM, 0) for name in names})
    made.setupHorizontalHeader(ascent=880, descent=-120)
    made.setupNameTable(
        {
            "familyName": "Ashikaga Gaiji",
            "styleName": "Regular",
            "fullName": "Ashikaga Gaiji",
            "psName": "AshikagaGaiji",
        }
    )
    made.setupOS2(sTypoAscender=880, sTypoDescender=-120, usWinAscent=880, usWinDescent=120, fsType=0)
    made.setupPost()
    made.font["head"].created = made.font["head"].modified = (
        3_870_000_000  # the same bytes whenever it is made
    )
    out = io.BytesIO()
    made.font.recalcTimestamp = False
    made.save(out)
    return out.getvalue()


def _glyph(lines: Sequence[_Line]) -> object:
    pen = TTGlyphPen(None)
    for x0, y0, x1, y1 in lines:
        across, up = x1 - x0, y1 - y0
        length = (across**2 + up**2) ** 0.5
        half = (_THICK if abs(up) > abs(across) else _THIN) / 2
        dx, dy = up / length * half, -across / length * half
        corners = [(x0 + dx, y0 + dy), (x0 - dx, y0 - dy), (x1 - dx, y1 - dy), (x1 + dx, y1 + dy)]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()


# --- people -------------------------------------------------------------------------------------------------------------------

WIDE, MIXED = "wide", "mixed"
PEOPLE_FIELDS = {
    "宛名番号": 10, "履歴番号": 4, "異動区分": 1, "世帯番号": 10, "順位": 2, "氏名": 40, "カナ": 60, "生年月日": 7, "性別": 1, "続柄": 2,
    "世帯主氏名": 40, "町名地番": 60, "方書": 40, "住民年月日": 7, "届出年月日": 7, "前住所": 80, "本籍": 60, "筆頭者": 40,
    "個人番号": 12, "状態": 1, "異動年月日": 7, "異動先": 60, "国籍": 40, "在留資格": 40, "在留期間": 20, "満了年月日": 7,
    "在留カード番号": 12, "外国人区分": 1,
}  # fmt: skip
PEOPLE_WIDE = {"氏名", "カナ", "世帯主氏名", "本籍", "筆頭者", "国籍", "在留資格", "在留期間"}
SEAL_FIELDS = {"登録番号": 8, "宛名番号": 10, "登録年月日": 7, "状態": 1, "廃止年月日": 7, "印影": 20, "幅": 3, "高さ": 3}  # fmt: skip
_NO_DAY = "0000000"
Row = dict[str, str]


@dataclass(frozen=True)
class House:
    number: str
    head: str
    place: str
    room: str
    domicile: str
    domicile_head: str
    since: str


def person(
    house: House, position: int, name: str, kana: str, birth: str, sex: str, relationship: str, **other: str
) -> Row:
    """One state of a person; 続柄: 01 世帯主, 02 夫, 03 妻, 10 子, 11 子の妻, 13 子の子, 21 母."""
    key = f"{house.number[:8]}{position:02}"
    since = (
        max(house.since, birth)
        if house.since[0] == birth[0]
        else (birth if birth > house.since else house.since)
    )
    return {
        "宛名番号": key, "履歴番号": "1", "異動区分": "0", "世帯番号": house.number, "順位": str(position), "氏名": name, "カナ": kana,
        "生年月日": birth, "性別": sex, "続柄": relationship, "世帯主氏名": house.head, "町名地番": house.place, "方書": house.room,
        "住民年月日": since, "届出年月日": since, "前住所": "", "本籍": house.domicile, "筆頭者": house.domicile_head,
        "個人番号": wrong_number(f"5{key}"), "状態": "1", "異動年月日": _NO_DAY, "異動先": "", "国籍": "", "在留資格": "",
        "在留期間": "", "満了年月日": _NO_DAY, "在留カード番号": "", "外国人区分": "0",
    } | other  # fmt: skip


def later(state: Row, **other: str) -> Row:
    return state | {"履歴番号": str(int(state["履歴番号"]) + 1)} | other


_WATARASE = House(
    "0920200100",
    "渡良瀬　登",
    "見本町三丁目１２番地",
    "",
    "栃木県足利市見本町三丁目１２番地",
    "渡良瀬　登",
    "3500410",
)
_TOMITA = House(
    "0920200200",
    f"{TOMI}田　研",
    "見本通１２３番地",
    "見本マンション３０１号",
    "栃木県足利市見本通１２３番地",
    f"{TOMI}田　研",
    "4100401",
)
_TSUJI = House(
    "0920200300",
    f"{TSUJI}　千草",
    "織姫見本町４５番地",
    "",
    "栃木県足利市織姫見本町４５番地",
    f"{TSUJI}　千草",
    "4200601",
)
_KIM = House("0920200400", "見本　銀河", "見本町一丁目１番地", "コーポ見本Ａ", "", "", "5020701")
_YAMA = House(
    "0920200500",
    f"山{SAKI}　遙",
    "堀込見本町７８番地",
    "",
    "栃木県足利市堀込見本町７８番地",
    f"山{SAKI}　遙",
    "4050401",
)
_MORE = "栃木県佐野市見本町１番地"
_CHILDREN = {"筆頭者": "渡良瀬　川太"}
"""Who married has a family register of their own, and so have their children."""


def states() -> Iterator[Row]:
    """Everybody's states, oldest first. People of 渡良瀬 are seven: two sheets of four."""
    yield person(_WATARASE, 1, "渡良瀬　登", "ワタラセ　ノボル", "3300105", "1", "01")
    yield person(_WATARASE, 2, "渡良瀬　緑", "ワタラセ　ミドリ", "3320608", "2", "03", 前住所=_MORE)
    yield person(_WATARASE, 3, "渡良瀬　川太", "ワタラセ　カワタ", "3560911", "1", "10", **_CHILDREN)
    yield person(
        _WATARASE,
        4,
        f"渡良瀬　{HANI}子",
        "ワタラセ　ハニコ",
        "3580214",
        "2",
        "11",
        住民年月日="4220501",
        届出年月日="4220506",
        前住所=_MORE,
        **_CHILDREN,
    )
    yield person(_WATARASE, 5, "渡良瀬　岸", "ワタラセ　キシ", "4221220", "1", "13", **_CHILDREN)
    yield person(_WATARASE, 6, "渡良瀬　水面", "ワタラセ　ミナモ", "4270303", "2", "13", **_CHILDREN)
    # in another municipality's family register, with her late husband
    yield person(
        _WATARASE,
        7,
        "渡良瀬　ハル",
        "ワタラセ　ハル",
        "3050101",
        "2",
        "21",
        本籍=_MORE,
        筆頭者="渡良瀬　源一",
    )
    born = person(_TOMITA, 1, f"{TOMI}田　研", "トミタ　ケン", "3620720", "1", "01")
    yield born
    yield later(born, 町名地番="見本通１２３番地", 届出年月日="4250410")
    yield person(_TOMITA, 2, f"{TOMI}田　糸", "トミタ　イト", "4011103", "2", "03")
    single = person(
        _TSUJI, 1, "辻　千草", "ツジ　チグサ", "4020910", "2", "01", 世帯主氏名="辻　千草", 筆頭者="辻　千草"
    )
    yield single
    # 誤記修正: the shape of the name, as the family register has it
    corrected = {"氏名": f"{TSUJI}　千草", "世帯主氏名": f"{TSUJI}　千草", "筆頭者": f"{TSUJI}　千草"}
    yield later(single, **corrected)
    leaving = later(later(single, **corrected), 状態="2", 異動年月日="5080701", 異動先=_MORE)
    yield leaving
    # 転出の取消し: a state like any other, as it was before
    yield later(leaving, 状態="1", 異動年月日=_NO_DAY, 異動先="")
    yield person(
        _KIM, 1, "見本　銀河", "ミホン　ギンガ", "4030815", "1", "01", 本籍="", 筆頭者="", 国籍="見本国", 在留資格="技術・人文知識・国際業務",
        在留期間="３年", 満了年月日="5100630", 在留カード番号="AB12345678CD", 外国人区分="1",
    )  # fmt: skip
    yield person(_YAMA, 1, f"山{SAKI}　遙", "ヤマサキ　ハルカ", "3480218", "2", "01")
    yield person(
        _YAMA,
        2,
        f"渡{NABE}　竜",
        "ワタナベ　リュウ",
        "4130405",
        "1",
        "10",
        本籍=_YAMA.domicile,
        筆頭者=f"渡{NABE}　竜",
    )
    gone = person(_YAMA, 3, f"山{SAKI}　桧", "ヤマサキ　ヒノキ", "3450101", "1", "02")
    yield gone
    yield later(gone, 状態="4", 異動年月日="5070510")
    mistaken = person(_YAMA, 4, f"山{SAKI}　誤", "ヤマサキ　ゴ", "5010601", "1", "10")
    yield mistaken
    # 転入の取消し: whoever never came is in the register no more
    yield later(mistaken, 異動区分="9")


def changed() -> Iterator[Row]:
    """What the differential delivery says: a move within the town, and a birth."""
    moved = next(row for row in reversed(list(states())) if row["宛名番号"] == f"{_KIM.number[:8]}01")
    yield later(moved, 町名地番="見本町二丁目２番地", 方書="", 届出年月日="5080602") | {"更新区分": "2"}
    yield person(
        _TOMITA,
        3,
        f"{TOMI}田　綾",
        "トミタ　アヤ",
        "5080520",
        "2",
        "10",
        住民年月日="5080520",
        届出年月日="5080601",
    ) | {"更新区分": "1"}


SEALS: Sequence[Row] = (
    {"登録番号": "00010001", "宛名番号": "0920200101", "登録年月日": "4120401", "状態": "1", "廃止年月日": _NO_DAY, "印影": "INEI/0001.PNG", "幅": "150", "高さ": "150"},
    {"登録番号": "00010002", "宛名番号": "0920200102", "登録年月日": "4150610", "状態": "1", "廃止年月日": _NO_DAY, "印影": "INEI/0002.PNG", "幅": "120", "高さ": "120"},
    {"登録番号": "00020001", "宛名番号": "0920200201", "登録年月日": "4200801", "状態": "9", "廃止年月日": "5040315", "印影": "INEI/0003.PNG", "幅": "150", "高さ": "150"},
    {"登録番号": "00020002", "宛名番号": "0920200201", "登録年月日": "5040315", "状態": "1", "廃止年月日": _NO_DAY, "印影": "INEI/0003.PNG", "幅": "150", "高さ": "150"},
)  # fmt: skip
IMPRINTS = {"INEI/0001.PNG": ("渡良瀬", 15), "INEI/0002.PNG": ("緑", 12), "INEI/0003.PNG": ("研", 15)}


# --- taxes --------------------------------------------------------------------------------------------------------------------

AMOUNTS = (
    "給与収入", "公的年金収入", "営業等所得", "農業所得", "不動産所得", "利子所得", "配当所得", "給与所得", "公的年金等雑所得", "業務雑所得",
    "その他雑所得", "総合譲渡所得", "一時所得", "分離短期譲渡所得", "分離長期譲渡所得", "株式等譲渡所得", "上場株式等配当所得", "先物取引所得", "山林所得",
    "退職所得", "合計所得金額", "繰越控除額", "総所得金額等", "雑損控除", "医療費控除", "社会保険料控除", "小規模企業共済等掛金控除", "生命保険料控除",
    "地震保険料控除", "障害者控除", "寡婦控除", "ひとり親控除", "勤労学生控除", "配偶者控除", "配偶者特別控除", "扶養控除", "特定親族特別控除", "基礎控除",
    "所得控除合計", "課税標準額総所得", "課税標準額分離短期譲渡", "課税標準額分離長期譲渡", "課税標準額株式等譲渡", "課税標準額上場株式等配当", "課税標準額先物取引",
    "課税標準額山林", "課税標準額退職", "市民税調整控除", "市民税住宅借入金等控除", "市民税寄附金控除", "市民税配当割額等控除", "市民税所得割額", "市民税均等割額",
    "県民税調整控除", "県民税住宅借入金等控除", "県民税寄附金控除", "県民税配当割額等控除", "県民税所得割額", "県民税均等割額", "市民税県民税計", "森林環境税額",
    "年税額",
)  # fmt: skip
_COUNTS = (
    "一般扶養人数", "特定扶養人数", "老人扶養人数", "同居老親人数", "十六歳未満人数", "特定親族人数", "障害者人数", "特別障害者人数",
)  # fmt: skip
_MARKS = ("本人障害区分コード", "本人寡婦", "本人ひとり親", "本人勤労学生", "本人未成年")
TAX_FIELDS = {
    "宛名番号": 10, "賦課年度": 4, "賦課期日住所": 100, "賦課区分コード": 1, "申告区分コード": 1, "賦課特例コード": 1,
    **dict.fromkeys(AMOUNTS, 10), "配偶者区分コード": 1, **dict.fromkeys(_COUNTS, 2), **dict.fromkeys(_MARKS, 1), "備考": 60,
}  # fmt: skip
"""Yen in ten digits, 0 for none; blanks where nothing was declared."""


def tax(key: str, place: str, *, spouse: str = "0", note: str = "", **told: int) -> Row:
    """One person's 令和8年度. What is not told is 0. `spouse`: 0 none, 1 一般."""
    counts = {name: f"{told.pop(name, 0):02}" for name in _COUNTS}
    marks = {name: str(told.pop(name, 0)) for name in _MARKS}
    amounts = {name: f"{told.pop(name, 0):010}" for name in AMOUNTS}
    assert not told, told
    return {
        "宛名番号": key, "賦課年度": "2026", "賦課期日住所": f"栃木県足利市{place}", "賦課区分コード": "1", "申告区分コード": "1",
        "賦課特例コード": "0", **amounts, "配偶者区分コード": spouse, **counts, **marks, "備考": note,
    }  # fmt: skip


def undeclared(key: str, place: str, code: str) -> Row:
    """2: somebody's dependant who filed nothing; 3: anybody else of whom nothing is known."""
    return tax(key, place) | {"申告区分コード": code} | dict.fromkeys(AMOUNTS, "")


_ROOM = "見本通１２３番地　見本マンション３０１号"
TAXES: Sequence[Row] = (
    # 均等割 and 森林環境税 alone: by the limits of the second 級地, of three people
    tax(
        "0920200101", _WATARASE.place, spouse="1", 公的年金収入=2_400_000, 公的年金等雑所得=1_300_000, 合計所得金額=1_300_000,
        総所得金額等=1_300_000, 社会保険料控除=180_000, 配偶者控除=330_000, 扶養控除=450_000, 基礎控除=430_000, 所得控除合計=1_390_000,
        市民税均等割額=3_000, 県民税均等割額=1_000, 市民税県民税計=4_000, 森林環境税額=1_000, 年税額=5_000, 同居老親人数=1,
    ),
    undeclared("0920200102", _WATARASE.place, "2"),
    tax(
        "0920200103", _WATARASE.place, spouse="1", 給与収入=4_801_234, 給与所得=3_400_000, 合計所得金額=3_400_000,
        総所得金額等=3_400_000, 社会保険料控除=700_000, 生命保険料控除=28_000, 配偶者控除=330_000, 基礎控除=430_000,
        所得控除合計=1_488_000, 課税標準額総所得=1_912_000, 市民税調整控除=3_000, 市民税所得割額=111_700, 市民税均等割額=3_000,
        県民税調整控除=2_000, 県民税所得割額=74_400, 県民税均等割額=1_000, 市民税県民税計=190_100, 森林環境税額=1_000,
        年税額=191_100, 十六歳未満人数=2,
    ),
    tax(
        "0920200104", _WATARASE.place, 給与収入=1_000_000, 給与所得=350_000, 合計所得金額=350_000, 総所得金額等=350_000,
        基礎控除=430_000, 所得控除合計=430_000,
    ),
    tax(
        "0920200201", _ROOM, spouse="1", 給与収入=3_000_000, 給与所得=2_020_000, 合計所得金額=2_020_000,
        総所得金額等=2_020_000, 社会保険料控除=420_000, 配偶者控除=330_000, 基礎控除=430_000, 所得控除合計=1_180_000,
        課税標準額総所得=840_000, 市民税調整控除=3_000, 市民税所得割額=47_400, 市民税均等割額=3_000, 県民税調整控除=2_000,
        県民税所得割額=31_600, 県民税均等割額=1_000, 市民税県民税計=83_000, 森林環境税額=1_000, 年税額=84_000,
    ),
    tax(
        "0920200301", _TSUJI.place, note="修正申告あり", 給与収入=1_700_000, 給与所得=1_050_000, 合計所得金額=1_050_000,
        総所得金額等=1_050_000, 社会保険料控除=250_000, 基礎控除=430_000, 所得控除合計=680_000, 課税標準額総所得=370_000,
        市民税調整控除=1_500, 市民税所得割額=20_700, 市民税均等割額=3_000, 県民税調整控除=1_000, 県民税所得割額=13_800,
        県民税均等割額=1_000, 市民税県民税計=38_500, 森林環境税額=1_000, 年税額=39_500,
    ),
    undeclared("0920200401", "見本町一丁目１番地　コーポ見本Ａ", "3"),
    # 非課税 as a widow, whose income is above the limit of everybody
    tax(
        "0920200501", _YAMA.place, 給与収入=2_000_000, 給与所得=1_320_000, 合計所得金額=1_320_000, 総所得金額等=1_320_000,
        社会保険料控除=300_000, 寡婦控除=260_000, 基礎控除=430_000, 所得控除合計=990_000, 本人寡婦=1,
    ),
)  # fmt: skip


def taxes_changed() -> Iterator[Row]:
    """What the tax host says during the day: a declaration that came late."""
    yield tax(
        "0920200401", "見本町一丁目１番地　コーポ見本Ａ", 給与収入=900_000, 給与所得=250_000, 合計所得金額=250_000,
        総所得金額等=250_000, 基礎控除=430_000, 所得控除合計=430_000,
    ) | {"更新区分": "2"}  # fmt: skip


def record(row: Row, fields: Mapping[str, int], wide: set[str]) -> bytes:
    return b"".join(
        jef_wide(row[name], length, HOST) if name in wide else jef(row[name], length, HOST)
        for name, length in fields.items()
    )


def people_file(rows: Iterator[Row], fields: Mapping[str, int] = PEOPLE_FIELDS) -> bytes:
    return b"".join(record(row, fields, PEOPLE_WIDE) for row in rows)


def seal_file() -> bytes:
    return b"".join(record(row, SEAL_FIELDS, set()) for row in SEALS)


def tax_file(rows: Iterable[Row], fields: Mapping[str, int] = TAX_FIELDS) -> bytes:
    """Records with a line end of the transfer behind each."""
    return b"".join(record(row, fields, {"賦課期日住所"}) + b"\r\n" for row in rows)


RESTRICTIONS = """<?xml version="1.0" encoding="UTF-8"?>
<発行制限一覧 作成="運用管理システム">
  <発行制限><宛名番号>0920200202</宛名番号><事由>支援措置</事由><開始日>2026-04-01</開始日><終了日>2027-03-31</終了日></発行制限>
</発行制限一覧>
"""
CHANGED_FIELDS = {"更新区分": 1, **PEOPLE_FIELDS}
TAX_CHANGED_FIELDS = {"更新区分": 1, **TAX_FIELDS}


FAMILY_FILES = {"koseki.xml": "戸籍", "koseki_jumin.xml": "対応"}
"""What the 戸籍 system delivers, and the element that is a row."""


def _rows_in(file: str, row: str) -> int:
    return (TOWN / "delivery" / file).read_text(encoding="utf-8").count(f"<{row} ")


def files() -> dict[str, bytes]:
    """Every file that is made here, by its place in the town's folder; pictures are made by `main` alone."""
    people = list(states())
    counts = {"JUKI.DAT": len(people), "INKAN.DAT": len(SEALS), "ZEI.DAT": len(TAXES)}
    counts |= {file: _rows_in(file, row) for file, row in FAMILY_FILES.items()} | {"hakkoseigen.xml": 1}
    slip = "市区町村,作成日時,ファイル,件数\n" + "".join(
        f"{CODE},{MADE_AT},{name},{count}\n" for name, count in counts.items()
    )
    return {
        "ashikaga_gaiji.ttf": font_bytes(),
        "deliveries/gaiji.csv": characters_csv().encode(),
        "delivery/JUKI.DAT": people_file(iter(people)),
        "delivery/INKAN.DAT": seal_file(),
        "delivery/ZEI.DAT": tax_file(TAXES),
        "delivery/hakkoseigen.xml": RESTRICTIONS.encode(),
        "delivery/renkei.csv": slip.encode(),
    }


_VERMILION = (196, 38, 30, 255)


def imprint(words: str, millimetres: int) -> bytes:
    side = round(millimetres / 25.4 * 600)
    picture = Image.new("RGBA", (side, side), (196, 38, 30, 0))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((4, 4, side - 5, side - 5), outline=_VERMILION, width=18)
    size = side // (len(words) + 1)
    font = ImageFont.truetype(str(font_file(MINCHO)), size)
    top = (side - size * len(words)) / 2
    for number, char in enumerate(words):
        pen.text(
            (side / 2, top + size * (number + 0.5)),
            char,
            fill=_VERMILION,
            stroke_width=3,
            font=font,
            anchor="mm",
        )
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def main() -> None:
    for name, content in files().items():
        (TOWN / name).parent.mkdir(parents=True, exist_ok=True)
        (TOWN / name).write_bytes(content)
    for name, (words, millimetres) in IMPRINTS.items():
        (TOWN / "delivery" / name).write_bytes(imprint(words, millimetres))


if __name__ == "__main__":
    main()
