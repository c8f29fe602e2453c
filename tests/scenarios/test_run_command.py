"""`konbini run` as a tester uses it: exit codes, the last line, JUnit, and evidence that holds no secret."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scenarios import paths
from scenarios.leaks import leaks
from scenarios.stage_secrets import StageSecret, stage_secrets
from scenarios.steps.world import wrong_pin
from scenarios.template import PIN, template_folder
from server_stub.interface.secret import Secret
from tests.evidence.helper import embedded
from tests.evidence.plain import english
from tests.scenarios import mischief, spy

pytestmark = [pytest.mark.xdist_group("commands"), pytest.mark.timeout(180)]


def konbini(
    *arguments: str, cwd: Path = paths.ROOT, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=170,
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(paths.ROOT),
            "KONBINI_HOME": str(paths.home()),
            **(more or {}),
        },
        check=False,
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout.strip().splitlines()[-1]


@dataclass(frozen=True)
class Run:
    """A run of one scenario for each thing that can go wrong (tests.scenarios.mischief), on two workers, and what it left."""

    result: subprocess.CompletedProcess[str]
    folder: Path
    cases: dict[str, ElementTree.Element]
    pages: dict[str, str]

    def line(self, name: str) -> list[str]:
        """What the command line told of that scenario."""
        lines = self.result.stdout.splitlines()
        (at,) = (n for n, line in enumerate(lines) if line[2:].startswith(f"{name}  "))
        rest = lines[at + 1 :]
        return [lines[at], *rest[: next(n for n, line in enumerate(rest) if not line.startswith("    "))]]


WENT_WRONG = {*mischief.MISCHIEF, mischief.UNDEFINED} - {"画面が止まる", "途中で飛ばす"}
SENTENCES = """    前提 キオスク端末が待機している
    もし 同意してカードの画面へ進む
    ならば 画面に「マイナンバーカードを置いてください」と表示される
    かつ 重大事象は記録されていない
"""


def pages_in(folder: Path) -> dict[str, str]:
    """The evidence pages by the scenario they name."""
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.html") if path.name != "index.html"]
    return {re.search(r"<h1>(.*)</h1>", text)[1]: text for text in texts}  # type: ignore[index]


def cases_in(file: Path) -> dict[str, ElementTree.Element]:
    return {str(case.get("name")): case for case in ElementTree.parse(file).getroot().iter("testcase")}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("run")
    names = [mischief.GOOD, *mischief.MISCHIEF, mischief.UNDEFINED]
    text = "# language: ja\n機能: 終わり方\n" + "".join(f"  シナリオ: {name}\n{SENTENCES}" for name in names)
    text += f"  シナリオアウトライン: 例\n{SENTENCES.replace('マイナンバーカードを置いてください', '<文>')}    例:\n      | 文 |\n"
    text += "      | マイナンバーカードを置いてください |\n      | このような文はない |\n"
    (folder / "ends.feature").write_text(text, encoding="utf-8")
    result = konbini(
        "run", "ends.feature", "--jobs", "2", "--junit", "junit.xml", cwd=folder,
        more={"PYTEST_PLUGINS": "tests.scenarios.mischief"},
    )  # fmt: skip
    return Run(result, folder, cases_in(folder / "junit.xml"), pages_in(folder / "evidence"))


def test_whatever_goes_wrong_in_a_scenario_is_a_failure_everywhere(run: Run) -> None:
    told = run.result.stdout + run.result.stderr
    wrong = {*WENT_WRONG, "例（このような文はない）"}
    assert (run.result.returncode, last_line(run.result)) == (
        1,
        f"3 passed, {len(wrong)} failed, 1 skipped",
    ), told
    assert set(run.pages) == wrong, "evidence of every failure is kept unasked, and none of what passed"
    index = (run.folder / "evidence" / "index.html").read_text(encoding="utf-8")
    for name in wrong:
        assert run.line(name)[0].startswith("×"), name
        assert '<div class="stamp failed">不合格</div>' in run.pages[name], name
        assert "合格" not in run.pages[name].replace("不合格", ""), name
        assert run.cases[name].find("failure") is not None and run.cases[name].get("classname") == "終わり方"
    assert index.count('<span class="mark failed">不合格</span>') == len(wrong)
    assert index.count('<span class="mark passed">合格</span>') == 3
    assert "不合格あり" in index and "全件合格" not in index


def test_the_command_line_tells_why_in_three_lines_without_a_traceback(run: Run) -> None:
    where, why, page = (line.strip() for line in run.line("例（このような文はない）")[1:])
    assert re.fullmatch(r"ends\.feature:\d+　ならば　画面に「このような文はない」と表示される", where)
    assert why.startswith("期待: ") and "カードを置く" in why
    assert (run.folder / page.removeprefix("証跡: ")).is_file()
    assert (
        run.line(mischief.UNDEFINED)[1]
        .strip()
        .endswith("　ならば　画面に「マイナンバーカードを置いてください」と表示される")
    )
    assert (
        "後片付け" not in run.line("後片付けに失敗する")[1]
        and "the disk is gone" in run.line("後片付けに失敗する")[2]
    )
    assert "Traceback" not in run.result.stdout + run.result.stderr
    assert ".py:" not in run.result.stdout.replace("test_run_command", "")


def test_a_secret_left_behind_fails_by_name_and_is_shown_nowhere(run: Run) -> None:
    """In the trace, in what was printed, in an error's text, in a paper that the trace kept."""
    found = {
        "暗証番号が記録に残る": "jpki 0018",
        "個人番号が出力に残る": "標準出力",
        "個人番号が例外に残る": "エラーの文",
        "個人番号が紙で残る": ".pdf ファイル",
    }
    files = {path: path.read_text(encoding="utf-8") for path in (run.folder / "evidence").iterdir()}
    files[run.folder / "junit.xml"] = (run.folder / "junit.xml").read_text(encoding="utf-8")
    wanted = [StageSecret("個人番号", Secret(mischief.my_number())), StageSecret("暗証番号", PIN)]
    for name, where in found.items():
        assert "秘密" in run.pages[name] or "個人番号" in run.pages[name]
        assert where in run.pages[name] and "残っていたもの" in run.pages[name], name
    for path, text in files.items():
        assert leaks(text, wanted) == [], path
    assert leaks(run.result.stdout + run.result.stderr, wanted) == []


