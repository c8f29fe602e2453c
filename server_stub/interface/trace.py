"""The one trace: everything that happens is an event, in one JSON Lines file per process under one run id."""

from __future__ import annotations

import hashlib
import json
import logging
import queue
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from .clock import Clock, real_monotonic_ns
from .secret import masked

Source = Literal[
    "screen",
    "card",
    "network",
    "centre",
    "issuing",
    "authority",
    "existing",
    "card_registry",
    "console",
    "money",
    "paper",
    "operator",
    "fault",
    "scenario",
]

_log = logging.getLogger(__name__)
_traceparent: ContextVar[str] = ContextVar("traceparent", default="")


def new_traceparent() -> str:
    """A W3C trace context value (version 00) for one request of the terminal."""
    return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"


def current_traceparent() -> str:
    """The traceparent this thread or task works under, or ''."""
    return _traceparent.get()


@contextmanager
def under_traceparent(value: str) -> Iterator[None]:
    """Events emitted inside carry `value`, so that a server's events are tied to the terminal's."""
    token = _traceparent.set(value)
    try:
        yield
    finally:
        _traceparent.reset(token)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `mono_ns` orders events of one machine; `clock` is the stage's time, ISO 8601 JST."""

    run: str
    process: str
    scenario: str
    step: str
    seq: int
    mono_ns: int
    clock: str
    source: Source
    kind: str
    traceparent: str
    data: dict[str, Any]

    def to_line(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Body:
    path: Path
    content: bytes


class _TraceFile:
    """One file of events and the bodies beside it, written in order on a thread of its own: no thread that has something
    to tell waits for a disk, or meets its failures."""

    def __init__(self, path: Path) -> None:
        """Raises OSError for a path that cannot be written."""
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")
        self._told: queue.SimpleQueue[str | _Body | threading.Event | None] = queue.SimpleQueue()
        self._broken: Exception | None = None
        self._thread = threading.Thread(target=self._work, name=f"trace-{path.stem}", daemon=True)
        self._thread.start()

    def put(self, told: str | _Body) -> None:
        self._told.put(told)

    def flush(self) -> None:
        """Wait until all that was put is in the file. Raises (OSError) what kept it from being written."""
        written = threading.Event()
        self._told.put(written)
        written.wait()
        if self._broken is not None:
            raise self._broken

    def close(self) -> None:
        """Write what was put, and end. Raises OSError if something could not be written."""
        self._told.put(None)
        self._thread.join()
        if self._broken is not None:
            raise self._broken

    def _work(self) -> None:
        while (told := self._told.get()) is not None:
            if isinstance(told, threading.Event):
                told.set()
            elif self._broken is None:
                self._write(told)
        try:
            self._file.close()
        except OSError as error:
            self._broken = self._broken or error

    def _write(self, told: str | _Body) -> None:
        try:
            if isinstance(told, _Body):
                if not told.path.exists():
                    part = told.path.with_name(told.path.name + ".part")
                    part.write_bytes(told.content)
                    part.replace(told.path)
            else:
                self._file.write(told + "\n")
                self._file.flush()
        except Exception as error:  # told to whoever asks for the file; what is traced goes on
            _log.warning("the trace is not written any more", exc_info=error)
            self._broken = error


class Trace:
    """Where a process puts its events. Safe from any thread; secrets are masked here, when the event is made.

    An event is in the file a moment after it was emitted, and for certain after `flush`, `open_folder` or `close`.
    """

    def __init__(self, clock: Clock, *, run: str = "", process: str = "", folder: Path | None = None) -> None:
        """With `folder`, events go to `folder/PROCESS.jsonl` and stored bodies to `folder/blobs/`; else memory only."""
        self._clock = clock
        self._run = run or secrets.token_hex(8)
        self._process = process or "main"
        self._lock = threading.RLock()
        self._seq = 0
        self._scenario = ""
        self._step = ""
        self._listeners: list[Callable[[Event], None]] = []
        self._folder = folder
        self._file: _TraceFile | None = None
        self.open_folder(folder)

    @property
    def run(self) -> str:
        return self._run

    @property
    def folder(self) -> Path | None:
        """Where events and bodies are kept, None for nowhere."""
        return self._folder

    def open_folder(self, folder: Path | None) -> None:
        """Write to another folder from now on (None: to none)."""
        with self._lock:
            self.close()
            self._folder = folder
            if folder is not None:
                (folder / "blobs").mkdir(parents=True, exist_ok=True)
                self._file = _TraceFile(folder / f"{self._process}.jsonl")

    def flush(self) -> None:
        """Wait until every event so far is in the file. Raises OSError if it could not be written."""
        with self._lock:
            if self._file is not None:
                self._file.flush()

    def close(self) -> None:
        """End the file, with every event in it. Raises OSError if it could not be written."""
        with self._lock:
            file, self._file = self._file, None
            if file is not None:
                file.close()

    def scope(self, scenario: str, step: str = "") -> None:
        """What the events from now on belong to."""
        self._scenario, self._step = scenario, step

    def emit(self, source: Source, kind: str, /, **data: Any) -> Event:
        with self._lock:
            self._seq += 1
            event = Event(
                self._run, self._process, self._scenario, self._step, self._seq, real_monotonic_ns(),
                self._clock.now().isoformat(timespec="milliseconds"), source, kind, current_traceparent(),
                masked(data),
            )  # fmt: skip
            if self._file is not None:
                self._file.put(event.to_line())
            listeners = list(self._listeners)
        for listener in listeners:
            listener(event)
        return event

    def store(self, body: bytes, suffix: str) -> str:
        """Keep `body` once under its SHA-256 in the folder's `blobs/`; returns the file name ('' with no folder). It is there
        before any event that is emitted afterwards."""
        with self._lock:
            if self._folder is None or self._file is None:
                return ""
            name = hashlib.sha256(body).hexdigest() + suffix
            self._file.put(_Body(self._folder / "blobs" / name, body))
        return name

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """`listener` gets every event from now on, on the emitting thread. Returns the way to stop."""
        with self._lock:
            self._listeners.append(listener)

        def stop() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return stop
