"""What is down when: of city halls, their lines to the LGWAN, data centres and their lines to the centre. Pure rules; no clock, no I/O.

From the seeds: a data centre is fed by two systems of the power company; if both fail, its generators run within a minute, and their fuel
lasts for 72 hours (足利市). A city hall has no power of its own for its servers (足利市: 「サーバ室の電源さえ確保できない」). What our reading adds:
within that minute batteries carry the servers, so that nothing stops; without fuel everything of the site stops; fuel is filled up again as
soon as one feed is back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outage(StrEnum):
    """The names by which each is switched on. Those of a city hall take a parameter `municipality`, those of a data centre too: one
    of the municipalities that it serves; without it all are meant."""

    HALL_POWER = "outage.hall_power"
    HALL_PLANNED = "outage.hall_planned"
    HALL_LINE = "outage.hall_line"
    CENTRE_LINE = "outage.centre_line"
    FIRST_FEED = "outage.first_feed"
    BOTH_FEEDS = "outage.both_feeds"


WORDS: Mapping[str, str] = {
    Outage.HALL_POWER: "市役所が突然停電する（庁舎にある機器がすべて止まる）",
    Outage.HALL_PLANNED: "市役所が計画停電で止まる（from から until まで。なければ今から）",
    Outage.HALL_LINE: "県域LGWANが止まる（市役所とLGWANの間）",
    Outage.CENTRE_LINE: "証明書交付センターとデータセンターの間の回線が止まる",
    Outage.FIRST_FEED: "データセンターの一系統目の受電が止まる（二系統目に切り替わる）",
    Outage.BOTH_FEEDS: "データセンターの受電が二系統とも止まる（自家発電に切り替わり、燃料の続く間動く）",
}


class Supply(StrEnum):
    """What a data centre runs on."""

    FIRST_FEED = "first_feed"
    SECOND_FEED = "second_feed"
    BATTERIES = "batteries"
    GENERATOR = "generator"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Place:
    """A municipality as outages see it. `site`: where its issuing server stands; `own_hall`: that this is its city hall."""

    code: str
    site: str
    own_hall: bool = False
    generator_seconds: float = 60
    fuel_hours: float = 72


@dataclass(frozen=True, slots=True)
class Lasting:
    """One outage that has been switched on. `code`: of which municipality, '' for all; `until`: None for as long as it is on."""

    outage: Outage
    since: datetime
    until: datetime | None = None
    code: str = ""

    def is_on(self, now: datetime) -> bool:
        return self.since <= now and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class Down:
    """What does not work now: servers and centre lines by site, existing systems and lines to the LGWAN by municipality. `undelivered`: the
    municipalities whose nightly delivery does not reach their replica."""

    sites: frozenset[str] = frozenset()
    centre_lines: frozenset[str] = frozenset()
    existing_systems: frozenset[str] = frozenset()
    hall_lines: frozenset[str] = frozenset()
    undelivered: frozenset[str] = frozenset()


_HALL = (Outage.HALL_POWER, Outage.HALL_PLANNED)


def _hits(lasting: Iterable[Lasting], outages: Sequence[Outage], codes: Iterable[str]) -> list[Lasting]:
    codes = set(codes)
    return [one for one in lasting if one.outage in outages and (not one.code or one.code in codes)]


def supply(places: Sequence[Place], site: str, lasting: Iterable[Lasting], now: datetime) -> Supply:
    """Tell what the data centre `site` runs on at `now`."""
    there = [place for place in places if place.site == site and not place.own_hall]
    codes = [place.code for place in there]
    on = [one for one in lasting if one.is_on(now)]
    both = _hits(on, [Outage.BOTH_FEEDS], codes)
    if not there or not both:
        return Supply.SECOND_FEED if _hits(on, [Outage.FIRST_FEED], codes) else Supply.FIRST_FEED
    lost = now - min(one.since for one in both)
    if lost < timedelta(seconds=there[0].generator_seconds):
        return Supply.BATTERIES
    return Supply.GENERATOR if lost < timedelta(hours=there[0].fuel_hours) else Supply.NONE


def down(places: Sequence[Place], lasting: Iterable[Lasting], now: datetime) -> Down:
    """Tell all that does not work at `now`."""
    lasting = [one for one in lasting if one.is_on(now)]
    dark = {place.code for place in places if _hits(lasting, _HALL, [place.code])}
    cut_off = {place.code for place in places if _hits(lasting, [Outage.HALL_LINE], [place.code])}
    of_site = {site: [p.code for p in places if p.site == site] for site in {p.site for p in places}}
    sites = {place.site for place in places if place.own_hall and place.code in dark}
    sites |= {site for site in of_site if supply(places, site, lasting, now) is Supply.NONE}
    lines = {site for site, codes in of_site.items() if _hits(lasting, [Outage.CENTRE_LINE], codes)}
    own_halls = {place.code for place in places if place.own_hall}
    # from one's own city hall to one's own city hall nothing goes over the LGWAN
    undelivered = dark | {place.code for place in places if place.site in sites} | (cut_off - own_halls)
    return Down(
        frozenset(sites),
        # where nothing has power, the end of the line has none either
        frozenset(
            lines | sites | {place.site for place in places if place.own_hall and place.code in cut_off}
        ),
        frozenset(dark),
        frozenset(cut_off | dark),
        frozenset(undelivered),
    )
