"""The process of one node: steered by its parent over its standard input and output.

One line of JSON in, one line out. The first line in is `Start` with what the node itself is told; what comes out is {"url": …}, or
{"failure", "facts"} if it cannot start. Then {"on": fault, "parameters"}, {"off": fault}, {"clear": true}, {"clock": …}, {"folder",
"scenario"} (of the trace), {"reopen": true} (the databases have been replaced), each answered by {}. It ends when its standard input
does, however its parent ended.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI
from pydantic import BaseModel

from .interface.clock import Clock, ClockSetting
from .interface.failures import Failed
from .interface.font_files import MINCHO
from .interface.log import log_to
from .interface.trace import Trace
from .node import NodeContext, serve
from .paper.fonts import coverage


class Start(BaseModel):
    """What every node's process is told first. `port`: 0 for a free one; `trace`: a folder, '' for none."""

    clock: dict[str, Any]
    run: str = ""
    trace: str = ""
    log: Path
    port: int = 0


@dataclass
class Made:
    """A node that was made: its app, what puts it on replaced databases, and what closes it."""

    app: FastAPI
    close: Callable[[], None]
    reopen: Callable[[], None] = lambda: None


Told = TypeVar("Told", bound=Start)


def run_node(told: type[Told], name: Callable[[Told], str], make: Callable[[Told, NodeContext], Made]) -> int:
    """Be the process: read `told`, make the node, serve until standard input ends. `name` names it in the trace. What `make` raises as Failed
    is told to the parent. Returns the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's, which ends this
    start = told.model_validate_json(sys.stdin.readline())
    with log_to(start.log):
        clock = Clock.from_setting(ClockSetting.from_json(start.clock))
        trace = Trace(clock, run=start.run, process=name(start))
        trace.open_folder(Path(start.trace) if start.trace else None)
        context = NodeContext(clock, trace)
        try:
            made = make(start, context)
        except Failed as failed:
            _tell({"failure": failed.failure, "facts": failed.facts})
            return 1
        node = serve(made.app, start.port)
        _tell({"url": node.base_url})
        coverage(MINCHO)  # so that the first paper does not wait for it
        for line in sys.stdin:
            _obey(json.loads(line), context, made)
            _tell({})
        node.stop()
        made.close()
        trace.close()
    return 0


def _obey(told: dict[str, Any], context: NodeContext, made: Made) -> None:
    if "on" in told:
        context.faults.switch_on(told["on"], told.get("parameters", {}))
    if "off" in told:
        context.faults.switch_off(told["off"])
    if told.get("clear"):
        context.faults.clear()
    if "clock" in told:
        context.clock.apply(ClockSetting.from_json(told["clock"]))
    if "folder" in told:
        context.trace.open_folder(Path(told["folder"]) if told["folder"] else None)
        context.trace.scope(told.get("scenario", ""))
    if told.get("reopen"):
        made.reopen()


def _tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, default=str), flush=True)  # noqa: T201
