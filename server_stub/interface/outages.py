"""Officials' tools -> centre and issuing server: announced outages, and alarms about what does not work.

Paths, relative to the base URL of either server, behind the key for officials' tools (`interface/operations.py`):

    GET  /ops/v1/alarms?municipality=&to=&open=&cursor=&limit=   -> AlarmPage

and at the centre alone, which answers when a municipality's site is silent:

    GET  /ops/v1/outages?municipality=&since=                    -> OutageList (in force, and to come; or all that ended after `since`)
    POST /ops/v1/outages                  OutageRequest          -> OutageEntry
    POST /ops/v1/outages/{outage_id}/end                         -> OutageEntry
    GET  /ops/v1/centre-service?since=                           -> CentreService (what has kept everybody from being served since)

No name of a resident is in any message; `operator` says who has announced, and is shown to nobody at a terminal.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from .clock import JST
from .operations import PageQuery, StopEntry
from .values import Code5, Identifier, Model, Ulid, Words

LOOK_PATH = "/v1/look"
"""At issuing server and existing system, for whoever may ask them anything: 204, it works. The trace does not tell of it."""
LONGEST_NOTICE = {"ja": 40, "en": 80}
"""Letters of a public text in each language: it stands on a tile of the menu as well."""


class Layer(StrEnum):
    """What may break, from the ground up."""

    DATA_CENTRE = "data_centre"
    """Building, power, lines to the LGWAN."""
    SERVER = "server"
    SOFTWARE = "software"
    CITY_HALL = "city_hall"
    """The city hall's power, its line, its existing systems."""


class Responsible(StrEnum):
    """Who gets the alarm, and mends."""

    PROVIDER = "provider"
    MUNICIPALITY = "municipality"


class OutageOf(StrEnum):
    """What of a municipality is announced to be out."""

    CITY_HALL = "city_hall"
    """計画停電, 点検: with it the existing systems, and whatever issuing server stands there (自庁型)."""
    DATA_CENTRE = "data_centre"
    """Of an LGWAN-ASP."""
    EXISTING_SYSTEM = "existing_system"
    """The municipality's own systems only."""
    CENTRE = "centre"
    """The whole centre: nobody is served."""


def _in_both_languages(words: dict[str, str]) -> dict[str, str]:
    if set(words) != set(LONGEST_NOTICE):
        raise ValueError("a text in each of " + ", ".join(LONGEST_NOTICE))
    for language, most in LONGEST_NOTICE.items():
        if len(words[language]) > most or not words[language].strip() or "\n" in words[language]:
            raise ValueError(f"{language}: one line of {most} letters at most")
    return words


Notice = Annotated[Words, AfterValidator(_in_both_languages)]
"""What a resident reads: why, in a public office's words."""


def _in_japan(moment: datetime) -> datetime:
    try:
        return moment.astimezone(JST)
    except OverflowError as error:  # the first or the last day of the calendar
        raise ValueError("no time in Japan") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_japan)]


def _written(told: object) -> object:
    if isinstance(told, str) and "T" not in told:  # else a number is seconds since 1970
        raise ValueError("a date and a time with its offset")
    return told


class OutageRequest(Model):
    """Announce an outage from `since` until `until` (not included). `municipality`: None for one of the CENTRE, which is everybody's.
    `by`: who announces it; `operator`: that person."""

    municipality: Code5 | None
    what: OutageOf
    since: Moment
    until: Moment
    notice: Notice
    by: Responsible
    operator: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> OutageRequest:
        if self.until <= self.since:
            raise ValueError("until: later than since")
        if (self.municipality is None) != (self.what is OutageOf.CENTRE):
            raise ValueError("municipality: of anything but the centre")
        return self


class OutageEntry(OutageRequest):
    """Tell one announcement. `at`: when it was made; `ended_at`: when somebody has ended or withdrawn it before `until`."""

    outage_id: Ulid
    at: datetime
    ended_at: datetime | None


class OutageQuery(Model):
    """Ask for the announcements of one municipality (with those of the centre) or of all: those in force and to come, or those that ended after `since`."""

    municipality: Code5 | None = None
    since: Annotated[Moment | None, BeforeValidator(_written)] = None


class OutageList(Model):
    """List announcements, oldest first."""

    outages: tuple[OutageEntry, ...]


class CentreServiceQuery(Model):
    since: Annotated[Moment, BeforeValidator(_written)]


class CentreSilence(Model):
    """Tell a time in which the whole centre was not there, as it knows itself by its own marks."""

    since: datetime
    until: datetime


class CentreService(Model):
    """Tell what has kept everybody from being served: emergency stops of everything, released ones too, and times without the centre."""

    stops: tuple[StopEntry, ...]
    silences: tuple[CentreSilence, ...]


class AlarmCause(StrEnum):
    SITE_SILENT = "site_silent"
    """The centre gets no answer, or none that was agreed on, from where the issuing server stands."""
    EXISTING_SYSTEM_SILENT = "existing_system_silent"
    """PDF連携."""
    DELIVERY_LATE = "delivery_late"
    DELIVERY_REFUSED = "delivery_refused"
    REPLICA_TOO_OLD = "replica_too_old"


class AlarmEntry(Model):
    """Tell one alarm: of `layer`, for whoever brings that (`to`), from `since` (when `seen_by` saw it first) until `until`, None while
    it is open. `announced`: it began during an announced outage of that municipality."""

    alarm_id: Ulid
    municipality: Code5
    cause: AlarmCause
    layer: Layer
    to: Responsible
    seen_by: Identifier
    since: datetime
    until: datetime | None
    announced: bool


class AlarmPage(Model):
    """List alarms by their identifiers, oldest first; without `next_cursor` there are no more."""

    alarms: tuple[AlarmEntry, ...]
    next_cursor: Ulid | None


class AlarmQuery(PageQuery):
    """Ask for the alarms of one municipality or of all, for one receiver or both, open ones or all."""

    municipality: Code5 | None = None
    to: Responsible | None = None
    open: bool = False
