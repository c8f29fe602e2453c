"""A replica that no delivery has renewed for too long issues nothing, by name; every copy keeps how recent its records were."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from tests.issuing.helper import KOBE_FOLDER, MIDORI, SEAL, OpenTownHall, edited_municipality, refused


def test_a_replica_is_used_until_the_limit_of_its_municipality(open_hall: OpenTownHall) -> None:
    """Delivered on 3 June at 5:00, with Kobe's limit of 48 hours."""
    hall = open_hall(root=KOBE_FOLDER)
    hall.at("2026-06-05 04:59:59")
    assert refused(lambda: hall.offers(MIDORI)).failure == "Service_Closed_Now"
    hall.at("2026-06-05 06:30:00")
    for attempt in (
        lambda: hall.offers(MIDORI),
        lambda: hall.apply(MIDORI),
        lambda: hall.apply(MIDORI, SEAL),
    ):
        too_old = refused(attempt)
        assert (too_old.failure, too_old.facts) == ("Replica_Too_Old", {"as_of": "2026-06-03T05:00+09:00"})
    assert hall.service.ledger.applications() == ()
    hall.at("2026-06-04 22:59:59")
    assert hall.apply(MIDORI).pages


@pytest.mark.parametrize(("moment", "fresh"), [("2026-06-03 15:00:00", True), ("2026-06-03 15:00:01", False)])
def test_the_limit_is_kept_to_the_second(
    open_hall: OpenTownHall, tmp_path: Path, moment: str, fresh: bool
) -> None:
    hall = open_hall(root=edited_municipality(tmp_path, ("most_age_hours = 48", "most_age_hours = 10")))
    hall.at(moment)
    if fresh:
        assert hall.offers(MIDORI).offers
    else:
        assert refused(lambda: hall.offers(MIDORI)).failure == "Replica_Too_Old"


def test_a_paper_that_was_made_in_time_is_given_again_afterwards(open_hall: OpenTownHall) -> None:
    hall = open_hall(root=KOBE_FOLDER)
    request = hall.request(MIDORI)
    first = hall.service.issue(request)
    hall.at("2026-06-06 12:00:00")
    assert hall.service.issue(request) == first
    assert refused(lambda: hall.apply(MIDORI)).failure == "Replica_Too_Old"


def test_every_copy_keeps_how_recent_its_records_were(open_hall: OpenTownHall) -> None:
    hall = open_hall()
    paper = hall.apply(MIDORI, copies=2)
    as_of = [copy.as_of for copy in hall.service.ledger.copies(paper.application_id)]
    assert as_of == [datetime(2026, 6, 3, 5, 0, tzinfo=JST)] * 2
