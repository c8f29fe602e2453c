"""The sample cards: whose they are and how they are made (`cards.toml` beside the people)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from server_stub.settings_file import SettingsModel, load_settings_file

from . import paths


class SampleCard(SettingsModel):
    """One card. `person`: 宛名番号; `profile`: a file of cards/profiles; `state`: at the authority, besides what the profile
    says; `linked`: whether an issue notice is delivered."""

    name: Annotated[str, Field(min_length=1)]
    person: Annotated[str, Field(pattern=r"^[0-9]{10}$")]
    profile: Annotated[str, Field(min_length=1)]
    state: Literal["good", "held", "revoked"]
    linked: bool
    purpose: str


class _CardList(SettingsModel):
    card: Annotated[tuple[SampleCard, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_name_once(self) -> Self:
        names = [card.name for card in self.card]
        if len(set(names)) != len(names):
            raise ValueError("each name once")
        return self


def listed_cards(file: Path = paths.DATA / "cards.toml") -> tuple[SampleCard, ...]:
    """Read the list in its order. Raises Failed(Settings_Wrong, file, key, expected)."""
    return load_settings_file(file, _CardList).card
