"""Testers' own tags choose scenarios, beside pytest's strict markers; a wrong one is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from scenarios import paths
from tests.command_line import konbini as told_here
from tests.scenarios.test_run_command import konbini, last_line

pytestmark = pytest.mark.xdist_group("commands")
FEATURE = """# language: ja
@神戸 @v1.2-a
機能: 札
  @急ぎ
  シナリオ: 札つき
    前提 キオスク端末が待機している
    もし 「六甲翠」を置く
    ならば 画面に「どちらの証明書」と表示される
  シナリオ: 札なし
    前提 キオスク端末が待機している
    もし 「六甲翠」を置く
    ならば 画面に「0円」と表示される
  シナリオアウトライン: 札の表
    前提 キオスク端末が待機している
    もし 「<カード>」を置く
    ならば 画面に「どちらの証明書」と表示される
    @遅い
    例:
      | カード |
      | 六甲翠 |
    例:
      | カード |
      | 港太一 |
"""


TOWNS = """# language: ja
機能: 町ごとの場面
  シナリオ: 神戸市の人
    前提 キオスク端末が待機している
    もし 「六甲翠のカード」で本人確認を済ませる
    ならば 「印鑑登録証明書」は選べる
  @見本市
  シナリオ: 見本市の人
    前提 キオスク端末が待機している
    もし 「試験一郎のカード」で本人確認を済ませる
    ならば 「印鑑証明書」は選べる
  シナリオ: また神戸市の人
    前提 キオスク端末が待機している
    もし 「六甲翠のカード」で本人確認を済ませる
    ならば 「印鑑登録証明書」は選べる
"""


def test_a_towns_name_as_a_tag_sets_the_scenario_in_that_town(tmp_path: Path) -> None:
    file = tmp_path / "町.feature"
    file.write_text(TOWNS, encoding="utf-8")
    result = konbini("run", str(file), cwd=tmp_path)
    assert (result.returncode, last_line(result)) == (0, "3 passed, 0 failed"), result.stdout + result.stderr


def test_and_its_people_are_known_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "町.feature"
    file.write_text(TOWNS.replace("  @見本市\n", ""), encoding="utf-8")
    result = told_here("run", str(file), cwd=tmp_path)
    assert result.code == 2 and "「試験一郎のカード」はカードの名前ではありません" in result.err


def run(
    folder: Path, *arguments: str, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    file = folder / "札.feature"
    file.write_text(FEATURE, encoding="utf-8")
    return konbini("run", str(file), *arguments, cwd=folder, more=more)


CHOICES = {
    "札つき": {"tags": "急ぎ"},
    "札つき、札の表[港太一]": {"tags": "v1.2-a and not 遅い", "keyword": "札つき or 札の表"},
    "札つき、札なし": {"keyword": "札つ or 札な"},
    "札なし": {"keyword": "シナリオ: 「札　なし」"},
    "札の表[六甲翠]": {"keyword": "札の表（六甲翠）"},
}
TOLD_BY_A_RUN = """import sys
from pathlib import Path
from scenarios.command.running import run_scenarios
for choice in {choices!r}:
    print("--", run_scenarios([Path("札.feature")], **choice), file=sys.stderr)
"""


def test_a_tag_a_name_and_a_pasted_title_choose_their_scenarios(tmp_path: Path) -> None:
    """Told by runs that are kept from beginning, all in one process."""
    (tmp_path / "札.feature").write_text(FEATURE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", TOLD_BY_A_RUN.format(choices=list(CHOICES.values()))],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=True,
        env=os.environ | {"PYTHONPATH": str(paths.ROOT), "KONBINI_HOME": str(paths.home()), "PYTEST_ADDOPTS": "--collect-only"},
    )  # fmt: skip
    told = re.findall(r"実行されなかったシナリオがあります: (.*)", done.stderr)
    assert told == list(CHOICES), done.stderr
    assert re.findall(r"-- (\d)", done.stderr) == ["2"] * len(CHOICES), (
        "a run in which nothing was run is no pass"
    )


def test_what_a_tag_chose_is_run_and_nothing_else(tmp_path: Path) -> None:
    result = run(tmp_path, "-t", "@急ぎ or @遅い")
    assert (result.returncode, last_line(result)) == (0, "2 passed, 0 failed"), result.stdout + result.stderr


@pytest.mark.parametrize(
    ("expression", "told"),
    [("急", "もしかして: 急ぎ"), ("急ぎ and", "--tag の式「急ぎ and」を読み取れません")],
)
def test_a_tag_that_nobody_has_and_an_expression_that_is_none_are_told(
    expression: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "札.feature").write_text(FEATURE, encoding="utf-8")
    result = told_here("run", "札.feature", "--tag", expression, cwd=tmp_path)
    assert result.code == 2 and told in result.err and "Traceback" not in result.err


def test_a_feature_that_cannot_be_run_as_it_stands_starts_nothing(tmp_path: Path) -> None:
    file = tmp_path / "誤り.feature"
    file.write_text(
        FEATURE.replace("シナリオ: 札なし", "シナリオ：札なし").replace("港太一", "港太二"), encoding="utf-8"
    )
    result = told_here("run", str(file), cwd=tmp_path)
    assert result.code == 2 and "○" not in result.out
    assert "誤り.feature 9行目: コロンが全角です" in result.err and "23行目: 「港太二」" in result.err
