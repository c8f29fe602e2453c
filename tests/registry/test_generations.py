from __future__ import annotations

import signal
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, insert, select

from scenarios.growing import grow, size_of
from scenarios.towns import load_town, shipped_town
from server_stub.db import migrate, open_engine, sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.notices import FILE_NAME
from server_stub.interface.trace import Trace
from server_stub.registry.importers import resident_register as loading
from server_stub.registry.replica import Replica, ReplicaReader
from server_stub.registry.tables import (
    OF_A_GENERATION,
    imprints,
    my_numbers,
    notices,
    persons,
    records,
    seal_ends,
    seals,
    search_words,
)
from tests.registry.helper import Delivery, Notice, person_of_holder, read_cells, write_cells

FIRST, LAST = "1000000011", "1000030001"
"""A number of any grown town, and one of a large one alone."""


def name_of(reader: ReplicaReader) -> str:
    person = reader.person("0000100201")
    assert person is not None
    return person.name


def marry(delivery: Delivery, name: str) -> None:
    delivery.change_person("0000100201", "氏名", name)
    delivery.change_person("0000100201", "世帯主氏名", name)


def test_a_replica_that_never_got_anything_is_generation_0_and_empty(url: str, replica: Replica) -> None:
    migrate(url, "server_stub.registry")
    with replica.open_generation() as reader:
        assert (reader.generation, reader.municipality, reader.made_at) == (0, "", None)
        assert reader.person("0000100101") is None
        assert reader.household("0000100100") == ()


