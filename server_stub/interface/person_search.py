"""Officials' console -> issuing server: who a resident is. At the door `/ops/v1`, behind the key for officials' tools.

    POST /ops/v1/person-searches          PersonSearch -> PersonsFound

Unlike most messages of this door these tell names and addresses: the console shows them to who may see them and writes each sight into its
operation log. What is searched stands in the body, so that no log of addresses has it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from .values import Code5, Identifier, Model, Ref, RegisterText

MOST_FOUND = 50


class PersonSearch(Model):
    """Find residents of one municipality by 宛名番号, or by the beginning of their name as the register has it, in characters or in kana,
    with or without the day of birth."""

    municipality: Code5
    person_key: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")] | None = None
    birth: date | None = None

    @model_validator(mode="after")
    def _asks_for_somebody(self) -> Self:
        if (self.person_key is None) is (self.name is None):
            raise ValueError("person_key, or name")
        return self


class PersonFound(Model):
    """Tell one. `person`: as papers and acts call them; `birth` in words; `living_here`: they have not moved away or died."""

    person_key: Identifier
    person: Ref
    name: RegisterText
    kana: RegisterText
    birth: RegisterText
    address: RegisterText
    living_here: bool


class PersonsFound(Model):
    """List those found, by kana. `more`: there are others, of whom none is told."""

    people: tuple[PersonFound, ...]
    more: bool
