"""The same town with another ordinance: representatives may apply, and a card's state limits its use."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scenarios.towns import shipped_town
from server_stub.card_registry import CardRegistry
from server_stub.interface.card_registry import Act, CardState, CardStateAct

from .helper import CHILD, CITY, GROWN, OTHER, RESIDENCE, RIGHT, SEAL, act, asked, failure_of


@pytest.fixture
def town(tmp_path: Path) -> Path:
    folder = tmp_path / "ashikaga-2012"
    shutil.copytree(shipped_town("ashikaga-2012"), folder)
    file = folder / "municipality.toml"
    text = file.read_text(encoding="utf-8")
    for rule in ('young = "refused"', 'wards = "refused"'):
        text = text.replace(rule, rule.replace("refused", "representative"))
    file.write_text(
        text.replace("limit_by_card_state = false", "limit_by_card_state = true"), encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize(("card", "who"), [(CHILD, {}), (GROWN, {"ward": True})])
def test_the_representative_registers(registry: CardRegistry, card: str, who: dict[str, bool]) -> None:
    alone = act(Act.REGISTER, card=card, pin=RIGHT, **who)
    assert failure_of(registry.act, alone)[0] == "Ordinance_Holder_Barred"
    registry.act(act(Act.REGISTER, card=card, pin=RIGHT, by_representative=True, **who))
    registry.authenticate(asked(RIGHT, card=card))


@pytest.mark.parametrize("state", [CardState.LOST, CardState.SUSPENDED])
def test_a_lost_card_is_stopped_at_once_where_its_state_limits_its_use(
    registered: CardRegistry, state: CardState
) -> None:
    registered.set_state(CardStateAct(municipality=CITY, card=GROWN, state=state, operator="職員"))
    for pin, kind in ((RIGHT, RESIDENCE), (OTHER, SEAL)):
        assert failure_of(registered.authenticate, asked(pin, kind))[0] == "Ordinance_Card_Stopped"
    registered.set_state(CardStateAct(municipality=CITY, card=GROWN, state=CardState.IN_USE, operator="職員"))
    registered.authenticate(asked(RIGHT))
