"""`konbini run` that is broken into: what was judged is told, what was not is named, and nothing says that it passed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import pytest

from scenarios import paths
from tests.scenarios import interrupt

pytestmark = [pytest.mark.xdist_group("commands"), pytest.mark.timeout(180)]
HEAD = "# language: ja\n機能: 試し\n"
SCENARIO = """  シナリオ: {name}
    前提 キオスク端末が{where}待機している
    もし 「六甲翠のカード」を置く
    ならば 画面に「どちらの証明書」と表示される
"""


def konbini_run(
    folder: Path, *scenarios: str, where: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    text = HEAD + "".join(SCENARIO.format(name=name, where=(where or {}).get(name, "")) for name in scenarios)
    (folder / "試し.feature").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "run", "試し.feature", "--evidence", "e", "--junit", "j.xml"],
        capture_output=True,
        text=True,
        timeout=170,
        cwd=folder,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        env={
            **os.environ,
            "PYTHONPATH": str(paths.ROOT),
            "KONBINI_HOME": str(paths.home()),
            "PYTEST_PLUGINS": "tests.scenarios.interrupt",
        },
        check=False,
    )


def test_a_run_ended_by_ctrl_c_names_what_was_not_run(tmp_path: Path) -> None:
    (tmp_path / "j.xml").write_text("<testsuites tests='9' failures='0'/>", encoding="utf-8")
    result = konbini_run(tmp_path, "前", interrupt.CTRL_C, "後")
    assert result.returncode == 2, result.stdout + result.stderr
    assert result.stdout.strip().splitlines()[-1] == "1 passed, 0 failed"
    assert "実行が途中で終わりました" in result.stderr and "Traceback" not in result.stderr
    assert "実行されなかったシナリオがあります: 後、途中で止められる" in result.stderr
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (root.get("tests"), root.get("errors")) == ("3", "2")
    assert [case.get("name") for case in root[0]] == ["前"]
    (page,) = (path for path in (tmp_path / "e").glob("*.html") if path.name != "index.html")
    assert "前" in page.name
    index = (tmp_path / "e" / "index.html").read_text(encoding="utf-8")
    assert "実行が途中で終わりました" in index and "全件合格" not in index


def test_parts_that_are_gone_fail_their_scenarios_and_the_run_comes_to_its_end(tmp_path: Path) -> None:
    """First a terminal in a process of its own, then the servers; what stands between has everything again."""
    gone = (interrupt.TERMINAL_GONE, interrupt.SERVERS_GONE)
    result = konbini_run(tmp_path, "前", gone[0], "間", gone[1], where={gone[0]: "別のプロセスで"})
    told = result.stdout + result.stderr
    assert "Traceback" not in told and "予期しない" not in told, told
    assert (result.returncode, result.stdout.strip().splitlines()[-1]) == (1, "2 passed, 2 failed"), told
    assert [line[0] for line in result.stdout.splitlines() if line[:1] in "○×"] == ["○", "×", "○", "×"]
    root = ElementTree.parse(tmp_path / "j.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    index = (tmp_path / "e" / "index.html").read_text(encoding="utf-8")
    assert "全件合格" not in index and index.count('<span class="mark failed">不合格</span>') == 2
