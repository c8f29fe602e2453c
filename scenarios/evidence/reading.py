"""From the files of all processes to one scenario's story: which event belongs to which step, in time order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.trace_labels import Kinds
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.trace import Event

_FRAME = {
    ("scenario", kind)
    for kind in ("scenario_started", "scenario_ended", "step_started", "step_ended", "screen_passed")
} | {("screen", "screen_kept")}
_FAILURE = re.compile(r'"failure":\s*"([A-Za-z_]+)"')
UNREACHED = "unreached"
"""Of a step that never began."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A screen that a step has left behind. `picture`: the name of its blob."""

    screen: str
    picture: str


@dataclass
class Step:
    """`number` counts from 1; 0 is what happened before the first step. `seconds` is None for a step that never ended.

    `picture` is the screen that the sentence speaks of: the one at its end, or one that the terminal kept because it passes by
    itself (`shown` is its name); then `after` is the screen at the end. `passed`: the screens on the way, each picture once, and
    none that stands beside this step or the one before already."""

    number: int
    keyword: str = ""
    sentence: str = ""
    status: str = ""
    error: str = ""
    picture: str = ""
    shown: str = ""
    after: Passed | None = None
    seconds: float | None = None
    begun_ns: int = 0
    clock: str = ""
    events: list[Event] = field(default_factory=list)
    passed: list[Passed] = field(default_factory=list)


@dataclass
class Story:
    """One scenario. `unreadable` lines of the trace were cut or broken. `process`: the one that has told of its steps."""

    run: str
    name: str
    feature: str
    tags: tuple[str, ...]
    versions: dict[str, str]
    clock_from: str
    clock_to: str
    seconds: float
    steps: list[Step]
    processes: tuple[str, ...]
    unreadable: int
    begun_ns: int
    process: str


def read_story(folder: Path, scenario: str | None = None) -> Story:
    """The story of the scenario named `scenario`, or of the only one, in the trace folder.

    A scenario that ran twice under one name: the last time. Raises LookupError when there is none of that name, or when
    none was named and there are several.
    """
    events, unreadable = _events(folder)
    begins = [event for event in events if event.source == "scenario" and event.kind == "scenario_started"]
    if scenario is None and len({_name(begin) for begin in begins}) > 1:
        raise LookupError("several scenarios in this trace: name one")
    chosen = [begin for begin in begins if scenario in (None, _name(begin))]
    if not chosen:
        raise LookupError(f"no scenario {scenario or ''!r} in {folder.name}")
    begin = chosen[-1]
    later = [other.mono_ns for other in begins if other.mono_ns > begin.mono_ns]
    limit = min(later, default=None)
    own = _named([event for event in events if _belongs(event, begin, limit)])
    return _story(begin, own, unreadable)


def _events(folder: Path) -> tuple[list[Event], int]:
    """Everything in the folder by time, and the number of lines that could not be read (a process was killed)."""
    events: list[Event] = []
    unreadable = 0
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    event = Event(**json.loads(line))
                    sound = isinstance(event.mono_ns, int) and isinstance(event.data, dict)
                except (ValueError, TypeError):
                    sound = False
                if sound:
                    events.append(event)
                else:
                    unreadable += 1
    events.sort(key=lambda event: (event.mono_ns, event.process, event.seq))
    return events, unreadable


def _named(events: list[Event]) -> list[Event]:
    """The events with the names of certificates in place of their codes; what was told before the offers is told later, too."""
    kinds = Kinds()
    for event in events:
        kinds.read(event)
    return [kinds.read(event) for event in events]


def _name(begin: Event) -> str:
    return str(begin.data.get("name", begin.scenario))


def _belongs(event: Event, begin: Event, limit: int | None) -> bool:
    """Other processes may not know the scenario's name; then time decides. The next scenario's are never ours."""
    if event.mono_ns < begin.mono_ns or (limit is not None and event.mono_ns >= limit):
        return False
    return event.scenario in ("", begin.scenario) or event.source == "scenario"


