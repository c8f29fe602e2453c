"""Every failure of this room stands in the common catalogue. That no other name is raised here, the type checker sees."""

from __future__ import annotations

from typing import get_args

import pytest

from cards.errors import CardError, CardFailure
from server_stub.interface.failures import CATALOGUE, Failed


@pytest.mark.parametrize("name", get_args(CardFailure))
def test_a_terminal_can_tell_every_failure_of_a_card_by_its_name(name: CardFailure) -> None:
    error = CardError(name, attempts_remaining=2)
    told = Failed(error.failure, **error.facts)
    assert told.entry is CATALOGUE[name] and told.entry.cause and told.entry.remedy
