"""The register of sentences: each has an example that finds it, each claim needs its subject, each slot knows its words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios import paths
from scenarios.cli import app
from scenarios.feature_check import check, feature_files
from scenarios.nearest import nearest
from scenarios.steps.plugin import Stages
from scenarios.steps.sentences import KEYWORDS, MODULES, Needs, Sentence, alike, find, load
from scenarios.steps.slots import SLOTS, ForWhom, Slot, UnknownWord
from scenarios.steps.world import Unmet, World, stands_in
from scenarios.tours import TOURS

SENTENCES = load()
CLAIMS = [one for one in SENTENCES if one.kind == "then"]


def told(sentence: Sentence) -> str:
    return f"{sentence.keyword} {sentence.example}"


@pytest.fixture(scope="module")
def world(stages: Stages) -> Iterator[World]:
    """One stage for all: nothing here goes on from the top menu of its own accord."""
    stage = stages.of(())
    stage.reset()
    yield World(stage, stage.start_kiosk())


# --- the register --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", SENTENCES, ids=told)
def test_every_example_is_its_own_sentence_with_words_that_are_known(sentence: Sentence) -> None:
    assert find(sentence.kind, sentence.example) is sentence
    assert sentence.unknown(sentence.example) == []
    assert set(sentence.values(sentence.example)) == {name for name, _ in sentence.slots}


def test_every_step_definition_is_in_the_register() -> None:
    """What a module would hand to pytest-bdd on its own would not be checked before the stage starts."""
    for module in MODULES:
        text = (paths.ROOT / "scenarios" / "steps" / f"{module}.py").read_text(encoding="utf-8")
        assert "pytest_bdd" not in text, module
        entered = len(re.findall(r"^@(?:given|when|then)\(", text, re.MULTILINE))
        assert entered == sum(one.where.startswith(f"{module}.py") for one in SENTENCES) > 0


def test_every_sentence_is_used_by_a_shipped_scenario_or_tour() -> None:
    used = set()
    for file in feature_files([paths.FEATURES]):
        for kind, text in sentences_of(file):
            used.add(find(kind, text))
    for tour in TOURS:
        used |= {find(kind, text) for kind, text in tour.sentences()}
    assert [told(one) for one in SENTENCES if one not in used] == []


def sentences_of(file: Path) -> Iterator[tuple[str, str]]:
    """Keyword and text of every step, those of outlines with each example filled in; read without the check's own reader."""
    from pytest_bdd.parser import FeatureParser

    feature = FeatureParser(str(file.parent), file.name).parse()
    for scenario in feature.scenarios.values():
        rows = [row for table in scenario.examples for row in table.as_contexts()] or [{}]
        for row in rows:
            yield from ((step.type, step.name) for step in scenario.render(row).steps)


def test_the_command_lists_every_sentence_with_an_example() -> None:
    listed = json.loads(CliRunner().invoke(app, ["steps", "--json"]).stdout)
    assert [(row["keyword"], row["example"]) for row in listed] == [
        (one.keyword, one.example) for one in SENTENCES
    ]
    for row, sentence in zip(listed, SENTENCES, strict=True):
        assert [slot["name"] for slot in row["slots"]] == [name for name, _ in sentence.slots]
        assert all(slot["takes"] for slot in row["slots"])
        file, line = row["where"].split(":")
        source = (paths.ROOT / "scenarios" / "steps" / file).read_text(encoding="utf-8").splitlines()
        assert any(mark in source[int(line) - 1] for mark in ("@given", "@when", "@then")), row["where"]
    text = CliRunner().invoke(app, ["steps"]).stdout
    assert all(one.shown in text and one.example in text for one in SENTENCES)


# --- no sentence is true of nothing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", CLAIMS, ids=told)
def test_where_no_visit_began_no_claim_holds(world: World, sentence: Sentence) -> None:
    world.before = None
    with pytest.raises(Unmet, match="まだ誰も手続を始めていない"):
        sentence.run(world=world, **sentence.values(sentence.example))


ABOUT_A_SUBJECT = [one for one in CLAIMS if one.needs is not Needs.VISIT]