def test_a_screen_that_stood_still_is_a_warning_that_names_its_place(run: Run) -> None:
    mark, warning = run.line("画面が止まる")
    assert mark.startswith("○") and "注意: 端末の画面「カードを置く」が" in warning
    assert "mischief.py の" in warning and "行目" in warning


def test_a_second_run_into_the_folder_shows_itself_alone(run: Run) -> None:
    """And with --strict-screen a standstill fails."""
    evidence = run.folder / "evidence"
    (evidence / "自分の.html").write_text("<p>mine</p>", encoding="utf-8")
    result = konbini(
        "run", "ends.feature", "-k", "画面が止まる", "--strict-screen", "--verbose", "--evidence", "evidence",
        cwd=run.folder, more={"PYTEST_PLUGINS": "tests.scenarios.mischief"},
    )  # fmt: skip
    assert (result.returncode, last_line(result)) == (1, "0 passed, 1 failed"), result.stdout + result.stderr
    assert "ScenarioFailure" in result.stdout, "--verbose tells the error as it was raised"
    (page,) = (path for path in evidence.glob("ends*.html"))
    assert "100 ミリ秒より長く止まらないこと" in page.read_text(encoding="utf-8")
    assert (evidence / "自分の.html").read_text(encoding="utf-8") == "<p>mine</p>"
    index = (evidence / "index.html").read_text(encoding="utf-8")
    assert index.count("<a href=") == 1 and "<b>1</b>" in index


def test_a_run_that_nothing_matches_ends_with_2_and_the_nearest_title(run: Run) -> None:
    result = konbini("run", "ends.feature", "-k", "画面が泊まる", cwd=run.folder)
    assert (result.returncode, last_line(result)) == (2, "0 passed, 0 failed")
    assert "条件に合うシナリオがありません。もしかして: 画面が止まる" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


