"""Numbers of a form of the municipality's own: unique, and counted by the ledger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from server_stub.issuing import copies, tables
from server_stub.issuing.service import MOST_DRAWS
from tests.issuing.helper import MIDORI, NAOKI, SEAL, OpenTownHall, TownHall, edited_municipality, refused


def hall_with(open_hall: OpenTownHall, folder: Path, pattern: str) -> TownHall:
    root = edited_municipality(
        folder,
        ("most_age_hours = 48", "most_age_hours = 8760"),
        ("minimum_age = 15", f'minimum_age = 15\\nissue_number = "{pattern}"'),
    )
    return open_hall(root=root)


def numbers(hall: TownHall, person: str = MIDORI, *given: str, copies: int = 1) -> list[str]:
    return [page.issue_number for page in hall.apply(person, *given, copies=copies).pages]


def test_the_standards_example_counts_within_a_day_over_all_kinds(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    hall = hall_with(open_hall, tmp_path, "{day:%Y%m%d} {name} コンビニ {number:03}")
    assert numbers(hall, copies=2) == ["20260603 神戸市 コンビニ 001", "20260603 神戸市 コンビニ 002"]
    assert numbers(hall, NAOKI, SEAL) == ["20260603 神戸市 コンビニ 003"]
    hall.at("2026-06-04 10:00:00")
    assert numbers(hall) == ["20260604 神戸市 コンビニ 001"]


def test_a_number_of_all_days_goes_on_the_next_day(open_hall: OpenTownHall, tmp_path: Path) -> None:
    hall = hall_with(open_hall, tmp_path, "{serial:08}")
    assert numbers(hall, copies=2) == ["00000001", "00000002"]
    hall.at("2026-06-04 10:00:00")
    assert numbers(hall) == ["00000003"]


def test_a_kind_may_have_a_form_of_its_own(open_hall: OpenTownHall, tmp_path: Path) -> None:
    root = edited_municipality(
        tmp_path,
        (r"\[service\.seal_registration\]", '[service.seal_registration]\\nissue_number = "印{serial:08}"'),
    )
    hall = open_hall(root=root)
    assert numbers(hall, MIDORI, SEAL) == ["印00000001"]
    assert numbers(hall)[0].startswith("28100-20260603-")


def test_a_repeated_request_gets_the_same_number_and_nobody_gets_it_again(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    hall = hall_with(open_hall, tmp_path, "{serial:08}")
    request = hall.request(MIDORI)
    first, again = hall.service.issue(request), hall.service.issue(request)
    assert (first.pages[0].issue_number, first.pdf) == ("00000001", again.pdf)
    assert numbers(hall)[0] > "00000001"


def test_many_who_draw_at_once_get_each_number_once(hall: TownHall) -> None:
    day = date(2026, 6, 3)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda n: hall.service.ledger.draw_numbers("28100", day, n % 3 + 1), range(60)))
    given = [number for few in drawn for number in few]
    assert sorted(given) == list(range(1, len(given) + 1))
    assert list(hall.service.ledger.draw_numbers("28100", None, 1)) == [1], "the count of all days is another"
    assert list(hall.service.ledger.draw_numbers("28101", day, 2)) == [1, 2], "and another municipality's"


def draws(monkeypatch: pytest.MonkeyPatch, *told: str) -> list[str]:
    """The random parts that come next; what is left of them. The last one comes for ever."""
    left = list(told)
    monkeypatch.setattr(copies, "_random", lambda mark: left.pop(0) if len(left) > 1 else left[0])
    return left


def test_a_number_that_is_in_the_ledger_is_drawn_again(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws(monkeypatch, "AAAA", "AAAA", "BBBB", "CCCC", "CCCC", "DDDD", "EEEE")
    first, second = (numbers(hall)[0] for _ in range(2))
    assert (first[-4:], second[-4:]) == ("AAAA", "BBBB")
    both = numbers(hall, copies=2)  # CCCC for the one and the other
    assert [number[-4:] for number in both] == ["DDDD", "EEEE"]
    assert len(hall.service.ledger.applications()) == 3


def test_a_count_that_was_set_back_goes_on_after_what_was_issued(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    hall = hall_with(open_hall, tmp_path, "{serial:08}")
    assert numbers(hall, copies=3)[-1] == "00000003"
    with hall.service.ledger.write() as connection:
        connection.execute(tables.issue_counters.delete())
    assert numbers(hall, copies=2) == ["00000005", "00000006"]


def test_where_every_number_is_taken_nothing_is_issued(
    hall: TownHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing half: the same application gets its paper as soon as there is a number."""
    draws(monkeypatch, "AAAA")
    taken = hall.apply(MIDORI).application_id
    request = hall.request(NAOKI)
    failed = refused(lambda: hall.service.issue(request))
    assert (failed.failure, failed.entry.status) == ("Issue_Number_Taken", 503)
    ledger = hall.service.ledger
    assert ledger.state(request.application_id) is None and ledger.copies(request.application_id) == ()
    assert [one.application_id for one in ledger.applications()] == [taken]
    draws(monkeypatch, *["AAAA"] * (MOST_DRAWS - 1), "BBBB")
    assert hall.service.issue(request).pages[0].issue_number.endswith("BBBB")


@pytest.mark.parametrize("fee", [250, 300])
def test_the_day_of_receipt_decides_whenever_the_paper_is_made(
    open_hall: OpenTownHall, tmp_path: Path, fee: int
) -> None:
    """Received a minute before or at midnight, made a minute after: fee and signer are those of the receipt."""
    root = edited_municipality(
        tmp_path,
        ("most_age_hours = 48", "most_age_hours = 8760"),
        ("opens = 06:30:00\ncloses = 23:00:00", "opens = 00:00:00\ncloses = 23:59:59"),
    )
    with (root / "municipality.toml").open("a", encoding="utf-8") as file:
        file.write(
            '\n[[change]]\nfrom = 2027-04-01\nservice.residence.fee = 300\ncertifier.mayor = "見本　次郎"\n'
        )
    hall = open_hall(root=root)
    hall.at("2027-04-01 00:01:00")
    received = datetime(2027, 3, 31, 23, 59, tzinfo=JST) if fee == 250 else datetime(2027, 4, 1, tzinfo=JST)
    request = hall.request(MIDORI, fee_total=fee, received_at=received)
    paper = hall.service.issue(request)
    assert paper.fee_total == fee
    assert ("見本太郎" if fee == 250 else "見本次郎") in hall.text(paper)[-1]
    assert hall.service.issue(request).pdf == paper.pdf, "and so they are when the request is repeated"
