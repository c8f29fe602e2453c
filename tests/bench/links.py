"""One paper by PDF連携, without the existing system's own time, against the same by データ連携 and 15 ms: both at the issuing server
of 湊市, from the application to the answer. The existing system tells its own time in each answer."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from scenarios.existing_systems import ExistingSystemProcess
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Trace
from tests.existing_system.hall import KEY, TOMI, Hall, town_of

from .measure import Measurement, times_in_turn

ROUNDS = 80
ALLOWED_MS = 15.0
KIND = "tax"


def measure(rounds: int = ROUNDS) -> dict[str, Measurement]:
    with tempfile.TemporaryDirectory(prefix="konbini-bench-") as name:
        place = Path(name)
        folders = [place / link for link in ("pdf", "data")]
        for folder in folders:
            folder.mkdir()
        town, clock = town_of(folders[0]), Clock(STAGE_START)
        system = ExistingSystemProcess(town, folders[0] / "own", KEY, clock, Trace(clock))
        by_pdf = Hall(folders[0], town, system)
        by_data = Hall(folders[1], town_of(folders[1], link="data_link"), None)
        own: list[float] = []

        def heard(event: Event) -> None:
            if event.kind == "existing_system_answered":
                own.append(event.data["milliseconds"])

        by_pdf.trace.subscribe(heard)

        requests = {
            hall: [hall.request(TOMI, KIND) for _ in range(rounds + 10)] for hall in (by_pdf, by_data)
        }
        try:
            pdf, data = times_in_turn(
                lambda: by_pdf.service.issue(requests[by_pdf].pop()),
                lambda: by_data.service.issue(requests[by_data].pop()),
                rounds=rounds,
                between=own.clear,
                apart=lambda: sum(own),
            )
        finally:
            by_pdf.close()
            by_data.close()
            system.stop()
    yardstick = statistics.median(data) + ALLOWED_MS
    return {"paper_by_pdf_link": Measurement(statistics.median(pdf), yardstick, "ms", 1.0)}
