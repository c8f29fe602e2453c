from __future__ import annotations

from server_stub.interface.failures import Failed
from tests.issuing.helper import MIDORI, TownHall, refused


def test_a_revised_fee_refuses_what_was_confirmed_before_and_is_offered_from_then_on(hall: TownHall) -> None:
    before = hall.request(MIDORI)
    hall.context.faults.switch_on("issuing.fee_revised", {"fee": 300})
    failed: Failed = refused(lambda: hall.service.issue(before))
    assert (failed.failure, failed.facts) == ("Fee_Changed", {"fee_total": 300, "confirmed": 250})
    assert hall.service.ledger.applications() == ()
    assert hall.offer(MIDORI).fee == 300
    hall.context.faults.switch_off("issuing.fee_revised")
    assert hall.offer(MIDORI).fee == 250


def test_without_a_fee_it_is_50_yen_more(hall: TownHall) -> None:
    hall.context.faults.switch_on("issuing.fee_revised")
    assert hall.offer(MIDORI).fee == 300
    assert hall.apply(MIDORI, copies=2, fee_total=600).pages
