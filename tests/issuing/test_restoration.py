"""A ledger that was restored from a backup: whole again by what the centre tells, and no 発行番号 twice."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server_stub.certificates.terms import NumberPattern
from server_stub.db import sqlite_url
from server_stub.interface.application_states import ReportKind, State
from server_stub.interface.binding import new_ulid
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.issuing import IssuedPaper, IssueRequest, LedgerReport
from server_stub.interface.registration import SLIP
from server_stub.interface.restoration import (
    RecordsTold,
    RestorationConfirmation,
    ToldApplication,
    ToldCopy,
    ToldReport,
)
from server_stub.interface.trace import Trace
from server_stub.interface.values import MunicipalityInfo, Place
from server_stub.issuing import copies
from server_stub.issuing.ledger import Ledger, migrate_ledger
from server_stub.issuing.restoration import Restoration, begin_restoration
from server_stub.registry.importers import load_delivery
from tests.issuing.helper import (
    DELIVERY,
    KOBE,
    KOBE_FOLDER,
    MIDORI,
    NAOKI,
    OpenTownHall,
    TownHall,
    all_persons,
    edited_municipality,
    refused,
    write_notices,
)
from tests.long import LONG

OFFICIAL = RestorationConfirmation(operator="市民課　見本職員")
RESTORATION = "01KT5FX4M0S30EG58PQ46VB3AZ"


def a_report(clock: Clock, kind: ReportKind, amount: int = 0) -> LedgerReport:
    return LedgerReport(report_id=new_ulid(clock), kind=kind, at=clock.now(), amount=amount)


def told(request: IssueRequest, paper: IssuedPaper, *reports: LedgerReport) -> ToldApplication:
    """What a centre that has signed this paper knows of it."""
    copies_of: dict[int, list[Any]] = {}
    for page in paper.pages:
        copies_of.setdefault(page.copy_number, []).append(page)
    return ToldApplication(
        application_id=request.application_id,
        municipality=KOBE,
        kind=paper.kind,
        place=request.place,
        holder=paper.holder,
        terminal=request.terminal,
        copies=request.application.copies,
        fee_total=paper.fee_total,
        generation=paper.generation,
        received_at=request.received_at,
        paper=tuple(
            ToldCopy(
                copy_number=number,
                issue_number=pages[0].issue_number,
                sheets=pages[0].n,
                subjects=tuple(dict.fromkeys(ref for page in pages for ref in page.subjects)),
            )
            for number, pages in copies_of.items()
        ),
        reports=tuple(ToldReport(body=one.model_dump_json(), taken_at=None) for one in reports),
    )


class Lost:
    """A town hall whose data centre is lost after three applications since the backup: handed over, paid, and only prepared."""

    def __init__(self, hall: TownHall, folder: Path) -> None:
        self.hall, self.ledger_file = hall, Path(hall.ledger_url.removeprefix("sqlite:///"))
        clock, ledger = hall.clock, hall.service.ledger
        first = hall.request(MIDORI)
        self.told_before = told(first, hall.service.issue(first))
        self.backup = folder / "backup.db"
        self.backup_at = clock.now()
        _copy(self.ledger_file, self.backup)
        self.known: list[ToldApplication] = []
        for person, kinds, number in ((NAOKI, (PAID, HANDED), 2), (MIDORI, (PAID,), 1), (NAOKI, (), 1)):
            request = hall.request(person, copies=number)
            paper = hall.service.issue(request)
            reports = [a_report(clock, kind, paper.fee_total if kind is PAID else 0) for kind in kinds]
            for report in reports:
                ledger.take_report(request.application_id, report, clock.now())
            self.known.append(told(request, paper, *reports))
        self.told_before = self.told_before.model_copy(
            update={"reports": self._cancelled(self.told_before.application_id)}
        )
        self.before = self.says()

    def _cancelled(self, application_id: str) -> tuple[ToldReport, ...]:
        """The one of before the backup comes to its end after it."""
        report = a_report(self.hall.clock, ReportKind.CANCELLED)
        self.hall.service.ledger.take_report(application_id, report, self.hall.clock.now())
        return (ToldReport(body=report.model_dump_json(), taken_at=None),)

    def says(self) -> dict[str, Any]:
        """What the ledger says of papers and money."""
        ledger = self.hall.service.ledger
        found = {}
        for one in ledger.applications():
            told_copies = [(c.issue_number, c.sheets, c.subjects) for c in ledger.copies(one.application_id)]
            reports = sorted(ledger.reports(one.application_id), key=lambda told: told.report_id)
            found[one.application_id] = (
                one.kind, one.holder, one.copies, one.fee_total, one.terminal_id, one.generation, one.received_at,
                one.state, told_copies, reports,
            )  # fmt: skip
        return found | {"charges": ledger.charges(refunded=True)}

    def restore(self) -> None:
        """Put the backup in the place of what was lost."""
        self.hall.service.close()
        for end in ("-wal", "-shm"):
            self.ledger_file.with_name(self.ledger_file.name + end).unlink(missing_ok=True)
        shutil.copyfile(self.backup, self.ledger_file)
        ledger = Ledger(self.hall.ledger_url)
        now = self.hall.clock.now()
        begin_restoration(ledger, RESTORATION, [KOBE], self.backup_at, now, now)
        ledger.close()
        self.hall.service.reopen()

    def deliver_again(self, folder: Path) -> None:
        notices = folder / "発行通知.csv"
        write_notices(notices, all_persons())
        clock = self.hall.clock
        formats = KOBE_FOLDER / "deliveries"
        load_delivery(self.hall.replica_url, DELIVERY, notices, clock, Trace(clock), formats=formats)

    def tell_all(self) -> None:
        restoration = self.hall.service.restoration
        for one in (self.told_before, *self.known):
            restoration.take(RESTORATION, one)
        restoration.complete(RESTORATION, RecordsTold(copies=5))


PAID, HANDED = ReportKind.PAID, ReportKind.HANDED_OVER


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def lost(open_hall: OpenTownHall, replica_url: str, tmp_path: Path) -> Lost:
    replica = tmp_path / "replica.db"
    _copy(Path(replica_url.removeprefix("sqlite:///")), replica)
    return Lost(open_hall(replica=sqlite_url(replica)), tmp_path)


def test_the_ledger_says_the_same_as_before_the_loss(lost: Lost) -> None:
    """Papers, states, reports and money; what only the lost ledger knew is left empty and the row says so."""
    lost.restore()
    lost.tell_all()
    assert lost.says() == lost.before
    rows = {one.application_id: one for one in lost.hall.service.ledger.applications()}
    assert {one.application_id for one in rows.values() if one.restored_by == RESTORATION} == {
        one.application_id for one in lost.known
    }
    assert all(one.paper_sha256 == "" for one in rows.values() if one.restored_by)
    (entry,) = lost.hall.service.restoration.every().restorations
    assert (entry.applications, entry.records_missing) == (3, False)


def test_a_telling_that_was_broken_off_anywhere_is_told_again_with_the_same_result(lost: Lost) -> None:
    lost.restore()
    service = lost.hall.service
    service.restoration.take(RESTORATION, lost.known[0])
    assert service.ledger.restore(lost.known[1], RESTORATION), "ended between the row and its reports"
    service.reopen()
    lost.tell_all()
    assert lost.says() == lost.before
    service.restoration.complete(RESTORATION, RecordsTold(copies=5))
    lost.hall.service.take_report(
        lost.known[1].application_id, LedgerReport.model_validate_json(lost.known[1].reports[0].body)
    )
    assert lost.says() == lost.before


def test_the_charge_of_a_printed_number_comes_back_once(lost: Lost) -> None:
    """It has no paper; a second telling changes nothing."""
    lost.restore()
    clock, service = lost.hall.clock, lost.hall.service
    reports = (a_report(clock, PAID, 10), a_report(clock, HANDED))
    slip = lost.known[0].model_copy(
        update={
            "application_id": new_ulid(clock), "kind": SLIP, "place": Place.DOMICILE, "copies": 1, "fee_total": 10,
            "generation": None, "paper": (), "slip": True,
            "reports": tuple(ToldReport(body=one.model_dump_json(), taken_at=None) for one in reports),
        }
    )  # fmt: skip
    told_once = []
    for _ in range(2):
        service.restoration.take(RESTORATION, slip)
        found = next(
            one for one in service.ledger.applications() if one.application_id == slip.application_id
        )
        charges = [one for one in service.ledger.charges() if one.application_id == slip.application_id]
        kept = {one.report_id for one in service.ledger.reports(slip.application_id)}
        assert (found.kind, found.state, found.restored_by) == (SLIP, State.HANDED_OVER, RESTORATION)
        assert [one.amount for one in charges] == [10]
        assert kept == {one.report_id for one in reports}
        assert service.ledger.slip_of(slip.application_id) is not None
        assert service.ledger.copies(slip.application_id) == ()
        told_once.append(lost.says())
    assert told_once[0] == told_once[1]


def test_nothing_is_issued_until_the_centre_has_told_and_an_official_has_confirmed(
    lost: Lost, tmp_path: Path
) -> None:
    hall = lost.hall
    lost.restore()
    report = a_report(hall.clock, HANDED)
    for attempt in (
        lambda: hall.offers(MIDORI),
        lambda: hall.apply(MIDORI),
        lambda: hall.service.take_report(lost.known[1].application_id, report),
    ):
        failed = refused(attempt)
        assert (failed.failure, failed.facts["waiting_for"]) == ("Service_Being_Restored", "records")
    hall.clock.set(hall.clock.now() + timedelta(minutes=1))
    lost.deliver_again(tmp_path)
    early = refused(lambda: hall.service.confirm_restoration(KOBE, OFFICIAL))
    assert (early.failure, early.facts["missing"]) == ("Restoration_Not_Ready", "records")
    lost.tell_all()
    assert hall.service.take_report(lost.known[1].application_id, report).state == State.HANDED_OVER
    for attempt in (lambda: hall.offers(MIDORI), lambda: hall.apply(MIDORI)):
        assert refused(attempt).facts["waiting_for"] == "confirmation"
    hall.service.confirm_restoration(KOBE, OFFICIAL)
    known = {copy.issue_number for one in (lost.told_before, *lost.known) for copy in one.paper}
    assert hall.apply(MIDORI).pages[0].issue_number not in known
    (entry,) = hall.service.restoration.every().restorations
    assert entry.confirmed_by == "市民課　見本職員"


def test_before_the_existing_systems_have_delivered_anew_nothing_can_be_confirmed(lost: Lost) -> None:
    """Restrictions of the lost time come with the delivery."""
    lost.hall.clock.set(lost.hall.clock.now() + timedelta(minutes=1))
    lost.restore()
    lost.tell_all()
    failed = refused(lambda: lost.hall.service.confirm_restoration(KOBE, OFFICIAL))
    assert (failed.failure, failed.facts["missing"]) == ("Restoration_Not_Ready", "delivery")


def test_what_was_never_restored_has_nothing_to_confirm(hall: TownHall) -> None:
    assert refused(lambda: hall.service.confirm_restoration(KOBE, OFFICIAL)).failure == "Restoration_Unknown"
    assert hall.service.restoration.every().restorations == ()


def test_a_difference_between_ledger_and_centre_is_named_and_changes_nothing(lost: Lost) -> None:
    lost.restore()
    restoration = lost.hall.service.restoration
    lost.hall.service.restoration.take(RESTORATION, lost.known[0])
    before = lost.says()
    other = lost.known[0].paper[0].model_copy(update={"issue_number": "another"})
    for odd in (
        {"fee_total": 10},
        {"copies": 3},
        {"paper": (other, *lost.known[0].paper[1:])},
        {"application_id": new_ulid(lost.hall.clock)},  # with numbers that are another's
    ):
        failed = refused(lambda odd=odd: restoration.take(RESTORATION, lost.known[0].model_copy(update=odd)))
        assert failed.failure == "Records_Differ"
        assert lost.says() == before


def test_where_the_centre_was_lost_too_counted_numbers_go_on_above_what_an_official_names(
    open_hall: OpenTownHall, replica_url: str, tmp_path: Path
) -> None:
    root = edited_municipality(
        tmp_path / "town",
        ("most_age_hours = 48", "most_age_hours = 8760"),
        ("minimum_age = 15", 'minimum_age = 15\\nissue_number = "{serial:08}"'),
    )
    replica = tmp_path / "replica.db"
    _copy(Path(replica_url.removeprefix("sqlite:///")), replica)
    lost = Lost(open_hall(root=root, replica=sqlite_url(replica)), tmp_path)
    lost.restore()
    service = lost.hall.service
    service.restoration.complete(RESTORATION, RecordsTold(copies=0, records_missing_from=lost.backup_at))
    lost.deliver_again(tmp_path)
    failed = refused(lambda: service.confirm_restoration(KOBE, OFFICIAL))
    assert (failed.failure, failed.facts["missing"]) == ("Restoration_Not_Ready", "numbers_above")
    service.confirm_restoration(KOBE, OFFICIAL.model_copy(update={"numbers_above": 500}))
    assert lost.hall.apply(MIDORI).pages[0].issue_number == "00000501"


# --- no number twice -----------------------------------------------------------------------------------------------------

INFO = MunicipalityInfo(
    code=KOBE, prefecture="兵庫県", name="神戸市", prefecture_en="Hyogo", name_en="Kobe", kana="こうべし", participating=True
)  # fmt: skip
FORMS = ("{municipality}-{day:%Y%m%d}-{random}", "{day:%Y%m%d} {name} コンビニ {number:03}", "{serial:08}")


class Line:
    """One life of a ledger: numbers are drawn as for papers, some of which nobody ever hears of."""

    def __init__(self, file: Path, form: str, clock: Clock) -> None:
        self.ledger, self._pattern, self._clock = Ledger(sqlite_url(file)), NumberPattern(form), clock
        self.restoration = Restoration(self.ledger, clock, Trace(clock))
        self.given: list[str] = []

    def draw(self, count: int) -> list[str]:
        """As for one attempt at an application of `count` copies."""
        mark, day = self.restoration.mark(KOBE), self._clock.now().date()
        numbers = copies.new_issue_numbers(self._pattern, INFO, day, count, self.ledger.draw_numbers, mark)
        self.given += numbers
        return numbers

    def close(self) -> None:
        self.ledger.close()


@contextmanager
def generator(seed: int) -> Iterator[None]:
    """The same random characters again: a virtual machine that was put back with its pool, or the worst of luck."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies.secrets, "choice", random.Random(seed).choice)
        yield


