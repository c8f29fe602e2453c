"""Features are looked at before the stage starts: what would be swallowed or is not known is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios import paths
from scenarios.command.chosen import check_features
from scenarios.command.usage import WrongUse
from scenarios.feature_check import check, declared, feature_files, tags

HEAD = "# language: ja\n機能: 試し\n"
STEP = "    前提 キオスク端末が待機している\n"
SCENARIO = f"  シナリオ: 一つ\n{STEP}"


def told(folder: Path, text: str | bytes) -> list[tuple[int, str]]:
    """Line and text of each problem of a feature with that text."""
    file = folder / "試し.feature"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(problem.line, problem.text) for problem in check([file])]


SWALLOWED = {
    "two scenarios of one name": (f"{HEAD}{SCENARIO}{SCENARIO}", 5, "「一つ」は3行目のシナリオと同じ名前"),
    "one name in two rules": (
        f"{HEAD}  ルール: 甲\n{SCENARIO}  ルール: 乙\n{SCENARIO}", 7, "「一つ」は4行目のシナリオと同じ名前",
    ),
    "a full-width colon at the first": (f"{HEAD}  シナリオ：一つ\n{STEP}  シナリオ: 二つ\n{STEP}", 3, "コロンが全角です"),
    "a full-width colon at a later one": (f"{HEAD}{SCENARIO}  シナリオ： 二つ\n{STEP}", 5, "コロンが全角です"),
    "a full-width colon at an outline": (
        f"{HEAD}  シナリオアウトライン：二つ\n{STEP}{SCENARIO}", 3, "コロンが全角です",
    ),
    "a full-width colon at the background": (f"{HEAD}  背景：\n{STEP}{SCENARIO}", 3, "コロンが全角です"),
    "a blank before the colon": (f"{HEAD}  シナリオ : 一つ\n{STEP}{SCENARIO}", 3, "「:」の前に空白"),
    "no colon": (f"{HEAD}  シナリオ　一つ\n{STEP}{SCENARIO}", 3, "コロン（:）がありません"),
    "half-width kana": (f"{HEAD}  ｼﾅﾘｵ: 一つ\n{STEP}{SCENARIO}", 3, "全角の文字で「シナリオ:」"),
    "another language's keyword": (f"{HEAD}  Scenario: one\n{STEP}{SCENARIO}", 3, "説明の文とみなされ"),
    "an example for a scenario in a rule": (
        f"{HEAD}  ルール: 甲\n    例: 一つ\n{STEP}  ルール: 乙\n{SCENARIO}", 4, "この「例」はどのシナリオアウトラインにも属さず",
    ),
    "no steps": (f"{HEAD}  シナリオ: 一つ\n", 3, "手順が一つもありません"),
    "no steps but the background's": (f"{HEAD}  背景:\n{STEP}  シナリオ: 一つ\n", 5, "手順が一つもありません"),
    "no scenario but a background": (f"{HEAD}  背景:\n{STEP}", 1, "シナリオがありません"),
    "an outline without examples": (f"{HEAD}  シナリオアウトライン: 一つ\n{STEP}", 3, "「例:」の表がありません"),
    "an outline with a head alone": (
        f"{HEAD}  シナリオアウトライン: <列>\n{STEP}    例:\n      | 列 |\n", 5, "表に行がありません",
    ),
    "an outline with an empty table": (f"{HEAD}  シナリオアウトライン: 一つ\n{STEP}    例:\n", 5, "表に行がありません"),
    "a scenario without a name": (f"{HEAD}  シナリオ:\n{STEP}", 3, "名前がありません"),
    "a line that only some readers end": (
        f"{HEAD}  シナリオ: 一つ\u2028    もし カードを取る\n{STEP}", 3, "目に見えない文字（U+2028）",
    ),
    "a step after a comment and a form feed": (f"{HEAD}{SCENARIO}    # 注\x0c    もし カードを取る\n", 5, "目に見えない文字（U+000C）"),
    "two names that look like one": (
        f"{HEAD}{SCENARIO}  シナリオ: 一つ\u200b\n{STEP}", 5, "目に見えない文字（U+200B）",
    ),
    "a step with another language's keyword": (
        f"{HEAD}  シナリオ: 一つ\n    Then お金も用紙も動いていない\n{STEP}", 4, "説明の文とみなされ",
    ),
    "a step with half-width kana": (
        f"{HEAD}  シナリオ: 一つ\n    ﾅﾗﾊﾞ お金も用紙も動いていない\n{STEP}", 4, "説明の文とみなされ",
    ),
    "a step without a keyword": (
        f"{HEAD}  シナリオ: 一つ\n    お金も用紙も動いていない\n{STEP}", 4, "説明の文とみなされ",
    ),
    "a step under the feature": (f"{HEAD}{STEP}{SCENARIO}", 3, "説明の文とみなされ"),
    "a step under a rule": (f"{HEAD}  ルール: 甲\n{STEP}{SCENARIO}", 4, "説明の文とみなされ"),
    "a table that no sentence reads": (f"{HEAD}{SCENARIO}      | 額 |\n      | 0円 |\n", 5, "表は付けられません"),
    "a docstring that no sentence reads": (
        f'{HEAD}{SCENARIO}      """\n      シナリオ: 二つ\n      """\n', 5, "文書は付けられません",
    ),
    "a table in the background": (f"{HEAD}  背景:\n{STEP}      | 額 |\n{SCENARIO}", 5, "表は付けられません"),
    "a docstring that never ends": (f'{HEAD}{SCENARIO}      """\n{SCENARIO}', 8, "閉じられていない"),
    "a column that no sentence uses": (
        f"{HEAD}  シナリオアウトライン: 一つ\n    ならば 画面に「＜文字＞」と表示されない\n    例:\n      | 文字 |\n      | 神戸市 |\n",
        6, "列「文字」はどの文にも",
    ),
    "a column named in a value": (
        f"{HEAD}  シナリオアウトライン: <甲><乙>\n{STEP}    例:\n      | 甲 | 乙 |\n      | <乙> | 一 |\n", 7, "列の名前は使えません",
    ),
    "a column in the background": (
        f"{HEAD}  背景:\n    もし 「<カード>」を置く\n{SCENARIO}", 4, "背景の文に〈カード〉は使えません",
    ),
    "an empty file": ("\n", 1, "シナリオがありません"),
    "a feature alone": (HEAD, 1, "シナリオがありません"),
}  # fmt: skip


