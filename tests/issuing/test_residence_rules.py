"""What a municipality decides about the 住民票の写し beside its form: who has announced a move, and whose the fee is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from server_stub.interface.clock import JST
from server_stub.interface.failures import Failed
from server_stub.interface.offers import Scope
from tests.issuing.helper import OpenTownHall, TownHall, edited_municipality

HIKARI, HARUKA = "0000101601", "0000101602"
ISAMU, NAGISA = "0000103901", "0000103902"
NAOKI, SAKURA = "0000100301", "0000100302"
OPEN = ("refuse_moving_out = true", "refuse_moving_out = false")
OLD_ENOUGH = ("most_age_hours = 48", "most_age_hours = 8760")


def refused(hall: TownHall, person: str) -> str:
    with pytest.raises(Failed) as caught:
        hall.offers(person)
    return caught.value.failure


def test_who_has_announced_a_move_gets_nothing_unless_the_municipality_says_otherwise(
    hall: TownHall, open_hall: OpenTownHall, tmp_path: Path
) -> None:
    """The standard (5.1) knows no such bar."""
    assert refused(hall, HARUKA) == "Holder_Moved_Out"
    assert hall.offer(HIKARI).scopes == (Scope.CHOSEN,)
    generous = open_hall(root=edited_municipality(tmp_path, OPEN))
    assert generous.offer(HIKARI).scopes == (Scope.WHOLE, Scope.CHOSEN)
    (page,) = generous.apply(HARUKA).pages
    assert set(page.subjects) == generous.refs(HIKARI, HARUKA)
    # what the 転出届 says is left out of a paper before the day
    assert "川崎市" not in generous.text(generous.apply(HARUKA))[0]


def test_on_the_day_of_the_move_nobody_says_otherwise(open_hall: OpenTownHall, tmp_path: Path) -> None:
    generous = open_hall(root=edited_municipality(tmp_path, OPEN, OLD_ENOUGH))
    generous.clock.set(datetime(2026, 6, 19, 10, 0, tzinfo=JST))
    assert len(generous.offer(HIKARI).subjects) == 2
    generous.clock.set(datetime(2026, 6, 20, 10, 0, tzinfo=JST))
    assert refused(generous, HARUKA) == "Holder_Moved_Out"
    assert len(generous.offer(HIKARI).subjects) == 1


def test_who_has_arrived_elsewhere_is_struck_off_before_the_day(
    open_hall: OpenTownHall, tmp_path: Path
) -> None:
    generous = open_hall(root=edited_municipality(tmp_path, OPEN, OLD_ENOUGH))
    assert refused(generous, NAGISA) == "Holder_Moved_Out"
    assert [subject.ref for subject in generous.offer(ISAMU).subjects] == [generous.ref(ISAMU)]


def test_the_fee_may_be_for_each_person_on_a_copy(
    hall: TownHall, open_hall: OpenTownHall, tmp_path: Path
) -> None:
    """Offered, asked, made and recorded alike; a request that pays for one copy only is refused by name."""
    each = open_hall(root=edited_municipality(tmp_path, (r"fee = 250", "fee_per_person = true\nfee = 250")))
    offer = each.offer(NAOKI)
    assert (offer.fee, offer.fee_per_subject, offer.copy_fee(2)) == (250, True, 500)
    with pytest.raises(Failed) as caught:
        each.apply(NAOKI, copies=2)
    assert (caught.value.failure, caught.value.facts) == (
        "Fee_Changed", {"fee_total": 1000, "confirmed": 500},
    )  # fmt: skip
    paper = each.apply(NAOKI, copies=2, fee_total=1000)
    entry = each.service.ledger.application(paper.application_id)
    assert entry is not None and paper.fee_total == entry.fee_total == 1000
    assert each.apply(NAOKI, members=[SAKURA]).fee_total == 250
    assert hall.apply(NAOKI, copies=2).fee_total == 500