asked = st.lists(st.integers(1, 5), max_size=5)


@settings(max_examples=300 if LONG else 15)
@given(
    form=st.sampled_from(FORMS), seed=st.integers(0, 9), before=asked, after=asked, again=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    tries=st.integers(1, copies.MOST_DRAWS), restorations=st.integers(1, 3),
)  # fmt: skip
def test_no_number_that_was_ever_drawn_is_drawn_by_a_restored_ledger(
    form: str,
    seed: int,
    before: Sequence[int],
    after: Sequence[int],
    again: Sequence[int],
    tries: int,
    restorations: int,
) -> None:
    """Whatever was drawn after the backup, told or not, printed or not, and however often the one backup is restored."""
    clock = Clock(STAGE_START)
    clock.freeze()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrate_ledger(sqlite_url(folder / "ledger.db"))
        life = Line(folder / "ledger.db", form, clock)
        with generator(seed):
            for count in before:
                life.draw(count)
        _copy(folder / "ledger.db", folder / "backup.db")
        with generator(seed + 1):
            for count in after:
                for _ in range(tries):
                    life.draw(count)
        life.close()
        lives = [life.given]
        machine: datetime = STAGE_START
        known = sum(after)
        for number in range(restorations):
            machine += timedelta(seconds=1)
            shutil.copyfile(folder / "backup.db", folder / f"restored{number}.db")
            restored = Line(folder / f"restored{number}.db", form, clock)
            begin_restoration(restored.ledger, RESTORATION, [KOBE], clock.now(), clock.now(), machine)
            restored.restoration.reload()
            restored.restoration.complete(RESTORATION, RecordsTold(copies=known))
            with generator(seed + 1):
                for count in again:
                    restored.draw(count)
            # the centre has records of what this life was asked for as well
            known += sum(again)
            lives.append(restored.given)
            restored.close()
        for number, one in enumerate(lives):
            for other in lives[number + 1 :]:
                assert not set(one) & set(other)
