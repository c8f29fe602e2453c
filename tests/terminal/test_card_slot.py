"""The card slot: which reader, and who may lay a card on it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cards.readers.virtual import VirtualReader
from cards.trace import nobody
from kiosk_app.card_slot import is_reader, open_slot
from server_stub.interface.failures import Failed


def test_readers_are_named_virtual_pcsc_or_by_their_own_name() -> None:
    assert all(map(is_reader, ("virtual", "pcsc", "pcsc:ACS ACR39U")))
    assert not any(map(is_reader, ("", "pcsc:", "smoke", "Virtual", "virtual:1")))


@pytest.mark.parametrize(
    ("reader", "hand"), [("smoke", ""), ("pcsc:", ""), ("pcsc", "glove"), ("pcsc", "vpcd:")]
)
def test_another_name_is_refused(reader: str, hand: str) -> None:
    with pytest.raises(Failed) as caught:
        open_slot(reader, hand, nobody)
    assert caught.value.failure == "Settings_Wrong"


def test_virtual_cards_are_laid_by_hand_on_the_virtual_reader_and_on_no_real_one() -> None:
    slot = open_slot("virtual", "", nobody)
    assert isinstance(slot.reader, VirtualReader) and slot.hand is slot.reader
    assert open_slot("pcsc:somebody's reader", "", nobody).hand is None


def test_a_terminal_with_a_virtual_reader_needs_no_pcsc() -> None:
    program = (
        "import sys; sys.modules['smartcard'] = None; "
        "import kiosk_app.assembly, kiosk_app.control, kiosk_app.card_slot as slot; "
        "slot.open_slot('virtual', '', lambda kind, /, **data: None); print('virtual'); "
        "from server_stub.interface.failures import Failed\n"
        "try: slot.open_slot('pcsc', '', print)\n"
        "except Failed as failed: print(failed.failure)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.split() == ["virtual", "Reader_Service_Stopped"], done.stderr