@dataclass(frozen=True)
class Evidence:
    """What a run left that passed: a visit whose paper carries a 個人番号, and one with a wrong PIN. `made`: what the terminal and the
    centre made anew for these visits."""

    result: subprocess.CompletedProcess[str]
    junit: ElementTree.Element
    visit: str
    wrong_pin: str
    overview: str
    made: tuple[StageSecret, ...]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("evidence")
    spied = folder / "spied.jsonl"
    result = konbini(
        "run", "-k", "(世帯の一人だけ and 個人番号を記載した写し) or 残り回数が表示される", "--evidence", str(folder),
        "--junit", str(folder / "junit.xml"), more={"PYTEST_PLUGINS": "tests.scenarios.spy", spy.FILE: str(spied)},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    (visit,) = folder.glob("*一人だけ*個人番号*.html")
    (wrong,) = folder.glob("*残り回数*.html")
    made = [json.loads(line) for line in spied.read_text(encoding="utf-8").splitlines()]
    return Evidence(
        result,
        ElementTree.parse(folder / "junit.xml").getroot(),
        visit.read_text(encoding="utf-8"),
        wrong.read_text(encoding="utf-8"),
        (folder / "index.html").read_text(encoding="utf-8"),
        tuple(StageSecret(f"{what} of a visit", Secret(value)) for what, value in made),
    )


def test_a_run_that_passes_ends_with_0_and_writes_junit(evidence: Evidence) -> None:
    assert (evidence.result.returncode, last_line(evidence.result)) == (0, "2 passed, 0 failed")
    assert (evidence.junit.get("tests"), evidence.junit.get("failures")) == ("2", "0")
    assert {suite.get("name") for suite in evidence.junit} == {"住民票の写しの交付", "暗証番号"}


def test_the_evidence_of_a_visit_shows_every_step_with_its_picture_and_the_paper(evidence: Evidence) -> None:
    sentences = [
        "キオスク端末が待機している",
        "「港太一のカード」で本人確認を済ませる",
        "250円を入れる",
        "個人番号が記載されている",
    ]
    for sentence in sentences:
        assert sentence in evidence.visit
    pictures = [kind for kind, _body in embedded(evidence.visit)]
    assert len(pictures) >= 12 + 2, "a picture a step, and both sides of the sheet"
    for screen in (
        "ご利用前の確認",
        "カードを置く",
        "住所地・本籍地の選択",
        "暗証番号の入力",
        "カードをお取りください",
    ):
        assert re.search(rf"<figcaption>\d　{screen}</figcaption>", evidence.visit), (
            "a screen that a step only passes"
        )
    for server in ("認証局", "センター", "発行サーバ"):
        assert server in evidence.visit


def test_the_step_in_which_money_is_dropped_shows_the_amount_put_in(evidence: Evidence) -> None:
    """The screen before has 0 yen; the two are not the same picture."""
    before, dropped = (
        re.findall(
            r'<img src="([^"]+)" alt="手順 \d+ の画面"[^>]*></button>\s*<figcaption>(.*?)</figcaption>', part
        )[0]
        for part in evidence.visit.split('<section class="step"')
        if re.search(r"</span>(内容を確認して申し込む|250円を入れる)</span>", part)
    )
    assert before[1] == dropped[1] == "お支払い" and before[0] != dropped[0]


def test_no_secret_of_the_stage_is_in_the_evidence_or_in_anything_it_carries(evidence: Evidence) -> None:
    """PINs, passwords, 照合番号 and 個人番号 of everybody, keys of terminals and nodes, private keys, and what was made anew
    for these visits: in the pages, and in every embedded object, decoded and unpacked (scenarios.leaks, which
    test_leaks shows able to find each)."""
    wanted = [
        *stage_secrets(template_folder(), paths.home() / "test-keys"),
        StageSecret("the wrong PIN that was entered", Secret(wrong_pin(PIN))),
        *evidence.made,
    ]
    assert {"nonce of a visit", "signature of a visit", "idempotency key of a visit"} <= {
        s.what for s in wanted
    }
    for page in (evidence.visit, evidence.wrong_pin, evidence.overview):
        assert leaks(page, wanted) == []
    for page in (evidence.visit, evidence.wrong_pin):
        assert "VERIFY" in page, "the card's events are there, only their bodies are not"


def test_the_evidence_of_a_visit_reads_japanese(evidence: Evidence) -> None:
    """Whatever stands on the page but identifiers, codes, versions and requests (tests.evidence.plain)."""
    for page in (evidence.visit, evidence.wrong_pin, evidence.overview):
        assert english(page) == []
    assert 'title="transition"' in evidence.visit, "engineers find the names all the same"