def test_a_reader_keeps_its_generation_through_flips_and_removals(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    assert delivery.load(url) == 1
    with replica.open_generation() as old:
        marry(delivery, "新港　翠")
        assert delivery.load(url) == 2
        delivery.load(url)
        assert delivery.load(url) == 4  # generation 1 is removed by now
        with replica.open_generation() as new:
            assert (old.generation, name_of(old)) == (1, "六甲　翠")
            assert old.seal("0000100201") is not None
            assert person_of_holder(old, Notice(7, "").holder_ref) is not None
            assert (new.generation, name_of(new)) == (4, "新港　翠")


def test_a_refused_delivery_leaves_the_living_generation_and_nothing_else(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    before = counts(url)
    marry(delivery, "新港　翠")
    # the last file read is the broken one: everything else had been built by then
    rows = read_cells(delivery.notices)
    write_cells(delivery.notices, [rows[0], *([row[0], ""] for row in rows[1:])])
    with pytest.raises(Failed, match="Delivery_Too_Many_Set_Aside"):
        delivery.load(url)
    assert counts(url) == before
    with replica.open_generation() as reader:
        assert (reader.generation, name_of(reader)) == (1, "六甲　翠")


def test_what_a_killed_loader_left_is_removed_by_the_next(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        rows = connection.execute(select(persons)).mappings().all()
        connection.execute(insert(persons), [{**row, "generation": 2, "name": "残　骸"} for row in rows])
    engine.dispose()
    assert delivery.load(url) == 2
    with replica.open_generation() as reader:
        assert name_of(reader) == "六甲　翠"
        assert len(reader.household("0000100100")) == 6


def test_the_generation_before_is_kept_and_older_ones_are_removed(delivery: Delivery, url: str) -> None:
    for _ in range(4):
        delivery.load(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        for table in OF_A_GENERATION:
            whole = (persons, seals, seal_ends, records, notices, my_numbers, search_words)
            delivered = {3, 4} if table in whole else set()
            assert set(connection.scalars(select(table.c.generation))) == delivered
    engine.dispose()


def test_imprints_are_kept_once_and_go_with_the_last_seal_that_shows_them(
    delivery: Delivery, url: str
) -> None:
    delivery.load(url)
    delivery.load(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(seals)) == 48
        assert connection.scalar(select(func.count()).select_from(imprints)) == 24
    line = delivery.line_of("印鑑登録.csv", "0000100201")
    delivery.remove("印鑑登録.csv", line)
    delivery.load(url)
    delivery.load(url)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(imprints)) == 23
    engine.dispose()


def test_an_abolished_seal_is_gone_with_the_next_generation(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    line = delivery.line_of("印鑑登録.csv", "0000100201")
    delivery.change("印鑑登録.csv", line, "登録状態コード", "9")
    delivery.change("印鑑登録.csv", line, "廃止年月日", "20260602")
    with replica.open_generation() as reader:
        assert reader.seal("0000100201") is not None
    delivery.load(url)
    with replica.open_generation() as reader:
        assert reader.seal("0000100201") is None


def test_readers_are_served_while_a_generation_is_being_built(
    delivery: Delivery, url: str, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery.load(url)
    marry(delivery, "新港　翠")
    building, go_on = threading.Event(), threading.Event()
    check = loading.check_households

    def check_when_told(*arguments: object) -> object:
        building.set()
        assert go_on.wait(30)
        return check(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "check_households", check_when_told)
    loader = threading.Thread(target=delivery.load, args=[url])
    loader.start()
    try:
        assert building.wait(30)
        with replica.open_generation() as reader:
            assert (reader.generation, name_of(reader)) == (1, "六甲　翠")
    finally:
        go_on.set()
        loader.join(30)
    with replica.open_generation() as reader:
        assert (reader.generation, name_of(reader)) == (2, "新港　翠")


def test_reopen_shows_the_file_that_was_put_in_place(delivery: Delivery, url: str, replica: Replica) -> None:
    delivery.load(url)
    with replica.open_generation() as reader:
        assert name_of(reader) == "六甲　翠"
    marry(delivery, "新港　翠")
    other = url.replace("replica.db", "other.db")
    delivery.load(other)
    file, replacement = (delivery.folder.parent / name for name in ("replica.db", "other.db"))
    replica.reopen()
    replacement.replace(file)
    with replica.open_generation() as reader:
        assert (reader.generation, name_of(reader)) == (1, "新港　翠")


def test_every_read_goes_by_an_index(delivery: Delivery, url: str, replica: Replica) -> None:
    """So a read stays far below a millisecond with 1.5 million persons."""
    delivery.load(url)
    asked: list[tuple[str, object]] = []
    here = threading.get_ident()

    def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if threading.get_ident() == here:  # a centre of other tests may look into its own database meanwhile
            asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with replica.open_generation() as reader:
            reader.person("0000100101")
            person_of_holder(reader, "00")
            reader.household("0000100100")
            reader.seal("0000100101")
            reader.restriction("0000100101", date(2026, 6, 3))
            reader.seal_end("0000100101")
            reader.group_restriction("person", "0000100100", date(2026, 6, 3))
            reader.group_restriction("family_link", "1", date(2026, 6, 3))
            reader.notices_of("0000100101")
            reader.key_of("00")
            reader.is_set_aside("0000100101")
            reader.group_is_complete("person", "0000100100")
            reader.record("tax", "1")
            reader.records("tax", person="0000100101")
            reader.records("tax", group="1")
            reader.records("tax", person="0000100101", group="1")
            reader.records("tax")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    selects = [(statement, parameters) for statement, parameters in asked if statement.startswith("SELECT")]
    assert len(selects) == 29
    engine = open_engine(url)
    with engine.connect() as connection:
        for statement, parameters in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert plan
            # an empty list in a statement is a row of constants
            scans = [row[3] for row in plan if row[3].startswith("SCAN")]
            assert not [
                one for one in scans if not one.startswith(("SCAN CONSTANT ROW", "SCAN (subquery"))
            ], statement
    engine.dispose()


def counts(url: str) -> dict[str, int]:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (*OF_A_GENERATION, imprints)
        }
    engine.dispose()
    return found


def test_a_load_that_is_killed_midway_leaves_the_living_generation(tmp_path: Path) -> None:
    """The operating system ends it while rows are being written: no handler of its own runs."""
    url = sqlite_url(tmp_path / "replica.db")
    place = tmp_path / "town"
    grow(load_town(shipped_town("mihon")), place, size_of(8000))
    town = load_town(place)
    clock = Clock(STAGE_START)
    grow(load_town(shipped_town("mihon")), tmp_path / "before", size_of(200))
    before = load_town(tmp_path / "before")
    before.load(url, before.delivery / FILE_NAME, clock, Trace(clock))
    code = (
        "import os, sys; from pathlib import Path; from scenarios.towns import load_town\n"
        "from server_stub.interface.clock import STAGE_START, Clock; from server_stub.interface.trace import Trace\n"
        "town, clock = load_town(Path(sys.argv[1])), Clock(STAGE_START)\n"
        "tell = lambda done, of, file: os.kill(os.getpid(), 9) if done >= 4000 else None\n"
        "town.load(sys.argv[2], town.delivery / '発行通知.csv', clock, Trace(clock), progress=tell)\n"
    )
    killed = subprocess.run([sys.executable, "-c", code, str(place), url], check=False)
    assert killed.returncode == -signal.SIGKILL
    engine = open_engine(url)
    with engine.connect() as connection:
        # it had begun to write
        assert connection.scalar(select(func.count()).where(persons.c.generation == 2)) == 2000
    engine.dispose()
    replica = Replica(url)
    with replica.open_generation() as reader:
        assert (reader.generation, reader.person(LAST)) == (1, None)
        assert reader.person(FIRST) is not None
    assert town.load(url, town.delivery / FILE_NAME, clock, Trace(clock)).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.generation == 2 and reader.person(LAST) is not None
    replica.close()
