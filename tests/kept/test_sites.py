"""Which municipalities share an issuing server, and what becomes of the books of one that they shared before."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.server_folder import adopt_single_ledger
from scenarios.sites import site_of, sites_of
from scenarios.towns import Town, load_town, shipped_town
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.operations import StopRequest
from server_stub.issuing.ledger import Ledger, migrate_ledger
from tests.issuing.test_ledger import PAID, a_report, an_application, copies_of

KOBE, ASHIKAGA, OSAKI, MIDORI = (load_town(shipped_town(n)) for n in ("kobe", "ashikaga", "osaki", "midori"))


def test_kobe_stands_alone_and_ashikaga_shares_with_osaki() -> None:
    """足利市's document: four municipalities use one provider's service in common; 神戸市 has its own."""
    told = [site.codes for site in sites_of([KOBE, ASHIKAGA, OSAKI, MIDORI])]
    assert told == [("28100",), ("09202", "04215"), (MIDORI.code,)]
    names = [site.named("ledger") for site in sites_of([KOBE, ASHIKAGA, OSAKI, MIDORI])]
    assert names == ["ledger-28100", "ledger-09202", f"ledger-{MIDORI.code}"]


def test_towns_of_one_site_have_one_server_with_the_old_names() -> None:
    (site,) = sites_of([ASHIKAGA, OSAKI])
    assert (site.named("ledger"), site.named("ops-issuing")) == ("ledger", "ops-issuing")
    assert site_of([ASHIKAGA, OSAKI], "04215") == site


def _shared_ledger(folder: Path) -> dict[str, str]:
    """One ledger with a paid application and a stop of each of two municipalities; the ids by municipality."""
    migrate_ledger(sqlite_url(folder / "ledger.db"))
    ledger, found = Ledger(sqlite_url(folder / "ledger.db")), {}
    clock = Clock(STAGE_START)
    for code in ("28100", "09202"):
        one = an_application(municipality=code)
        ledger.record(one, copies_of(one))
        ledger.take_report(one.application_id, a_report(PAID, one.fee_total), clock.now())
        ledger.stop(StopRequest(municipality=code), one.application_id, clock.now())
        assert ledger.draw_numbers(code, None, 1) == range(1, 2)
        found[code] = one.application_id
    ledger.close()
    return found


def test_a_shared_ledger_is_parted_among_the_sites(tmp_path: Path) -> None:
    ids = _shared_ledger(tmp_path)
    adopt_single_ledger(tmp_path, [KOBE, ASHIKAGA])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger-09202.db", "ledger-28100.db"]
    for code, application_id in ids.items():
        ledger = Ledger(sqlite_url(tmp_path / f"ledger-{code}.db"))
        assert [one.application_id for one in ledger.applications()] == [application_id]
        assert [(one.application_id, one.amount) for one in ledger.charges()] == [(application_id, 250)]
        assert [one.issue_number for one in ledger.copies(application_id)] == [f"{application_id}-1"]
        assert [one.municipality for one in ledger.stops(code)] == [code]
        other = next(one for one in ids if one != code)
        assert (ledger.stops(other), ledger.state(ids[other])) == ((), None)
        # no number is given twice, and those of the other municipality are not known here
        assert (ledger.draw_numbers(code, None, 1), ledger.draw_numbers(other, None, 1)) == (
            range(2, 3),
            range(1, 2),
        )
        ledger.close()


def test_what_was_broken_off_is_done_again(tmp_path: Path) -> None:
    ids = _shared_ledger(tmp_path)
    before = (tmp_path / "ledger.db").read_bytes()
    adopt_single_ledger(tmp_path, [KOBE, ASHIKAGA])
    (tmp_path / "ledger-09202.db").unlink()
    (tmp_path / "ledger-28100.db.part").write_bytes(b"half")
    (tmp_path / "ledger.db").write_bytes(before)
    adopt_single_ledger(tmp_path, [KOBE, ASHIKAGA])
    ledger = Ledger(sqlite_url(tmp_path / "ledger-09202.db"))
    assert [one.application_id for one in ledger.applications()] == [ids["09202"]]
    ledger.close()


def test_one_ledger_of_towns_of_one_site_stays_as_it_is(tmp_path: Path) -> None:
    _shared_ledger(tmp_path)
    before = (tmp_path / "ledger.db").read_bytes()
    adopt_single_ledger(tmp_path, [ASHIKAGA, OSAKI])
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]
    assert (tmp_path / "ledger.db").read_bytes() == before


@pytest.mark.parametrize("towns", [[ASHIKAGA, OSAKI], [KOBE, ASHIKAGA, MIDORI]], ids=["fewer", "more"])
def test_books_of_other_sites_are_refused_and_kept(tmp_path: Path, towns: list[Town]) -> None:
    """Nobody's applications are lost in silence when a town's [hosting] has been changed."""
    _shared_ledger(tmp_path)
    adopt_single_ledger(tmp_path, [KOBE, ASHIKAGA])
    kept = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(Failed) as caught:
        adopt_single_ledger(tmp_path, towns)
    assert caught.value.failure == "Settings_Wrong"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == kept