@pytest.mark.parametrize("case", SWALLOWED.values(), ids=SWALLOWED)
def test_nothing_that_the_text_declares_is_swallowed(case: tuple[str, int, str], tmp_path: Path) -> None:
    text, line, part = case
    assert any(at == line and part in problem for at, problem in told(tmp_path, text)), told(tmp_path, text)


OUTLINE = "  シナリオアウトライン: <場合>\n    もし 「<カード>」を置く\n    例:\n      | 場合 | {column} |\n      | 甲 | {word} |\n"
UNKNOWN = {
    "a byte order mark": ("\ufeff" + HEAD + SCENARIO, 1, "BOM", "BOM なし"),
    "no language": (f"機能: 試し\n{SCENARIO}", 1, "一行目に", "# language: ja"),
    "a comment for the language": (f"# これは試し\n機能: 試し\n{SCENARIO}", 1, "一行目に", "# language: ja"),
    "another language": ("# language: fr\nFonctionnalité: x\n  Scénario: y\n    Soit z\n", 1, "言語「fr」", "# language: ja"),
    "an unknown sentence": (
        f"{HEAD}{SCENARIO}    もし 「港太一のカード」で本人確認をする\n", 5, "という文はありません",
        "「港太一のカード」で本人確認を済ませる",
    ),
    "a sentence after another keyword": (
        f"{HEAD}{SCENARIO}    かつ お金も用紙も動いていない\n", 5, "「前提」の文ではありません", "「ならば」の文です",
    ),
    "an unknown card": (f"{HEAD}{SCENARIO}    もし 「六甲緑のカード」を置く\n", 5, "「六甲緑のカード」", "六甲翠のカード"),
    "an unknown person": (
        f"{HEAD}{SCENARIO}    ならば 用紙は1枚で、載っているのは「港太二」だけである\n", 5, "「港太二」", "港太一",
    ),
    "a piece of a failure's name": (
        f"{HEAD}{SCENARIO}    ならば 「Holder」で断られる\n", 5, "「Holder」", "Holder_",
    ),
    "no name of a certificate": (f"{HEAD}{SCENARIO}    もし 「　」を選ぶ\n", 5, "「　」", "証明書の名前"),
    "an unknown coin": (
        f"{HEAD}{SCENARIO}    もし 受け付けられない200円硬貨を入れる\n", 5, "「200」", "100",
    ),
    "an amount without coins": (f"{HEAD}{SCENARIO}    もし 255円を入れる\n", 5, "「255」", "250 ／ 260"),
    "a scope that is none": (
        f"{HEAD}{SCENARIO}    もし 「住民票の写し」を港太一だけで1部申し込む\n", 5, "「港太一だけ」", "本人だけ",
    ),
    "an unknown word in an example": (
        HEAD + OUTLINE.format(column="カード", word="六甲緑のカード"), 7, "「六甲緑のカード」", "六甲翠のカード",
    ),
    "an unknown sentence in an example": (
        f"{HEAD}  シナリオアウトライン: <場合>\n    もし <文>\n    例:\n      | 場合 | 文 |\n      | 甲 | カードを投げる |\n",
        4, "「カードを投げる」という文はありません", "例の7行目",
    ),
    "a column that is missing": (HEAD + OUTLINE.format(column="カート", word="六甲翠のカード"), 4, "列「カード」がありません", "カート"),
    "a placeholder without a table": (
        f"{HEAD}  シナリオ: 一つ\n    もし 「<カード>」を置く\n", 4, "〈カード〉に入れる「例:」の表がありません", "",
    ),
    "a table that does not fit": (
        f"{HEAD}  シナリオアウトライン: <甲>\n{STEP}    例:\n      | 甲 | 乙 |\n      | 一 |\n", 7, "列の数が見出しと合いません", "",
    ),
    "two columns of one name": (
        f"{HEAD}  シナリオアウトライン: <甲>\n{STEP}    例:\n      | 甲 | 甲 |\n      | 一 | 二 |\n", 6, "列「甲」が二つ", "",
    ),
    "a keyword that is none": (f"{HEAD}{SCENARIO}    もしも カードを取る\n", 5, "", "カードを取る"),
    "a step that begins with and": (f"{HEAD}  シナリオ: 一つ\n    かつ カードを取る\n", 4, "最初の手順", "「前提」「もし」「ならば」"),
    "a tag of the runner's": (f"# language: ja\n@xfail\n機能: 試し\n{SCENARIO}", 2, "@xfail", "別の名前"),
    "a tag with a colon": (f"# language: ja\n@要求:12\n機能: 試し\n{SCENARIO}", 2, "@要求:12", "だけです"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_told_with_the_nearest_right_thing(
    case: tuple[str, int, str, str], tmp_path: Path
) -> None:
    text, line, wrong, right = case
    assert any(at == line and wrong in one and right in one for at, one in told(tmp_path, text)), told(
        tmp_path, text
    )


def test_shift_jis_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, (HEAD + SCENARIO).encode("cp932"))[0][1].startswith("UTF-8 の文書ではありません")


RIGHT = {
    "a description with words that look like steps": (
        f"# language: ja\n機能: 試し\n  もし断られたら、窓口へ。シナリオの説明。\n  例えば、こう。\n{SCENARIO}", 1,
    ),
    "comments and blank lines": (f"# 前書き\n#language:ja\n\n# シナリオ: 消したもの\n機能: 試し\n{SCENARIO}", 1),
    "rules with backgrounds": (f"{HEAD}  ルール: 甲\n    背景:\n{STEP}{SCENARIO}  ルール: 乙\n{SCENARIO.replace('一', '二')}", 2),
    "two tables of one outline": (
        f"{HEAD}  シナリオテンプレート: <甲>\n{STEP}    例: 前\n      | 甲 |\n      | 一 |\n      | 二 |\n\n    サンプル: 後\n      | 甲 |\n      # 三\n      | 四 |\n",
        3,
    ),
    "tags of one's own": (f"# language: ja\n@神戸 @v1.2-a\n機能: 試し\n  @急ぎ\n{SCENARIO}", 1),
    "lines that end as on Windows": ((HEAD + SCENARIO).replace("\n", "\r\n"), 1),
    "full-width blanks before the keywords": (f"{HEAD}　シナリオ: 一つ\n　　前提 キオスク端末が待機している\n", 1),
}  # fmt: skip


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT)
def test_what_is_right_is_counted_and_not_complained_of(case: tuple[str, int], tmp_path: Path) -> None:
    text, count = case
    assert told(tmp_path, text) == []
    assert declared(text) == count


