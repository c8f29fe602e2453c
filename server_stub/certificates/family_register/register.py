"""A family register (戸籍) as the 戸籍 system delivers it, and everything that a row of it must be.

Nothing is worked out here: dates, names and headings stand as they were recorded. The members of the structures have the
names that the system gives them; a message never repeats what was delivered.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from server_stub.characters import no_name, no_text
from server_stub.eras import ERAS, era_of
from server_stub.model_words import in_words
from server_stub.registry.tables import ANY_WORD

FAMILY_REGISTER = "family_register"
"""The register: key and group are the number of the family register."""
SPACE = "\u3000"
"""Between 氏 and 名."""
MOST_LEVELS = 3
"""How deep 従前の記録, and a correction under what it corrects, may lie."""


def _wrong(expected: str) -> PydanticCustomError:
    return PydanticCustomError("rule", "{expected}", {"expected": expected})


def _line(text: str) -> str:
    # nothing printable is of those categories, and nearly every text is
    plain = text == text.strip() and text.replace(SPACE, " ").isprintable()
    if not plain and (
        text != text.strip() or any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in text)
    ):
        raise _wrong("前後に空白のない、1行の文字列")
    if expected := no_text(text):
        raise _wrong(expected)
    return text


def _name(text: str) -> str:
    if expected := no_name(text):
        raise _wrong(expected)
    return text


def _filled(text: str) -> str:
    if not text:
        raise _wrong("空でない文字列")
    return text


def _heading(text: str) -> str:
    if set(text) & set("【】"):
        raise _wrong("【 】を含まない見出し")
    return text


def _kana(text: str) -> str:
    if not re.fullmatch(r"[ァ-ヺー・゛゜]+", text):
        raise _wrong("全角カタカナの振り仮名")
    return text


_TEXTS_OF_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _number_of_text(value: Any) -> Any:
    """XML has texts alone: digits are a number."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def _boolean_of_text(value: Any) -> Any:
    return _TEXTS_OF_BOOLEANS.get(value, value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_line)]
Filled = Annotated[Text, AfterValidator(_filled)]
Name = Annotated[Text, AfterValidator(_name)]
Heading = Annotated[Filled, Field(max_length=40), AfterValidator(_heading)]
Kana = Annotated[Filled, AfterValidator(_kana)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, strict=True)


class Item(_Part):
    """`【label】text`; 従前の記録 has `former` instead of a text. Delivered as [label, text] or [label, [items]]."""

    label: Heading
    text: Filled | None = None
    former: Annotated[tuple[Item, ...], Field(strict=False)] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_a_pair(cls, value: Any) -> Any:
        if isinstance(value, list):
            if len(value) != 2:
                raise _wrong("見出しと内容の二つの並び")
            label, content = value
            if isinstance(content, list):
                if not content:
                    raise _wrong("従前の記録の内容")
                return {"label": label, "former": content}
            return {"label": label, "text": content}
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.text is None) == (not self.former):
            raise _wrong("文字列か、従前の記録の並び")
        return self

    def levels(self) -> int:
        return 1 + max((item.levels() for item in self.former), default=0)


class Entry(_Part):
    """One entry (事項): its title, its items, and the corrections that stand under it, each one step deeper. Delivered as
    [title, [items]] or [title, [items], [corrections]]."""

    title: Heading
    items: Annotated[tuple[Item, ...], Field(strict=False, min_length=1)]
    corrections: Annotated[tuple[Entry, ...], Field(strict=False)] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_a_list(cls, value: Any) -> Any:
        if isinstance(value, list):
            if len(value) not in (2, 3):
                raise _wrong("見出し・項目の並び（・訂正の並び）")
            return dict(zip(("title", "items", "corrections"), value, strict=False))
        return value

    def levels(self) -> int:
        return max((entry.levels() for entry in self.corrections), default=0) + 1

    @model_validator(mode="after")
    def _is_shallow(self) -> Self:
        if self.levels() > MOST_LEVELS or any(item.levels() > MOST_LEVELS for item in self.items):
            raise _wrong(f"{MOST_LEVELS}段以内")
        return self


Entries = Annotated[tuple[Entry, ...], Field(strict=False)]


class HeadName(_Part):
    """氏名 of the 筆頭者, with one U+3000 between 氏 and 名, and the reading of the 氏 where one is recorded."""

    text: Annotated[Filled, AfterValidator(_name), Field(alias="氏名")]
    reading: Annotated[Kana | None, Field(alias="氏の振り仮名")] = None

    @model_validator(mode="after")
    def _is_divided(self) -> Self:
        if len([part for part in self.text.split(SPACE) if part]) != 2 or self.text.count(SPACE) != 1:
            raise _wrong("氏と名の間に全角空白が一つある氏名")
        return self

    @property
    def surname(self) -> str:
        return self.text.split(SPACE)[0]


