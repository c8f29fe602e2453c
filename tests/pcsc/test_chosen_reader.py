"""A reader that is told on the command line is looked for before anything is started."""

from __future__ import annotations

import pytest

from cards.readers.pcsc import reader_names
from scenarios.command.options import present_reader, reader_for_run
from scenarios.command.usage import WrongUse
from tests.cards.pcsc_service import service


def test_a_reader_that_is_not_there_is_told_with_those_that_are() -> None:
    service()
    with pytest.raises(WrongUse) as refused:
        reader_for_run("pcsc:NOSUCH")
    names = reader_names()
    assert len(names) == 2 and all(name in str(refused.value) for name in ("NOSUCH", *names))


def test_a_part_of_its_name_is_enough_and_no_name_means_the_first() -> None:
    service()
    first, *_ = reader_names()
    assert present_reader(f"pcsc:{first[:8]}") == f"pcsc:{first[:8]}"
    assert present_reader("pcsc") == f"pcsc:{first}"
    assert present_reader("virtual") == "virtual"


def test_the_scenarios_own_service_names_what_the_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reader_for_run("pcsc") == "pcsc"
    monkeypatch.setattr("cards.pcscd.PrivatePcscd.missing", staticmethod(lambda: ["vsmartcard-vpcd"]))
    with pytest.raises(WrongUse, match="vsmartcard-vpcd"):
        reader_for_run("pcsc")
