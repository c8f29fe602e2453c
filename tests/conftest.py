"""For all tests: no PC/SC call of this process, or of one it starts, ever reaches the readers of the machine; random tests
are the same in every run; and whatever the product tells its trace has Japanese words."""

from __future__ import annotations

import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from hypothesis import settings
from sqlalchemy.engine import make_url

from cards.pcscd import SOCKET_VARIABLE, process_folder, socket_path
from scenarios import paths
from scenarios.towns import shipped_names
from scenarios.trace_labels import without_words
from server_stub import db
from server_stub.interface.trace import Event, Source, Trace
from tests.long import LONG

# at once: libpcsclite keeps to the first socket it was shown
os.environ[SOCKET_VARIABLE] = str(socket_path(process_folder()))

# a busy machine is no failure, and what failed once fails again; `make fuzz` goes new ways, and many more
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")
settings.register_profile("fuzz", max_examples=3000, deadline=None, print_blob=True)

_TESTS = str(paths.ROOT / "tests")
_upgrade, _migrated = db.command.upgrade, dict[str, bytes]()


def _upgrade_once(config: Config, revision: str) -> None:
    """Run the migrations of a room once a process on an empty SQLite file: thousands of tests begin with what they leave."""
    url = make_url(str(config.get_main_option("sqlalchemy.url")))
    room = str(config.get_main_option("script_location"))
    if url.get_backend_name() != "sqlite" or _has_tables(str(url.database)):
        _upgrade(config, revision)
        return
    file = Path(str(url.database))
    if room not in _migrated:
        _upgrade(config, revision)
        _migrated[room] = file.read_bytes()
    else:
        file.write_bytes(_migrated[room])


def _has_tables(file: str) -> bool:
    with closing(sqlite3.connect(file)) as database:
        return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


db.command.upgrade = _upgrade_once


@pytest.fixture(autouse=True)
def _all_that_is_told_has_words(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No event of a run stands in evidence or panel without Japanese words. (Tests tell what they like.)"""
    missing: set[str] = set()
    emit = Trace.emit

    def listened_to(trace: Trace, source: Source, kind: str, /, **data: Any) -> Event:
        event = emit(trace, source, kind, **data)
        if not sys._getframe(1).f_code.co_filename.startswith(_TESTS):
            missing.update(without_words(event))
        return event

    monkeypatch.setattr(Trace, "emit", listened_to)
    yield
    assert not missing, f"scenarios/trace_labels has no words for: {', '.join(sorted(missing))}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is played in the same towns is one worker's, so that each stage is set once. Of an outline's examples of a feature one is
    played; `make fuzz` (KONBINI_LONG=1) and `konbini run` play all."""
    if not LONG:
        rows: Counter[str] = Counter()
        left_out = []
        for item in items:
            if item.path.name == "test_features.py" and "[" in item.nodeid:
                outline = item.nodeid.partition("[")[0]
                rows[outline] += 1
                if rows[outline] > ROWS:
                    left_out.append(item)
        if left_out:
            config.hook.pytest_deselected(items=left_out)
            gone = set(map(id, left_out))
            items[:] = [item for item in items if id(item) not in gone]
    names = frozenset(shipped_names())
    for item in items:
        if towns := sorted(names & _tags(item)):
            item.add_marker(pytest.mark.xdist_group("+".join(towns)))
    items.sort(key=lambda item: sorted(names & _tags(item)))


def _tags(item: pytest.Item) -> frozenset[str]:
    """The tags of the scenario that a test plays, itself or with a defect planted; none of other tests."""
    planted = getattr(getattr(item, "callspec", None), "params", {}).get("planted")
    if planted is None:
        return frozenset(mark.name for mark in item.iter_markers())
    from tests.planted.runner import shipped

    scenario = shipped(planted.scenario)
    return frozenset(scenario.tags | scenario.feature.tags)


ROWS = 1
"""Examples of an outline."""
PLANTED = "test_a_planted_defect_fails_the_"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many of the planted defects (tests/planted) were caught, and how many lies, cuts and races were tried and did
    harm; also where several workers ran them."""
    caught, survived = (
        sum(PLANTED in report.nodeid for report in terminalreporter.stats.get(outcome, ()))
        for outcome in ("passed", "failed")
    )
    if caught or survived:
        terminalreporter.write_line(f"planted defects caught: {caught} of {caught + survived}")
    attacks = violations = 0
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            told = dict(getattr(report, "user_properties", ()))
            if "attacks" in told:  # a test that makes many
                attacks += int(told["attacks"])
                violations += int(told.get("violations", 0))
            elif "attack" in getattr(report, "keywords", ()):  # a test that is one
                attacks += 1
                violations += outcome != "passed"
    if attacks:
        terminalreporter.write_line(f"{attacks} attacks, {violations} violations")
