"""Kinds and municipalities that are folders alone: nothing outside `tests/added` knows of them, and their papers come out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import paths

HERE = Path(__file__).parent
TOWNS = ("kobe", "mihon", str(HERE / "town"))
OWN_WORDS = ("guild", "組合員", "架空市", "28999")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    """All scenarios here, in a run of their own: real terminal, servers in a process of their own, three towns."""
    folder = tmp_path_factory.mktemp("added")
    told = [word for town in TOWNS for word in ("--town", town)]
    command = [
        sys.executable,
        "-m",
        "scenarios.cli",
        "run",
        str(HERE),
        "--evidence",
        str(folder / "evidence"),
        *told,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=110)
    return done, folder


def test_every_scenario_of_the_added_towns_passes(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    done, _ = run
    written = sum(
        len(re.findall(r"^ *シナリオ:", file.read_text(encoding="utf-8"), re.MULTILINE))
        for file in HERE.glob("*.feature")
    )
    assert written == 13
    assert done.stdout.splitlines()[-1] == f"{written} passed, 0 failed", done.stdout + done.stderr
    assert done.returncode == 0


def test_the_evidence_says_by_whose_tables_the_people_were_checked(
    run: tuple[subprocess.CompletedProcess[str], Path],
) -> None:
    """A shipped town by the reader's own, any other by its format file, so that nobody takes the one for the other."""
    _, folder = run
    pages = [path.read_text(encoding="utf-8") for path in (folder / "evidence").glob("組合員証明書-*.html")]
    assert sum("市区町村の連携形式のファイル" in page for page in pages) == 3
    others = [path.read_text(encoding="utf-8") for path in (folder / "evidence").glob("二つの市-*.html")]
    assert all("市区町村の連携形式のファイル" not in page for page in others)
    assert sum("照合用に別に作った表" in page for page in others) == 3


@pytest.mark.parametrize("word", OWN_WORDS)
def test_nothing_outside_this_folder_knows_of_what_is_added(word: str) -> None:
    known = [
        str(path.relative_to(paths.ROOT))
        for room in ("kiosk_app", "server_stub", "cards", "scenarios", "tests")
        for path in (paths.ROOT / room).rglob("*")
        if path.is_file()
        and path.suffix in (".py", ".toml", ".csv", ".typ", ".json", ".feature")
        and HERE not in path.parents
        and word in path.read_text(encoding="utf-8", errors="ignore")
    ]
    assert known == []
