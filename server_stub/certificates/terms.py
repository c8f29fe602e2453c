"""What a municipality has decided about one kind: fee, days and hours, names, signer, numbers. The table [service.CODE].

All times are Japan's. Nothing here asks a clock: who asks says of which day or moment.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, Self, TypeVar

import jpholiday
from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from server_stub.interface.clock import JST
from server_stub.settings_file import Settings, SettingsText, matching

COIN = 10
"""Yen: the smallest coin that a terminal takes."""
LARGEST_SEAL_MM = 25
"""A side of a 公印 (住民記録システム標準仕様書 5.6)."""
_A_LEAP_YEAR = 2028


def _payable(fee: int) -> int:
    if fee % COIN:
        raise ValueError(f"{COIN}の倍数（端末の硬貨で払える額）")
    return fee


Fee = Annotated[int, Field(ge=0, le=10_000), AfterValidator(_payable)]
"""Yen a copy."""


# --- days ------------------------------------------------------------------------------------------------------------

Weekday = Literal["月", "火", "水", "木", "金", "土", "日"]
WEEK: tuple[Weekday, ...] = ("月", "火", "水", "木", "金", "土", "日")
WORKING_DAYS = WEEK[:5]


def _month_day(text: str) -> str:
    try:
        date(_A_LEAP_YEAR, int(text[:2]), int(text[3:]))
    except ValueError:
        raise ValueError("12-29 のような月と日") from None
    return text


MonthDay = Annotated[str, matching(r"[0-9]{2}-[0-9]{2}", "12-29 のような月と日"), AfterValidator(_month_day)]


T = TypeVar("T", time, datetime)
END_OF_DAY = time(23, 59, 59)
"""As `closes`: served until midnight. TOML has no 24:00."""


def _of_japan(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=JST) if moment.tzinfo is None else moment.astimezone(JST)
    except OverflowError:  # the first or the last day of the calendar
        raise ValueError("日本の時刻で表せる日時") from None


def _whole_minute(told: T) -> T:
    """Hours are told to the minute: seconds would be served otherwise than told."""
    if (told.second or told.microsecond) and told != END_OF_DAY:
        raise ValueError("秒のない時刻（06:30:00 のように、秒は 00）")
    return told


Moment = Annotated[datetime, AfterValidator(_of_japan), AfterValidator(_whole_minute)]
TimeOfDay = Annotated[time, AfterValidator(_whole_minute)]
_ONE_FORM = "first と last（毎年の期間）、on（1日）、from と until（日時から日時の前まで）のうちの一組"


class ClosedSpan(Settings):
    """When nothing is served, in one of three forms: `first` and `last`, days of every year, both included, which may run over
    New Year; `on`, the whole of one date; `from` and `until`, from the one moment up to and without the other."""

    first: MonthDay | None = None
    last: MonthDay | None = None
    on: date | None = None
    begins: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _is_one_of_the_forms(self) -> Self:
        told = tuple(value is not None for value in (self.first, self.last, self.on, self.begins, self.until))
        if told not in (
            (True, True, False, False, False),
            (False, False, True, False, False),
            (False, False, False, True, True),
        ):
            raise ValueError(_ONE_FORM)
        if self.begins is not None and self.until is not None and self.until <= self.begins:
            raise ValueError("until が from より後の日時")
        return self

    def holds(self, day: date) -> bool:
        """Tell whether `day` is closed as a whole."""
        if self.first is None or self.last is None:
            return day == self.on
        here = day.strftime("%m-%d")
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or here <= self.last

    def covers(self, moment: datetime) -> bool:
        """Tell whether `moment` lies within `from` and `until`."""
        return self.begins is not None and self.until is not None and self.begins <= moment < self.until


# --- who certifies ---------------------------------------------------------------------------------------------------

SMALLEST_SEAL_PX, LARGEST_SEAL_PX = 100, 4000
SEAL = f"フォルダにある、正方形の PNG 画像のファイル名（一辺{SMALLEST_SEAL_PX}から{LARGEST_SEAL_PX}ピクセル）"
_SealFile = Annotated[str, matching(r"[0-9A-Za-z_-]+\.png", SEAL)]
_SealSide = Annotated[float, Field(ge=15, le=LARGEST_SEAL_MM)]


class CertifierPart(Settings):
    """What one kind has of its own about who certifies; the rest is the municipality's."""

    title: SettingsText | None = None
    mayor: SettingsText | None = None
    seal: _SealFile | None = None
    seal_mm: _SealSide | None = None
    seal_black: bool | None = None


