"""The process of one existing system: `python -m server_stub.existing_system`, steered over its standard input and output.

One line of JSON in, one line out. The first line in is `Start`; what comes out is {"url": …}, or {"failure", "facts"} if it cannot
start. Then {"on": fault, "parameters"}, {"off": fault}, {"clear": true}, {"clock": …}, {"folder", "scenario"} (of the trace), each
answered by {}. It ends when its standard input does, however its parent ended.
"""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from server_stub.interface.clock import Clock, ClockSetting
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import MINCHO
from server_stub.interface.log import log_to
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.municipalities import load_municipality
from server_stub.node import NodeContext, serve
from server_stub.paper.fonts import coverage

from .app import create_app
from .faults import Wrongs
from .records import Records
from .service import ExistingSystem


class Start(BaseModel):
    """`folder`: the municipality's; `own`: the files that are delivered instead of the town's own; `port`: 0 for a free one."""

    folder: Path
    own: Path | None
    key: str
    clock: dict[str, Any]
    run: str = ""
    trace: str = ""
    log: Path
    port: int = 0


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's, which ends this
    start = Start.model_validate_json(sys.stdin.readline())
    with log_to(start.log), tempfile.TemporaryDirectory(prefix="konbini-existing-") as temporary:
        clock = Clock.from_setting(ClockSetting.from_json(start.clock))
        try:
            municipality = load_municipality(start.folder)
            trace = Trace(clock, run=start.run, process=f"existing-{municipality.info.code}")
            trace.open_folder(Path(start.trace) if start.trace else None)
            records = Records(municipality, start.own, Path(temporary), clock, trace)
        except Failed as failed:
            _tell({"failure": failed.failure, "facts": failed.facts})
            return 1
        context = NodeContext(clock, trace)
        system = ExistingSystem(municipality, records, Wrongs(context.faults))
        node = serve(create_app(context, system, Secret(start.key)), start.port)
        _tell({"url": node.base_url})
        coverage(MINCHO)  # so that the first paper does not wait for it
        for line in sys.stdin:
            _obey(json.loads(line), context)
            _tell({})
        node.stop()
        records.close()
        trace.close()
    return 0


def _obey(told: dict[str, Any], context: NodeContext) -> None:
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


def _tell(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, default=str), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
