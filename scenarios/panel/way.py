"""The way of an application through the nodes, read from the trace and from nothing else: who asked whom, how long it took, where it
was stopped. No Qt."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from server_stub.interface.trace import Event

TERMINAL, CENTRE, AUTHORITY, CARD_REGISTRY, ISSUING, EXISTING = (
    "terminal", "centre", "authority", "card_registry", "issuing", "existing",
)  # fmt: skip
"""The nodes; but for the terminal by the source of their events."""
IDENTITY, PAPER, STANDING, REGISTRATION = "identity", "paper", "standing", "registration"
"""What the terminal asks the centre for: who is it, the paper, whether it may still be paid, a 利用登録."""

_SESSION = r"/v1/sessions/[^/]+"
_BEGINNINGS = (
    (IDENTITY, re.compile(rf"POST {_SESSION}/(registration-)?authentication")),
    (PAPER, re.compile(rf"POST {_SESSION}/applications")),
    (REGISTRATION, re.compile(rf"POST {_SESSION}/registrations")),
    (STANDING, re.compile(r"GET /v1/applications/[^/]+/standing")),
)
_SHEET = re.compile(r"GET /v1/applications/[^/]+/sheets/[0-9]+")
_VISIT = "POST /v1/sessions"
_UNREACHED = {
    "Centre_Unreachable": CENTRE,
    "Authority_Unreachable": AUTHORITY,
    "Registry_Unreachable": CARD_REGISTRY,
    "Issuing_Unreachable": ISSUING,
    "Existing_System_Unreachable": EXISTING,
}
"""Refusals by whoever had asked a node in vain -> that node."""
_ASKED_BY_THE_ISSUING_SERVER = {"existing_system_asked": True, "existing_system_answered": False}
_KEPT = 400
"""Requests whose events are remembered: of one that the terminal's file tells later than the server's."""


@dataclass(slots=True)
class Hop:
    """Requests to one node on one way. Nanoseconds of the machine's own clock."""

    node: str
    calls: int = 0
    spent_ns: int = 0
    since_ns: int | None = None
    """Since when it has been at work; None: it has answered."""
    good: bool = True
    """Whether the last answer was none of refusal."""
    said: tuple[str, ...] = ()
    """What the authority has answered of the certificates."""

    @property
    def at_work(self) -> bool:
        return self.since_ns is not None

    @property
    def milliseconds(self) -> int:
        """Of all answers together."""
        return round(self.spent_ns / 1e6)

    def ask(self, at_ns: int) -> None:
        self.calls += 1
        self.since_ns = at_ns

    def answer(self, at_ns: int, good: bool) -> None:
        if self.since_ns is not None:
            self.spent_ns += at_ns - self.since_ns
        self.since_ns, self.good = None, good


@dataclass(slots=True)
class Way:
    """One errand of the terminal. `stopped_at`: the node that refused, or gave no answer (`failure` then names that); '' for none."""

    errand: str
    hops: dict[str, Hop] = field(default_factory=dict)
    ended: bool = False
    stopped_at: str = ""
    failure: str = ""

    @property
    def milliseconds(self) -> int:
        """The terminal's waiting."""
        return self.hops[CENTRE].milliseconds if CENTRE in self.hops else 0

    @property
    def unanswered(self) -> bool:
        """Whether it was stopped because a node did not answer."""
        return _UNREACHED.get(self.failure) == self.stopped_at != ""

    def at_work(self) -> str:
        """The node farthest from the terminal that has not answered yet; '' for none."""
        known = (EXISTING, ISSUING, CARD_REGISTRY, AUTHORITY, CENTRE)
        return next((node for node in known if node in self.hops and self.hops[node].at_work), "")