class Certifier(Settings):
    """`title` 職名 and `mayor` 氏名 of the certifier (市長, 区長, 職務代理者); `seal` the file of the 公印, a square of `seal_mm`
    millimetres. `seal_black`: it is printed in black, and the paper says so beside it."""

    title: SettingsText
    mayor: SettingsText
    seal: _SealFile
    seal_mm: _SealSide
    seal_black: bool = True

    def but(self, own: CertifierPart | None) -> Certifier:
        """Return this certifier with what a kind has of its own."""
        told = own.model_dump(exclude_none=True) if own is not None else {}
        return self.model_copy(update=told)


class WardKind(Settings):
    """A table [ward.CODE.service.KIND]: who certifies that kind in that ward."""

    certifier: CertifierPart


class WardTerms(Settings):
    """A 行政区 of a 政令指定都市: the table [ward.CODE]. `name` as it stands in an address behind the city's name. `certifier`: its 区長,
    for every kind that goes by wards; `service`: for one kind."""

    name: SettingsText
    certifier: CertifierPart | None = None
    service: dict[str, WardKind] = {}

    def certifiers(self, kind: str) -> tuple[CertifierPart, ...]:
        """List what this ward says of who certifies `kind`, the more particular last; none: whoever certifies it in the city."""
        own = self.service.get(kind)
        told = (self.certifier, None if own is None else own.certifier)
        return tuple(one for one in told if one is not None)


# --- 発行番号 --------------------------------------------------------------------------------------------------------

STANDARD_NUMBER = "{municipality}-{day:%Y%m%d}-{random}"
SHORTEST_NUMBER, LONGEST_NUMBER = 8, 60
NUMBER_LENGTH = f"{SHORTEST_NUMBER}字から{LONGEST_NUMBER}字の発行番号になる形"
_NONE = re.compile("")
_FIELDS = ("municipality", "name", "day", "random", "number", "serial")
_DAY_FORM = re.compile(r"(?:%[Ymdyj]|[^%{}])*")
"""Of one width whatever the day: 1 January 11 and 11 January 1 must not be told in the same figures, and no language counts."""
_COUNT_FORM = re.compile(r"(?:0[1-9][0-9]?)?")
_A_LARGE_COUNT = 10**12
"""Wider than any form: with it two forms that differ in width alone give the same."""
_NUMBER_FORM = (
    "{random}・{number}・{serial} のどれかを含む発行番号の形"
    "（{municipality} 市区町村コード、{name} 市区町村名、{day:%Y%m%d} 発行日、{random} 12字の乱数、"
    "{number:03} その日の通し番号、{serial:08} 通算の番号）"
)


class NumberPattern:
    """How the 発行番号 of a municipality or kind is formed. `text` has fields in braces, as `_NUMBER_FORM` tells.

    Raises ValueError (in Japanese) for a pattern whose numbers could be told twice, or are too short or too long to print."""

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError:
            raise ValueError(_NUMBER_FORM) from None
        self._used = {field: form or "" for _, field, form, _ in parts if field is not None}
        if any(conversion for *_, conversion in parts):
            raise ValueError(_NUMBER_FORM)
        if not self._used.keys() <= set(_FIELDS) or not self._used.keys() & {"random", "number", "serial"}:
            raise ValueError(_NUMBER_FORM)
        if {"number", "serial"} <= self._used.keys():
            raise ValueError("{number} と {serial} のどちらか一方")
        for _, field, form, _ in parts:
            if field == "day" and not _DAY_FORM.fullmatch(form or ""):
                raise ValueError("{day:%Y%m%d} のように、日の書き方が %Y・%y・%m・%d・%j だけの形")
            if field != "day" and not (_COUNT_FORM if field in ("number", "serial") else _NONE).fullmatch(
                form or ""
            ):
                raise ValueError(_NUMBER_FORM)
        shown = self.of_one_day("99999", "市")
        days = {
            self.format("99999", "市", day, "0000-0000-0000", 1)
            for day in (date(2028, 12, 28), date(2028, 12, 27), date(2028, 11, 28), date(2027, 12, 28))
        }
        if "number" in self._used and len(days) < 4:
            raise ValueError("{number} は日ごとに1から始まるため、年月日のすべて（{day:%Y%m%d}）を含む形")
        if not SHORTEST_NUMBER <= len(shown) <= LONGEST_NUMBER:
            raise ValueError(NUMBER_LENGTH)

    @property
    def running(self) -> Literal["number", "serial"] | None:
        """Which count a ledger must give: of the day, or of all days; None for neither."""
        if "number" in self._used:
            return "number"
        return "serial" if "serial" in self._used else None

    def of_one_day(self, municipality: str, name: str, count: int = 1) -> str:
        """Form the number of some day and that count, to compare it with others."""
        return self.format(municipality, name, date(2028, 12, 28), "0000-0000-0000", count)

    def meets(self, other: NumberPattern) -> bool:
        """Tell whether a number of this form may be one of the other's: the counts of the day and of all days know nothing of each
        other."""
        return self.running != other.running and self.of_one_day("99999", "市", _A_LARGE_COUNT) == (
            other.of_one_day("99999", "市", _A_LARGE_COUNT)
        )

    def format(self, municipality: str, name: str, day: date, random: str, count: int) -> str:
        """Form one number. `count`: the running number that `running` asks for."""
        return self.text.format(
            municipality=municipality,
            name=name,
            day=_Day(day.year, day.month, day.day),
            random=random,
            number=count,
            serial=count,
        )


