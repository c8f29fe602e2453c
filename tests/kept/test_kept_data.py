"""Data that an earlier version kept are read by this one.

The four .sql files are dumps of a server's databases at the schema before restrictions left the generations and copies kept
how recent they are: one application handed over (250 yen), one cancelled, one paid (two copies, 500 yen), one prepared; four
persons; two certificates. A later change of a schema adds its own dump: replica_0002.sql is that replica as the schema before
records without a type and rows set aside had it, without its seal; replica_0003.sql the same before dates and readings were
values, with a foreign resident; replica_before_seal_states.sql the whole one as the schema before states of seals and restrictions
of groups had it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from scenarios.ledger_queries import LedgerQueries
from scenarios.servers import LocalServers, demo_terminals
from scenarios.stage_secrets import KeyPool
from scenarios.template import template_folder
from scenarios.towns import load_towns
from server_stub.authority import store
from server_stub.center import tables as center
from server_stub.center.applications import Applications
from server_stub.center.database import Database
from server_stub.db import migrate, open_engine, sqlite_url
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import JST, STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import OfferList, OffersRequest
from server_stub.interface.terminal import ReportKind, SignedManifest, StatusReport
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.issuing import tables as ledger_tables
from server_stub.issuing.ledger import Ledger
from server_stub.registry import tables as registry
from server_stub.registry.records import SealStatus
from server_stub.registry.replica import Replica
from tests.registry.helper import Delivery, person_of_holder

HERE = Path(__file__).parent
NOW_CALLED = {"replica": "replica-28100.db"}
"""Of before there were several towns, by its name of before."""
ROOMS = {"authority": "authority", "center": "center", "ledger": "issuing", "replica": "registry"}
TABLES: dict[str, MetaData] = {
    "authority": store.metadata,
    "center": center.metadata,
    "ledger": ledger_tables.metadata,
    "replica": registry.metadata,
}
HANDED_OVER, CANCELLED, PAID, PREPARED = (
    "01KT5FX4M0S30EG58PQ46VB3AW",
    "01KT5FX4M0B1ZXGRFNE2CGJST8",
    "01KT5FX4M0XCX8KW98KZK9H4QN",
    "01KT5FX4M09P64V4ZTMMZD88BN",
)
MIDORI_REF = "2ec5673d2e2f7546acda8118b951e518f066d823c91b985857144abe83173e37"
MIDORI, SHIZUKA, NAGI, SEIJI = "0000100201", "0000101201", "0000101202", "0000101401"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "kept"
    folder.mkdir()
    for name in ROOMS:
        with closing(sqlite3.connect(folder / f"{name}.db")) as connection:
            connection.executescript((HERE / f"{name}.sql").read_text(encoding="utf-8"))
    return folder


def brought_up(kept: Path, name: str) -> str:
    url = sqlite_url(kept / f"{name}.db")
    migrate(url, f"server_stub.{ROOMS[name]}")
    return url


@pytest.mark.parametrize("name", ROOMS)
def test_the_migrations_make_exactly_the_tables_of_today(kept: Path, name: str) -> None:
    engine = open_engine(brought_up(kept, name))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), TABLES[name]) == []
    engine.dispose()


@pytest.mark.parametrize("dump", ["replica_0002.sql", "replica_before_seal_states.sql"])
def test_a_replica_of_a_schema_before_keeps_its_people_and_takes_the_next_delivery(
    tmp_path: Path, dump: str
) -> None:
    path = tmp_path / "replica.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / dump).read_text(encoding="utf-8"))
    url = brought_up(tmp_path, "replica")
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), registry.metadata) == []
    engine.dispose()
    replica = Replica(url)
    with replica.open_generation() as reader:
        person = person_of_holder(reader, MIDORI_REF)
        assert person is not None and person.name == "六甲　翠"
        assert not reader.is_set_aside(MIDORI)
        assert len(reader.records("tax")) == (dump == "replica_before_seal_states.sql")
        assert reader.restriction(SHIZUKA, date(2026, 6, 3)) is not None
        assert reader.restriction(MIDORI, date(2026, 6, 3)) is None
        assert not person.characters_pending
        assert {notice.issued_at for notice in reader.notices_of(MIDORI)} == {None}
    assert Delivery(tmp_path / "delivery").load(url) == 2
    replica.close()


def test_a_replica_of_before_dates_and_readings_were_values_keeps_its_people(tmp_path: Path) -> None:
    """Nothing of then says that a reading is official; every day was one of the calendar."""
    path = tmp_path / "replica.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / "replica_0003.sql").read_text(encoding="utf-8"))
    url = brought_up(tmp_path, "replica")
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), registry.metadata) == []
    engine.dispose()
    replica = Replica(url)
    with replica.open_generation() as reader:
        midori, maria = reader.person(MIDORI), reader.person("0000100402")
        assert midori is not None and maria is not None and maria.foreign is not None
        assert (midori.birth.words, midori.resident_since.words) == ("平成6年5月4日", "平成30年4月1日")
        assert (midori.reading.kana, midori.reading.words) == ("ロッコウ　ミドリ", "********")
        assert (maria.birth.words, maria.birth.inner) == ("1987年2月19日", date(1987, 2, 19))
        assert (maria.foreign.card_number, maria.full_name) == ("ZZ10000402ZZ", "SILVA SANTOS MARIA")
    assert Delivery(tmp_path / "delivery").load(url) == 2
    with replica.open_generation() as reader:
        told = reader.person(MIDORI)
        assert told is not None and told.reading.words == "ロッコウ　ミドリ"
    replica.close()


def test_a_seal_of_the_schema_before_states_is_in_force(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "replica.db")) as connection:
        connection.executescript((HERE / "replica_before_seal_states.sql").read_text(encoding="utf-8"))
    replica = Replica(brought_up(tmp_path, "replica"))
    with replica.open_generation() as reader:
        seal = reader.seal(MIDORI)
        assert seal is not None and seal.imprint_png.startswith(b"\x89PNG")
        assert (seal.status, seal.katakana, seal.ward) == (SealStatus.REGISTERED, "", False)
        assert reader.seal_end(MIDORI) is None
    replica.close()


def test_the_ledger_says_what_it_said_and_goes_on(kept: Path) -> None:
    ledger = Ledger(brought_up(kept, "ledger"))
    assert [(charge.application_id, charge.amount) for charge in ledger.charges()] == [
        (HANDED_OVER, 250),
        (PAID, 500),
    ]
    assert {one.application_id: str(one.state) for one in ledger.applications()} == {
        HANDED_OVER: "handed_over", CANCELLED: "cancelled", PAID: "paid", PREPARED: "prepared",
    }  # fmt: skip
    assert [(copy.copy_number, copy.issue_number[:15], copy.as_of) for copy in ledger.copies(PAID)] == [
        (1, "28100-20260603-", None),
        (2, "28100-20260603-", None),
    ]
    clock = Clock(STAGE_START)
    report = StatusReport(report_id=new_ulid(clock), kind=ReportKind.HANDED_OVER, at=clock.now())
    assert ledger.take_report(PAID, report, clock.now()) == "handed_over"
    ledger.close()


def test_the_centre_gives_the_answers_that_it_gave(kept: Path) -> None:
    database = Database(sqlite_url(kept / "center.db"))
    clock = Clock(STAGE_START)
    applications = Applications(database, clock, Trace(clock))
    for application_id in (PAID, PREPARED):
        assert isinstance(applications.outcome(application_id), SignedManifest)
        assert applications.sheet(application_id, "KIOSK-STORE-01", 1).startswith(b"%PDF-1.3")
    database.dispose()
    migrate(sqlite_url(kept / "ledger.db"), "server_stub.issuing")
    books = LedgerQueries(kept)
    assert [application.state for application in books.applications()] == [
        "handed_over", "cancelled", "paid", "prepared",
    ]  # fmt: skip
    books.close()


def test_the_replica_keeps_persons_and_whoever_was_set_aside(kept: Path, tmp_path: Path) -> None:
    url = brought_up(kept, "replica")
    replica = Replica(url)

    def restricted(*persons: str) -> list[bool]:
        with replica.open_generation() as reader:
            return [reader.restriction(person, date(2026, 6, 3)) is not None for person in persons]

    with replica.open_generation() as reader:
        person = person_of_holder(reader, MIDORI_REF)
        assert person is not None and person.name == "六甲　翠"
        seal = reader.seal(MIDORI)
        assert seal is not None and seal.imprint_png.startswith(b"\x89PNG")
        assert reader.made_at == datetime(2026, 6, 3, 5, 0, tzinfo=JST)
    # of the measure that had only reached its last day no release was ever delivered
    assert restricted(SHIZUKA, NAGI, SEIJI, MIDORI) == [True, True, True, False]
    delivery = Delivery(tmp_path / "delivery")
    assert delivery.load(url) == 2
    assert restricted(SHIZUKA, NAGI, SEIJI, MIDORI) == [True, True, False, False]
    replica.close()


def test_the_authority_knows_its_certificates(kept: Path) -> None:
    records = store.Store(brought_up(kept, "authority")).all()
    assert sorted((record.person, str(record.state)) for record in records) == [
        (MIDORI, "held"),
        (MIDORI, "revoked"),
    ]


def test_a_server_starts_on_them(kept: Path) -> None:
    clock = Clock(STAGE_START)
    servers = LocalServers(kept, template_folder(), clock, Trace(clock), kept=True)
    try:
        terminal = demo_terminals(KeyPool(), load_towns()[0])[0].facts
        asked = OffersRequest(
            holder=Identity(method=Method.JPKI, reference=MIDORI_REF),
            place=Place.ADDRESS,
            municipality="28100",
            terminal=terminal,
        )
        answer = httpx.post(
            f"{servers.issuing_url}/v1/offers",
            content=asked.model_dump_json(),
            headers={
                "Authorization": f"Bearer {servers.issuing_key.reveal()}",
                "Content-Type": "application/json",
            },
            trust_env=False,
        )
        offers = OfferList.model_validate_json(answer.raise_for_status().text)
        told = {offer.kind: offer.refusal and offer.refusal.failure for offer in offers.offers}
        # what was kept is from before there were tax records
        assert told == {"residence": None, "seal_registration": None, "tax": "Tax_No_Record"}
    finally:
        servers.stop()


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("body", [b"\0" * 4000, b"not a database" * 300], ids=["zeros", "text"])
def test_a_file_that_is_no_database_is_refused(kept: Path, name: str, body: bytes) -> None:
    """And is left as it is: nothing but --begin-anew wipes."""
    (kept / f"{name}.db").write_bytes(body)
    clock = Clock(STAGE_START)
    with pytest.raises(Failed) as caught:
        LocalServers(kept, template_folder(), clock, Trace(clock), kept=True)
    file = NOW_CALLED.get(name, f"{name}.db")
    assert (caught.value.failure, caught.value.facts["file"]) == ("Database_Damaged", file)
    assert (kept / file).read_bytes() == body


@pytest.mark.parametrize("name", ROOMS)
def test_data_of_a_newer_version_is_refused(kept: Path, name: str) -> None:
    with closing(sqlite3.connect(kept / f"{name}.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = (kept / f"{name}.db").read_bytes()
    clock = Clock(STAGE_START)
    with pytest.raises(Failed) as caught:
        LocalServers(kept, template_folder(), clock, Trace(clock), kept=True)
    assert (caught.value.failure, caught.value.facts["revision"]) == ("Database_Of_Newer_Version", "9999")
    file = kept / NOW_CALLED.get(name, f"{name}.db")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    assert len(before) == file.stat().st_size