class Ways:
    """The ways of the present visit, in the order in which they began."""

    def __init__(self) -> None:
        self._events: OrderedDict[str, list[Event]] = OrderedDict()
        """By traceparent: each request of the terminal carries one to every node that it makes work."""
        self._errands: list[tuple[str, list[str]]] = []
        """What was asked for, and the traceparents of it."""
        self._turned_away: dict[int, Event] = {}
        """What the terminal itself did not accept, by the place of the errand."""

    def forget(self) -> None:
        self._events.clear()
        self._errands.clear()
        self._turned_away.clear()

    def take(self, events: Iterable[Event]) -> bool:
        """Take in what was written; whether it was anything of a way."""
        news = [self._take_one(event) for event in events]
        while len(self._events) > _KEPT:
            self._events.popitem(last=False)
        return any(news)

    def _take_one(self, event: Event) -> bool:
        if (event.source, event.kind) == ("network", "request"):
            self._begin(event)
        if event.kind == "transition" and event.data.get("event") == "Refused":
            if self._errands and event.data.get("state") in _WAITING[self._errands[-1][0]]:
                self._turned_away[len(self._errands) - 1] = event
            return True
        if not event.traceparent:
            return False
        self._events.setdefault(event.traceparent, []).append(event)
        return any(event.traceparent in requests for _, requests in self._errands)

    def _begin(self, event: Event) -> None:
        request = f"{event.data.get('method')} {event.data.get('path')}"
        if request == _VISIT:
            self._errands.clear()
            self._turned_away.clear()
        for errand, beginning in _BEGINNINGS:
            if beginning.fullmatch(request):
                self._errands.append((errand, [event.traceparent]))
        if _SHEET.fullmatch(request) and self._errands and self._errands[-1][0] == PAPER:
            self._errands[-1][1].append(event.traceparent)

    def ways(self) -> list[Way]:
        """The last of each errand."""
        found = {
            errand: self._way(number, errand, requests)
            for number, (errand, requests) in enumerate(self._errands)
        }
        last = {errand: number for number, (errand, _) in enumerate(self._errands)}
        return [found[errand] for errand in sorted(found, key=last.__getitem__)]

    def _way(self, number: int, errand: str, requests: list[str]) -> Way:
        way = Way(errand)
        events = [event for one in requests for event in self._events.get(one, ())]
        for event in sorted(events, key=lambda event: event.mono_ns):
            _note(way, event)
        hop = way.hops.get(CENTRE)
        way.ended = hop is not None and not hop.at_work
        if way.ended and hop is not None and hop.good:
            way.stopped_at = TERMINAL if number in self._turned_away else ""
        elif way.ended:
            _stop(way, [event for event in events if event.kind == "refused"])
        return way


_WAITING = {
    IDENTITY: ("Authenticating",),
    PAPER: ("Preparing",),
    REGISTRATION: ("Signing",),
    STANDING: ("TakingMoney",),
}
"""Where the terminal waits for the errand: a refusal after a good answer is the terminal's own."""


def _note(way: Way, event: Event) -> None:
    source, kind, at = event.source, event.kind, event.mono_ns
    if source == "network":
        _note_centre(way, event)
    elif source == ISSUING and kind in _ASKED_BY_THE_ISSUING_SERVER:
        _note_call(way, EXISTING, at, _ASKED_BY_THE_ISSUING_SERVER[kind], event)
    elif source == AUTHORITY and kind == "ocsp_answered":
        hop = way.hops.setdefault(AUTHORITY, Hop(AUTHORITY))
        hop.said = tuple(str(one) for one in event.data.get("statuses", ()))
    elif source in (AUTHORITY, CARD_REGISTRY, ISSUING) and kind in ("asked", "answered"):
        _note_call(way, source, at, kind == "asked", event)


def _note_centre(way: Way, event: Event) -> None:
    if event.kind in ("request", "answered", "no_answer"):
        _note_call(way, CENTRE, event.mono_ns, event.kind == "request", event)
    way.failure = "Centre_Unreachable" if event.kind == "no_answer" else ""


def _stop(way: Way, refusals: Sequence[Event]) -> None:
    """Say where a way that ended in a refusal was stopped: where what the centre told the terminal was said first. One kind of several
    that is refused meanwhile stops nobody."""
    told = sorted(refusals, key=lambda event: event.mono_ns)
    last = next((event for event in reversed(told) if event.source == CENTRE), None)
    if last is not None and not way.failure:
        way.failure = str(last.data.get("failure", ""))
    way.failure = (
        way.failure or "Centre_Unreachable"
    )  # which is what a centre without a word is to the terminal
    first = next((event.source for event in told if event.data.get("failure") == way.failure), CENTRE)
    way.stopped_at = _UNREACHED.get(way.failure, first)


def _note_call(way: Way, node: str, at_ns: int, asked: bool, event: Event) -> None:
    hop = way.hops.setdefault(node, Hop(node))
    if asked:
        hop.ask(at_ns)
    else:
        hop.answer(at_ns, _is_good(event))
        _let_go(way, node, at_ns)


def _let_go(way: Way, node: str, at_ns: int) -> None:
    """Who has answered waits for nobody any more, whether or not they ever answered."""
    behind = {CENTRE: (AUTHORITY, CARD_REGISTRY, ISSUING, EXISTING), ISSUING: (EXISTING,)}
    for one in behind.get(node, ()):
        if one in way.hops and way.hops[one].at_work:
            way.hops[one].answer(at_ns, False)


def _is_good(event: Event) -> bool:
    status = event.data.get("status", 0)
    return isinstance(status, int) and 200 <= status < 300


def hops(ways: Iterable[Way]) -> Iterator[Hop]:
    """Every hop of all of them."""
    for way in ways:
        yield from way.hops.values()