class _Day(date):
    def __format__(self, form: str) -> str:
        return self.strftime(form or "%Y%m%d")


def _number_pattern(text: str) -> str:
    NumberPattern(text)
    return text


IssueNumbers = Annotated[SettingsText, AfterValidator(_number_pattern)]


# --- the whole -------------------------------------------------------------------------------------------------------


INSTEAD = (("fee", "counter_minus"), ("first_day", "planned"))
"""Pairs of settings that say one thing in two ways: whichever is said last counts."""


Link = Literal["data_link", "pdf_link"]
DATA_LINK: Link = "data_link"
PDF_LINK: Link = "pdf_link"


class ServiceTerms(Settings):
    """What a municipality has decided about one kind. A kind may need more.

    `fee` at a terminal and `counter_fee` at the counter, a copy or (`fee_per_person`) each person on a copy; `counter_minus` instead of
    `fee`: the counter's less so much. `opens` inclusive, `closes` exclusive. Served on `weekdays`, and on public holidays among
    them if `holidays`;
    not on `closed`. From `first_day` on; `planned`: words of when it is to begin, where no day is fixed: it is not served yet.
    `words` and `title`: what the kind is called here, and on its papers. `certifier`: who certifies this kind, as far as it is
    not as for all. `title_with_prefecture`: 職名 begins with the prefecture. `issue_number`: a form of 発行番号 of its own. `link`: who
    makes the paper, the issuing server of its replica (データ連携) or the existing system of its own records (PDF連携).
    """

    fee: Fee
    opens: TimeOfDay
    closes: TimeOfDay
    max_copies: Annotated[int, Field(ge=1, le=99)]
    counter_fee: Fee | None = None
    fee_per_person: bool = False
    counter_minus: Fee | None = None
    weekdays: Annotated[tuple[Weekday, ...], Field(strict=False)] = WEEK
    holidays: bool = True
    closed: Annotated[tuple[ClosedSpan, ...], Field(strict=False)] = ()
    first_day: date | None = None
    planned: (
        Annotated[
            str, matching(r"[0-9A-Za-z一-鿿々.〜～（）]{1,24}", "H29.3（予定） のような24字以内のことば")
        ]
        | None
    ) = None
    words: dict[Annotated[str, matching(r"[a-z]{2}", "ja・en などの言語")], SettingsText] = {}
    title: Annotated[str, matching(r"\S(.*\S)", "前後に空白のない、2字以上の題名")] | None = None
    certifier: CertifierPart | None = None
    title_with_prefecture: bool = False
    issue_number: IssueNumbers | None = None
    link: Link = DATA_LINK

    @model_validator(mode="before")
    @classmethod
    def _fee_below_the_counters(cls, told: Any) -> Any:
        if not isinstance(told, Mapping) or "counter_minus" not in told:
            return told
        if "fee" in told:
            raise ValueError("fee（手数料）と counter_minus（窓口より安い額）のどちらか一方")
        if not isinstance(told["counter_minus"], int) or told["counter_minus"] % COIN:
            return {**told, "fee": 0}  # told by its own rule
        at_counter = told.get("counter_fee")
        if not isinstance(at_counter, int) or at_counter < told["counter_minus"]:
            raise ValueError("counter_minus は、counter_fee（窓口の手数料）があるときに、それを超えない額")
        return {**told, "fee": at_counter - told["counter_minus"]}

    @field_validator("closes")
    @classmethod
    def _after_it_opens(cls, closes: time, known: ValidationInfo) -> time:
        if closes <= known.data.get("opens", time.min):
            raise ValueError("opens より後の時刻")
        return closes

    @field_validator("weekdays")
    @classmethod
    def _each_day_once(cls, weekdays: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if not weekdays or len(set(weekdays)) != len(weekdays):
            raise ValueError("1個以上の、重ならない曜日")
        return tuple(day for day in WEEK if day in weekdays)

    @model_validator(mode="after")
    def _begins_in_one_way(self) -> Self:
        if self.first_day is not None and self.planned is not None:
            raise ValueError("first_day（始める日）と planned（予定のことば）のどちらか一方")
        return self

    def open_at(self, moment: time) -> bool:
        return self.opens <= moment and (moment < self.closes or self.closes == END_OF_DAY)

    def within(self, opens: time, closes: time) -> Self:
        """Return the terms with the hours that lie within others too: the later opening, the earlier closing."""
        return self.model_copy(update={"opens": max(self.opens, opens), "closes": min(self.closes, closes)})

    def begun(self, day: date) -> bool:
        """Tell whether the kind is offered on `day`, or still to come."""
        return day >= self.first_day if self.first_day is not None else self.planned is None

    def served_on(self, day: date) -> bool:
        """Tell whether `day` is one of its days, by weekday, holiday and its own closed days."""
        if WEEK[day.weekday()] not in self.weekdays or (not self.holidays and is_holiday(day)):
            return False
        return not any(span.holds(day) for span in self.closed)


def is_holiday(day: date) -> bool:
    """Tell whether `day` is a public holiday (国民の祝日, 振替休日, 国民の休日)."""
    return bool(jpholiday.is_holiday(day))


def opening_of(
    day: date, terms: ServiceTerms, after: datetime, closed: Iterable[ClosedSpan]
) -> datetime | None:
    """Find the first moment of `day` from `after` on that is within the hours and in none of `closed`; None if there is none."""
    moment = max(after, datetime.combine(day, terms.opens, JST))
    end = datetime.combine(day, time.max if terms.closes == END_OF_DAY else terms.closes, JST)
    spans = [span for span in closed if span.until is not None]
    while moment < end:
        under_way = next((span for span in spans if span.covers(moment)), None)
        if under_way is None or under_way.until is None:
            return moment
        moment = under_way.until
    return None


# --- hours in words --------------------------------------------------------------------------------------------------

_DAYS_EN = dict(zip(WEEK, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_in_words(moment: time) -> str:
    """Write a time as notices do: 6:30."""
    if moment == END_OF_DAY:
        return "24:00"
    return f"{moment.hour}:{moment.minute:02}"


_SPANS_TOLD = 1
"""Closed days of every year that have room on a tile of the menu, in both languages; others are told on their days."""


def hours_in_words(terms: ServiceTerms, closed: Iterable[ClosedSpan] = ()) -> dict[str, str]:
    """Write the hours as an office prints them: 6:30〜23:00, or 平日9:00〜17:00（土・日・祝日、12月29日〜1月3日を除く）.

    The closed days of every year are told with the days of the week only: who serves every day tells them on their days."""
    opens, closes = time_in_words(terms.opens), time_in_words(terms.closes)
    ja, en = f"{opens}〜{closes}", f"{opens}–{closes}"
    away = [day for day in WEEK if day not in terms.weekdays]
    if not away and terms.holidays:
        return {"ja": ja, "en": en}
    before = {"ja": "", "en": ""}
    not_on_ja: list[str] = [*away]
    not_on_en = [_DAYS_EN[day] for day in away]
    if terms.weekdays == WORKING_DAYS and not terms.holidays:
        before = {"ja": "平日", "en": "Weekdays "}
    elif len(away) > len(terms.weekdays):
        before = {
            "ja": "・".join(terms.weekdays) + "曜日 ",
            "en": ", ".join(_DAYS_EN[day] for day in terms.weekdays) + " ",
        }
        not_on_ja, not_on_en = [], []
    if not terms.holidays:
        not_on_ja, not_on_en = [*not_on_ja, "祝日"], [*not_on_en, "holidays"]
    elif not_on_ja:
        not_on_ja[-1] += "曜日"  # 日 alone may be any day
    told = {(span.first, span.last): span for span in (*closed, *terms.closed) if span.first is not None}
    years = list(told.values())
    excepted_ja = ["・".join(not_on_ja)] if not_on_ja else []
    excepted_ja += [_span(span, _day_ja, "〜") for span in years[:_SPANS_TOLD]]
    excepted_en = [*not_on_en, *(_span(span, _day_en, "–") for span in years[:_SPANS_TOLD])]
    if excepted_ja:
        more = ("ほか", ", etc.") if len(years) > _SPANS_TOLD else ("", "")
        ja += f"（{'、'.join(excepted_ja)}{more[0]}を除く）"
        en += f" (not {', '.join(excepted_en)}{more[1]})"
    return {"ja": before["ja"] + ja, "en": before["en"] + en}


def _span(span: ClosedSpan, day: Any, to: str) -> str:
    first, last = day(span.first), day(span.last)
    return str(first) if span.first == span.last else f"{first}{to}{last}"


def _day_ja(told: str) -> str:
    return f"{int(told[:2])}月{int(told[3:])}日"


def _day_en(told: str) -> str:
    return f"{int(told[3:])} {_MONTHS_EN[int(told[:2]) - 1]}"


A_YEAR = timedelta(days=366)
"""So far ahead is the next opening looked for."""
