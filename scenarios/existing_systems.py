"""The existing systems (既存システム) of the towns that need one: those with a kind of PDF連携. Each is a process of its own.

One that has ended has its papers refused by name meanwhile.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from server_stub.interface.clock import Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.issuing.existing_systems import ExistingSystemAddress

from .node_processes import NodeProcess
from .towns import Town

NODE = "existing_system"
"""As faults of it are named."""


def towns_with_one(towns: Iterable[Town]) -> tuple[Town, ...]:
    """List the towns with a kind whose papers the existing system makes, today or later."""
    return tuple(
        town
        for town in towns
        if any(
            state.is_pdf_linked(code) for state in town.municipality.every_state for code in state.services
        )
    )


class ExistingSystemProcess(NodeProcess):
    """One town's. It is started at once; `address` waits until it serves."""

    def __init__(self, town: Town, own: Path, key: Secret, clock: Clock, trace: Trace) -> None:
        """`own`: the files that are delivered instead of the town's own, if they are there."""
        self.town, self.key = town, key
        self._scratch = tempfile.TemporaryDirectory(prefix="konbini-existing-")
        told = {
            "folder": str(town.folder),
            "code": town.code,
            "own": str(own),
            "key": key.reveal(),
            "scratch": self._scratch.name,
        }
        super().__init__(
            "server_stub.existing_system", f"the existing system of {town.name}", told, clock, trace
        )

    @property
    def address(self) -> ExistingSystemAddress:
        """Where it is. Raises as `url`."""
        return ExistingSystemAddress(self.url, self.key)

    def stop(self) -> None:
        super().stop()
        self._scratch.cleanup()
