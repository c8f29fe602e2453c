"""The real dictionary knows how the people of the registers and common places are written."""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk_app.input_method import conversion
from kiosk_app.input_method.composing import composition
from kiosk_app.input_method.conversion import MozcConverter, katakana, with_kana
from kiosk_app.input_method.entries import DOMICILE, HEAD
from kiosk_app.input_method.variants import forms
from kiosk_app.screens.names import register_face
from scenarios import towns
from server_stub.interface.letter_forms import letters

PAGE = 12
"""Candidates on one page of the screen."""
COMMON = {
    "さとう": "佐藤", "すずき": "鈴木", "たかはし": "高橋", "たなか": "田中", "いとう": "伊藤", "わたなべ": "渡辺", "やまもと": "山本",
    "なかむら": "中村", "こばやし": "小林", "かとう": "加藤", "よしだ": "吉田", "やまだ": "山田", "ささき": "佐々木", "やまぐち": "山口",
    "まつもと": "松本", "いのうえ": "井上", "きむら": "木村", "はやし": "林", "さいとう": "斎藤", "しみず": "清水", "やまざき": "山崎",
    "もり": "森", "いけだ": "池田", "はしもと": "橋本", "あべ": "阿部", "いしかわ": "石川", "やました": "山下", "なかじま": "中島",
    "はせがわ": "長谷川", "ふじた": "藤田", "ごとう": "後藤", "こんどう": "近藤", "むらかみ": "村上", "えんどう": "遠藤",
}  # fmt: skip
PLACES = {
    "かのうちょう": "加納町", "さんのみやちょう": "三宮町", "もとまちどおり": "元町通", "みなとじま": "港島", "にほんばし": "日本橋",
    "かすみがせき": "霞が関", "ぎんざ": "銀座", "ひがしなだく": "東灘区", "ちゅうおうく": "中央区", "みかげ": "御影", "まるのうち": "丸の内",
    "うおざききたまち": "魚崎北町", "ろっこうさんちょう": "六甲山町", "かんだじんぼうちょう": "神田神保町", "ほんまち": "本町",
    "いっちょうめ": "一丁目", "じゅうにちょうめ": "十二丁目", "おおあざ": "大字",
}  # fmt: skip
"""Of 神戸市 and 東京都, as the post office's list of places writes and reads them."""
VARIED = {
    "わたなべ": {"渡辺", "渡邉", "渡邊"}, "たかはし": {"高橋", "髙橋"}, "さいとう": {"斎藤", "斉藤", "齋藤", "齊藤"}, "やまざき": {"山崎", "山﨑"},
}  # fmt: skip
IN_PIECES = {"ハツ江"}
"""Typed as two words: はつ, え."""
NOT_DRAWN = {"葛\U000e0100原"}
"""IPAmj Mincho has no glyph of its own for this sequence."""


@pytest.fixture(scope="module")
def converter() -> MozcConverter:
    return MozcConverter()


@pytest.mark.parametrize(("reading", "surname"), COMMON.items())
def test_a_common_surname_is_among_the_first_four(
    converter: MozcConverter, reading: str, surname: str
) -> None:
    assert surname in composition(HEAD, "", lambda _: True).offered(converter.candidates(reading))[:4]


@pytest.mark.parametrize(("reading", "place"), PLACES.items())
def test_a_place_is_on_the_first_page(converter: MozcConverter, reading: str, place: str) -> None:
    assert place in composition(DOMICILE, "", lambda _: True).offered(converter.candidates(reading))[:PAGE]


@pytest.mark.parametrize(("reading", "ways"), VARIED.items())
def test_the_ways_to_write_one_surname_are_on_the_first_page(
    converter: MozcConverter, reading: str, ways: set[str]
) -> None:
    assert ways <= set(converter.candidates(reading)[:PAGE])


def registered() -> Iterator[tuple[str, str]]:
    """Surnames and given names of the people of 神戸市 with their readings, as they were delivered."""
    path = towns.shipped_town() / "delivery" / "住民記録.csv"
    with path.open(encoding="utf-8-sig", newline="") as source:
        for row in csv.DictReader(source):
            for name, reading in zip(row["氏名"].split("　"), row["氏名フリガナ"].split("　"), strict=False):
                if re.fullmatch("[ァ-ヺー]+", reading) and re.search("[一-鿿]", name):
                    yield name, "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in reading)


def test_everybody_of_the_register_can_be_typed(converter: MozcConverter) -> None:
    """As a candidate, or as one with some letters changed to other forms."""
    people = set(registered())
    assert len(people) > 70
    face, left = register_face(), set()
    for name, reading in people:
        wanted = letters(name)
        for candidate in map(letters, converter.candidates(reading)):
            if len(candidate) == len(wanted) and all(
                one == other or other in forms(one, face)
                for one, other in zip(candidate, wanted, strict=True)
            ):
                break
        else:
            left.add(name)
    assert left == IN_PIECES | NOT_DRAWN


@pytest.mark.parametrize(
    "reading", ["わたなべ", "ゔぁ", "ー", "ん", "あ" * 24, "ぁぃぅぇぉっゃゅょゎ", "ちおだいちょう"]
)
def test_every_reading_has_its_two_kana_and_nothing_twice(converter: MozcConverter, reading: str) -> None:
    found = converter.candidates(reading)
    assert {reading, katakana(reading)} <= set(found)
    assert len(set(found)) == len(found)
    assert all(found)


def test_the_same_reading_has_the_same_candidates_whoever_typed_before(converter: MozcConverter) -> None:
    first = converter.candidates("かのう")
    for _ in range(20):
        converter.candidates("かの")
        converter.candidates(first[-1])
    assert converter.candidates("かのう") == first == MozcConverter().candidates("かのう")


def test_it_can_be_used_on_another_thread_than_it_was_made_on(converter: MozcConverter) -> None:
    found: list[tuple[str, ...]] = []
    thread = threading.Thread(target=lambda: found.append(converter.candidates("やまだ")))
    thread.start()
    thread.join()
    assert found[0][0] == "山田"


def test_kana_are_added_once() -> None:
    assert with_kana("やま", ("山", "ヤマ")) == ("山", "ヤマ", "やま")


def test_what_is_read_before_the_first_question_is_the_whole_dictionary(
    converter: MozcConverter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("sys.dic", "matrix.bin"):
        (tmp_path / name).write_bytes(b"x" * 3_000_000)
    monkeypatch.setattr(conversion, "_dictionary", lambda: tmp_path)
    converter.prepare()
    (tmp_path / "matrix.bin").unlink()
    with pytest.raises(FileNotFoundError):
        converter.prepare()
