"""Make real what `server_stub.faults.outages` says is down: processes are killed, and started again when the outage ends.

A killed server keeps its databases, as a machine without power keeps its disks. Only a stage whose issuing servers are processes of their
own, with lines between them (`Lines`), has this.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, Protocol

from server_stub.faults.outages import Down, Lasting, Outage, Place, Supply, down, supply
from server_stub.interface.clock import JST, Clock
from server_stub.interface.trace import Trace
from server_stub.municipalities.hosting import HostingForm

from .existing_systems import ExistingSystemProcess
from .line import LOCAL
from .node_processes import SteeredProcess
from .site_servers import SiteProcesses
from .sites import Site

PREFIX = "outage."
LONGEST_WAIT = 1.0
"""Real seconds between two looks at a clock that runs."""
_LOG = logging.getLogger(__name__)


class Line(SteeredProcess):
    """A line between two places, of one or more ends at either: `urls` are those here, `lead_to` says what stands at the others."""

    def __init__(self, name: str, ends: int) -> None:
        self._forwards = [{"port": 0, "to": 0} for _ in range(ends)]
        super().__init__("scenarios.line", name)

    def _told(self) -> dict[str, Any]:
        return {"forwards": self._forwards}

    @property
    def urls(self) -> list[str]:
        """The ends here. Raises as `first_answer`."""
        for one, port in zip(self._forwards, self.first_answer()["ports"], strict=True):
            one["port"] = port
        return [f"http://{LOCAL}:{one['port']}" for one in self._forwards]

    def lead_to(self, urls: Sequence[str]) -> None:
        """Say what stands at the other ends, '' for nothing."""
        self.first_answer()
        for one, url in zip(self._forwards, urls, strict=True):
            one["to"] = int(url.rsplit(":", 1)[1]) if url else 0
        self._write(self._process, {"to": [one["to"] for one in self._forwards]})


class Killable(Protocol):
    """A process, or several that stop together."""

    def kill(self) -> None: ...

    def restart_if_ended(self) -> None: ...


class Lines:
    """All lines of a stage: from the centre to each site, and from each data centre to the city halls that it serves."""

    def __init__(self, sites: Iterable[Site]) -> None:
        """They are started at once."""
        self.to_centre = {
            site.codes[0]: Line(f"the line from the centre to {site.name}", 2) for site in sites
        }
        """By site; their ends: issuing server, card registry."""
        self.to_halls = {
            town.code: Line(f"the LGWAN line of {town.name}", 3)
            for site in sites
            if site.form is not HostingForm.OWN_HALL
            for town in site.towns
        }
        """By municipality; their ends: existing system, door for officials, counter for cards."""

    def existing_url(self, code: str) -> str:
        return self.to_halls[code].urls[0]

    @property
    def ops_urls(self) -> dict[str, str]:
        return {code: line.urls[1] for code, line in self.to_halls.items()}

    @property
    def counter_urls(self) -> dict[str, str]:
        return {code: line.urls[2] for code, line in self.to_halls.items()}

    def lead_to(
        self, sites: Iterable[SiteProcesses], existing_systems: Mapping[str, ExistingSystemProcess]
    ) -> None:
        """Say what stands at the other ends; waits until it serves."""
        for site in sites:
            self.to_centre[site.site.codes[0]].lead_to([site.issuing_url, site.card_registry_url])
            for code in site.site.codes:
                if code in self.to_halls:
                    system = existing_systems.get(code)
                    self.to_halls[code].lead_to(
                        ["" if system is None else system.url, site.issuing_url, site.card_registry_url]
                    )

    def stop(self) -> None:
        for line in (*self.to_centre.values(), *self.to_halls.values()):
            line.stop()


def places_of(sites: Iterable[Site]) -> tuple[Place, ...]:
    """Say of each municipality what outages must know; a site is called by its first municipality."""
    return tuple(
        Place(
            town.code,
            site.codes[0],
            site.form is HostingForm.OWN_HALL,
            town.municipality.hosting.generator_seconds,
            town.municipality.hosting.fuel_hours,
        )
        for site in sites
        for town in site.towns
    )


class Outages:
    """Those that are switched on, and what they keep down. Safe from any thread."""

    def __init__(
        self,
        places: Sequence[Place],
        clock: Clock,
        trace: Trace,
        *,
        sites: Mapping[str, Killable],
        centre_lines: Mapping[str, Killable],
        existing_systems: Mapping[str, Killable],
        hall_lines: Mapping[str, Killable],
    ) -> None:
        """What is killed and started again: servers and lines to the centre by site, existing systems and lines to the LGWAN by
        municipality."""
        self._places, self._clock, self._trace = places, clock, trace
        self._parts = {
            "sites": sites,
            "centre_lines": centre_lines,
            "existing_systems": existing_systems,
            "hall_lines": hall_lines,
        }
        self._lasting: dict[str, Lasting] = {}
        self._down = Down()
        self._supplies: dict[str, Supply] = {}
        self._changed: list[Callable[[], None]] = []
        self._lock = threading.RLock()
        self._wake, self._stop = threading.Event(), False
        self._unsubscribe = clock.subscribe(self.look)
        self._thread = threading.Thread(target=self._watch, name="outages", daemon=True)
        self._thread.start()

    def on_change(self, listener: Callable[[], None]) -> None:
        """`listener` is called after something has gone down or come back."""
        self._changed.append(listener)

    def switch_on(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Raises ValueError for parameters that cannot be used."""
        told = dict(parameters or {})
        code = str(told.get("municipality", ""))
        if code and code not in {place.code for place in self._places}:
            raise ValueError("municipality: one of this stage")
        since = _moment(told["from"]) if "from" in told else self._clock.now()
        until = _moment(told["until"]) if "until" in told else None
        with self._lock:
            self._lasting[name] = Lasting(Outage(name), since, until, code)
        self.look()

    def switch_off(self, name: str) -> None:
        with self._lock:
            self._lasting.pop(name, None)
        self.look()

    def clear(self) -> None:
        with self._lock:
            self._lasting.clear()
        self.look()

    @property
    def down(self) -> Down:
        """What is down now. Until it is so in fact, nobody is told that it is."""
        with self._lock:
            return self._down

    def look(self) -> None:
        """Do what the clock and what is switched on ask for; returns when it is done."""
        with self._lock:
            now, lasting = self._clock.now(), list(self._lasting.values())
            wanted = down(self._places, lasting, now)
            for site in {place.site for place in self._places if not place.own_hall}:
                self._tell_supply(site, supply(self._places, site, lasting, now))
            if wanted == self._down:
                return
            back: list[tuple[str, str]] = []
            for what, parts in self._parts.items():
                before, after = getattr(self._down, what), getattr(wanted, what)
                for key in sorted((after - before) & parts.keys()):
                    parts[key].kill()
                    self._trace.emit("fault", "part_down", part=what, municipality=key)
                back += [(what, key) for key in sorted((before - after) & parts.keys())]
            if back:
                with ThreadPoolExecutor(len(back)) as hands:  # a process takes a second to start
                    list(hands.map(lambda one: self._parts[one[0]][one[1]].restart_if_ended(), back))
            for what, key in back:
                self._trace.emit("fault", "part_back", part=what, municipality=key)
            self._down = wanted
            listeners = list(self._changed)
        for listener in listeners:
            listener()

    def _tell_supply(self, site: str, found: Supply) -> None:
        if self._supplies.get(site, Supply.FIRST_FEED) is not found:
            self._trace.emit("fault", "supply", municipality=site, supply=found.value)
        self._supplies[site] = found

    def _watch(self) -> None:
        """Look when something changes by time alone, on a clock that runs."""
        while not self._stop:
            self._wake.wait(LONGEST_WAIT)
            self._wake.clear()
            with self._lock:
                lasting = list(self._lasting.values())
            if lasting and not self._stop:
                try:
                    self.look()
                except Exception:
                    _LOG.exception("an outage could not be carried out")

    def stop(self) -> None:
        self._unsubscribe()
        self._stop = True
        self._wake.set()
        self._thread.join(30)


def _moment(told: object) -> datetime:
    moment = datetime.fromisoformat(str(told))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=JST)
