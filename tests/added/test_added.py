"""Kinds and municipalities that are folders alone: nothing outside `tests/added` knows of them, and their papers come out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from scenarios import paths
from scenarios.towns import load_town
from server_stub.certificates.certificate import Case
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.registry.replica import Replica
from tests.registry.helper import Notice, write_notices

pytestmark = [pytest.mark.xdist_group("added"), pytest.mark.timeout(240)]  # one run serves every test here

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
    home = os.environ | {"KONBINI_HOME": str(paths.home())}  # where keys are made already
    done = subprocess.run(
        command, cwd=folder, env=home, capture_output=True, text=True, check=False, timeout=220
    )
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


MIHON, ROKKO = "9990000001", "28100:0000100201"
"""Two members of one guild."""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", {"guild_all": True, "guild_member": True}),
        ("2015-04-01", "不詳", {"guild_all": False, "guild_member": True}),
        ('"E001", "guild": "G01"', '"E001", "guild": ""', {"guild_all": False, "guild_member": True}),
        ('{"entry": "E001"', '{"entry": "E001', {"guild_all": False, "guild_member": True}),
        ('"E001"', '"E002"', {"guild_all": False, "guild_member": False}),
        ("2001-10-01", "不詳", {"guild_all": False, "guild_member": False}),
    ],
)
def test_all_members_are_offered_only_where_nobody_can_be_missing(
    tmp_path: Path, before: str, after: str, told: dict[str, bool]
) -> None:
    """見本 始 is the second member; whose own row cannot be used gets neither."""
    folder = tmp_path / "town"
    shutil.copytree(HERE / "town", folder)
    register = folder / "delivery" / "guild.jsonl"
    register.write_text(
        register.read_text(encoding="utf-8").replace(before, after, 1 if before else 0), encoding="utf-8"
    )
    own = [Notice(n, person, municipality="28999") for n, person in enumerate((MIHON, ROKKO), start=1)]
    write_notices(folder / "発行通知.csv", own)
    town, clock, url = load_town(folder), Clock(STAGE_START), sqlite_url(tmp_path / "replica.db")
    town.load(url, folder / "発行通知.csv", clock, Trace(clock))
    replica = Replica(url)
    with replica.open_generation() as reader:
        for code, offered in told.items():
            kind, terms = town.municipality.kinds[code], town.municipality.services[code]
            case = Case(
                terms, reader, Identity(method=Method.JPKI, reference=own[0].holder_ref), MIHON,
                reader.person(MIHON), Place.DOMICILE, clock.now().date(), lambda key: f"{zlib.crc32(key.encode()):016x}",
            )  # fmt: skip
            if offered:
                assert [s.name for s in kind.offer(case).subjects if s.holder] == ["見本　始"]
                continue
            with pytest.raises(Failed) as caught:
                kind.offer(case)
            assert caught.value.failure == "Record_Unusable"
    replica.close()
