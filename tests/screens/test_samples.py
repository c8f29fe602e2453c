"""The gallery shows what occurs, and all that occurs: every sample is held against the table of transitions."""

from __future__ import annotations

import pytest

from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from kiosk_app.flow.state import State, StateName, TimeOuts
from kiosk_app.flow.table import transitions
from kiosk_app.screens.gallery import sample_states, samples
from kiosk_app.screens.window import KioskWindow, touchables

STATES = sample_states()
SAME_PICTURE = {
    StateName.FETCHING_MUNICIPALITIES: StateName.OPENING_SESSION,
    StateName.REFUNDING: StateName.RETURNING_MONEY,
}
"""States that look exactly as another."""


def ways(state: StateName) -> tuple[bool, bool]:
    """Whether the table answers 戻る and 中止する in `state`."""
    causes = {row.event for row in transitions() if row.state == state.value}
    return "BackTouched" in causes, "CancelTouched" in causes


@pytest.mark.parametrize("name", STATES)
def test_a_sample_offers_back_and_cancel_where_the_flow_has_an_answer(window: KioskWindow, name: str) -> None:
    window.show_view(samples()[name])
    shown = touchables(window)
    assert ("戻る" in shown, "中止する" in shown) == ways(STATES[name].name)


@pytest.mark.parametrize("name", STATES)
def test_a_sample_counts_down_only_where_the_flow_has_a_time_out(name: str) -> None:
    state = STATES[name]
    if samples()[name].deadline is not None:
        assert TimeOuts().of(state.name, state.visit) is not None


def test_every_state_of_the_flow_is_in_the_gallery() -> None:
    shown = {state.name for state in STATES.values()}
    assert shown | set(SAME_PICTURE) == set(StateName)
    for state, same in SAME_PICTURE.items():
        assert view_of(State(state)) == view_of(State(same))


def test_the_receipt_is_printed_under_its_own_name() -> None:
    receipt = view_of(State(StateName.PRINTING_RECEIPT))
    assert isinstance(receipt, v.PleaseWait)
    assert receipt.reason is v.WaitReason.PRINTING_RECEIPT
