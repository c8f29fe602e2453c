"""What the slots of the sentences take: for each kind its known words, and how a word is read.

A slot takes any text in a sentence and reads it afterwards, so that an unknown word is told with the nearest right ones
and never makes an unknown sentence.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from kiosk_app.devices.interface import DENOMINATIONS
from kiosk_app.screens.texts import NAMES
from scenarios.nearest import nearest
from scenarios.servers import SHOPS
from scenarios.towns import Town, load_towns, named_municipalities
from server_stub.faults.box import KNOWN
from server_stub.faults.outages import WORDS as OUTAGE_WORDS
from server_stub.interface.clock import JST
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.outages import AlarmCause, OutageOf, Responsible

_QUOTED, _BARE, _LONG = r"[^「」]*", r"[^「」、。]+?", r".+?"
_DIGITS = str.maketrans("０１２３４５６７８９，", "0123456789,")


class UnknownWord(Exception):
    """A word that its slot does not know. Its text is what a tester is told: the word, what belongs there, the nearest."""

    def __init__(self, word: str, told: str, near: Iterable[str] = ()) -> None:
        found = list(near)
        text = f"「{word}」は{told}ではありません。"
        if found:
            text += "もしかして: " + " ／ ".join(found)
        super().__init__(text)
        self.word, self.near = word, found


@dataclass(frozen=True)
class Slot:
    """`told`: what belongs there, in Japanese. `rough`: the text it catches. `read` gives the value or raises UnknownWord;
    `known` are its words, none where they cannot be counted."""

    name: str
    told: str
    example: str
    rough: str
    read: Callable[[str], Any]
    known: Callable[[], tuple[str, ...]] = lambda: ()

    @property
    def label(self) -> str:
        """In a word or two."""
        return self.told.partition("（")[0]


SLOTS: dict[str, Slot] = {}


def _slot(
    name: str, told: str, example: str, rough: str, known: Callable[[], tuple[str, ...]] = lambda: ()
) -> Callable[[Callable[[str], Any]], Callable[[str], Any]]:
    def keep(read: Callable[[str], Any]) -> Callable[[str], Any]:
        SLOTS[name] = Slot(name, told, example, rough, read, known)
        return read

    return keep


def _words(
    name: str, told: str, example: str, known: Callable[[], tuple[str, ...]], rough: str = _QUOTED
) -> None:
    """A slot that takes just these words."""

    def read(text: str) -> str:
        if text in known():
            return text
        raise UnknownWord(text, told, nearest(text, known()))

    _slot(name, told, example, rough, known)(read)


# --- people and cards ----------------------------------------------------------------------------------------------------


_places: tuple[Path, ...] = ()
"""The folders of the towns that the words are of; none: the towns of this process."""


def speak_of(towns: Sequence[Town]) -> None:
    """Let cards, people and municipalities be those of `towns` from now on."""
    global _places
    _places = tuple(town.folder for town in towns)


def _towns() -> tuple[Town, ...]:
    return load_towns(_places)


def _cards() -> dict[str, str]:
    """The 宛名番号 of each card by the card's name."""
    return {card.name: card.person for town in _towns() for card in town.cards}


def cards() -> tuple[str, ...]:
    return tuple(_cards())


def people() -> tuple[str, ...]:
    """Every 呼び名: whoever's ordinary card, the one with the shortest name, is called 「呼び名のカード」."""
    return _people(tuple(_cards().items()))


