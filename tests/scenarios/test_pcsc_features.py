"""The same scenarios over a private PC/SC service, in a process of its own: libpcsclite keeps to the first service it saw."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from scenarios import paths
from tests.long import LONG

pytestmark = pytest.mark.timeout(180)
COMMANDS = pytest.mark.xdist_group("commands")
ORDINARY = "世帯全員の写しを一度に受け取る or 暗証番号を間違えると残り回数が表示される or カードを置き忘れる"
TROUBLES = (
    "サービスが止まっていると断られ or リーダが外され or 別のプログラムがカードを使っている or 署名の途中で"
    " or 間違えたあと and 照合済み"
)
SOME = "カードが離れる and 読み取り or カードが黙る or 照合が取り消され or 61xx or 壊れる"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "run", "--reader", *arguments],
        capture_output=True,
        text=True,
        timeout=170,
        cwd=paths.ROOT,
        env={**os.environ, "KONBINI_HOME": str(paths.home())},
        check=False,
    )


def passed(result: subprocess.CompletedProcess[str]) -> int:
    """How many; all that ran, and none was skipped."""
    told = result.stdout + result.stderr
    assert result.returncode == 0, told
    last = result.stdout.strip().splitlines()[-1]
    assert last.endswith(" passed, 0 failed"), told
    return int(last.split()[0])


@COMMANDS
def test_visits_are_the_same_through_the_service_and_its_troubles_have_their_names() -> None:
    assert passed(run("pcsc", "-k", f"{ORDINARY} or {TROUBLES}")) == 8


@COMMANDS
@pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1); `make test` makes some of them")
def test_every_trouble_of_the_reader_has_its_name_and_a_way_on() -> None:
    assert passed(run("pcsc", str(paths.FEATURES / "12_カードリーダ.feature"))) >= 10


@pytest.mark.xdist_group("pcsc faults")  # the longest of them: on a worker of its own
def test_faults_on_the_cards_edge_are_the_same_through_the_service() -> None:
    """Feature 14 but what only a line of the stage's own can garble: one or two of each kind of fault, all in `make fuzz`."""
    result = run(
        "pcsc", str(paths.FEATURES / "14_カードとのやり取り.feature"), *(() if LONG else ("-k", SOME))
    )
    told = result.stdout + result.stderr
    assert result.returncode == 0, told
    lines = result.stdout.strip().splitlines()
    skipped = [line for line in lines if line.startswith("－")]
    assert lines[-1] == f"{12 if LONG else 5} passed, 0 failed, {len(skipped)} skipped", told
    assert len(skipped) == (3 if LONG else 1) and all("--reader virtual" in line for line in skipped)


@COMMANDS
def test_without_the_service_its_scenarios_are_skipped_by_name_and_a_run_of_them_alone_is_no_pass() -> None:
    result = run("virtual", str(paths.FEATURES / "12_カードリーダ.feature"))
    assert result.returncode == 2, result.stdout + result.stderr
    assert "一つも実施されていません" in result.stderr
    first, *_, last = result.stdout.strip().splitlines()
    assert "－ サービスが止まっていると断られ、復旧すれば受け取れる" in first and "--reader pcsc" in first
    assert last.startswith("0 passed, 0 failed, ") and last.endswith(" skipped")