def test_keywords_in_a_docstring_or_a_table_declare_nothing() -> None:
    text = f'{HEAD}{SCENARIO}      """\n      シナリオ: 三つ\n      """\n{SCENARIO}      | シナリオ: 四つ |\n'
    assert declared(text) == 2


@pytest.mark.parametrize("name", ["甲[乙]", "甲:乙", "甲*"])
def test_the_name_of_a_folder_is_no_pattern(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path / name, tmp_path / "甲乙", tmp_path / "甲"):
        folder.mkdir()
        (folder / "試し.feature").write_text(HEAD + SCENARIO, encoding="utf-8")
    assert feature_files([tmp_path / name]) == [tmp_path / name / "試し.feature"]


def test_all_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "甲.feature").write_text(HEAD + SCENARIO + SCENARIO, encoding="utf-8")
    (tmp_path / "乙.feature").write_text(
        f"{HEAD}{SCENARIO}    もし 「港」を置く\n    もし 飛ぶ\n", encoding="utf-8"
    )
    with pytest.raises(WrongUse) as refused:
        check_features([tmp_path])
    text = str(refused.value)
    assert "3件の誤り" in text and "何も実行していません" in text
    for part in ("甲.feature 5行目", "乙.feature 5行目", "乙.feature 6行目"):
        assert part in text


@pytest.mark.parametrize("name", ["試し.FEATURE", "試し.feature.txt"])
def test_a_file_that_would_not_be_found_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "甲.feature").write_text(HEAD + SCENARIO, encoding="utf-8")
    (tmp_path / name).write_text(HEAD + SCENARIO, encoding="utf-8")
    with pytest.raises(WrongUse, match="実行されません"):
        check_features([tmp_path])


def test_the_count_of_the_shipped_features_is_that_of_pytest_bdd() -> None:
    from pytest_bdd.parser import FeatureParser

    for file in feature_files([paths.FEATURES]):
        made = FeatureParser(str(file.parent), file.name).parse().scenarios.values()
        rows = [sum(len(table.examples) for table in one.examples) or 1 for one in made]
        assert declared(file.read_text(encoding="utf-8")) == sum(rows), file.name


def test_tags_are_found_where_they_stand() -> None:
    assert tags("@一 @二\n機能: 試し\n  前提 何か\n  \"\"\"\n  @三\n  \"\"\"\n  @四 #@五\n  シナリオ: x\n") == [
        (1, "一"), (1, "二"), (7, "四"),
    ]  # fmt: skip