def _story(begin: Event, events: list[Event], unreadable: int) -> Story:
    steps = [Step(0, begun_ns=begin.mono_ns, clock=begin.clock)]
    last = begin
    kept: dict[int, Passed] = {}
    paying = 0
    for event in events:
        if (event.source, event.kind) == ("money", "coin_accepted"):
            paying = len(steps) - 1
        if not _is_frame(event):
            continue
        last = event
        data = event.data
        if event.kind == "step_started":
            steps.append(
                Step(
                    len(steps),
                    str(data.get("keyword", "")).strip(),
                    str(data.get("sentence", "")),
                    begun_ns=event.mono_ns,
                    clock=event.clock,
                )
            )
        elif event.kind == "screen_passed":
            steps[-1].passed.append(_passed(data))
        elif event.kind == "screen_kept":
            # the coins may be counted when their step has ended already
            kept[paying] = _passed(data)
        elif event.kind == "step_ended" and len(steps) > 1:
            step = steps[-1]
            step.status = str(data.get("status", ""))
            step.error = str(data.get("error") or "")
            step.picture, step.shown = str(data.get("picture") or ""), str(data.get("screen", ""))
            step.seconds = (event.mono_ns - step.begun_ns) / 1e9
    for number, claimed in kept.items():
        _show(steps[number], claimed)
    _leave_out_repeated(steps)
    _share_out(steps, [event for event in events if not _is_frame(event)])
    if not steps[0].events:
        del steps[0]
    versions = begin.data.get("versions")
    return Story(
        run=begin.run,
        name=_name(begin),
        feature=str(begin.data.get("feature", "")),
        tags=tuple(str(tag) for tag in begin.data.get("tags") or ()),
        versions={str(k): str(v) for k, v in versions.items()} if isinstance(versions, dict) else {},
        clock_from=begin.clock,
        clock_to=last.clock,
        seconds=(last.mono_ns - begin.mono_ns) / 1e9,
        steps=steps,
        processes=tuple(sorted({event.process for event in events})),
        unreadable=unreadable,
        begun_ns=begin.mono_ns,
        process=begin.process,
    )


def _show(step: Step, claimed: Passed) -> None:
    """Let `claimed` be the step's picture; what stood there at its end goes behind it, if it is another screen."""
    if step.status == "passed" and claimed.picture != step.picture:
        step.after = Passed(step.shown, step.picture) if step.shown != claimed.screen else None
        step.picture, step.shown = claimed.picture, claimed.screen


def _passed(data: dict[str, Any]) -> Passed:
    return Passed(str(data.get("screen", "")), str(data.get("picture") or ""))


def _leave_out_repeated(steps: list[Step]) -> None:
    """A step begins on the screen on which the one before ended, and may come by a screen more than once."""
    before = ""
    for step in steps:
        end = step.after.picture if step.after else step.picture
        seen = {before, step.picture, end}
        kept = []
        for passed in step.passed:
            if passed.picture not in seen:
                seen.add(passed.picture)
                kept.append(passed)
        step.passed = kept
        before = end or before


def _is_frame(event: Event) -> bool:
    return (event.source, event.kind) in _FRAME


def _share_out(steps: list[Step], events: Iterable[Event]) -> None:
    """Each event to the step during which its request began (its own time when it belongs to no request)."""
    begun: dict[str, Step] = {}
    for event in events:
        step = next((s for s in reversed(steps) if s.begun_ns <= event.mono_ns), steps[0])
        if request := request_of(event):
            step = begun.setdefault(request, step)
        step.events.append(event)
    for step in steps:
        step.events.sort(key=lambda event: (event.mono_ns, event.process, event.seq))


def request_of(event: Event) -> str:
    """The trace id of the request an event belongs to ('' for none): the same in terminal and servers."""
    parts = event.traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""


def failures_of(folder: Path) -> tuple[str, ...]:
    """The names of the catalogue by which something was refused or told in the trace, in the order in which they first came."""
    named: dict[str, None] = {}
    for path in sorted(folder.glob("*.jsonl")):
        text = path.read_text(encoding="utf-8", errors="replace")
        named.update(dict.fromkeys(name for name in _FAILURE.findall(text) if name in CATALOGUE))
    return tuple(named)


def sheets_of(step: Step) -> list[dict[str, Any]]:
    """The data of the sheets that were printed during `step`."""
    return [e.data for e in step.events if e.source == "paper" and e.kind == "sheet_printed"]
