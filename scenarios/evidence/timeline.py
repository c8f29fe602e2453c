"""When what happened: the events of a story on lanes, to the scale of real time. Read from the trace and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil, floor
from typing import Any

from scenarios import trace_labels
from scenarios.trace_labels import SERVERS, SOURCES
from server_stub.interface.trace import Event

from .reading import Step, Story, request_of
from .wording import headline

_LANES = ("screen", "card", "network", *SERVERS, "money", "paper", "operator", "fault")
_ALWAYS = ("screen", "card", "network", "centre", "money")
"""Lanes that stand there even when nothing happened on them: that is something to see, too."""
_UNMARKED = {("screen", "transition"), ("screen", "offered"), ("screen", "sound")}
"""What the screen lane leaves to the record: it shows which screen stood there."""
_JUMP = 2.0
"""Seconds by which the stage's clock and the machine's have to part before it is said that the clock was set."""
_TICKS = 6
"""At most so many besides the beginning."""
_QUIET, _LARGE, _WORTH = 0.3, 0.5, 10
"""A part of the whole time in which nothing was told, from which on it is a wait; what lies between waits is drawn larger if it is less
than the second part of the whole and holds so many events."""
CLOCK = "環境の時計"


@dataclass(frozen=True, slots=True)
class Mark:
    """`left` and `width` in percent of the whole time. `step`: the number of the step it belongs to, 0 before the first. `told`: when
    and what, in words; `word`: what stands in it where there is room. `form`: how it is drawn (`stay`: something stood there for that
    long; `point`: a moment; `said`: a moment with words; `fill`: money in the machine). `bad`: a refusal or a failure."""

    left: float
    width: float
    step: int
    told: str
    word: str = ""
    form: str = "point"
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """`count`: how many events stand in the record for it."""

    name: str
    source: str
    count: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    left: float
    word: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`begin` and `end` in seconds of real time since the scenario's beginning. `steps`: from the beginning of each to that of the next."""

    begin: float
    end: float
    steps: tuple[Mark, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From `begin` to `end` (ns of the trace); `zero` is the scenario's beginning."""

    zero: int
    begin: int
    end: int

    def at(self, ns: int) -> float:
        return round(min(max((ns - self.begin) / (self.end - self.begin) * 100, 0.0), 100.0), 3)

    def mark(self, begun: int, ended: int, step: int, event: Event, said: str, **how: Any) -> Mark:
        left = self.at(begun)
        after = (begun - self.zero) / 1e9
        told = f"{event.clock[11:23]}（{after:.2f} 秒後）　{said}"
        return Mark(left, round(self.at(ended) - left, 3), step, told, **how)


def timelines_of(story: Story) -> list[Timeline]:
    """The whole time of `story`; and where most of it was waiting, what happened before and behind the wait larger, a timeline each.
    None for a story in which no time has passed."""
    steps = [step for step in story.steps if step.begun_ns]
    moments = sorted(event.mono_ns for step in steps for event in step.events)
    end = max([story.begun_ns + round(story.seconds * 1e9), *moments[-1:]])
    if not steps or end <= story.begun_ns:
        return []
    made = [_timeline(story, steps, _Scale(story.begun_ns, story.begun_ns, end))]
    whole = end - story.begun_ns
    quiet = [
        (before, after)
        for before, after in pairwise([story.begun_ns, *moments, end])
        if after - before > whole * _QUIET
    ]
    for begin, until in zip(
        [story.begun_ns, *(after for _, after in quiet)], [*(before for before, _ in quiet), end], strict=True
    ):
        within = sum(begin <= moment <= until for moment in moments)
        if within >= _WORTH and until - begin < whole * _LARGE:
            room = (until - begin) // 50
            part = _Scale(story.begun_ns, max(begin - room, story.begun_ns), min(until + room, end))
            made.append(_timeline(story, steps, part))
    return made


def _timeline(story: Story, steps: Sequence[Step], scale: _Scale) -> Timeline:
    happened = sorted(
        ((step.number, event) for step in steps for event in step.events),
        key=lambda one: (one[1].mono_ns, one[1].process, one[1].seq),
    )
    lanes = []
    for source in _LANES:
        own = [(number, event) for number, event in happened if event.source == source]
        if own or source in _ALWAYS:
            lanes.append(Lane(SOURCES[source], source, len(own), _within(_marks(source, own, scale), scale)))
    if jumps := list(_jumps(story, steps, scale)):
        lanes.append(Lane(CLOCK, "clock", len(jumps), _within(jumps, scale)))
    begin, end = ((ns - story.begun_ns) / 1e9 for ns in (scale.begin, scale.end))
    return Timeline(begin, end, _within(_steps(steps, scale), scale), tuple(lanes), tuple(_ticks(begin, end)))


def _within(marks: Iterable[Mark], scale: _Scale) -> tuple[Mark, ...]:
    """Those of which something lies in the scale's time."""
    whole = scale.begin == scale.zero
    return tuple(
        one
        for one in marks
        if one.width or (whole and one.left == 0) or 0 < one.left < 100 or one.left == 100 and whole
    )


def _steps(steps: Sequence[Step], scale: _Scale) -> Iterator[Mark]:
    """The time before the first step belongs to the preparation, which is no step."""
    for place, step in enumerate(steps):
        after = steps[place + 1].begun_ns if place + 1 < len(steps) else scale.end
        left = scale.at(step.begun_ns)
        begun, ended = ((ns - scale.zero) / 1e9 for ns in (step.begun_ns, after))
        name = f"手順 {step.number}　{step.keyword} {step.sentence}" if step.number else "準備"
        told = f"{name}（{begun:.2f} 秒から {ended:.2f} 秒まで）"
        width = round(scale.at(after) - left, 3)
        yield Mark(left, width, step.number, told, str(step.number or ""), step.status or "broken")


def _marks(source: str, own: Sequence[tuple[int, Event]], scale: _Scale) -> Iterator[Mark]:
    if source == "screen":
        yield from _screens(own, scale)
    elif source == "card":
        yield from _card(own, scale)
    elif source in ("network", *SERVERS):
        yield from _requests(own, scale)
    else:
        yield from _said(source, own, scale)


def _screens(own: Sequence[tuple[int, Event]], scale: _Scale) -> Iterator[Mark]:
    """Each screen for as long as it stood."""
    shown = [(number, event) for number, event in own if event.kind == "screen"]
    changes = [
        one
        for before, one in zip([None, *shown], shown, strict=False)
        if before is None or before[1].data.get("name") != one[1].data.get("name")
    ]
    for number, event, after in _until_next(changes, scale.end):
        word = trace_labels.value("screen", event.data.get("name", ""))
        yield scale.mark(
            event.mono_ns, after, number, event, word, word=word, form="stay", bad=_is_bad(event)
        )
    for number, event in own:
        if event.kind != "screen" and (event.source, event.kind) not in _UNMARKED:
            yield _point(number, event, scale)


def _card(own: Sequence[tuple[int, Event]], scale: _Scale) -> Iterator[Mark]:
    """How long it lay there, and what was said to it."""
    lies: tuple[int, Event] | None = None
    for number, event in own:
        if event.kind == "card_inserted":
            lies = (number, event)
        elif event.kind == "card_removed" and lies is not None:
            yield scale.mark(
                lies[1].mono_ns, event.mono_ns, lies[0], lies[1], "カードが置かれている間", form="stay"
            )
            lies = None
    if lies is not None:
        yield scale.mark(lies[1].mono_ns, scale.end, lies[0], lies[1], "カードが置かれたまま", form="stay")
    for number, event in own:
        yield _point(number, event, scale)


def _requests(own: Sequence[tuple[int, Event]], scale: _Scale) -> Iterator[Mark]:
    """From the first to the last event of each request; what belongs to none is a moment."""
    of_request: dict[str, list[tuple[int, Event]]] = {}
    for number, event in own:
        request = request_of(event)
        if request:
            of_request.setdefault(request, []).append((number, event))
        else:
            yield _point(number, event, scale)
    for events in of_request.values():
        number, first = events[0]
        last = events[-1][1]
        yield scale.mark(
            first.mono_ns,
            last.mono_ns,
            number,
            first,
            "、".join(dict.fromkeys(headline(event) for _, event in events)),
            bad=any(_is_bad(event) for _, event in events),
        )


def _said(source: str, own: Sequence[tuple[int, Event]], scale: _Scale) -> Iterator[Mark]:
    """Moments with words that stand until the next; money that lies in the machine as a bar."""
    for number, event, after in _until_next(own, scale.end):
        inside = source == "money" and event.kind.startswith("coin_") and event.data.get("inserted")
        word = f"{event.data['inserted']:,}円" if inside else headline(event)
        form = "fill" if inside else "said"
        yield scale.mark(
            event.mono_ns, after, number, event, headline(event), word=word, form=form, bad=_is_bad(event)
        )


def _until_next(own: Sequence[tuple[int, Event]], end: int) -> Iterator[tuple[int, Event, int]]:
    """Each with the moment of the one behind it."""
    for place, (number, event) in enumerate(own):
        yield number, event, own[place + 1][1].mono_ns if place + 1 < len(own) else end


def _point(number: int, event: Event, scale: _Scale) -> Mark:
    return scale.mark(event.mono_ns, event.mono_ns, number, event, headline(event), bad=_is_bad(event))


def _is_bad(event: Event) -> bool:
    return "failure" in event.data or event.kind in (
        "internal_error",
        "no_answer",
        "incident",
        "jammed",
        "empty",
    )


def _jumps(story: Story, steps: Sequence[Step], scale: _Scale) -> Iterator[Mark]:
    """Where the stage's clock was set or moved on: its time stands still or leaps against the machine's."""
    seen = {(step.begun_ns, step.clock): step.number for step in steps}
    for step in steps:
        seen |= {(e.mono_ns, e.clock): step.number for e in step.events if e.process == story.process}
    moments = [(ns, _clock(clock), number) for (ns, clock), number in sorted(seen.items()) if clock]
    found = []
    for (ns, clock, _), (later_ns, later, number) in pairwise(moments):
        if abs((later - clock).total_seconds() - (later_ns - ns) / 1e9) > _JUMP:
            found.append((later_ns, clock, later, number))
    for place, (ns, clock, later, number) in enumerate(found):
        after = found[place + 1][0] if place + 1 < len(found) else scale.end
        day = "" if later.date() == clock.date() else f"{later:%Y/%m/%d} "
        left = scale.at(ns)
        told = f"環境の時計が {clock:%Y/%m/%d %H:%M:%S} から {later:%Y/%m/%d %H:%M:%S} になった"
        yield Mark(
            left, round(scale.at(after) - left, 3), number, told, f"{day}{later:%H:%M:%S} になった", "said"
        )


def _clock(told: str) -> datetime:
    return datetime.fromisoformat(told)


def _ticks(begin: float, end: float) -> Iterator[Tick]:
    """At round numbers of seconds."""
    every = 10.0**-3
    while (end - begin) / every > _TICKS:
        # 1, 2, 5, 10, ...
        every *= 2.5 if f"{every:.0e}".startswith("2") else 2
    for count in range(ceil(begin / every), floor(end / every) + 1):
        yield Tick(round((count * every - begin) / (end - begin) * 100, 3), f"{count * every:g} 秒")
