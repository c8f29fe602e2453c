"""The values that the messages between the nodes are made of: constrained texts and numbers, words, refusals, identities.

All money is whole yen, all times are ISO 8601 with offset.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from .failures import CATALOGUE, Failed
from .secret import Secret


class Model(BaseModel):
    """A message: unknown fields are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


# Nothing that comes in is longer than this; what is, is no message at all (Answer_Malformed, Request_Malformed).
MOST_MUNICIPALITIES = 3000
"""Japan has about 1,900 with the wards of its large cities."""
MOST_SUBJECTS = 200
"""Of one household."""
MOST_OFFERS, MOST_SHEETS, MOST_BOXES = 50, 500, 100
MOST_QUESTIONS, MOST_CHOICES = 20, 6
MOST_LANGUAGES = 20
LONGEST_TEXT, LONGEST_NAME = 300, 100
LONGEST_FACTS = 8000
"""Letters of all facts of a failure, as JSON."""

Code5 = Annotated[
    str, Field(pattern=r"^[0-9]{5}$", description="全国地方公共団体コード, 5 digits without check digit")
]
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$", max_length=16384)]
Ref = Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
Ulid = Annotated[str, Field(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
Yen = Annotated[int, Field(ge=0, le=1_000_000)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""Of a kind of certificate, of a question or of one of its choices."""
RegisterText = Annotated[str, Field(max_length=LONGEST_TEXT)]
"""Of a person's name, a relationship, hours: no cell of any form holds more."""
PlaceName = Annotated[str, Field(max_length=LONGEST_NAME)]
Identifier = Annotated[str, Field(max_length=100)]
IssueNumber = Annotated[str, Field(pattern=r"\S", max_length=100)]
"""発行番号 of a copy, as it is printed: never blank."""
CopyNumber = Annotated[int, Field(ge=1, le=99)]
A4_MM = (210.0, 297.0)
"""Width and height of a sheet in millimetres."""


def _speaks_japanese(words: dict[str, str]) -> dict[str, str]:
    if "ja" not in words:
        raise ValueError("words in Japanese (ja)")
    return words


Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Words = Annotated[
    dict[Language, Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]],
    Field(max_length=MOST_LANGUAGES, description="language -> text as it is shown; `ja` always"),
    AfterValidator(_speaks_japanese),
]


class Place(StrEnum):
    """Which municipality's certificates: of the address (住所地) or of the family register (本籍地)."""

    ADDRESS = "address"
    DOMICILE = "domicile"


class TerminalKind(StrEnum):
    STORE = "store"
    MUNICIPAL = "municipal"


class Method(StrEnum):
    """How a holder was authenticated: by 公的個人認証 (JPKI認証方式), or by what a municipality's ordinance lets a
    住民基本台帳カード do (条例利用方式)."""

    JPKI = "jpki"
    ORDINANCE = "ordinance"


def _pin(told: object) -> Secret:
    if isinstance(told, Secret):
        told = told.reveal()
    if not isinstance(told, str) or not re.fullmatch("[0-9]{4}", told):
        raise ValueError("four digits")
    return Secret(told)


PinText = Annotated[
    Secret,
    PlainValidator(_pin),
    PlainSerializer(lambda pin: pin.reveal(), return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "password", "pattern": "^[0-9]{4}$"}),
]
"""A PIN on its way to whoever compares it: a secret on both sides, digits on the line alone."""
CardNumber = Annotated[str, Field(pattern=r"^[0-9]{15}$", description="of a 住民基本台帳カード, 15 digits")]


class Identity(Model):
    """Who stands at the terminal: by which method, and that method's reference (jpki: `binding.holder_ref`, ordinance:
    `binding.ordinance_ref`)."""

    method: Method
    reference: Ref


class FailureBody(Model):
    """A refusal by its name, with facts and never with a stack trace.

    `words` tell the resident what happened and what to do, where the name is not in the terminal's own catalogue: a
    kind of certificate may refuse by names of its own.
    """

    failure: Identifier
    facts: dict[str, Any] = {}
    words: Words | None = None

    @field_validator("facts")
    @classmethod
    def _not_too_long(cls, facts: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(facts, ensure_ascii=False, default=str)) > LONGEST_FACTS:
            raise ValueError("too many facts")
        return facts

    def failed(self) -> Failed:
        """Make the Failed that this message tells of. Raises KeyError for an unknown name without words."""
        if self.words is not None and self.failure not in CATALOGUE:
            return Failed.in_words(self.failure, self.words, **self.facts)
        return Failed(self.failure, **self.facts)

    @classmethod
    def of(cls, failed: Failed) -> FailureBody:
        return cls(failure=failed.failure, facts=failed.facts, words=failed.words)


def read_refusal(body: bytes) -> Failed | None:
    """Read what another node refused by; None for anything that was not agreed on, or that never leaves a terminal."""
    try:
        failed = FailureBody.model_validate_json(body).failed()
    except (ValidationError, KeyError, ValueError):
        return None
    return failed if failed.entry.status else None


class CallCenter(Model):
    """Whom a municipality lets people ask about its certificates."""

    name: PlaceName
    name_en: PlaceName
    telephone: Annotated[str, Field(pattern=r"^[0-9+() -]+$", max_length=20)]


class MunicipalityInfo(Model):
    code: Code5
    prefecture: PlaceName
    name: PlaceName
    prefecture_en: PlaceName
    name_en: PlaceName
    kana: PlaceName
    participating: bool
    accent: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#1F5FA8"
    telephone: Annotated[str, Field(pattern=r"^[0-9+() -]*$", max_length=20)] = ""
    call_center: CallCenter | None = None


class MunicipalityList(Model):
    municipalities: Annotated[tuple[MunicipalityInfo, ...], Field(max_length=MOST_MUNICIPALITIES)]


class Box(Model):
    """A rectangle on the front of a sheet (A4) in millimetres from the upper left corner."""

    x: Annotated[float, Field(ge=0, lt=A4_MM[0], allow_inf_nan=False)]
    y: Annotated[float, Field(ge=0, lt=A4_MM[1], allow_inf_nan=False)]
    width: Annotated[float, Field(gt=0, le=A4_MM[0], allow_inf_nan=False)]
    height: Annotated[float, Field(gt=0, le=A4_MM[1], allow_inf_nan=False)]

    @model_validator(mode="after")
    def _lies_on_the_sheet(self) -> Box:
        if self.x + self.width > A4_MM[0] or self.y + self.height > A4_MM[1]:
            raise ValueError("within A4")
        return self