@pytest.mark.parametrize("sentence", ABOUT_A_SUBJECT, ids=told)
def test_where_no_paper_or_receipt_came_out_nothing_is_claimed_of_it(
    world: World, sentence: Sentence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.steps.world.PATIENCE", 0.0)
    world.begin_visit()
    with pytest.raises(Unmet, match="用紙は一枚も出ていない|領収書はない"):
        sentence.run(world=world, **sentence.values(sentence.example))


TRUE_OF_NO_MOVE = {"お金も用紙も動いていない", "返却口は空である", "重大事象は記録されていない"}
"""What may be so of a visit in which nothing has happened yet; 画面に…と表示されない looks at the screen that stands there."""


@pytest.mark.parametrize(
    "sentence",
    [one for one in CLAIMS if one.needs is Needs.VISIT and one.pattern not in TRUE_OF_NO_MOVE and "表示されない" not in one.pattern],
    ids=told,
)  # fmt: skip
def test_of_a_visit_in_which_nothing_happened_only_that_is_claimed(
    world: World, sentence: Sentence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the top menu, with no card, no application and no coin."""
    monkeypatch.setattr("scenarios.driver.PATIENCE", 0.0)
    monkeypatch.setattr("scenarios.steps.world.PATIENCE", 0.0)
    monkeypatch.setattr(
        world.terminal, "wait_for", lambda *screens, **named: _there(world, screens), raising=True
    )
    world.begin_visit()
    with pytest.raises(AssertionError):
        sentence.run(world=world, **sentence.values(sentence.example))


def _there(world: World, screens: tuple[str, ...]) -> str:
    assert world.terminal.screen() in screens, screens
    return world.terminal.screen()


@pytest.mark.parametrize(
    ("text", "shown", "stands"),
    [
        ("0円", "250円", False),
        ("50円", "1,250円", False),
        ("250円", "250円", True),
        ("２５０円", "250円", True),
        ("Cert", "コード Certificate_Expired", False),
        ("Certificate_Expired", "コード Certificate_Expired", True),
        ("証明書", "印鑑登録証明書", False),
        ("印鑑登録", "印鑑登録がありません。", True),
        ("あと2回", "入力できるのは、あと2回です。", True),
        ("あと2回", "入力できるのは、あと12回です。", False),
        ("2回", "入力できるのは、あと12回です。", False),
        ("カード", "マイナンバーカード", False),
    ],
)
def test_a_text_stands_on_a_screen_as_whole_words_only(text: str, shown: str, stands: bool) -> None:
    assert stands_in(text, shown) is stands


# --- each slot takes only its words --------------------------------------------------------------------------------------

WRONG = {
    "card": ("六甲緑のカード", "六甲翠のカード"), "person": ("港太二", "港太一"), "people": ("港太一、港美浪", "港美波"),
    "names": ("悠斗、", ""), "members": ("「港太一」「港美浪」", "港美波"), "kind": ("　", ""), "certificate": ("　", ""), "whole": ("　", ""),
    "choice": ("　", ""), "typed": ("　", ""), "digits": ("　", ""), "setting": ("　", ""), "value": ("　", ""), "scope": ("私だけ", "本人だけ"), "answers": ("続柄を記載する", "続柄を「記載する」"),
    "receipt": ("印刷", "印刷する"), "failure": ("Holder_Decease", "Holder_Deceased"), "language": ("Englsh", "English"),
    "municipality": ("神戸", "神戸市"), "defect": ("署名後に目録を書き換えた", "署名後に目録を書き換える"), "shop": ("見本町店", "見本町一丁目店"), "text": ("　", ""),
    "yen": ("百", "250"), "money": ("255", "250"), "count": ("0", "1"), "copies": ("一", "1"), "seconds": ("1.5", "60"),
    "minutes": ("-1", "15"), "hours": ("0", "72"), "mm": ("15.5", "15"), "length": ("", "80"), "coin": ("200", "100"),
    "pieces": ("100円玉が2枚", "100円硬貨が2枚、50円硬貨が1枚"), "moment": ("令和8年13月5日22時59分", "令和8年6月5日22時59分"),
    "day": ("令和8年6月31日", "令和8年6月3日"), "fault": ("カードが消える", "カードが取り除かれる"), "since": ("カード", "カードの"), "turns": ("三", "3"),
    "outage_of": ("庁", "庁舎"), "alarm": ("連携の遅延", "連携の遅れ"), "receiver": ("事業", "事業者"),
    "seal_state": ("抑制", "抑止"), "rule": ("転出予定の方の世帯には交付しない", "転出予定の方のいる世帯には交付しない"),
}  # fmt: skip


@pytest.mark.parametrize("slot", SLOTS.values(), ids=lambda slot: slot.name)
def test_each_slot_refuses_an_unknown_word_with_the_nearest_known(slot: Slot) -> None:
    word, near = WRONG[slot.name]
    with pytest.raises(UnknownWord) as refused:
        slot.read(word)
    assert near in refused.value.near or not near
    assert slot.label in str(refused.value) or refused.value.word != word
    assert near in str(refused.value)


def test_every_slot_is_used() -> None:
    assert {slot.name for one in SENTENCES for _, slot in one.slots} == set(SLOTS)


@pytest.mark.parametrize(
    ("slot", "word", "value"),
    [
        ("card", "六甲翠", "六甲翠のカード"),
        ("card", "六甲　翠", "六甲翠のカード"),
        ("card", "六甲翠の期限切れ", "六甲翠の期限切れのカード"),
        ("card", "御影直樹のiPhone", "御影直樹のiPhone"),
        ("people", "港太一、港美波", ["港太一", "港美波"]),
        ("members", "「港太一」「港美波」", ["港太一", "港美波"]),
        ("members", "「港太一、港美波」", ["港太一", "港美波"]),
        ("yen", "１，０００", 1000),
        ("yen", "0", 0),
        ("coin", "５００", 500),
        ("pieces", "1000円札が1枚、100円硬貨が２枚", {1000: 1, 100: 2}),
        ("moment", "令和元年5月1日0時00分", "2019-05-01T00:00:00+09:00"),
        ("moment", "２０２６年６月５日２２時５９分", "2026-06-05T22:59:00+09:00"),
        ("moment", "西暦2026年6月5日22時59分", "2026-06-05T22:59:00+09:00"),
        ("fault", "カードが「6985」を返す", {"effect": "status", "status": 0x6985}),
        ("turns", "3、5、7", [3, 5, 7]),
        ("answers", "続柄を「記載する」", {"続柄": "記載する"}),
        (
            "answers",
            "年度を「令和7年度」、使用目的を「年金・手当」",
            {"年度": "令和7年度", "使用目的": "年金・手当"},
        ),
        ("scope", "世帯全員", ForWhom(whole="世帯全員")),
        ("scope", "戸籍の全員", ForWhom(whole="戸籍の全員")),
        ("scope", "本人だけ", ForWhom()),
        ("scope", "「港太一、港美波」だけ", ForWhom(people=("港太一", "港美波"))),
        ("kind", "所得・課税証明書", "所得・課税証明書"),
    ],
)
def test_what_a_slot_reads(slot: str, word: str, value: object) -> None:
    read = SLOTS[slot].read(word)
    assert (read.isoformat() if slot == "moment" else read) == value


@pytest.mark.parametrize(
    ("slot", "word"),
    [
        ("card", "六甲翠の"),
        ("card", "六甲"),
        ("people", "港太一、港太一"),
        ("people", "港太一、"),
        ("moment", "平成31年5月1日0時00分"),
        ("moment", "26年6月5日22時59分"),
        ("moment", "元年6月5日22時59分"),
        ("pieces", "1000円硬貨が1枚"),
        ("yen", "1,00"),
        ("fault", "カードが「6f00」を返す"),
        ("failure", "Cert"),
        ("scope", "「港太一」"),
        ("scope", "港太一だけ"),
        ("answers", "続柄を「記載する」、続柄を「記載しない」"),
        ("answers", "続柄を「」"),
    ],
)
def test_what_only_looks_right_is_refused(slot: str, word: str) -> None:
    with pytest.raises(UnknownWord):
        SLOTS[slot].read(word)


def test_a_sentence_that_nobody_knows_gets_the_nearest_with_its_own_words() -> None:
    assert find("when", "「港太一のカード」で本人確認をする") is None
    assert alike("when", "「港太一のカード」で本人確認をする")[0] == "「港太一のカード」で本人確認を済ませる"
    assert nearest("六甲緑のカード", ["六甲翠のカード", "港渚のカード"])[0] == "六甲翠のカード"


def test_the_shipped_features_have_nothing_to_be_told() -> None:
    assert check(feature_files([paths.FEATURES])) == []
    assert set(KEYWORDS) == {one.kind for one in SENTENCES}
