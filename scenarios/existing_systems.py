"""Start, steer and end the existing systems (既存システム) of the towns that need one: those with a kind of PDF連携.

Each is a process of its own (`server_stub.existing_system`). It ends with this one, however this one ends, because its standard
input ends then; one that ends by itself is told in the log by its town's name, and its papers are refused by name meanwhile.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.issuing.existing_systems import ExistingSystemAddress

from . import paths
from .towns import Town

NODE = "existing_system"
"""As faults of it are named."""
ENDING = 20.0
"""Real seconds for one to end by itself."""
_log = logging.getLogger(__name__)


def towns_with_one(towns: Iterable[Town]) -> tuple[Town, ...]:
    """List the towns with a kind whose papers the existing system makes, today or later."""
    return tuple(
        town
        for town in towns
        if any(
            state.is_pdf_linked(code) for state in town.municipality.every_state for code in state.services
        )
    )


class ExistingSystemProcess:
    """One town's. `start` returns at once; `address` waits until it serves."""

    def __init__(self, town: Town, own: Path, key: Secret, clock: Clock, trace: Trace) -> None:
        """`own`: the files that are delivered instead of the town's own, if they are there."""
        self.town, self._own, self._key, self._clock, self._trace = town, own, key, clock, trace
        self._lock = threading.Lock()
        self._process = self._start()
        self._url = ""

    def _start(self) -> subprocess.Popen[str]:
        self._ending = False
        process = subprocess.Popen(
            [sys.executable, "-m", "server_stub.existing_system"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=paths.ROOT,
            process_group=0,  # a Ctrl-C is the parent's, which ends it in order
        )
        self._write(process, {
            "folder": str(self.town.folder),
            "own": str(self._own),
            "key": self._key.reveal(),
            "clock": self._clock.setting.to_json(),
            "run": self._trace.run,
            "trace": str(self._trace.folder or ""),
            "log": str(paths.log_folder() / "existing_system.log"),
            "port": self._port,
        })  # fmt: skip
        return process

    _port = 0

    @staticmethod
    def _write(process: subprocess.Popen[str], told: dict[str, Any]) -> None:
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # it has ended, as who waits for its answer sees

    def _read(self) -> dict[str, Any] | None:
        """Its next line; None where it has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return None if not line else dict(json.loads(line))

    @property
    def address(self) -> ExistingSystemAddress:
        """Where it is. Raises Failed as the process told, RuntimeError where it ended without a word."""
        if not self._url:
            told = self._read()
            if told is None:
                raise RuntimeError(f"既存システム（{self.town.name}）が始まりませんでした")
            if "failure" in told:
                raise Failed(told["failure"], **told["facts"])
            self._url = told["url"]
            self._port = int(self._url.rsplit(":", 1)[1])
            threading.Thread(target=self._watch, args=[self._process], daemon=True).start()
        return ExistingSystemAddress(self._url, self._key)

    @property
    def pid(self) -> int:
        return self._process.pid

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Tell by name that it has ended without having been asked to."""
        code = process.wait()
        if not self._ending:
            _log.error(
                "the existing system of %s has ended with code %d: its papers cannot be had",
                self.town.name,
                code,
            )

    def tell(self, **told: Any) -> None:
        """Steer it; returns when it has obeyed. One that has ended hears nothing."""
        with self._lock:
            self._write(self._process, told)
            if self._process.poll() is None:
                self._read()

    def kill(self) -> None:
        """End it as a power cut would; this is expected and told to nobody."""
        self._ending = True
        self._process.kill()
        self._process.wait(ENDING)

    def restart_if_ended(self) -> None:
        """Start it again, on the port that it had, where it has ended."""
        if self._process.poll() is not None:
            self._close_pipes()
            self._url = ""
            self._process = self._start()
            _ = self.address

    def stop(self) -> None:
        self._ending = True
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


class ExistingSystems:
    """All of one stage, by municipality code; none for most stages."""

    def __init__(
        self,
        towns: Iterable[Town],
        own_of: Callable[[Town], Path],
        key_of: Callable[[Town], Secret],
        clock: Clock,
        trace: Trace,
    ) -> None:
        self._clock, self._trace = clock, trace
        self.by_code = {
            town.code: ExistingSystemProcess(town, own_of(town), key_of(town), clock, trace)
            for town in towns_with_one(towns)
        }
        self._unsubscribe = clock.subscribe(self._spread_clock) if self.by_code else lambda: None

    def address(self, code: str) -> ExistingSystemAddress | None:
        system = self.by_code.get(code)
        return None if system is None else system.address

    def tell(self, **told: Any) -> None:
        for system in self.by_code.values():
            system.tell(**told)

    def reset(self, scenario: str) -> None:
        """All running, without faults; their events go where the stage's go."""
        for system in self.by_code.values():
            system.restart_if_ended()
        self.tell(clear=True, clock=self._clock.setting.to_json())
        self.follow_trace(scenario)

    def close_trace(self) -> None:
        self.tell(folder="")

    def follow_trace(self, scenario: str = "") -> None:
        """Let their events go where this process's go."""
        self.tell(folder=str(self._trace.folder or ""), scenario=scenario)

    def _spread_clock(self) -> None:
        self.tell(clock=self._clock.setting.to_json())

    def stop(self) -> None:
        self._unsubscribe()
        for system in self.by_code.values():
            system.stop()
