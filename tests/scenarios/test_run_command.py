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

from scenarios import places
from scenarios.leaks import leaks
from scenarios.stage_secrets import StageSecret, stage_secrets
from scenarios.steps.world import wrong_pin
from scenarios.template import PIN, template_folder
from server_stub.interface.secret import Secret
from tests.evidence.helper import embedded
from tests.evidence.plain import english
from tests.scenarios import spy

pytestmark = pytest.mark.xdist_group("commands")
VISIT = """# language: ja
機能: 試し
  シナリオ: {title}
    前提 キオスク端末が待機している
    もし 「六甲翠のカード」を置く
    ならば 画面に「{text}」と表示される
"""


def konbini(
    *arguments: str, cwd: Path = places.ROOT, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(places.ROOT),
            "KONBINI_HOME": str(places.home()),
            **(more or {}),
        },
        check=False,
    )


def last_line(result: subprocess.CompletedProcess[str]) -> str:
    return result.stdout.strip().splitlines()[-1]


def test_a_run_that_passes_ends_with_0_and_writes_junit(tmp_path: Path) -> None:
    feature = tmp_path / "good.feature"
    feature.write_text(VISIT.format(title="読める", text="どちらの証明書"), encoding="utf-8")
    result = konbini("run", str(feature), "--junit", str(tmp_path / "junit.xml"))
    assert (result.returncode, last_line(result)) == (0, "1 passed, 0 failed"), result.stdout + result.stderr
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_a_run_that_fails_ends_with_1_tells_why_and_keeps_evidence_unasked(tmp_path: Path) -> None:
    feature = tmp_path / "bad.feature"
    feature.write_text(VISIT.format(title="読めない", text="このような文はない"), encoding="utf-8")
    result = konbini("run", str(feature), cwd=tmp_path)
    assert (result.returncode, last_line(result)) == (1, "0 passed, 1 failed"), result.stdout + result.stderr
    assert "このような文はない" in result.stdout
    pages = list((tmp_path / "evidence").glob("*.html"))
    assert len(pages) == 1 and "このような文はない" in pages[0].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [("run", "no/such/folder"), ("run", "-k", "そのようなシナリオはない"), ("run", "--reader", "smoke")],
    ids=["no such path", "nothing matched", "unknown reader"],
)
def test_wrong_use_ends_with_2_and_a_sentence(arguments: tuple[str, ...]) -> None:
    result = konbini(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr + result.stdout


@dataclass(frozen=True)
class Evidence:
    """The pages of a run: a visit whose paper carries a 個人番号, and one with a wrong PIN. `made`: what the terminal and the
    centre made anew for these visits."""

    visit: str
    wrong_pin: str
    overview: str
    made: tuple[StageSecret, ...]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("evidence")
    spied = folder / "spied.jsonl"
    result = konbini(
        "run", "-k", "個人番号を記載した写し or 残り回数が表示される", "--evidence", str(folder),
        more={"PYTEST_PLUGINS": "tests.scenarios.spy", spy.FILE: str(spied)},
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    (visit,) = folder.glob("*個人番号*.html")
    (wrong,) = folder.glob("*残り回数*.html")
    made = [json.loads(line) for line in spied.read_text(encoding="utf-8").splitlines()]
    return Evidence(
        visit.read_text(encoding="utf-8"),
        wrong.read_text(encoding="utf-8"),
        (folder / "index.html").read_text(encoding="utf-8"),
        tuple(StageSecret(f"{what} of a visit", Secret(value)) for what, value in made),
    )


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


def test_no_secret_of_the_stage_is_in_the_evidence_or_in_anything_it_carries(evidence: Evidence) -> None:
    """PINs, passwords, 照合番号 and 個人番号 of everybody, keys of terminals and nodes, private keys, and what was made anew
    for these visits: in the pages, and in every embedded object, decoded and unpacked (scenarios.leaks, which
    test_leaks shows able to find each)."""
    wanted = [
        *stage_secrets(template_folder(), places.home() / "test-keys"),
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


def test_the_lists_are_complete_json() -> None:
    cards = json.loads(konbini("card", "list", "--json").stdout)
    assert all(card["name"] and card["purpose"] for card in cards) and len(cards) >= 24
    failures = json.loads(konbini("failures", "--json").stdout)
    assert all({"name", "cause", "remedy", "scenario"} <= set(row) for row in failures)


def test_the_flow_is_told_as_a_table_and_as_a_diagram() -> None:
    table = konbini("flow")
    assert table.returncode == 0 and "TakeCard" in table.stdout
    diagram = konbini("flow", "--mermaid")
    assert diagram.stdout.startswith("stateDiagram-v2")


def test_the_doctor_names_what_is_there() -> None:
    result = konbini("doctor", "--json")
    found = {row["name"]: row for row in json.loads(result.stdout)}
    assert found["フォント IPAmj明朝"]["found"] and found["フォント BIZ UDPGothic"]["found"]
    assert all(row["remedy"] for row in found.values() if not row["found"])
