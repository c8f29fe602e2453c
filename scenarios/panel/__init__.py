"""The presenter's side of a demo: cards to lay down, coins to drop, clock, tray, staff, faults, and the trace as it grows.

A client of the stage and nothing more: whatever it does goes through `PanelClient` (`StageClient` is the real one), so
that a test, or later another stage, can stand behind the same window. `konbini demo` opens it; nobody else calls it.
"""

from .client import PanelClient
from .stage_client import StageClient
from .window import PanelWindow

__all__ = ["PanelClient", "PanelWindow", "StageClient"]
