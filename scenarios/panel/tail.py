"""The files of the trace as they grow: what all processes of the stage have written since the last look."""

from __future__ import annotations

import json
from pathlib import Path

from server_stub.interface.trace import Event

MOST_AT_ONCE = 4_000_000
"""Bytes read from one file in one look, so that a look never takes long."""


class TraceTail:
    """Follows every `*.jsonl` of one folder at a time. A line counts when it is whole; a broken one is left out."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._offsets: dict[Path, int] = {}

    def read(self, folder: Path | None) -> list[Event] | None:
        """What is new, by time; None: another folder (or files begun anew), so that nothing from before counts."""
        if folder != self._folder:
            self._folder, self._offsets = folder, {}
            return None
        if folder is None:
            return []
        events: list[Event] = []
        for path in sorted(folder.glob("*.jsonl")):
            try:
                if path.stat().st_size < self._offsets.get(path, 0):
                    self._offsets = {}
                    return None
                events += self._new_in(path)
            except OSError:  # taken away between the look at the folder and the look into the file
                continue
        events.sort(key=lambda event: (event.mono_ns, event.process, event.seq))
        return events

    def _new_in(self, path: Path) -> list[Event]:
        begun = self._offsets.get(path, 0)
        with path.open("rb") as file:
            file.seek(begun)
            body = file.read(MOST_AT_ONCE)
        whole = body[: body.rfind(b"\n") + 1]
        self._offsets[path] = begun + len(whole)
        return [event for line in whole.splitlines() if (event := _event(line)) is not None]


def _event(line: bytes) -> Event | None:
    try:
        event = Event(**json.loads(line))
    except (ValueError, TypeError):
        return None
    return event if isinstance(event.mono_ns, int) and isinstance(event.data, dict) else None