@cache
def _people(cards: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    shortest: dict[str, str] = {}
    for name, person in cards:
        if person not in shortest or len(name) < len(shortest[person]):
            shortest[person] = name
    return tuple(name.removesuffix("のカード") for name in shortest.values())


def holder_of(card: str) -> str:
    """The 呼び名 of whoever a card belongs to."""
    owner = _cards()[card]
    return next(name for name in people() if _cards()[f"{name}のカード"] == owner)


def written_as(calling: str) -> str:
    """How somebody's name stands on a screen, without spaces and selectors: the 呼び名, but for a name with a municipality's own
    characters (外字), which nobody can type."""
    key = _cards().get(f"{calling}のカード")
    name = plain(_names_with_own_characters(_places).get(key or "", ""))
    return name or calling


@cache
def _names_with_own_characters(places: tuple[Path, ...]) -> dict[str, str]:
    """By 宛名番号, of those who have a card."""
    found = [person for town in load_towns(places) for person in town.card_holders().values()]
    return {
        person.key: person.name
        for person in found
        if any(unicodedata.category(char) == "Co" for char in person.name)
    }


def plain(name: str) -> str:
    """A name as 呼び名: without spaces and variation selectors."""
    return "".join(c for c in name if not c.isspace() and not 0xE0100 <= ord(c) <= 0xE01EF)


def _short(card: str) -> str:
    return card.removesuffix("カード").removesuffix("の")


@_slot("card", "カードの名前", "六甲翠のカード", _QUOTED, cards)
def read_card(text: str) -> str:
    """The whole name, or the name without 「のカード」 where only one card is meant."""
    word = plain(text)
    found = [name for name in cards() if word in (name, _short(name))]
    if len(found) == 1:
        return found[0]
    raise UnknownWord(text, "カードの名前", nearest(word, cards()))


@_slot("person", "人の呼び名", "港美波", _QUOTED, people)
def read_person(text: str) -> str:
    word = plain(text)
    if word in people():
        return word
    raise UnknownWord(text, "人の呼び名", nearest(word.removesuffix("のカード"), people()))


@_slot("people", "人、人（「、」で区切った呼び名）", "港太一、港美波", _QUOTED, people)
def read_people(text: str) -> list[str]:
    found: list[str] = [read_person(one) for one in text.split("、")]
    if len(set(found)) != len(found):
        raise UnknownWord(text, "人の呼び名の一覧（同じ人が二度あります）")
    return found


@_slot("names", "名の一覧（「、」で区切った、用紙にあるとおりの名）", "悠斗、菜摘", _QUOTED)
def read_names(text: str) -> list[str]:
    found = [one.strip() for one in text.split("、")]
    if not all(found):
        raise UnknownWord(text, "名の一覧（空のものがあります）")
    return found


@_slot("members", "「人」「人」（または「人、人」）", "「港太一」「港美波」", _LONG, people)
def read_members(text: str) -> list[str]:
    if not re.fullmatch(r"「[^「」]+」(?:[、と]?「[^「」]+」)*", text):
        raise UnknownWord(text, "「A」「B」のように括弧でくくった人の呼び名", nearest(text, people()))
    found: list[str] = read_people("、".join(re.findall(r"「([^「」]+)」", text)))
    return found


# --- what is chosen ------------------------------------------------------------------------------------------------------


def _any(name: str, told: str, example: str, rough: str = _QUOTED) -> None:
    """A slot for a word that only the terminal's offers have: whether it is one of them is found out in the visit."""

    def read(text: str) -> str:
        if not text.strip():
            raise UnknownWord(text, f"{told}（空のままです）")
        return text

    _slot(name, told, example, rough)(read)


_any("kind", "証明書の名前（端末に案内されるとおり）", "住民票の写し")
_any("setting", "設定の項目（municipality.toml の名前。表の中のものは点でつなぐ）", "minimum_age")
_any("value", "設定の値（municipality.toml に書くとおり）", "18")
_any(
    "typed",
    "入力するもの（空白で区切る。かな漢字は「よみ=漢字」、番地は数字と「番地」など）",
    "みなとまち=港町 ７番地",
)
_any("digits", "番号（数字とハイフン）", "090-0000-0000", r"[0-9-]+")
_any("certificate", "証明書の名前（端末に案内されるとおり、かぎ括弧なし）", "住民票の写し", _BARE)
_any("choice", "証明書か人（端末に案内される証明書の名前、または世帯員の呼び名）", "印鑑登録証明書")
_any("whole", "全員の呼び方（端末に案内されるとおり）", "世帯全員", r"[^「」、。]*全員")


@dataclass(frozen=True)
class ForWhom:
    """Whose records: everybody's (`whole`: as the offer names them), these `people`'s, or the card's holder's alone."""

    whole: str = ""
    people: tuple[str, ...] = ()


_SCOPE = "範囲（世帯全員、本人だけ、「人、人」だけ）"
_ALONE = "本人だけ"
_SCOPES = ("世帯全員", _ALONE, "「港太一、港美波」だけ")


@_slot("scope", _SCOPE, "世帯全員", _LONG, lambda: _SCOPES)
def read_scope(text: str) -> ForWhom:
    """Everybody may have another name at another certificate."""
    if text == _ALONE:
        return ForWhom()
    if match := re.fullmatch(r"「([^「」]+)」だけ", text):
        return ForWhom(people=tuple(read_people(match[1])))
    if re.search("[「」]", text) or text.endswith("だけ"):
        raise UnknownWord(text, _SCOPE, nearest(text, _SCOPES) or _SCOPES)
    return ForWhom(whole=text)


_ANSWER = r"[^「」、。]+を「[^「」]+」"
_ANSWERS = "質問と答え（続柄を「記載する」、年度を「令和7年度」のように）"


@_slot("answers", _ANSWERS, "続柄を「記載する」、個人番号を「記載しない」", rf"{_ANSWER}(?:、{_ANSWER})*")
def read_answers(text: str) -> dict[str, str]:
    """Question -> choice, as the offer words them, in the order of the sentence."""
    if not re.fullmatch(rf"{_ANSWER}(?:、{_ANSWER})*", text):
        raise UnknownWord(text, _ANSWERS, ["続柄を「記載する」"])
    found = re.findall(r"([^「」、。]+)を「([^「」]+)」", text)
    if len(dict(found)) != len(found):
        raise UnknownWord(text, "質問と答えの一覧（同じ質問が二度あります）", ["続柄を「記載する」"])
    return dict(found)


def _choices(name: str, told: str, example: str, *known: str) -> None:
    _words(name, told, example, lambda: known)


_choices("receipt", "領収書の要否（「印刷する」か「印刷しない」）", "印刷する", "印刷する", "印刷しない")
_words("failure", "断りの名前（konbini failures で一覧）", "Holder_Deceased", lambda: tuple(CATALOGUE))
_words("language", "画面の言語", "English", lambda: tuple(NAMES.values()))
_words(
    "municipality",
    "市区町村の名前",
    "神戸市",
    lambda: tuple(info.name for info in named_municipalities(_towns())),
)
_words(
    "defect",
    "サーバの異常（異常の一覧にあるとおり）",
    "署名後に目録を書き換える",
    lambda: tuple(told for name, told in KNOWN.items() if name not in OUTAGE_WORDS),
)
SEAL_STATES = {
    "登録": ("1", ""), "抑止": ("2", ""), "改印中": ("3", ""), "廃止（本人申請）": ("9", "1"), "廃止（転出）": ("9", "2"),
    "廃止（死亡）": ("9", "3"), "廃止（氏名変更）": ("9", "4"), "廃止（成年後見）": ("9", "5"), "廃止（職権）": ("9", "6"),
    "廃止（登録証亡失）": ("9", "7"), "廃止": ("9", ""),
}  # fmt: skip
"""What the sentences call a state: its code, and that of why it was abolished."""
RULES: dict[str, tuple[str, str, bool]] = {
    "15歳未満の方の例外を設けない": ("holder", "exceptions_under_age", False),
    "転出予定の方のいる世帯には交付しない": ("holder", "refuse_household_of_leaver", True),
    "転入の届出をした当日には交付しない": ("holder", "refuse_on_arrival_day", True),
    "電子証明書が発行された当日には交付しない": ("holder", "refuse_on_issue_day", True),
    "文字を登録中の方にも交付する": ("holder", "refuse_characters_pending", False),
    "成年被後見人にも印鑑登録の証明書を交付する": ("service", "refuse_wards", False),
    "印鑑登録の証明書に性別を記載する": ("service", "show_sex", True),
    "印鑑登録の証明書に登録番号を記載する": ("service", "show_number", True),
}
"""What the sentences call a switch: the table that it stands in, its name, and the value."""
_words(
    "seal_state",
    "印鑑登録の状態（登録、抑止、改印中、廃止（本人申請）など）",
    "抑止",
    lambda: tuple(SEAL_STATES),
    _BARE,
)
_words(
    "rule",
    "市区町村の定め（konbini steps で一覧）",
    "転出予定の方のいる世帯には交付しない",
    lambda: tuple(RULES),
)
OUTAGES = {
    "庁舎": OutageOf.CITY_HALL, "データセンター": OutageOf.DATA_CENTRE, "既存システム": OutageOf.EXISTING_SYSTEM,
}  # fmt: skip
"""What the sentences call what is announced to be out."""
ALARMS = {
    "証明発行サーバの応答がない": AlarmCause.SITE_SILENT, "既存システムの応答がない": AlarmCause.EXISTING_SYSTEM_SILENT,
    "連携の遅れ": AlarmCause.DELIVERY_LATE, "連携の拒否": AlarmCause.DELIVERY_REFUSED,
    "副本の期限切れ": AlarmCause.REPLICA_TOO_OLD,
}  # fmt: skip
RECEIVERS = {"事業者": Responsible.PROVIDER, "市区町村": Responsible.MUNICIPALITY}
_words(
    "outage_of", "停止するもの（庁舎、データセンター、既存システム）", "庁舎", lambda: tuple(OUTAGES), _BARE
)
_words("alarm", "警報（konbini steps で一覧）", "連携の遅れ", lambda: tuple(ALARMS))
_words("receiver", "警報を受ける側（事業者、市区町村）", "事業者", lambda: tuple(RECEIVERS), _BARE)
_words("shop", "端末のある店舗・施設", "見本町一丁目店", lambda: SHOPS)


@_slot("text", "文字", "250円", _QUOTED)
def read_text(text: str) -> str:
    if not text.strip():
        raise UnknownWord(text, "文字（空のままです）")
    return text


# --- numbers -------------------------------------------------------------------------------------------------------------


def digits(text: str) -> str:
    """With full-width digits and commas made half-width."""
    return text.translate(_DIGITS)


def _whole(text: str, told: str, least: int, most: int, near: Iterable[str]) -> int:
    plain_text = digits(text)
    if not re.fullmatch(r"\d+|\d{1,3}(?:,\d{3})+", plain_text):
        raise UnknownWord(text, told, near)
    number = int(plain_text.replace(",", ""))
    if not least <= number <= most:
        raise UnknownWord(text, told, near)
    return number


def _numbers(name: str, told: str, example: str, least: int, most: int, step: int = 1) -> None:
    def read(text: str) -> int:
        number = _whole(text, told, least, most, [example])
        if number % step:
            raise UnknownWord(text, told, [str(number - number % step), str(number - number % step + step)])
        return number

    _slot(name, told, example, _BARE)(read)


_numbers("yen", "金額（円）", "250", 0, 10_000_000)
_numbers("money", "入れる金額（10円の倍数）", "250", 10, 1_000_000, step=10)
_numbers("count", "数", "1", 1, 999)
_numbers("copies", "部数", "1", 1, 99)
_numbers("seconds", "秒数", "60", 1, 86_400)
_numbers("minutes", "分の数", "15", 1, 1_440)
_numbers("hours", "時間の数", "72", 1, 720)
_numbers("mm", "長さ（ミリ）", "15", 1, 300)
_numbers("length", "文字数", "80", 1, 1_000)


@_slot("coin", "使える硬貨・紙幣の額", "100", _BARE, lambda: tuple(str(yen) for yen in DENOMINATIONS))
def read_coin(text: str) -> int:
    known = [str(yen) for yen in DENOMINATIONS]
    number = _whole(text, "使える硬貨・紙幣の額", 1, 1_000_000, known)
    if number not in DENOMINATIONS:
        raise UnknownWord(text, "使える硬貨・紙幣の額", known)
    return number


def piece(yen: int) -> str:
    return f"{yen}円{'札' if yen >= 1000 else '硬貨'}"


_PIECES = "硬貨・紙幣の枚数（100円硬貨が2枚、50円硬貨が1枚）"


@_slot(
    "pieces",
    _PIECES,
    "100円硬貨が2枚、50円硬貨が1枚",
    _LONG,
    lambda: tuple(piece(yen) for yen in DENOMINATIONS),
)
def read_pieces(text: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for one in digits(text).split("、"):
        match = re.fullmatch(r"([\d,]+)円(硬貨|札)が(\d+)枚", one)
        if match is None:
            raise UnknownWord(text, _PIECES, ["100円硬貨が2枚、50円硬貨が1枚"])
        yen = read_coin(match[1])
        if not piece(yen).endswith(match[2]):
            raise UnknownWord(one, _PIECES, [f"{piece(yen)}が{match[3]}枚"])
        found[yen] = found.get(yen, 0) + int(match[3])
    return found


_MOMENT = "日時（令和8年6月5日22時59分、または2026年6月5日22時59分）"
_ERAS = {
    "令和": (2018, date(2019, 5, 1), date.max),
    "平成": (1988, date(1989, 1, 8), date(2019, 4, 30)),
    "昭和": (1925, date(1926, 12, 25), date(1989, 1, 7)),
    "大正": (1911, date(1912, 7, 30), date(1926, 12, 24)),
    "明治": (1867, date(1868, 1, 25), date(1912, 7, 29)),
}
"""The year before the first, first and last day."""


def era_of(day: date) -> tuple[str, int]:
    """The era that `day` lies in, and the year in it. Raises LookupError for a day before 明治."""
    for era, (before, first, _last) in _ERAS.items():
        if day >= first:
            return era, day.year - before
    raise LookupError(f"{day} is before 明治")


_DAY = "日（令和8年6月3日、または2026年6月3日）"


@_slot("day", _DAY, "令和8年6月3日", _BARE)
def read_day(text: str) -> date:
    return _read_moment(f"{text}0時0分", text, _DAY, ["令和8年6月3日", "2026年6月3日"]).date()


@_slot("moment", _MOMENT, "令和8年6月5日22時59分", _BARE)
def read_moment(text: str) -> datetime:
    return _read_moment(text, text, _MOMENT, ["令和8年6月5日22時59分", "2026年6月5日22時59分"])


def _read_moment(whole: str, text: str, told: str, near: list[str]) -> datetime:
    """`whole` read; `text` is what the sentence has of it."""
    kind = told.split("（")[0]
    match = re.fullmatch(
        rf"(?:西暦)?({'|'.join(_ERAS)}|)(\d+|元)年(\d+)月(\d+)日(\d+)時(\d+)分", digits(whole)
    )
    if match is None:
        raise UnknownWord(text, told, near)
    era, told_year, *others = match.groups()
    if (told_year == "元" and not era) or (not era and len(told_year) != 4):
        raise UnknownWord(text, told, near)
    year = 1 if told_year == "元" else int(told_year)
    try:
        month, day, hour, minute = map(int, others)
        found = datetime(year + (_ERAS[era][0] if era else 0), month, day, hour, minute, tzinfo=JST)
    except (ValueError, OverflowError) as error:
        raise UnknownWord(text, f"暦にある{kind}", near) from error
    if era and not _ERAS[era][1] <= found.date() <= _ERAS[era][2]:
        raise UnknownWord(text, f"{era}の{kind}", near)
    return found


# --- faults on the card's edge -------------------------------------------------------------------------------------------

_EFFECTS: dict[str, dict[str, Any]] = {
    "カードが取り除かれる": {"effect": "removed"},
    "応答が壊れる": {"effect": "garbled"},
    "応答が途中で切れる": {"effect": "truncated"},
    "命令が二度届く": {"effect": "duplicated"},
    "データが後から取り出される": {"effect": "more_data"},
    "長さの指定のやり直しを求められる": {"effect": "wrong_le"},
}
_FAULTS = (*_EFFECTS, "カードが1秒黙る", "応答が1秒遅れる", "カードが「6F00」を返す")
_TIMED = {"カードが(\\d+)秒黙る": "silent", "応答が(\\d+)秒遅れる": "slow"}


@_slot("fault", "カードとのやり取りの故障", "カードが取り除かれる", _LONG, lambda: _FAULTS)
def read_fault(text: str) -> dict[str, Any]:
    """As kiosk_app.control takes it, without where it strikes. Seconds are real ones."""
    word = digits(text).removeprefix("、")
    if word in _EFFECTS:
        return dict(_EFFECTS[word])
    for pattern, effect in _TIMED.items():
        if match := re.fullmatch(pattern, word):
            return {"effect": effect, "seconds": float(match[1])}
    if match := re.fullmatch(r"カードが「(.*)」を返す", word):
        return {"effect": "status", "status": read_status(match[1])}
    raise UnknownWord(text, "カードとのやり取りの故障", nearest(word, _FAULTS) or _FAULTS)


def read_status(text: str) -> int:
    if not re.fullmatch(r"[0-9A-F]{4}", text):
        raise UnknownWord(text, "カードの応答の符号（16進4桁）", ["6F00", "6982", "6985"])
    return int(text, 16)


_SINCE = "数え始め（「カードの」か「暗証番号の照合のあと」）"
_AFTER = {"カードの": False, "暗証番号の照合のあと": True}


@_slot(
    "since",
    _SINCE,
    "カードの",
    r"[^「」、。0-9０-９]+",
    lambda: tuple(_AFTER),
)
def read_since(text: str) -> bool:
    """Whether the count begins after the PIN was verified."""
    if text not in _AFTER:
        raise UnknownWord(text, _SINCE, tuple(_AFTER))
    return _AFTER[text]


@_slot("turns", "何回目か（3、または 3、5、7）", "3", r"[^「」。]+?")
def read_turns(text: str) -> list[int]:
    return [_whole(one, "何回目かの数", 1, 999, ["3", "3、5、7"]) for one in text.split("、")]
