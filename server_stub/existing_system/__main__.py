"""The process of one existing system: `python -m server_stub.existing_system`, steered as `server_stub.node_process` says."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from server_stub.interface.secret import Secret
from server_stub.municipalities import load_municipality
from server_stub.node import NodeContext
from server_stub.node_process import Made, Start, run_node

from .app import create_app
from .faults import Wrongs
from .records import Records
from .service import ExistingSystem


class ExistingSystemStart(Start):
    """`folder`: the municipality's, `code` its code; `own`: the files that are delivered instead of the town's own; `scratch`: where its records
    lie while it runs; who started it takes it away."""

    folder: Path
    code: str
    own: Path | None
    key: str
    scratch: Path


def _make(start: ExistingSystemStart, context: NodeContext) -> Made:
    shutil.rmtree(start.scratch, ignore_errors=True)  # of one that was killed
    start.scratch.mkdir(mode=0o700)
    municipality = load_municipality(start.folder)
    records = Records(municipality, start.own, start.scratch, context.clock, context.trace)
    system = ExistingSystem(municipality, records, Wrongs(context.faults))
    return Made(create_app(context, system, Secret(start.key)), records.close)


def main() -> int:
    return run_node(ExistingSystemStart, lambda start: f"existing-{start.code}", _make)


if __name__ == "__main__":
    sys.exit(main())