class Member(_Part):
    """戸籍に記録されている者. `number`: 戸籍内番号; `removed`: 除籍 (by death, marriage and so on)."""

    number: Annotated[int, Field(alias="番号", ge=1, le=999), BeforeValidator(_number_of_text)]
    name: Annotated[Filled, AfterValidator(_name), Field(alias="名")]
    reading: Annotated[Kana | None, Field(alias="名の振り仮名")] = None
    removed: Annotated[bool, Field(alias="除籍"), BeforeValidator(_boolean_of_text)] = False
    birth: Annotated[Filled, Field(alias="生年月日")]
    spouse: Annotated[Literal["夫", "妻", ""], Field(alias="配偶者区分")] = ""
    father: Annotated[Name, Field(alias="父")] = ""
    mother: Annotated[Name, Field(alias="母")] = ""
    relation: Annotated[Filled, Field(alias="続柄")]
    adoptive_father: Annotated[Name, Field(alias="養父")] = ""
    adoptive_mother: Annotated[Name, Field(alias="養母")] = ""
    adoptive_relation: Annotated[Literal["養子", "養女", ""], Field(alias="養続柄")] = ""
    entries: Annotated[Entries, Field(alias="身分事項")] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if bool(self.adoptive_relation) != bool(self.adoptive_father or self.adoptive_mother):
            raise _wrong("養父か養母と、養続柄の両方（またはどれもない）")
        return self


class FamilyRegisterBody(_Part):
    """What the file has of a family register besides its number. `state`: "closed" 消除 (除籍), "superseded" 改製原, "pending"
    a notification is being processed."""

    state: Literal["open", "pending", "closed", "superseded"]
    domicile: Filled
    head: HeadName
    entries: Annotated[Entries, Field(min_length=1)]
    members: Annotated[tuple[Member, ...], Field(strict=False, min_length=1, max_length=150)]

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, value: Any, check: Any) -> Any:
        """Tell in Japanese what was expected, and where."""
        try:
            return check(value)
        except ValidationError as error:
            raise ValidationError.from_exception_data(cls.__name__, list(_told(error))) from None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        numbers = [member.number for member in self.members]
        if len(set(numbers)) != len(numbers):
            raise _wrong_members("重ならない番号")
        if self.state == "open" and all(member.removed for member in self.members):
            raise _wrong_members("除籍でない人が一人以上いる現在の戸籍")
        return self

    @staticmethod
    def search_words(body: Mapping[str, Any]) -> Iterator[str]:
        """File a register under the birth dates of its members, as `words_of_birth` looks for them."""
        for member in body.get("members", ()):
            plain = unicodedata.normalize("NFKC", str(member.get("birth", "")))
            yield plain if _PLAIN_BIRTH.fullmatch(plain) else ANY_WORD

    def member(self, number: int) -> Member | None:
        return next((member for member in self.members if member.number == number), None)


def _wrong_members(expected: str) -> ValidationError:
    told = InitErrorDetails(type=_wrong(expected), loc=("members",), input=None)
    return ValidationError.from_exception_data("members", [told])


def _told(error: ValidationError) -> Iterator[InitErrorDetails]:
    for one in error.errors(include_url=False, include_input=False):
        words = one["msg"] if one["type"] == "rule" else in_words(one["type"], one.get("ctx", {}))
        yield InitErrorDetails(
            type=_wrong(words),
            loc=one["loc"],
            input=None,
        )


_BIRTH = re.compile(r"(西暦|[一-鿿]{2})(元|[0-9]{1,4})年(?:([0-9]{1,2})月(?:([0-9]{1,2})日)?)?")
_CERTAIN = re.compile(r"\s*(?:月日不詳|日不詳)?")
"""What may follow the date where all that it says is certain: not 頃."""


def born_at_latest(birth: str) -> date | None:
    """Tell the last day on which somebody with this 生年月日 may have been born: what is not known of a date (月日不詳) may be its
    end. None where not even the year is known."""
    found = _BIRTH.match(unicodedata.normalize("NFKC", birth))
    if found is None:
        return None
    return _end(found)


def born_between(birth: str) -> tuple[date, date] | None:
    """Tell the first and the last day on which somebody with this 生年月日 was born. None where that is not certain (頃, 推定)."""
    plain = unicodedata.normalize("NFKC", birth)
    found = _BIRTH.match(plain)
    last = _end(found) if found is not None and _CERTAIN.fullmatch(plain, found.end()) else None
    if found is None or last is None:
        return None
    _, _, month, day = found.groups()
    return last.replace(month=int(month or 1), day=last.day if day else 1), last


_PLAIN_BIRTH = re.compile(
    r"(?:西暦|[一-鿿]{2})(?:元|[1-9][0-9]{0,3})年(?:[1-9][0-9]?月(?:[1-9][0-9]?日|日不詳)|月日不詳)"
)
"""The forms that `words_of_birth` knows. Whoever has another one (頃, 推定) may be born on any day."""


def words_of_birth(birth: date) -> tuple[str, ...]:
    """Say in which ways a register may have written this birth date, also where day or month are not known; by era and by western year, with
    plain figures (NFKC)."""
    found = era_of(birth)
    years = [f"西暦{birth.year}年"]
    if found is not None:
        era, year = found
        years += [f"{era.name}{year}年"] + ([f"{era.name}元年"] if year == 1 else [])
    said = [
        f"{year}{rest}"
        for year in years
        for rest in (f"{birth.month}月{birth.day}日", f"{birth.month}月日不詳", "月日不詳")
    ]
    return tuple(said)


def full_width(text: str) -> str:
    """Write a text in characters of one width: digits, letters and signs full-width, a blank as U+3000."""
    return "".join(
        chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else SPACE if char == " " else char for char in text
    )


def _end(found: re.Match[str]) -> date | None:
    """The last day that a date may mean; None for one that no calendar has."""
    era, year, month, day = found.groups()
    number = 1 if year == "元" else int(year)
    try:
        if era != "西暦":
            number = next(one.first.year for one in ERAS if one.name == era) + number - 1
        last = int(month or 12)
        return date(number, last, min(int(day or 31), monthrange(number, last)[1]))
    except (StopIteration, ValueError):
        return None
