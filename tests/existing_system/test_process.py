"""The existing system as a process of its own: over HTTP, slow, wrong on the wire, killed, and ended with whoever started it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from scenarios import paths
from scenarios.existing_systems import ExistingSystemProcess, towns_with_one
from scenarios.towns import load_town, shipped_town
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Event, Trace
from tests.existing_system.hall import CODE, KEY, TOMI, Hall, town_of
from tests.issuing.helper import refused

pytestmark = [pytest.mark.xdist_group("existing_system")]
TAX = "tax"
DEADLINE = ("deadline_seconds = 10", "deadline_seconds = 1.5")
"""Long enough for a paper on a busy machine that is warm."""


def started(folder: Path, *edits: tuple[str, str]) -> Hall:
    town = town_of(folder, edits=edits)
    clock = Clock(STAGE_START)
    system = ExistingSystemProcess(town, folder / "own", KEY, clock, Trace(clock))
    return Hall(folder, town, system)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    hall = started(tmp_path_factory.mktemp("existing"), DEADLINE)
    system = process_of(hall)
    warm(hall)
    yield hall
    hall.close()
    system.stop()


def warm(hall: Hall) -> None:
    """Fonts and templates are read with the first paper, which may take longer than the deadline."""

    def comes() -> bool:
        try:
            hall.service.issue(hall.request(TOMI, TAX))
        except (Failed, KeyError, IndexError):
            return False
        return True

    until(comes)


def process_of(hall: Hall) -> ExistingSystemProcess:
    assert isinstance(hall.system, ExistingSystemProcess)
    return hall.system


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.01)


def test_a_paper_comes_over_http_and_tells_the_existing_systems_own_time(hall: Hall) -> None:
    events: list[Event] = []
    stop = hall.trace.subscribe(events.append)
    paper = hall.service.issue(hall.request(TOMI, TAX))
    stop()
    assert paper.holder == hall.identities[TOMI]
    told = [event.data for event in events if event.kind == "existing_system_answered"]
    assert {one["path"] for one in told} == {"/v1/offers", "/v1/papers"}
    assert all(one["milliseconds"] > 0 for one in told)


def test_only_who_has_the_key_is_answered(hall: Hall) -> None:
    url = process_of(hall).address.base_url
    told = httpx.post(f"{url}/v1/offers", json={}, headers={"Authorization": "Bearer x"}, trust_env=False)
    assert told.json()["failure"] == "Caller_Unknown"


def test_a_paper_that_does_not_come_in_time_is_refused_and_never_becomes_the_next_ones(hall: Hall) -> None:
    asked = hall.request(TOMI, TAX)
    process_of(hall).tell(on="existing_system.hold", parameters={})
    late = refused(lambda: hall.service.issue(asked))
    assert (late.failure, late.facts["error"]) == ("Existing_System_Unreachable", "ReadTimeout")
    assert hall.service.ledger.application(asked.application_id) is None
    process_of(hall).tell(off="existing_system.hold")
    assert hall.service.issue(hall.request(TOMI, TAX)).holder == hall.identities[TOMI]


def test_a_huge_answer_is_not_read_to_its_end(hall: Hall) -> None:
    asked = hall.request(TOMI, TAX)
    process_of(hall).tell(on="existing_system.huge", parameters={})
    failed = refused(lambda: hall.service.issue(asked))
    process_of(hall).tell(clear=True)
    assert (failed.failure, failed.facts["detail"]) == ("Existing_System_Answer_Wrong", "too long")


def test_what_its_own_records_say_is_on_the_next_paper(hall: Hall) -> None:
    """No delivery has reached the replica: the existing system's own files have changed."""
    own = hall.town.folder.parent / "own"
    shutil.copytree(hall.town.delivery, own)
    try:
        without(own / "taxes.csv", TOMI)
        edit(own / "slip.csv", "taxes.csv,2", "taxes.csv,1")
        refusal = hall.offers(TOMI)[TAX].refusal
        assert refusal is not None and refusal.failure == "Tax_No_Record"
    finally:
        shutil.rmtree(own)
    assert hall.offers(TOMI)[TAX].refusal is None


def without(file: Path, person: str) -> None:
    rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(row for row in rows if not row.startswith(person)), encoding="utf-8")


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.mark.expects_log("the existing system of 湊市 has ended")
def test_a_killed_one_is_told_by_name_and_keeps_only_its_own_papers_back(tmp_path: Path) -> None:
    hall = started(tmp_path)
    system = process_of(hall)
    try:
        asked = hall.request(TOMI, TAX)
        os.kill(system.pid, signal.SIGKILL)
        system._process.wait(20)
        failed = refused(lambda: hall.service.issue(asked))
        assert failed.failure == "Existing_System_Unreachable"
        offers = hall.offers(TOMI)
        assert offers[TAX].refusal is not None
        assert offers[TAX].refusal.failure == "Existing_System_Unreachable"
        assert offers["residence"].refusal is None, "made of the replica"
        before = system.address.base_url
        system.restart_if_ended()
        assert system.address.base_url == before
        assert hall.offers(TOMI)[TAX].refusal is None
    finally:
        hall.close()
        system.stop()


def test_it_ends_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """Nothing is left of `konbini server`, whichever way it ended."""
    command = [
        sys.executable,
        "-m",
        "scenarios.cli",
        "server",
        "--town",
        "minato",
        "--json",
        "--ports",
        "0,0,0",
    ]
    home = os.environ | {"KONBINI_HOME": str(paths.home())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=home) as server:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["center"]
        (child,) = [pid for pid in children(server.pid) if b"existing_system" in command_of(pid)]
        server.kill()
    until(lambda: not Path(f"/proc/{child}").exists() or b"existing_system" not in command_of(child))


def children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text().split())
    return found


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_city_without_a_kind_of_pdf_link_needs_none() -> None:
    towns = [load_town(shipped_town(name)) for name in ("kobe", "minato")]
    assert [town.code for town in towns_with_one(towns)] == [CODE]
