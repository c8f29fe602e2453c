"""Every failure this room names stands in the common catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cards
from server_stub.interface.failures import CATALOGUE

ROOM = Path(cards.__file__).parent
NAME = re.compile(r'"((?:Card|Reader|Certificate|Settings)_[A-Z][A-Za-z_]+)"')


def named() -> set[str]:
    return {name for path in ROOM.rglob("*.py") for name in NAME.findall(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", sorted(named()))
def test_every_failure_raised_here_stands_in_the_catalogue(name: str) -> None:
    assert name in CATALOGUE


def test_the_search_finds_what_it_is_about() -> None:
    assert {"Card_Removed", "Card_Pin_Wrong", "Settings_Wrong", "Certificate_Malformed"} <= named()
