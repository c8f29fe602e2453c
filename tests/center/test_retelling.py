"""A restored issuing server is told again what the centre knows of the time since its backup."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from sqlalchemy import select

from server_stub.center.retelling import MARGIN, begin_restoration
from server_stub.center.tables import outbox
from server_stub.interface.failures import Failed
from server_stub.interface.restoration import RestorationEntry, ToldApplication
from server_stub.interface.terminal import Manifest
from tests.center.fake_issuing import FEE
from tests.center.world import CITY, World, refused, until

RESTORATION = "01KT5FX4M0S30EG58PQ46VB3AZ"


def restored(world: World, backup_at: datetime) -> None:
    """The issuing server has lost everything since, and says so to whoever asks."""
    world.issuing.restorations = (
        RestorationEntry(
            restoration_id=RESTORATION,
            municipality=CITY,
            backup_at=backup_at,
            restored_at=world.clock.now(),
            fetched_at=None,
            applications=0,
            records_missing=False,
            confirmed_at=None,
            confirmed_by=None,
        ),
    )
    world.center.retelling.look_anew()
    world.center.housekeeper.look_anew()


def told(world: World) -> dict[str, ToldApplication]:
    until(lambda: world.issuing.complete)
    return {one.application_id: one for one in world.issuing.told}


def handed_over(world: World) -> Manifest:
    manifest = world.prepared()
    before = len(world.issuing.reports)
    world.report(manifest.application_id, "paid", amount=FEE).raise_for_status()
    world.report(manifest.application_id, "handed_over", sheets_printed=2).raise_for_status()
    world.issuing.wait_for_reports(before + 2)
    delivered(world)
    return manifest


def delivered(world: World) -> None:
    def all_delivered() -> bool:
        with world.center.database.read() as connection:
            return None not in connection.scalars(select(outbox.c.outcome)).all()

    until(all_delivered)


def bodies(world: World, application_id: str) -> list[str]:
    with world.center.database.read() as connection:
        query = select(outbox.c.body).where(outbox.c.application_id == application_id)
        return list(connection.scalars(query.order_by(outbox.c.position)))


def test_everything_since_the_backup_is_told_byte_for_byte(world: World) -> None:
    backup_at = world.clock.now()
    done, open_one = handed_over(world), world.prepared(copies=2, fee_total=2 * FEE)
    restored(world, backup_at)
    found = told(world)
    assert set(found) == {done.application_id, open_one.application_id}
    one = found[done.application_id]
    assert [report.body for report in one.reports] == bodies(world, done.application_id)
    assert len(one.reports) == 2 and all(report.taken_at for report in one.reports)
    assert (one.holder, one.fee_total, one.generation) == (done.holder, FEE, 7)
    (copy,) = one.paper
    assert (copy.issue_number, copy.sheets) == (done.sheets[0].issue_number, 2)
    assert [c.issue_number for c in found[open_one.application_id].paper] == [
        sheet.issue_number for sheet in open_one.sheets if sheet.k == 1
    ]
    (complete,) = world.issuing.complete
    assert (complete.copies, complete.records_missing_from) == (3, None)


def test_what_was_received_before_the_backup_and_settled_after_it_is_told(world: World) -> None:
    """And nothing of what was over before."""
    over, waiting = handed_over(world), world.prepared()
    world.clock.advance(2 * MARGIN)
    backup_at = world.clock.now()
    until(lambda: world.state(waiting.application_id) == "cancelled")  # its session has run out
    world.clock.advance(timedelta(minutes=1))
    delivered(world)
    restored(world, backup_at)
    found = told(world)
    assert set(found) == {waiting.application_id} and over.application_id not in found
    assert found[waiting.application_id].reports[-1].read().expired


def test_an_application_that_is_under_way_is_told_once_it_has_its_end(world: World) -> None:
    """The lost server may have made its paper."""
    backup_at, go_on = world.clock.now(), threading.Event()
    world.issuing.before_answer = lambda: go_on.wait(10) and None
    session = world.known_session()
    asking = threading.Thread(target=lambda: world.apply(session))
    asking.start()
    until(lambda: world.issuing.requests)
    restored(world, backup_at)
    until(lambda: not world.center.retelling.wanted.is_set() or world.center.retelling._not_before)
    assert not world.issuing.complete
    go_on.set()
    asking.join()
    world.center.retelling.look_anew()
    world.center.housekeeper.wake()
    assert [len(one.paper) for one in told(world).values()] == [1]


def test_a_difference_is_an_incident_and_the_rest_is_told(world: World) -> None:
    backup_at = world.clock.now()
    odd, other = world.prepared(), world.prepared()
    world.issuing.differs = odd.application_id
    restored(world, backup_at)
    assert set(told(world)) == {other.application_id}
    (incident,) = world.center.incidents.of(odd.application_id)
    assert (incident.name, incident.noticed_by) == ("Records_Differ", "ledger")


def test_a_refusal_for_missing_records_has_the_centre_tell_them(world: World) -> None:
    """Nobody has to say that a server was restored: it says so itself to whoever asks first."""
    backup_at, application = world.clock.now(), world.prepared()
    until(lambda: not world.center.retelling.wanted.is_set())
    world.issuing.report_refusal = Failed("Service_Being_Restored", waiting_for="records")
    world.report(application.application_id, "paid", amount=FEE).raise_for_status()
    entry = backup_at
    world.issuing.restorations = ()
    world.issuing.wait_for_reports(1)
    restored_silently(world, entry)
    assert application.application_id in told(world)
    world.issuing.report_refusal = None
    delivered(world)


def restored_silently(world: World, backup_at: datetime) -> None:
    """As `restored`, without waking anybody."""
    look, wake = world.center.retelling.look_anew, world.center.housekeeper.look_anew
    world.center.retelling.look_anew = world.center.housekeeper.look_anew = lambda: None  # type: ignore[method-assign]
    restored(world, backup_at)
    world.center.retelling.look_anew, world.center.housekeeper.look_anew = look, wake  # type: ignore[method-assign]


def test_of_a_restored_centre_the_lost_time_is_told_and_a_terminals_report_of_it_stays(world: World) -> None:
    backup_at = world.clock.now()
    world.clock.advance(timedelta(minutes=5))
    begin_restoration(world.center.database, RESTORATION, backup_at, world.clock.now())
    unknown = "01KT5FX4M0B1ZXGRFNE2CGJST8"
    for _ in range(2):
        refused(
            world.report(unknown, "paid", amount=FEE, report_id="01KT5FX4M0XCX8KW98KZK9H4QN"),
            "Application_Unknown",
        )
    (incident,) = world.center.incidents.of(unknown)
    assert (incident.name, incident.detail["amount"], incident.terminal_id) == (
        "Application_Unknown",
        FEE,
        "T1",
    )
    restored(world, backup_at)
    told(world)
    assert world.issuing.complete[0].records_missing_from == backup_at
