"""Start, steer, kill and end nodes that are processes of their own (`server_stub.node_process`).

Each ends with this process, however this one ends, because its standard input ends then; one that ends by itself is told in the log by
its name. A restarted one is on the port that it had, with the clock and the faults of the others.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from server_stub.faults.box import FaultBox
from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace

from . import paths

ENDING = 20.0
"""Real seconds for one to end by itself."""
_log = logging.getLogger(__name__)


class SteeredProcess:
    """A process that is told a line of JSON first and answers with one. It is started at once; `first_answer` waits until it serves."""

    def __init__(self, module: str, name: str) -> None:
        """`module`: what Python runs; `name`: as the log tells of it."""
        self.module, self.name = module, name
        self._lock = threading.RLock()
        self._answer: dict[str, Any] | None = None
        self._process = self._start()

    def _told(self) -> dict[str, Any]:
        """What it is told first; at a restart, so that it comes back where it was."""
        return {}

    def _start(self) -> subprocess.Popen[str]:
        self._ending = False
        process = subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=paths.ROOT,
            process_group=0,  # a Ctrl-C is the parent's, which ends it in order
        )
        self._write(process, self._told())
        return process

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

    def first_answer(self) -> dict[str, Any]:
        """What it told when it began to serve. Raises Failed as it told, RuntimeError where it ended without a word."""
        with self._lock:
            if self._answer is None:
                told = self._read()
                if told is None:
                    raise RuntimeError(f"{self.name} did not start")
                if "failure" in told:
                    raise Failed(told["failure"], **told["facts"])
                self._answer = told
                threading.Thread(target=self._watch, args=[self._process], daemon=True).start()
            return self._answer

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def _watch(self, process: subprocess.Popen[str]) -> None:
        """Tell by name that it has ended without having been asked to."""
        code = process.wait()
        if not self._ending:
            _log.error("%s has ended with code %d: what it does cannot be had", self.name, code)

    def kill(self) -> None:
        """End it as a power cut would; this is expected and told to nobody."""
        with self._lock:
            self._ending = True
            self._process.kill()
            self._process.wait(ENDING)

    def restart_if_ended(self) -> None:
        """Start it again where it has ended, and wait until it serves."""
        with self._lock:
            if not self.runs:
                self._close_pipes()
                self._answer = None
                self._process = self._start()
                self.first_answer()

    def end(self) -> None:
        """Ask it to end, without waiting: where several end, they do so together."""
        self._ending = True
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def stop(self) -> None:
        self.end()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_pipes()

    def _close_pipes(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was told to one that had ended
                    pipe.close()


class NodeProcess(SteeredProcess):
    """A node on a port of its own."""

    def __init__(
        self, module: str, name: str, told: Mapping[str, Any], clock: Clock, trace: Trace, port: int = 0
    ) -> None:
        """`told`: what is told of it besides what every node is told."""
        self._own, self._clock, self._trace, self._port = told, clock, trace, port
        self._faults: dict[str, Mapping[str, Any]] = {}
        super().__init__(module, name)

    def _told(self) -> dict[str, Any]:
        return {
            **self._own,
            "clock": self._clock.setting.to_json(),
            "run": self._trace.run,
            "trace": str(self._trace.folder or ""),
            "log": str(paths.log_folder() / f"{self.module.rsplit('.', 1)[-1]}.log"),
            "port": self._port,
        }

    @property
    def url(self) -> str:
        """Where it is. Raises as `first_answer`."""
        url = str(self.first_answer()["url"])
        self._port = int(url.rsplit(":", 1)[1])
        return url

    def restart_if_ended(self) -> None:
        ended = not self.runs
        super().restart_if_ended()
        if ended:
            for name, parameters in self._faults.items():
                self.tell(on=name, parameters=dict(parameters))

    def tell(self, **told: Any) -> None:
        """Steer it; returns when it has obeyed. One that has ended hears nothing."""
        with self._lock:
            self.first_answer()
            self._write(self._process, told)
            if self.runs:
                self._read()

    def fault_on(self, name: str, parameters: Mapping[str, Any]) -> None:
        self._faults[name] = parameters
        self.tell(on=name, parameters=dict(parameters))

    def fault_off(self, name: str) -> None:
        self._faults.pop(name, None)
        self.tell(off=name)

    def clear_faults(self) -> None:
        self._faults.clear()
        self.tell(clear=True)


class NodeProcesses:
    """All that one stage has; none for most stages. Clock, faults and trace of the stage reach each of them."""

    def __init__(self, clock: Clock, trace: Trace) -> None:
        self._clock, self._trace = clock, trace
        self._all: list[NodeProcess] = []
        self._unsubscribe: Callable[[], None] = lambda: None

    def add(self, process: NodeProcess) -> None:
        if not self._all:
            self._unsubscribe = self._clock.subscribe(self._spread_clock)
        self._all.append(process)

    def remove(self, process: NodeProcess) -> None:
        """End it for good."""
        self._all.remove(process)
        process.stop()

    def tell(self, **told: Any) -> None:
        for process in self._all:
            process.tell(**told)

    def reset(self, scenario: str) -> None:
        """All running, without faults; their events go where the stage's go."""
        for process in self._all:
            process.restart_if_ended()
            process.clear_faults()
        self._spread_clock()
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
        for process in self._all:
            process.end()
        for process in self._all:
            process.stop()


class PassedOn(FaultBox):
    """The faults of nodes that are processes of their own. `also`: a box of this process that has the same, for what is done here."""

    def __init__(self, processes: Iterable[NodeProcess], also: FaultBox | None = None) -> None:
        super().__init__()
        self._processes, self._also = tuple(processes), also

    def switch_on(self, name: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().switch_on(name, parameters)
        if self._also is not None:
            self._also.switch_on(name, parameters)
        for process in self._processes:
            process.fault_on(name, parameters or {})

    def switch_off(self, name: str) -> None:
        super().switch_off(name)
        if self._also is not None:
            self._also.switch_off(name)
        for process in self._processes:
            process.fault_off(name)

    def clear(self) -> None:
        """The processes are cleared when they are reset."""
        super().clear()
        if self._also is not None:
            self._also.clear()
