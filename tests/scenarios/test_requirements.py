"""Every requirement that is said to be built is shown by a scenario (or, where none can, by a test), and the command tells so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios import paths
from scenarios.cli import app
from scenarios.command import requirements as command
from scenarios.feature_check import check, feature_files
from scenarios.last_verdicts import remember
from scenarios.requirements import FILE, Case, cases, load_requirements
from scenarios.verdict import FAILED, PASSED, SKIPPED
from server_stub.interface.failures import Failed
from tests.evidence.helper import verdict
from tests.scenarios.test_run_command import konbini, last_line

SHIPPED = feature_files([paths.FEATURES])
FEATURE = """# language: ja
@要件-住記-5.1-02
機能: 要件の札
  シナリオ: 札つき
    前提 キオスク端末が待機している
    もし 同意してカードの画面へ進む
    ならば 画面に「マイナンバーカード」と表示される
  @要件-住記-5.1-09
  シナリオアウトライン: 表つき
    前提 キオスク端末が待機している
    もし 「<カード>」を置く
    ならば 画面に「どちらの証明書」と表示される
    例:
      | カード |
      | 六甲翠 |
    @要件-住記-5.5-01
    例:
      | カード |
      | 港太一 |
"""


@pytest.fixture
def feature(tmp_path: Path) -> Path:
    file = tmp_path / "要件の札.feature"
    file.write_text(FEATURE, encoding="utf-8")
    return file


# --- what is shipped -----------------------------------------------------------------------------------------------------


def test_every_requirement_that_is_built_has_a_scenario_or_a_test() -> None:
    assert [row.requirement.id for row in command.uncovered(command.rows())] == []


def test_every_tag_of_a_requirement_names_one() -> None:
    named = {id_ for case in cases(SHIPPED) for id_ in case.ids}
    assert named, "no scenario names a requirement"
    assert named - load_requirements().keys() == set()


def test_what_has_a_scenario_is_said_to_be_built() -> None:
    early = [row.requirement.id for row in command.rows() if row.cases and not row.requirement.built]
    assert early == []


def test_the_tests_that_requirements_name_are_there() -> None:
    missing = set()
    for one in load_requirements().values():
        for told in one.tests:
            file, _, name = told.partition("::")
            path = paths.ROOT / file
            if not path.is_file() or f"def {name}(" not in path.read_text(encoding="utf-8"):
                missing.add(told)
    assert missing == set()


def test_the_scenarios_of_the_requirements_are_all_that_are_shipped() -> None:
    """Counted by the lines of the text, without the parser that the requirements use."""
    from scenarios.feature_check import declared

    assert len(cases(SHIPPED)) == sum(declared(file.read_text(encoding="utf-8")) for file in SHIPPED)


# --- what would be wrong -------------------------------------------------------------------------------------------------


def with_change(tmp_path: Path, old: str, new: str) -> Path:
    text = FILE.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    file = tmp_path / "requirements.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return file


def told_with(file: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(command, "load_requirements", lambda: load_requirements(file))
    result = CliRunner().invoke(app, ["requirements"])
    return result.exit_code, result.stdout


def test_a_built_requirement_that_nothing_shows_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = 'chapter = "連携"\ntext = "新しい要件。"\nsource = "仮の出典"\nproved = false\nbuilt = true\n'
    first = "\n[[requirement]]\nid = "
    text = FILE.read_text(encoding="utf-8")
    file = tmp_path / "requirements.toml"
    file.write_text(f'{text}{first}"仮-01"\n{body}', encoding="utf-8")
    code, out = told_with(file, monkeypatch)
    assert code == 1
    assert "【確認なし】 仮-01" in out and "確かめるものがない要件: 仮-01" in out
    assert "仮の出典（推定）" in out
    assert told_with(FILE, monkeypatch)[0] == 0


def test_an_id_twice_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failed) as raised:
        load_requirements(with_change(tmp_path, '"住記-5.1-03"', '"住記-5.1-02"'))
    assert raised.value.facts["expected"] == "ほかと重ならない ID"


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("要件-住記-5.1-99", "タグ「@要件-住記-5.1-99」の要件はありません。もしかして: @要件-住記-5.1-"),
        ("要件住記-5.1-02", "もしかして: @要件-住記-5.1-02"),
        ("要件", "タグ「@要件」の要件はありません。"),
        ("要件-ﾃｽﾄ", "konbini requirements で一覧できます"),
    ],
)
def test_a_tag_that_names_no_requirement_is_told_with_its_line(feature: Path, tag: str, told: str) -> None:
    assert check([feature]) == []
    feature.write_text(FEATURE.replace("要件-住記-5.1-09", tag), encoding="utf-8")
    (problem,) = check([feature])
    assert problem.line == 8 and told in str(problem)


# --- which scenarios, and what became of them ----------------------------------------------------------------------------


def test_tags_of_feature_outline_and_examples_count_for_what_stands_under_them(feature: Path) -> None:
    assert {case.title: case.ids for case in cases([feature])} == {
        "札つき": ("住記-5.1-02",),
        "表つき（六甲翠）": ("住記-5.1-02", "住記-5.1-09"),
        "表つき（港太一）": ("住記-5.1-02", "住記-5.1-09", "住記-5.5-01"),
    }


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONBINI_HOME", str(tmp_path / "home"))


def states(file: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr(command, "FEATURES", file)
    return {row.requirement.id: row.state for row in command.rows() if row.cases}


def judged(case: Case, outcome: str) -> None:
    remember(
        [
            verdict(
                outcome=outcome,
                file=str(case.file),
                scenario=case.scenario,
                example=case.example,
                line=case.line,
            )
        ]
    )


@pytest.mark.usefixtures("own_home")
def test_a_requirement_has_passed_only_when_all_its_scenarios_have(
    feature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = cases([feature])
    judged(first, PASSED)
    judged(second, PASSED)
    assert states(feature, monkeypatch) == dict.fromkeys(
        ("住記-5.1-02", "住記-5.1-09", "住記-5.5-01"), "not_run"
    )
    judged(third, SKIPPED)
    assert states(feature, monkeypatch)["住記-5.5-01"] == "not_run"
    judged(third, PASSED)
    judged(first, SKIPPED)  # with another reader
    assert set(states(feature, monkeypatch).values()) == {"passed"}
    judged(second, FAILED)
    assert states(feature, monkeypatch) == {
        "住記-5.1-02": "failed",
        "住記-5.1-09": "failed",
        "住記-5.5-01": "passed",
    }


@pytest.mark.usefixtures("own_home")
def test_a_verdict_of_another_text_is_none_of_this_scenario(
    feature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for case in cases([feature]):
        judged(case, PASSED)
    feature.write_text(FEATURE.replace("同意してカードの画面へ進む", "「六甲翠」を置く"), encoding="utf-8")
    assert states(feature, monkeypatch) == {
        "住記-5.1-02": "not_run",
        "住記-5.1-09": "passed",
        "住記-5.5-01": "passed",
    }


@pytest.mark.usefixtures("own_home")
def test_the_command_tells_rule_scenarios_and_verdicts_as_json(
    feature: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(cases([feature])[2], FAILED)
    monkeypatch.setattr(command, "FEATURES", feature)
    told = json.loads(CliRunner().invoke(app, ["requirements", "--json"]).stdout)
    assert [one["id"] for one in told] == list(load_requirements())
    (row,) = (one for one in told if one["id"] == "住記-5.5-01")
    assert row["state"] == "failed" and row["proved"] is True and "5.5" in row["source"]
    (scenario,) = row["scenarios"]
    assert (scenario["scenario"], scenario["outcome"], scenario["line"]) == ("表つき（港太一）", "failed", 9)
    assert scenario["at"]


@pytest.mark.xdist_group("commands")
@pytest.mark.timeout(180)
def test_a_run_keeps_what_became_of_its_scenarios(
    feature: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = konbini("run", str(feature), "--tag", "要件-住記-5.1-09", cwd=tmp_path)
    assert (result.returncode, last_line(result)) == (0, "2 passed, 0 failed"), result.stdout + result.stderr
    assert states(feature, monkeypatch) == {
        "住記-5.1-02": "not_run",
        "住記-5.1-09": "passed",
        "住記-5.5-01": "passed",
    }
