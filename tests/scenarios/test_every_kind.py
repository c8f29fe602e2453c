"""Whatever a shipped town offers is issued by a shipped scenario, through the terminal, and its paper read back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from scenarios import paths
from scenarios.feature_check import feature_files
from scenarios.requirements import Case, cases
from scenarios.towns import Town, load_town, shipped_names, tagged_towns
from server_stub.interface.clock import STAGE_START

TOWNS = [load_town(folder) for folder in shipped_names().values()]
_CARD, _ELSEWHERE = re.compile("「([^」]+のカード)」"), re.compile("本籍地の「([^」]+)」")
_PAPER = "用紙は"


def offered(town: Town) -> Iterator[str]:
    """The names of the kinds, as they stand in the menu of that town."""
    municipality = town.municipality.on(STAGE_START.date())
    for code, terms in municipality.services.items():
        if terms.begun(STAGE_START.date()):
            yield (terms.words or municipality.kinds[code].words)["ja"]


def issued(case: Case) -> Iterator[tuple[str, str]]:
    """The municipality and the kind of each paper that the scenario looks at."""
    homes = {card.name: town.name for town in tagged_towns(case.tags) for card in town.cards}
    home, wanted = "", ""
    for step in case.steps:
        if (card := _CARD.search(step)) and card[1] in homes:
            home = homes[card[1]]
        if place := _ELSEWHERE.search(step):
            home = place[1]
        elif step.startswith(_PAPER) and wanted:
            yield home, wanted
        elif chosen := re.match("「([^」]+)」を.*(?:選ぶ|申し込む)$", step):
            wanted = chosen[1]


ISSUED = {paper for case in cases(feature_files([paths.FEATURES])) for paper in issued(case)}


@pytest.mark.parametrize(
    ("town", "kind"), [(town.name, kind) for town in TOWNS for kind in offered(town)], ids=str
)
def test_a_kind_that_a_town_offers_is_issued_and_read(town: str, kind: str) -> None:
    assert (town, kind) in ISSUED
